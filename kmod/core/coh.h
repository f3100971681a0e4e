/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What a node does about a page of its own: state x event -> next state and
 * actions. Together with core/dir this is the protocol, and the only place
 * that decides; the rest of the module carries out.
 */
#ifndef SSI_CORE_COH_H
#define SSI_CORE_COH_H

#include "core/wire.h"

/**
 * enum ssi_state - state of a page on one node
 * @SSI_INVALID:   no copy
 * @SSI_POISONED:  the content was lost with a node; an access is an error
 * @SSI_UNTOUCHED: owned, never written by anybody, so no memory is needed
 * @SSI_SHARED:	   read copy; another node owns the page
 * @SSI_OWNED:	   owned, mapped read-only, others may hold read copies
 * @SSI_SOLE:	   owned, the only copy, may be written
 * @SSI_STATE_MAX: how many there are
 */
enum ssi_state {
	SSI_INVALID,
	SSI_POISONED,
	SSI_UNTOUCHED,
	SSI_SHARED,
	SSI_OWNED,
	SSI_SOLE,
	SSI_STATE_MAX,
};

/**
 * enum ssi_event - what happens to a page on one node
 * @SSI_EV_LOAD:       a local thread or vCPU reads
 * @SSI_EV_STORE:      a local thread or vCPU writes
 * @SSI_EV_DROP:       the evictor wants the memory of a clean copy
 * @SSI_EV_INVALIDATE: home: another node becomes the writer
 * @SSI_EV_FWD_READ:   home: another node reads, we own and use the page
 * @SSI_EV_FWD_TAKE:   home: another node reads, we own but do not use the page
 * @SSI_EV_FWD_WRITE:  home: another node writes, we own
 * @SSI_EV_FWD_EVICT:  home: our eviction may go ahead
 * @SSI_EV_ZEROES:     granted, untouched: by RANGE or DATA with zeroes
 * @SSI_EV_SHARED:     DATA arrived as a read copy
 * @SSI_EV_OWNED:      DATA arrived with ownership, others hold copies
 * @SSI_EV_SOLE:       DATA arrived with ownership, all acks in
 * @SSI_EV_KEEP:       GRANT: the home has us as the owner
 * @SSI_EV_UPGRADE:    GRANT: our copy is the only one, all acks in
 * @SSI_EV_LOST:       GRANT: nobody has the content any more
 * @SSI_EV_ADOPT:      home: the owner is gone, our copy becomes the owned one
 * @SSI_EVENT_MAX:     how many there are
 */
enum ssi_event {
	SSI_EV_LOAD,
	SSI_EV_STORE,
	SSI_EV_DROP,
	SSI_EV_INVALIDATE,
	SSI_EV_FWD_READ,
	SSI_EV_FWD_TAKE,
	SSI_EV_FWD_WRITE,
	SSI_EV_FWD_EVICT,
	SSI_EV_ZEROES,
	SSI_EV_SHARED,
	SSI_EV_OWNED,
	SSI_EV_SOLE,
	SSI_EV_KEEP,
	SSI_EV_UPGRADE,
	SSI_EV_LOST,
	SSI_EV_ADOPT,
	SSI_EVENT_MAX,
};

/* Actions; the order of the bits is the order in which they are done. */
#define SSI_ACT_HIT	  0x0001 /* the local copy serves the access */
#define SSI_ACT_ZERO	  0x0002 /* take a page of zeroes */
#define SSI_ACT_ASK_READ  0x0004 /* send GET_READ */
#define SSI_ACT_ASK_WRITE 0x0008 /* send GET_WRITE */
#define SSI_ACT_ASK_COPY  0x0010 /* send GET_WRITE with HAVE_COPY */
#define SSI_ACT_PROTECT	  0x0020 /* make every mapping read-only */
#define SSI_ACT_UNMAP	  0x0040 /* remove every mapping */
#define SSI_ACT_INSTALL	  0x0080 /* the page that arrived becomes the copy */
#define SSI_ACT_DATA	  0x0100 /* send DATA with the page */
#define SSI_ACT_ZEROES	  0x0200 /* send DATA with a word for zeroes */
#define SSI_ACT_ACK	  0x0400 /* send INVALIDATED */
#define SSI_ACT_FREE	  0x0800 /* the copy's memory is free */
#define SSI_ACT_POISON	  0x1000 /* the access is an error of the memory */
#define SSI_ACT_BUG	  0x8000 /* can not happen: refuse and say so */

/**
 * struct ssi_step - one cell of the table
 * @next: state after the event
 * @act:  SSI_ACT_*
 * @perm: enum ssi_perm that DATA is sent with
 */
struct ssi_step {
	u8 next;
	u8 perm;
	u16 act;
};

/* The cells that are named, and what all others are: see ssi_coh_step(). */
extern const struct ssi_step ssi_coh_table[SSI_STATE_MAX][SSI_EVENT_MAX];
extern const struct ssi_step ssi_coh_bug[SSI_STATE_MAX];

/**
 * ssi_coh_step() - decide about a page of this node
 * @state: its state here
 * @event: what happens
 *
 * Return: the cell; SSI_ACT_BUG is set where the pair can not happen.
 */
static inline const struct ssi_step *ssi_coh_step(enum ssi_state state,
						  enum ssi_event event)
{
	const struct ssi_step *step = &ssi_coh_table[state][event];

	/* No cell that is named is all zeroes. */
	return step->act || step->next || step->perm ? step :
						       &ssi_coh_bug[state];
}

const char *ssi_state_name(unsigned int state);
const char *ssi_event_name(unsigned int event);
enum ssi_event ssi_coh_perm_event(enum ssi_perm perm);
enum ssi_event ssi_coh_grant_event(enum ssi_grant grant);
enum ssi_event ssi_coh_forward_event(enum ssi_msg_type type);
enum ssi_event ssi_coh_rest_event(enum ssi_event answer);
enum ssi_perm ssi_coh_state_perm(enum ssi_state state);
enum ssi_report ssi_coh_report(enum ssi_state state, bool leaving, bool known);

/**
 * ssi_state_owns() - does this node own the page?
 * @state: state of the page here
 *
 * Return: true in the states that answer forwards.
 */
static inline bool ssi_state_owns(enum ssi_state state)
{
	return state == SSI_UNTOUCHED || state >= SSI_OWNED;
}

#endif /* SSI_CORE_COH_H */
