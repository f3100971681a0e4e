/* SPDX-License-Identifier: Apache-2.0 */
/* Regions as files: the device that makes them. */
#ifndef SSICTL_ATTACH_H
#define SSICTL_ATTACH_H

#include <stdbool.h>

/**
 * ssi_attach_device - open the device
 *
 * Return: a descriptor that programs do not inherit, or a negative errno.
 */
int ssi_attach_device(void);

/**
 * ssi_attach_open - the same, for a command
 * @cmd: the command, for messages
 * @device: set to a descriptor that programs do not inherit
 *
 * Return: SSI_EXIT_OK, or the exit code after a message.
 */
int ssi_attach_open(const char *cmd, int *device);

/**
 * ssi_attach_region - open a region
 * @device: from ssi_attach_device() or ssi_attach_open()
 * @node: name of the local node; NULL where there is one only
 * @region: name of the region
 * @read_only: for reading alone
 *
 * Return: a descriptor that programs do not inherit, or a negative errno.
 */
int ssi_attach_region(int device, const char *node, const char *region, bool read_only);

#endif /* SSICTL_ATTACH_H */
