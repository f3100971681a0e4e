/* SPDX-License-Identifier: GPL-2.0-only */
/* A node goes: it is drained and leaves its regions, or it is dead. */
#ifndef SSI_LEAVE_H
#define SSI_LEAVE_H

#include <linux/types.h>

struct ssi_job;
struct ssi_node;
struct ssi_refusal;

int ssi_leave_drain(struct ssi_node *node, bool on, struct ssi_refusal *why);
int ssi_leave_regions(struct ssi_node *node, bool force, unsigned long end,
		      u64 *lost, struct ssi_refusal *why);
int ssi_leave_forget(struct ssi_node *node, unsigned int id,
		     unsigned long timeout, u64 *lost, struct ssi_refusal *why);
void ssi_leave_job(struct ssi_job *job);
bool ssi_leave_is_dead(struct ssi_node *node, unsigned int id,
		       const u8 *incarnation);
void ssi_leave_free_dead(struct ssi_node *node);

#endif /* SSI_LEAVE_H */
