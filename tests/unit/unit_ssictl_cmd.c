// SPDX-License-Identifier: Apache-2.0
/* cmd.c: what is said of a refusal, and what to do about it. */
#include "../../ssictl/cmd.c"

#include <stdlib.h>

#include "unit_ssictl_fake_nl.h"
#include "unit_ssictl_run.h"

static const struct ssi_hint own[] = {
	{ EBUSY, "end it" },
	{ ENOTUNIQ, "name one" },
	{ 0, NULL },
};

START_TEST(fail__says_and_hints)
{
	static const struct {
		int error;
		const char *said, *printed;
	} rows[] = {
		{ EBUSY, "", "Device or resource busy; end it" },
		{ EBUSY, "a program has it open", "a program has it open; end it" },
		{ ENOTUNIQ, "several nodes", "several nodes; name one" },
		{ ENODEV, "no node has joined here",
		  "no node has joined here; ssictl status shows the nodes here, ssictl join makes one" },
		{ ESTALE, "try again", "try again" },
		{ EPERM, "", "Operation not permitted; run it as root: it needs CAP_NET_ADMIN" },
		{ EPERM, "say so with force", "say so with force" },
		{ EINVAL, "Unknown attribute type",
		  "Unknown attribute type; the module is older than this ssictl: ssictl version" },
		{ EINVAL, "that is this node's own id", "that is this node's own id" },
	};
	char wanted[200], *text = NULL;
	FILE *kept = stderr;
	size_t size;

	nl_said = rows[_i].said;
	stderr = open_memstream(&text, &size);
	ck_assert_int_eq(ssi_cmd_fail("do", NULL, -rows[_i].error, own), SSI_EXIT_FAIL);
	fclose(stderr);
	stderr = kept;
	snprintf(wanted, sizeof(wanted), "ssictl: do: %s\n", rows[_i].printed);
	ck_assert_str_eq(text, wanted);
	free(text);
}
END_TEST

START_TEST(fail__without_a_table)
{
	ck_assert_ptr_null(find_hint(NULL, "", EBUSY));
	ck_assert_ptr_nonnull(find_hint(NULL, "", ENOTCONN));
}
END_TEST

START_TEST(reserve__follows_the_share)
{
	struct ssi_args args = { .share = 1 << 30 };

	ck_assert_uint_eq(ssi_cmd_reserve(&args), 64 << 20);
	args.share = 1 << 20;
	ck_assert_uint_eq(ssi_cmd_reserve(&args), 4 << 20);
	args.reserve = 7;
	ck_assert_uint_eq(ssi_cmd_reserve(&args), 7);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("cmd");

	tcase_add_loop_test(tc, fail__says_and_hints, 0, 9);
	tcase_add_test(tc, fail__without_a_table);
	tcase_add_test(tc, reserve__follows_the_share);
	return run_case("ssictl_cmd", tc);
}
