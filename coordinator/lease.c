// SPDX-License-Identifier: Apache-2.0
#include "lease.h"

void ssi_leases_restart(struct ssi_leases *l, int64_t now)
{
	unsigned int id;

	for (id = 0; id < SSI_CLUSTER_NODES; id++)
		l->heard[id] = now;
	l->looked = now;
	l->cut_off = false;
}

void ssi_leases_renew(struct ssi_leases *l, uint32_t id, int64_t now)
{
	l->heard[id] = now;
}

int64_t ssi_leases_left(const struct ssi_leases *l, const struct ssi_cluster *c, uint32_t id,
			int64_t now)
{
	return l->heard[id] + c->lease_ms - now;
}

unsigned int ssi_leases_silent(const struct ssi_leases *l, const struct ssi_cluster *c, int64_t now,
			       unsigned int *members)
{
	unsigned int id, silent = 0;

	*members = 0;
	for (id = 0; id < SSI_CLUSTER_NODES; id++) {
		if (!c->node[id] || !ssi_node_is_member(c->node[id]))
			continue;
		(*members)++;
		silent += ssi_leases_left(l, c, id, now) <= 0;
	}
	return silent;
}

static bool most_are_silent(const struct ssi_leases *l, const struct ssi_cluster *c, int64_t now)
{
	unsigned int members;

	return 2 * ssi_leases_silent(l, c, now, &members) > members;
}

const char *ssi_leases_look(struct ssi_leases *l, const struct ssi_cluster *c, int64_t now)
{
	bool was_cut_off = l->cut_off;
	const char *why = NULL;

	l->cut_off = most_are_silent(l, c, now);
	if (c->created && now - l->looked > c->lease_ms / 2)
		why = "this process stood still";
	else if (was_cut_off && !l->cut_off)
		why = "most members were silent, and are heard again";
	if (why)
		ssi_leases_restart(l, now);
	l->looked = now;
	return why;
}

int ssi_leases_dead(const struct ssi_leases *l, const struct ssi_cluster *c, int64_t now)
{
	int64_t silence = (int64_t)c->lease_ms * (SSI_LEASES_TO_DEATH - 1);
	unsigned int id;

	if (most_are_silent(l, c, now))
		return -1;
	for (id = 0; id < SSI_CLUSTER_NODES; id++) {
		if (c->node[id] && ssi_node_is_member(c->node[id]) &&
		    ssi_leases_left(l, c, id, now) + silence <= 0)
			return id;
	}
	return -1;
}
