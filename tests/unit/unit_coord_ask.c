// SPDX-License-Identifier: Apache-2.0
#include "../../coordinator/ask.c"

#include "unit_ssictl_run.h"

static struct ssi_asks asks;
/* Waiters are only told apart. */
static char waiters[SSI_ASKS_MAX + 1];

static uint64_t add(uint32_t node, int waiter, int64_t until)
{
	struct ssi_question q = { .node = node, .region = "r", .address = 4096, .until = until,
				  .waiter = (void *)&waiters[waiter] };

	return ssi_asks_add(&asks, &q);
}

static size_t asked(uint32_t node)
{
	json_t *list = ssi_asks_of(&asks, node);
	size_t size = json_array_size(list);

	json_decref(list);
	return size;
}

static void *answer(uint32_t node, json_int_t id)
{
	json_t *object = json_pack("{s:I, s:i}", "id", id, "home", 1);
	void *waiter = ssi_asks_answer(&asks, node, object);

	json_decref(object);
	return waiter;
}

START_TEST(answer__once)
{
	uint64_t id = add(3, 5, 100);
	uint32_t node = 0;
	json_t *got;

	ck_assert_uint_eq(asked(3), 1);
	ck_assert_uint_eq(asked(4), 0);
	ck_assert_ptr_null(answer(4, id));
	ck_assert_ptr_null(answer(3, id + 1));
	ck_assert_ptr_null(answer(3, 0));
	ck_assert_ptr_null(answer(3, -1));
	ck_assert_ptr_eq(answer(3, id), &waiters[5]);
	ck_assert_uint_eq(asked(3), 0);
	ck_assert_ptr_null(answer(3, id));
	got = ssi_asks_take(&asks, id, &node);
	ck_assert_uint_eq(node, 3);
	ck_assert_int_eq(json_integer_value(json_object_get(got, "home")), 1);
	json_decref(got);
	ck_assert_ptr_null(ssi_asks_take(&asks, id, &node));
	ck_assert_ptr_null(ssi_asks_take(&asks, 0, &node));
}
END_TEST

START_TEST(overdue__told_once)
{
	uint64_t id = add(3, 0, 100);
	uint32_t node;

	ck_assert_ptr_null(ssi_asks_overdue(&asks, 99));
	ck_assert_ptr_eq(ssi_asks_overdue(&asks, 100), &waiters[0]);
	ck_assert_ptr_null(ssi_asks_overdue(&asks, 100));
	/* An answer that comes too late wakes nobody. */
	ck_assert_ptr_null(answer(3, id));
	ck_assert_ptr_null(ssi_asks_take(&asks, id, &node));
}
END_TEST

START_TEST(add__full)
{
	uint64_t first = add(0, 0, 1);
	uint32_t node;
	int i;

	for (i = 1; i < SSI_ASKS_MAX; i++)
		ck_assert_uint_ne(add(i, i, 1), 0);
	ck_assert_uint_eq(add(0, i, 1), 0);
	ssi_asks_take(&asks, first, &node);
	/* The slot is used again, the id is not. */
	ck_assert_uint_gt(add(0, i, 1), first);
	ck_assert_ptr_null(answer(0, first));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("ask");

	tcase_add_test(tc, answer__once);
	tcase_add_test(tc, overdue__told_once);
	tcase_add_test(tc, add__full);
	return run_case("coord_ask", tc);
}
