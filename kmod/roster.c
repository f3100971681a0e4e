// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who the members of the cluster are is decided elsewhere, and told by epochs
 * that grow: what comes late, or from somebody who was cut off, counts for
 * nothing. Links that are up stay; regions have members of their own, which
 * change.c changes.
 */
#include "node.h"
#include "roster.h"

static int check_epoch(const struct ssi_roster *known,
		       const struct ssi_roster *roster, struct ssi_refusal *why)
{
	ssi_refuse(why, "the members of epoch %llu are known: epoch %llu is older",
		   known->epoch, roster->epoch);
	if (roster->epoch < known->epoch)
		return -ESTALE;
	ssi_refuse(why, "epoch %llu has other members", roster->epoch);
	return roster->epoch == known->epoch &&
	       roster->members != known->members ? -EINVAL : 0;
}

/**
 * ssi_roster_set() - take in the members of an epoch
 * @node:   the local node
 * @roster: epoch and members
 * @why:    a sentence, where refused
 *
 * Context: process, may sleep. Return: 0; -ESTALE a later epoch is known;
 * -EINVAL no epoch, the node is no member, or the epoch has other ones.
 */
int ssi_roster_set(struct ssi_node *node, const struct ssi_roster *roster,
		   struct ssi_refusal *why)
{
	int ret;

	ssi_refuse(why, "an epoch is 1 or more");
	if (!roster->epoch)
		return -EINVAL;
	ssi_refuse(why, "node %u itself is none of the members", node->id);
	if (!(roster->members >> node->id & 1))
		return -EINVAL;
	mutex_lock(&node->peer_lock);
	ret = check_epoch(&node->roster, roster, why);
	if (!ret)
		node->roster = *roster;
	mutex_unlock(&node->peer_lock);
	return ret;
}

/**
 * ssi_roster_check() - may a node have a link?
 * @node: the local node
 * @id:	  of the other one
 * @why:  a sentence, where refused
 *
 * Context: process, may sleep. Return: 0, also where no members were told;
 * -EACCES it is no member.
 */
int ssi_roster_check(struct ssi_node *node, unsigned int id,
		     struct ssi_refusal *why)
{
	struct ssi_roster roster;

	ssi_roster_get(node, &roster);
	ssi_refuse(why, "node %u is no member in epoch %llu", id, roster.epoch);
	return !roster.epoch || roster.members >> id & 1 ? 0 : -EACCES;
}

/**
 * ssi_roster_get() - the members that were told
 * @node:   the local node
 * @roster: filled in
 *
 * Context: process, may sleep.
 */
void ssi_roster_get(struct ssi_node *node, struct ssi_roster *roster)
{
	mutex_lock(&node->peer_lock);
	*roster = node->roster;
	mutex_unlock(&node->peer_lock);
}
