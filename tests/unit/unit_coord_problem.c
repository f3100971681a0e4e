// SPDX-License-Identifier: Apache-2.0
#include "../../coordinator/problem.c"

#include <string.h>

#include "unit_ssictl_run.h"

static struct ssi_refusal why;

START_TEST(json__each_kind)
{
	json_t *root;

	ck_assert_ptr_nonnull(problems[_i].word);
	ck_assert_uint_ge(ssi_problem_status(_i), 400);
	ck_assert_int_eq(ssi_refuse(&why, _i, "do this", "node %d", 7), -1);
	root = ssi_problem_json(&why, "id");
	ck_assert_int_eq(json_integer_value(json_object_get(root, "status")),
			 ssi_problem_status(_i));
	ck_assert_str_eq(json_string_value(json_object_get(root, "detail")), "node 7");
	ck_assert_str_eq(json_string_value(json_object_get(root, "remedy")), "do this");
	ck_assert_str_eq(json_string_value(json_object_get(root, "request_id")), "id");
	json_decref(root);
}
END_TEST

/* A name that is cut off inside of a letter is no text any more. */
START_TEST(refuse__plain)
{
	json_t *root;

	ssi_refuse(&why, SSI_PROBLEM_METHOD, "x", "%.3s|%s", "ab\xc3\xa4", "\n\x1b[31m\xff");
	ck_assert_str_eq(why.detail, "ab?|??[31m?");
	root = ssi_problem_json(&why, "id");
	ck_assert_ptr_nonnull(root);
	json_decref(root);
}
END_TEST

START_TEST(refuse__long)
{
	char text[1000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	ssi_refuse(&why, SSI_PROBLEM_METHOD, text, "%s", text);
	ck_assert_uint_eq(strlen(why.detail), sizeof(why.detail) - 1);
	ck_assert_uint_eq(strlen(why.remedy), sizeof(why.remedy) - 1);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("problem");

	tcase_add_loop_test(tc, json__each_kind, SSI_PROBLEM_BAD_REQUEST, SSI_PROBLEMS);
	tcase_add_test(tc, refuse__plain);
	tcase_add_test(tc, refuse__long);
	return run_case("coord_problem", tc);
}
