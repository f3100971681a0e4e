// SPDX-License-Identifier: Apache-2.0
#include "conf.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "opts.h"
#include "out.h"

/* What a root has. */
struct root {
	uint32_t schema;
	json_t *nodes;
};

/* A node with its regions as JSON. */
struct entry {
	struct ssi_conf_node node;
	json_t *regions;
};

static const struct ssi_field root_fields[] = {
	{ "schema", SSI_FIELD_U32, offsetof(struct root, schema), true, SSI_OUT_SCHEMA,
	  SSI_OUT_SCHEMA },
	{ "nodes", SSI_FIELD_ARRAY, offsetof(struct root, nodes), true, 0, 0 },
	{ NULL, 0, 0, false, 0, 0 },
};

#define NODE(field) offsetof(struct entry, node.field)
static const struct ssi_field node_fields[] = {
	{ "node", SSI_FIELD_NAME, NODE(name), true, 0, 0 },
	{ "id", SSI_FIELD_U32, NODE(id), false, 0, SSI_MEM_NODE_ID_MAX },
	{ "share", SSI_FIELD_U64, NODE(share), false, 1, 0 },
	{ "reserve", SSI_FIELD_U64, NODE(reserve), false, 1, 0 },
	{ "hold_us", SSI_FIELD_U32, NODE(hold_us), false, 0, SSI_CONF_UNSET - 1 },
	{ "state", SSI_FIELD_TEXT, NODE(state), false, 0, 0 },
	{ "regions", SSI_FIELD_ARRAY, offsetof(struct entry, regions), false, 0, 0 },
	{ NULL, 0, 0, false, 0, 0 },
};

#define REGION(field) offsetof(struct ssi_conf_region, field)
static const struct ssi_field region_fields[] = {
	{ "region", SSI_FIELD_NAME, REGION(name), true, 0, 0 },
	{ "size", SSI_FIELD_U64, REGION(size), true, 1, 0 },
	{ "members", SSI_FIELD_IDS, REGION(members), false, 0, 0 },
	{ "owner", SSI_FIELD_TEXT, REGION(owner), false, 0, 0 },
	{ "group", SSI_FIELD_TEXT, REGION(group), false, 0, 0 },
	{ "mode", SSI_FIELD_TEXT, REGION(mode), false, 0, 0 },
	{ "prefetch", SSI_FIELD_U32, REGION(prefetch), false, 0, SSI_CONF_UNSET - 1 },
	{ NULL, 0, 0, false, 0, 0 },
};

__attribute__((format(printf, 2, 3))) static int refuse(char *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, SSI_CONF_WHY, format, args);
	va_end(args);
	return -1;
}

/* ---- reading ---- */

/* Users and groups are those of this machine, as for region create. */
static int check_access(const struct ssi_conf_region *region, char *why)
{
	const char *expected;
	uint32_t number;

	expected = *region->owner ? ssi_opts_user(region->owner, &number) : NULL;
	if (expected)
		return refuse(why, "region %s: owner: '%s' is not %s", region->name, region->owner,
			      expected);
	expected = *region->group ? ssi_opts_group(region->group, &number) : NULL;
	if (expected)
		return refuse(why, "region %s: group: '%s' is not %s", region->name, region->group,
			      expected);
	expected = *region->mode ? ssi_opts_mode(region->mode, &number) : NULL;
	if (expected)
		return refuse(why, "region %s: mode: '%s' is not %s", region->name, region->mode,
			      expected);
	return 0;
}

static int check_members(const struct ssi_conf_region *region, char *why)
{
	uint64_t seen = 0;
	uint32_t i, id;

	for (i = 0; i < region->members.count; i++) {
		id = region->members.id[i];
		if (id > SSI_MEM_NODE_ID_MAX || seen >> id & 1)
			return refuse(why, "region %s: members: %u is not a node id, 0 to 63, that "
					   "stands once",
				      region->name, id);
		seen |= 1ull << id;
	}
	return 0;
}

static int read_region(const json_t *object, struct ssi_conf_node *node, char *why)
{
	struct ssi_conf_region *region = &node->regions[node->region_count];
	unsigned int i;
	char reason[128];

	region->prefetch = SSI_CONF_UNSET;
	if (ssi_fields_read(object, region_fields, region, reason, sizeof(reason)))
		return refuse(why, "node %s, region %u: %s", node->name, node->region_count,
			      reason);
	for (i = 0; i < node->region_count; i++) {
		if (!strcmp(node->regions[i].name, region->name))
			return refuse(why, "node %s: region %s stands twice", node->name,
				      region->name);
	}
	node->region_count++;
	return check_members(region, why) ? -1 : check_access(region, why);
}

static int read_regions(json_t *list, struct ssi_conf_node *node, char *why)
{
	json_t *object;
	size_t i;

	node->regions = calloc(json_array_size(list) + 1, sizeof(*node->regions));
	if (!node->regions)
		return refuse(why, "out of memory");
	json_array_foreach(list, i, object) {
		if (read_region(object, node, why))
			return -1;
	}
	return 0;
}

static int read_node(const json_t *object, struct ssi_conf *conf, char *why)
{
	struct ssi_conf_node *node = &conf->nodes[conf->count];
	struct entry entry = { .node = { .id = SSI_CONF_UNSET, .hold_us = SSI_CONF_UNSET } };
	char reason[128];
	unsigned int i;

	if (ssi_fields_read(object, node_fields, &entry, reason, sizeof(reason)))
		return refuse(why, "node %u: %s", conf->count, reason);
	for (i = 0; i < conf->count; i++) {
		if (!strcmp(conf->nodes[i].name, entry.node.name))
			return refuse(why, "node %s stands twice", entry.node.name);
	}
	*node = entry.node;
	conf->count++;
	if (*node->state && strcmp(node->state, "member") && strcmp(node->state, "draining"))
		return refuse(why, "node %s: state: '%s' is not member or draining", node->name,
			      node->state);
	return read_regions(entry.regions, node, why);
}

static int read_nodes(json_t *list, struct ssi_conf *conf, char *why)
{
	json_t *object;
	size_t i;

	conf->nodes = calloc(json_array_size(list) + 1, sizeof(*conf->nodes));
	if (!conf->nodes)
		return refuse(why, "out of memory");
	json_array_foreach(list, i, object) {
		if (read_node(object, conf, why))
			return -1;
	}
	return 0;
}

int ssi_conf_read(const char *text, size_t len, struct ssi_conf *conf, char *why)
{
	struct root root = { 0 };
	json_t *object;
	int rc;

	*conf = (struct ssi_conf){ 0 };
	object = ssi_fields_parse(text, len, why, SSI_CONF_WHY);
	if (!object)
		return -1;
	rc = ssi_fields_read(object, root_fields, &root, why, SSI_CONF_WHY);
	if (rc == 0)
		rc = read_nodes(root.nodes, conf, why);
	json_decref(object);
	return rc;
}

/* ---- writing ---- */

static json_t *write_regions(const struct ssi_conf_node *node)
{
	json_t *list = json_array();
	unsigned int i;

	for (i = 0; i < node->region_count; i++)
		json_array_append_new(list, ssi_fields_write(region_fields, &node->regions[i]));
	return list;
}

json_t *ssi_conf_write(const struct ssi_conf *conf)
{
	struct root root = { SSI_OUT_SCHEMA, json_array() };
	json_t *object;
	unsigned int i;

	for (i = 0; i < conf->count; i++) {
		struct entry entry = { conf->nodes[i], write_regions(&conf->nodes[i]) };

		json_array_append_new(root.nodes, ssi_fields_write(node_fields, &entry));
		json_decref(entry.regions);
	}
	object = ssi_fields_write(root_fields, &root);
	json_decref(root.nodes);
	return object;
}

void ssi_conf_free(struct ssi_conf *conf)
{
	unsigned int i;

	for (i = 0; i < conf->count; i++)
		free(conf->nodes[i].regions);
	free(conf->nodes);
	*conf = (struct ssi_conf){ 0 };
}
