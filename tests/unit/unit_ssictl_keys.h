/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON that a command prints, and the schema of it. */
#ifndef UNIT_SSICTL_KEYS_H
#define UNIT_SSICTL_KEYS_H

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Gives the document to tests/unit/ssictl_schema.py, which prints what is wrong. */
static void ask_schema(json_t *document, const char *command, const char *option)
{
	char line[128];
	FILE *f;

	ck_assert_ptr_nonnull(document);
	snprintf(line, sizeof(line), "tests/unit/ssictl_schema.py %s '%s' >&2", option, command);
	f = popen(line, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(json_dumpf(document, f, 0), 0);
	ck_assert_msg(pclose(f) == 0, "the JSON of %s is not what its schema says", command);
}

/**
 * check_json - compare JSON with the schema of its command
 * @document: what a command printed, or a list of such documents
 * @command: its name
 */
static inline void check_json(json_t *document, const char *command)
{
	ask_schema(document, command, "");
}

/**
 * check_keys - compare JSON with the schema of its command, no less than which it has to be
 * @document: what a command printed; of a list of documents each key is in one at least
 * @command: its name
 */
static inline void check_keys(json_t *document, const char *command)
{
	ask_schema(document, command, "--all");
}

/**
 * run_to_text - run a command and keep what it prints
 * @run: the command
 * @args: its command line
 * @text: filled with its standard output; the caller frees it
 *
 * Return: its exit code.
 */
static inline int run_to_text(int (*run)(const struct ssi_args *args), const struct ssi_args *args,
		       char **text)
{
	FILE *kept = stdout;
	size_t size;
	int rc;

	stdout = open_memstream(text, &size);
	rc = run(args);
	fclose(stdout);
	stdout = kept;
	return rc;
}

#endif /* UNIT_SSICTL_KEYS_H */
