// SPDX-License-Identifier: Apache-2.0
#include "../../coordinator/cluster.c"

#include "unit_coord_world.h"
#include "unit_ssictl_run.h"

static char why[200];

static int apply_one(struct ssi_change change)
{
	return ssi_cluster_apply(&world.cluster, &change, why, sizeof(why));
}

/* What was saved and loaded is the same, to the last byte of its own text. */
static void check_save(void)
{
	char *text = ssi_cluster_save(&world.cluster), *again;
	struct ssi_cluster loaded;

	ssi_cluster_init(&loaded);
	ck_assert_msg(ssi_cluster_load(&loaded, text, why, sizeof(why)) == 0, "%s", why);
	again = ssi_cluster_save(&loaded);
	ck_assert_str_eq(again, text);
	free(text);
	free(again);
	ssi_cluster_free(&loaded);
}

START_TEST(apply__grows_by_one)
{
	struct ssi_change change = { .type = SSI_CHANGE_NODE_REGISTERED, .name = "a" };
	static const uint64_t wrong[] = { 0, 1, 3, UINT64_MAX };
	int i;

	for (i = 0; i < COUNT(wrong); i++) {
		change.revision = wrong[i];
		ck_assert_int_eq(apply_one(change), -1);
		ck_assert_uint_eq(world.cluster.revision, 1);
	}
	change.revision = 2;
	ck_assert_int_eq(apply_one(change), 0);
	ck_assert_uint_eq(world.cluster.revision, 2);
}
END_TEST

/* A record that nobody decided, or one of another store. */
static const struct {
	struct ssi_change change;
	const char *why;
} misfits[] = {
	{ { .type = SSI_CHANGE_CLUSTER_CREATED, .name = "b", .max_nodes = 1 }, "there is a cluster" },
	{ { .type = SSI_CHANGE_NODE_REGISTERED, .node = 8, .name = "b" }, "no such id" },
	{ { .type = SSI_CHANGE_NODE_REGISTERED, .node = 5000, .name = "b" }, "no such id" },
	{ { .type = SSI_CHANGE_NODE_REGISTERED, .node = 3, .name = "n0" }, "the name is taken" },
	{ { .type = SSI_CHANGE_NODE_REGISTERED, .node = 0, .name = "b" }, "the id is taken" },
	{ { .type = SSI_CHANGE_NODE_JOINED, .node = 7 }, "no such node" },
	{ { .type = SSI_CHANGE_NODE_DRAINING, .node = 2 }, "no member" },
	{ { .type = SSI_CHANGE_NODE_DEAD, .node = 2 }, "no member" },
	{ { .type = SSI_CHANGE_NODE_REMOVED, .node = 7 }, "no such node" },
	{ { .type = SSI_CHANGE_NODE_REMOVED, .node = 0 }, "a place in a region" },
	{ { .type = SSI_CHANGE_REGION_CREATED, .region = 1, .name = "s" }, "is taken" },
	{ { .type = SSI_CHANGE_REGION_CREATED, .region = 2, .name = "r" }, "is taken" },
	{ { .type = SSI_CHANGE_REGION_CREATED, .region = 2, .name = "s" }, "not there" },
	{ { .type = SSI_CHANGE_REGION_CREATED, .region = 2, .name = "s",
	    .places = { 1, { { 7, 1 } } } }, "not there" },
	{ { .type = SSI_CHANGE_REGION_CREATED, .region = 2, .name = "s",
	    .places = { 2, { { 1, 1 }, { 0, 1 } } } }, "not there" },
	{ { .type = SSI_CHANGE_REGION_CREATED, .region = 2, .name = "s",
	    .places = { 2, { { 1, 1 }, { 1, 1 } } } }, "not there" },
	{ { .type = SSI_CHANGE_REGION_PLACED, .region = 2 }, "no such region" },
	{ { .type = SSI_CHANGE_REGION_PLACED, .region = 1 }, "not there" },
	{ { .type = SSI_CHANGE_REGION_DELETED, .region = 2 }, "no such region" },
	{ { .type = SSI_CHANGE_REGION_DELETED, .region = 0 }, "no such region" },
};

START_TEST(apply__refuses)
{
	struct ssi_change change = misfits[_i].change;
	char *before, *after;

	nodes(2);
	ck_assert_int_eq(enroll("n2", MIB), 1);
	ck_assert_int_eq(region("r", MIB), 1);
	before = ssi_cluster_save(&world.cluster);
	change.revision = world.cluster.revision + 1;
	ck_assert_int_eq(apply_one(change), -1);
	ck_assert_msg(strstr(why, misfits[_i].why) != NULL, "%s", why);
	after = ssi_cluster_save(&world.cluster);
	ck_assert_str_eq(after, before);
	free(before);
	free(after);
}
END_TEST

START_TEST(save__loads)
{
	check_save();
	nodes(3);
	check_save();
	ck_assert_int_eq(region("r", 5 * MIB), 1);
	ck_assert_int_eq(drain_node(1, true), 1);
	kill_node(2);
	check_save();
}
END_TEST

/* After a cluster was deleted revisions and ids of regions go on. */
START_TEST(delete__goes_on)
{
	struct ssi_wish w = { .type = SSI_WISH_DELETE_CLUSTER, .force = true };
	uint64_t revision;

	nodes(1);
	ck_assert_int_eq(region("r", MIB), 1);
	ck_assert_uint_eq(world.made.region, 1);
	revision = world.cluster.revision;
	ck_assert_int_eq(wish(&w), 1);
	ck_assert_uint_eq(world.cluster.revision, revision + 1);
	ck_assert(!world.cluster.created);
	check_save();
	create();
	nodes(1);
	ck_assert_int_eq(region("r", MIB), 1);
	ck_assert_uint_eq(world.made.region, 2);
}
END_TEST

/* Regression: a region that was made where one had been deleted was listed there,
 * and after a restart elsewhere.
 */
START_TEST(delete_region__leaves_no_hole)
{
	struct ssi_change gone = { .type = SSI_CHANGE_REGION_DELETED, .region = 1 };

	nodes(3);
	ck_assert_int_eq(region("a", MIB), 1);
	ck_assert_int_eq(region("b", MIB), 1);
	gone.revision = world.cluster.revision + 1;
	ck_assert_int_eq(apply_one(gone), 0);
	ck_assert_int_eq(region("c", MIB), 1);
	ck_assert_str_eq(world.cluster.region[0]->name, "b");
	ck_assert_str_eq(world.cluster.region[1]->name, "c");
	ck_assert_ptr_null(world.cluster.region[2]);
	check_save();
}
END_TEST

static const char *const garbage[] = {
	"",
	"{}",
	"{\"revision\":1,\"regions_made\":0,\"cluster\":{},\"nodes\":[],\"regions\":[]}",
	"{\"revision\":1,\"regions_made\":0,\"cluster\":null,\"nodes\":[{}],\"regions\":[]}",
	"{\"revision\":1,\"regions_made\":0,\"cluster\":null,\"nodes\":[{\"state\":\"up\",\"id\":4096,"
	"\"name\":\"a\",\"share\":0,\"reserve\":0,\"changed\":1}],\"regions\":[]}",
	"{\"revision\":1,\"regions_made\":0,\"cluster\":null,\"nodes\":[],\"regions\":[{\"id\":1,"
	"\"name\":\"r\",\"size\":1,\"changed\":1,\"places\":[{\"node\":0,\"bytes\":1}]}]}",
	"{\"revision\":1,\"regions_made\":0,\"cluster\":null,\"nodes\":[],\"regions\":[],\"more\":1}",
};

START_TEST(load__garbage)
{
	*why = 0;
	ck_assert_int_eq(ssi_cluster_load(&world.cluster, garbage[_i], why, sizeof(why)), -1);
	ck_assert(*why);
	ck_assert_uint_eq(world.cluster.revision, 0);
	ck_assert(!world.cluster.created);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("cluster");

	tcase_add_checked_fixture(tc, world_setup, world_teardown);
	tcase_add_test(tc, apply__grows_by_one);
	tcase_add_loop_test(tc, apply__refuses, 0, COUNT(misfits));
	tcase_add_test(tc, save__loads);
	tcase_add_test(tc, delete__goes_on);
	tcase_add_test(tc, delete_region__leaves_no_hole);
	tcase_add_loop_test(tc, load__garbage, 0, COUNT(garbage));
	return run_case("coord_cluster", tc);
}
