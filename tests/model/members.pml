/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a change of members needs to know of nodes and requests; change.pml
 * has the steps. A directory and a map of its own at each node: home[] is who
 * a node takes for the home.
 */

byte home[NODES];
bit epoch[NODES];
bit frozen[NODES];
bit refusing[NODES];
bit known[NODES];

/* Dead; declared so; the region here is not used any more, or gone from here. */
bit dead[NODES];
bit forgotten[NODES];
bit shut[NODES];
bit gone[NODES];
/* The dead that are no members any more, as each node has it. */
byte out[NODES];

/* The epoch in which a request, or an eviction, began: its transaction. */
bit asked_in[NODES];
bit left_in[NODES];

/* The step that is under way; what each has done of it, and whether all. */
byte step = CHANGE_NONE;
byte done_of[NODES];
bit did[NODES];

/* The change: who leaves, plus 1; how many died; the home afterwards. */
byte leaver;
byte deaths_now;
byte new_home;
byte built;

byte leaves = LEAVES;
byte deaths = DEATHS;

#define DEAD(node) (dead[node] || gone[node])
#define DRAINS(node) shut[node]
#define TAKES(node) (!dead[node] && !gone[node])
#define STAYS(node) (TAKES(node) && leaver != (node) + 1)
#define RUNS(node) TAKES(node)
#define MAY_BEGIN(node) (TAKES(node) && !frozen[node])
#define MAY_USE(node) (TAKES(node) && !shut[node])

/* Who leaves has the page no more once the others go on; nobody uses it there. */
#define IS_OUT(x) (step == CHANGE_COMMIT && leaver == (x) + 1)

#define HOME_OF(node) home[node]
#define NEXT_BY(is_in, h) \
	(is_in(h, ((h) + 1) % NODES) -> ((h) + 1) % NODES : \
	 (is_in(h, ((h) + 2) % NODES) -> ((h) + 2) % NODES : (h)))
/* The dead are members, and asked in vain, until a change is over. */
#define IN_MAP(node, n) (!gone[n] && !IS_OUT(n) && !((out[node] >> (n)) & 1))
#define WILL_STAY(node, n) STAYS(n)
#define NEXT_OF(h) NEXT_BY(IN_MAP, h)

/* A message is known by its transaction: of another epoch, it is stale. */
#define EPOCH(node) epoch[node]
#define REQUEST_EP(x) asked_in[x]
#define IS_OPEN(x, ep) (pending[x] && asked_in[x] == (ep))
#define IS_LEFT(x, ep) (leaving[x] && left_in[x] == (ep))

#define note_known(x) known[x] = (MUTANT != 43)
#define open_in(x) asked_in[x] = epoch[x]
#define leave_in(x) left_in[x] = epoch[x]

/* prepare() of home.c */
#define REFUSES(h, ep) \
	(refusing[h] || (ep) != epoch[h] && MUTANT != 42 || home[h] != (h))
/* finish() of home.c: of a transaction that is no more */
#define REFUSES_DONE(h) \
	(home[h] != (h) || !dir_busy[h] || asker != txn_for[h] || \
	 ep_ != txn_ep[h])
