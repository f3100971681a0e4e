// SPDX-License-Identifier: Apache-2.0
#include "maps.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static FILE *open_file(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return fopen(path, "re");
}

/* Adds up the mappings of @file; false if they can not be read. */
static bool sum_maps(pid_t pid, const struct stat *file, uint64_t *mapped)
{
	FILE *f = open_file(pid, "maps");
	uint64_t start, end, inode;
	unsigned int major, minor;
	char line[PATH_MAX + 128];

	if (!f)
		return errno == ENOENT || errno == ESRCH;
	*mapped = 0;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %*s %x:%x %" SCNu64, &start, &end,
			   &major, &minor, &inode) != 5)
			continue;
		if (inode == file->st_ino && makedev(major, minor) == file->st_dev)
			*mapped += end - start;
	}
	fclose(f);
	return true;
}

/* Its first line without the newline, or what else stands before a zero byte. */
static void read_word(pid_t pid, const char *name, char *word, size_t size)
{
	FILE *f = open_file(pid, name);

	*word = 0;
	if (!f)
		return;
	if (fgets(word, size, f))
		word[strcspn(word, "\n")] = 0;
	fclose(f);
}

/* A relative path is one from the folder in which the process runs. */
static void take_path(struct ssi_user *user, const char *path)
{
	int len = *path == '/' ? snprintf(user->control, SSI_MAPS_PATH, "%s", path) :
				 snprintf(user->control, SSI_MAPS_PATH, "/proc/%d/cwd/%s",
					  user->pid, path);

	if (len >= SSI_MAPS_PATH)
		*user->control = 0;
}

/* The value of an option that is given as one word or as two; else NULL. */
static const char *value_of(const char *option, const char *before, const char *word)
{
	size_t len = strlen(option);

	if (!strcmp(before, option))
		return word;
	return !strncmp(word, option, len) && word[len] == '=' ? word + len + 1 : NULL;
}

static void take_word(struct ssi_user *user, const char *before, const char *word)
{
	const char *value = value_of("--control", before, word);

	if (value)
		take_path(user, value);
	value = value_of("--cpus", before, word);
	if (value)
		user->cpus = strtoul(value, NULL, 10);
}

/* What our monitor was told when it was started. */
static void read_options(struct ssi_user *user)
{
	FILE *f = open_file(user->pid, "cmdline");
	char before[16] = "";
	char *word = NULL;
	size_t size = 0;

	user->cpus = 1;
	while (f && getdelim(&word, &size, 0, f) > 0) {
		take_word(user, before, word);
		/* What is cut off is none of the options. */
		snprintf(before, sizeof(before), "%s", word);
	}
	free(word);
	if (f)
		fclose(f);
}

static int look_at(pid_t pid, const struct stat *file, const char *program, ssi_user_fn fn,
		   void *arg)
{
	struct ssi_user user = { .pid = pid };

	read_word(pid, "comm", user.program, sizeof(user.program));
	if (program && strcmp(user.program, program) != 0)
		return 0;
	if (!sum_maps(pid, file, &user.mapped))
		return 1;
	if (!user.mapped)
		return 0;
	if (!strcmp(user.program, "ssi-vmm"))
		read_options(&user);
	fn(&user, arg);
	return 0;
}

int ssi_maps_each(const struct stat *file, const char *program, ssi_user_fn fn, void *arg)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int unseen = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (isdigit((unsigned char)*entry->d_name))
			unseen += look_at(atoi(entry->d_name), file, program, fn, arg);
	}
	closedir(dir);
	return unseen;
}
