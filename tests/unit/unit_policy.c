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
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
