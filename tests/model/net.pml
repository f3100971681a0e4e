/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How messages get from node to node; ssi.pml includes it.
 *
 * Without LINKS: one set for each receiver. Nothing is lost, nothing comes
 * twice, and there is no order at all. session.pml proves that each channel of
 * a link hands over every message exactly once, whatever sockets do; channels
 * and links keep no order among each other. Taking none for granted, these runs
 * are all that sessions allow, and more. But one order the home counts on: where
 * it ends a transaction itself, what it asks of the requester next comes behind
 * what it gave (IS_AHEAD_OF_FORWARDS).
 *
 * With LINKS: a control and a data channel between any two nodes, in order.
 * Answers that end a transaction take the control channel, as all that the home
 * asks of others; other pages take the data channel here, whichever they take in
 * the module.
 * What is handed over is done at once where it is a reply, and else becomes a
 * job in the receiver's set, since workers take jobs in any order.
 *
 * With FAULTS=n: the session is in the run itself, as short as can be. A sender
 * keeps what is not acknowledged; n times in a run a socket loses a message,
 * brings one twice, or breaks, with all that is in it, before or after the
 * acknowledgment of what was handed over. Numbers tell the receiver what is
 * new, what came before, and what is missing; a channel that breaks begins
 * again with all that is kept. Without a fault an acknowledgment takes no time:
 * until a socket breaks nobody can tell. Numbers begin anew while a channel is
 * empty, since only their differences have a meaning.
 */
#ifndef LINKS

/* type, requester, arg, acks, value, epoch of the request */
chan net[PAGES * NODES] = [9] of { byte, byte, byte, byte, bit, bit };

#define send(from, to, page, type, who, arg, n, content, ep) \
	net[(to) * PAGES + (page)]!!type, who, arg, n, content, ep

#define IS_UNDER_WAY(x, type) net[x]??[type, _, _, _, _, _]
#define IS_AHEAD_OF_FORWARDS(x) \
	(MUTANT != 16 && \
	 (IS_UNDER_WAY(x, MSG_DATA_ENDS) || \
	  IS_UNDER_WAY(x, MSG_DATA_ZERO_ENDS) || \
	  IS_UNDER_WAY(x, MSG_GRANT_ENDS) || \
	  IS_UNDER_WAY(x, MSG_INVALIDATED_ENDS)))

#else

#define IS_AHEAD_OF_FORWARDS(x) false

#define KINDS 2
#define WAY(from, to, kind) (((from) * NODES + (to)) * KINDS + (kind))
#define IS_DATA(type) \
	((type) == MSG_DATA || (type) == MSG_DATA_ZERO || \
	 (type) == MSG_DATA_EVICT || \
	 MUTANT == 17 && ((type) == MSG_DATA_ENDS || \
			  (type) == MSG_DATA_ZERO_ENDS))
#define IS_JOB(type) \
	((type) == MSG_GET_READ || (type) == MSG_DATA_EVICT || \
	 (type) == MSG_RECORD || (type) == MSG_ADOPT || \
	 (type) == MSG_FWD_READ || \
	 (type) == MSG_FWD_WRITE || (type) == MSG_FWD_EVICT || \
	 (type) == MSG_INVALIDATE || (type) == MSG_RESERVE || \
	 (type) == MSG_RETURN)

#ifndef WIDTH
#define WIDTH 6
#endif

/* Jobs that were handed over, and for a moment the reply that is. */
chan net[NODES] = [9] of { byte, byte, byte, byte, bit, bit };

#ifndef FAULTS

/* type, requester, arg, acks, value, epoch */
chan wire[NODES * NODES * KINDS] =
	[WIDTH] of { byte, byte, byte, byte, bit, bit };

#define send(from, to, page, type, who, arg, n, content, ep) \
	if \
	:: DEAD(to) -> skip \
	:: else -> wire[WAY(from, to, IS_DATA(type))]!type, who, arg, n, \
						     content, ep \
	fi

#define ARRIVES(from, me, kind) (len(wire[WAY(from, me, kind)]) > 0)
#define FLUSHED_TO(me, to) \
	(len(wire[WAY(me, to, 0)]) == 0 && len(wire[WAY(me, to, 1)]) == 0)

inline receive(from, me, kind)
{
	wire[WAY(from, me, kind)]?m_type, m_who, m_arg, m_acks, m_value, m_ep;
	net[me]!!m_type, m_who, m_arg, m_acks, m_value, m_ep
}

inline forget_way(way)
{
	do
	:: len(wire[way]) > 0 -> wire[way]?_, _, _, _, _, _
	:: else -> break
	od
}

#else

#define FIRST 0
#define WAYS (NODES * NODES * KINDS)

/* number, type, requester, arg, acks, value, epoch */
chan wire[WAYS] = [WIDTH] of { byte, byte, byte, byte, byte, bit, bit };
chan kept[WAYS] = [WIDTH] of { byte, byte, byte, byte, byte, bit, bit };
byte tx_seq[WAYS];
byte rx_seq[WAYS];
byte faults = FAULTS;

hidden byte m_seq;
hidden byte m_count;
hidden int way_;

#define send(from, to, page, type, who, arg, n, content, ep) \
	if \
	:: DEAD(to) -> skip \
	:: else -> \
		way_ = WAY(from, to, IS_DATA(type)); \
		wire[way_]!tx_seq[way_], type, who, arg, n, content, ep; \
		if \
		:: MUTANT == 22 -> skip \
		:: else -> \
			kept[way_]!tx_seq[way_], type, who, arg, n, content, ep \
		fi; \
		tx_seq[way_]++; \
		way_ = 0 \
	fi

#define ARRIVES(from, me, kind) (len(wire[WAY(from, me, kind)]) > 0)
#define FLUSHED_TO(me, to) \
	(len(kept[WAY(me, to, 0)]) == 0 && len(kept[WAY(me, to, 1)]) == 0)

inline rest(way)
{
	if
	:: len(kept[way]) == 0 && len(wire[way]) == 0 ->
		tx_seq[way] = FIRST;
		rx_seq[way] = FIRST
	:: else -> skip
	fi
}

/* An acknowledgment comes: the position that the receiver expects next. */
inline acknowledge(way)
{
	do
	:: len(kept[way]) > 0 ->
		kept[way]?<m_count, _, _, _, _, _, _>;
		if
		:: m_count < rx_seq[way] -> kept[way]?_, _, _, _, _, _, _
		:: else -> break
		fi
	:: else -> break
	od;
	m_count = 0;
	rest(way)
}

/* The socket breaks; on the next one all that is kept is sent again. */
inline replay(way)
{
	do
	:: len(wire[way]) > 0 -> wire[way]?_, _, _, _, _, _, _
	:: else -> break
	od;
	m_count = len(kept[way]);
	do
	:: m_count > 0 ->
		kept[way]?m_seq, m_type, m_who, m_arg, m_acks, m_value, m_ep;
		kept[way]!m_seq, m_type, m_who, m_arg, m_acks, m_value, m_ep;
		wire[way]!m_seq, m_type, m_who, m_arg, m_acks, m_value, m_ep;
		m_count--
	:: else -> break
	od;
	m_seq = 0;
	rest(way)
}

/* m_type becomes 0 where nothing is handed over. */
inline receive_at(way, me)
{
	wire[way]?m_seq, m_type, m_who, m_arg, m_acks, m_value, m_ep;
	if
	:: m_seq == rx_seq[way] || MUTANT == 23 && m_seq > rx_seq[way] ->
		rx_seq[way] = m_seq + 1;
		net[me]!!m_type, m_who, m_arg, m_acks, m_value, m_ep
	:: m_seq < rx_seq[way] ->
		/* It comes again. */
		if
		:: MUTANT == 21 ->
			net[me]!!m_type, m_who, m_arg, m_acks, m_value, m_ep
		:: else -> m_type = 0
		fi
	:: m_seq > rx_seq[way] && MUTANT != 23 ->
		/* A message is missing. */
		replay(way);
		m_type = 0
	fi;
	m_seq = 0
}

inline receive(from, me, kind)
{
	receive_at(WAY(from, me, kind), me);
	acknowledge(WAY(from, me, kind))
}

inline forget_way(way)
{
	do
	:: len(wire[way]) > 0 -> wire[way]?_, _, _, _, _, _, _
	:: else -> break
	od;
	do
	:: len(kept[way]) > 0 -> kept[way]?_, _, _, _, _, _, _
	:: else -> break
	od;
	rest(way)
}

/* ---- faults ---- */

#define ARMED(from, me, kind) \
	(faults > 0 && (from) != (me) && ARRIVES(from, me, kind))

inline lose(from, me, kind)
{
	d_step {
		ARMED(from, me, kind);
		faults--;
		wire[WAY(from, me, kind)]?_, _, _, _, _, _, _;
		rest(WAY(from, me, kind))
	}
}

inline repeat(from, me, kind)
{
	d_step {
		ARMED(from, me, kind) && len(wire[WAY(from, me, kind)]) < WIDTH;
		faults--;
		way_ = WAY(from, me, kind);
		wire[way_]?<m_seq, m_type, m_who, m_arg, m_acks, m_value, m_ep>;
		wire[way_]!m_seq, m_type, m_who, m_arg, m_acks, m_value, m_ep;
		way_ = 0;
		forget_scratch()
	}
}

/* A message was lost, and none came behind it that would tell. */
inline repair(from, me, kind)
{
	d_step {
		len(wire[WAY(from, me, kind)]) == 0 &&
		len(kept[WAY(from, me, kind)]) > 0;
		replay(WAY(from, me, kind));
		forget_scratch()
	}
}
#endif
#endif
