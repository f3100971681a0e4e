// SPDX-License-Identifier: Apache-2.0
#include <check.h>
#include <stdlib.h>
#include "core/policy.h"

#define CHUNK 512u
#define HOLD  200000ull

/* ---- ssi_policy_range() ---- */

START_TEST(policy_range__grows_for_one_node)
{
	struct ssi_range_state state = {};

	ck_assert_uint_eq(ssi_policy_range(&state, 3, CHUNK), 32);
	ck_assert_uint_eq(ssi_policy_range(&state, 3, CHUNK), 128);
	ck_assert_uint_eq(ssi_policy_range(&state, 3, CHUNK), 512);
	ck_assert_uint_eq(ssi_policy_range(&state, 3, CHUNK), 512);
}
END_TEST

START_TEST(policy_range__a_second_node_ends_it_for_all)
{
	struct ssi_range_state state = {};

	ck_assert_uint_eq(ssi_policy_range(&state, 0, CHUNK), 32);
	ck_assert_uint_eq(ssi_policy_range(&state, 1, CHUNK), 1);
	ck_assert_uint_eq(ssi_policy_range(&state, 1, CHUNK), 1);
	ck_assert_uint_eq(ssi_policy_range(&state, 0, CHUNK), 1);
	ck_assert_uint_eq(ssi_policy_range(&state, 0, CHUNK), 1);
}
END_TEST

START_TEST(policy_range__never_nothing_nor_too_much)
{
	struct ssi_range_state state = {};
	unsigned int i, pages;

	for (i = 0; i < 1000; i++) {
		pages = ssi_policy_range(&state, i < 500 ? 0 : i % 3, CHUNK);
		ck_assert_uint_ge(pages, 1);
		ck_assert_uint_le(pages, CHUNK);
	}
}
END_TEST

/* ---- ssi_policy_hold_level() ---- */

START_TEST(policy_hold_level__rises_while_fought_for)
{
	unsigned int level = 0;

	level = ssi_policy_hold_level(level, HOLD, HOLD);
	ck_assert_uint_eq(level, 1);
	level = ssi_policy_hold_level(level, HOLD * 2, HOLD);
	ck_assert_uint_eq(level, 2);
	level = ssi_policy_hold_level(level, HOLD * 4, HOLD);
	ck_assert_uint_eq(level, 3);
	level = ssi_policy_hold_level(level, HOLD * 8, HOLD);
	ck_assert_uint_eq(level, SSI_HOLD_LEVEL_MAX);
}
END_TEST

START_TEST(policy_hold_level__falls_after_a_long_stay)
{
	u64 longest = (HOLD << SSI_HOLD_LEVEL_MAX) * 2;

	ck_assert_uint_eq(ssi_policy_hold_level(3, longest, HOLD), 3);
	ck_assert_uint_eq(ssi_policy_hold_level(3, longest + 1, HOLD), 0);
	ck_assert_uint_eq(ssi_policy_hold_level(3, ~0ull, HOLD), 0);
}
END_TEST

START_TEST(policy_hold_level__without_hold)
{
	ck_assert_uint_eq(ssi_policy_hold_level(0, 1, 0), 0);
	ck_assert_uint_le(ssi_policy_hold_level(0, 0, 0), SSI_HOLD_LEVEL_MAX);
}
END_TEST

/* ---- ssi_policy_evict_start(), ssi_policy_evict_stop() ---- */

START_TEST(policy_evict_start__numbers)
{
	ck_assert_uint_eq(ssi_policy_evict_start(256), 240);
	ck_assert_uint_eq(ssi_policy_evict_start(4096), 3840);
	ck_assert_uint_eq(ssi_policy_evict_start(1ull << 40),
			  (1ull << 40) - 256);
}
END_TEST

START_TEST(policy_evict_stop__numbers)
{
	ck_assert_uint_eq(ssi_policy_evict_stop(256), 224);
	ck_assert_uint_eq(ssi_policy_evict_stop(4096), 3584);
	ck_assert_uint_eq(ssi_policy_evict_stop(1ull << 40),
			  (1ull << 40) - 512);
}
END_TEST

/* Stop <= start <= share; from the smallest share on with a batch between. */
START_TEST(policy_evict__edge_shares)
{
	static const u64 shares[] = { 0, 1, 7, 8, 15, 16, 17, 255, 256, 257,
				      4095, 4096, 4097, ~0ull };
	u64 start, stop;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(shares); i++) {
		start = ssi_policy_evict_start(shares[i]);
		stop = ssi_policy_evict_stop(shares[i]);
		ck_assert_uint_le(stop, start);
		ck_assert_uint_le(start, shares[i]);
		if (shares[i] >= 256)
			ck_assert_uint_lt(stop, start);
	}
}
END_TEST

/* ---- ssi_policy_ahead() ---- */

#define PAGES 4096u

/**
 * struct scan - a thread that goes through pages, all of which come at once
 * @stream: what is known of it
 * @limit:  as for ssi_policy_ahead()
 * @here:   pages that came ahead
 * @asked:  messages for pages ahead
 * @missed: pages that had not come
 */
struct scan {
	struct ssi_stream stream;
	u32 limit;
	bool here[PAGES];
	unsigned int asked;
	unsigned int missed;
};

static struct ssi_ahead touch(struct scan *scan, u32 page)
{
	bool came = page < PAGES && scan->here[page];
	struct ssi_ahead ahead = ssi_policy_ahead(&scan->stream, page, 0, came,
						  scan->limit);
	u32 i, index;

	scan->missed += !came;
	scan->asked += !!ahead.count;
	ck_assert_uint_le(ahead.count, SSI_AHEAD_MAX);
	for (i = 0; i < ahead.count; i++) {
		index = ahead.first + i * (u32)ahead.stride;
		if (index >= PAGES)
			break;
		ck_assert_msg(!scan->here[index], "page %u twice", index);
		scan->here[index] = true;
	}
	return ahead;
}

START_TEST(policy_ahead__a_scan_misses_its_first_pages_only)
{
	static const s32 strides[] = { 1, 2, 7, -1, -5 };
	struct scan scan = { .limit = 64 };
	s32 stride = strides[_i];
	u32 page = stride > 0 ? 0 : PAGES - 1;

	for (; page < PAGES; page += (u32)stride)
		touch(&scan, page);
	/* A vote takes four steps, and they five pages. */
	ck_assert_uint_eq(scan.missed, 5);
	/* Deep enough that a message is for many. */
	ck_assert_uint_le(scan.asked, PAGES / 20);
}
END_TEST

START_TEST(policy_ahead__begins_small_and_doubles)
{
	struct scan scan = { .limit = 64 };
	struct ssi_ahead ahead;
	u32 page;

	for (page = 100; page < 104; page++)
		ck_assert_uint_eq(touch(&scan, page).count, 0);
	ahead = touch(&scan, 104);
	ck_assert_uint_eq(ahead.first, 105);
	ck_assert_int_eq(ahead.stride, 1);
	ck_assert_uint_eq(ahead.count, 4);
	ck_assert_uint_eq(touch(&scan, 105).count, 0);
	ck_assert_uint_eq(touch(&scan, 106).count, 0);
	/* One is left, and then there are eight. */
	ahead = touch(&scan, 107);
	ck_assert_uint_eq(ahead.first, 109);
	ck_assert_uint_eq(ahead.count, 7);
}
END_TEST

START_TEST(policy_ahead__a_majority_outlives_strays)
{
	struct ssi_stream stream = {};
	u32 page;

	for (page = 0; page < 64; page++) {
		ssi_policy_ahead(&stream, page, 0, false, 64);
		/* There and back are two steps of eight. */
		if (page % 8 == 7) {
			ssi_policy_ahead(&stream, 100000 + page * 97, 0, false,
					 64);
			ck_assert_int_eq(stream.stride == 1 ||
					 stream.stride == 0, 1);
		}
	}
	ck_assert_int_eq(stream.stride, 1);
}
END_TEST

START_TEST(policy_ahead__random_pages_have_no_direction)
{
	struct ssi_stream stream = {};
	u64 state = 0x55142026cafef00dull;
	unsigned int i, asked = 0;

	for (i = 0; i < 100000; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		asked += !!ssi_policy_ahead(&stream, (u32)(state >> 20) % 16384,
					    0, false, 64).count;
	}
	ck_assert_uint_lt(asked, 10);
}
END_TEST

START_TEST(policy_ahead__a_page_touched_again_is_no_step)
{
	struct ssi_stream stream = {};
	unsigned int i;

	for (i = 0; i < 100; i++)
		ck_assert_uint_eq(ssi_policy_ahead(&stream, 7, 0, false,
						   64).count, 0);
	ck_assert_uint_le(stream.count, 1);
}
END_TEST

START_TEST(policy_ahead__keeps_its_limit)
{
	struct scan scan = { .limit = 6 };
	struct ssi_ahead ahead;
	u32 page;

	for (page = 0; page < 1000; page++) {
		ahead = touch(&scan, page);
		if (ahead.count)
			ck_assert_uint_le(ahead.first + ahead.count - page, 7);
	}
	ck_assert_uint_eq(scan.missed, 5);
	scan.limit = 0;
	for (; page < 2000; page++)
		ck_assert_uint_eq(touch(&scan, page).count, 0);
}
END_TEST

START_TEST(policy_ahead__turns_where_the_thread_does)
{
	struct scan scan = { .limit = 64 };
	u32 page;

	for (page = 0; page < 1000; page++)
		touch(&scan, page);
	for (page = 3000; page > 2000; page--)
		touch(&scan, page);
	ck_assert_int_eq(scan.stream.stride, -1);
	ck_assert_uint_le(scan.missed, 16);
}
END_TEST

/* Up to sixteen pages are touched in one go, as far as they have come. */
START_TEST(policy_ahead__goes_on_behind_what_is_mapped_along)
{
	struct ssi_stream stream = {};
	struct ssi_ahead ahead;
	u32 page = 0, asked = 0, more, missed = 0;
	bool came;

	while (page < PAGES) {
		came = page < asked;
		for (more = 0; came && more < 15 && page + more + 1 < asked;)
			more++;
		missed += !came;
		ahead = ssi_policy_ahead(&stream, page, more, came, 64);
		if (ahead.count) {
			ck_assert_uint_eq(ahead.first, max(asked, page + 1));
			asked = ahead.first + ahead.count;
		}
		page += more + 1;
	}
	ck_assert_uint_eq(missed, 5);
}
END_TEST

/* Who has used up all that came goes on as deep as it was. */
START_TEST(policy_ahead__does_not_begin_anew_at_its_frontier)
{
	struct scan scan = { .limit = 64 };
	u32 page;

	for (page = 0; page < 200; page++)
		touch(&scan, page);
	page = scan.stream.frontier;
	scan.stream.last = page - 1;
	ck_assert_uint_gt(touch(&scan, page).count, 16);
	ck_assert_uint_eq(scan.stream.depth, 64);
}
END_TEST

START_TEST(policy_forget__takes_new_steps)
{
	struct ssi_stream stream = {};
	unsigned int i;

	for (i = 0; i < 100; i++) {
		ck_assert_uint_eq(ssi_policy_ahead(&stream, i * 4, 0, false,
						   64).count, 0);
		ssi_policy_forget(&stream, i * 4);
	}
}
END_TEST

/* ---- ssi_policy_worth() ---- */

START_TEST(policy_worth__falls_to_none_and_tries_again)
{
	struct ssi_worth worth = { .limit = 64 };
	unsigned int i;
	u64 unused = 0;

	for (i = 0; i < 7; i++) {
		unused += 256;
		ssi_policy_worth(&worth, 0, unused, 64);
	}
	ck_assert_uint_eq(worth.limit, 0);
	for (i = 1; i < 255; i++)
		ck_assert_uint_eq(ssi_policy_worth(&worth, 0, unused, 64), 0);
	ck_assert_uint_gt(ssi_policy_worth(&worth, 0, unused, 64), 0);
}
END_TEST

START_TEST(policy_worth__rises_where_it_pays)
{
	struct ssi_worth worth = { .limit = 4 };

	ck_assert_uint_eq(ssi_policy_worth(&worth, 255, 0, 64), 4);
	ck_assert_uint_eq(ssi_policy_worth(&worth, 256, 0, 64), 8);
	ck_assert_uint_eq(ssi_policy_worth(&worth, 484, 28, 64), 16);
	/* A sixth for nothing: neither more nor less; a third, less. */
	ck_assert_uint_eq(ssi_policy_worth(&worth, 698, 70, 64), 16);
	ck_assert_uint_eq(ssi_policy_worth(&worth, 868, 156, 64), 8);
	ck_assert_uint_eq(ssi_policy_worth(&worth, 10000, 156, 10), 10);
	ck_assert_uint_eq(ssi_policy_worth(&worth, 20000, 156, 0), 0);
}
END_TEST

/* ---- ssi_policy_spares() ---- */

START_TEST(policy_spares__what_is_not_being_worked_on)
{
	ck_assert(ssi_policy_spares(false, 0));
	ck_assert(!ssi_policy_spares(true, 0));
	ck_assert(!ssi_policy_spares(true, 49999999));
	ck_assert(ssi_policy_spares(true, 50000000));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy");
	TCase *tcase = tcase_create("policy");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, policy_range__grows_for_one_node);
	tcase_add_test(tcase, policy_range__a_second_node_ends_it_for_all);
	tcase_add_test(tcase, policy_range__never_nothing_nor_too_much);
	tcase_add_test(tcase, policy_hold_level__rises_while_fought_for);
	tcase_add_test(tcase, policy_hold_level__falls_after_a_long_stay);
	tcase_add_test(tcase, policy_hold_level__without_hold);
	tcase_add_test(tcase, policy_evict_start__numbers);
	tcase_add_test(tcase, policy_evict_stop__numbers);
	tcase_add_test(tcase, policy_evict__edge_shares);
	tcase_add_loop_test(tcase,
			    policy_ahead__a_scan_misses_its_first_pages_only,
			    0, 5);
	tcase_add_test(tcase, policy_ahead__begins_small_and_doubles);
	tcase_add_test(tcase, policy_ahead__a_majority_outlives_strays);
	tcase_add_test(tcase, policy_ahead__random_pages_have_no_direction);
	tcase_add_test(tcase, policy_ahead__a_page_touched_again_is_no_step);
	tcase_add_test(tcase, policy_ahead__keeps_its_limit);
	tcase_add_test(tcase, policy_ahead__turns_where_the_thread_does);
	tcase_add_test(tcase,
		       policy_ahead__goes_on_behind_what_is_mapped_along);
	tcase_add_test(tcase,
		       policy_ahead__does_not_begin_anew_at_its_frontier);
	tcase_add_test(tcase, policy_forget__takes_new_steps);
	tcase_add_test(tcase, policy_worth__falls_to_none_and_tries_again);
	tcase_add_test(tcase, policy_worth__rises_where_it_pays);
	tcase_add_test(tcase, policy_spares__what_is_not_being_worked_on);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
