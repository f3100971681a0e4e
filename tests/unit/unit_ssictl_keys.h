/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a command's JSON are those that the manual lists, no more and no less. */
#ifndef UNIT_SSICTL_KEYS_H
#define UNIT_SSICTL_KEYS_H

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef MANUAL
#define MANUAL "ssictl/ssictl.8"
#endif

/* Adds "nodes[].peers[].share" and the like to the set @keys. */
static void collect_keys(json_t *value, const char *path, json_t *keys)
{
	char longer[128];
	const char *key;
	json_t *inner;
	size_t i;

	json_object_foreach(value, key, inner) {
		snprintf(longer, sizeof(longer), "%s%s%s", path, *path ? "." : "", key);
		if (!json_is_array(inner) || !json_is_object(json_array_get(inner, 0)))
			json_object_set_new(keys, longer, json_true());
		collect_keys(inner, longer, keys);
	}
	snprintf(longer, sizeof(longer), "%s[]", path);
	json_array_foreach(value, i, inner)
		collect_keys(inner, longer, keys);
}

/* The keys below ".Ss Keys of ssictl COMMAND", one per ".It Sy". */
static json_t *documented_keys(const char *command)
{
	json_t *keys = json_object();
	char line[256], heading[64];
	FILE *f = fopen(MANUAL, "r");
	int in_section = 0;

	ck_assert_ptr_nonnull(f);
	snprintf(heading, sizeof(heading), ".Ss Keys of ssictl %s\n", command);
	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, ".Ss ", 4) || !strncmp(line, ".Sh ", 4))
			in_section = !strcmp(line, heading);
		line[strcspn(line, "\n")] = 0;
		if (in_section && !strncmp(line, ".It Sy ", 7))
			json_object_set_new(keys, line + 7, json_true());
	}
	fclose(f);
	ck_assert_msg(json_object_size(keys) != 0, "the manual has no keys of %s", command);
	return keys;
}

/**
 * check_keys - compare JSON with the manual
 * @document: what a command printed; a list of documents counts as one with all keys
 * @command: its name
 */
static void check_keys(json_t *document, const char *command)
{
	json_t *found = json_object(), *listed = documented_keys(command), *one, *ignored;
	const char *key;
	size_t i;

	if (json_is_array(document)) {
		json_array_foreach(document, i, one)
			collect_keys(one, "", found);
	} else {
		collect_keys(document, "", found);
	}
	json_object_foreach(found, key, ignored)
		ck_assert_msg(json_object_get(listed, key), "%s prints %s, which " MANUAL
			      " does not list", command, key);
	json_object_foreach(listed, key, ignored)
		ck_assert_msg(json_object_get(found, key), MANUAL " lists %s, which %s does not print",
			      key, command);
	json_decref(found);
	json_decref(listed);
}

/**
 * run_to_text - run a command and keep what it prints
 * @run: the command
 * @args: its command line
 * @text: filled with its standard output; the caller frees it
 *
 * Return: its exit code.
 */
static int run_to_text(int (*run)(const struct ssi_args *args), const struct ssi_args *args,
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
