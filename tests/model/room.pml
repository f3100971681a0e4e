/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an evicted page goes (evict.c): room is promised before, by RESERVE and
 * ROOM, so that no page ever arrives where there is no folio for it. ssi.pml
 * includes it; of one page.
 *
 * Each node gives one page, its share, and one beyond, its reserve. Other pages
 * may take the share of any node at any time, and give it back, so the cluster
 * is full again and again. A promise is below the share; what a fault takes
 * may be of the reserve, and waits for the evictor where that is used up.
 *
 * MUTANT=n, of 31 to 33:
 *	31 room is promised beyond the share
 *	32 a page is sent without a promise
 *	33 the room of an eviction that did not take place is not ours any more
 */

#define PAIR(owner, other) ((owner) * NODES + (other))

/* Is the share taken by another page? */
bit other[NODES] = 1;
/* Room of @other that is ours; RESERVE is out; room of ours that is @other's. */
byte rooms[NODES * NODES];
bit asked_room[NODES * NODES];
byte promised[NODES * NODES];
/* Where our eviction goes, plus 1. */
byte leaves_to[NODES];

byte turns = TURNS;
byte reserves = ROOM;

#if NODES == 2
#define PROMISED(me) (promised[PAIR(me, 0)] + promised[PAIR(me, 1)])
#else
#define PROMISED(me) \
	(promised[PAIR(me, 0)] + promised[PAIR(me, 1)] + promised[PAIR(me, 2)])
#endif
#define COPY(x) (state[x] >= ST_SHARED)
#define CLAIMED(me) (other[me] + PROMISED(me) + COPY(me) + pending[me])

#define HAS_FOLIO(x) (CLAIMED(x) < 2)
#define HAS_ROOM(me, target) \
	(rooms[PAIR(me, target)] > 0 || MUTANT == 32)
#define FITS(me) (CLAIMED(me) <= 2)

inline take_room(me, target)
{
	if
	:: rooms[PAIR(me, target)] > 0 -> rooms[PAIR(me, target)]--
	:: else -> skip
	fi;
	leaves_to[me] = 1 + (target)
}

/* ssi_evict_ended() */
inline return_room(me, x)
{
	if
	:: MUTANT == 33 -> skip
	:: else -> rooms[PAIR(me, leaves_to[me] - 1)]++
	fi;
	leaves_to[me] = 0
}

inline use_room(me)
{
	leaves_to[me] = 0
}

/* begin_evicted() of serve.c: what was not promised breaks the socket */
inline use_promise(me, from)
{
	assert(promised[PAIR(me, from)] > 0);
	promised[PAIR(me, from)]--
}

inline ask_room(me, target)
{
	d_step {
		reserves > 0 && me != target && MAY_BEGIN(me) && STAYS(target) &&
		state[me] >= ST_OWNED && rooms[PAIR(me, target)] == 0 &&
		!asked_room[PAIR(me, target)];
		reserves--;
		asked_room[PAIR(me, target)] = 1;
		send(me, target, 0, MSG_RESERVE, me, 0, 0, 0, 0);
		forget_scratch()
	}
}

/* What is not used any more; when, is the evictor's business. */
inline give_room_back(me, target)
{
	d_step {
		rooms[PAIR(me, target)] > 0;
		rooms[PAIR(me, target)]--;
		send(me, target, 0, MSG_RETURN, me, 0, 0, 0, 0);
		forget_scratch()
	}
}

/* ssi_evict_reserve() */
inline promise(me)
{
	d_step {
		net[me]??[MSG_RESERVE, _, _, _, _, _];
		net[me]??MSG_RESERVE, asker, _, _, _, _;
		count = (CLAIMED(me) < 1 || MUTANT == 31) && !DRAINS(me);
		promised[PAIR(me, asker)] = promised[PAIR(me, asker)] + count;
		assert(FITS(me));
		send(me, asker, 0, MSG_ROOM, me, count, 0, 0, 0);
		forget_scratch()
	}
}

inline take_back(me)
{
	d_step {
		net[me]??[MSG_RETURN, _, _, _, _, _];
		net[me]??MSG_RETURN, asker, _, _, _, _;
		use_promise(me, asker);
		forget_scratch()
	}
}

/* ssi_evict_room() */
inline take_answer(me)
{
	net[me]??MSG_ROOM, asker, count, _, _, _;
	assert(asked_room[PAIR(me, asker)]);
	asked_room[PAIR(me, asker)] = 0;
	rooms[PAIR(me, asker)] = rooms[PAIR(me, asker)] + count
}

/* Another page comes to this node's share, or goes. */
inline turn(me)
{
	d_step {
		turns > 0 && (other[me] || CLAIMED(me) < 1);
		turns--;
		other[me] = 1 - other[me]
	}
}

#define KEPT(one, two) \
	(promised[PAIR(two, one)] == rooms[PAIR(one, two)] || \
	 !TAKES(one) || !TAKES(two))

inline rooms_at_rest()
{
	assert(KEPT(0, 1) && KEPT(1, 0));
#if NODES > 2
	assert(KEPT(0, 2) && KEPT(2, 0) && KEPT(1, 2) && KEPT(2, 1))
#endif
}
