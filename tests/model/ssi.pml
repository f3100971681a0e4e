/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Coherence of one page, or two of a chunk, on two nodes or three; node 0 is
 * the home. home.pml is what a home does, net.pml how messages travel,
 * change.pml how members leave and die, room.pml where an evicted page finds
 * room.
 *
 * The decisions are those of kmod/core, printed by gen_table.c; a run of the
 * module differs from one of this model in what is asked and when, not in what
 * is decided. Slots are node ids, and stay what they are when members go.
 *
 * A message in flight is what its sender keeps until it is acknowledged: so a
 * page in flight is never only in a socket.
 *
 * Configuration, each a -D:
 *	NODES=n		2 or 3, which is the default
 *	PAGES=2		of a chunk, and ranges of both; not with LINKS
 *	EVICTIONS=n	evictions in one run, 0 if not given
 *	ROOM=n		room is asked for n times in one run; room.pml
 *	LINKS		channels, in order; net.pml
 *	FAULTS=n	losses, repetitions and breaks in one run; with LINKS
 *	LEAVES=n	changes of members in which a node leaves, or which are
 *			taken back; with LINKS; change.pml
 *	LEAVER=n	who leaves, any node if not given
 *	HOLDS=n		requests that wait for credit; with LEAVES or DEATHS
 *	TURNS=n		times that other pages fill or free a share; with ROOM
 *	DEATHS=n	nodes that die; with LINKS; change.pml
 *	WORK=n		so often a page is touched, written or dropped in one
 *			run, and then it must end with nothing left over;
 *			without WORK there is no end, and only the assertions
 *			are checked
 *
 * MUTANT=n: a mistake:
 *	1 INVALIDATED goes out before the unmapping
 *	2 one INVALIDATE is forgotten, and not waited for
 *	3 an upgrade is granted to whoever says that it has a copy
 *	4 the answer is used before all INVALIDATED are in
 *	5 the home does not wait for DONE
 *	6 a copy is dropped while its upgrade is under way
 *	7 the owner stays owner after FWD_WRITE
 *	8 who dropped its copy does not answer INVALIDATE
 *	9 the home does not note a reader
 *	10 an eviction ends before its target has the page (with EVICTIONS)
 *	11 only the page that was asked for is busy until a range is there
 *	12 a range takes a page along that was granted before
 *	13 a page that is pinned is taken away all the same
 *	14 the home ends an upgrade itself before it has sent both parts of it
 *	15 the home ends a write itself, though sharers have to tell the writer
 *	16 what ends a transaction, and what the home asks of that node next,
 *	   come in any order (without LINKS)
 *	17 the page that ends a transaction takes the data channel (with LINKS)
 *	21 to 23 are of net.pml, 31 to 33 of room.pml, 40 to 49 of change.pml
 */
#include "coh_table.pml"

#ifndef MUTANT
#define MUTANT 0
#endif
#ifndef EVICTIONS
#define EVICTIONS 0
#endif
#ifndef NODES
#define NODES 3
#endif
#ifndef PAGES
#define PAGES 1
#endif
#ifdef LEAVES
#define CHANGES
#ifndef DEATHS
#define DEATHS 0
#endif
#elif defined(DEATHS)
#define CHANGES
#define LEAVES 0
#endif

/* By flags of DATA, and a GRANT to an evictor, told apart by the type here. */
#define MSG_DATA_EVICT 100
#define MSG_DATA_ZERO 101
#define MSG_GRANT_EVICT 102
#define MSG_RETURN 103
/* By the flag ENDS; INVALIDATED has none, but belongs to a GRANT that has it. */
#define MSG_DATA_ENDS 104
#define MSG_DATA_ZERO_ENDS 105
#define MSG_GRANT_ENDS 106
#define MSG_INVALIDATED_ENDS 107

/* A page on a node; a directory entry, of which each node may have one. */
#define AT(node, page) ((node) * PAGES + (page))
#ifdef CHANGES
#define ENTRY(home, page) (home)
#define DIRS NODES
#define CHUNK(home) (home)
#define CHUNKS NODES
#else
#define ENTRY(home, page) (page)
#define DIRS PAGES
#define CHUNK(home) 0
#define CHUNKS 1
#endif

/* The page on each node (struct ssi_page, struct ssi_request). */
byte state[NODES * PAGES];
bit value[NODES * PAGES];
bit busy[NODES * PAGES];
bit pending[NODES * PAGES];
bit leaving[NODES * PAGES];
bit answered[NODES * PAGES];
bit failed[NODES * PAGES];
bit arrived[NODES * PAGES];
bit ends[NODES * PAGES];
byte answer[NODES * PAGES];
short acks[NODES * PAGES];

/* The forward that keeps a node's page busy. */
byte job_type[NODES * PAGES];
byte job_for[NODES * PAGES];
byte job_arg[NODES * PAGES];
byte job_acks[NODES * PAGES];
bit job_ep[NODES * PAGES];

/* The page at its home; the transaction under way. */
byte dir[DIRS];
bit dir_busy[DIRS];
byte txn_for[DIRS];
byte txn_ask[DIRS];
bit txn_ep[DIRS];

/* Of one that the home ends: parts to be sent, plus 1; what the other holds. */
byte txn_left[DIRS];
byte txn_perm[DIRS];

/* Of the chunk: page plus 1 whose transaction grants a range; both pages? */
byte granting[CHUNKS];
bit granting_both;

/* Requests that wait for a transaction: requester, ask, target, page, epoch. */
chan waiting[DIRS] = [6] of { byte, byte, byte, byte, bit };

/* What was written last; was anything ever? */
bit last[PAGES];
bit touched[PAGES];

byte evictions = EVICTIONS;
#ifdef WORK
byte work = WORK;
#define MAY_ASK (work > 0)
#define ASKED work--
#else
#define MAY_ASK true
#define ASKED skip
#endif

/* Scratch: has no meaning between steps. */
hidden int cell;
hidden int act;
hidden int key;
hidden byte perm;
hidden byte count;
hidden byte asker;
hidden byte asked;
hidden byte goal;
hidden byte event_;
hidden byte place;
hidden byte ep_;
hidden byte no_done;
hidden byte m_type;
hidden byte m_who;
hidden byte m_arg;
hidden byte m_acks;
hidden byte m_value;
hidden byte m_ep;

inline forget_scratch()
{
	cell = 0; act = 0; key = 0; perm = 0; count = 0; asker = 0; asked = 0;
	goal = 0; event_ = 0; place = 0; ep_ = 0; no_done = 0;
	m_type = 0; m_who = 0; m_arg = 0; m_acks = 0; m_value = 0; m_ep = 0
}

#ifdef CHANGES
#include "members.pml"
#else
#define IS_OUT(x) false
#define HOME_OF(node) 0
#define NEXT_OF(node) 1
#define MAY_BEGIN(node) true
#define MAY_USE(node) true
#define RUNS(node) true
#define DEAD(node) false
#define IS_OPEN(x, ep) true
#define IS_LEFT(x, ep) true
#define EPOCH(node) 0
#define note_known(x)
#define open_in(x)
#define leave_in(x)
#define REQUEST_EP(x) 0
#define REFUSES(home, ep) false
#define REFUSES_DONE(home) false
#define TAKES(node) true
#define STAYS(node) true
#define DRAINS(node) false
#endif

/* Is this home sending what it will end itself? Then what ends is marked. */
#define IS_LOCAL(me, page) \
	(HOME_OF(me) == (me) && txn_left[ENTRY(me, page)] > 1)
#define MARKED(me, page, type) (IS_LOCAL(me, page) -> type##_ENDS : type)

inline tell_part(me, page, held)
{
	if
	:: IS_LOCAL(me, page) ->
		txn_left[ENTRY(me, page)]--;
		txn_perm[ENTRY(me, page)] = held
	:: else -> skip
	fi
}

#define HAS(x) (state[x] >= ST_UNTOUCHED && !IS_OUT(x))
#define OWNS(x) (HAS(x) && state[x] != ST_SHARED)
#define ALONE(x) (HAS(x) && (state[x] == ST_UNTOUCHED || state[x] == ST_SOLE))
#define WRONG(x, page) \
	(HAS(x) && (value[x] != last[page] || \
		    state[x] == ST_UNTOUCHED && touched[page]))

#if NODES == 2
#define HOLDERS(page) (HAS(AT(0, page)) + HAS(AT(1, page)))
#define OWNERS(page) (OWNS(AT(0, page)) + OWNS(AT(1, page)))
#define LONELY(page) (ALONE(AT(0, page)) || ALONE(AT(1, page)))
#define RIGHT(page) (!WRONG(AT(0, page), page) && !WRONG(AT(1, page), page))
#else
#define HOLDERS(page) \
	(HAS(AT(0, page)) + HAS(AT(1, page)) + HAS(AT(2, page)))
#define OWNERS(page) \
	(OWNS(AT(0, page)) + OWNS(AT(1, page)) + OWNS(AT(2, page)))
#define LONELY(page) \
	(ALONE(AT(0, page)) || ALONE(AT(1, page)) || ALONE(AT(2, page)))
#define RIGHT(page) \
	(!WRONG(AT(0, page), page) && !WRONG(AT(1, page), page) && \
	 !WRONG(AT(2, page), page))
#endif

/* One writer or many readers; a copy is what was written last. */
inline check(page)
{
	assert(OWNERS(page) <= 1);
	assert(!LONELY(page) || HOLDERS(page) == 1);
	assert(RIGHT(page))
}

inline look_up(x, event)
{
	cell = state[x] * EVENTS + (event);
	act = coh_act[cell];
	assert(!(act & ACT_BUG))
}

#include "net.pml"

#ifdef ROOM
#include "room.pml"
#else
#define HAS_FOLIO(x) true
#define HAS_ROOM(me, target) true
#define take_room(me, target)
#define return_room(me, target)
#define use_room(me)
#define use_promise(me, from)
#define FITS(me) true
#endif

inline set_state(x, next)
{
	state[x] = next;
	if
	:: next == ST_INVALID -> value[x] = 0
	:: else -> note_known(x)
	fi
}

#include "home.pml"

/* ---- a node: requests ---- */

inline ask(me, page, what, target)
{
	send(me, HOME_OF(me), page, MSG_GET_READ, me, what, target, 0,
	     EPOCH(me))
}

/* unlock_and_complete() and end_request() of request.c */
inline complete(me, page)
{
	if
	:: answered[AT(me, page)] &&
	   (acks[AT(me, page)] == 0 || MUTANT == 4) ->
		perm = PERM_NONE;
		if
		:: failed[AT(me, page)] -> skip
		:: else ->
			look_up(AT(me, page), answer[AT(me, page)]);
			if
			:: (act & ACT_INSTALL) ||
			   answer[AT(me, page)] == EV_ZEROES ->
				value[AT(me, page)] = arrived[AT(me, page)]
			:: else -> skip
			fi;
			set_state(AT(me, page), coh_next[cell]);
			perm = state_perm[state[AT(me, page)]]
		fi;
		if
		:: no_done || ends[AT(me, page)] -> skip
		:: else ->
			send(me, HOME_OF(me), page, MSG_DONE, me, perm, me, 0,
			     REQUEST_EP(AT(me, page)))
		fi;
		pending[AT(me, page)] = 0; answered[AT(me, page)] = 0;
		failed[AT(me, page)] = 0; arrived[AT(me, page)] = 0;
		ends[AT(me, page)] = 0;
		answer[AT(me, page)] = 0; acks[AT(me, page)] = 0;
		check(page)
	:: else -> skip
	fi
}

/* answer() of request.c, with what was received in event_, count, m_value */
inline note_answer(me, page, event)
{
	assert(pending[AT(me, page)] && !answered[AT(me, page)]);
	answered[AT(me, page)] = 1;
	answer[AT(me, page)] = event;
	arrived[AT(me, page)] = m_value;
	acks[AT(me, page)] = acks[AT(me, page)] + count;
	complete(me, page)
}

/* ssi_request_data() */
inline take_data(me, page, type)
{
	net[AT(me, page)]??eval(type), _, perm, count, m_value, ep_;
	if
	:: IS_OPEN(AT(me, page), ep_) ->
		ends[AT(me, page)] = (type == MSG_DATA_ENDS);
		failed[AT(me, page)] = (perm == PERM_NONE);
		event_ = perm_event[perm];
		note_answer(me, page, event_)
	:: else -> skip
	fi
}

inline take_zeroes(me, page, type)
{
	net[AT(me, page)]??eval(type), _, _, count, m_value, ep_;
	if
	:: IS_OPEN(AT(me, page), ep_) ->
		ends[AT(me, page)] = (type == MSG_DATA_ZERO_ENDS);
		note_answer(me, page, EV_ZEROES)
	:: else -> skip
	fi
}

/* ssi_request_grant() */
inline take_grant(me, page, type)
{
	net[AT(me, page)]??eval(type), _, perm, count, _, ep_;
	if
	:: IS_OPEN(AT(me, page), ep_) ->
		ends[AT(me, page)] = (type == MSG_GRANT_ENDS);
		event_ = grant_event[perm];
		failed[AT(me, page)] = (event_ == EV_NONE);
		no_done = (event_ == EV_NONE || event_ == EV_LOST);
		m_value = 0;
		note_answer(me, page, event_)
	:: else -> skip
	fi
}

inline take_grant_evict(me, page)
{
	net[AT(me, page)]??MSG_GRANT_EVICT, _, _, goal, _, ep_;
	if
	:: IS_LEFT(AT(me, page), ep_) ->
		assert(leaving[AT(me, page)]);
		leaving[AT(me, page)] = 0;
		return_room(me, AT(me, page))
	:: else -> skip
	fi
}

/* ssi_request_range(), grant_page() */
inline take_range(me, page)
{
	net[AT(me, page)]??MSG_RANGE, _, goal, count, _, ep_;
	if
	:: IS_OPEN(AT(me, page), ep_) ->
		if
		:: goal ->
			look_up(AT(me, PAGES - 1), EV_ZEROES);
			set_state(AT(me, PAGES - 1), coh_next[cell]);
			check(PAGES - 1)
		:: else -> skip
		fi;
		m_value = 0;
		note_answer(me, page, EV_ZEROES)
	:: else -> skip
	fi
}

/* ssi_request_invalidated() */
inline take_ack(me, page, type)
{
	net[AT(me, page)]??eval(type), _, _, _, _, ep_;
	if
	:: IS_OPEN(AT(me, page), ep_) ->
		assert(pending[AT(me, page)]);
		acks[AT(me, page)] = acks[AT(me, page)] - 1;
		complete(me, page)
	:: else -> skip
	fi
}

/* ---- a node: forwards ---- */

inline abort_evict(me, page, ep)
{
	leaving[AT(me, page)] = 0;
	return_room(me, AT(me, page));
	send(me, HOME_OF(me), page, MSG_DONE, me, PERM_NONE, me, 0, ep)
}

inline acknowledge_to(me, page, who, ep)
{
	send(me, who, page, MARKED(me, page, MSG_INVALIDATED), who, 0, 0, 0,
	     ep);
	tell_part(me, page, PERM_SOLE)
}

/* What carry_out() of owner.c sends; cell and act are looked up. */
inline answer_forward(me, page, type, who, target, n_acks, ep)
{
	if
	:: type == MSG_FWD_EVICT ->
		send(me, target, page, MSG_DATA_EVICT, who, coh_perm[cell],
		     n_acks, value[AT(me, page)], ep);
		leaving[AT(me, page)] = 0;
		use_room(me);
		if
		:: MUTANT == 10 ->
			send(me, n_acks, page, MSG_DONE, who, coh_perm[cell],
			     target, 0, ep)
		:: else -> skip
		fi
	:: type != MSG_FWD_EVICT && (act & ACT_DATA) ->
		send(me, who, page, MARKED(me, page, MSG_DATA), who,
		     coh_perm[cell], n_acks, value[AT(me, page)], ep);
		tell_part(me, page, coh_perm[cell])
	:: act & ACT_ZEROES ->
		send(me, who, page, MARKED(me, page, MSG_DATA_ZERO), who, 0,
		     n_acks, value[AT(me, page)], ep);
		tell_part(me, page, coh_perm[cell])
	:: act & ACT_ACK ->
		if
		:: MUTANT == 1 && (act & ACT_UNMAP) -> skip
		:: MUTANT == 8 && !(act & ACT_UNMAP) -> skip
		:: else -> acknowledge_to(me, page, who, ep)
		fi
	fi;
	if
	:: MUTANT == 7 && type == MSG_FWD_WRITE -> skip
	:: else -> set_state(AT(me, page), coh_next[cell])
	fi;
	check(page)
}

/* look() of owner.c; whatever unmaps keeps the page busy until finish() */
inline take_forward(me, page, type)
{
	d_step {
		!busy[AT(me, page)] && !IS_AHEAD_OF_FORWARDS(AT(me, page)) &&
		net[AT(me, page)]??[type, _, _, _, _, _];
		net[AT(me, page)]??type, asker, goal, count, _, ep_;
		look_up(AT(me, page), forward_event[type]);
		if
		:: act & (ACT_UNMAP | ACT_PROTECT) ->
			busy[AT(me, page)] = 1;
			job_type[AT(me, page)] = type;
			job_for[AT(me, page)] = asker;
			job_arg[AT(me, page)] = goal;
			job_acks[AT(me, page)] = count;
			job_ep[AT(me, page)] = ep_;
			if
			:: MUTANT == 1 && (act & ACT_ACK) ->
				acknowledge_to(me, page, asker, ep_)
			:: else -> skip
			fi
		:: else ->
			answer_forward(me, page, type, asker, goal, count, ep_)
		fi;
		forget_scratch()
	}
}

inline forget_job(x)
{
	busy[x] = 0;
	job_type[x] = 0; job_for[x] = 0; job_arg[x] = 0; job_acks[x] = 0;
	job_ep[x] = 0
}

/* The unmapping is over. FWD_EVICT goes on only if it is still wanted. */
inline finish_forward(me, page)
{
	d_step {
		busy[AT(me, page)] && job_type[AT(me, page)] != 0 &&
		!(job_type[AT(me, page)] == MSG_FWD_EVICT &&
		  (!leaving[AT(me, page)] || pending[AT(me, page)]));
		look_up(AT(me, page), forward_event[job_type[AT(me, page)]]);
		answer_forward(me, page, job_type[AT(me, page)],
			       job_for[AT(me, page)], job_arg[AT(me, page)],
			       job_acks[AT(me, page)], job_ep[AT(me, page)]);
		forget_job(AT(me, page));
		forget_scratch()
	}
}

/* Somebody else holds on to the page, or an eviction is not wanted. */
inline give_up(me, page)
{
	d_step {
		busy[AT(me, page)] && job_type[AT(me, page)] != 0 &&
		job_type[AT(me, page)] != MSG_INVALIDATE;
		if
		:: job_type[AT(me, page)] == MSG_FWD_EVICT ->
			abort_evict(me, page, job_ep[AT(me, page)])
		:: else ->
			send(me, job_for[AT(me, page)], page,
			     MARKED(me, page, MSG_DATA),
			     job_for[AT(me, page)], PERM_NONE,
			     job_acks[AT(me, page)], 0, job_ep[AT(me, page)]);
			tell_part(me, page, PERM_NONE)
		fi;
		if
		:: MUTANT == 13 -> set_state(AT(me, page), ST_INVALID)
		:: else -> skip
		fi;
		forget_job(AT(me, page));
		forget_scratch()
	}
}

/* ssi_owner_accept(); the promise was used when the page came */
inline accept(me, page)
{
	d_step {
		!busy[AT(me, page)] &&
		net[AT(me, page)]??[MSG_DATA_EVICT, _, _, _, _, _];
		net[AT(me, page)]??MSG_DATA_EVICT, asker, perm, count, m_value,
				   ep_;
		use_promise(me, asker);
		look_up(AT(me, page), perm_event[perm]);
		if
		:: act & ACT_INSTALL -> value[AT(me, page)] = m_value
		:: else -> skip
		fi;
		set_state(AT(me, page), coh_next[cell]);
		if
		:: MUTANT == 10 -> skip
		:: else ->
			send(me, count, page, MSG_DONE, asker,
			     (state[AT(me, page)] == ST_SOLE -> PERM_SOLE :
								PERM_OWNED),
			     me, 0, ep_)
		fi;
		check(page);
		forget_scratch()
	}
}

/* ssi_owner_record() */
inline take_record(me, page)
{
	d_step {
		net[AT(me, page)]??[MSG_RECORD, _, _, _, _, _];
		net[AT(me, page)]??MSG_RECORD, asker, _, _, _, ep_;
		note_known(AT(me, page));
		send(me, asker, page, MSG_INVALIDATED, asker, 0, 0, 0, ep_);
		forget_scratch()
	}
}

/* ---- a node: what it does by itself ---- */

inline touch(me, page, event)
{
	d_step {
		MAY_ASK && MAY_USE(me) && !busy[AT(me, page)] &&
		!pending[AT(me, page)] && HAS_FOLIO(AT(me, page)) &&
		!(coh_act[state[AT(me, page)] * EVENTS + event] &
		  (ACT_HIT | ACT_POISON)) &&
		(MAY_BEGIN(me) || state[AT(me, page)] == ST_UNTOUCHED);
		ASKED;
		look_up(AT(me, page), event);
		if
		:: act & ACT_ZERO ->
			touched[page] = 1;
			set_state(AT(me, page), coh_next[cell]);
			check(page)
		:: else ->
			pending[AT(me, page)] = 1;
			open_in(AT(me, page));
			ask(me, page,
			    ((act & ACT_ASK_READ) -> ASK_READ :
			     ((act & ACT_ASK_WRITE) -> ASK_WRITE :
						       ASK_UPGRADE)), 0)
		fi;
		assert(FITS(me));
		forget_scratch()
	}
}

inline evict_to(me, page, target)
{
	d_step {
		evictions > 0 && me != target && MAY_BEGIN(me) &&
		STAYS(target) && HAS_ROOM(me, target) &&
		!busy[AT(me, page)] && !pending[AT(me, page)] &&
		!leaving[AT(me, page)] && state[AT(me, page)] >= ST_OWNED;
		evictions--;
		leaving[AT(me, page)] = 1;
		leave_in(AT(me, page));
		take_room(me, target);
		ask(me, page, ASK_EVICT, target);
		forget_scratch()
	}
}

#ifdef LINKS
#define IS_PAGE(type) ((type) == MSG_DATA || (type) == MSG_DATA_ENDS)
#define IS_ZERO(type) ((type) == MSG_DATA_ZERO || (type) == MSG_DATA_ZERO_ENDS)

/* ssi_serve_end(): what is a job waits for a worker, the rest is done */
inline take_data_reply(me)
{
	if
	:: IS_PAGE(m_type) -> take_data(me, 0, m_type)
	:: IS_ZERO(m_type) -> take_zeroes(me, 0, m_type)
	:: else -> assert(m_type == 0 || m_type == MSG_DATA_EVICT)
	fi
}

inline take_reply(me)
{
	if
	:: IS_PAGE(m_type) -> take_data(me, 0, m_type)
	:: IS_ZERO(m_type) -> take_zeroes(me, 0, m_type)
	:: m_type == MSG_GRANT || m_type == MSG_GRANT_ENDS ->
		take_grant(me, 0, m_type)
	:: m_type == MSG_GRANT_EVICT -> take_grant_evict(me, 0)
	:: m_type == MSG_RANGE -> take_range(me, 0)
	:: m_type == MSG_INVALIDATED || m_type == MSG_INVALIDATED_ENDS ->
		take_ack(me, 0, m_type)
	:: m_type == MSG_DONE -> take_done(me, 0)
#ifdef ROOM
	:: m_type == MSG_ROOM -> take_answer(me)
#endif
	:: else -> assert(m_type == 0 || IS_JOB(m_type))
	fi
}

#define hand_over(from, me, kind, take) \
	d_step { \
		ARRIVES(from, me, kind); \
		receive(from, me, kind); \
		take(me); \
		forget_scratch() \
	}

/* The same, but the socket breaks before that is acknowledged. */
#define hand_over_and_break(from, me, kind, take) \
	d_step { \
		ARMED(from, me, kind); \
		faults--; \
		receive_at(WAY(from, me, kind), me); \
		take(me); \
		replay(WAY(from, me, kind)); \
		forget_scratch() \
	}
#endif

#ifdef CHANGES
#include "change.pml"
#endif

proctype node(byte me; byte page)
{
end:	do
	:: touch(me, page, EV_LOAD)
	:: touch(me, page, EV_STORE)
	/* A write through the mapping, which lasts until the unmapping is over. */
	:: d_step {
		MAY_ASK && MAY_USE(me) &&
		(coh_act[state[AT(me, page)] * EVENTS + EV_STORE] & ACT_HIT);
		ASKED;
		last[page] = 1 - last[page];
		value[AT(me, page)] = last[page];
		check(page)
	   }
	/* drop() of evict.c */
	:: d_step {
		MAY_ASK && (MAY_BEGIN(me) || MUTANT == 47) &&
		state[AT(me, page)] == ST_SHARED &&
		!busy[AT(me, page)] && !leaving[AT(me, page)] &&
		(!pending[AT(me, page)] || MUTANT == 6);
		ASKED;
		busy[AT(me, page)] = 1
	   }
	:: d_step {
		busy[AT(me, page)] && job_type[AT(me, page)] == 0;
		look_up(AT(me, page), EV_DROP);
		busy[AT(me, page)] = 0;
		set_state(AT(me, page), coh_next[cell]);
		forget_scratch()
	   }
#if EVICTIONS > 0
	:: evict_to(me, page, 0)
	:: evict_to(me, page, 1)
#if NODES > 2
	:: evict_to(me, page, 2)
#endif
	:: take_forward(me, page, MSG_FWD_EVICT)
	:: accept(me, page)
#endif
	:: take_forward(me, page, MSG_FWD_READ)
	:: take_forward(me, page, MSG_FWD_WRITE)
	:: take_forward(me, page, MSG_INVALIDATE)
	/* An owner that does not use the page gives it away when it is read. */
	:: d_step {
		!busy[AT(me, page)] && state[AT(me, page)] == ST_SOLE &&
		!IS_AHEAD_OF_FORWARDS(AT(me, page)) &&
		net[AT(me, page)]??[MSG_FWD_READ, _, _, _, _, _];
		net[AT(me, page)]??MSG_FWD_READ, asker, _, count, _, ep_;
		look_up(AT(me, page), EV_FWD_TAKE);
		send(me, asker, page, MARKED(me, page, MSG_DATA), asker,
		     coh_perm[cell], count, value[AT(me, page)], ep_);
		tell_part(me, page, coh_perm[cell]);
		set_state(AT(me, page), coh_next[cell]);
		forget_scratch()
	   }
	:: finish_forward(me, page)
	:: give_up(me, page)
	:: take_record(me, page)
#ifdef LINKS
	:: hand_over(0, me, 0, take_reply)
	:: hand_over(0, me, 1, take_data_reply)
	:: hand_over(1, me, 0, take_reply)
	:: hand_over(1, me, 1, take_data_reply)
#if NODES > 2
	:: hand_over(2, me, 0, take_reply)
	:: hand_over(2, me, 1, take_data_reply)
#endif
#ifdef FAULTS
#define FAULT(from, kind, take) \
	:: lose(from, me, kind) \
	:: repeat(from, me, kind) \
	:: repair(from, me, kind) \
	:: hand_over_and_break(from, me, kind, take)
	FAULT(0, 0, take_reply)
	FAULT(0, 1, take_data_reply)
	FAULT(1, 0, take_reply)
	FAULT(1, 1, take_data_reply)
#if NODES > 2
	FAULT(2, 0, take_reply)
	FAULT(2, 1, take_data_reply)
#endif
#endif
#else
#define TAKE(type, how) \
	:: d_step { \
		net[AT(me, page)]??[type, _, _, _, _, _]; \
		how; \
		forget_scratch() \
	   }
	TAKE(MSG_DATA, take_data(me, page, MSG_DATA))
	TAKE(MSG_DATA_ENDS, take_data(me, page, MSG_DATA_ENDS))
	TAKE(MSG_DATA_ZERO, take_zeroes(me, page, MSG_DATA_ZERO))
	TAKE(MSG_DATA_ZERO_ENDS, take_zeroes(me, page, MSG_DATA_ZERO_ENDS))
	TAKE(MSG_GRANT, take_grant(me, page, MSG_GRANT))
	TAKE(MSG_GRANT_ENDS, take_grant(me, page, MSG_GRANT_ENDS))
	TAKE(MSG_GRANT_EVICT, take_grant_evict(me, page))
	TAKE(MSG_RANGE, take_range(me, page))
	TAKE(MSG_INVALIDATED, take_ack(me, page, MSG_INVALIDATED))
	TAKE(MSG_INVALIDATED_ENDS, take_ack(me, page, MSG_INVALIDATED_ENDS))
	TAKE(MSG_DONE, take_done(me, page))
#endif
	:: end_local(me, page)
	:: take_request(me, page, 0, 0)
	:: take_request(me, page, 1, 0)
#if NODES > 2
	:: take_request(me, page, 2, 0)
#endif
#if PAGES > 1
	:: take_request(me, page, 0, 1)
	:: take_request(me, page, 1, 1)
#if NODES > 2
	:: take_request(me, page, 2, 1)
#endif
#endif
#ifdef ROOM
	:: ask_room(me, 0)
	:: ask_room(me, 1)
	:: give_room_back(me, 0)
	:: give_room_back(me, 1)
#if NODES > 2
	:: ask_room(me, 2)
	:: give_room_back(me, 2)
#endif
	:: promise(me)
	:: take_back(me)
	:: turn(me)
#ifndef LINKS
	TAKE(MSG_ROOM, take_answer(me))
#endif
#endif
#ifdef CHANGES
	take_steps(me)
#if DEATHS > 0
	:: die(me)
#else
	:: begin_leave(me)
	:: abort(me)
#endif
#if HOLDS > 0
	:: hold(me, 0)
	:: hold(me, 1)
#if NODES > 2
	:: hold(me, 2)
#endif
	:: send_late(me)
#endif
#endif
	od
}

#ifndef CHANGES
/* When nobody can do anything, all must be over, and the home must know it. */
#define QUIET(x) \
	(!busy[x] && !pending[x] && !leaving[x] && empty(net[x]))
#define KNOWN_TO(h, page, n) \
	(state[AT(n, page)] != ST_SHARED || \
	 ((dir[ENTRY(h, page)] - 1) >> (n)) & 1)

#define AT_REST(page) \
	assert(QUIET(AT(0, page)) && QUIET(AT(1, page)) && \
	       QUIET(AT(NODES - 1, page))); \
	assert(!TAKEN(0, page) && empty(waiting[ENTRY(0, page)])); \
	assert(dir[page] != 0 || HOLDERS(page) == 0); \
	assert(dir[page] == 0 || OWNS(AT((dir[page] - 1) / 8, page))); \
	assert(dir[page] == 0 || \
	       KNOWN_TO(0, page, 0) && KNOWN_TO(0, page, 1) && \
	       KNOWN_TO(0, page, NODES - 1))

proctype judge()
{
end:	timeout;
	AT_REST(0);
	AT_REST(PAGES - 1);
#ifdef ROOM
	rooms_at_rest()
#endif
}
#endif

init
{
	atomic {
		run node(0, 0);
		run node(1, 0);
#if NODES > 2
		run node(2, 0);
#endif
#if PAGES > 1
		run node(0, 1);
		run node(1, 1);
#if NODES > 2
		run node(2, 1);
#endif
#endif
#ifdef CHANGES
		run leader();
#endif
		run judge()
	}
}
