/* SPDX-License-Identifier: GPL-2.0-only */
/* Management calls that concern other nodes too: regions, leaving. */
#ifndef SSI_MANAGE_H
#define SSI_MANAGE_H

#include <linux/spinlock.h>
#include <linux/wait.h>
#include "core/wire.h"

struct ssi_job;
struct ssi_node;
struct ssi_peer;

/**
 * struct ssi_call - a management call to the members of a region
 * @lock:    protects the rest; leaf
 * @serial:  of the call, echoed by the answers
 * @missing: bit n: node n has not answered yet
 * @error:   the first error that a member answered, and @who
 * @who:     id of that member
 * @wait:    the caller
 */
struct ssi_call {
	spinlock_t lock;
	u64 serial;
	u64 missing;
	int error;
	unsigned int who;
	wait_queue_head_t wait;
};

/**
 * struct ssi_refusal - why a management call failed, for people
 * @text: a sentence
 */
struct ssi_refusal {
	char text[96];
};

void ssi_call_init(struct ssi_call *call);
int ssi_manage_create(struct ssi_node *node, const char *name, u64 size,
		      unsigned long timeout, struct ssi_refusal *why);
int ssi_manage_delete(struct ssi_node *node, const char *name,
		      unsigned long timeout, struct ssi_refusal *why);
int ssi_manage_attach(struct ssi_node *node, u8 id, const u8 *incarnation,
		      struct ssi_peer **peer, struct ssi_refusal *why);
void ssi_manage_job(struct ssi_job *job);

#endif /* SSI_MANAGE_H */
