// SPDX-License-Identifier: Apache-2.0
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef LOCK_DIR
#define LOCK_DIR "/run/ssi-hv"
#endif

static int make_path(const char *node, char *path, size_t size)
{
	struct stat ns;

	if (stat("/proc/self/ns/net", &ns) < 0)
		return -errno;
	snprintf(path, size, LOCK_DIR "/%s@%ju.agent", node, (uintmax_t)ns.st_ino);
	return 0;
}

/* Whose lock stands in the way, 0 for none; unlike an attempt it disturbs nobody. */
static int ask(int fd, pid_t *holder)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_GETLK, &lock) < 0)
		return -errno;
	*holder = lock.l_type == F_UNLCK ? 0 : lock.l_pid;
	return 0;
}

static int take(int fd, pid_t *holder)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	*holder = 0;
	if (fcntl(fd, F_SETLK, &lock) == 0)
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return -errno;
	ask(fd, holder);
	return -EBUSY;
}

int ssi_lock_take(const char *node, pid_t *holder)
{
	char path[PATH_MAX];
	int fd, rc = make_path(node, path, sizeof(path));

	if (rc)
		return rc;
	if (mkdir(LOCK_DIR, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	/* Who can open it can lock it, and be taken for the agent. */
	fchmod(fd, 0600);
	rc = take(fd, holder);
	if (rc == 0 && (ftruncate(fd, 0) < 0 || dprintf(fd, "%d\n", getpid()) < 0))
		rc = -errno;
	/* With the descriptor the lock would go. */
	if (rc)
		close(fd);
	return rc;
}

int ssi_lock_holder(const char *node, pid_t *holder)
{
	char path[PATH_MAX];
	int fd, rc = make_path(node, path, sizeof(path));

	if (rc)
		return rc;
	*holder = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	rc = ask(fd, holder);
	close(fd);
	return rc;
}
