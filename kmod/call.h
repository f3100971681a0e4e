/* SPDX-License-Identifier: GPL-2.0-only */
/* A question to other nodes that the administrator waits for. */
#ifndef SSI_CALL_H
#define SSI_CALL_H

#include <linux/spinlock.h>
#include <linux/wait.h>
#include "core/wire.h"

struct ssi_job;
struct ssi_node;

/**
 * struct ssi_call - management calls to other nodes, one at a time
 * @turn:    those who wait for the node's @manage
 * @lock:    protects what follows, but @wait; leaf
 * @serial:  of the call, echoed by the answers
 * @missing: bit n: node n has not answered yet
 * @error:   the first error that a node answered, and @who
 * @who:     id of that node
 * @count:   sum of the figures that came with the answers
 * @wait:    the caller
 */
struct ssi_call {
	wait_queue_head_t turn;
	spinlock_t lock;
	u64 serial;
	u64 missing;
	int error;
	unsigned int who;
	u64 count;
	wait_queue_head_t wait;
};

/**
 * struct ssi_refusal - why a management call failed, for people
 * @text: a sentence
 */
struct ssi_refusal {
	char text[128];
};

#define ssi_refuse(why, ...) \
	snprintf((why)->text, sizeof((why)->text), __VA_ARGS__)

void ssi_call_init(struct ssi_call *call);
int ssi_call_lock(struct ssi_node *node, unsigned long end,
		  struct ssi_refusal *why);
void ssi_call_unlock(struct ssi_node *node);
u64 ssi_call_begin(struct ssi_node *node, u64 nodes);
int ssi_call_await(struct ssi_node *node, unsigned long end,
		   struct ssi_refusal *why);
void ssi_call_answered(struct ssi_job *job);
void ssi_call_reply(struct ssi_job *job, int error, u32 count);

#endif /* SSI_CALL_H */
