/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper of a node's lease: a thread of the agent that registers the node with
 * a coordinator, tells it where links are accepted, sends heartbeats, and tells
 * the kernel who the members are. What the coordinator says is news for the
 * agent's loop, which waits for nobody.
 *
 *	register -> join -> beat, beat, ... -> remove
 *	^           ^        |
 *	+-----------+--------+ the coordinator does not know the node, or this life
 *
 * A coordinator that is away changes nothing: it is asked again, later and later.
 */
#ifndef SSICTL_KEEPER_H
#define SSICTL_KEEPER_H

#include <stdbool.h>

#include "lease.h"
#include "logline.h"
#include "rest.h"

#define SSI_KEEPER_TEXT 512

struct ssi_keeper;

/**
 * struct ssi_keeper_cfg - what the keeper starts with; stays the caller's
 * @rest: whom to ask
 * @node: as the kernel made it
 * @protocol: that its module speaks to other nodes
 * @address: where links are accepted, as --listen says it
 * @say: writes a line of the log; called from the keeper's thread
 * @arg: passed to @say
 */
struct ssi_keeper_cfg {
	struct ssi_rest_cfg rest;
	struct ssi_nl_node node;
	uint32_t protocol;
	const char *address;
	ssi_say_fn say;
	void *arg;
};

/**
 * struct ssi_news - what the coordinator said
 * @members_known: @lease has members
 * @lease: the last one with members that the kernel took
 * @dead: this life of the node was declared dead
 * @trouble: why the coordinator is of no use, and what helps; empty when it is
 */
struct ssi_news {
	bool members_known;
	struct ssi_lease lease;
	bool dead;
	char trouble[SSI_KEEPER_TEXT];
};

/**
 * ssi_keeper_register - get an id for a host that has no node yet
 * @rest: whom to ask
 * @node: name, share and reserve; its id is filled in, or asked for
 * @protocol: that its module speaks to other nodes
 * @any_id: any id will do
 * @why: filled with the reason of a failure, and what helps
 * @size: bytes of @why
 *
 * Return: 0, or -1 with @why set.
 */
int ssi_keeper_register(const struct ssi_rest_cfg *rest, struct ssi_nl_node *node,
			uint32_t protocol, bool any_id, char *why, size_t size);

/**
 * ssi_keeper_start - start the thread
 * @cfg: must outlive the keeper
 *
 * Return: the keeper, or NULL without memory or threads.
 */
struct ssi_keeper *ssi_keeper_start(const struct ssi_keeper_cfg *cfg);

/**
 * ssi_keeper_fd - a descriptor that is readable while there is news
 * @keeper: the keeper
 *
 * Return: the descriptor.
 */
int ssi_keeper_fd(const struct ssi_keeper *keeper);

/**
 * ssi_keeper_take - take the news
 * @keeper: the keeper
 * @news: filled in
 */
void ssi_keeper_take(struct ssi_keeper *keeper, struct ssi_news *news);

/**
 * ssi_keeper_until - when the node's lease is over
 * @keeper: the keeper
 *
 * Counted from when the coordinator was asked for it, so that it is over here before
 * it is there.
 *
 * Return: milliseconds on the clock of ssi_handshake_now(); 0 before the first lease.
 */
int64_t ssi_keeper_until(struct ssi_keeper *keeper);

/**
 * ssi_keeper_hurry - there may be a new member: ask at once
 * @keeper: the keeper
 */
void ssi_keeper_hurry(struct ssi_keeper *keeper);

/**
 * ssi_keeper_end - end the thread
 * @keeper: the keeper, or NULL
 * @left: the node has left: the coordinator is told first, if it answers
 */
void ssi_keeper_end(struct ssi_keeper *keeper, bool left);

#endif /* SSICTL_KEEPER_H */
