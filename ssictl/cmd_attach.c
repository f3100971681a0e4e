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
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/ssi_mem_dev.h>

#define DEVICE	     "/dev/ssi_mem"
#define PLACE	     "{}"
#define NO_PROGRAM   127
#define CAN_NOT_EXEC 126

/* The device has no words of its own, so these say as well what is the case. */
static const struct ssi_hint hints[] = {
	{ ENOTUNIQ, "several nodes here: name one with --node" },
	{ ENOENT, "no such region on this node: ssictl region list" },
	{ EACCES, "the region's owner, group and mode do not let you: ssictl region list" },
	{ ESHUTDOWN, "the region is being deleted, or this node becomes a member: try again" },
	{ 0, NULL },
};

static int open_device(int *device)
{
	int error;

	*device = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (*device >= 0)
		return SSI_EXIT_OK;
	error = errno;
	fprintf(stderr, "ssictl: region attach: " DEVICE ": %s; %s\n", strerror(error),
		error == EACCES ? "be root or in the group of the device" :
				  "modprobe ssi_mem; ssictl doctor looks for reasons");
	return error == ENOENT || error == ENXIO ? SSI_EXIT_NO_MODULE : SSI_EXIT_FAIL;
}

/* The descriptor that the command inherits, or -1 after a message. */
static int attach(const struct ssi_args *args, int device)
{
	struct ssi_dev_attach request = {
		.size = sizeof(request),
		.flags = args->read_only ? SSI_DEV_RDONLY : 0,
	};

	strcpy(request.region, args->name);
	if (args->node)
		strcpy(request.node, args->node);
	if (!ioctl(device, SSI_DEV_ATTACH, &request) && !fcntl(request.fd, F_SETFD, 0))
		return request.fd;
	ssi_cmd_fail("region attach", NULL, -errno, hints);
	return -1;
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
	return errno == ENOENT ? NO_PROGRAM : CAN_NOT_EXEC;
}

int ssi_cmd_region_attach(const struct ssi_args *args)
{
	int device, fd;
	int rc = open_device(&device);

	if (rc)
		return rc;
	fd = attach(args, device);
	return fd < 0 ? SSI_EXIT_FAIL : run(args->command, fd);
}
