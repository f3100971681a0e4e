// SPDX-License-Identifier: Apache-2.0
/* main.c and cmd_help.c: which command a line means, and what tells about the commands. */
#define main ssictl_main
#include "../../ssictl/main.c"
#undef main

#include <stdlib.h>

#include "../../ssictl/cmd_help.c"
#include "unit_ssictl_keys.h"
#include "unit_ssictl_run.h"

static const char *ran;
static const struct ssi_args *given;

#define COMMAND(name)                                                                              \
	int ssi_cmd_##name(const struct ssi_args *args)                                            \
	{                                                                                          \
		ran = #name;                                                                       \
		given = args;                                                                      \
		return 42;                                                                         \
	}

COMMAND(join)
COMMAND(agent)
COMMAND(leave)
COMMAND(status)
COMMAND(stats)
COMMAND(monitor)
COMMAND(doctor)
COMMAND(node_drain)
COMMAND(node_forget)
COMMAND(region_create)
COMMAND(region_extend)
COMMAND(region_set)
COMMAND(region_delete)
COMMAND(region_attach)
COMMAND(region_list)
COMMAND(region_show)
COMMAND(pages)
COMMAND(cluster_init)
COMMAND(cluster_show)
COMMAND(cluster_invite)
COMMAND(cluster_join)
COMMAND(cluster_renew)
COMMAND(cluster_revoke)
COMMAND(version)
COMMAND(deploy_install)
COMMAND(deploy_load)
COMMAND(deploy_join)
COMMAND(deploy_start)
COMMAND(deploy_stop)
COMMAND(deploy_status)
COMMAND(deploy_validate)
COMMAND(schema)
COMMAND(page)
COMMAND(vm)
COMMAND(showconf)
COMMAND(apply)
COMMAND(top)
COMMAND(node_list)

int ssi_cmd_fail(const char *cmd, const struct ssi_nl *nl, int rc, const struct ssi_hint *hints)
{
	ck_abort_msg("%s failed: %d, %p, %p", cmd, rc, (const void *)nl, (const void *)hints);
}

/* Runs a line of words separated by blanks; what it prints is not looked at. */
static int run_line(const char *line)
{
	static char words[256];
	char *argv[32] = { NULL }, *word, *rest = words;
	int argc = 0;

	snprintf(words, sizeof(words), "ssictl %s", line);
	while ((word = strsep(&rest, " ")))
		argv[argc++] = word;
	ran = NULL;
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
	return ssictl_main(*line ? argc : 1, argv);
}

START_TEST(main__finds_the_command)
{
	static const char *const lines[][2] = {
		{ "", "status" },
		{ "-j", "status" },
		{ "status --node a", "status" },
		{ "leave --if-joined --force", "leave" },
		{ "agent --coordinator https://a --name a --listen 1.2.3.4:5 --secret /s --share 1G",
		  "agent" },
		{ "node forget 7 --force", "node_forget" },
		{ "region list -j", "region_list" },
		{ "region delete r --timeout 1", "region_delete" },
		{ "monitor --node a -j", "monitor" },
		{ "doctor", "doctor" },
		{ "doctor --plain --share 1G --peer 1=[::1]:7", "doctor" },
		{ "join --id 1 --listen 1.2.3.4:5 --secret /s --share 1G --adopt", "join" },
		{ "join --id 1 --listen 1.2.3.4:5 --cert /c --key /k --ca /a --crl /r --share 1G --adopt",
		  "join" },
		{ "cluster init lab --address ::1 --address host --id 3 --days 9 --dir d",
		  "cluster_init" },
		{ "cluster show -j", "cluster_show" },
		{ "cluster invite two --coordinator https://h:1 --minutes 5 --out f",
		  "cluster_invite" },
		{ "cluster join --invite -", "cluster_join" },
		{ "cluster renew --coordinator https://h:1", "cluster_renew" },
		{ "cluster revoke --cert f", "cluster_revoke" },
		{ "deploy status a root@b:22 -j", "deploy_status" },
		{ "version", "version" },
		{ "version -j", "version" },
		{ "schema", "schema" },
		{ "stat --hist", "stats" },
		{ "node list -j", "node_list" },
		{ "node show a", "status" },
		{ "page r 0x1000", "page" },
		{ "vm", "vm" },
		{ "showconf", "showconf" },
		{ "apply -f x --dry-run", "apply" },
		{ "top -b -n 2 -d 5 --node a", "top" },
		{ "schema region list", "schema" },
	};

	ck_assert_int_eq(run_line(lines[_i][0]), 42);
	ck_assert_str_eq(ran, lines[_i][1]);
	ck_assert(given->adopt == !strcmp(ran, "join"));
}
END_TEST

START_TEST(main__refuses)
{
	static const char *const lines[] = {
		"nothing", "region", "region nothing", "node forget 64 --force", "node forget",
		"region show", "region show a b",
		"page r", "page 0", "page r 0x", "page r 1000x", "page r 0x1 2", "node show", "top -n", "top -d 0", "apply",
		"schema a-word-of-more-than-31-characters-x", "status --adopt", "region delete r --if-joined",
		"doctor --id 1", "join --adopt", "agent --name a --adopt", "monitor extra", "doctor --share",
	};

	ck_assert_int_eq(run_line(lines[_i]), SSI_EXIT_USAGE);
	ck_assert_ptr_null(ran);
}
END_TEST

START_TEST(main__help)
{
	static const char *const lines[] = { "help", "--help", "region -h", "join --id 1 --help" };

	ck_assert_int_eq(run_line(lines[_i]), SSI_EXIT_OK);
	ck_assert_ptr_null(ran);
}
END_TEST

static json_t *help_json(void)
{
	static const struct ssi_args args = { .json = true };
	json_t *root;
	char *text;

	ck_assert_int_eq(run_to_text(ssi_cmd_help, &args, &text), SSI_EXIT_OK);
	root = json_loads(text, 0, NULL);
	free(text);
	ck_assert_ptr_nonnull(root);
	return root;
}

START_TEST(help__json_has_the_tables)
{
	json_t *root = help_json(), *first;
	const struct ssi_exit_code *e;
	const struct ssi_command *c;
	size_t i = 0;

	check_keys(root, "help");
	for (c = ssi_commands; c->name; c++) {
		first = json_array_get(json_object_get(root, "commands"), i++);
		ck_assert_str_eq(json_string_value(json_object_get(first, "command")), c->name);
	}
	ck_assert_uint_eq(json_array_size(json_object_get(root, "commands")), i);
	for (e = ssi_exit_codes, i = 0; e->text; e++) {
		first = json_array_get(json_object_get(root, "exit_codes"), i++);
		ck_assert_int_eq(json_integer_value(json_object_get(first, "code")), e->code);
	}
	json_decref(root);
}
END_TEST

/* Arguments come in the order of the table, so the one that may be left out is the last. */
START_TEST(commands__are_sound)
{
	const struct ssi_command *c;
	const struct ssi_opt *opt;
	bool optional = false;

	for (c = ssi_commands; c->name; c++) {
		ck_assert_ptr_nonnull(c->run);
		ck_assert(*c->summary);
		for (opt = c->opts, optional = false; opt->name; opt++) {
			ck_assert_msg(opt->help && *opt->help, "%s: %s", c->name, opt->name);
			ck_assert_msg(*opt->name ? !!opt->parse : !!opt->arg, "%s", c->name);
			if (!ssi_opts_is_argument(opt))
				continue;
			ck_assert_msg(!optional, "%s: %s", c->name, opt->name);
			optional = !opt->required || opt->repeated;
		}
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("main");

	tcase_add_loop_test(tc, main__finds_the_command, 0, 32);
	tcase_add_loop_test(tc, main__refuses, 0, 24);
	tcase_add_loop_test(tc, main__help, 0, 4);
	tcase_add_test(tc, help__json_has_the_tables);
	tcase_add_test(tc, commands__are_sound);
	return run_case("ssictl_main", tc);
}
