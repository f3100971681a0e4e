/* SPDX-License-Identifier: Apache-2.0 */
/* What nodes tell of themselves with each heartbeat: kept in memory alone. */
#ifndef SSI_COORD_REPORT_H
#define SSI_COORD_REPORT_H

#include "cluster.h"

#define SSI_REPORT_STATS_MAX 96
#define SSI_REPORT_VMS_MAX   32

/**
 * struct ssi_reports - the last word of each node
 * @stats: an object of numbers, by node id; or NULL
 * @vms: a list of guests, by node id; or NULL
 */
struct ssi_reports {
	json_t *stats[SSI_CLUSTER_NODES];
	json_t *vms[SSI_CLUSTER_NODES];
};

/**
 * ssi_reports_check - is it a report?
 * @stats: an object whose keys are words of a-z, 0-9 and _, and whose values are
 *	numbers; or NULL
 * @vms: a list of objects with name, region, vcpus and state; or NULL
 * @why: filled with what is wrong
 * @size: bytes of @why
 *
 * Return: 0, or -1 with @why set.
 */
int ssi_reports_check(const json_t *stats, const json_t *vms, char *why, size_t size);

/**
 * ssi_reports_take - a node told something
 * @reports: all of them
 * @id: of the node
 * @stats: checked; or NULL, then the last ones stay
 * @vms: checked; or NULL, then the last ones stay
 */
void ssi_reports_take(struct ssi_reports *reports, uint32_t id, json_t *stats, json_t *vms);

/**
 * ssi_reports_forget - forget what a node told
 * @reports: all of them
 * @id: of the node
 */
void ssi_reports_forget(struct ssi_reports *reports, uint32_t id);

/**
 * ssi_reports_free - forget all
 * @reports: all of them
 */
void ssi_reports_free(struct ssi_reports *reports);

/**
 * ssi_reports_vms - the guests of all nodes
 * @reports: all of them
 *
 * Return: a list of objects, each with its node; or NULL without memory.
 */
json_t *ssi_reports_vms(const struct ssi_reports *reports);

#endif /* SSI_COORD_REPORT_H */
