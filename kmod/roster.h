/* SPDX-License-Identifier: GPL-2.0-only */
/* The members of the cluster, as user space tells them by epochs. */
#ifndef SSI_ROSTER_H
#define SSI_ROSTER_H

#include <linux/types.h>

struct ssi_node;
struct ssi_refusal;

/**
 * struct ssi_roster - the members of an epoch
 * @epoch:   1 or more; 0 where none was told
 * @members: bit n is set when node n is a member
 */
struct ssi_roster {
	u64 epoch;
	u64 members;
};

int ssi_roster_set(struct ssi_node *node, const struct ssi_roster *roster,
		   struct ssi_refusal *why);
int ssi_roster_check(struct ssi_node *node, unsigned int id,
		     struct ssi_refusal *why);
void ssi_roster_get(struct ssi_node *node, struct ssi_roster *roster);

#endif /* SSI_ROSTER_H */
