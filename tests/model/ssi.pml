/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Coherence of one page on three nodes, node 0 its home, over links that lose
 * nothing, bring nothing twice, and keep no order at all.
 *
 * That the links may be taken so is what session.pml proves: each channel of
 * a link hands over every message exactly once, whatever sockets do. Splitting
 * the two is sound because they meet nowhere else: coherence sees a message
 * only when the session hands it over, and the session never looks into one.
 * A channel keeps its order; two channels of a link, and links, keep none
 * among each other. Taking no order for granted, this model allows every run
 * that sessions allow, and more. A message "in flight" here is what its sender
 * keeps until it is acknowledged: so a page in flight is never only in a socket.
 *
 * The decisions are those of kmod/core, printed by gen_table.c; a run of the
 * module differs from one of this model in what is asked and when, not in what
 * is decided. Untouched pages are granted one by one.
 *
 * EVICTIONS=n: evictions in one run, 0 if not given. WORK=n: so much is asked
 * in one run, and then it must end with nothing left over; without WORK there
 * is no end, and only the assertions are checked. MUTANT=n: a mistake:
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
 */
#include "coh_table.pml"

#ifndef MUTANT
#define MUTANT 0
#endif
#ifndef EVICTIONS
#define EVICTIONS 0
#endif

#define NODES 3
#define HOME 0
#define EV_NONE 255

/* By flags of DATA, and a GRANT to an evictor, told apart by the type here. */
#define MSG_DATA_EVICT 100
#define MSG_DATA_ZERO 101
#define MSG_GRANT_EVICT 102

/* type, requester, arg, acks or target or sender, value */
chan net[NODES] = [9] of { byte, byte, byte, byte, bit };

/* Requests that wait at the home: requester, ask, target. */
chan waiting = [6] of { byte, byte, byte };

/* The page on each node (struct ssi_page, struct ssi_request). */
byte state[NODES];
bit value[NODES];
bit busy[NODES];
bit pending[NODES];
bit leaving[NODES];
bit answered[NODES];
bit failed[NODES];
bit arrived[NODES];
byte answer[NODES];
short acks[NODES];

/* The forward that keeps a node's page busy. */
byte job_type[NODES];
byte job_for[NODES];
byte job_arg[NODES];
byte job_acks[NODES];

/* The page at its home; the transaction under way. */
byte dir;
bit dir_busy;
byte txn_for;
byte txn_ask;

/* What was written last. */
bit last;

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

#define OWNS(n) (state[n] == ST_UNTOUCHED || state[n] == ST_OWNED || state[n] == ST_SOLE)
#define ALONE(n) (state[n] == ST_UNTOUCHED || state[n] == ST_SOLE)
#define HAS(n) (state[n] != ST_INVALID)
#define WRONG(n) (HAS(n) && value[n] != last)

inline check()
{
	assert(OWNS(0) + OWNS(1) + OWNS(2) <= 1);
	assert(!ALONE(0) || !HAS(1) && !HAS(2));
	assert(!ALONE(1) || !HAS(0) && !HAS(2));
	assert(!ALONE(2) || !HAS(0) && !HAS(1));
	assert(!WRONG(0) && !WRONG(1) && !WRONG(2))
}

inline look_up(n, event)
{
	cell = state[n] * EVENTS + event;
	act = coh_act[cell];
	assert(!(act & ACT_BUG))
}

/* ---- home ---- */

inline invalidate(slot)
{
	if
	:: (dir_invalidate[key] >> slot) & 1 &&
	   !(MUTANT == 2 && count > 0) ->
		net[slot]!!MSG_INVALIDATE, asker, 0, 0, 0
	:: else -> skip
	fi;
	if
	:: MUTANT == 2 && (dir_invalidate[key] >> slot) & 1 && count > 0 ->
		count--
	:: else -> skip
	fi
}

/* begin() and carry_out() of home.c, of a page that is not busy */
inline begin()
{
	key = (dir * 4 + asked) * NODES + asker;
	if
	:: MUTANT == 3 && asked == ASK_UPGRADE && dir != 0 &&
	   (dir - 1) / 8 != asker ->
		key = (((dir - 1) / 8 * 8 + 1 + (((dir - 1) % 8) | (1 << asker))) *
		       4 + asked) * NODES + asker
	:: else -> skip
	fi;
	txn_for = asker;
	txn_ask = asked;
	dir_busy = (MUTANT != 5);
	count = (MUTANT == 2 && dir_acks[key] > 0 -> 1 : 0);
	perm = dir_acks[key] - count;
	invalidate(0);
	invalidate(1);
	invalidate(2);
	if
	:: dir_forward[key] != 0 ->
		net[dir_owner[key]]!!dir_forward[key], asker, goal, perm, 0
	:: dir_reply[key] == MSG_RANGE ->
		dir = 1 + 8 * asker;
		net[asker]!!MSG_RANGE, asker, 0, 0, 0
	:: else ->
		net[asker]!!((asked == ASK_EVICT) -> MSG_GRANT_EVICT : MSG_GRANT),
			    asker, dir_grant[key], perm, 0
	fi
}

/* end() of home.c: the page stays busy for the first that waits */
inline end_txn()
{
	dir_busy = 0;
	txn_for = 0;
	txn_ask = 0;
	do
	:: !dir_busy && len(waiting) > 0 ->
		waiting?asker, asked, goal;
		begin();
		if
		:: dir_ends[key] -> dir_busy = 0; txn_for = 0; txn_ask = 0
		:: else -> skip
		fi
	:: else -> break
	od
}

inline take_request(from)
{
	d_step {
		net[HOME]??MSG_GET_READ, eval(from), asked, goal, _;
		asker = from;
		if
		:: dir_busy -> waiting!asker, asked, goal
		:: else ->
			begin();
			if
			:: dir_ends[key] -> end_txn()
			:: else -> skip
			fi
		fi;
		asker = 0; asked = 0; goal = 0; perm = 0; count = 0; key = 0
	}
}

proctype home()
{
end:	do
	:: take_request(0)
	:: take_request(1)
	:: take_request(2)
	/* ssi_home_done() */
	:: d_step {
		net[HOME]??MSG_DONE, asker, perm, goal, _;
		assert((dir_busy || MUTANT == 5) && asker == txn_for);
		if
		:: MUTANT == 9 && perm == PERM_SHARED -> perm = PERM_NONE
		:: else -> skip
		fi;
		key = ((dir * 4 + txn_ask) * NODES + goal) * 4 + perm;
		assert(dir_finish[key] != REFUSED);
		dir = dir_finish[key];
		end_txn();
		asker = 0; asked = 0; goal = 0; perm = 0; count = 0; key = 0
	   }
	od
}

/* ---- a node: requests ---- */

inline ask(n, what, target)
{
	net[HOME]!!MSG_GET_READ, n, what, target, 0
}

inline set_state(n, next)
{
	state[n] = next;
	if
	:: next == ST_INVALID -> value[n] = 0
	:: else -> skip
	fi
}

/* unlock_and_complete() and end_request() of request.c */
inline complete(n)
{
	if
	:: answered[n] && (acks[n] == 0 || MUTANT == 4) ->
		perm = PERM_NONE;
		if
		:: failed[n] -> skip
		:: else ->
			look_up(n, answer[n]);
			if
			:: (act & ACT_INSTALL) || answer[n] == EV_ZEROES ->
				value[n] = arrived[n]
			:: else -> skip
			fi;
			state[n] = coh_next[cell];
			perm = (state[n] == ST_SHARED -> PERM_SHARED :
				(state[n] == ST_OWNED -> PERM_OWNED : PERM_SOLE))
		fi;
		net[HOME]!!MSG_DONE, n, perm, n, 0;
		pending[n] = 0; answered[n] = 0; failed[n] = 0;
		arrived[n] = 0; answer[n] = 0; acks[n] = 0; perm = 0;
		check()
	:: else -> skip
	fi
}

/* ---- a node: forwards ---- */

inline event_of(type)
{
	if
	:: type == MSG_FWD_READ -> asked = EV_FWD_READ
	:: type == MSG_FWD_WRITE -> asked = EV_FWD_WRITE
	:: type == MSG_FWD_EVICT -> asked = EV_FWD_EVICT
	:: type == MSG_INVALIDATE -> asked = EV_INVALIDATE
	fi
}

inline abort_evict(n)
{
	leaving[n] = 0;
	net[HOME]!!MSG_DONE, n, PERM_NONE, n, 0
}

/* What carry_out() of owner.c sends; cell and act are looked up. */
inline answer_forward(n, type, who, target, n_acks)
{
	if
	:: type == MSG_FWD_EVICT ->
		net[target]!!MSG_DATA_EVICT, who, coh_perm[cell], 0, value[n];
		leaving[n] = 0;
		if
		:: MUTANT == 10 ->
			net[HOME]!!MSG_DONE, who, coh_perm[cell], target, 0
		:: else -> skip
		fi
	:: type != MSG_FWD_EVICT && (act & ACT_DATA) ->
		net[who]!!MSG_DATA, who, coh_perm[cell], n_acks, value[n]
	:: act & ACT_ZEROES ->
		net[who]!!MSG_DATA_ZERO, who, 0, n_acks, value[n]
	:: act & ACT_ACK ->
		if
		:: MUTANT == 1 && (act & ACT_UNMAP) -> skip
		:: MUTANT == 8 && !(act & ACT_UNMAP) -> skip
		:: else -> net[who]!!MSG_INVALIDATED, who, 0, 0, 0
		fi
	fi;
	if
	:: MUTANT == 7 && type == MSG_FWD_WRITE -> skip
	:: else -> set_state(n, coh_next[cell])
	fi;
	check()
}

/* look() of owner.c; whatever unmaps keeps the page busy until finish() */
inline take_forward(n, type)
{
	d_step {
		!busy[n] && net[n]??[type, _, _, _, _];
		net[n]??type, asker, goal, count, _;
		event_of(type);
		look_up(n, asked);
		if
		:: act & (ACT_UNMAP | ACT_PROTECT) ->
			busy[n] = 1;
			job_type[n] = type; job_for[n] = asker;
			job_arg[n] = goal; job_acks[n] = count;
			if
			:: MUTANT == 1 && (act & ACT_ACK) ->
				net[asker]!!MSG_INVALIDATED, asker, 0, 0, 0
			:: else -> skip
			fi
		:: else -> answer_forward(n, type, asker, goal, count)
		fi;
		asker = 0; asked = 0; goal = 0; count = 0; cell = 0; act = 0
	}
}

inline forget_job(n)
{
	busy[n] = 0;
	job_type[n] = 0; job_for[n] = 0; job_arg[n] = 0; job_acks[n] = 0
}

/* The unmapping is over. FWD_EVICT goes on only if it is still wanted. */
inline finish_forward(n)
{
	d_step {
		busy[n] && job_type[n] != 0 &&
		!(job_type[n] == MSG_FWD_EVICT && (!leaving[n] || pending[n]));
		event_of(job_type[n]);
		look_up(n, asked);
		answer_forward(n, job_type[n], job_for[n], job_arg[n],
			       job_acks[n]);
		forget_job(n);
		asked = 0; cell = 0; act = 0
	}
}

/* Somebody else holds on to the page, or an eviction is not wanted. */
inline give_up(n)
{
	d_step {
		busy[n] && job_type[n] != 0 && job_type[n] != MSG_INVALIDATE;
		if
		:: job_type[n] == MSG_FWD_EVICT -> abort_evict(n)
		:: else ->
			net[job_for[n]]!!MSG_DATA, job_for[n], PERM_NONE,
					 job_acks[n], 0
		fi;
		forget_job(n)
	}
}

/* ---- a node: what it does by itself ---- */

inline touch(n, event)
{
	d_step {
		MAY_ASK && !busy[n] && !pending[n] &&
		!(coh_act[state[n] * EVENTS + event] & ACT_HIT);
		ASKED;
		look_up(n, event);
		if
		:: act & ACT_ZERO -> state[n] = coh_next[cell]; check()
		:: act & ACT_ASK_READ -> pending[n] = 1; ask(n, ASK_READ, 0)
		:: act & ACT_ASK_WRITE -> pending[n] = 1; ask(n, ASK_WRITE, 0)
		:: act & ACT_ASK_COPY -> pending[n] = 1; ask(n, ASK_UPGRADE, 0)
		fi;
		cell = 0; act = 0
	}
}

inline evict_to(n, target)
{
	d_step {
		MAY_ASK && evictions > 0 && n != target && !busy[n] &&
		!pending[n] && !leaving[n] &&
		(state[n] == ST_OWNED || state[n] == ST_SOLE);
		ASKED;
		evictions--;
		leaving[n] = 1;
		ask(n, ASK_EVICT, target)
	}
}

proctype node(byte me)
{
end:	do
	:: touch(me, EV_LOAD)
	:: touch(me, EV_STORE)
	/* A write through the mapping, which lasts until the unmapping is over. */
	:: d_step {
		MAY_ASK && (coh_act[state[me] * EVENTS + EV_STORE] & ACT_HIT);
		ASKED;
		last = 1 - last; value[me] = last; check()
	   }
	/* drop() of evict.c */
	:: d_step {
		MAY_ASK && state[me] == ST_SHARED && !busy[me] && !leaving[me] &&
		(!pending[me] || MUTANT == 6);
		ASKED;
		busy[me] = 1
	   }
	:: d_step {
		busy[me] && job_type[me] == 0;
		look_up(me, EV_DROP);
		busy[me] = 0; set_state(me, coh_next[cell]); cell = 0; act = 0
	   }
	:: evict_to(me, 0)
	:: evict_to(me, 1)
	:: evict_to(me, 2)
	:: take_forward(me, MSG_FWD_READ)
	:: take_forward(me, MSG_FWD_WRITE)
	:: take_forward(me, MSG_FWD_EVICT)
	:: take_forward(me, MSG_INVALIDATE)
	/* An owner that does not use the page gives it away when it is read. */
	:: d_step {
		!busy[me] && state[me] == ST_SOLE &&
		net[me]??[MSG_FWD_READ, _, _, _, _];
		net[me]??MSG_FWD_READ, asker, goal, count, _;
		look_up(me, EV_FWD_TAKE);
		net[asker]!!MSG_DATA, asker, coh_perm[cell], count, value[me];
		set_state(me, coh_next[cell]);
		asker = 0; goal = 0; count = 0; cell = 0; act = 0
	   }
	:: finish_forward(me)
	:: give_up(me)
	/* ssi_request_data() */
	:: d_step {
		net[me]??MSG_DATA, _, perm, count, arrived[me];
		assert(pending[me] && !answered[me]);
		answered[me] = 1;
		failed[me] = (perm == PERM_NONE);
		answer[me] = (perm == PERM_SHARED -> EV_SHARED : EV_SOLE);
		acks[me] = acks[me] + count;
		perm = 0; count = 0;
		complete(me);
		cell = 0; act = 0
	   }
	:: d_step {
		net[me]??MSG_DATA_ZERO, _, _, count, arrived[me];
		assert(pending[me] && !answered[me]);
		answered[me] = 1;
		answer[me] = EV_ZEROES;
		acks[me] = acks[me] + count;
		count = 0;
		complete(me);
		cell = 0; act = 0
	   }
	/* ssi_request_grant() */
	:: d_step {
		net[me]??MSG_GRANT, _, perm, count, _;
		assert(pending[me] && !answered[me]);
		answered[me] = 1;
		answer[me] = (perm == GRANT_KEEP -> EV_KEEP : EV_UPGRADE);
		acks[me] = acks[me] + count;
		perm = 0; count = 0;
		complete(me);
		cell = 0; act = 0
	   }
	:: d_step {
		net[me]??MSG_GRANT_EVICT, _, _, _, _;
		assert(leaving[me]);
		leaving[me] = 0
	   }
	/* ssi_request_range() */
	:: d_step {
		net[me]??MSG_RANGE, _, _, _, _;
		assert(pending[me] && !answered[me]);
		answered[me] = 1;
		answer[me] = EV_ZEROES;
		complete(me);
		cell = 0; act = 0
	   }
	/* ssi_request_invalidated() */
	:: d_step {
		net[me]??MSG_INVALIDATED, _, _, _, _;
		assert(pending[me]);
		acks[me] = acks[me] - 1;
		complete(me);
		cell = 0; act = 0
	   }
	/* ssi_owner_accept() */
	:: d_step {
		!busy[me] && net[me]??[MSG_DATA_EVICT, _, _, _, _];
		net[me]??MSG_DATA_EVICT, asker, perm, _, goal;
		look_up(me, (perm == PERM_OWNED -> EV_OWNED : EV_SOLE));
		if
		:: act & ACT_INSTALL -> value[me] = goal
		:: else -> skip
		fi;
		state[me] = coh_next[cell];
		if
		:: MUTANT == 10 -> skip
		:: else -> net[HOME]!!MSG_DONE, asker, perm, me, 0
		fi;
		check();
		asker = 0; perm = 0; goal = 0; cell = 0; act = 0
	   }
	od
}

#define QUIET(n) (!busy[n] && !pending[n] && !leaving[n] && empty(net[n]))
#define KNOWN(n) (state[n] != ST_SHARED || ((dir - 1) >> n) & 1)

/* When nobody can do anything, all must be over, and the home must know it. */
proctype judge()
{
end:	timeout;
	assert(QUIET(0) && QUIET(1) && QUIET(2));
	assert(!dir_busy && empty(waiting));
	assert(dir == 0 || OWNS((dir - 1) / 8));
	assert(dir == 0 || KNOWN(0) && KNOWN(1) && KNOWN(2))
}

init
{
	atomic {
		run home();
		run node(0);
		run node(1);
		run node(2);
		run judge()
	}
}
