// SPDX-License-Identifier: Apache-2.0
#include "../../coordinator/lease.c"

#include "unit_coord_world.h"
#include "unit_ssictl_run.h"

/* Time passes, in which the nodes below @heard are heard. */
static void pass(int64_t ms, uint32_t heard)
{
	uint32_t id;

	world.now += ms;
	for (id = 0; id < heard; id++)
		ssi_leases_renew(&world.leases, id, world.now);
}

static int dead(void)
{
	return ssi_leases_dead(&world.leases, &world.cluster, world.now);
}

START_TEST(dead__after_two_leases)
{
	nodes(3);
	pass(2 * LEASE_MS - 1, 2);
	ck_assert_int_eq(dead(), -1);
	pass(1, 2);
	ck_assert_int_eq(dead(), 2);
	kill_node(2);
	ck_assert_int_eq(dead(), -1);
}
END_TEST

/* One of two is dead when the other is heard; of one, and of all, nobody is. */
START_TEST(dead__not_most)
{
	nodes(2);
	pass(5 * LEASE_MS, 0);
	ck_assert_int_eq(dead(), -1);
	pass(0, 1);
	ck_assert_int_eq(dead(), 1);
	kill_node(1);
	pass(5 * LEASE_MS, 0);
	ck_assert_int_eq(dead(), -1);
}
END_TEST

START_TEST(dead__only_members)
{
	nodes(2);
	ck_assert_int_eq(enroll("new", MIB), 1);
	ck_assert_int_eq(drain_node(1, true), 1);
	pass(2 * LEASE_MS, 1);
	/* One that drains is a member, one that never joined is none. */
	ck_assert_int_eq(dead(), 1);
}
END_TEST

START_TEST(look__slept)
{
	nodes(2);
	ck_assert_ptr_null(
		ssi_leases_look(&world.leases, &world.cluster, world.now + LEASE_MS / 2));
	world.now += LEASE_MS / 2;
	pass(3 * LEASE_MS, 0);
	ck_assert_ptr_nonnull(ssi_leases_look(&world.leases, &world.cluster, world.now));
	ck_assert_int_eq(ssi_leases_left(&world.leases, &world.cluster, 1, world.now), LEASE_MS);
	ck_assert_ptr_null(ssi_leases_look(&world.leases, &world.cluster, world.now));
}
END_TEST

/* Passes time as pass() does, and looks often enough. Returns the last reason. */
static const char *look_for(int64_t ms, uint32_t heard)
{
	const char *found, *why = NULL;

	for (; ms > 0; ms -= LEASE_MS / 4) {
		pass(LEASE_MS / 4, heard);
		found = ssi_leases_look(&world.leases, &world.cluster, world.now);
		why = found ? found : why;
	}
	return why;
}

/* Members that were cut off come back one after the other. */
START_TEST(look__cut_off)
{
	nodes(5);
	ck_assert_ptr_null(look_for(3 * LEASE_MS, 2));
	ck_assert_int_eq(dead(), -1);
	ck_assert_ptr_nonnull(look_for(LEASE_MS / 4, 3));
	ck_assert_int_eq(dead(), -1);
	/* Who stays silent is dead in the end. */
	ck_assert_ptr_null(look_for(2 * LEASE_MS - LEASE_MS / 4, 3));
	ck_assert_int_eq(dead(), -1);
	ck_assert_ptr_null(look_for(LEASE_MS / 4, 3));
	ck_assert_int_eq(dead(), 3);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("lease");

	tcase_add_checked_fixture(tc, world_setup, world_teardown);
	tcase_add_test(tc, dead__after_two_leases);
	tcase_add_test(tc, dead__not_most);
	tcase_add_test(tc, dead__only_members);
	tcase_add_test(tc, look__slept);
	tcase_add_test(tc, look__cut_off);
	return run_case("coord_lease", tc);
}
