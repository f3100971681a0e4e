// SPDX-License-Identifier: Apache-2.0
#include "ssictl.h"

#include <string.h>

#include "commands.h"
#include "full.h"
#include "pki.h"

#define DEFAULT_TIMEOUT_MS 30000
#define DEFAULT_DELAY_MS   1000
#define DEFAULT_DAYS	   365
#define DEFAULT_MINUTES	   60

static bool is_help(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h");
}

/* Finds the command of @argv, and how many words its name takes. */
static const struct ssi_command *find_command(int argc, char **argv, int *words)
{
	const struct ssi_command *c;

	for (c = ssi_commands; c->name; c++) {
		const char *second = strchr(c->name, ' ');

		*words = second ? 2 : 1;
		if (!ssi_help_in_group(c, argv[0]))
			continue;
		if (!second || (argc > 1 && !strcmp(argv[1], second + 1)))
			return c;
	}
	return NULL;
}

static bool is_group(const char *word)
{
	const struct ssi_command *c;

	for (c = ssi_commands; c->name; c++) {
		if (ssi_help_in_group(c, word))
			return true;
	}
	return false;
}

/* A word that is no command, or a group such as "region" without its verb. */
static int no_command(int argc, char **argv)
{
	bool group = is_group(argv[0]);

	if (group && argc > 1 && is_help(argv[1])) {
		ssi_help_group(stdout, argv[0]);
		return SSI_EXIT_OK;
	}
	if (group)
		fprintf(stderr, "ssictl: %s: %s\n", argv[0],
			argc > 1 ? "unknown command" : "a command is missing");
	else
		fprintf(stderr, "ssictl: unknown command '%s'\n", argv[0]);
	ssi_help_group(stderr, group ? argv[0] : NULL);
	return SSI_EXIT_USAGE;
}

/* @line is the whole command line, @argv what comes after the command. */
static int run_command(const struct ssi_command *c, int argc, char **argv, char **line)
{
	static struct ssi_args args = {
		.id = SSI_ID_ANY,
		.hold_us = SSI_HOLD_DEFAULT,
		.port = SSI_PORT_DEFAULT,
		.timeout_ms = DEFAULT_TIMEOUT_MS,
		.delay_ms = DEFAULT_DELAY_MS,
		.gid = SSI_GROUP_DEFAULT,
		.mode = SSI_MODE_DEFAULT,
		.dir = SSI_PKI_DIR,
		.days = DEFAULT_DAYS,
		.minutes = DEFAULT_MINUTES,
	};
	struct ssi_optargs parsed = {
		.opts = c->opts,
		.argc = argc,
		.argv = argv,
	};
	int i;

	for (i = 0; i < argc && strcmp(argv[i], "--"); i++) {
		if (is_help(argv[i])) {
			ssi_help_command(c);
			return SSI_EXIT_OK;
		}
	}
	if (ssi_opts_parse(&parsed, &args) == 0)
		return c->run ? c->run(&args) : ssi_full_run("/proc/self/exe", line);
	fprintf(stderr, "ssictl: %s: %s\nusage:\n", c->name, parsed.why);
	ssi_help_synopsis(stderr, c);
	return SSI_EXIT_USAGE;
}

int main(int argc, char **argv)
{
	static char status[] = "status";
	char *alone[] = { status, NULL };
	char **line = argv;
	const struct ssi_command *c;
	int words;

	argc--;
	argv++;
	if (argc && is_help(argv[0])) {
		ssi_help_group(stdout, NULL);
		return SSI_EXIT_OK;
	}
	/* Without a command it is status, also with options: "ssictl -j". */
	if (!argc || argv[0][0] == '-') {
		c = find_command(1, alone, &words);
		words = 0;
	} else {
		c = find_command(argc, argv, &words);
	}
	if (!c)
		return no_command(argc, argv);
	return run_command(c, argc - words, argv + words, line);
}
