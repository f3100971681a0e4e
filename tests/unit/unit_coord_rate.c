// SPDX-License-Identifier: Apache-2.0
#include "../../coordinator/rate.c"

#include <stdio.h>

#include "unit_ssictl_run.h"

static struct ssi_rate rate;

/* How many requests pass at one time. */
static int burst(const char *who, int64_t now)
{
	int passed = 0;

	while (ssi_rate_take(&rate, who, now))
		passed++;
	return passed;
}

START_TEST(take__per_second)
{
	ssi_rate_init(&rate, 10, 7);
	ck_assert_int_eq(burst("a", 5000), 10);
	ck_assert_int_eq(burst("a", 5099), 0);
	ck_assert_int_eq(burst("a", 5100), 1);
	ck_assert_int_eq(burst("a", 5600), 5);
	/* Who was away for long may not send more for that. */
	ck_assert_int_eq(burst("a", 5600 + (1ll << 40)), 10);
	/* Time does not go back; if it did nothing would be given for it. */
	ck_assert_int_eq(burst("a", 0), 0);
}
END_TEST

START_TEST(take__each_address)
{
	ssi_rate_init(&rate, 3, 7);
	ck_assert_uint_ne(slot_of(&rate, "192.0.2.1"), slot_of(&rate, "192.0.2.2"));
	ck_assert_int_eq(burst("192.0.2.1", 1), 3);
	ck_assert_int_eq(burst("192.0.2.2", 1), 3);
}
END_TEST

/* Who knows the program does not know who shares a slot with whom. */
START_TEST(slot__seed)
{
	unsigned int before, moved = 0;
	char who[24];
	int i;

	for (i = 0; i < 64; i++) {
		snprintf(who, sizeof(who), "192.0.2.%d", i);
		ssi_rate_init(&rate, 1, 1);
		before = slot_of(&rate, who);
		ssi_rate_init(&rate, 1, 2);
		moved += slot_of(&rate, who) != before;
	}
	ck_assert_uint_gt(moved, 48);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("rate");

	tcase_add_test(tc, take__per_second);
	tcase_add_test(tc, take__each_address);
	tcase_add_test(tc, slot__seed);
	return run_case("coord_rate", tc);
}
