/* SPDX-License-Identifier: Apache-2.0 */
/* A cluster for unit tests: made by wishes, one after the other. */
#ifndef UNIT_COORD_WORLD_H
#define UNIT_COORD_WORLD_H

#include "../../coordinator/decide.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEASE_MS 1000
#define MIB	 (1ull << 20)

/**
 * struct world - what decisions depend on, and what came of the last one
 * @cluster: the cluster
 * @leases: the leases
 * @now: the time, on the clock of leases
 * @time: the time, milliseconds since 1970
 * @made: the last change
 * @why: the last refusal
 */
struct world {
	struct ssi_cluster cluster;
	struct ssi_leases leases;
	int64_t now;
	uint64_t time;
	struct ssi_change made;
	struct ssi_refusal why;
};

static struct world world;

static char life[SSI_HEX_SIZE] = "00000000000000000000000000000001";

/* Each change goes through its record, as in a store. */
static void apply_record(const struct ssi_change *change)
{
	char *text = ssi_change_write(change), why[200] = "";
	struct ssi_change read;

	ck_assert_ptr_nonnull(text);
	ck_assert_msg(ssi_change_read(text, &read, why, sizeof(why)) == 0, "%s: %s", text, why);
	ck_assert_msg(ssi_cluster_apply(&world.cluster, &read, why, sizeof(why)) == 0, "%s", why);
	if (read.type == SSI_CHANGE_NODE_JOINED)
		ssi_leases_renew(&world.leases, read.node, world.now);
	free(text);
}

/* Returns how many changes it took, or -1 when it was refused. */
static int wish(const struct ssi_wish *wish)
{
	struct ssi_situation s = { &world.cluster, &world.leases, world.now, world.time };
	enum ssi_decision decision;
	int changes = 0;

	do {
		decision = ssi_decide(&s, wish, &world.made, &world.why);
		if (decision == SSI_DECIDED_REFUSAL)
			return -1;
		if (decision == SSI_DECIDED_NOTHING)
			return changes;
		world.made.revision = world.cluster.revision + 1;
		apply_record(&world.made);
		changes++;
	} while (decision == SSI_DECIDED_MORE);
	return changes;
}

static void create(void)
{
	struct ssi_wish w = { .type = SSI_WISH_CREATE_CLUSTER,
			      .with = { .name = "lab", .lease_ms = LEASE_MS, .max_nodes = 8 } };

	strcpy(w.with.id, life);
	ck_assert_int_eq(wish(&w), 1);
}

static inline int enroll(const char *name, uint64_t share)
{
	struct ssi_wish w = { .type = SSI_WISH_REGISTER, .with = { .share = share } };

	strcpy(w.with.name, name);
	return wish(&w);
}

static inline int join_as(uint32_t node, const char *incarnation)
{
	struct ssi_wish w = { .type = SSI_WISH_JOIN, .with = { .node = node } };

	strcpy(w.with.incarnation, incarnation);
	snprintf(w.with.address, sizeof(w.with.address), "192.0.2.%u:7000", node + 1);
	return wish(&w);
}

/* Nodes n0, n1, ... are up, with shares of 64 MiB. */
static inline void nodes(uint32_t count)
{
	char name[16];
	uint32_t i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		ck_assert_int_eq(enroll(name, 64 * MIB), 1);
		ck_assert_uint_eq(world.made.node, i);
		ck_assert_int_eq(join_as(i, life), 1);
	}
}

static inline int region(const char *name, uint64_t size)
{
	struct ssi_wish w = { .type = SSI_WISH_CREATE_REGION, .with = { .size = size } };

	strcpy(w.with.name, name);
	return wish(&w);
}

static inline int drain_node(uint32_t node, bool draining)
{
	struct ssi_wish w = { .type = SSI_WISH_DRAIN,
			      .with = { .node = node, .draining = draining } };

	return wish(&w);
}

static inline int remove_id(uint32_t node, bool force)
{
	struct ssi_wish w = { .type = SSI_WISH_REMOVE, .with = { .node = node }, .force = force };

	return wish(&w);
}

static inline int kill_node(uint32_t node)
{
	struct ssi_change c = { .type = SSI_CHANGE_NODE_DEAD, .node = node,
				.revision = world.cluster.revision + 1 };

	apply_record(&c);
	return 0;
}

static void world_setup(void)
{
	ssi_cluster_init(&world.cluster);
	world.now = 1000000;
	ssi_leases_restart(&world.leases, world.now);
	create();
}

static void world_teardown(void)
{
	ssi_cluster_free(&world.cluster);
}

#define expect_refusal(call, kind, text)                                                   \
	do {                                                                               \
		ck_assert_int_eq(call, -1);                                                \
		ck_assert_uint_eq(world.why.problem, kind);                                \
		ck_assert_msg(strstr(world.why.detail, text) != NULL, "%s", world.why.detail); \
		ck_assert_msg(*world.why.remedy, "no remedy for: %s", world.why.detail);    \
	} while (0)

#endif /* UNIT_COORD_WORLD_H */
