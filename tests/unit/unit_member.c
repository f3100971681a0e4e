// SPDX-License-Identifier: Apache-2.0
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "core/member.h"

#define CHUNKS 20000u

static struct ssi_members members_of(u64 mask)
{
	struct ssi_members members;

	ck_assert_int_eq(ssi_members_init(&members, mask), 0);
	return members;
}

static unsigned int home_id(const struct ssi_members *members, u32 chunk)
{
	return members->ids[ssi_members_home(members, 7, 0xfeed, chunk)];
}

/* ---- ssi_members_init() ---- */

START_TEST(members_init__lists_by_slot)
{
	struct ssi_members members = members_of(1ull << 63 | 1ull << 40 | 2);

	ck_assert_uint_eq(members.count, 3);
	ck_assert_uint_eq(members.ids[0], 1);
	ck_assert_uint_eq(members.ids[1], 40);
	ck_assert_uint_eq(members.ids[2], 63);
}
END_TEST

START_TEST(members_init__32_fit_and_33_do_not)
{
	struct ssi_members members = members_of(0xffffffff00000000ull);

	ck_assert_uint_eq(members.count, SSI_SLOTS_MAX);
	ck_assert_uint_eq(members.ids[31], 63);
	ck_assert_int_eq(ssi_members_init(&members, 0xffffffff00000001ull),
			 -E2BIG);
	ck_assert_int_eq(ssi_members_init(&members, ~0ull), -E2BIG);
}
END_TEST

START_TEST(members_init__nobody)
{
	ck_assert_uint_eq(members_of(0).count, 0);
}
END_TEST

/* ---- ssi_members_next() ---- */

START_TEST(members_next__another_one_where_there_is_one)
{
	struct ssi_members three = members_of(7), alone = members_of(8);

	ck_assert_uint_eq(ssi_members_next(&three, 0), 1);
	ck_assert_uint_eq(ssi_members_next(&three, 2), 0);
	ck_assert_uint_eq(ssi_members_next(&alone, 0), 0);
}
END_TEST

/* ---- ssi_members_slot() ---- */

START_TEST(members_slot__round_trip)
{
	static const u64 masks[] = { 1, 1ull << 63, 0xffffffff,
				     0xaaaaaaaaaaaaaaaaull, 0x8000000000000001ull };
	struct ssi_members members;
	unsigned int i, slot;

	for (i = 0; i < ARRAY_SIZE(masks); i++) {
		members = members_of(masks[i]);
		for (slot = 0; slot < members.count; slot++)
			ck_assert_int_eq(ssi_members_slot(&members,
							  members.ids[slot]),
					 (int)slot);
	}
}
END_TEST

START_TEST(members_slot__of_others_is_refused)
{
	struct ssi_members members = members_of(6);

	ck_assert_int_eq(ssi_members_slot(&members, 0), -ENOENT);
	ck_assert_int_eq(ssi_members_slot(&members, 63), -ENOENT);
	ck_assert_int_eq(ssi_members_slot(&members, 64), -ENOENT);
	ck_assert_int_eq(ssi_members_slot(&members, 0xffffffff), -ENOENT);
}
END_TEST

/* ---- ssi_members_home() ---- */

START_TEST(members_home__is_a_member)
{
	struct ssi_members members = members_of(0x8000000000000111ull);
	u32 chunk;

	for (chunk = 0; chunk < CHUNKS; chunk++)
		ck_assert_uint_lt(ssi_members_home(&members, chunk, 1, chunk),
				  members.count);
}
END_TEST

/* Each of N members is home of CHUNKS / N, within a tenth. */
static void check_balance(u64 mask)
{
	struct ssi_members members = members_of(mask);
	unsigned int homed[SSI_SLOTS_MAX] = {}, fair = CHUNKS / members.count;
	u32 chunk, slot;

	for (chunk = 0; chunk < CHUNKS; chunk++)
		homed[ssi_members_home(&members, 7, 0xfeed, chunk)]++;
	for (slot = 0; slot < members.count; slot++) {
		ck_assert_msg(homed[slot] > fair - fair / 10 - 60 &&
			      homed[slot] < fair + fair / 10 + 60,
			      "members %llx: slot %u is home of %u, not %u",
			      (unsigned long long)mask, slot, homed[slot],
			      fair);
	}
}

START_TEST(members_home__balance)
{
	check_balance(1);
	check_balance(3);
	check_balance(7);
	check_balance(0xff);
	check_balance(1ull << 63 | 1ull << 17 | 1ull << 3);
	check_balance(0xffffffff);
}
END_TEST

/* Who goes leaves his chunks behind; nobody else's chunk moves. */
START_TEST(members_home__minimal_movement)
{
	struct ssi_members all = members_of(0xf3), less;
	unsigned int gone, before, after, moved;
	u32 chunk;

	for (gone = 0; gone < all.count; gone++) {
		less = members_of(0xf3ull & ~(1ull << all.ids[gone]));
		moved = 0;
		for (chunk = 0; chunk < CHUNKS; chunk++) {
			before = home_id(&all, chunk);
			after = home_id(&less, chunk);
			moved += before != after;
			if (before != all.ids[gone])
				ck_assert_uint_eq(before, after);
		}
		ck_assert_uint_gt(moved, CHUNKS / all.count / 2);
		ck_assert_uint_lt(moved, CHUNKS / all.count * 2);
	}
}
END_TEST

/* All nodes must come to the same result, whatever they are built with. */
START_TEST(members_home__does_not_change)
{
	struct ssi_members members = members_of(7);
	u32 chunk, sum = 0;

	for (chunk = 0; chunk < 64; chunk++)
		sum = sum * 3 + ssi_members_home(&members, 1, 2, chunk);
	ck_assert_uint_eq(sum, 1904715046u);
}
END_TEST

START_TEST(members_home__depends_on_region_and_generation)
{
	struct ssi_members members = members_of(7);
	unsigned int regions = 0, generations = 0, home;
	u32 chunk;

	for (chunk = 0; chunk < 1000; chunk++) {
		home = ssi_members_home(&members, 1, 1, chunk);
		regions += home != ssi_members_home(&members, 2, 1, chunk);
		generations += home != ssi_members_home(&members, 1, 2, chunk);
	}
	ck_assert_uint_gt(regions, 500);
	ck_assert_uint_gt(generations, 500);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("member");
	TCase *tcase = tcase_create("member");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, members_init__lists_by_slot);
	tcase_add_test(tcase, members_init__32_fit_and_33_do_not);
	tcase_add_test(tcase, members_init__nobody);
	tcase_add_test(tcase, members_next__another_one_where_there_is_one);
	tcase_add_test(tcase, members_slot__round_trip);
	tcase_add_test(tcase, members_slot__of_others_is_refused);
	tcase_add_test(tcase, members_home__is_a_member);
	tcase_add_test(tcase, members_home__balance);
	tcase_add_test(tcase, members_home__minimal_movement);
	tcase_add_test(tcase, members_home__does_not_change);
	tcase_add_test(tcase, members_home__depends_on_region_and_generation);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
