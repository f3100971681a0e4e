/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that does not come. Who polls a region's file learns when a fault has
 * waited for longer than a second, so that a VMM can stop its guest meanwhile.
 */
#ifndef SSI_STALL_H
#define SSI_STALL_H

#include <linux/atomic.h>
#include <linux/poll.h>
#include <linux/wait.h>

/**
 * enum ssi_wait - what a fault waits for
 * @SSI_WAIT_PAGE: its home, or whoever takes the page away here
 * @SSI_WAIT_ROOM: in the share
 * @SSI_WAIT_THAW: the change of the region's members
 * @SSI_WAIT_SLOT: for a request
 */
enum ssi_wait {
	SSI_WAIT_PAGE,
	SSI_WAIT_ROOM,
	SSI_WAIT_THAW,
	SSI_WAIT_SLOT,
};

/**
 * struct ssi_stall - what is being waited for too long
 * @count: threads and requests for which a second has passed, and @kept
 * @kept:  somebody waited for a second who could not stay to wait
 * @wait:  those who poll
 */
struct ssi_stall {
	atomic_t count;
	bool kept;
	wait_queue_head_t wait;
};

void ssi_stall_init(struct ssi_stall *stall);
void ssi_stall_begin(struct ssi_stall *stall);
void ssi_stall_end(struct ssi_stall *stall);
bool ssi_stall_keep(struct ssi_stall *stall);
void ssi_stall_drop(struct ssi_stall *stall);
bool ssi_stall_poll(struct ssi_stall *stall, struct file *file,
		    poll_table *table);

#endif /* SSI_STALL_H */
