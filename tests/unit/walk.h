/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An exhaustive walk of the protocol: every state that a few nodes and one
 * page can be in, messages in flight included, found by breadth-first search
 * from the beginning. What decides are the tables of kmod/core themselves;
 * what stands around them in kmod/ is mirrored by walk_model.c.
 *
 * Messages in flight are a set without order: any of them may come next. But what
 * the home sends to a node behind messages with which it ended a transaction
 * itself comes behind these; only pages that are evicted overtake them.
 */
#ifndef WALK_H
#define WALK_H

#include "core/coh.h"
#include "core/dir.h"

#define WALK_NODES    3
#define WALK_MESSAGES 16
#define WALK_QUEUE    6

/**
 * struct walk_node - a page on one node
 * @state:   enum ssi_state
 * @fresh:   the copy is what was written last
 * @busy:    SSI_PAGE_BUSY: a forward (1) or a drop (2) changes the mapping
 * @leaving: SSI_PAGE_LEAVING: target of the eviction under way, plus 1
 * @pending: SSI_PAGE_PENDING: event of the request, plus 1
 * @answer:  event that the answer is, plus 1, once it came
 * @arrived: the page that came with it is what was written last
 * @failed:  the answer was that it could not be served
 * @ends:    the answer was that no DONE is owed
 * @acks:    INVALIDATED that came, less those that were announced
 */
struct walk_node {
	u8 state;
	u8 fresh;
	u8 busy;
	u8 leaving;
	u8 pending;
	u8 answer;
	u8 arrived;
	u8 failed;
	u8 ends;
	int8_t acks;
};

/**
 * struct walk_job - a request at the home
 * @ask:       enum ssi_ask; WALK_ASK_NEIGHBOUR: another page's range takes
 *	       this page along
 * @requester: slot
 * @target:    slot, of an eviction
 * @valid:     there is one
 */
struct walk_job {
	u8 ask : 3;
	u8 requester : 2;
	u8 target : 2;
	u8 valid : 1;
};

#define WALK_ASK_NEIGHBOUR SSI_ASK_MAX

/**
 * struct walk_msg - a message in flight
 * @type:      enum ssi_msg_type
 * @to:	       receiver
 * @requester: whom the transaction serves
 * @target:    of an eviction
 * @arg:       as in the header
 * @acks:      as in the header
 * @ask:       of a request, enum ssi_ask
 * @zero:      SSI_MF_ZERO
 * @evict:     SSI_MF_EVICT; with DONE: it ends an eviction
 * @neighbour: RANGE and DONE of another page's range
 * @fresh:     the page that it carries is what was written last
 * @begun:     a forward that is being carried out: the page is busy
 * @from:      sender
 * @taken:     a FWD_READ of a page that its owner does not use
 * @ahead:     the page's part of GET_AHEAD (then a read), FWD_AHEAD (then a
 *	       FWD_READ), or a refusal of it (then a GRANT)
 * @local:     what the home asks of itself, or what comes of that, where it ends
 *	       the transaction; SSI_MF_ENDS, and INVALIDATED of such a one
 * @behind:    of the home, behind what is @local and under way to the same node
 */
struct walk_msg {
	u32 type : 5;
	u32 to : 2;
	u32 requester : 2;
	u32 target : 2;
	u32 arg : 2;
	u32 acks : 2;
	u32 ask : 2;
	u32 zero : 1;
	u32 evict : 1;
	u32 neighbour : 1;
	u32 fresh : 1;
	u32 begun : 1;
	u32 from : 2;
	u32 taken : 1;
	u32 ahead : 1;
	u32 local : 1;
	u32 behind : 1;
	u32 unused : 4;
};

/**
 * struct walk_state - everything; compared by its bytes
 * @node:     the page on each node
 * @active:   transaction that keeps the page busy at its home, node 0
 * @ranged:   it grants a range
 * @left:     of one that the home ends: parts that are not sent, plus 1
 * @told:     what its requester holds then
 * @queue:    requests that wait for its end
 * @queued:   how many
 * @messages: how many are in flight
 * @dir:      the page's directory entry, without its version
 * @message:  in flight, sorted; bytes of walk_msg
 */
struct walk_state {
	struct walk_node node[WALK_NODES];
	struct walk_job active;
	u8 ranged;
	u8 left;
	u8 told;
	struct walk_job queue[WALK_QUEUE];
	u8 queued;
	u8 messages;
	struct ssi_dir dir;
	u32 message[WALK_MESSAGES];
};

/**
 * enum walk_mutant - mistakes that the walk must notice
 * @MUTANT_NONE:	     none
 * @MUTANT_EARLY_ACK:	     INVALIDATED before the copy is unmapped
 * @MUTANT_LOST_INVALIDATE:  one sharer is not told, and not waited for
 * @MUTANT_BLIND_UPGRADE:    HAVE_COPY is believed without being a sharer
 * @MUTANT_EARLY_SOLE:	     the answer is used before all acks are in
 * @MUTANT_NOT_BUSY:	     the home does not wait for DONE
 * @MUTANT_DROP_PENDING:     a copy is dropped while its upgrade is under way
 * @MUTANT_OWNER_KEEPS:	     the owner stays owner after FWD_WRITE
 * @MUTANT_PINNED_LOSES:     a pinned page is taken away all the same
 * @MUTANT_NO_ACK_WITHOUT_COPY: who dropped its copy does not ack
 * @MUTANT_SHARER_FORGOTTEN: a read is not noted in the directory
 * @MUTANT_EVICT_UNCHECKED:  the home forwards an eviction by a former owner
 * @MUTANT_DONE_BY_EVICTOR:  an eviction ends before the target has the page
 * @MUTANT_AHEAD_OF_OTHERS:  the home lets a page go ahead though it is busy
 * @MUTANT_AHEAD_NOT_BUSY:   the page is not busy while it goes ahead
 * @MUTANT_ENDS_HALFWAY:     the home ends an upgrade before all of it is sent
 * @MUTANT_ENDS_UNORDERED:   what the home sends next may overtake what it gave
 * @MUTANT_ENDS_BESIDE_SHARERS: the home ends a write that sharers take part in
 */
enum walk_mutant {
	MUTANT_NONE,
	MUTANT_EARLY_ACK,
	MUTANT_LOST_INVALIDATE,
	MUTANT_BLIND_UPGRADE,
	MUTANT_EARLY_SOLE,
	MUTANT_NOT_BUSY,
	MUTANT_DROP_PENDING,
	MUTANT_OWNER_KEEPS,
	MUTANT_PINNED_LOSES,
	MUTANT_NO_ACK_WITHOUT_COPY,
	MUTANT_SHARER_FORGOTTEN,
	MUTANT_EVICT_UNCHECKED,
	MUTANT_DONE_BY_EVICTOR,
	MUTANT_AHEAD_OF_OTHERS,
	MUTANT_AHEAD_NOT_BUSY,
	MUTANT_ENDS_HALFWAY,
	MUTANT_ENDS_UNORDERED,
	MUTANT_ENDS_BESIDE_SHARERS,
	MUTANT_MAX,
};

/**
 * struct walk - one search: what to try, and what was seen
 * @nodes:     2 or 3
 * @evict:     owners evict
 * @pin:       others hold on to pages
 * @ahead:     nodes ask for the page before they touch it
 * @open_max:  requests and evictions that may be open at a time
 * @mutant:    mistake to make
 * @violation: what went wrong, NULL while nothing did
 * @cells:     how often each cell of the table was used
 * @states:    states found
 * @steps:     transitions between them
 * @depth:     steps from the beginning to the farthest state
 * @emit:      called with each successor of a state
 * @ctx:       its argument
 */
struct walk {
	unsigned int nodes;
	bool evict;
	bool pin;
	bool ahead;
	unsigned int open_max;
	enum walk_mutant mutant;
	const char *violation;
	u64 cells[SSI_STATE_MAX][SSI_EVENT_MAX];
	u32 states;
	u64 steps;
	u32 depth;
	void (*emit)(struct walk *walk, struct walk_state *next);
	void *ctx;
};

static inline struct walk_msg walk_message(const struct walk_state *state,
					   unsigned int i)
{
	struct walk_msg msg;

	memcpy(&msg, &state->message[i], sizeof(msg));
	return msg;
}

/* walk_model.c: what can happen next. */
void walk_new_work(struct walk *walk, const struct walk_state *state);
void walk_progress(struct walk *walk, const struct walk_state *state);

/* walk_check.c: what must be true. */
const char *walk_check(const struct walk *walk, const struct walk_state *state);
bool walk_is_quiet(const struct walk_state *state);

/* walk_search.c: the search; the trace to a violation goes to stderr. */
bool walk_run(struct walk *walk, bool explain);

#endif /* WALK_H */
