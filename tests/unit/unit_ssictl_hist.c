// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/hist.c"

#include <string.h>

#include "unit_ssictl_run.h"

static uint64_t hist[SSI_MEM_HIST_BUCKETS];

static void setup(void)
{
	memset(hist, 0, sizeof(hist));
}

/* The kernel's side of the layout, written down a second time. */
static unsigned int bucket_of(uint64_t value)
{
	unsigned int e;

	if (value < 8)
		return value;
	for (e = 0; value >> e >= 16; e++)
		continue;
	return 8 * (e + 1) + (value >> e) - 8;
}

START_TEST(start__layout)
{
	unsigned int b;

	ck_assert_uint_eq(ssi_hist_start(7), 7);
	ck_assert_uint_eq(ssi_hist_start(8), 8);
	ck_assert_uint_eq(ssi_hist_start(15), 15);
	ck_assert_uint_eq(ssi_hist_start(16), 16);
	ck_assert_uint_eq(ssi_hist_start(17), 18);
	ck_assert_uint_eq(ssi_hist_start(255), 15ull << 30);
	for (b = 1; b < SSI_MEM_HIST_BUCKETS; b++) {
		ck_assert_uint_eq(bucket_of(ssi_hist_start(b)), b);
		ck_assert_uint_eq(bucket_of(ssi_hist_start(b) - 1), b - 1);
	}
}
END_TEST

START_TEST(quantile__empty)
{
	ck_assert_uint_eq(ssi_hist_count(hist), 0);
	ck_assert_uint_eq(ssi_hist_quantile(hist, 500), 0);
}
END_TEST

START_TEST(quantile__one_value)
{
	hist[bucket_of(5)] = 1;
	ck_assert_uint_eq(ssi_hist_quantile(hist, 1), 5);
	ck_assert_uint_eq(ssi_hist_quantile(hist, 1000), 5);
}
END_TEST

START_TEST(quantile__hundred_values)
{
	unsigned int i;

	for (i = 1; i <= 100; i++)
		hist[bucket_of(i * 1000)]++;
	ck_assert_uint_eq(ssi_hist_count(hist), 100);
	ck_assert_uint_ge(ssi_hist_quantile(hist, 500), 50000);
	ck_assert_uint_le(ssi_hist_quantile(hist, 500), 50000 * 9 / 8);
	ck_assert_uint_ge(ssi_hist_quantile(hist, 990), 99000);
	ck_assert_uint_le(ssi_hist_quantile(hist, 990), 99000 * 9 / 8);
}
END_TEST

START_TEST(quantile__rank_is_rounded_up)
{
	hist[1] = 50;
	hist[2] = 50;
	ck_assert_uint_eq(ssi_hist_quantile(hist, 500), 1);
	ck_assert_uint_eq(ssi_hist_quantile(hist, 501), 2);
	hist[1] = 1;
	hist[2] = 2;
	ck_assert_uint_eq(ssi_hist_quantile(hist, 333), 1);
	ck_assert_uint_eq(ssi_hist_quantile(hist, 334), 2);
}
END_TEST

START_TEST(quantile__huge_counts)
{
	hist[3] = UINT64_MAX / 4;
	hist[4] = UINT64_MAX / 4;
	ck_assert_uint_eq(ssi_hist_quantile(hist, 490), 3);
	ck_assert_uint_eq(ssi_hist_quantile(hist, 510), 4);
	hist[255] = 1;
	ck_assert_uint_eq(ssi_hist_quantile(hist, 1000), (16ull << 30) - 1);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("hist");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, start__layout);
	tcase_add_test(tc, quantile__empty);
	tcase_add_test(tc, quantile__one_value);
	tcase_add_test(tc, quantile__hundred_values);
	tcase_add_test(tc, quantile__rank_is_rounded_up);
	tcase_add_test(tc, quantile__huge_counts);
	return run_case("ssictl_hist", tc);
}
