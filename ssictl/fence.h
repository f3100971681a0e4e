/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node that fences itself. When its lease is over it may be declared dead, and where
 * the link to a member is down as well the others may go on without its pages: a
 * guest that runs on here would write to disks and networks what is true no more. So
 * programs that have regions mapped are stopped (SIGSTOP), until it is known that
 * nothing has happened. Their pages are there for other nodes meanwhile. Which they
 * are is in a file, so that an agent that is started anew lets them go on.
 */
#ifndef SSICTL_FENCE_H
#define SSICTL_FENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "logline.h"
#include "nl.h"

struct ssi_fence;

/**
 * ssi_fence_new - what an agent before this one has stopped, and not released
 * @node: name of the local node; stays the caller's
 * @incarnation: of the node
 * @say: writes a line of the log
 * @arg: passed to @say
 *
 * Return: the fence, or NULL without memory.
 */
struct ssi_fence *ssi_fence_new(const char *node, const uint8_t *incarnation, ssi_say_fn say,
				void *arg);

/**
 * ssi_fence_free - what is stopped stays stopped
 * @fence: of ssi_fence_new(), or NULL
 */
void ssi_fence_free(struct ssi_fence *fence);

/**
 * ssi_fence_holds - is anything stopped?
 * @fence: of the node
 */
bool ssi_fence_holds(const struct ssi_fence *fence);

/**
 * ssi_fence_stop - stop the programs that have regions of the node mapped
 * @fence: of the node
 * @nl: connection for requests
 *
 * Called again, it stops those that came meanwhile.
 */
void ssi_fence_stop(struct ssi_fence *fence, struct ssi_nl *nl);

/**
 * ssi_fence_release - let what was stopped go on
 * @fence: of the node
 */
void ssi_fence_release(struct ssi_fence *fence);

#endif /* SSICTL_FENCE_H */
