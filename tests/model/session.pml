/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One channel of a link (kmod/link.c): a session of two ends over successive
 * sockets. Both ends send; acknowledgments go along with messages, or alone.
 *
 * What is shown: every message is handed over exactly once and in order, no
 * sender lets go of a message before it was handed over, and when the faults
 * are over everything arrives and is acknowledged. ssi.pml builds on that.
 *
 * A socket keeps order. It breaks at any moment, at one end first, also in the
 * middle of a message; what is in it is then read by the other end, or not.
 * User space makes the next one and hands it to each end at any time after,
 * also to one that takes the old one to be well. Beyond what TCP does, a socket
 * may bring a message twice, or lose one from the middle; it then breaks after
 * a while, since no end of a session asks again on the same socket.
 *
 * MESSAGES=n: sent by each end. FAULTS=n: breaks, losses and repetitions in
 * one run. MUTANT=n: a mistake:
 *	1 what comes again is handed over again
 *	2 a message is let go of when it is sent
 *	3 a new socket goes on behind what was sent on the old one
 *	4 a receiver forgets its position with its socket
 *	5 a message behind a gap is taken
 *	6 a message counts as received when its header is in
 *	7 HELLO does not tell the position
 */
#ifndef MUTANT
#define MUTANT 0
#endif
#ifndef MESSAGES
#define MESSAGES 2
#endif
#ifndef FAULTS
#define FAULTS 2
#endif

/* Sequence numbers have three bits, and wrap in the middle of a run. */
#define FIRST 7
#define MASK 7
#define BEFORE(a, b) ((((a) - (b)) & MASK) >= 4)
#define NUMBER(seq) (((seq) - FIRST) & MASK)

#define DOWN 0
#define RESUMING 1
#define UP 2

#define HELLO 1
#define ACK 2
#define MSG 3

/* A fault costs at most a socket. */
#define SOCKETS (FAULTS + 1)
#define WIRE(end) wire[socket[end] * 2 + (end)]

/* Written by the end whose number is the lowest bit: type, seq, ack, which. */
chan wire[SOCKETS * 2] = [MESSAGES + 4] of { byte, byte, byte, byte };

byte faults = FAULTS;
byte newest;
bit sick[SOCKETS];

/* struct ssi_chan */
byte socket[2];
byte state[2];
byte tx_seq[2];
byte tx_acked[2];
byte next[2];
byte rx_seq[2];
byte rx_told[2];
bit hello_due[2];
bit rx_hello[2];
bit begun[2];

/* What really happened: messages let go of by an end, and handed over there. */
byte released[2];
byte received[2];

hidden byte type;
hidden byte seq;
hidden byte ack;
hidden byte which;

/* collect_acked(): not what is still to be sent on this socket */
inline collect(me)
{
	do
	:: BEFORE((FIRST + released[me]) & MASK, tx_acked[me]) &&
	   ((FIRST + released[me]) & MASK) != next[me] -> released[me]++
	:: else -> break
	od;
	assert(released[me] <= received[1 - me])
}

inline break_off(me)
{
	state[me] = DOWN;
	begun[me] = 0;
	hello_due[me] = 0
}

inline send(me, kind, number, content)
{
	WIRE(me)!kind, number, rx_seq[me], content;
	rx_told[me] = rx_seq[me]
}

/* rx_begin(), rx_end() of a message in its turn, the body being in */
inline hand_over(me)
{
	assert(which == received[me]);
	received[me]++;
	begun[me] = 0;
	if
	:: MUTANT == 6 -> skip
	:: else -> rx_seq[me] = (rx_seq[me] + 1) & MASK
	fi
}

/* rx_end_hello(), resume() */
inline take_hello(me)
{
	if
	:: rx_hello[me] || BEFORE(ack, tx_acked[me]) ||
	   BEFORE(tx_seq[me], ack) -> break_off(me)
	:: else ->
		rx_hello[me] = 1;
		tx_acked[me] = ack;
		if
		:: MUTANT == 3 && BEFORE(tx_acked[me], next[me]) -> skip
		:: else ->
			next[me] = tx_seq[me];
			collect(me);
			next[me] = (FIRST + released[me]) & MASK
		fi;
		state[me] = UP
	fi
}

inline take_ack(me)
{
	if
	:: BEFORE(tx_seq[me], ack) -> break_off(me)
	:: else ->
		if
		:: BEFORE(tx_acked[me], ack) -> tx_acked[me] = ack
		:: else -> skip
		fi;
		collect(me)
	fi
}

#define IN_TURN(me) (rx_hello[me] && !begun[me] && \
	wire[socket[me] * 2 + 1 - me]?[MSG, eval(rx_seq[me]), _, _])

/* The header of a message in its turn is in, the body not yet. */
inline receive_header(me)
{
	d_step {
		state[me] != DOWN && IN_TURN(me);
		begun[me] = 1;
		if
		:: MUTANT == 6 -> rx_seq[me] = (rx_seq[me] + 1) & MASK
		:: else -> skip
		fi
	}
}

/* The body of that message is in, or what else stands there. */
inline receive(me)
{
	d_step {
		state[me] != DOWN && !IN_TURN(me) &&
		len(wire[socket[me] * 2 + 1 - me]) > 0;
		wire[socket[me] * 2 + 1 - me]?type, seq, ack, which;
		if
		:: type == HELLO -> take_hello(me)
		:: type != HELLO && !rx_hello[me] -> break_off(me)
		:: type != HELLO && rx_hello[me] && type == MSG &&
		   !begun[me] && BEFORE(rx_seq[me], seq) && MUTANT != 5 ->
			break_off(me)
		:: else ->
			take_ack(me);
			if
			:: state[me] != DOWN && type == MSG && (begun[me] ||
			   MUTANT == 5 && BEFORE(rx_seq[me], seq) ||
			   MUTANT == 1 && BEFORE(seq, rx_seq[me])) ->
				hand_over(me)
			:: else -> skip
			fi
		fi;
		type = 0; seq = 0; ack = 0; which = 0
	}
}

/* ssi_link_attach_tcp(): the newest socket, whatever there was before */
inline attach(me)
{
	d_step {
		socket[me] < newest;
		break_off(me);
		socket[me] = newest;
		state[me] = RESUMING;
		hello_due[me] = 1;
		rx_hello[me] = 0;
		if
		:: MUTANT == 4 -> rx_seq[me] = FIRST
		:: else -> skip
		fi
	}
}

/* choose() */
inline transmit(me)
{
	d_step {
		state[me] != DOWN && hello_due[me] &&
		len(WIRE(me)) < MESSAGES + 4;
		hello_due[me] = 0;
		if
		:: MUTANT == 7 ->
			WIRE(me)!HELLO, 0, FIRST, 0
		:: else -> send(me, HELLO, 0, 0)
		fi
	}
}

inline transmit_message(me)
{
	d_step {
		state[me] == UP && !hello_due[me] && next[me] != tx_seq[me] &&
		len(WIRE(me)) < MESSAGES + 4;
		which = NUMBER(next[me]);
		send(me, MSG, next[me], which);
		next[me] = (next[me] + 1) & MASK;
		if
		:: MUTANT == 2 -> tx_acked[me] = next[me]
		:: else -> skip
		fi;
		collect(me);
		which = 0
	}
}

inline transmit_ack(me)
{
	d_step {
		state[me] == UP && !hello_due[me] && next[me] == tx_seq[me] &&
		rx_told[me] != rx_seq[me] && len(WIRE(me)) < MESSAGES + 4;
		send(me, ACK, 0, 0)
	}
}

proctype side(byte me)
{
end:	do
	:: d_step {
		NUMBER(tx_seq[me]) < MESSAGES;
		tx_seq[me] = (tx_seq[me] + 1) & MASK
	   }
	:: transmit(me)
	:: transmit_message(me)
	:: transmit_ack(me)
	:: receive_header(me)
	:: receive(me)
	:: attach(me)
	/* The other end has closed this socket. */
	:: d_step {
		state[me] != DOWN && (socket[1 - me] > socket[me] ||
			socket[1 - me] == socket[me] && state[1 - me] == DOWN);
		break_off(me)
	   }
	:: d_step { faults > 0 && state[me] != DOWN; faults--; break_off(me) }
	:: d_step { state[me] != DOWN && sick[socket[me]]; break_off(me) }
	/* Not TCP's: a message is lost, or comes twice. */
	:: d_step {
		faults > 0 && len(wire[socket[me] * 2 + 1 - me]) > 0 &&
		!begun[me];
		faults--;
		sick[socket[me]] = 1;
		wire[socket[me] * 2 + 1 - me]?_, _, _, _
	   }
	:: d_step {
		faults > 0 && len(WIRE(me)) > 0 &&
		len(WIRE(me)) < MESSAGES + 4;
		faults--;
		WIRE(me)?<type, seq, ack, which>;
		WIRE(me)!type, seq, ack, which;
		type = 0; seq = 0; ack = 0; which = 0
	   }
	od
}

/* User space connects again when it hears that the newest socket is broken. */
proctype agent()
{
end:	do
	:: d_step {
		newest + 1 < SOCKETS &&
		(socket[0] == newest && state[0] == DOWN ||
		 socket[1] == newest && state[1] == DOWN);
		newest++
	   }
	od
}

#define FINISHED(me) (released[me] == MESSAGES && received[me] == MESSAGES)

proctype judge()
{
end:	timeout;
	assert(FINISHED(0) && FINISHED(1));
	assert(state[0] == UP && state[1] == UP && socket[0] == socket[1])
}

inline set_up(me)
{
	state[me] = RESUMING;
	hello_due[me] = 1;
	tx_seq[me] = FIRST;
	tx_acked[me] = FIRST;
	next[me] = FIRST;
	rx_seq[me] = FIRST;
	rx_told[me] = FIRST
}

init
{
	atomic {
		set_up(0);
		set_up(1);
		run side(0);
		run side(1);
		run agent();
		run judge()
	}
}
