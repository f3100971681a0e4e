// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/hot.c"

#include <errno.h>

#include "unit_ssictl_run.h"

#define COUNTED (2 * SSI_HOT_MAX)

static int rc;

/* In an order that is none: 77 and COUNTED have no common divisor. */
int ssi_nl_hot_each(struct ssi_nl *nl, const struct ssi_nl_region *region, ssi_nl_hot_fn fn,
		    void *arg)
{
	struct ssi_nl_hot hot;
	uint64_t i;

	(void)nl;
	for (i = 0; i < COUNTED; i++) {
		hot.page = i * 77 % COUNTED;
		hot.moves = hot.page + region->id;
		ck_assert_int_eq(fn(&hot, arg), 0);
	}
	return rc;
}

START_TEST(read__hottest_first)
{
	const struct ssi_nl_region region = { .id = 1 };
	struct ssi_hot hot = { .count = 0 };
	unsigned int i;

	ck_assert_int_eq(ssi_hot_read(&hot, NULL, &region), 0);
	ck_assert_uint_eq(hot.count, SSI_HOT_MAX);
	for (i = 0; i < SSI_HOT_MAX; i++)
		ck_assert_uint_eq(hot.at[i].moves, COUNTED - i);
}
END_TEST

START_TEST(read__of_several_regions)
{
	const struct ssi_nl_region some = { .id = 1 }, more = { .id = 1 + SSI_HOT_MAX / 2 };
	struct ssi_hot hot = { .count = 0 };

	ck_assert_int_eq(ssi_hot_read(&hot, NULL, &some), 0);
	ck_assert_int_eq(ssi_hot_read(&hot, NULL, &more), 0);
	ck_assert_uint_eq(hot.count, SSI_HOT_MAX);
	ck_assert_uint_eq(hot.at[0].moves, COUNTED + SSI_HOT_MAX / 2);
	/* Above this one are 32 of the one alone, and then pairs of both. */
	ck_assert_uint_eq(hot.at[SSI_HOT_MAX - 1].moves, COUNTED - SSI_HOT_MAX / 4 + 1);
}
END_TEST

START_TEST(read__refused)
{
	const struct ssi_nl_region region = { .id = 1 };
	struct ssi_hot hot = { .count = 0 };

	rc = -ENODEV;
	ck_assert_int_eq(ssi_hot_read(&hot, NULL, &region), -ENODEV);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("hot");

	tcase_add_test(tc, read__hottest_first);
	tcase_add_test(tc, read__of_several_regions);
	tcase_add_test(tc, read__refused);
	return run_case("ssictl_hot", tc);
}
