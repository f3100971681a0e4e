// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/cmd_attach.c"

#include <check.h>

#include "unit_ssictl_run.h"

int ssi_cmd_fail(const char *cmd, const struct ssi_nl *nl, int rc, const struct ssi_hint *table)
{
	(void)cmd;
	(void)nl;
	(void)rc;
	(void)table;
	return SSI_EXIT_FAIL;
}

START_TEST(fill_in__all_places)
{
	static const struct {
		const char *word;
		const char *filled;
	} cases[] = {
		{ "{}", "/p" },	      { "", "" },	   { "x", "x" },
		{ "a={},b", "a=/p,b" }, { "{}{}", "/p/p" }, { "{ }", "{ }" },
		{ "{{}}", "{/p}" },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = fill_in(cases[i].word, "/p");

		ck_assert_str_eq(text, cases[i].filled);
		free(text);
	}
}
END_TEST

/* A command that can not be run says so with the codes of env(1). */
START_TEST(run__no_program)
{
	char *missing[] = { "/nowhere/at/all", NULL };
	char *folder[] = { "/", NULL };

	ck_assert_int_eq(run(missing, 3), SSI_EXIT_NOT_FOUND);
	ck_assert_int_eq(run(folder, 3), SSI_EXIT_NOT_RUN);
	free(missing[0]);
	free(folder[0]);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("attach");

	tcase_add_test(tc, fill_in__all_places);
	tcase_add_test(tc, run__no_program);
	return run_case("ssictl_attach", tc);
}
