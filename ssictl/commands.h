/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of commands: it drives the command line, the usage text, and by
 * way of `ssictl help --json` and generate the manual and the completions.
 */
#ifndef SSICTL_COMMANDS_H
#define SSICTL_COMMANDS_H

#include "opts.h"

/**
 * struct ssi_command - one command
 * @name: one or two words; NULL ends the table
 * @opts: its arguments and options
 * @run: what it does; returns an exit code. NULL in build/ssictl if only
 *	ssictl-full has it: full.h
 * @summary: one line
 */
struct ssi_command {
	const char *name;
	const struct ssi_opt *opts;
	int (*run)(const struct ssi_args *args);
	const char *summary;
};

/**
 * struct ssi_exit_code - what an exit code means
 * @code: one of enum ssi_exit
 * @text: sentences; NULL ends the table
 */
struct ssi_exit_code {
	int code;
	const char *text;
};

extern const struct ssi_command ssi_commands[];
extern const struct ssi_exit_code ssi_exit_codes[];

/**
 * ssi_help_group - print the usage of the commands of a group
 * @f: where to
 * @group: first word of their names; NULL for all commands, with a line about each
 */
void ssi_help_group(FILE *f, const char *group);

/**
 * ssi_help_command - explain a command
 * @c: the command
 */
void ssi_help_command(const struct ssi_command *c);

/**
 * ssi_help_synopsis - print how a command is used, a line
 * @f: where to
 * @c: the command
 */
void ssi_help_synopsis(FILE *f, const struct ssi_command *c);

/**
 * ssi_help_in_group - is this word the first one of a command's name, or all of it?
 * @c: the command
 * @word: the word
 *
 * Return: true if it is.
 */
bool ssi_help_in_group(const struct ssi_command *c, const char *word);

#endif /* SSICTL_COMMANDS_H */
