/* SPDX-License-Identifier: Apache-2.0 */
/* Files that hold secrets: only their owner may read them. */
#ifndef SSICTL_PRIVATE_H
#define SSICTL_PRIVATE_H

#include <stddef.h>
#include <sys/types.h>

/**
 * ssi_private_read - read a file that nobody but its owner can read
 * @path: the file
 * @buf: its bytes
 * @max: room in @buf; a longer file is refused
 * @remedy: what helps where there is no such file
 * @why: filled with the reason of a refusal
 * @size: bytes of @why
 *
 * Return: how many bytes it has, or -1 with @why set.
 */
ssize_t ssi_private_read(const char *path, void *buf, size_t max, const char *remedy, char *why,
			 size_t size);

#endif /* SSICTL_PRIVATE_H */
