/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A change of members (change.c, leave.c): a node leaves, or is dead. ssi.pml
 * includes it; of one page, whose home may be at any node.
 *
 * A leader, who is nobody here, takes all members through the steps; each step
 * begins when all have done the one before. The links stay as they are: of a
 * dead node all that was handed over counts, the rest never comes, and nothing
 * reaches it. A change in which nobody is dead is taken back at any moment. A
 * node that dies during a change makes a new one of it. Reports take no time:
 * what they tell of does not change before the step is over, and unit_dir.c
 * shows that they may come in any order.
 *
 * A request that waits at its sender for credit is sent at any later time, also
 * when it was given up: HOLDS=n in one run.
 *
 * What is lost is never taken for zeroes, and only with a dead node is anything
 * lost: so nothing that was touched becomes untouched again.
 *
 * MUTANT=n, of 40 to 49:
 *	40 a home goes on before its adoptions are carried out
 *	41 nobody records what a home grants to itself
 *	42 the epoch of a request is not looked at
 *	43 a node does not remember what it was granted
 *	44 data that came is kept as the only copy, though acks are missing
 *	45 an upgrade takes place, though acks are missing
 *	46 reports do not wait for what is under way
 *	47 a copy is dropped while the members change
 *	48 what a leaving node never touched is reported as granted
 *	49 a node leaves with pages that it owns
 */

#if LEAVES > 0 && DEATHS > 0
#error "a node leaves or dies, not both"
#endif
#ifndef HOLDS
#define HOLDS 0
#endif
#ifdef LEAVER
#define IS_LEAVER(me) ((me) == LEAVER)
#else
#define IS_LEAVER(me) true
#endif

byte holds = HOLDS;

/* Requests that wait for credit: home, ask, target, epoch. */
chan late[NODES] = [2] of { byte, byte, byte, bit };

#define IDLE(me) \
	(len(net[me]) == 0 && !busy[me] && txn_left[me] != 1 || MUTANT == 46)
#if NODES == 2
#define EACH(what) (what(0) && what(1))
#define FLUSHED(me) (FLUSHED_TO(me, 0) && FLUSHED_TO(me, 1) || MUTANT == 46)
#define COUNT(what) (what(0) + what(1))
#define ALL_FORGOTTEN (forgotten[0] + 2 * forgotten[1])
#else
#define EACH(what) (what(0) && what(1) && what(2))
#define FLUSHED(me) \
	(FLUSHED_TO(me, 0) && FLUSHED_TO(me, 1) && FLUSHED_TO(me, 2) || \
	 MUTANT == 46)
#define COUNT(what) (what(0) + what(1) + what(2))
#define ALL_FORGOTTEN (forgotten[0] + 2 * forgotten[1] + 4 * forgotten[2])
#endif

#define STEP(me, which, part) \
	(step == (which) && TAKES(me) && !did[me] && done_of[me] == (part))

/* ---- at a member ---- */

inline refuse_waiting(me)
{
	do
	:: len(waiting[me]) > 0 ->
		waiting[me]?asker, asked, _, _, ep_;
		refuse(me, 0)
	:: else -> break
	od
}

/* conclude() of request.c */
inline conclude(me)
{
	if
	:: leaving[me] -> leaving[me] = 0; return_room(me, me)
	:: else -> skip
	fi;
	if
	:: pending[me] ->
		assert(DEATHS > 0 || HOLDS > 0);
		event_ = (answered[me] -> answer[me] : EV_NONE);
		answer[me] = (MUTANT == 44 && event_ == EV_SOLE ||
			      MUTANT == 45 && event_ == EV_UPGRADE ->
			      event_ : rest_event[event_]);
		failed[me] = failed[me] || answer[me] == EV_NONE;
		answered[me] = 1;
		acks[me] = 0;
		no_done = 1;
		complete(me, 0)
	:: else -> skip
	fi
}

/* take_report() of change.c, at the home that will be */
inline report_to_home(me, kind)
{
	place = (kind == REPORT_RELEASED -> new_home : (me));
	built = build_report[(built * SLOTS + place) * REPORT_NONE + kind]
}

/* look_at_chunk(), report_chunk() of change.c */
inline report_page(me)
{
	goal = (MUTANT == 48 && state[me] == ST_UNTOUCHED &&
		leaver == (me) + 1 -> REPORT_KNOWN :
		report_kind[(state[me] * 2 + (leaver == (me) + 1)) * 2 +
			    known[me]]);
	asked = REPORT_NONE;
	if
	:: home[me] == (me) && dir[me] == DIR_LOST -> asked = REPORT_LOST
	:: home[me] == (me) && dir[me] != DIR_LOST && dir[me] != 0 ->
		asked = REPORT_KNOWN
	:: else -> skip
	fi;
	if
	:: goal != REPORT_NONE -> report_to_home(me, goal)
	:: else -> skip
	fi;
	if
	:: asked != REPORT_NONE && asked != goal -> report_to_home(me, asked)
	:: else -> skip
	fi;
	asker = NEXT_BY(WILL_STAY, new_home);
	if
	:: asker != new_home && (goal != REPORT_NONE || asked != REPORT_NONE) ->
		known[asker] = 1
	:: else -> skip
	fi
}

/* settle_chunk() of change.c; dir[] of the new home is not in use yet */
inline settle(me)
{
	if
	:: deaths_now > 1 && dead[home[me]] ->
		built = build_report[(built * SLOTS) * REPORT_NONE +
				     REPORT_KNOWN]
	:: else -> skip
	fi;
	count = build_adopt[built];
	built = build_settle[built];
	assert(built != REFUSED);
	assert(built != DIR_LOST || DEATHS > 0 && HOLDERS(0) == 0);
	if
	:: count > 0 ->
		send(me, count - 1, 0, MSG_ADOPT, me, 0, 0, 0, 0)
	:: else -> skip
	fi
}

/* ssi_owner_adopt() */
inline adopt(me)
{
	d_step {
		net[me]??[MSG_ADOPT, _, _, _, _, _];
		net[me]??MSG_ADOPT, _, _, _, _, _;
		look_up(me, EV_ADOPT);
		set_state(me, coh_next[cell]);
		check(0);
		forget_scratch()
	}
}

inline drop_txns(me)
{
	assert(len(waiting[me]) == 0);
	close_txn(me);
	granting[me] = 0
}

inline thaw(me)
{
	epoch[me] = 1 - epoch[me];
	refusing[me] = 0;
	frozen[me] = 0
}

inline wipe(me)
{
	do
	:: len(net[me]) > 0 -> net[me]?_, _, _, _, _, _
	:: else -> break
	od;
	do
	:: len(waiting[me]) > 0 -> waiting[me]?_, _, _, _, _
	:: else -> break
	od;
	do
	:: len(late[me]) > 0 -> late[me]?_, _, _, _
	:: else -> break
	od;
	state[me] = ST_INVALID; value[me] = 0;
	pending[me] = 0; leaving[me] = 0; answered[me] = 0; failed[me] = 0;
	arrived[me] = 0; ends[me] = 0; answer[me] = 0; acks[me] = 0;
	asked_in[me] = 0; left_in[me] = 0;
	forget_job(me);
	dir[me] = 0; close_txn(me); granting[me] = 0;
	home[me] = 0; epoch[me] = 0; frozen[me] = 0; refusing[me] = 0;
	known[me] = 0; shut[me] = 0; did[me] = 0; done_of[me] = 0;
	out[me] = 0
}

/* commit() and install() of change.c */
inline install(me)
{
	if
	:: new_home == (me) ->
		dir[me] = built;
		if
		:: built != 0 && built != DIR_LOST && (built - 1) / 8 == (me) &&
		   state[me] == ST_INVALID ->
			set_state(me, ST_UNTOUCHED)
		:: else -> skip
		fi
	:: else -> dir[me] = 0
	fi;
	home[me] = new_home;
	out[me] = ALL_FORGOTTEN;
	thaw(me);
	if
	:: leaver == (me) + 1 -> wipe(me); gone[me] = 1
	:: else -> skip
	fi;
	did[me] = 1;
	check(0)
}

inline die(me)
{
	d_step {
		deaths > 0 && TAKES(me) && COUNT(TAKES) > 1;
		deaths--;
		dead[me] = 1;
		forget_way(WAY(0, me, 0)); forget_way(WAY(0, me, 1));
		forget_way(WAY(1, me, 0)); forget_way(WAY(1, me, 1));
#if NODES > 2
		forget_way(WAY(2, me, 0)); forget_way(WAY(2, me, 1));
#endif
		forget_way(WAY(me, me, 0)); forget_way(WAY(me, me, 1));
		wipe(me);
		forget_scratch()
	}
}

#if HOLDS > 0
/* A request, alone on its channel, waits for credit instead. */
inline hold(me, h)
{
	d_step {
		holds > 0 && TAKES(me) && me != (h) &&
		len(wire[WAY(me, h, 0)]) == 1 &&
		wire[WAY(me, h, 0)]?[MSG_GET_READ, _, _, _, _, _];
		holds--;
		wire[WAY(me, h, 0)]?_, _, asked, goal, _, ep_;
		late[me]!h, asked, goal, ep_;
		forget_scratch()
	}
}

inline send_late(me)
{
	d_step {
		len(late[me]) > 0;
		late[me]?asker, asked, goal, ep_;
		send(me, asker, 0, MSG_GET_READ, me, asked, goal, 0, ep_);
		forget_scratch()
	}
}
#endif

/* ---- the steps, at a member ---- */

/* drained, and in no use: ssi_leave_drain(), check_regions() */
inline begin_leave(me)
{
	d_step {
		leaves > 0 && step == CHANGE_NONE && TAKES(me) &&
		COUNT(TAKES) > 1 && IS_LEAVER(me);
		leaves--;
		shut[me] = 1
	}
}

inline freeze(me)
{
	d_step {
		STEP(me, CHANGE_FREEZE, 0);
		frozen[me] = 1;
		did[me] = 1
	}
}

inline begin_settle(me)
{
	d_step {
		STEP(me, CHANGE_SETTLE, 0);
		refusing[me] = 1;
		refuse_waiting(me);
		done_of[me] = 1;
		forget_scratch()
	}
}

inline await_idle(me)
{
	d_step {
		(STEP(me, CHANGE_SETTLE, 1) || STEP(me, CHANGE_DRAIN, 0) ||
		 STEP(me, CHANGE_ADOPT, 0)) &&
		(IDLE(me) || MUTANT == 40 && step == CHANGE_ADOPT);
		if
		:: step == CHANGE_ADOPT -> did[me] = 1
		:: else -> done_of[me] = 2
		fi
	}
}

/* ssi_link_flush() at the end of a step */
inline await_flush(me)
{
	d_step {
		(STEP(me, CHANGE_SETTLE, 2) || STEP(me, CHANGE_DRAIN, 2) ||
		 STEP(me, CHANGE_REPORT, 1) || STEP(me, CHANGE_BUILD, 1)) &&
		FLUSHED(me);
		did[me] = 1
	}
}

inline report(me)
{
	d_step {
		STEP(me, CHANGE_REPORT, 0) && IDLE(me);
		conclude(me);
		if
		:: leaver == (me) + 1 && state[me] >= ST_OWNED &&
		   MUTANT != 49 ->
			begin_step(CHANGE_ABORT)
		:: else ->
			report_page(me);
			done_of[me] = 1
		fi;
		forget_scratch()
	}
}

inline build(me)
{
	d_step {
		STEP(me, CHANGE_BUILD, 0) && IDLE(me);
		drop_txns(me);
		if
		:: new_home == (me) -> settle(me); done_of[me] = 1
		:: else -> did[me] = 1
		fi;
		forget_scratch()
	}
}

inline commit(me)
{
	d_step {
		STEP(me, CHANGE_COMMIT, 0) && IDLE(me);
		install(me);
		forget_scratch()
	}
}

inline abort(me)
{
	d_step {
		STEP(me, CHANGE_ABORT, 0) && IDLE(me);
		if
		:: leaver == (me) + 1 -> shut[me] = 0
		:: else -> skip
		fi;
		thaw(me);
		did[me] = 1
	}
}

#define take_steps(me) \
	:: adopt(me) \
	:: freeze(me) \
	:: begin_settle(me) \
	:: await_idle(me) \
	:: await_flush(me) \
	:: report(me) \
	:: build(me) \
	:: commit(me)

/* ---- the leader ---- */

inline begin_step(which)
{
	step = which;
	did[0] = 0; did[1] = 0;
	done_of[0] = 0; done_of[1] = 0;
#if NODES > 2
	did[2] = 0;
	done_of[2] = 0
#endif
}

/* Who is dead and was not declared so is waited for. */
#define DID(n) (did[n] || forgotten[n] || gone[n])
/* The lowest that takes part: all that do have the same map. */
#define FIRST_OF(what) (what(0) -> 0 : (what(1) -> 1 : NODES - 1))
#define OLD_HOME home[FIRST_OF(TAKES)]
/* With whom this change deals: the dead that the leader's map still has. */
#define IS_LOST(n) (forgotten[n] && !((out[FIRST_OF(TAKES)] >> (n)) & 1))

/* A home stays where it is if it can; else any other member may become it. */
#define MAY_BE_HOME(n) \
	(STAYS(n) && (OLD_HOME == (n) || !STAYS(OLD_HOME)))

inline lead_leave(who, h)
{
	d_step {
		step == CHANGE_NONE && shut[who] && TAKES(who) && (h) != (who) &&
		TAKES(h) && (OLD_HOME == (h) || OLD_HOME == (who));
		leaver = (who) + 1;
		new_home = h;
		built = 0;
		begin_step(CHANGE_FREEZE)
	}
}

/* ssi_leave_forget(): nothing of the dead is heard any more. */
inline lead_forget(who, h)
{
	d_step {
		dead[who] && !forgotten[who] && MAY_BE_HOME(h);
		forgotten[who] = 1;
		forget_way(WAY(who, 0, 0)); forget_way(WAY(who, 0, 1));
		forget_way(WAY(who, 1, 0)); forget_way(WAY(who, 1, 1));
#if NODES > 2
		forget_way(WAY(who, 2, 0)); forget_way(WAY(who, 2, 1));
#endif
		deaths_now = COUNT(IS_LOST);
		new_home = h;
		built = 0;
		begin_step(CHANGE_FREEZE)
	}
}

inline lead_on()
{
	d_step {
		step >= CHANGE_FREEZE && step < CHANGE_COMMIT && EACH(DID);
		begin_step(step + 1)
	}
}

inline end_change()
{
	d_step {
		(step == CHANGE_COMMIT || step == CHANGE_ABORT) && EACH(DID);
		leaver = 0; deaths_now = 0; new_home = 0; built = 0;
		begin_step(CHANGE_NONE)
	}
}

proctype leader()
{
end:	do
	:: lead_on()
	:: end_change()
#if LEAVES > 0
	:: d_step { step >= CHANGE_FREEZE && step < CHANGE_COMMIT; begin_step(CHANGE_ABORT) }
	:: lead_leave(0, 1)
	:: lead_leave(1, 0)
#if NODES > 2
	:: lead_leave(0, 2)
	:: lead_leave(1, 2)
	:: lead_leave(2, 0)
	:: lead_leave(2, 1)
#endif
#else
	:: lead_forget(0, 1)
	:: lead_forget(1, 0)
#if NODES > 2
	:: lead_forget(0, 2)
	:: lead_forget(1, 2)
	:: lead_forget(2, 0)
	:: lead_forget(2, 1)
#endif
#endif
	od
}

/* ---- when nobody can do anything ---- */

#define AT_REST(n) \
	(!TAKES(n) || \
	 !busy[n] && !pending[n] && !leaving[n] && empty(net[n]) && \
	 !frozen[n] && !refusing[n] && home[n] == OLD_HOME && \
	 !dir_busy[n] && !granting[n] && empty(waiting[n]) && \
	 (home[n] == (n) || dir[n] == 0))
#define TOLD dir[OLD_HOME]
#define KNOWN_OF(n) \
	(!TAKES(n) || \
	 (state[n] != ST_POISONED || TOLD == DIR_LOST) && \
	 (state[n] != ST_SHARED || ((TOLD - 1) >> (n)) & 1))

proctype judge()
{
end:	timeout;
	assert(step == CHANGE_NONE && EACH(AT_REST) && EACH(KNOWN_OF));
	assert(TOLD != 0 && TOLD != DIR_LOST || HOLDERS(0) == 0);
	assert(TOLD != 0 || !touched[0]);
	assert(TOLD == 0 || TOLD == DIR_LOST || OWNS((TOLD - 1) / 8));
#ifdef ROOM
	rooms_at_rest()
#endif
}
