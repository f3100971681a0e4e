/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cluster as its changes made it: no clock, no files, no network. Its
 * revision grows by one with each change, and is the epoch of the members.
 */
#ifndef SSI_COORD_CLUSTER_H
#define SSI_COORD_CLUSTER_H

#include "change.h"

#define SSI_CLUSTER_NODES   1024
#define SSI_CLUSTER_REGIONS 256

/**
 * enum ssi_node_state - how a node is known
 * @SSI_NODE_REGISTERED: it has an id, and has not joined
 * @SSI_NODE_UP: a member
 * @SSI_NODE_DRAINING: a member that gets nothing new
 * @SSI_NODE_DEAD: its last life was declared over
 */
enum ssi_node_state {
	SSI_NODE_REGISTERED,
	SSI_NODE_UP,
	SSI_NODE_DRAINING,
	SSI_NODE_DEAD,
};

/**
 * struct ssi_node - a node
 * @id: below the cluster's @max_nodes
 * @state: an enum ssi_node_state
 * @name: of the host, its own in the cluster
 * @share: bytes that it gives to regions
 * @reserve: bytes beyond it
 * @version: of its software; empty when it did not say
 * @protocol: that its module speaks to other nodes; 0 when it did not say
 * @incarnation: of its life, or of the last one; empty before the first
 * @address: where its links are accepted; empty before it joined
 * @invite: of the last token for it, as a change has it; empty before
 * @invite_expires: when that token is over, milliseconds since 1970
 * @invite_used: it was shown
 * @serial: of its last certificate; empty before
 * @changed: revision that changed it last
 */
struct ssi_node {
	uint32_t id;
	uint32_t state;
	char name[SSI_NAME_SIZE];
	uint64_t share;
	uint64_t reserve;
	char version[SSI_TEXT_SIZE];
	uint32_t protocol;
	char incarnation[SSI_HEX_SIZE];
	char address[SSI_ADDRESS_SIZE];
	char invite[SSI_HEX_SIZE];
	uint64_t invite_expires;
	bool invite_used;
	char serial[SSI_HEX_SIZE];
	uint64_t changed;
};

/**
 * struct ssi_region - a region
 * @id: 1 or more, never used again
 * @name: its own in the cluster
 * @size: bytes
 * @places: its members
 * @changed: revision that changed it last
 */
struct ssi_region {
	uint32_t id;
	char name[SSI_NAME_SIZE];
	uint64_t size;
	struct ssi_places places;
	uint64_t changed;
};

/**
 * struct ssi_cluster - all of it
 * @revision: of the last change; 0 before the first
 * @created: there is a cluster
 * @name: of the cluster
 * @id: of the cluster, random
 * @lease_ms: how long a node may be silent
 * @max_nodes: ids are below this
 * @regions: ids of regions that were given out
 * @node: by id; NULL where there is none
 * @region: a new one behind the others; NULL behind the last one
 */
struct ssi_cluster {
	uint64_t revision;
	bool created;
	char name[SSI_NAME_SIZE];
	char id[SSI_HEX_SIZE];
	uint32_t lease_ms;
	uint32_t max_nodes;
	uint32_t regions;
	struct ssi_node *node[SSI_CLUSTER_NODES];
	struct ssi_region *region[SSI_CLUSTER_REGIONS];
};

/**
 * ssi_cluster_init - a cluster before its first change
 * @c: the cluster
 */
void ssi_cluster_init(struct ssi_cluster *c);

/**
 * ssi_cluster_free - free what it holds, and make it that of ssi_cluster_init()
 * @c: the cluster
 */
void ssi_cluster_free(struct ssi_cluster *c);

/**
 * ssi_cluster_apply - let a change happen
 * @c: the cluster
 * @change: the next one, by its revision
 * @why: filled with the reason of a refusal
 * @size: bytes of @why
 *
 * Return: 0; or -1 with @why set and nothing changed, when the change does not
 * fit the cluster: a store that is broken, or nobody's decision.
 */
int ssi_cluster_apply(struct ssi_cluster *c, const struct ssi_change *change, char *why,
		      size_t size);

/**
 * ssi_cluster_save - the whole cluster as one line of JSON
 * @c: the cluster
 *
 * Return: the text, to be freed; or NULL without memory.
 */
char *ssi_cluster_save(const struct ssi_cluster *c);

/**
 * ssi_cluster_load - make the cluster that was saved
 * @c: the cluster; what it holds is freed
 * @text: of ssi_cluster_save()
 * @why: filled with what is wrong with it
 * @size: bytes of @why
 *
 * Return: 0, or -1 with @why set and @c as ssi_cluster_init() makes it.
 */
int ssi_cluster_load(struct ssi_cluster *c, const char *text, char *why, size_t size);

/**
 * ssi_cluster_json - the cluster, its nodes and regions
 * @c: the cluster
 *
 * Return: an object, or NULL without memory.
 */
json_t *ssi_cluster_json(const struct ssi_cluster *c);

/**
 * ssi_node_json - a node
 * @node: the node
 *
 * Return: an object, or NULL without memory.
 */
json_t *ssi_node_json(const struct ssi_node *node);

/**
 * ssi_region_json - a region
 * @region: the region
 *
 * Return: an object, or NULL without memory.
 */
json_t *ssi_region_json(const struct ssi_region *region);

/**
 * ssi_node_is_member - is it in the cluster, and alive as far as anybody knows?
 * @node: the node
 *
 * Return: whether it is up or draining.
 */
bool ssi_node_is_member(const struct ssi_node *node);

/**
 * ssi_cluster_node - find a node by its id
 * @c: the cluster
 * @id: any number
 *
 * Return: the node, or NULL.
 */
struct ssi_node *ssi_cluster_node(const struct ssi_cluster *c, uint64_t id);

/**
 * ssi_cluster_node_named - find a node by its name
 * @c: the cluster
 * @name: the name
 *
 * Return: the node, or NULL.
 */
struct ssi_node *ssi_cluster_node_named(const struct ssi_cluster *c, const char *name);

/**
 * ssi_cluster_node_invited - find a node by the token that it was invited with
 * @c: the cluster
 * @invite: first half of the token's SHA-256
 *
 * Return: the node, or NULL.
 */
struct ssi_node *ssi_cluster_node_invited(const struct ssi_cluster *c, const char *invite);

/**
 * ssi_cluster_region - find a region by its id
 * @c: the cluster
 * @id: any number
 *
 * Return: the region, or NULL.
 */
struct ssi_region *ssi_cluster_region(const struct ssi_cluster *c, uint64_t id);

/**
 * ssi_cluster_region_named - find a region by its name
 * @c: the cluster
 * @name: the name
 *
 * Return: the region, or NULL.
 */
struct ssi_region *ssi_cluster_region_named(const struct ssi_cluster *c, const char *name);

/**
 * ssi_region_place - a node's part of a region
 * @region: the region
 * @node: id
 *
 * Return: the place, or NULL when it is no member.
 */
const struct ssi_place *ssi_region_place(const struct ssi_region *region, uint32_t node);

#endif /* SSI_COORD_CLUSTER_H */
