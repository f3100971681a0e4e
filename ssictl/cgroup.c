// SPDX-License-Identifier: Apache-2.0
#include "cgroup.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Type of a file handle that holds the id of a kernfs node and nothing else. */
#define FILEID_KERNFS 0xfe

/* Where systemd mounts the hierarchy that has the memory controller, new and old. */
static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/memory" };

/* The path of an open directory. */
static ssize_t path_of(int fd, char *path, size_t size)
{
	char link[32];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, size - 1);
	if (len > 0)
		path[len] = 0;
	return len;
}

static int open_id(const char *mount, uint64_t id)
{
	union {
		struct file_handle handle;
		char space[sizeof(struct file_handle) + sizeof(id)];
	} u = { .handle = { .handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS } };
	int dir = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd;

	if (dir < 0)
		return -1;
	memcpy(u.handle.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(dir, &u.handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	close(dir);
	return fd;
}

/* Return: whether there is such a cgroup below @mount. */
static int find_below(const char *mount, uint64_t id, char *name, size_t size)
{
	size_t skip = strlen(mount);
	char path[PATH_MAX];
	int fd = open_id(mount, id);
	ssize_t len;

	if (fd < 0)
		return 0;
	len = path_of(fd, path, sizeof(path));
	close(fd);
	if (len < (ssize_t)skip || strncmp(path, mount, skip))
		return 0;
	snprintf(name, size, "%s", path[skip] ? path + skip : "/");
	/* Whoever made it chose the name: no escape sequences for a terminal. */
	for (; *name; name++) {
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			*name = '?';
	}
	return 1;
}

void ssi_cgroup_name(uint64_t id, char *name, size_t size)
{
	size_t i;

	for (i = 0; id && i < sizeof(mounts) / sizeof(*mounts); i++) {
		if (find_below(mounts[i], id, name, size))
			return;
	}
	if (id)
		snprintf(name, size, "(gone) %" PRIu64, id);
	else
		snprintf(name, size, "(none)");
}
