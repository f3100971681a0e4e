/* SPDX-License-Identifier: Apache-2.0 */
/* What nodes tell of themselves with each heartbeat: kept in memory alone. */
#ifndef SSI_COORD_REPORT_H
#define SSI_COORD_REPORT_H

#include "cluster.h"
#include "samples.h"

#define SSI_REPORT_STATS_MAX 96
#define SSI_REPORT_VMS_MAX   32
#define SSI_REPORT_LINKS_MAX (SSI_PLACES_MAX - 1)
#define SSI_REPORT_MAPS_MAX  8
#define SSI_REPORT_HOT_MAX   16
/* Of all maps together, so that they fit a body. */
#define SSI_REPORT_CELLS_MAX 2048

/**
 * struct ssi_report - what a heartbeat tells, or the last word of a node
 * @stats: an object of numbers; or NULL
 * @vms: a list of guests; or NULL
 * @times: a list of phases, how long they took since the heartbeat before; or NULL
 * @links: a list of peers; or NULL
 * @maps: a list of regions, who has their pages; or NULL
 * @hot: a list of pages that move most; or NULL
 */
struct ssi_report {
	json_t *stats;
	json_t *vms;
	json_t *times;
	json_t *links;
	json_t *maps;
	json_t *hot;
};

/**
 * struct ssi_reports - what all nodes told
 * @last: the last word, by node id
 * @told: when that was, by node id; 0 for never
 * @mapped: when @maps of it came, by node id
 * @samples: numbers over time, by node id; or NULL
 */
struct ssi_reports {
	struct ssi_report last[SSI_CLUSTER_NODES];
	int64_t told[SSI_CLUSTER_NODES];
	int64_t mapped[SSI_CLUSTER_NODES];
	struct ssi_samples *samples[SSI_CLUSTER_NODES];
};

/**
 * ssi_report_check - is it as uapi/openapi.yaml describes it?
 * @report: of types that were checked: an object and lists, or NULL
 * @why: filled with what is wrong
 * @size: bytes of @why
 *
 * Return: 0, or -1 with @why set.
 */
int ssi_report_check(const struct ssi_report *report, char *why, size_t size);

/**
 * ssi_reports_take - a node told something
 * @reports: all of them
 * @id: of the node
 * @report: checked; what it leaves out stays as it was
 * @now: milliseconds of a clock that is never set
 */
void ssi_reports_take(struct ssi_reports *reports, uint32_t id, const struct ssi_report *report,
		      int64_t now);

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

/**
 * ssi_reports_node - what a node told
 * @reports: all of them
 * @id: of the node
 * @after: only samples that are younger than this
 *
 * Return: an object without the maps, but with the names of their regions; NULL
 * when the node told nothing, or without memory.
 */
json_t *ssi_reports_node(const struct ssi_reports *reports, uint32_t id, int64_t after);

/**
 * ssi_reports_maps - who has the pages of a region
 * @reports: all of them
 * @region: its name
 *
 * Return: a list of maps, each with its node and when it came; or NULL without
 * memory.
 */
json_t *ssi_reports_maps(const struct ssi_reports *reports, const char *region);

#endif /* SSI_COORD_REPORT_H */
