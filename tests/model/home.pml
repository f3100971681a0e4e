/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a home does (home.c): takes requests first come, first served, decides,
 * and keeps the page busy until DONE, or until it has sent all by itself.
 * ssi.pml includes it.
 */

inline invalidate(h, page, slot)
{
	if
	:: (dir_invalidate[key] >> slot) & 1 &&
	   !(MUTANT == 2 && count > 0) ->
		send(h, slot, page, MSG_INVALIDATE, asker, 0, 0, 0, ep_)
	:: else -> skip
	fi;
	if
	:: MUTANT == 2 && (dir_invalidate[key] >> slot) & 1 && count > 0 ->
		count--
	:: else -> skip
	fi
}

/* grant_range(), grant_msg() of home.c: the page, and one behind it if wide */
inline grant_range(h, page, wide)
{
	dir[ENTRY(h, page)] = 1 + 8 * asker;
	perm = 0;
	if
	:: granting[CHUNK(h)] == 0 ->
		granting[CHUNK(h)] = 1 + (page);
		if
		:: wide && PAGES > 1 && (page) == 0 &&
		   (dir[PAGES - 1] == 0 && !dir_busy[PAGES - 1] ||
		    MUTANT == 12) ->
			dir[PAGES - 1] = 1 + 8 * asker;
			granting_both = 1;
			perm = 1
		:: else -> skip
		fi
	:: else -> skip
	fi;
	/* Who dies with what it granted to itself must not be the only witness. */
	count = (asker == (h) && NEXT_OF(h) != (h) && MUTANT != 41);
	if
	:: count ->
		send(h, NEXT_OF(h), page, MSG_RECORD, asker, 0, 0, 0, ep_)
	:: else -> skip
	fi;
	send(h, asker, page, MSG_RANGE, asker, perm, count, 0, ep_)
}

/* set_parts() of home.c; one part more than there are, 0 where DONE comes */
inline set_parts(h, page)
{
	if
	:: dir_local[key * SLOTS + (h)] ||
	   MUTANT == 15 && dir_forward[key] == MSG_FWD_WRITE &&
	   dir_owner[key] == (h) && asker != (h) ->
		txn_left[ENTRY(h, page)] =
			(dir_reply[key] != 0 && MUTANT != 14 -> 3 : 2)
	:: else -> skip
	fi
}

/* begin() and carry_out() of home.c, of a page that is not busy */
inline begin(h, page, wide)
{
	key = (dir[ENTRY(h, page)] * 4 + asked) * SLOTS + asker;
	if
	:: MUTANT == 3 && asked == ASK_UPGRADE && dir[ENTRY(h, page)] != 0 &&
	   (dir[ENTRY(h, page)] - 1) / 8 != asker ->
		key = (((dir[ENTRY(h, page)] - 1) / 8 * 8 + 1 +
			(((dir[ENTRY(h, page)] - 1) % 8) | (1 << asker))) *
		       4 + asked) * SLOTS + asker
	:: else -> skip
	fi;
	txn_for[ENTRY(h, page)] = asker;
	txn_ask[ENTRY(h, page)] = asked;
	txn_ep[ENTRY(h, page)] = ep_;
	dir_busy[ENTRY(h, page)] = (MUTANT != 5);
	set_parts(h, page);
	count = (MUTANT == 2 && dir_acks[key] > 0 -> 1 : 0);
	perm = dir_acks[key] - count;
	invalidate(h, page, 0);
	invalidate(h, page, 1);
#if NODES > 2
	invalidate(h, page, 2);
#endif
	if
	:: dir_forward[key] == MSG_FWD_EVICT ->
		send(h, dir_owner[key], page, MSG_FWD_EVICT, asker, goal, h, 0,
		     ep_)
	:: dir_forward[key] != 0 && dir_forward[key] != MSG_FWD_EVICT ->
		send(h, dir_owner[key], page, dir_forward[key], asker, 0, perm,
		     0, ep_)
	:: dir_reply[key] == MSG_RANGE -> grant_range(h, page, wide)
	:: dir_reply[key] == MSG_GRANT && IS_LOCAL(h, page) ->
		send(h, asker, page, MSG_GRANT_ENDS, asker, dir_grant[key],
		     perm, 0, ep_);
		tell_part(h, page, PERM_SOLE)
	:: else ->
		send(h, asker, page, ((asked == ASK_EVICT) -> MSG_GRANT_EVICT :
							     MSG_GRANT),
		     asker, dir_grant[key], perm, 0, ep_)
	fi
}

inline close_txn(entry)
{
	dir_busy[entry] = 0;
	txn_for[entry] = 0;
	txn_ask[entry] = 0;
	txn_ep[entry] = 0;
	txn_left[entry] = 0;
	txn_perm[entry] = 0
}

#define COVERED(h, page) \
	(granting[CHUNK(h)] == 1 + (page) || \
	 granting_both && (page) == 1 && MUTANT != 11)
#define TAKEN(h, page) (dir_busy[ENTRY(h, page)] || COVERED(h, page))

/*
 * end() of home.c: the page stays busy for the first that waits. Behind a range
 * all begin afresh, as jobs do, in any order.
 */
inline end_txn(h, page)
{
	close_txn(ENTRY(h, page));
	if
	:: granting[CHUNK(h)] == 1 + (page) ->
		granting[CHUNK(h)] = 0;
		granting_both = 0;
		do
		:: len(waiting[ENTRY(h, page)]) > 0 ->
			waiting[ENTRY(h, page)]?asker, asked, goal, place, ep_;
			net[AT(h, place)]!!MSG_GET_READ, asker, asked, goal, 0,
					   ep_
		:: else -> break
		od
	:: else ->
		do
		:: !dir_busy[ENTRY(h, page)] &&
		   len(waiting[ENTRY(h, page)]) > 0 ->
			waiting[ENTRY(h, page)]?asker, asked, goal, _, ep_;
			begin(h, page, 0);
			if
			:: dir_ends[key] -> close_txn(ENTRY(h, page))
			:: else -> skip
			fi
		:: else -> break
		od
	fi
}

inline refuse(h, page)
{
	send(h, asker, page, ((asked == ASK_EVICT) -> MSG_GRANT_EVICT :
						     MSG_GRANT),
	     asker, GRANT_RETRY, 0, 0, ep_)
}

/* ssi_home_request() */
inline take_request(h, page, from, wide)
{
	d_step {
		RUNS(h) && net[AT(h, page)]??[MSG_GET_READ, eval(from), _, _, _, _];
		net[AT(h, page)]??MSG_GET_READ, eval(from), asked, goal, _, ep_;
		asker = from;
		if
		:: REFUSES(h, ep_) -> refuse(h, page)
		:: !REFUSES(h, ep_) && COVERED(h, page) ->
			waiting[ENTRY(h, granting[CHUNK(h)] - 1)]!asker, asked,
				goal, page, ep_
		:: !REFUSES(h, ep_) && !COVERED(h, page) &&
		   dir_busy[ENTRY(h, page)] ->
			waiting[ENTRY(h, page)]!asker, asked, goal, page, ep_
		:: else ->
			begin(h, page, wide);
			if
			:: dir_ends[key] -> end_txn(h, page)
			:: else -> skip
			fi
		fi;
		forget_scratch()
	}
}

/* ssi_dir_finish(), by who holds what from now on, in goal and perm */
inline finish_txn(h, page)
{
	if
	:: MUTANT == 9 && perm == PERM_SHARED -> perm = PERM_NONE
	:: else -> skip
	fi;
	key = ((dir[ENTRY(h, page)] * 4 + txn_ask[ENTRY(h, page)]) *
	       SLOTS + goal) * 4 + perm;
	assert(dir_finish[key] != REFUSED);
	dir[ENTRY(h, page)] = dir_finish[key];
	end_txn(h, page)
}

/* ssi_home_told(), behind the last part */
inline end_local(h, page)
{
	d_step {
		RUNS(h) && HOME_OF(h) == (h) && txn_left[ENTRY(h, page)] == 1;
		goal = txn_for[ENTRY(h, page)];
		perm = txn_perm[ENTRY(h, page)];
		finish_txn(h, page);
		forget_scratch()
	}
}

/* ssi_home_done() */
inline take_done(h, page)
{
	net[AT(h, page)]??MSG_DONE, asker, perm, goal, _, ep_;
	if
	:: REFUSES_DONE(h) -> skip
	:: else ->
		assert((dir_busy[ENTRY(h, page)] || MUTANT == 5) &&
		       asker == txn_for[ENTRY(h, page)] &&
		       ep_ == txn_ep[ENTRY(h, page)]);
		finish_txn(h, page)
	fi
}
