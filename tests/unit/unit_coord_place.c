// SPDX-License-Identifier: Apache-2.0
#include "../../coordinator/place.c"

#include "unit_coord_world.h"
#include "unit_ssictl_run.h"

static struct ssi_places of_all(uint32_t count)
{
	struct ssi_places places = { .count = count };
	uint32_t i;

	for (i = 0; i < count; i++)
		places.at[i].node = i;
	return places;
}

START_TEST(spread__evenly)
{
	struct ssi_places places;

	nodes(3);
	places = of_all(3);
	ck_assert_uint_eq(ssi_place_spread(&world.cluster, &places, 4 * SSI_PLACE_PAGE), 0);
	ck_assert_uint_eq(places.at[0].bytes + places.at[1].bytes + places.at[2].bytes,
			  4 * SSI_PLACE_PAGE);
	ck_assert_uint_eq(places.at[0].bytes, 2 * SSI_PLACE_PAGE);
}
END_TEST

/* Who has little room gives all of it, and the others share the rest. */
START_TEST(spread__little_room)
{
	struct ssi_places places;

	nodes(3);
	ck_assert_int_eq(enroll("n1", MIB), 1);
	places = of_all(3);
	ck_assert_uint_eq(ssi_place_spread(&world.cluster, &places, 31 * MIB), 0);
	ck_assert_uint_eq(places.at[0].bytes, 15 * MIB);
	ck_assert_uint_eq(places.at[1].bytes, MIB);
	ck_assert_uint_eq(places.at[2].bytes, 15 * MIB);
	places = of_all(3);
	ck_assert_uint_eq(ssi_place_spread(&world.cluster, &places, 130 * MIB), MIB);
}
END_TEST

START_TEST(spread__not_on_those_that_go)
{
	struct ssi_places places;

	nodes(3);
	ck_assert_int_eq(drain_node(1, true), 1);
	kill_node(2);
	places = of_all(3);
	ck_assert_uint_eq(ssi_place_spread(&world.cluster, &places, 3 * MIB), 0);
	ck_assert_uint_eq(places.at[0].bytes, 3 * MIB);
}
END_TEST

START_TEST(choose__most_room)
{
	struct ssi_places places;

	nodes(4);
	ck_assert_int_eq(enroll("n0", MIB), 1);
	ck_assert_int_eq(enroll("n2", 65 * MIB), 1);
	ck_assert_int_eq(drain_node(3, true), 1);
	ssi_place_choose(&world.cluster, 2, &places);
	ck_assert_uint_eq(places.count, 2);
	ck_assert_uint_eq(places.at[0].node, 1);
	ck_assert_uint_eq(places.at[1].node, 2);
	ssi_place_choose(&world.cluster, 0, &places);
	ck_assert_uint_eq(places.count, 3);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("place");

	tcase_add_checked_fixture(tc, world_setup, world_teardown);
	tcase_add_test(tc, spread__evenly);
	tcase_add_test(tc, spread__little_room);
	tcase_add_test(tc, spread__not_on_those_that_go);
	tcase_add_test(tc, choose__most_room);
	return run_case("coord_place", tc);
}
