// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/logline.c"

#include "unit_ssictl_run.h"

static json_t *root;

static void teardown(void)
{
	json_decref(root);
}

static const char *word(const char *key)
{
	return json_string_value(json_object_get(root, key));
}

static void make(int level, const char *node, const char *request, const char *text)
{
	char *line = ssi_logline_json(level, node, request, text);

	ck_assert_ptr_nonnull(line);
	ck_assert_ptr_null(strchr(line, '\n'));
	root = json_loads(line, 0, NULL);
	free(line);
	ck_assert_ptr_nonnull(root);
}

START_TEST(json__keys)
{
	static const int levels[] = { LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO };
	static const char *const names[] = { "err", "warning", "notice", "info" };

	make(levels[_i], "one", "beef", "at work");
	ck_assert_uint_eq(json_object_size(root), 5);
	ck_assert_str_eq(word("level"), names[_i]);
	ck_assert_str_eq(word("node"), "one");
	ck_assert_str_eq(word("message"), "at work");
	ck_assert_str_eq(word("request_id"), "beef");
}
END_TEST

START_TEST(json__time)
{
	int year, month, day, hour, minute, second, ms, len = 0;

	make(LOG_INFO, NULL, NULL, "");
	ck_assert_int_eq(sscanf(word("time"), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &year, &month, &day,
				&hour, &minute, &second, &ms, &len),
			 7);
	ck_assert_int_eq(len, 24);
}
END_TEST

START_TEST(json__what_is_not_there)
{
	make(LOG_INFO, NULL, "", "at work");
	ck_assert_uint_eq(json_object_size(root), 3);
}
END_TEST

START_TEST(json__not_printable)
{
	make(LOG_ERR, "one", NULL, "a\nb\xff\"\\\x1b[31m");
	ck_assert_str_eq(word("message"), "a?b?\"\\?[31m");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("logline");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, json__keys, 0, 4);
	tcase_add_test(tc, json__time);
	tcase_add_test(tc, json__what_is_not_there);
	tcase_add_test(tc, json__not_printable);
	return run_case("ssictl_logline", tc);
}
