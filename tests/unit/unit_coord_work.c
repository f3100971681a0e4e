// SPDX-License-Identifier: Apache-2.0
#include "../../coordinator/work.c"

#include "unit_ssictl_run.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static void *seen[SSI_WORK_MAX + 8];
static unsigned int count;
static char items[SSI_WORK_MAX + 8];

static void take_item(void *item, void *arg)
{
	pthread_mutex_lock(&gate);
	ck_assert_ptr_eq(arg, &count);
	seen[count++] = item;
	pthread_mutex_unlock(&gate);
}

START_TEST(post__in_order)
{
	struct ssi_work *work = ssi_work_start(take_item, &count);
	int i;

	ck_assert_ptr_nonnull(work);
	for (i = 0; i < 100; i++)
		ck_assert(ssi_work_post(work, &items[i]));
	/* What was posted before the end is done. */
	ssi_work_stop(work);
	ck_assert_uint_eq(count, 100);
	for (i = 0; i < 100; i++)
		ck_assert_ptr_eq(seen[i], &items[i]);
	/* What is posted after it is not, and harms nobody. */
	ssi_work_post(work, &items[0]);
	ssi_work_free(work);
	ck_assert_uint_eq(count, 100);
}
END_TEST

START_TEST(post__full)
{
	struct ssi_work *work = ssi_work_start(take_item, &count);
	int i, taken = 0;

	/* The thread is held at its first item. */
	pthread_mutex_lock(&gate);
	for (i = 0; i < SSI_WORK_MAX + 8; i++)
		taken += ssi_work_post(work, &items[i]);
	ck_assert_int_ge(taken, SSI_WORK_MAX);
	ck_assert_int_le(taken, SSI_WORK_MAX + 1);
	/* What is done once has room always. */
	for (i = 0; i < 5; i++)
		ck_assert(ssi_work_post(work, NULL));
	pthread_mutex_unlock(&gate);
	ssi_work_stop(work);
	ck_assert_uint_eq(count, taken + 1);
	ssi_work_free(work);
	ssi_work_free(NULL);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("work");

	tcase_add_test(tc, post__in_order);
	tcase_add_test(tc, post__full);
	return run_case("coord_work", tc);
}
