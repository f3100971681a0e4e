/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which process is the agent of a node: a lock on a file of the node below
 * /run/ssi-hv, which the kernel drops when the process ends, however it ends.
 * The file stays; it names the last agent and says nothing about a lock.
 *
 * Node names are unique in a network namespace, so its number is in the file's
 * name.
 */
#ifndef SSICTL_LOCK_H
#define SSICTL_LOCK_H

#include <sys/types.h>

/**
 * ssi_lock_take - become the agent of a node, until this process ends
 * @node: name of the node
 * @holder: filled with the other agent on -EBUSY
 *
 * Not inherited by fork(). Call it once per process: the lock is lost when any
 * other descriptor of the file is closed.
 *
 * Return: 0; -EBUSY when the node has an agent; another negative errno.
 */
int ssi_lock_take(const char *node, pid_t *holder);

/**
 * ssi_lock_holder - find the agent of a node
 * @node: name of the node
 * @holder: filled with the agent's process, 0 for none
 *
 * Not for the agent itself.
 *
 * Return: 0 or a negative errno.
 */
int ssi_lock_holder(const char *node, pid_t *holder);

#endif /* SSICTL_LOCK_H */
