// SPDX-License-Identifier: Apache-2.0
/*
 * Runs a program that knows nothing of regions: it finds the region as a file,
 * by a descriptor that it inherits and the path of it.
 */
#include "ssictl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attach.h"

#define PLACE "{}"

/* The device has no words of its own, so these say as well what is the case. */
static const struct ssi_hint hints[] = {
	{ ENOTUNIQ, "several nodes here: name one with --node" },
	{ ENOENT, "no such region on this node: ssictl region list" },
	{ EACCES, "the region's owner, group and mode do not let you: ssictl region list" },
	{ ESHUTDOWN, "the region is being deleted, or this node becomes a member: try again" },
	{ 0, NULL },
};

/* The descriptor that the command inherits, or -1 after a message. */
static int attach(const struct ssi_args *args, int device)
{
	int fd = ssi_attach_region(device, args->node, args->name, args->read_only);

	if (fd >= 0 && fcntl(fd, F_SETFD, 0))
		fd = -errno;
	if (fd < 0)
		ssi_cmd_fail("region attach", NULL, fd, hints);
	return fd;
}

/* @word with @path in all places of "{}"; NULL when out of memory. */
static char *fill_in(const char *word, const char *path)
{
	const char *place;
	size_t size = 0;
	char *text = NULL;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	while ((place = strstr(word, PLACE))) {
		fprintf(f, "%.*s%s", (int)(place - word), word, path);
		word = place + strlen(PLACE);
	}
	fputs(word, f);
	return fclose(f) ? NULL : text;
}

static int run(char **command, int fd)
{
	char number[12], path[32];
	char **word;

	snprintf(number, sizeof(number), "%d", fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (word = command; *word; word++) {
		*word = fill_in(*word, path);
		if (!*word)
			return ssi_cmd_fail("region attach", NULL, -ENOMEM, NULL);
	}
	setenv("SSI_REGION_FD", number, 1);
	execvp(command[0], command);
	fprintf(stderr, "ssictl: region attach: %s: %s\n", command[0], strerror(errno));
	return errno == ENOENT ? SSI_EXIT_NOT_FOUND : SSI_EXIT_NOT_RUN;
}

int ssi_cmd_region_attach(const struct ssi_args *args)
{
	int device, fd;
	int rc = ssi_attach_open("region attach", &device);

	if (rc)
		return rc;
	fd = attach(args, device);
	return fd < 0 ? SSI_EXIT_FAIL : run(args->command, fd);
}
