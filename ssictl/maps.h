/* SPDX-License-Identifier: Apache-2.0 */
/* Which processes of this machine have a file mapped, from /proc. */
#ifndef SSICTL_MAPS_H
#define SSICTL_MAPS_H

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Room for a path, as that of a control socket: what fits into a socket's address. */
#define SSI_MAPS_PATH 108

/**
 * struct ssi_user - a process that has a file mapped
 * @pid: the process
 * @program: its name, up to 15 characters
 * @mapped: bytes of the file that are mapped, twice what is mapped twice
 * @control: a monitor's control socket, empty if there is none
 * @cpus: how many a monitor gives its guest; 0 for other programs
 */
struct ssi_user {
	pid_t pid;
	char program[16];
	uint64_t mapped;
	char control[SSI_MAPS_PATH];
	unsigned int cpus;
};

typedef void (*ssi_user_fn)(const struct ssi_user *user, void *arg);

/**
 * ssi_maps_each - look for the users of a file
 * @file: its device and inode are used
 * @program: only processes of this name; NULL for all
 * @fn: called for each process that has it mapped
 * @arg: passed to @fn
 *
 * Return: how many processes could not be looked at, or a negative errno.
 */
int ssi_maps_each(const struct stat *file, const char *program, ssi_user_fn fn, void *arg);

#endif /* SSICTL_MAPS_H */
