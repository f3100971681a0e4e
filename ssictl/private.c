// SPDX-License-Identifier: Apache-2.0
#include "private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The mode is read from the open file, so that nobody swaps it in between. */
static int open_private(const char *path, size_t max, const char *remedy, char *why, size_t size)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		snprintf(why, size, "%s%s%s", strerror(errno), errno == ENOENT ? "; " : "",
			 errno == ENOENT ? remedy : "");
		return -1;
	}
	if (fstat(fd, &st) < 0)
		snprintf(why, size, "%s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		snprintf(why, size, "not a regular file");
	else if (st.st_mode & (S_IRWXG | S_IRWXO))
		snprintf(why, size, "open to group or others; chmod 600 it");
	else if (st.st_size > (off_t)max)
		snprintf(why, size, "longer than %zu bytes", max);
	else
		return fd;
	close(fd);
	return -1;
}

static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t have = 0;
	ssize_t got;

	while (have < size) {
		got = read(fd, buf + have, size - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += got;
	}
	return have;
}

ssize_t ssi_private_read(const char *path, void *buf, size_t max, const char *remedy, char *why,
			 size_t size)
{
	int fd = open_private(path, max, remedy, why, size);
	ssize_t len;

	if (fd < 0)
		return -1;
	len = read_all(fd, buf, max);
	if (len < 0)
		snprintf(why, size, "%s", strerror(errno));
	close(fd);
	return len;
}
