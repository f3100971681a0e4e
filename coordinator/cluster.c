// SPDX-License-Identifier: Apache-2.0
#include "cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const state_names[] = {
	[SSI_NODE_REGISTERED] = "registered",
	[SSI_NODE_UP] = "up",
	[SSI_NODE_DRAINING] = "draining",
	[SSI_NODE_DEAD] = "dead",
};

void ssi_cluster_init(struct ssi_cluster *c)
{
	memset(c, 0, sizeof(*c));
}

void ssi_cluster_free(struct ssi_cluster *c)
{
	unsigned int i;

	for (i = 0; i < SSI_CLUSTER_NODES; i++)
		free(c->node[i]);
	for (i = 0; i < SSI_CLUSTER_REGIONS; i++)
		free(c->region[i]);
	ssi_cluster_init(c);
}

/* ---- looking ---- */

bool ssi_node_is_member(const struct ssi_node *node)
{
	return node->state == SSI_NODE_UP || node->state == SSI_NODE_DRAINING;
}

struct ssi_node *ssi_cluster_node(const struct ssi_cluster *c, uint64_t id)
{
	return id < SSI_CLUSTER_NODES ? c->node[id] : NULL;
}

struct ssi_node *ssi_cluster_node_named(const struct ssi_cluster *c, const char *name)
{
	unsigned int i;

	for (i = 0; i < SSI_CLUSTER_NODES; i++) {
		if (c->node[i] && !strcmp(c->node[i]->name, name))
			return c->node[i];
	}
	return NULL;
}

struct ssi_node *ssi_cluster_node_invited(const struct ssi_cluster *c, const char *invite)
{
	unsigned int i;

	for (i = 0; *invite && i < SSI_CLUSTER_NODES; i++) {
		if (c->node[i] && !strcmp(c->node[i]->invite, invite))
			return c->node[i];
	}
	return NULL;
}

static struct ssi_region **slot_of(const struct ssi_cluster *c, uint64_t id)
{
	unsigned int i;

	for (i = 0; i < SSI_CLUSTER_REGIONS; i++) {
		const struct ssi_region *region = c->region[i];

		if (region ? region->id == id : !id)
			return (struct ssi_region **)&c->region[i];
	}
	return NULL;
}

struct ssi_region *ssi_cluster_region(const struct ssi_cluster *c, uint64_t id)
{
	struct ssi_region **slot = id ? slot_of(c, id) : NULL;

	return slot ? *slot : NULL;
}

struct ssi_region *ssi_cluster_region_named(const struct ssi_cluster *c, const char *name)
{
	unsigned int i;

	for (i = 0; i < SSI_CLUSTER_REGIONS; i++) {
		if (c->region[i] && !strcmp(c->region[i]->name, name))
			return c->region[i];
	}
	return NULL;
}

const struct ssi_place *ssi_region_place(const struct ssi_region *region, uint32_t node)
{
	uint32_t i;

	for (i = 0; i < region->places.count; i++) {
		if (region->places.at[i].node == node)
			return &region->places.at[i];
	}
	return NULL;
}

/* ---- changes; each returns NULL, or what does not fit ---- */

static const char *create_cluster(struct ssi_cluster *c, const struct ssi_change *change)
{
	if (c->created)
		return "there is a cluster";
	if (change->max_nodes > SSI_CLUSTER_NODES)
		return "too many nodes";
	c->created = true;
	strcpy(c->name, change->name);
	strcpy(c->id, change->id);
	c->lease_ms = change->lease_ms;
	c->max_nodes = change->max_nodes;
	return NULL;
}

/* Ids of regions go on: somebody may remember those of the cluster before. */
static const char *delete_cluster(struct ssi_cluster *c, const struct ssi_change *change)
{
	uint64_t revision = c->revision;
	uint32_t regions = c->regions;

	(void)change;
	if (!c->created)
		return "there is no cluster";
	ssi_cluster_free(c);
	c->revision = revision;
	c->regions = regions;
	return NULL;
}

static const char *register_node(struct ssi_cluster *c, const struct ssi_change *change)
{
	struct ssi_node *node = ssi_cluster_node(c, change->node);
	const struct ssi_node *named = ssi_cluster_node_named(c, change->name);

	if (!c->created || change->node >= c->max_nodes)
		return "no such id";
	if (named && named != node)
		return "the name is taken";
	if (node && strcmp(node->name, change->name) != 0)
		return "the id is taken";
	if (!node)
		node = calloc(1, sizeof(*node));
	if (!node)
		return "out of memory";
	node->id = change->node;
	strcpy(node->name, change->name);
	node->share = change->share;
	node->reserve = change->reserve;
	strcpy(node->version, change->version);
	node->protocol = change->protocol;
	node->changed = change->revision;
	c->node[node->id] = node;
	return NULL;
}

static const char *change_node(struct ssi_cluster *c, const struct ssi_change *change)
{
	struct ssi_node *node = ssi_cluster_node(c, change->node);

	if (!node)
		return "no such node";
	switch (change->type) {
	case SSI_CHANGE_NODE_JOINED:
		node->state = SSI_NODE_UP;
		strcpy(node->incarnation, change->incarnation);
		strcpy(node->address, change->address);
		break;
	case SSI_CHANGE_NODE_DRAINING:
		if (!ssi_node_is_member(node))
			return "no member";
		node->state = change->draining ? SSI_NODE_DRAINING : SSI_NODE_UP;
		break;
	default:
		if (!ssi_node_is_member(node))
			return "no member";
		node->state = SSI_NODE_DEAD;
	}
	node->changed = change->revision;
	return NULL;
}

static const char *invite_node(struct ssi_cluster *c, const struct ssi_change *change)
{
	struct ssi_node *node = ssi_cluster_node(c, change->node);

	if (!node)
		return "no such node";
	if (change->type == SSI_CHANGE_NODE_INVITED) {
		strcpy(node->invite, change->invite);
		node->invite_expires = change->expires;
		node->invite_used = false;
	} else {
		strcpy(node->serial, change->serial);
		node->invite_used = true;
	}
	node->changed = change->revision;
	return NULL;
}

static const char *remove_node(struct ssi_cluster *c, const struct ssi_change *change)
{
	unsigned int i;

	if (!ssi_cluster_node(c, change->node))
		return "no such node";
	for (i = 0; i < SSI_CLUSTER_REGIONS; i++) {
		if (c->region[i] && ssi_region_place(c->region[i], change->node))
			return "it has a place in a region";
	}
	free(c->node[change->node]);
	c->node[change->node] = NULL;
	return NULL;
}

static bool places_exist(const struct ssi_cluster *c, const struct ssi_places *places)
{
	uint32_t i;

	for (i = 0; i < places->count; i++) {
		if (!ssi_cluster_node(c, places->at[i].node))
			return false;
		if (i && places->at[i].node <= places->at[i - 1].node)
			return false;
	}
	return places->count != 0;
}

static const char *create_region(struct ssi_cluster *c, const struct ssi_change *change)
{
	struct ssi_region **slot = slot_of(c, 0);
	struct ssi_region *region;

	if (!c->created || !slot)
		return "no room for a region";
	if (change->region <= c->regions || ssi_cluster_region_named(c, change->name))
		return "the id or the name is taken";
	if (!places_exist(c, &change->places))
		return "places on nodes that are not there";
	region = calloc(1, sizeof(*region));
	if (!region)
		return "out of memory";
	region->id = change->region;
	strcpy(region->name, change->name);
	region->size = change->size;
	region->places = change->places;
	region->changed = change->revision;
	c->regions = region->id;
	*slot = region;
	return NULL;
}

static const char *place_region(struct ssi_cluster *c, const struct ssi_change *change)
{
	struct ssi_region *region = ssi_cluster_region(c, change->region);

	if (!region)
		return "no such region";
	if (!places_exist(c, &change->places))
		return "places on nodes that are not there";
	region->places = change->places;
	region->changed = change->revision;
	return NULL;
}

static const char *delete_region(struct ssi_cluster *c, const struct ssi_change *change)
{
	struct ssi_region **slot = change->region ? slot_of(c, change->region) : NULL;

	if (!slot)
		return "no such region";
	free(*slot);
	/* A hole would be filled by a later one, but not after a restart. */
	memmove(slot, slot + 1, (&c->region[SSI_CLUSTER_REGIONS - 1] - slot) * sizeof(*slot));
	c->region[SSI_CLUSTER_REGIONS - 1] = NULL;
	return NULL;
}

int ssi_cluster_apply(struct ssi_cluster *c, const struct ssi_change *change, char *why,
		      size_t size)
{
	static const char *(*const appliers[SSI_CHANGE_TYPES])(struct ssi_cluster *,
							       const struct ssi_change *) = {
		[SSI_CHANGE_CLUSTER_CREATED] = create_cluster,
		[SSI_CHANGE_CLUSTER_DELETED] = delete_cluster,
		[SSI_CHANGE_NODE_REGISTERED] = register_node,
		[SSI_CHANGE_NODE_JOINED] = change_node,
		[SSI_CHANGE_NODE_DRAINING] = change_node,
		[SSI_CHANGE_NODE_DEAD] = change_node,
		[SSI_CHANGE_NODE_REMOVED] = remove_node,
		[SSI_CHANGE_NODE_INVITED] = invite_node,
		[SSI_CHANGE_NODE_CERTIFIED] = invite_node,
		[SSI_CHANGE_REGION_CREATED] = create_region,
		[SSI_CHANGE_REGION_PLACED] = place_region,
		[SSI_CHANGE_REGION_DELETED] = delete_region,
	};
	const char *wrong = "it is not the next one";

	if (change->revision == c->revision + 1)
		wrong = appliers[change->type](c, change);
	if (!wrong) {
		c->revision = change->revision;
		return 0;
	}
	snprintf(why, size, "revision %llu, %s, does not fit: %s",
		 (unsigned long long)change->revision, ssi_change_name(change->type), wrong);
	return -1;
}

/* ---- as JSON ---- */

#define NODE(field) offsetof(struct ssi_node, field)
#define REGION(field) offsetof(struct ssi_region, field)
#define CLUSTER(field) offsetof(struct ssi_cluster, field)
#define END { NULL, 0, 0, false, 0, 0 }

static const struct ssi_field node_fields[] = {
	{ "id", SSI_FIELD_U32, NODE(id), true, 0, SSI_CLUSTER_NODES - 1 },
	{ "name", SSI_FIELD_NAME, NODE(name), true, 0, 0 },
	{ "share", SSI_FIELD_U64, NODE(share), true, 0, 0 },
	{ "reserve", SSI_FIELD_U64, NODE(reserve), true, 0, 0 },
	{ "version", SSI_FIELD_TEXT, NODE(version), false, 0, 0 },
	{ "protocol", SSI_FIELD_U32, NODE(protocol), false, 0, 0 },
	{ "incarnation", SSI_FIELD_HEX, NODE(incarnation), false, 0, 0 },
	{ "address", SSI_FIELD_ADDRESS, NODE(address), false, 0, 0 },
	{ "invite", SSI_FIELD_HEX, NODE(invite), false, 0, 0 },
	{ "invite_expires", SSI_FIELD_U64, NODE(invite_expires), false, 0, 0 },
	{ "invite_used", SSI_FIELD_FLAG, NODE(invite_used), false, 0, 0 },
	{ "serial", SSI_FIELD_HEX, NODE(serial), false, 0, 0 },
	{ "changed", SSI_FIELD_U64, NODE(changed), true, 1, 0 },
	END,
};

static const struct ssi_field region_fields[] = {
	{ "id", SSI_FIELD_U32, REGION(id), true, 1, 0 },
	{ "name", SSI_FIELD_NAME, REGION(name), true, 0, 0 },
	{ "size", SSI_FIELD_U64, REGION(size), true, 1, 0 },
	{ "places", SSI_FIELD_PLACES, REGION(places), true, 0, 0 },
	{ "changed", SSI_FIELD_U64, REGION(changed), true, 1, 0 },
	END,
};

static const struct ssi_field bare_fields[] = {
	{ "revision", SSI_FIELD_U64, CLUSTER(revision), true, 0, 0 },
	{ "regions_made", SSI_FIELD_U32, CLUSTER(regions), true, 0, 0 },
	END,
};

static const struct ssi_field cluster_fields[] = {
	{ "name", SSI_FIELD_NAME, CLUSTER(name), true, 0, 0 },
	{ "id", SSI_FIELD_HEX, CLUSTER(id), true, 0, 0 },
	{ "lease_ms", SSI_FIELD_U32, CLUSTER(lease_ms), true, 1, 0 },
	{ "max_nodes", SSI_FIELD_U32, CLUSTER(max_nodes), true, 1, SSI_CLUSTER_NODES },
	END,
};

json_t *ssi_node_json(const struct ssi_node *node)
{
	json_t *object = ssi_fields_write(node_fields, node);

	if (!object)
		return NULL;
	if (!*node->invite) {
		json_object_del(object, "invite_expires");
		json_object_del(object, "invite_used");
	}
	json_object_set_new(object, "state", json_string(state_names[node->state]));
	return object;
}

json_t *ssi_region_json(const struct ssi_region *region)
{
	return ssi_fields_write(region_fields, region);
}

json_t *ssi_cluster_json(const struct ssi_cluster *c)
{
	json_t *object = ssi_fields_write(bare_fields, c);
	json_t *nodes = json_array(), *regions = json_array();
	unsigned int i;

	for (i = 0; i < SSI_CLUSTER_NODES; i++) {
		if (c->node[i])
			json_array_append_new(nodes, ssi_node_json(c->node[i]));
	}
	for (i = 0; i < SSI_CLUSTER_REGIONS; i++) {
		if (c->region[i])
			json_array_append_new(regions, ssi_region_json(c->region[i]));
	}
	json_object_set_new(object, "cluster",
			    c->created ? ssi_fields_write(cluster_fields, c) : json_null());
	json_object_set_new(object, "nodes", nodes);
	json_object_set_new(object, "regions", regions);
	return object;
}

char *ssi_cluster_save(const struct ssi_cluster *c)
{
	json_t *object = ssi_cluster_json(c);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	return text;
}

/* ---- from JSON ---- */

static bool take_state(json_t *object, struct ssi_node *node)
{
	const char *name = json_string_value(json_object_get(object, "state"));
	unsigned int i;

	for (i = 0; name && i <= SSI_NODE_DEAD; i++) {
		if (strcmp(state_names[i], name) != 0)
			continue;
		node->state = i;
		return json_object_del(object, "state") == 0;
	}
	return false;
}

static int load_nodes(struct ssi_cluster *c, const json_t *list, char *why, size_t size)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		struct ssi_node node = { 0 };

		if (!take_state(item, &node)) {
			snprintf(why, size, "a node without a state");
			return -1;
		}
		if (ssi_fields_read(item, node_fields, &node, why, size) < 0)
			return -1;
		free(c->node[node.id]);
		c->node[node.id] = malloc(sizeof(node));
		if (!c->node[node.id])
			return -1;
		*c->node[node.id] = node;
	}
	return 0;
}

static int load_regions(struct ssi_cluster *c, const json_t *list, char *why, size_t size)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		struct ssi_region **slot = slot_of(c, 0);
		struct ssi_region region = { 0 };

		if (ssi_fields_read(item, region_fields, &region, why, size) < 0)
			return -1;
		if (!slot || !places_exist(c, &region.places)) {
			snprintf(why, size, "a region without a place");
			return -1;
		}
		*slot = malloc(sizeof(region));
		if (!*slot)
			return -1;
		**slot = region;
	}
	return 0;
}

/* @root: loses what is read from it */
static int load_all(struct ssi_cluster *c, json_t *root, char *why, size_t size)
{
	json_t *bare = json_object_get(root, "cluster");
	json_t *nodes = json_object_get(root, "nodes");
	json_t *regions = json_object_get(root, "regions");

	c->created = json_is_object(bare);
	if (c->created && ssi_fields_read(bare, cluster_fields, c, why, size) < 0)
		return -1;
	if (load_nodes(c, nodes, why, size) < 0 || load_regions(c, regions, why, size) < 0)
		return -1;
	json_object_del(root, "cluster");
	json_object_del(root, "nodes");
	json_object_del(root, "regions");
	return ssi_fields_read(root, bare_fields, c, why, size);
}

int ssi_cluster_load(struct ssi_cluster *c, const char *text, char *why, size_t size)
{
	json_t *root = ssi_fields_parse(text, strlen(text), why, size);
	int rc;

	ssi_cluster_free(c);
	if (!root)
		return -1;
	snprintf(why, size, "out of memory");
	rc = load_all(c, root, why, size);
	json_decref(root);
	if (rc < 0)
		ssi_cluster_free(c);
	return rc;
}
