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
 * struct ssi_stall - what is being waited for too long
 * @count: threads and requests for which a second has passed
 * @wait:  those who poll
 */
struct ssi_stall {
	atomic_t count;
	wait_queue_head_t wait;
};

void ssi_stall_init(struct ssi_stall *stall);
void ssi_stall_begin(struct ssi_stall *stall);
void ssi_stall_end(struct ssi_stall *stall);
bool ssi_stall_poll(struct ssi_stall *stall, struct file *file,
		    poll_table *table);

#endif /* SSI_STALL_H */
