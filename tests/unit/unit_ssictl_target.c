// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/target.c"

#include <stdio.h>

#include "unit_ssictl_run.h"

static struct ssi_targets targets;

START_TEST(target__good)
{
	static const struct {
		const char *text;
		const char *login;
		const char *port;
	} cases[] = {
		{ "one", "one", "" },
		{ "root@one.example", "root@one.example", "" },
		{ "root@192.0.2.1:2222", "root@192.0.2.1", "2222" },
		{ "[2001:db8::1]", "2001:db8::1", "" },
		{ "root@[fe80::1%eth0]:22", "root@fe80::1%eth0", "22" },
		{ "a_b-c@d-e_f:65535", "a_b-c@d-e_f", "65535" },
	};

	targets.count = 0;
	ck_assert_ptr_null(ssi_opts_target(cases[_i].text, &targets));
	ck_assert_str_eq(targets.at[0].login, cases[_i].login);
	ck_assert_str_eq(targets.at[0].port, cases[_i].port);
	ck_assert_str_eq(targets.at[0].text, cases[_i].text);
}
END_TEST

/* What ssh or a shell could take for something else. */
START_TEST(target__bad)
{
	static const char *const bad[] = {
		"", "@", "root@", "@one", "-oProxyCommand=x", "root@-one", "-x@one", "one two",
		"one;two", "$(one)", "`one`", "one|two", "one\n", "'one'", "one/two", "one:",
		"one:0", "one:65536", "one:-1", "one:22x", "one:222222", "[::1", "[]", "::1",
		"[one;two]", "[::1]x", "a@b@c", "\xc3\xa4",
	};

	ck_assert_int_eq(COUNT(bad), 28);
	targets.count = 0;
	ck_assert_ptr_nonnull(ssi_opts_target(bad[_i], &targets));
	ck_assert_uint_eq(targets.count, 0);
}
END_TEST

START_TEST(target__many)
{
	char text[SSI_TARGETS + 1][16], large[300];
	int i;

	targets.count = 0;
	for (i = 0; i < SSI_TARGETS; i++) {
		snprintf(text[i], sizeof(text[i]), "h%d", i);
		ck_assert_ptr_null(ssi_opts_target(text[i], &targets));
	}
	ck_assert_ptr_nonnull(strstr(ssi_opts_target("h3", &targets), "already"));
	ck_assert_ptr_nonnull(ssi_opts_target("more", &targets));
	targets.count = 0;
	memset(large, 'a', sizeof(large) - 1);
	large[sizeof(large) - 1] = 0;
	ck_assert_ptr_nonnull(ssi_opts_target(large, &targets));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("target");

	tcase_add_loop_test(tc, target__good, 0, 6);
	tcase_add_loop_test(tc, target__bad, 0, 28);
	tcase_add_test(tc, target__many);
	return run_case("ssictl_target", tc);
}
