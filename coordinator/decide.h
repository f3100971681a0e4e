/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wished for becomes a change, or is refused: all rules of the cluster
 * stand here. No clock, no files, no network.
 */
#ifndef SSI_COORD_DECIDE_H
#define SSI_COORD_DECIDE_H

#include "cluster.h"
#include "lease.h"
#include "problem.h"

/**
 * enum ssi_wish_type - what is wished for
 * @SSI_WISH_CREATE_CLUSTER: a cluster; uses @name, @id, @lease_ms, @max_nodes
 * @SSI_WISH_DELETE_CLUSTER: none; uses @force
 * @SSI_WISH_REGISTER: an id for a host; uses @name, @share, @reserve, @version,
 *	@protocol, @node when @node_given
 * @SSI_WISH_JOIN: that a node is a member; uses @node, @incarnation, @address
 * @SSI_WISH_DRAIN: that it is being emptied; uses @node, @draining
 * @SSI_WISH_REMOVE: that its id is free; uses @node, @force
 * @SSI_WISH_EXPIRE: that a silent member is dead; uses @node
 * @SSI_WISH_INVITE: that who shows a token gets a node's certificate; uses @name,
 *	@invite, @expires, @node when @node_given
 * @SSI_WISH_CERTIFY: that certificate, for a token; uses @invite, @serial
 * @SSI_WISH_RECERTIFY: another one, for who has one; uses @node, @name, @serial
 * @SSI_WISH_CREATE_REGION: a region; uses @name, @size, @members or @nodes
 * @SSI_WISH_DELETE_REGION: none; uses @region
 * @SSI_WISHES: how many there are
 */
enum ssi_wish_type {
	SSI_WISH_CREATE_CLUSTER,
	SSI_WISH_DELETE_CLUSTER,
	SSI_WISH_REGISTER,
	SSI_WISH_JOIN,
	SSI_WISH_DRAIN,
	SSI_WISH_REMOVE,
	SSI_WISH_EXPIRE,
	SSI_WISH_INVITE,
	SSI_WISH_CERTIFY,
	SSI_WISH_RECERTIFY,
	SSI_WISH_CREATE_REGION,
	SSI_WISH_DELETE_REGION,
	SSI_WISHES,
};

/**
 * struct ssi_wish - a wish
 * @type: what is wished for
 * @with: the values, as the change will have them
 * @node_given: @with.node was chosen by who asks
 * @members: of a region; none to let nodes be chosen
 * @nodes: how many to choose; 0 for all that have room
 * @force: also when something is lost
 */
struct ssi_wish {
	enum ssi_wish_type type;
	struct ssi_change with;
	bool node_given;
	struct ssi_ids members;
	uint32_t nodes;
	bool force;
};

/**
 * struct ssi_situation - what a decision depends on
 * @cluster: the cluster
 * @leases: the leases
 * @now: the time, on the clock of the leases
 * @time: the time, milliseconds since 1970
 */
struct ssi_situation {
	const struct ssi_cluster *cluster;
	const struct ssi_leases *leases;
	int64_t now;
	uint64_t time;
};

/**
 * enum ssi_decision - what comes of a wish
 * @SSI_DECIDED_REFUSAL: nothing
 * @SSI_DECIDED_NOTHING: it is so already
 * @SSI_DECIDED_LAST: a change
 * @SSI_DECIDED_MORE: a change, and once it is applied, another decision
 */
enum ssi_decision {
	SSI_DECIDED_REFUSAL = -1,
	SSI_DECIDED_NOTHING,
	SSI_DECIDED_LAST,
	SSI_DECIDED_MORE,
};

/**
 * ssi_decide - what comes of a wish?
 * @s: the situation
 * @wish: the wish
 * @next: filled with the change, all but its revision and time; with ids also
 *	when there is none
 * @why: filled with the reason of a refusal
 *
 * Return: an enum ssi_decision.
 */
enum ssi_decision ssi_decide(const struct ssi_situation *s, const struct ssi_wish *wish,
			     struct ssi_change *next, struct ssi_refusal *why);

#endif /* SSI_COORD_DECIDE_H */
