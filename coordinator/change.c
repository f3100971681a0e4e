// SPDX-License-Identifier: Apache-2.0
#include "change.h"

#include <stdio.h>
#include <string.h>

#define AT(field) offsetof(struct ssi_change, field)
#define END { NULL, 0, 0, false, 0, 0 }
/* What each record has. */
#define ALWAYS                                                                                     \
	{ "revision", SSI_FIELD_U64, AT(revision), true, 1, 0 },                                   \
	{ "time", SSI_FIELD_U64, AT(time), true, 0, 0 },                                           \
	{ "by", SSI_FIELD_TEXT, AT(by), false, 0, 0 },                                             \
	{ "request", SSI_FIELD_HEX, AT(request), false, 0, 0 }
#define NODE { "node", SSI_FIELD_U32, AT(node), true, 0, 0 }
#define NAME { "name", SSI_FIELD_NAME, AT(name), true, 0, 0 }
#define REGION { "region", SSI_FIELD_U32, AT(region), true, 1, 0 }
#define PLACES { "places", SSI_FIELD_PLACES, AT(places), true, 0, 0 }

static const struct ssi_field cluster_created[] = {
	ALWAYS,
	NAME,
	{ "id", SSI_FIELD_HEX, AT(id), true, 0, 0 },
	{ "lease_ms", SSI_FIELD_U32, AT(lease_ms), true, 1, 0 },
	{ "max_nodes", SSI_FIELD_U32, AT(max_nodes), true, 1, 0 },
	END,
};
static const struct ssi_field node_registered[] = {
	ALWAYS,
	NODE,
	NAME,
	{ "share", SSI_FIELD_U64, AT(share), true, 0, 0 },
	{ "reserve", SSI_FIELD_U64, AT(reserve), true, 0, 0 },
	{ "version", SSI_FIELD_TEXT, AT(version), false, 0, 0 },
	{ "protocol", SSI_FIELD_U32, AT(protocol), false, 0, 0 },
	END,
};
static const struct ssi_field node_joined[] = {
	ALWAYS,
	NODE,
	{ "incarnation", SSI_FIELD_HEX, AT(incarnation), true, 0, 0 },
	{ "address", SSI_FIELD_ADDRESS, AT(address), true, 0, 0 },
	END,
};
static const struct ssi_field node_draining[] = {
	ALWAYS,
	NODE,
	{ "draining", SSI_FIELD_FLAG, AT(draining), true, 0, 0 },
	END,
};
static const struct ssi_field node_invited[] = {
	ALWAYS,
	NODE,
	{ "invite", SSI_FIELD_HEX, AT(invite), true, 0, 0 },
	{ "expires", SSI_FIELD_U64, AT(expires), true, 1, 0 },
	END,
};
static const struct ssi_field node_certified[] = {
	ALWAYS,
	NODE,
	{ "serial", SSI_FIELD_HEX, AT(serial), true, 0, 0 },
	END,
};
static const struct ssi_field region_created[] = {
	ALWAYS,
	REGION,
	NAME,
	{ "size", SSI_FIELD_U64, AT(size), true, 1, 0 },
	PLACES,
	END,
};
static const struct ssi_field region_placed[] = { ALWAYS, REGION, PLACES, END };
static const struct ssi_field only_always[] = { ALWAYS, END };
static const struct ssi_field only_node[] = { ALWAYS, NODE, END };
static const struct ssi_field only_region[] = { ALWAYS, REGION, END };

static const struct type {
	const char *name;
	const struct ssi_field *fields;
} types[SSI_CHANGE_TYPES] = {
	[SSI_CHANGE_CLUSTER_CREATED] = { "cluster-created", cluster_created },
	[SSI_CHANGE_CLUSTER_DELETED] = { "cluster-deleted", only_always },
	[SSI_CHANGE_NODE_REGISTERED] = { "node-registered", node_registered },
	[SSI_CHANGE_NODE_JOINED] = { "node-joined", node_joined },
	[SSI_CHANGE_NODE_DRAINING] = { "node-draining", node_draining },
	[SSI_CHANGE_NODE_DEAD] = { "node-dead", only_node },
	[SSI_CHANGE_NODE_REMOVED] = { "node-removed", only_node },
	[SSI_CHANGE_NODE_INVITED] = { "node-invited", node_invited },
	[SSI_CHANGE_NODE_CERTIFIED] = { "node-certified", node_certified },
	[SSI_CHANGE_REGION_CREATED] = { "region-created", region_created },
	[SSI_CHANGE_REGION_PLACED] = { "region-placed", region_placed },
	[SSI_CHANGE_REGION_DELETED] = { "region-deleted", only_region },
};

const char *ssi_change_name(enum ssi_change_type type)
{
	return types[type].name;
}

char *ssi_change_write(const struct ssi_change *change)
{
	json_t *record = ssi_fields_write(types[change->type].fields, change);
	char *text = NULL;

	if (record && json_object_set_new(record, "type",
					  json_string(types[change->type].name)) == 0)
		text = json_dumps(record, JSON_COMPACT);
	json_decref(record);
	return text;
}

static int read_type(json_t *record, struct ssi_change *change)
{
	const char *name = json_string_value(json_object_get(record, "type"));
	unsigned int i;

	for (i = 0; name && i < SSI_CHANGE_TYPES; i++) {
		if (strcmp(types[i].name, name) != 0)
			continue;
		change->type = i;
		return json_object_del(record, "type");
	}
	return -1;
}

int ssi_change_read(const char *text, struct ssi_change *change, char *why, size_t size)
{
	json_t *record = ssi_fields_parse(text, strlen(text), why, size);
	int rc = -1;

	if (!record)
		return -1;
	memset(change, 0, sizeof(*change));
	if (read_type(record, change) < 0)
		snprintf(why, size, "a change of an unknown type; a newer coordinator wrote it");
	else
		rc = ssi_fields_read(record, types[change->type].fields, change, why, size);
	json_decref(record);
	return rc;
}
