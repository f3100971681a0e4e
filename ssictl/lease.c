// SPDX-License-Identifier: Apache-2.0
#include "lease.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As the coordinator bounds it. */
#define LEASE_MIN_MS 200
#define LEASE_MAX_MS 600000

static int refuse(char *why, size_t size, const char *what)
{
	snprintf(why, size, "the coordinator's answer has no good %s", what);
	return -1;
}

static int take_number(const json_t *object, const char *key, uint64_t max, uint64_t *to)
{
	const json_t *value = json_object_get(object, key);
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < 0 || (uint64_t)number > max)
		return -1;
	*to = number;
	return 0;
}

static int take_hex(const json_t *value, uint8_t *to)
{
	const char *text = json_string_value(value);
	unsigned int i;

	if (!text || strlen(text) != 2 * SSI_MEM_INCARNATION_LEN ||
	    strspn(text, "0123456789abcdef") != 2 * SSI_MEM_INCARNATION_LEN)
		return -1;
	for (i = 0; i < SSI_MEM_INCARNATION_LEN; i++) {
		char byte[] = { text[2 * i], text[2 * i + 1], 0 };

		to[i] = strtoul(byte, NULL, 16);
	}
	return 0;
}

void ssi_lease_hex(const uint8_t *incarnation, char *hex)
{
	unsigned int i;

	for (i = 0; i < SSI_MEM_INCARNATION_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", incarnation[i]);
}

static int take_node(const json_t *object, struct ssi_lease *lease, uint64_t *mask)
{
	const char *addr = json_string_value(json_object_get(object, "address"));
	struct ssi_member node = { 0 };
	uint64_t id;

	if (take_number(object, "id", UINT32_MAX, &id) < 0 || !addr ||
	    take_hex(json_object_get(object, "incarnation"), node.incarnation) < 0 ||
	    ssi_opts_addr(addr, &node.addr))
		return -1;
	if (id >= SSI_NODES)
		return 0;
	if ((lease->members | lease->dead) >> id & 1)
		return -1;
	*mask |= 1ull << id;
	lease->node[id] = node;
	return 0;
}

/* A list that is not there is empty. */
static int take_nodes(const json_t *list, struct ssi_lease *lease, uint64_t *mask)
{
	const json_t *item;
	size_t i;

	if (list && !json_is_array(list))
		return -1;
	json_array_foreach(list, i, item) {
		if (take_node(item, lease, mask) < 0)
			return -1;
	}
	return 0;
}

static int take_question(const json_t *object, struct ssi_question *q)
{
	const char *region = json_string_value(json_object_get(object, "region"));

	if (!region || strlen(region) >= sizeof(q->region))
		return -1;
	strcpy(q->region, region);
	return take_number(object, "id", INT64_MAX, &q->id) < 0 ||
	       take_number(object, "address", INT64_MAX, &q->address) < 0 ? -1 : 0;
}

static int take_questions(const json_t *list, struct ssi_lease *lease)
{
	const json_t *item;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > SSI_LEASE_QUESTIONS)
		return -1;
	json_array_foreach(list, i, item) {
		if (take_question(item, &lease->question[i]) < 0)
			return -1;
		lease->questions++;
	}
	return 0;
}

static const char *take_lease(const json_t *root, struct ssi_lease *lease)
{
	const json_t *members = json_object_get(root, "members");
	uint64_t lease_ms;

	if (take_number(root, "revision", INT64_MAX, &lease->revision) < 0)
		return "revision";
	if (take_number(root, "epoch", INT64_MAX, &lease->epoch) < 0 || !lease->epoch)
		return "epoch";
	if (take_number(root, "lease_ms", LEASE_MAX_MS, &lease_ms) < 0 || lease_ms < LEASE_MIN_MS)
		return "lease_ms";
	lease->lease_ms = lease_ms;
	lease->has_members = members != NULL;
	if (take_nodes(members, lease, &lease->members) < 0)
		return "members";
	if (take_nodes(json_object_get(root, "dead"), lease, &lease->dead) < 0)
		return "dead";
	return take_questions(json_object_get(root, "questions"), lease) < 0 ? "questions" : NULL;
}

int ssi_lease_read(const json_t *root, struct ssi_lease *lease, char *why, size_t size)
{
	struct ssi_lease *taken = calloc(1, sizeof(*taken));
	const char *wrong = taken ? take_lease(root, taken) : "place in memory";

	if (!wrong)
		*lease = *taken;
	free(taken);
	return wrong ? refuse(why, size, wrong) : 0;
}

int ssi_lease_id(const json_t *root, uint32_t *id, char *why, size_t size)
{
	uint64_t number;

	if (take_number(json_object_get(root, "node"), "id", UINT32_MAX, &number) < 0)
		return refuse(why, size, "id of the node");
	if (number >= SSI_NODES) {
		snprintf(why, size,
			 "the coordinator gives the id %llu, and the kernel takes those below %d; "
			 "delete nodes that are gone, or create the cluster with max_nodes %d",
			 (unsigned long long)number, SSI_NODES, SSI_NODES);
		return -1;
	}
	*id = number;
	return 0;
}
