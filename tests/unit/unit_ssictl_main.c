// SPDX-License-Identifier: Apache-2.0
/* main.c: which command a line means, and that the manual knows them all. */
#define main ssictl_main
#include "../../ssictl/main.c"
#undef main

#include <stdlib.h>

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
		{ "version", "version" },
		{ "version -j", "version" },
	};

	ck_assert_int_eq(run_line(lines[_i][0]), 42);
	ck_assert_str_eq(ran, lines[_i][1]);
	ck_assert(given->adopt == !strcmp(ran, "join"));
}
END_TEST

START_TEST(main__refuses)
{
	static const char *const lines[] = {
		"nothing", "region", "region nothing", "status --adopt", "region delete r --if-joined",
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

static const char *manual;

/* Is there a line in the manual that says just this? */
static bool manual_says(const char *format, const char *word)
{
	char wanted[128], line[256];
	FILE *f = fopen(manual, "r");
	bool found = false;

	ck_assert_ptr_nonnull(f);
	snprintf(wanted, sizeof(wanted), format, word);
	while (!found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		found = !strcmp(line, wanted) ||
			(!strncmp(line, wanted, strlen(wanted)) && line[strlen(wanted)] == ' ');
	}
	fclose(f);
	return found;
}

static void check_options(const struct command *c)
{
	const struct ssi_opt *opt;

	for (opt = c->opts; opt->name; opt++) {
		/* The words behind "--" are no option with a name. */
		if (!*opt->name || ssi_opts_is_argument(opt))
			continue;
		if (!strcmp(opt->name, "json"))
			ck_assert_msg(manual_says(".Ss Keys of ssictl %s", c->name),
				      "the manual has no JSON keys of %s", c->name);
		else
			ck_assert_msg(manual_says(".It Fl -%s", opt->name) ||
				      manual_says(".Fl -%s", opt->name),
				      "the manual does not explain --%s of %s", opt->name, c->name);
	}
}

static const char *manual_of(const char *command)
{
	if (first_word_is(command, "cluster"))
		return "ssictl/ssictl-cluster.8";
	return first_word_is(command, "deploy") ? "ssictl/ssictl-deploy.8" : "ssictl/ssictl.8";
}

START_TEST(manual__knows_every_command)
{
	const struct command *c;

	for (c = commands; c->name; c++) {
		manual = manual_of(c->name);
		ck_assert_msg(manual_says(".Cm %s", c->name) || manual_says(".Op Cm %s", c->name), "the manual has no %s", c->name);
		check_options(c);
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("main");

	tcase_add_loop_test(tc, main__finds_the_command, 0, 13);
	tcase_add_loop_test(tc, main__refuses, 0, 9);
	tcase_add_loop_test(tc, main__help, 0, 4);
	tcase_add_test(tc, manual__knows_every_command);
	return run_case("ssictl_main", tc);
}
