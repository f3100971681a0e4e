// SPDX-License-Identifier: Apache-2.0
/*
 * The exhaustive walk of the protocol (walk.h) over two and three nodes, and
 * over versions of it with a mistake, each of which it must notice.
 *
 * WALK_FULL=1 in the environment adds three nodes without any bound: 69 million
 * states, which take many minutes, and more than 8 GiB.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "walk.h"

#define UNBOUNDED 9

static const char *const mutants[MUTANT_MAX] = {
	[MUTANT_NONE]		     = "none",
	[MUTANT_EARLY_ACK]	     = "ack before unmap",
	[MUTANT_LOST_INVALIDATE]     = "one invalidate missing",
	[MUTANT_BLIND_UPGRADE]	     = "upgrade of a non-sharer",
	[MUTANT_EARLY_SOLE]	     = "written before all acks",
	[MUTANT_NOT_BUSY]	     = "home does not wait for done",
	[MUTANT_DROP_PENDING]	     = "copy dropped during its upgrade",
	[MUTANT_OWNER_KEEPS]	     = "owner keeps what it gave",
	[MUTANT_PINNED_LOSES]	     = "pinned page is lost",
	[MUTANT_NO_ACK_WITHOUT_COPY] = "no ack without a copy",
	[MUTANT_SHARER_FORGOTTEN]    = "sharer not noted",
	[MUTANT_EVICT_UNCHECKED]     = "eviction by a former owner",
	[MUTANT_DONE_BY_EVICTOR]     = "eviction done before it arrived",
	[MUTANT_AHEAD_OF_OTHERS]     = "ahead of a transaction under way",
	[MUTANT_AHEAD_NOT_BUSY]	     = "not busy while it goes ahead",
	[MUTANT_ENDS_HALFWAY]	     = "upgrade ended before all is sent",
	[MUTANT_ENDS_UNORDERED]	     = "forward overtakes what was given",
	[MUTANT_ENDS_BESIDE_SHARERS] = "write with sharers ended by the home",
};

static void must_hold(struct walk *walk)
{
	bool ok = walk_run(walk, true);

	printf("walk: %u nodes%s%s%s, at most %u requests open: %u states, %llu steps, depth %u\n",
	       walk->nodes, walk->evict ? ", evictions" : "",
	       walk->pin ? ", pins" : "", walk->ahead ? ", ahead" : "",
	       walk->open_max, walk->states,
	       (unsigned long long)walk->steps, walk->depth);
	ck_assert_msg(ok, "%s", walk->violation);
}

START_TEST(walk_run__two_nodes)
{
	struct walk walk = {
		.nodes = 2, .evict = true, .pin = true, .ahead = true,
		.open_max = UNBOUNDED,
	};

	must_hold(&walk);
}
END_TEST

/* No node dies in a walk: see dir_settle__every_set_of_reports for that. */
static bool is_of_a_death(unsigned int state, unsigned int event)
{
	return state == SSI_POISONED || event == SSI_EV_LOST ||
	       event == SSI_EV_ADOPT;
}

START_TEST(walk_run__uses_every_cell_of_the_table)
{
	struct walk walk = {
		.nodes = 2, .evict = true, .pin = true, .ahead = true,
		.open_max = UNBOUNDED,
	};
	unsigned int state, event;

	must_hold(&walk);
	for (state = 0; state < SSI_STATE_MAX; state++) {
		for (event = 0; event < SSI_EVENT_MAX; event++)
			ck_assert_msg(ssi_coh_step(state, event)->act &
				      SSI_ACT_BUG || walk.cells[state][event] ||
				      is_of_a_death(state, event),
				      "%s in state %s never happens",
				      ssi_event_name(event),
				      ssi_state_name(state));
	}
}
END_TEST

START_TEST(walk_run__three_nodes_without_evictions)
{
	struct walk walk = { .nodes = 3, .pin = true, .open_max = UNBOUNDED };

	must_hold(&walk);
}
END_TEST

START_TEST(walk_run__three_nodes_two_requests_ahead)
{
	struct walk walk = {
		.nodes = 3, .evict = true, .pin = true, .ahead = true,
		.open_max = 2,
	};

	must_hold(&walk);
}
END_TEST

START_TEST(walk_run__three_nodes_three_requests)
{
	struct walk walk = {
		.nodes = 3, .evict = true, .pin = true, .open_max = 3,
	};

	must_hold(&walk);
}
END_TEST

START_TEST(walk_run__three_nodes)
{
	struct walk walk = {
		.nodes = 3, .evict = true, .pin = true, .open_max = UNBOUNDED,
	};

	if (getenv("WALK_FULL"))
		must_hold(&walk);
}
END_TEST

START_TEST(walk_run__notices_a_mistake)
{
	struct walk two = {
		.nodes = 2, .evict = true, .pin = true, .ahead = true,
		.open_max = UNBOUNDED,
		.mutant = (enum walk_mutant)_i,
	};
	struct walk three = two;

	three.nodes = 3;
	three.open_max = 2;
	/* The home, who asks, and a sharer: three. */
	if (_i != MUTANT_ENDS_BESIDE_SHARERS)
		ck_assert_msg(!walk_run(&two, false),
			      "missed with two nodes: %s", mutants[_i]);
	ck_assert_msg(!walk_run(&three, false), "missed with three nodes: %s",
		      mutants[_i]);
	printf("walk: %s: after %u steps %s\n", mutants[_i], three.depth,
	       three.violation);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("walk");
	TCase *tcase = tcase_create("walk");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 3600);
	tcase_add_test(tcase, walk_run__two_nodes);
	tcase_add_test(tcase, walk_run__uses_every_cell_of_the_table);
	tcase_add_test(tcase, walk_run__three_nodes_without_evictions);
	tcase_add_test(tcase, walk_run__three_nodes_two_requests_ahead);
	tcase_add_test(tcase, walk_run__three_nodes_three_requests);
	tcase_add_test(tcase, walk_run__three_nodes);
	tcase_add_loop_test(tcase, walk_run__notices_a_mistake,
			    MUTANT_NONE + 1, MUTANT_MAX);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
