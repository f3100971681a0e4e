/* SPDX-License-Identifier: GPL-2.0-only */
/* Management calls that concern other nodes too: regions, leaving. */
#ifndef SSI_MANAGE_H
#define SSI_MANAGE_H

#include "call.h"

struct ssi_job;
struct ssi_node;
struct ssi_peer;
struct ssi_region_config;

/**
 * struct ssi_cluster - figures of several nodes, to see whether regions fit
 * @members: bit n: node n is one of them
 * @share:   pages that they give
 * @reserve: pages that they have for transit
 */
struct ssi_cluster {
	u64 members;
	u64 share;
	u64 reserve;
};

int ssi_manage_look(struct ssi_node *node, struct ssi_cluster *cluster,
		    struct ssi_refusal *why);
int ssi_manage_fits(struct ssi_node *node, u64 pages,
		    const struct ssi_cluster *cluster, struct ssi_refusal *why);
int ssi_manage_create(struct ssi_node *node,
		      const struct ssi_region_config *config,
		      unsigned long timeout, struct ssi_refusal *why);
int ssi_manage_delete(struct ssi_node *node, const char *name,
		      unsigned long timeout, struct ssi_refusal *why);
int ssi_manage_extend(struct ssi_node *node, const char *name, unsigned int id,
		      unsigned long timeout, struct ssi_refusal *why);
int ssi_manage_attach(struct ssi_node *node, u8 id, const u8 *incarnation,
		      struct ssi_peer **peer, struct ssi_refusal *why);
bool ssi_manage_spans(struct ssi_node *node, unsigned int id);
void ssi_manage_job(struct ssi_job *job);

#endif /* SSI_MANAGE_H */
