// SPDX-License-Identifier: GPL-2.0-only
#include "stall.h"

/**
 * ssi_stall_init() - nothing stalls
 * @stall: of a region or a share
 */
void ssi_stall_init(struct ssi_stall *stall)
{
	atomic_set(&stall->count, 0);
	stall->kept = false;
	init_waitqueue_head(&stall->wait);
}

/**
 * ssi_stall_begin() - a second has passed for one more
 * @stall: pollers are woken when it is the first
 *
 * Context: any.
 */
void ssi_stall_begin(struct ssi_stall *stall)
{
	if (atomic_inc_return(&stall->count) == 1)
		wake_up_poll(&stall->wait, EPOLLPRI);
}

/**
 * ssi_stall_end() - one that ssi_stall_begin() counted is over
 * @stall: pollers are woken when it was the last
 *
 * Context: any.
 */
void ssi_stall_end(struct ssi_stall *stall)
{
	if (atomic_dec_and_test(&stall->count))
		wake_up_poll(&stall->wait, EPOLLIN | EPOLLOUT | EPOLLRDNORM |
					   EPOLLWRNORM);
}

/**
 * ssi_stall_keep() - a second has passed for one who does not stay to wait
 * @stall: goes on until ssi_stall_drop()
 *
 * Sets @kept with a full barrier: the caller then looks whether what is waited
 * for has come meanwhile, and drops the stall itself.
 *
 * Context: any. Return: true when it was not kept before.
 */
bool ssi_stall_keep(struct ssi_stall *stall)
{
	bool first;

	ssi_stall_begin(stall);
	first = !xchg(&stall->kept, true);
	if (!first)
		ssi_stall_end(stall);
	return first;
}

/**
 * ssi_stall_drop() - what was waited for has come
 * @stall: that may be kept
 *
 * The caller has a full barrier between the coming and this call.
 *
 * Context: any.
 */
void ssi_stall_drop(struct ssi_stall *stall)
{
	if (READ_ONCE(stall->kept) && xchg(&stall->kept, false))
		ssi_stall_end(stall);
}

/**
 * ssi_stall_poll() - let a poller wait for a change, and look
 * @stall: of a region or a share
 * @file:  that is polled
 * @table: of the poller, may be NULL
 *
 * The poller is on the queue before it looks, and both changes of the count
 * are full barriers before the look for pollers: one sees the other.
 *
 * Return: true while something stalls.
 */
bool ssi_stall_poll(struct ssi_stall *stall, struct file *file,
		    poll_table *table)
{
	poll_wait(file, &stall->wait, table);
	return atomic_read(&stall->count);
}
