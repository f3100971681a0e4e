// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The table of docs/protocol.md, section "A page on a node". A cell that is
 * not named here can not happen as long as the home keeps a page busy until
 * the requester's DONE; it reads { state, BUG }.
 */
#include "core/coh.h"

#define CELL(state, event, next_, act_, perm_)	\
	[state][event] = { .next = (next_), .act = (act_), .perm = (perm_) }

const struct ssi_step ssi_coh_table[SSI_STATE_MAX][SSI_EVENT_MAX] = {
	/* Local accesses. */
	CELL(SSI_INVALID, SSI_EV_LOAD, SSI_INVALID, SSI_ACT_ASK_READ, 0),
	CELL(SSI_INVALID, SSI_EV_STORE, SSI_INVALID, SSI_ACT_ASK_WRITE, 0),
	CELL(SSI_UNTOUCHED, SSI_EV_LOAD, SSI_SOLE, SSI_ACT_ZERO, 0),
	CELL(SSI_UNTOUCHED, SSI_EV_STORE, SSI_SOLE, SSI_ACT_ZERO, 0),
	CELL(SSI_SHARED, SSI_EV_LOAD, SSI_SHARED, SSI_ACT_HIT, 0),
	CELL(SSI_SHARED, SSI_EV_STORE, SSI_SHARED, SSI_ACT_ASK_COPY, 0),
	CELL(SSI_OWNED, SSI_EV_LOAD, SSI_OWNED, SSI_ACT_HIT, 0),
	CELL(SSI_OWNED, SSI_EV_STORE, SSI_OWNED, SSI_ACT_ASK_COPY, 0),
	CELL(SSI_SOLE, SSI_EV_LOAD, SSI_SOLE, SSI_ACT_HIT, 0),
	CELL(SSI_SOLE, SSI_EV_STORE, SSI_SOLE, SSI_ACT_HIT, 0),

	CELL(SSI_POISONED, SSI_EV_LOAD, SSI_POISONED, SSI_ACT_POISON, 0),
	CELL(SSI_POISONED, SSI_EV_STORE, SSI_POISONED, SSI_ACT_POISON, 0),

	/* Only clean copies are dropped without asking. */
	CELL(SSI_SHARED, SSI_EV_DROP, SSI_INVALID,
	     SSI_ACT_UNMAP | SSI_ACT_FREE, 0),

	/*
	 * A copy may have been dropped since the home noted it: the ack is
	 * owed all the same. An owner is invalidated when a sharer upgrades.
	 */
	CELL(SSI_INVALID, SSI_EV_INVALIDATE, SSI_INVALID, SSI_ACT_ACK, 0),
	CELL(SSI_SHARED, SSI_EV_INVALIDATE, SSI_INVALID,
	     SSI_ACT_UNMAP | SSI_ACT_ACK | SSI_ACT_FREE, 0),
	CELL(SSI_OWNED, SSI_EV_INVALIDATE, SSI_INVALID,
	     SSI_ACT_UNMAP | SSI_ACT_ACK | SSI_ACT_FREE, 0),

	/* What an owner does for others. */
	CELL(SSI_UNTOUCHED, SSI_EV_FWD_READ, SSI_INVALID, SSI_ACT_ZEROES,
	     SSI_PERM_SOLE),
	CELL(SSI_OWNED, SSI_EV_FWD_READ, SSI_OWNED, SSI_ACT_DATA,
	     SSI_PERM_SHARED),
	CELL(SSI_SOLE, SSI_EV_FWD_READ, SSI_OWNED,
	     SSI_ACT_PROTECT | SSI_ACT_DATA, SSI_PERM_SHARED),
	/*
	 * A page that its owner does not use moves when it is read: a copy
	 * would take memory on both nodes, and the first write an upgrade.
	 */
	CELL(SSI_SOLE, SSI_EV_FWD_TAKE, SSI_INVALID,
	     SSI_ACT_UNMAP | SSI_ACT_DATA, SSI_PERM_SOLE),
	CELL(SSI_UNTOUCHED, SSI_EV_FWD_WRITE, SSI_INVALID, SSI_ACT_ZEROES,
	     SSI_PERM_SOLE),
	CELL(SSI_OWNED, SSI_EV_FWD_WRITE, SSI_INVALID,
	     SSI_ACT_UNMAP | SSI_ACT_DATA, SSI_PERM_SOLE),
	CELL(SSI_SOLE, SSI_EV_FWD_WRITE, SSI_INVALID,
	     SSI_ACT_UNMAP | SSI_ACT_DATA, SSI_PERM_SOLE),
	CELL(SSI_OWNED, SSI_EV_FWD_EVICT, SSI_INVALID,
	     SSI_ACT_UNMAP | SSI_ACT_DATA, SSI_PERM_OWNED),
	CELL(SSI_SOLE, SSI_EV_FWD_EVICT, SSI_INVALID,
	     SSI_ACT_UNMAP | SSI_ACT_DATA, SSI_PERM_SOLE),

	/* What arrives. A sharer can be the target of an eviction. */
	CELL(SSI_INVALID, SSI_EV_ZEROES, SSI_UNTOUCHED, 0, 0),
	CELL(SSI_INVALID, SSI_EV_SHARED, SSI_SHARED, SSI_ACT_INSTALL, 0),
	CELL(SSI_INVALID, SSI_EV_OWNED, SSI_OWNED, SSI_ACT_INSTALL, 0),
	CELL(SSI_SHARED, SSI_EV_OWNED, SSI_OWNED, 0, 0),
	/* The home gave a copy, and then the page, which overtook it. */
	CELL(SSI_OWNED, SSI_EV_SHARED, SSI_OWNED, 0, 0),
	CELL(SSI_INVALID, SSI_EV_SOLE, SSI_SOLE, SSI_ACT_INSTALL, 0),
	CELL(SSI_UNTOUCHED, SSI_EV_KEEP, SSI_UNTOUCHED, 0, 0),
	CELL(SSI_OWNED, SSI_EV_KEEP, SSI_OWNED, 0, 0),
	CELL(SSI_SOLE, SSI_EV_KEEP, SSI_SOLE, 0, 0),
	CELL(SSI_UNTOUCHED, SSI_EV_UPGRADE, SSI_UNTOUCHED, 0, 0),
	CELL(SSI_SHARED, SSI_EV_UPGRADE, SSI_SOLE, 0, 0),
	CELL(SSI_OWNED, SSI_EV_UPGRADE, SSI_SOLE, 0, 0),
	CELL(SSI_SOLE, SSI_EV_UPGRADE, SSI_SOLE, 0, 0),

	/* What the death of a node leaves. */
	CELL(SSI_INVALID, SSI_EV_LOST, SSI_POISONED, 0, 0),
	CELL(SSI_SHARED, SSI_EV_ADOPT, SSI_OWNED, 0, 0),
};

const struct ssi_step ssi_coh_bug[SSI_STATE_MAX] = {
	[SSI_INVALID]	= { .next = SSI_INVALID, .act = SSI_ACT_BUG },
	[SSI_POISONED]	= { .next = SSI_POISONED, .act = SSI_ACT_BUG },
	[SSI_UNTOUCHED] = { .next = SSI_UNTOUCHED, .act = SSI_ACT_BUG },
	[SSI_SHARED]	= { .next = SSI_SHARED, .act = SSI_ACT_BUG },
	[SSI_OWNED]	= { .next = SSI_OWNED, .act = SSI_ACT_BUG },
	[SSI_SOLE]	= { .next = SSI_SOLE, .act = SSI_ACT_BUG },
};

/**
 * ssi_state_name() - the name of a state, for people
 * @state: enum ssi_state, or anything
 *
 * Return: a constant string.
 */
const char *ssi_state_name(unsigned int state)
{
	static const char *const names[SSI_STATE_MAX] = {
		"invalid", "poisoned", "untouched", "shared", "owned", "sole",
	};

	return state < SSI_STATE_MAX ? names[state] : "unknown";
}

/**
 * ssi_event_name() - the name of an event, for people
 * @event: enum ssi_event, or anything
 *
 * Return: a constant string.
 */
const char *ssi_event_name(unsigned int event)
{
	static const char *const names[SSI_EVENT_MAX] = {
		"load", "store", "drop", "invalidate", "fwd-read", "fwd-take",
		"fwd-write", "fwd-evict", "zeroes", "shared", "owned", "sole", "keep",
		"upgrade", "lost", "adopt",
	};

	return event < SSI_EVENT_MAX ? names[event] : "unknown";
}

/**
 * ssi_coh_perm_event() - the event of DATA with a body
 * @perm: permission that it carries, not SSI_PERM_NONE
 *
 * Return: the event for ssi_coh_step().
 */
enum ssi_event ssi_coh_perm_event(enum ssi_perm perm)
{
	switch (perm) {
	case SSI_PERM_SHARED:
		return SSI_EV_SHARED;
	case SSI_PERM_OWNED:
		return SSI_EV_OWNED;
	default:
		return SSI_EV_SOLE;
	}
}

/**
 * ssi_coh_grant_event() - the event of a GRANT, of a request that is no eviction
 * @grant: what it says
 *
 * Return: the event for ssi_coh_step(); SSI_EVENT_MAX where the request was
 * not served.
 */
enum ssi_event ssi_coh_grant_event(enum ssi_grant grant)
{
	switch (grant) {
	case SSI_GRANT_KEEP:
		return SSI_EV_KEEP;
	case SSI_GRANT_UPGRADE:
		return SSI_EV_UPGRADE;
	case SSI_GRANT_LOST:
		return SSI_EV_LOST;
	default:
		return SSI_EVENT_MAX;
	}
}

/**
 * ssi_coh_forward_event() - the event of what a home asks of a node
 * @type: SSI_MSG_FWD_* or SSI_MSG_INVALIDATE
 *
 * Return: the event for ssi_coh_step().
 */
enum ssi_event ssi_coh_forward_event(enum ssi_msg_type type)
{
	switch (type) {
	case SSI_MSG_FWD_READ:
		return SSI_EV_FWD_READ;
	case SSI_MSG_FWD_WRITE:
		return SSI_EV_FWD_WRITE;
	case SSI_MSG_FWD_EVICT:
		return SSI_EV_FWD_EVICT;
	default:
		return SSI_EV_INVALIDATE;
	}
}

/**
 * ssi_coh_rest_event() - what an answer is good for without the acks it announced
 * @answer: the event that it is, SSI_EVENT_MAX where there was none
 *
 * Data is good for owning the page, though others may hold copies.
 *
 * Return: the event for ssi_coh_step(); SSI_EVENT_MAX where it is good for
 * nothing.
 */
enum ssi_event ssi_coh_rest_event(enum ssi_event answer)
{
	switch (answer) {
	case SSI_EV_SOLE:
		return SSI_EV_OWNED;
	case SSI_EV_UPGRADE:
		return SSI_EVENT_MAX;
	default:
		return answer;
	}
}

/**
 * ssi_coh_state_perm() - what DONE tells of a state
 * @state: of the page, when its request has ended
 *
 * Return: what the node holds.
 */
enum ssi_perm ssi_coh_state_perm(enum ssi_state state)
{
	switch (state) {
	case SSI_SHARED:
		return SSI_PERM_SHARED;
	case SSI_OWNED:
		return SSI_PERM_OWNED;
	case SSI_UNTOUCHED:
	case SSI_SOLE:
		return SSI_PERM_SOLE;
	default:
		return SSI_PERM_NONE;
	}
}

/**
 * ssi_coh_report() - what a node tells of a page when the members change
 * @state:   of the page here
 * @leaving: the node will be no member
 * @known:   the node knows that the page was granted once
 *
 * Return: what REPORT says; SSI_REPORT_MAX for nothing.
 */
enum ssi_report ssi_coh_report(enum ssi_state state, bool leaving, bool known)
{
	switch (state) {
	case SSI_POISONED:
		return SSI_REPORT_LOST;
	case SSI_UNTOUCHED:
		return leaving ? SSI_REPORT_RELEASED : SSI_REPORT_OWNED;
	case SSI_OWNED:
	case SSI_SOLE:
		return leaving ? SSI_REPORT_KNOWN : SSI_REPORT_OWNED;
	case SSI_SHARED:
		return leaving ? SSI_REPORT_KNOWN : SSI_REPORT_SHARED;
	default:
		return known ? SSI_REPORT_KNOWN : SSI_REPORT_MAX;
	}
}
