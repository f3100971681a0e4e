// SPDX-License-Identifier: Apache-2.0
#include "unit_vmm_common.h"

#include "../../vmm/term.c"

/* Types @keys; @out gets what the guest sees. Returns how many keys it took. */
static size_t type(const char *keys, char *out)
{
	struct term_escape escape = { .armed = false };
	size_t i;

	for (i = 0; keys[i]; i++) {
		uint8_t bytes[2];
		int n = term_filter(&escape, keys[i], bytes);

		if (n == TERM_QUIT)
			break;
		if (n == TERM_SUSPEND)
			*out++ = '!';
		for (int k = 0; k < n; k++)
			*out++ = bytes[k];
	}
	*out = '\0';
	return i;
}

START_TEST(term_filter__passes_on)
{
	static const struct {
		const char *keys, *guest;
	} rows[] = {
		{ "", "" },
		{ "plain x", "plain x" },
		{ "\001", "" },
		{ "\001\001", "\001" },
		{ "\001a", "\001" },
		{ "\001\001x", "\001x" },
		{ "\001c", "\001c" },
		{ "1\001a2", "1\0012" },
		{ "\003\004\032", "\003\004\032" },
		{ "1\001\0322\032", "1!2\032" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char out[32];

		ck_assert_uint_eq(type(rows[i].keys, out), strlen(rows[i].keys));
		ck_assert_str_eq(out, rows[i].guest);
	}
}
END_TEST

START_TEST(term_filter__quits)
{
	char out[32];

	ck_assert_uint_eq(type("ab\001xcd", out), 3);
	ck_assert_str_eq(out, "ab");
	ck_assert_uint_eq(type("\001\001\001x", out), 3);
	ck_assert_str_eq(out, "\001");
}
END_TEST

START_TEST(term_raw__not_a_terminal)
{
	int null = dup(STDIN_FILENO);

	ck_assert_ptr_nonnull(freopen("/dev/null", "r", stdin));
	ck_assert(!term_raw());
	term_restore();
	dup2(null, STDIN_FILENO);
	close(null);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		term_filter__passes_on,
		term_filter__quits,
		term_raw__not_a_terminal,
		NULL,
	};

	return run_tests("vmm_term", tests);
}
