// SPDX-License-Identifier: Apache-2.0
/*
 * What can happen next in a state. Each function names what it mirrors. What
 * takes several steps there, with other things in between, takes several here:
 * BUSY lasts from the look at a page to the end of its unmapping.
 */
#include "walk.h"

/* The node that is the page's home. */
#define HOME 0

static void complain(struct walk *walk, const char *what)
{
	if (!walk->violation)
		walk->violation = what;
}

static const struct ssi_step *use_cell(struct walk *walk, u8 state,
				       enum ssi_event event)
{
	const struct ssi_step *step = ssi_coh_step(state, event);

	walk->cells[state][event]++;
	if (step->act & SSI_ACT_BUG)
		complain(walk, "a pair that can not happen has happened");
	return step;
}

static void send(struct walk *walk, struct walk_state *state,
		 struct walk_msg msg)
{
	if (state->messages == WALK_MESSAGES) {
		complain(walk, "more messages in flight than the walk allows");
		return;
	}
	memcpy(&state->message[state->messages++], &msg, sizeof(msg));
}

static struct walk_msg take(struct walk_state *state, unsigned int i)
{
	struct walk_msg msg = walk_message(state, i);

	state->message[i] = state->message[--state->messages];
	return msg;
}

static bool ends_are_under_way(const struct walk_state *state, unsigned int to)
{
	struct walk_msg msg;
	unsigned int i;

	for (i = 0; i < state->messages; i++) {
		msg = walk_message(state, i);
		if (msg.local && msg.to == to && to != HOME)
			return true;
	}
	return false;
}

/* By the home, over the control channel. */
static void tell(struct walk *walk, struct walk_state *state,
		 struct walk_msg msg)
{
	msg.behind = walk->mutant != MUTANT_ENDS_UNORDERED &&
		     ends_are_under_way(state, msg.to);
	send(walk, state, msg);
}

/* What ended a transaction has landed: what was sent behind it may come now. */
static void let_through(struct walk_state *state, unsigned int to)
{
	struct walk_msg msg;
	unsigned int i;

	if (ends_are_under_way(state, to))
		return;
	for (i = 0; i < state->messages; i++) {
		msg = walk_message(state, i);
		if (msg.to == to)
			msg.behind = 0;
		memcpy(&state->message[i], &msg, sizeof(msg));
	}
}

static void set_state(struct walk_node *node, u8 next, bool fresh)
{
	node->state = next;
	node->fresh = next == SSI_INVALID ? 0 : fresh;
}

/* ---- home.c ---- */

static void begin_job(struct walk *walk, struct walk_state *state,
		      struct walk_job job);

/* end(): behind a range requests start afresh, in any order. */
static void end_job(struct walk *walk, struct walk_state *state)
{
	bool ranged = state->ranged;
	struct walk_job next;
	unsigned int i;

	state->dir.busy = 0;
	state->ranged = 0;
	state->left = 0;
	state->told = 0;
	memset(&state->active, 0, sizeof(state->active));
	if (!state->queued)
		return;
	if (ranged) {
		for (i = 0; i < state->queued; i++)
			send(walk, state, (struct walk_msg){
				.type = SSI_MSG_GET_READ,
				.ask = state->queue[i].ask,
				.requester = state->queue[i].requester,
				.target = state->queue[i].target,
			});
		memset(state->queue, 0, sizeof(state->queue));
		state->queued = 0;
		return;
	}
	next = state->queue[0];
	memmove(&state->queue[0], &state->queue[1],
		sizeof(state->queue) - sizeof(state->queue[0]));
	memset(&state->queue[WALK_QUEUE - 1], 0, sizeof(state->queue[0]));
	state->queued--;
	begin_job(walk, state, next);
}

static struct ssi_plan decide(const struct walk *walk,
			      const struct walk_state *state,
			      struct walk_job job)
{
	struct ssi_dir dir = state->dir;
	struct ssi_plan plan;

	if (walk->mutant == MUTANT_BLIND_UPGRADE && job.ask == SSI_ASK_UPGRADE)
		dir.sharers |= BIT(job.requester);
	if (walk->mutant == MUTANT_EVICT_UNCHECKED && job.ask == SSI_ASK_EVICT)
		dir.owner = job.requester;
	plan = ssi_dir_decide(&dir, job.ask, job.requester);
	if (walk->mutant == MUTANT_LOST_INVALIDATE && plan.invalidate) {
		plan.invalidate &= plan.invalidate - 1;
		plan.acks--;
	}
	return plan;
}

static bool is_local(const struct walk *walk, const struct walk_job *job,
		     struct ssi_plan plan)
{
	if (walk->mutant == MUTANT_ENDS_BESIDE_SHARERS && plan.forward)
		plan.invalidate = 0;
	return ssi_dir_is_local(&plan, HOME, job->requester);
}

/* ssi_home_told(), but for the end of the transaction, which comes later */
static void told(struct walk_state *state, struct walk_msg msg, u8 perm)
{
	if (!msg.local || state->left < 2)
		return;
	state->left--;
	state->told = perm;
}

/* set_parts() */
static void set_parts(const struct walk *walk, struct walk_state *state,
		      const struct ssi_plan *plan)
{
	bool both = plan->reply && walk->mutant != MUTANT_ENDS_HALFWAY;

	state->left = both ? 3 : 2;
}

/* carry_out() */
static void send_plan(struct walk *walk, struct walk_state *state,
		      struct walk_job job, const struct ssi_plan *plan)
{
	struct walk_msg msg = {
		.requester = job.requester, .target = job.target,
	};
	bool local = state->left;
	unsigned int slot;

	for (slot = 0; slot < walk->nodes; slot++) {
		msg.type = SSI_MSG_INVALIDATE;
		msg.to = slot;
		msg.local = local && slot == HOME;
		if (plan->invalidate >> slot & 1)
			tell(walk, state, msg);
	}
	msg.local = local;
	msg.type = plan->forward ? plan->forward : plan->reply;
	msg.to = plan->forward ? plan->owner : job.requester;
	msg.arg = plan->grant;
	msg.acks = plan->acks;
	msg.evict = job.ask == SSI_ASK_EVICT;
	tell(walk, state, msg);
	if (plan->reply)
		told(state, msg, SSI_PERM_SOLE);
}

/* begin() of a page that is not busy */
static void begin_job(struct walk *walk, struct walk_state *state,
		      struct walk_job job)
{
	struct ssi_plan plan = decide(walk, state, job);

	state->active = job;
	state->dir.busy = walk->mutant != MUTANT_NOT_BUSY;
	if (plan.reply == SSI_MSG_RANGE) {
		state->dir.state = SSI_DIR_OWNED;
		state->dir.owner = job.requester;
		state->ranged = 1;
	}
	if (is_local(walk, &job, plan))
		set_parts(walk, state, &plan);
	send_plan(walk, state, job, &plan);
	if (plan.ends)
		end_job(walk, state);
}

/*
 * ssi_home_ahead(): what does not go at once is refused, and does not wait. Of
 * several pages those that are refused hear of it later, from the owner.
 */
static void home_ahead(struct walk *walk, struct walk_state *state,
		       struct walk_msg msg)
{
	struct ssi_plan plan = ssi_dir_decide(&state->dir, SSI_ASK_READ,
					      msg.requester);
	bool busy = state->dir.busy && walk->mutant != MUTANT_AHEAD_OF_OTHERS;

	if (busy || plan.forward != SSI_MSG_FWD_READ) {
		tell(walk, state, (struct walk_msg){
			.type = SSI_MSG_GRANT, .to = msg.requester,
			.requester = msg.requester, .ahead = 1,
		});
		return;
	}
	state->active = (struct walk_job){
		.ask = SSI_ASK_READ, .requester = msg.requester, .valid = 1,
	};
	state->dir.busy = walk->mutant != MUTANT_AHEAD_NOT_BUSY;
	tell(walk, state, (struct walk_msg){
		.type = SSI_MSG_FWD_READ, .to = plan.owner & 3,
		.requester = msg.requester, .ahead = 1,
	});
}

/* ssi_home_request() */
static void home_request(struct walk *walk, struct walk_state *state,
			 struct walk_msg msg)
{
	struct walk_job job = {
		.ask = msg.ask, .requester = msg.requester,
		.target = msg.target, .valid = 1,
	};

	if (msg.ahead)
		home_ahead(walk, state, msg);
	else if (!state->dir.busy)
		begin_job(walk, state, job);
	else if (state->queued < WALK_QUEUE)
		state->queue[state->queued++] = job;
	else
		complain(walk, "more requests wait than there can be");
}

/* The end of ssi_home_told() */
static void end_local(struct walk *walk, const struct walk_state *before)
{
	struct walk_state state = *before;
	enum ssi_perm perm = state.told;

	if (state.left != 1)
		return;
	if (walk->mutant == MUTANT_SHARER_FORGOTTEN && perm == SSI_PERM_SHARED)
		perm = SSI_PERM_NONE;
	if (!ssi_dir_finish(&state.dir, state.active.ask,
			    state.active.requester, perm))
		complain(walk, "the home ended a transaction as it can not");
	end_job(walk, &state);
	walk->emit(walk, &state);
}

/* ssi_home_done() */
static void home_done(struct walk *walk, struct walk_state *state,
		      struct walk_msg msg)
{
	struct walk_job job = state->active;
	enum ssi_perm perm = msg.arg;

	if (!job.valid || job.requester != msg.requester ||
	    (job.ask == SSI_ASK_EVICT) != msg.evict ||
	    (job.ask == WALK_ASK_NEIGHBOUR) != msg.neighbour) {
		complain(walk, "DONE of no transaction");
		return;
	}
	if (walk->mutant == MUTANT_SHARER_FORGOTTEN && perm == SSI_PERM_SHARED)
		perm = SSI_PERM_NONE;
	if (!msg.neighbour &&
	    !ssi_dir_finish(&state->dir, job.ask, msg.from, perm))
		complain(walk, "a transaction ended as it can not");
	end_job(walk, state);
}

/* grant_range() for another page, which takes this one along */
static void home_neighbour(struct walk *walk, const struct walk_state *state)
{
	struct walk_state next;
	unsigned int slot;

	if (ssi_dir_is_owned(&state->dir) || state->dir.busy)
		return;
	for (slot = 0; slot < walk->nodes; slot++) {
		next = *state;
		next.dir.state = SSI_DIR_OWNED;
		next.dir.owner = (u8)slot;
		next.dir.busy = 1;
		next.ranged = 1;
		next.active = (struct walk_job){
			.ask = WALK_ASK_NEIGHBOUR, .requester = slot & 3,
			.valid = 1,
		};
		send(walk, &next, (struct walk_msg){
			.type = SSI_MSG_RANGE, .to = slot & 3,
			.requester = slot & 3, .neighbour = 1,
		});
		walk->emit(walk, &next);
	}
}

/* ---- request.c ---- */

static struct walk_node *requester_of(struct walk *walk,
				      struct walk_state *state,
				      struct walk_msg msg)
{
	struct walk_node *node = &state->node[msg.to];

	if (!node->pending || msg.to != msg.requester) {
		complain(walk, "a reply to no request");
		return NULL;
	}
	return node;
}

/* apply_answer() */
static void apply_answer(struct walk *walk, struct walk_node *node)
{
	const struct ssi_step *step = use_cell(walk, node->state,
					       node->answer - 1);
	bool fresh = node->fresh;

	if (step->act & SSI_ACT_INSTALL || node->answer - 1 == SSI_EV_ZEROES)
		fresh = node->arrived;
	set_state(node, step->next, fresh);
}

/* unlock_and_complete(), end_request() */
static void complete(struct walk *walk, struct walk_state *state, u8 slot)
{
	struct walk_node *node = &state->node[slot];
	enum ssi_perm perm = SSI_PERM_NONE;

	if (!node->answer ||
	    (node->acks && walk->mutant != MUTANT_EARLY_SOLE))
		return;
	if (!node->failed) {
		apply_answer(walk, node);
		perm = ssi_coh_state_perm(node->state);
	}
	if (!node->ends)
		send(walk, state, (struct walk_msg){
			.type = SSI_MSG_DONE, .requester = slot & 3,
			.from = slot & 3, .arg = perm & 3,
		});
	node->pending = 0;
	node->answer = 0;
	node->arrived = 0;
	node->failed = 0;
	node->ends = 0;
	node->acks = 0;
}

static void answer(struct walk *walk, struct walk_state *state,
		   struct walk_msg msg, enum ssi_event event)
{
	struct walk_node *node = requester_of(walk, state, msg);

	if (!node)
		return;
	if (node->answer)
		complain(walk, "two answers to one request");
	node->answer = (u8)event + 1;
	node->arrived = msg.fresh;
	node->ends = msg.local;
	node->acks += msg.acks;
	complete(walk, state, msg.to);
}

/* ssi_request_data() */
static void request_data(struct walk *walk, struct walk_state *state,
			 struct walk_msg msg)
{
	if (msg.arg == SSI_PERM_NONE)
		state->node[msg.to].failed = 1;
	answer(walk, state, msg, msg.zero ? SSI_EV_ZEROES :
					    ssi_coh_perm_event(msg.arg));
}

/* ssi_request_grant(), ssi_fetch_refused() */
static void request_grant(struct walk *walk, struct walk_state *state,
			  struct walk_msg msg)
{
	if (msg.ahead) {
		if (requester_of(walk, state, msg))
			state->node[msg.to].pending = 0;
		return;
	}
	if (!msg.evict) {
		answer(walk, state, msg, ssi_coh_grant_event(msg.arg));
		return;
	}
	if (!state->node[msg.to].leaving)
		complain(walk, "a reply to no eviction");
	state->node[msg.to].leaving = 0;
}

/* ssi_request_range(), grant_page() */
static void request_range(struct walk *walk, struct walk_state *state,
			  struct walk_msg msg)
{
	struct walk_node *node = &state->node[msg.to];

	msg.fresh = 1;
	if (!msg.neighbour) {
		answer(walk, state, msg, SSI_EV_ZEROES);
		return;
	}
	set_state(node, use_cell(walk, node->state, SSI_EV_ZEROES)->next, true);
	send(walk, state, (struct walk_msg){
		.type = SSI_MSG_DONE, .requester = msg.to, .from = msg.to,
		.neighbour = 1,
	});
}

/* ssi_request_invalidated() */
static void request_invalidated(struct walk *walk, struct walk_state *state,
				struct walk_msg msg)
{
	struct walk_node *node = requester_of(walk, state, msg);

	if (!node)
		return;
	node->acks--;
	complete(walk, state, msg.to);
}

/* ---- owner.c ---- */

static enum ssi_event forward_event(struct walk_msg msg)
{
	return msg.taken ? SSI_EV_FWD_TAKE : ssi_coh_forward_event(msg.type);
}

static void send_ack(struct walk *walk, struct walk_state *state,
		     struct walk_msg msg)
{
	send(walk, state, (struct walk_msg){
		.type = SSI_MSG_INVALIDATED, .to = msg.requester,
		.requester = msg.requester, .local = msg.local,
	});
	told(state, msg, SSI_PERM_SOLE);
}

static void send_data(struct walk *walk, struct walk_state *state,
		      struct walk_msg msg, u8 perm, bool zero)
{
	bool evict = msg.type == SSI_MSG_FWD_EVICT;

	send(walk, state, (struct walk_msg){
		.type = SSI_MSG_DATA, .arg = perm & 3, .acks = msg.acks,
		.to = evict ? msg.target : msg.requester,
		.requester = msg.requester, .evict = evict, .zero = zero,
		.fresh = perm && state->node[msg.to].fresh, .local = msg.local,
	});
	told(state, msg, perm);
}

/* give_up() */
static void give_up(struct walk *walk, struct walk_state *state,
		    struct walk_msg msg)
{
	if (msg.type != SSI_MSG_FWD_EVICT) {
		send_data(walk, state, msg, SSI_PERM_NONE, false);
		return;
	}
	state->node[msg.to].leaving = 0;
	send(walk, state, (struct walk_msg){
		.type = SSI_MSG_DONE, .requester = msg.requester,
		.from = msg.to, .evict = 1,
	});
}

/* take_effect(), and what carry_out() sends behind it */
static void take_effect(struct walk *walk, struct walk_state *state,
			struct walk_msg msg, const struct ssi_step *step)
{
	struct walk_node *node = &state->node[msg.to];

	if (step->act & (SSI_ACT_DATA | SSI_ACT_ZEROES))
		send_data(walk, state, msg, step->perm,
			  step->act & SSI_ACT_ZEROES);
	if (step->act & SSI_ACT_ACK && !(walk->mutant == MUTANT_EARLY_ACK &&
					 step->act & SSI_ACT_UNMAP))
		send_ack(walk, state, msg);
	if (walk->mutant == MUTANT_OWNER_KEEPS && msg.type == SSI_MSG_FWD_WRITE)
		return;
	set_state(node, step->next, node->fresh);
	if (msg.type != SSI_MSG_FWD_EVICT)
		return;
	node->leaving = 0;
	if (walk->mutant == MUTANT_DONE_BY_EVICTOR)
		send(walk, state, (struct walk_msg){
			.type = SSI_MSG_DONE, .requester = msg.requester,
			.from = msg.target, .evict = 1, .arg = step->perm & 3,
		});
}

/* look(): the part of ssi_owner_forward() under the page's lock */
static void look(struct walk *walk, const struct walk_state *before,
		 unsigned int i, bool unused)
{
	struct walk_state state = *before;
	struct walk_msg msg = take(&state, i);
	struct walk_node *node = &state.node[msg.to];
	const struct ssi_step *step;

	/* is_spared() */
	if (msg.ahead && (node->busy || node->pending || node->leaving))
		return;
	if (node->busy || (unused && (msg.type != SSI_MSG_FWD_READ ||
				      node->state != SSI_SOLE)))
		return;
	msg.taken = unused;
	step = use_cell(walk, node->state, forward_event(msg));
	if (msg.type == SSI_MSG_FWD_EVICT) {
		struct walk_state kept = state;

		give_up(walk, &kept, msg);
		walk->emit(walk, &kept);
		if (!node->leaving || node->pending)
			return;
	}
	if (walk->mutant == MUTANT_NO_ACK_WITHOUT_COPY &&
	    step->act == SSI_ACT_ACK) {
		walk->emit(walk, &state);
		return;
	}
	if (!(step->act & (SSI_ACT_UNMAP | SSI_ACT_PROTECT))) {
		take_effect(walk, &state, msg, step);
		walk->emit(walk, &state);
		return;
	}
	node->busy = 1;
	msg.begun = 1;
	send(walk, &state, msg);
	if (walk->mutant == MUTANT_EARLY_ACK && step->act & SSI_ACT_ACK)
		send_ack(walk, &state, msg);
	walk->emit(walk, &state);
}

/* What somebody asks for ahead need not be given, for many reasons. */
static void refuse_ahead(struct walk *walk, const struct walk_state *before,
			 unsigned int i)
{
	struct walk_state state = *before;

	give_up(walk, &state, take(&state, i));
	walk->emit(walk, &state);
}

/* An owner that does not use a page gives it away when it is read. */
static void look_both(struct walk *walk, const struct walk_state *state,
		      unsigned int i)
{
	if (walk_message(state, i).ahead)
		refuse_ahead(walk, state, i);
	look(walk, state, i, false);
	look(walk, state, i, true);
}

/* The rest of it: the mapping is gone, or somebody else holds the page. */
static void finish_forward(struct walk *walk, const struct walk_state *before,
			   unsigned int i)
{
	struct walk_state state = *before, pinned;
	struct walk_msg msg = take(&state, i);
	const struct ssi_step *step;

	state.node[msg.to].busy = 0;
	step = use_cell(walk, state.node[msg.to].state, forward_event(msg));
	pinned = state;
	take_effect(walk, &state, msg, step);
	walk->emit(walk, &state);
	if (!(walk->pin || msg.ahead) || !(step->act & SSI_ACT_DATA))
		return;
	give_up(walk, &pinned, msg);
	if (walk->mutant == MUTANT_PINNED_LOSES)
		set_state(&pinned.node[msg.to], step->next,
			  pinned.node[msg.to].fresh);
	walk->emit(walk, &pinned);
}

/* ssi_owner_accept() */
static void accept_page(struct walk *walk, const struct walk_state *before,
			unsigned int i)
{
	struct walk_state state = *before;
	struct walk_msg msg = take(&state, i);
	struct walk_node *node = &state.node[msg.to];
	const struct ssi_step *step;

	if (node->busy)
		return;
	step = use_cell(walk, node->state, ssi_coh_perm_event(msg.arg));
	set_state(node, step->next,
		  step->act & SSI_ACT_INSTALL ? msg.fresh : node->fresh);
	if (walk->mutant != MUTANT_DONE_BY_EVICTOR)
		send(walk, &state, (struct walk_msg){
			.type = SSI_MSG_DONE, .requester = msg.requester,
			.from = msg.to, .evict = 1,
			.arg = node->state == SSI_SOLE ? SSI_PERM_SOLE :
							 SSI_PERM_OWNED,
		});
	walk->emit(walk, &state);
}

/* ---- local work: fault.c, evict.c ---- */

/* A write: whatever else there is, is old from now on. */
static void write_page(struct walk_state *state, unsigned int slot)
{
	struct walk_msg msg;
	unsigned int i;

	for (i = 0; i < WALK_NODES; i++) {
		state->node[i].fresh = i == slot;
		state->node[i].arrived = 0;
	}
	for (i = 0; i < state->messages; i++) {
		msg = walk_message(state, i);
		msg.fresh = 0;
		memcpy(&state->message[i], &msg, sizeof(msg));
	}
}

static unsigned int open_requests(const struct walk_state *state)
{
	unsigned int i, open = 0;

	for (i = 0; i < WALK_NODES; i++)
		open += !!state->node[i].pending + !!state->node[i].leaving;
	return open;
}

/* try_serve(), try_open() */
static void access_page(struct walk *walk, const struct walk_state *before,
			unsigned int slot, enum ssi_event event)
{
	struct walk_state state = *before;
	struct walk_node *node = &state.node[slot];
	const struct ssi_step *step;

	step = use_cell(walk, node->state, event);
	/* What is mapped is used until the unmapping is over. */
	if (step->act & SSI_ACT_HIT) {
		if (event == SSI_EV_STORE)
			write_page(&state, slot);
		walk->emit(walk, &state);
		return;
	}
	if (node->busy)
		return;
	if (step->act & SSI_ACT_ZERO) {
		set_state(node, step->next, node->fresh);
		walk->emit(walk, &state);
		return;
	}
	if (node->pending || open_requests(&state) == walk->open_max)
		return;
	node->pending = (u8)event + 1;
	send(walk, &state, (struct walk_msg){
		.type = SSI_MSG_GET_READ, .requester = slot & 3,
		.ask = step->act & SSI_ACT_ASK_READ ? SSI_ASK_READ :
		       step->act & SSI_ACT_ASK_COPY ? SSI_ASK_UPGRADE :
						      SSI_ASK_WRITE,
	});
	walk->emit(walk, &state);
}

/* try_open() of fetch.c */
static void ask_ahead(struct walk *walk, const struct walk_state *before,
		      unsigned int slot)
{
	struct walk_state state = *before;
	struct walk_node *node = &state.node[slot];

	if (!(ssi_coh_step(node->state, SSI_EV_LOAD)->act & SSI_ACT_ASK_READ) ||
	    node->busy || node->pending || node->leaving ||
	    open_requests(&state) == walk->open_max)
		return;
	node->pending = SSI_EV_LOAD + 1;
	send(walk, &state, (struct walk_msg){
		.type = SSI_MSG_GET_READ, .requester = slot & 3,
		.ask = SSI_ASK_READ, .ahead = 1,
	});
	walk->emit(walk, &state);
}

/* drop(): begins */
static void drop_copy(struct walk *walk, const struct walk_state *before,
		      unsigned int slot)
{
	struct walk_state state = *before;
	struct walk_node *node = &state.node[slot];

	if (node->state != SSI_SHARED || node->busy || node->leaving ||
	    (node->pending && walk->mutant != MUTANT_DROP_PENDING))
		return;
	node->busy = 2;
	walk->emit(walk, &state);
}

static void finish_drop(struct walk *walk, const struct walk_state *before,
			unsigned int slot)
{
	struct walk_state state = *before;
	struct walk_node *node = &state.node[slot];

	node->busy = 0;
	set_state(node, use_cell(walk, node->state, SSI_EV_DROP)->next, false);
	walk->emit(walk, &state);
}

/* ssi_request_evict() */
static void evict(struct walk *walk, const struct walk_state *before,
		  unsigned int slot, unsigned int target)
{
	struct walk_state state = *before;
	struct walk_node *node = &state.node[slot];

	if (slot == target || node->state < SSI_OWNED || node->busy ||
	    node->pending || node->leaving ||
	    open_requests(&state) == walk->open_max)
		return;
	node->leaving = (u8)target + 1;
	send(walk, &state, (struct walk_msg){
		.type = SSI_MSG_EVICT, .requester = slot & 3,
		.target = target & 3, .ask = SSI_ASK_EVICT,
	});
	walk->emit(walk, &state);
}

/**
 * walk_new_work() - what the outside world may do in a state
 * @walk:  the search; @walk->emit gets each successor
 * @state: the state
 */
void walk_new_work(struct walk *walk, const struct walk_state *state)
{
	unsigned int slot, target;

	for (slot = 0; slot < walk->nodes; slot++) {
		access_page(walk, state, slot, SSI_EV_LOAD);
		access_page(walk, state, slot, SSI_EV_STORE);
		drop_copy(walk, state, slot);
		if (walk->ahead)
			ask_ahead(walk, state, slot);
		for (target = 0; walk->evict && target < walk->nodes; target++)
			evict(walk, state, slot, target);
	}
	home_neighbour(walk, state);
}

/* A message that is finished where it lands, without waiting. */
static void land(struct walk *walk, const struct walk_state *before,
		 unsigned int i)
{
	struct walk_state state = *before;
	struct walk_msg msg = take(&state, i);

	if (msg.local)
		let_through(&state, msg.to);
	switch (msg.type) {
	case SSI_MSG_DATA:
		request_data(walk, &state, msg);
		break;
	case SSI_MSG_GRANT:
		request_grant(walk, &state, msg);
		break;
	case SSI_MSG_RANGE:
		request_range(walk, &state, msg);
		break;
	case SSI_MSG_INVALIDATED:
		request_invalidated(walk, &state, msg);
		break;
	case SSI_MSG_DONE:
		home_done(walk, &state, msg);
		break;
	default:
		home_request(walk, &state, msg);
	}
	walk->emit(walk, &state);
}

/**
 * walk_progress() - what must end in a state, without anything new
 * @walk:  the search; @walk->emit gets each successor
 * @state: the state
 */
void walk_progress(struct walk *walk, const struct walk_state *state)
{
	struct walk_msg msg;
	unsigned int i;

	for (i = 0; i < walk->nodes; i++) {
		if (state->node[i].busy == 2)
			finish_drop(walk, state, i);
	}
	end_local(walk, state);
	for (i = 0; i < state->messages; i++) {
		msg = walk_message(state, i);
		if (msg.behind)
			continue;
		if (msg.begun)
			finish_forward(walk, state, i);
		else if (ssi_msg_class(msg.type) == SSI_CLASS_FORWARD)
			look_both(walk, state, i);
		else if (msg.type == SSI_MSG_DATA && msg.evict)
			accept_page(walk, state, i);
		else
			land(walk, state, i);
	}
}
