// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/cmd_schema.c"

#include <string.h>

#include "unit_ssictl_fake_nl.h"
#include "unit_ssictl_keys.h"
#include "unit_ssictl_run.h"

static struct ssi_args args;
static char *text;

static void teardown(void)
{
	free(text);
}

static int show_schema(const char *words)
{
	strcpy(args.words, words);
	return run_to_text(ssi_cmd_schema, &args, &text);
}

START_TEST(schema__of_a_command)
{
	json_t *root;

	ck_assert_int_eq(show_schema("region list"), SSI_EXIT_OK);
	root = json_loads(text, 0, NULL);
	ck_assert_str_eq(json_string_value(json_object_get(root, "$schema")),
			 "https://json-schema.org/draft/2020-12/schema");
	ck_assert_str_eq(json_string_value(json_object_get(root, "title")), "ssictl region list");
	/* It stands alone. */
	ck_assert_ptr_null(strstr(text, "$ref"));
	json_decref(root);
}
END_TEST

START_TEST(schema__names)
{
	ck_assert_int_eq(show_schema(""), SSI_EXIT_OK);
	ck_assert_ptr_nonnull(strstr(text, "region list\nregion show\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nstatus\n"));
}
END_TEST

START_TEST(schema__refuses)
{
	static const char *const words[] = { "join", "region", "status status", "_region" };

	ck_assert_int_eq(show_schema(words[_i]), SSI_EXIT_USAGE);
	ck_assert_str_eq(text, "");
}
END_TEST

/* The checker of the other tests finds what is wrong, too much and too little. */
START_TEST(checker__has_power)
{
	static const struct {
		const char *document;
		const char *option;
		bool good;
	} cases[] = {
		{ "{ 'schema': 1, 'versions': [ { 'ssictl': '1' } ] }", "", true },
		{ "{ 'schema': 1, 'versions': [ { 'ssictl': '1' } ] }", "--all", false },
		{ "[ { 'schema': 1, 'versions': [ { 'ssictl': '1', 'module': '1', 'protocol': 1 } ]"
		  " } ]", "--all", true },
		{ "{ 'schema': 1, 'versions': [ { 'ssictl': 1 } ] }", "", false },
		{ "{ 'schema': 1, 'versions': [ { 'ssictl': '1', 'more': 1 } ] }", "", false },
		{ "{ 'schema': 2, 'versions': [] }", "", false },
		{ "{ 'schema': 1 }", "", false },
	};
	char line[256], document[160], *quote;

	strcpy(document, cases[_i].document);
	while ((quote = strchr(document, '\'')))
		*quote = '"';
	snprintf(line, sizeof(line), "echo '%s' | tests/unit/ssictl_schema.py %s version >/dev/null",
		 document, cases[_i].option);
	ck_assert_msg(!system(line) == cases[_i].good, "%s", line);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("schema");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, schema__of_a_command);
	tcase_add_test(tc, schema__names);
	tcase_add_loop_test(tc, schema__refuses, 0, 4);
	tcase_add_loop_test(tc, checker__has_power, 0, 7);
	return run_case("ssictl_schema", tc);
}
