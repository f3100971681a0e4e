/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes and regions of a machine as a file: what showconf prints and apply reads. */
#ifndef SSICTL_CONF_H
#define SSICTL_CONF_H

#include <stdio.h>

#include "../coordinator/fields.h"
#include "nl.h"

#define SSI_CONF_WHY 200

/* A number that the file leaves out. */
#define SSI_CONF_UNSET UINT32_MAX

/**
 * struct ssi_conf_region - a region as a file wants it
 * @name: of the region
 * @size: bytes
 * @members: ids of its nodes; none where the file leaves them out
 * @owner: user, name or number; empty where left out, as @group and @mode
 * @group: its group
 * @mode: permission bits, octal
 * @prefetch: pages, or SSI_CONF_UNSET
 */
struct ssi_conf_region {
	char name[SSI_NAME_SIZE];
	uint64_t size;
	struct ssi_ids members;
	char owner[SSI_TEXT_SIZE];
	char group[SSI_TEXT_SIZE];
	char mode[SSI_TEXT_SIZE];
	uint32_t prefetch;
};

/**
 * struct ssi_conf_node - a node as a file wants it
 * @name: of the node
 * @id: its id, or SSI_CONF_UNSET
 * @share: bytes; 0 where left out, as @reserve
 * @reserve: bytes
 * @hold_us: microseconds, or SSI_CONF_UNSET
 * @state: member, draining or empty
 * @regions: its regions
 * @region_count: of @regions
 */
struct ssi_conf_node {
	char name[SSI_NAME_SIZE];
	uint32_t id;
	uint64_t share;
	uint64_t reserve;
	uint32_t hold_us;
	char state[SSI_TEXT_SIZE];
	struct ssi_conf_region *regions;
	unsigned int region_count;
};

/**
 * struct ssi_conf - a file
 * @nodes: in its order
 * @count: of @nodes
 */
struct ssi_conf {
	struct ssi_conf_node *nodes;
	unsigned int count;
};

/**
 * ssi_conf_read - read the text of a file
 * @text: the bytes
 * @len: how many
 * @conf: filled in; give it to ssi_conf_free() also after a refusal
 * @why: filled with the reason of a refusal, SSI_CONF_WHY bytes
 *
 * Return: 0, or -1 with @why set.
 */
int ssi_conf_read(const char *text, size_t len, struct ssi_conf *conf, char *why);

/**
 * ssi_conf_write - make JSON of nodes and regions, which ssi_conf_read() takes
 * @conf: what to write
 *
 * Return: the JSON, or NULL without memory.
 */
json_t *ssi_conf_write(const struct ssi_conf *conf);

/**
 * ssi_conf_free - free what was read
 * @conf: zeroes are one without anything
 */
void ssi_conf_free(struct ssi_conf *conf);

#endif /* SSICTL_CONF_H */
