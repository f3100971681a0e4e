/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leases: when each node was last heard. They are kept in memory alone, so
 * that a heartbeat writes nothing; whoever begins to keep them, because he has
 * started or leads from now on, lets all of them begin anew.
 *
 * All times are milliseconds of a clock that is never set.
 */
#ifndef SSI_COORD_LEASE_H
#define SSI_COORD_LEASE_H

#include "cluster.h"

/* A node that was silent for so many leases is dead. It stopped by itself after one. */
#define SSI_LEASES_TO_DEATH 2

/**
 * struct ssi_leases - when each node was heard
 * @heard: by node id
 * @looked: when ssi_leases_look() was called last
 * @cut_off: more than half of the members were silent then
 */
struct ssi_leases {
	int64_t heard[SSI_CLUSTER_NODES];
	int64_t looked;
	bool cut_off;
};

/**
 * ssi_leases_restart - all leases begin now
 * @l: the leases
 * @now: the time
 */
void ssi_leases_restart(struct ssi_leases *l, int64_t now);

/**
 * ssi_leases_renew - a node was heard
 * @l: the leases
 * @id: of the node
 * @now: the time
 */
void ssi_leases_renew(struct ssi_leases *l, uint32_t id, int64_t now);

/**
 * ssi_leases_left - what is left of a lease
 * @l: the leases
 * @c: the cluster
 * @id: of the node
 * @now: the time
 *
 * Return: milliseconds; 0 or less when it ran out.
 */
int64_t ssi_leases_left(const struct ssi_leases *l, const struct ssi_cluster *c, uint32_t id,
			int64_t now);

/**
 * ssi_leases_look - could this process hear the members all the time?
 * @l: the leases
 * @c: the cluster
 * @now: the time; called several times per lease
 *
 * A process that stood still has heard nobody, and one that was cut off hears its
 * members again one after the other: then all leases begin anew.
 *
 * Return: why they did, or NULL.
 */
const char *ssi_leases_look(struct ssi_leases *l, const struct ssi_cluster *c, int64_t now);

/**
 * ssi_leases_silent - count members whose lease ran out
 * @l: the leases
 * @c: the cluster
 * @now: the time
 * @members: filled with the number of all members
 *
 * Return: how many are silent.
 */
unsigned int ssi_leases_silent(const struct ssi_leases *l, const struct ssi_cluster *c, int64_t now,
			       unsigned int *members);

/**
 * ssi_leases_dead - which member is dead?
 * @l: the leases
 * @c: the cluster
 * @now: the time
 *
 * Nobody is while more than half of the members are silent: then it is rather
 * this process that nobody reaches, and an administrator has to say.
 *
 * Return: id of a member, or -1.
 */
int ssi_leases_dead(const struct ssi_leases *l, const struct ssi_cluster *c, int64_t now);

#endif /* SSI_COORD_LEASE_H */
