// SPDX-License-Identifier: Apache-2.0
#include "../../coordinator/decide.c"

#include "unit_coord_world.h"
#include "unit_ssictl_run.h"

static char other_life[SSI_HEX_SIZE] = "00000000000000000000000000000002";

static enum ssi_node_state state_of(uint32_t node)
{
	return world.cluster.node[node]->state;
}

START_TEST(cluster__once)
{
	struct ssi_wish w = { .type = SSI_WISH_CREATE_CLUSTER, .with = { .name = "b" } };

	expect_refusal(wish(&w), SSI_PROBLEM_EXISTS, "cluster lab is here");
	nodes(1);
	w.type = SSI_WISH_DELETE_CLUSTER;
	expect_refusal(wish(&w), SSI_PROBLEM_IN_USE, "has 1 members");
	w.force = true;
	ck_assert_int_eq(wish(&w), 1);
	expect_refusal(enroll("a", MIB), SSI_PROBLEM_NO_CLUSTER, "no cluster");
}
END_TEST

START_TEST(register__ids)
{
	struct ssi_wish w = { .type = SSI_WISH_REGISTER, .node_given = true,
			      .with = { .name = "five", .node = 5 } };
	char name[16];
	int i;

	ck_assert_int_eq(wish(&w), 1);
	ck_assert_uint_eq(world.made.node, 5);
	strcpy(w.with.name, "other");
	expect_refusal(wish(&w), SSI_PROBLEM_EXISTS, "id 5 belongs to node five");
	w.with.node = 8;
	expect_refusal(wish(&w), SSI_PROBLEM_BAD_REQUEST, "ids go from 0 to 7");
	strcpy(w.with.name, "five");
	w.with.node = 4;
	expect_refusal(wish(&w), SSI_PROBLEM_EXISTS, "node five has id 5");
	for (i = 0; i < 7; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		ck_assert_int_eq(enroll(name, MIB), 1);
		ck_assert_uint_eq(world.made.node, i < 5 ? i : i + 1);
	}
	expect_refusal(enroll("more", MIB), SSI_PROBLEM_FULL, "all 8 ids");
	ck_assert_int_eq(remove_id(3, false), 1);
	ck_assert_int_eq(enroll("more", MIB), 1);
	ck_assert_uint_eq(world.made.node, 3);
}
END_TEST

START_TEST(register__again)
{
	nodes(2);
	ck_assert_int_eq(enroll("n1", 64 * MIB), 0);
	ck_assert_uint_eq(world.made.node, 1);
	ck_assert_int_eq(enroll("n1", 65 * MIB), 1);
	ck_assert_uint_eq(state_of(1), SSI_NODE_UP);
	ck_assert_int_eq(region("r", 20 * MIB), 1);
	expect_refusal(enroll("n1", 9 * MIB), SSI_PROBLEM_NO_ROOM, "regions hold 10485760 bytes");
	ck_assert_int_eq(enroll("n1", 10 * MIB), 1);
}
END_TEST

START_TEST(join__lives)
{
	struct ssi_wish w = { .type = SSI_WISH_JOIN, .with = { .node = 1 } };

	nodes(2);
	ck_assert_int_eq(join_as(1, life), 0);
	strcpy(w.with.incarnation, life);
	strcpy(w.with.address, "192.0.2.77:1");
	ck_assert_int_eq(wish(&w), 1);
	strcpy(w.with.address, "192.0.2.1:7000");
	expect_refusal(wish(&w), SSI_PROBLEM_EXISTS, "node n0 has the address");
	w.with.node = 7;
	expect_refusal(wish(&w), SSI_PROBLEM_NOT_FOUND, "no node 7");
	/* Another life has to wait until the lease ran out, and no longer. */
	expect_refusal(join_as(1, other_life), SSI_PROBLEM_ALIVE, "lease for another 1000 ms");
	ck_assert_uint_eq(world.why.retry_s, 2);
	world.now += LEASE_MS - 1;
	expect_refusal(join_as(1, other_life), SSI_PROBLEM_ALIVE, "lease for another 1 ms");
	world.now++;
	/* The death of the old life is an epoch of its own. */
	ck_assert_int_eq(join_as(1, other_life), 2);
	ck_assert_str_eq(world.cluster.node[1]->incarnation, other_life);
	/* The old life does not come back. */
	expect_refusal(join_as(1, life), SSI_PROBLEM_ALIVE, "lives as");
}
END_TEST

START_TEST(join__dead)
{
	nodes(1);
	kill_node(0);
	expect_refusal(join_as(0, life), SSI_PROBLEM_DEAD, "declared dead in this life");
	ck_assert_int_eq(join_as(0, other_life), 1);
	ck_assert_uint_eq(state_of(0), SSI_NODE_UP);
}
END_TEST

START_TEST(drain__members)
{
	nodes(1);
	ck_assert_int_eq(enroll("new", MIB), 1);
	expect_refusal(drain_node(1, true), SSI_PROBLEM_NO_MEMBER, "node new is no member");
	ck_assert_int_eq(drain_node(0, true), 1);
	ck_assert_int_eq(drain_node(0, true), 0);
	ck_assert_int_eq(drain_node(0, false), 1);
	ck_assert_uint_eq(state_of(0), SSI_NODE_UP);
}
END_TEST

START_TEST(expire__silent)
{
	struct ssi_wish w = { .type = SSI_WISH_EXPIRE, .with = { .node = 1 } };

	nodes(2);
	world.now += LEASE_MS * SSI_LEASES_TO_DEATH;
	ssi_leases_renew(&world.leases, 0, world.now);
	ck_assert_int_eq(wish(&w), 1);
	ck_assert_uint_eq(state_of(1), SSI_NODE_DEAD);
	ck_assert_int_eq(wish(&w), 0);
	w.with.node = 0;
	ck_assert_int_eq(wish(&w), 0);
}
END_TEST

START_TEST(remove__drains_first)
{
	nodes(3);
	ck_assert_int_eq(region("r", 96 * MIB), 1);
	ck_assert_int_eq(region("s", 30 * MIB), 1);
	expect_refusal(remove_id(0, false), SSI_PROBLEM_IN_USE, "n0 is a member of region r");
	ck_assert_int_eq(drain_node(0, true), 1);
	/* 126 of 128 MiB that are left: two regions move, then the node goes. */
	ck_assert_int_eq(remove_id(0, false), 3);
	ck_assert_ptr_null(world.cluster.node[0]);
	ck_assert_ptr_null(ssi_region_place(ssi_cluster_region_named(&world.cluster, "r"), 0));
	ck_assert_int_eq(drain_node(1, true), 1);
	expect_refusal(remove_id(1, false), SSI_PROBLEM_NO_ROOM, "lack");
	/* A forced one goes on with what room there is. */
	ck_assert_int_eq(remove_id(1, true), 3);
	ck_assert_uint_eq(ssi_place_free(&world.cluster, world.cluster.node[2]), 0);
	expect_refusal(remove_id(2, false), SSI_PROBLEM_IN_USE, "n2 is a member");
	ck_assert_int_eq(remove_id(2, true), 3);
	ck_assert_ptr_null(ssi_cluster_region_named(&world.cluster, "r"));
	expect_refusal(remove_id(2, true), SSI_PROBLEM_NOT_FOUND, "no node 2");
}
END_TEST

START_TEST(remove__dead)
{
	nodes(2);
	ck_assert_int_eq(region("r", 2 * MIB), 1);
	kill_node(0);
	expect_refusal(remove_id(0, false), SSI_PROBLEM_IN_USE, "n0 is dead");
	ck_assert_int_eq(remove_id(0, true), 2);
}
END_TEST

static int region_of(struct ssi_wish *w, const char *name, uint64_t size)
{
	w->type = SSI_WISH_CREATE_REGION;
	strcpy(w->with.name, name);
	w->with.size = size;
	return wish(w);
}

START_TEST(region__members)
{
	struct ssi_wish w = { .members = { 2, { 2, 0 } } };
	const struct ssi_region *made;

	nodes(4);
	ck_assert_int_eq(region_of(&w, "r", 4 * MIB), 1);
	made = ssi_cluster_region(&world.cluster, 1);
	ck_assert_uint_eq(made->places.count, 2);
	ck_assert_uint_eq(made->places.at[0].node, 0);
	ck_assert_uint_eq(made->places.at[1].node, 2);
	ck_assert_uint_eq(made->places.at[1].bytes, 2 * MIB);
	expect_refusal(region_of(&w, "r", MIB), SSI_PROBLEM_EXISTS, "there is a region r");
	expect_refusal(region_of(&w, "s", 5000), SSI_PROBLEM_BAD_REQUEST, "no multiple of 4096");
	expect_refusal(region_of(&w, "s", 128 * MIB), SSI_PROBLEM_NO_ROOM,
		       "2 nodes lack 4194304 of 134217728 bytes");
	w.nodes = 1;
	expect_refusal(region_of(&w, "s", MIB), SSI_PROBLEM_BAD_REQUEST, "both members and nodes");
	w.nodes = 0;
	w.members.id[1] = 2;
	expect_refusal(region_of(&w, "s", MIB), SSI_PROBLEM_BAD_REQUEST, "node 2 stands twice");
	w.members.id[1] = 6;
	expect_refusal(region_of(&w, "s", MIB), SSI_PROBLEM_NO_MEMBER, "node 6 is not up");
	ck_assert_int_eq(drain_node(1, true), 1);
	w.members.id[1] = 1;
	expect_refusal(region_of(&w, "s", MIB), SSI_PROBLEM_NO_MEMBER, "node 1 is not up");
}
END_TEST

START_TEST(region__chosen)
{
	struct ssi_wish w = { .nodes = 2 };
	struct ssi_wish gone = { .type = SSI_WISH_DELETE_REGION, .with = { .region = 1 } };

	nodes(3);
	ck_assert_int_eq(region_of(&w, "r", 2 * MIB), 1);
	/* The one that has nothing yet has the most room. */
	w.nodes = 1;
	ck_assert_int_eq(region_of(&w, "s", MIB), 1);
	ck_assert_uint_eq(world.made.places.at[0].node, 2);
	w.nodes = 4;
	expect_refusal(region_of(&w, "t", MIB), SSI_PROBLEM_NO_ROOM, "3 nodes are up");
	ck_assert_int_eq(wish(&gone), 1);
	expect_refusal(wish(&gone), SSI_PROBLEM_NOT_FOUND, "no region 1");
}
END_TEST

START_TEST(region__too_many)
{
	char name[16];
	int i;

	nodes(1);
	for (i = 0; i < SSI_CLUSTER_REGIONS; i++) {
		snprintf(name, sizeof(name), "r%d", i);
		ck_assert_int_eq(region(name, SSI_PLACE_PAGE), 1);
	}
	expect_refusal(region("more", SSI_PLACE_PAGE), SSI_PROBLEM_FULL, "there are 256 regions");
}
END_TEST

static int enroll_as(const char *name, const char *version, uint32_t protocol)
{
	struct ssi_wish w = { .type = SSI_WISH_REGISTER,
			      .with = { .share = MIB, .protocol = protocol } };

	strcpy(w.with.name, name);
	strcpy(w.with.version, version);
	return wish(&w);
}

/* Which releases of agents meet this coordinator, whose release is 0.1. */
START_TEST(skew__releases)
{
	static const struct {
		const char *version;
		bool taken;
	} cases[] = {
		{ "", true }, { "0.1", true }, { "0.0.9", true }, { "0.1.7-rc1", true },
		{ "from git", true }, { "0.2", false }, { "0.10", false }, { "1.0", false },
		{ "4294967295.4294967295", false },
	};
	unsigned int i;

	ck_assert_str_eq(SSI_VERSION, "0.1");
	for (i = 0; i < COUNT(cases); i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%u", i);
		if (cases[i].taken)
			ck_assert_int_eq(enroll_as(name, cases[i].version, 0), 1);
		else
			expect_refusal(enroll_as(name, cases[i].version, 0), SSI_PROBLEM_VERSION,
				       cases[i].version);
	}
}
END_TEST

/* Which protocols of modules meet each other: one. */
START_TEST(skew__protocols)
{
	ck_assert_int_eq(enroll_as("a", "", 6), 1);
	/* Who has not joined has no links to anybody. */
	ck_assert_int_eq(enroll_as("b", "", 7), 1);
	ck_assert_int_eq(join_as(0, life), 1);
	expect_refusal(join_as(1, life), SSI_PROBLEM_VERSION, "node b speaks protocol 7, that of a");
	expect_refusal(enroll_as("c", "", 5), SSI_PROBLEM_VERSION, "protocol 6");
	ck_assert_int_eq(enroll_as("c", "", 6), 1);
	ck_assert_int_eq(join_as(2, life), 1);
	/* One after the other cannot change it, all at once can. */
	expect_refusal(enroll_as("a", "", 7), SSI_PROBLEM_VERSION, "protocol 6");
	ck_assert_int_eq(remove_id(2, true), 1);
	ck_assert_int_eq(enroll_as("a", "", 7), 1);
	ck_assert_int_eq(join_as(1, life), 1);
}
END_TEST

static char hash[SSI_HEX_SIZE] = "0000000000000000000000000000000a";
static char other_hash[SSI_HEX_SIZE] = "0000000000000000000000000000000b";

/* An invitation that is over at 1000. */
static int invite_node(const char *name, const char *digest)
{
	struct ssi_wish w = { .type = SSI_WISH_INVITE, .with = { .expires = 1000 } };

	strcpy(w.with.name, name);
	strcpy(w.with.invite, digest);
	return wish(&w);
}

static int show_token(const char *digest)
{
	struct ssi_wish w = { .type = SSI_WISH_CERTIFY };

	strcpy(w.with.invite, digest);
	strcpy(w.with.serial, life);
	return wish(&w);
}

/* A node that is not known yet has its id from then on, and nobody else gets it. */
START_TEST(invite__gives_an_id)
{
	struct ssi_wish w = { .type = SSI_WISH_INVITE, .node_given = true,
			      .with = { .name = "two", .node = 2, .expires = 1000 } };

	strcpy(w.with.invite, other_hash);
	ck_assert_int_eq(invite_node("one", hash), 2);
	ck_assert_uint_eq(world.made.node, 0);
	ck_assert_int_eq(wish(&w), 2);
	ck_assert_uint_eq(world.made.node, 2);
	ck_assert_int_eq(enroll("three", MIB), 1);
	ck_assert_uint_eq(world.made.node, 1);
	/* One that is known is invited again, by its own id alone. */
	ck_assert_int_eq(wish(&w), 1);
	w.with.node = 3;
	expect_refusal(wish(&w), SSI_PROBLEM_EXISTS, "node two has id 2");
	strcpy(w.with.name, "four");
	w.with.node = 2;
	expect_refusal(wish(&w), SSI_PROBLEM_EXISTS, "id 2 belongs to node two");
}
END_TEST

START_TEST(certify__once)
{
	ck_assert_int_eq(invite_node("one", hash), 2);
	expect_refusal(show_token(other_hash), SSI_PROBLEM_UNAUTHORIZED, "nobody's");
	world.time = 999;
	ck_assert_int_eq(show_token(hash), 1);
	ck_assert_uint_eq(world.made.node, 0);
	ck_assert_str_eq(world.cluster.node[0]->serial, life);
	expect_refusal(show_token(hash), SSI_PROBLEM_UNAUTHORIZED, "used already");
	/* Another one for the same node; the first stays used. */
	ck_assert_int_eq(invite_node("one", other_hash), 1);
	expect_refusal(show_token(hash), SSI_PROBLEM_UNAUTHORIZED, "nobody's");
	ck_assert_int_eq(show_token(other_hash), 1);
}
END_TEST

START_TEST(certify__over)
{
	ck_assert_int_eq(invite_node("one", hash), 2);
	world.time = 3000;
	expect_refusal(show_token(hash), SSI_PROBLEM_UNAUTHORIZED, "over since 2 s");
	world.time = 1000;
	expect_refusal(show_token(hash), SSI_PROBLEM_UNAUTHORIZED, "over since 0 s");
	ck_assert_int_eq(remove_id(0, true), 1);
	expect_refusal(show_token(hash), SSI_PROBLEM_UNAUTHORIZED, "nobody's");
}
END_TEST

/* No digest is no token's: nodes that were never invited have none. */
START_TEST(certify__nothing)
{
	nodes(1);
	expect_refusal(show_token(""), SSI_PROBLEM_UNAUTHORIZED, "nobody's");
}
END_TEST

/* A saved cluster has what was invited and used. */
START_TEST(certify__after_a_snapshot)
{
	char *text, why[200];

	ck_assert_int_eq(invite_node("one", hash), 2);
	ck_assert_int_eq(invite_node("two", other_hash), 2);
	ck_assert_int_eq(show_token(hash), 1);
	text = ssi_cluster_save(&world.cluster);
	ck_assert_msg(ssi_cluster_load(&world.cluster, text, why, sizeof(why)) == 0, "%s", why);
	free(text);
	expect_refusal(show_token(hash), SSI_PROBLEM_UNAUTHORIZED, "used already");
	ck_assert_int_eq(show_token(other_hash), 1);
}
END_TEST

START_TEST(recertify__own_name)
{
	struct ssi_wish w = { .type = SSI_WISH_RECERTIFY, .with = { .name = "n1", .node = 1 } };

	strcpy(w.with.serial, life);
	nodes(2);
	ck_assert_int_eq(wish(&w), 1);
	w.with.node = 0;
	expect_refusal(wish(&w), SSI_PROBLEM_FORBIDDEN, "no node 0 of the name n1");
	w.with.node = 7;
	expect_refusal(wish(&w), SSI_PROBLEM_FORBIDDEN, "no node 7");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("decide");

	tcase_add_checked_fixture(tc, world_setup, world_teardown);
	tcase_add_test(tc, cluster__once);
	tcase_add_test(tc, register__ids);
	tcase_add_test(tc, register__again);
	tcase_add_test(tc, join__lives);
	tcase_add_test(tc, join__dead);
	tcase_add_test(tc, drain__members);
	tcase_add_test(tc, expire__silent);
	tcase_add_test(tc, remove__drains_first);
	tcase_add_test(tc, remove__dead);
	tcase_add_test(tc, region__members);
	tcase_add_test(tc, region__chosen);
	tcase_add_test(tc, region__too_many);
	tcase_add_test(tc, invite__gives_an_id);
	tcase_add_test(tc, certify__once);
	tcase_add_test(tc, certify__over);
	tcase_add_test(tc, certify__nothing);
	tcase_add_test(tc, certify__after_a_snapshot);
	tcase_add_test(tc, recertify__own_name);
	tcase_add_test(tc, skew__releases);
	tcase_add_test(tc, skew__protocols);
	return run_case("coord_decide", tc);
}
