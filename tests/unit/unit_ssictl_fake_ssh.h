/* SPDX-License-Identifier: Apache-2.0 */
/* A program named ssh in front of the system's, for tests of what calls it. */
#ifndef UNIT_SSICTL_FAKE_SSH_H
#define UNIT_SSICTL_FAKE_SSH_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Of the program, and of what it writes: $FAKE in it. */
static char folder[] = "/tmp/unit_ssictl_ssh.XXXXXX";

/* What stands in front of "--" is kept; then $1 is the machine, $2 the command. */
static void make_ssh(const char *script)
{
	char path[64], *paths;
	FILE *f;

	strcpy(strrchr(folder, '.'), ".XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/ssh", folder);
	f = fopen(path, "w");
	/* At once: several run at a time. */
	fprintf(f, "#!/bin/sh\nwhile [ \"$1\" != -- ]; do told=\"$told$1\n\"; shift; done\n"
		   "printf %%s \"$told\" >>\"$FAKE/options\"\nshift\n%s\n", script);
	fclose(f);
	ck_assert_int_eq(chmod(path, 0755), 0);
	setenv("FAKE", folder, 1);
	ck_assert_int_gt(asprintf(&paths, "%s:%s", folder, getenv("PATH")), 0);
	setenv("PATH", paths, 1);
	free(paths);
}

static void remove_ssh(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* What the program wrote, to be freed. */
static inline char *wrote(const char *name)
{
	char path[96], *text = calloc(1, 65536);
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s was not written", name);
	ck_assert_uint_lt(fread(text, 1, 65535, f), 65535);
	fclose(f);
	return text;
}

#endif /* UNIT_SSICTL_FAKE_SSH_H */
