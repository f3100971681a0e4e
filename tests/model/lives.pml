/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Incarnations: node A, and the lives of a node B that has one id (manage.c,
 * leave.c, peer.c). A life may go on though A has forgotten it, when B was only
 * out of reach; and B may join again under the same id, on another machine,
 * before or after.
 *
 * What is shown: a life that was forgotten is never heard again, and nothing
 * that was sent to one life reaches another. Every message of a life comes once
 * and in order, and the latest life gets in, unless another life took its place
 * at A: that happens only while no region spans the node.
 *
 * session.pml has the session of one life. Here it is short: HELLO tells each
 * end the position of the other, and what is sent on a socket is handed over,
 * unless the socket breaks first; the acknowledgment comes, or the socket breaks
 * before. B's agent proves its life in the handshake, and hands the socket to a
 * kernel that may live anew by then.
 *
 * LIVES=n: of B. BREAKS=n: sockets that break in one run. MESSAGES=n: sent by
 * each end in each life. MUTANT=n: a mistake:
 *	1 only the last life that was forgotten is remembered
 *	2 HELLO does not tell the incarnation
 *	3 a new life goes on with the session of the former one
 *	4 a new life takes the place of one that a region spans
 *	5 a new life takes the place of one that still speaks
 */
#ifndef MUTANT
#define MUTANT 0
#endif
#ifndef LIVES
#define LIVES 3
#endif
#ifndef BREAKS
#define BREAKS 2
#endif
#ifndef MESSAGES
#define MESSAGES 2
#endif

byte breaks = BREAKS;

/* A: the peer's life, 0 for none; how much was sent, acknowledged, received. */
byte peer;
byte a_tx;
byte a_acked;
byte a_rx;
bit spans;
byte forgotten;
byte remembered;

/* The socket: between A and the kernel of which life; 0 for none. */
byte end_;

/* B, by life: where its session stands. */
byte born = 1;
byte b_tx[LIVES + 1];
byte b_acked[LIVES + 1];
byte b_rx[LIVES + 1];

/* What really happened: messages of a life that A was handed, and it of A's. */
byte got[LIVES + 1];
byte given[LIVES + 1];

/* Whose messages are in A's queue; lives whose place another one took. */
byte queued_for;
byte ousted;

#define BIT(life) (1 << (life))
#define REFUSED(life) \
	((MUTANT == 1 -> remembered : forgotten) & BIT(life))

inline new_peer(life)
{
	if
	:: MUTANT == 3 -> skip
	:: else -> a_tx = 0; a_acked = 0; a_rx = 0; queued_for = life
	fi;
	ousted = ousted | (peer != 0 -> BIT(peer) : 0);
	assert(peer == 0 || !spans && end_ == 0);
	peer = life
}

/* attach_locked() of manage.c */
#define MAY_CONNECT(life) \
	(life <= born && end_ != life && !REFUSED(life) && \
	 (peer == life || peer == 0 || \
	  (end_ == 0 || MUTANT == 5) && (!spans || MUTANT == 4)))
/* rx_end_hello() of link.c, at both ends; a new peer begins anew. */
#define A_FRESH(life) (peer != life && MUTANT != 3)
#define A_AT(life, position) (A_FRESH(life) -> 0 : position)
#define FITS(life, kernel) \
	((kernel == life || MUTANT == 2) && \
	 b_rx[kernel] >= A_AT(life, a_acked) && \
	 b_rx[kernel] <= A_AT(life, a_tx) && \
	 A_AT(life, a_rx) >= b_acked[kernel] && \
	 A_AT(life, a_rx) <= b_tx[kernel])

inline connect(life, kernel)
{
	d_step {
		MAY_CONNECT(life) && kernel <= born && FITS(life, kernel);
		if
		:: peer != life -> new_peer(life)
		:: else -> skip
		fi;
		end_ = kernel;
		a_acked = b_rx[kernel];
		b_acked[kernel] = a_rx
	}
}

/* HELLO does not fit: the former socket is closed all the same. */
inline connect_in_vain(life, kernel)
{
	d_step {
		breaks > 0 && MAY_CONNECT(life) && kernel <= born &&
		!FITS(life, kernel);
		breaks--;
		if
		:: peer != life -> new_peer(life)
		:: else -> skip
		fi;
		end_ = 0
	}
}

inline from_b(life, told)
{
	d_step {
		end_ == life && a_rx < b_tx[life] && (told || breaks > 0);
		assert(peer == life && !(forgotten & BIT(life)));
		assert(a_rx == got[life] || ousted & BIT(life));
		got[life]++;
		a_rx++;
		if
		:: told -> b_acked[life] = a_rx
		:: else -> breaks--; end_ = 0
		fi
	}
}

inline to_b(life, told)
{
	d_step {
		end_ == life && b_rx[life] < a_tx && (told || breaks > 0);
		assert(queued_for == life);
		assert(b_rx[life] == given[life] || ousted & BIT(life));
		given[life]++;
		b_rx[life]++;
		if
		:: told -> a_acked = b_rx[life]
		:: else -> breaks--; end_ = 0
		fi
	}
}

/* ssi_leave_forget(): the link is down */
inline forget(life)
{
	d_step {
		peer == life && end_ == 0 && life < born;
		forgotten = forgotten | BIT(life);
		remembered = BIT(life);
		peer = 0;
		spans = 0;
		a_tx = 0; a_acked = 0; a_rx = 0; queued_for = 0
	}
}

proctype a_life(byte me; byte later)
{
end:	do
	:: d_step { born >= me && b_tx[me] < MESSAGES; b_tx[me]++ }
	:: connect(me, me)
	:: connect(me, later)
	:: connect_in_vain(me, me)
	:: connect_in_vain(me, later)
	:: from_b(me, 1)
	:: from_b(me, 0)
	:: to_b(me, 1)
	:: to_b(me, 0)
	:: forget(me)
	od
}

proctype world()
{
end:	do
	:: d_step { born < LIVES; born++ }
	/* Only the socket ends; both sides go on. */
	:: d_step { breaks > 0 && end_ != 0; breaks--; end_ = 0 }
	/* A life that ended: its socket closes. */
	:: d_step { end_ != 0 && end_ < born; end_ = 0 }
	:: d_step { end_ != 0 && a_tx < MESSAGES; a_tx++ }
	:: d_step { end_ != 0 && end_ == peer && !spans; spans = 1 }
	od
}

#define THROUGH(life) \
	(got[life] == MESSAGES && given[life] == MESSAGES)

/*
 * When nobody can do anything, the last life got in. One that lost its place has
 * a session without another end: it must join again.
 */
proctype judge()
{
end:	timeout;
	assert(ousted & BIT(born) || peer == born && end_ == born && THROUGH(born))
}

init
{
	atomic {
		run a_life(1, 2);
#if LIVES > 2
		run a_life(2, 3);
		run a_life(3, 3);
#else
		run a_life(2, 2);
#endif
		run world();
		run judge()
	}
}
