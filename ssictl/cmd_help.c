// SPDX-License-Identifier: Apache-2.0
#include "commands.h"

#include <errno.h>
#include <string.h>

#include "out.h"
#include "ssictl.h"

bool ssi_help_in_group(const struct ssi_command *c, const char *word)
{
	size_t len = strlen(word);

	return len && !strncmp(c->name, word, len) && (c->name[len] == 0 || c->name[len] == ' ');
}

void ssi_help_synopsis(FILE *f, const struct ssi_command *c)
{
	fprintf(f, "  ssictl %s", c->name);
	ssi_opts_usage(f, c->opts, false);
	fputc('\n', f);
}

void ssi_help_group(FILE *f, const char *group)
{
	const struct ssi_command *c;

	fputs("usage:\n", f);
	for (c = ssi_commands; c->name; c++) {
		if (!group || ssi_help_in_group(c, group))
			ssi_help_synopsis(f, c);
	}
	if (group)
		return;
	fputs("\ncommands:\n", f);
	for (c = ssi_commands; c->name; c++)
		fprintf(f, "  %-16s %s\n", c->name, c->summary);
	fputs("\n'ssictl COMMAND --help' explains the options of a command.\n", f);
}

void ssi_help_command(const struct ssi_command *c)
{
	printf("ssictl %s: %s\n\nusage:\n", c->name, c->summary);
	ssi_help_synopsis(stdout, c);
	if (c->opts->name)
		puts("\noptions:");
	ssi_opts_usage(stdout, c->opts, true);
}

/* ---- the table as JSON ---- */

/* What stands behind "--" has an empty name. */
static void print_opt(struct ssi_out *out, const struct ssi_opt *opt)
{
	char letter[2] = { opt->letter, 0 };

	ssi_out_item(out, ssi_opts_is_argument(opt) ? "argument" : "option", opt->name);
	if (*letter)
		ssi_out_str(out, "letter", letter, SSI_COLOR_NONE);
	if (opt->arg)
		ssi_out_str(out, "value", opt->arg, SSI_COLOR_NONE);
	ssi_out_str(out, "help", opt->help, SSI_COLOR_NONE);
	ssi_out_bool(out, "required", opt->required);
	ssi_out_bool(out, "repeated", opt->repeated);
	ssi_out_close(out);
}

static void print_command(struct ssi_out *out, const struct ssi_command *c)
{
	const struct ssi_opt *opt;

	ssi_out_item(out, "command", c->name);
	ssi_out_str(out, "summary", c->summary, SSI_COLOR_NONE);
	ssi_out_list(out, "options");
	for (opt = c->opts; opt->name; opt++)
		print_opt(out, opt);
	ssi_out_close(out);
	ssi_out_close(out);
}

static int print_json(void)
{
	const struct ssi_exit_code *e;
	const struct ssi_command *c;
	struct ssi_out out;
	int rc;

	ssi_out_begin(&out, stdout, true);
	ssi_out_list(&out, "commands");
	for (c = ssi_commands; c->name; c++)
		print_command(&out, c);
	ssi_out_close(&out);
	ssi_out_list(&out, "exit_codes");
	for (e = ssi_exit_codes; e->text; e++) {
		ssi_out_item_id(&out, "code", e->code);
		ssi_out_str(&out, "text", e->text, SSI_COLOR_NONE);
		ssi_out_close(&out);
	}
	ssi_out_close(&out);
	rc = ssi_out_end(&out, 0);
	return rc ? ssi_cmd_fail("help", NULL, rc, NULL) : SSI_EXIT_OK;
}

int ssi_cmd_help(const struct ssi_args *args)
{
	if (args->json)
		return print_json();
	ssi_help_group(stdout, NULL);
	return SSI_EXIT_OK;
}
