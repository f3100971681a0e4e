// SPDX-License-Identifier: Apache-2.0
/* What must be true in every state that can be reached. */
#include "walk.h"

/* A page under way to its next owner, or a grant of an untouched one. */
static bool carries_ownership(struct walk_msg msg)
{
	return msg.type == SSI_MSG_RANGE ||
	       (msg.type == SSI_MSG_DATA && msg.arg >= SSI_PERM_OWNED);
}

static bool holds_ownership(const struct walk_node *node)
{
	if (!node->answer || node->failed)
		return false;
	return node->answer - 1 == SSI_EV_ZEROES ||
	       node->answer - 1 == SSI_EV_OWNED ||
	       node->answer - 1 == SSI_EV_SOLE;
}

static unsigned int count_owners(const struct walk *walk,
				 const struct walk_state *state)
{
	unsigned int i, owners = 0;

	for (i = 0; i < walk->nodes; i++) {
		owners += ssi_state_owns(state->node[i].state);
		owners += holds_ownership(&state->node[i]);
	}
	for (i = 0; i < state->messages; i++)
		owners += carries_ownership(walk_message(state, i));
	return owners;
}

/* What a home has ended itself, and is not all there yet. */
static bool grant_is_under_way(const struct walk_state *state, unsigned int to)
{
	struct walk_msg msg;
	unsigned int i;

	for (i = 0; i < state->messages; i++) {
		msg = walk_message(state, i);
		if (msg.local && msg.to == to &&
		    (msg.type == SSI_MSG_GRANT ||
		     msg.type == SSI_MSG_INVALIDATED))
			return true;
	}
	return false;
}

/*
 * While a sharer upgrades, the owner drops its copy like all others, and the
 * sharer's is the only one until its last ack makes it the owner. Its home may
 * have made it the owner before.
 */
static bool sharer_upgrades(const struct walk_state *state)
{
	const struct walk_job *job = &state->active;
	bool begun = job->valid && job->ask == SSI_ASK_UPGRADE;
	unsigned int slot = state->dir.owner;
	const struct walk_node *node;

	if (!grant_is_under_way(state, slot)) {
		if (!begun)
			return false;
		slot = job->requester;
	}
	node = &state->node[slot];
	return node->state == SSI_SHARED && node->fresh && node->pending;
}

static const char *check_owner(const struct walk *walk,
			       const struct walk_state *state)
{
	unsigned int owners = count_owners(walk, state), i;
	struct walk_msg msg;

	if (owners > 1)
		return "the page has two owners";
	if (!ssi_dir_is_owned(&state->dir) && owners)
		return "the page has an owner that its home does not know of";
	if (ssi_dir_is_owned(&state->dir) && !owners && !sharer_upgrades(state))
		return "the only copy is lost";
	for (i = 0; i < state->messages; i++) {
		msg = walk_message(state, i);
		if (msg.type == SSI_MSG_DATA && msg.arg >= SSI_PERM_OWNED &&
		    !msg.fresh)
			return "the page that travels is not the last written";
	}
	return NULL;
}

static const char *check_writer(const struct walk *walk,
				const struct walk_state *state,
				unsigned int slot)
{
	u8 own = state->node[slot].state;
	unsigned int i;

	if (own != SSI_SOLE && own != SSI_UNTOUCHED)
		return NULL;
	for (i = 0; i < walk->nodes; i++) {
		if (i != slot && state->node[i].state != SSI_INVALID)
			return "there is a copy beside the sole one";
	}
	for (i = 0; i < state->messages; i++) {
		struct walk_msg msg = walk_message(state, i);

		if (msg.type == SSI_MSG_DATA && msg.arg == SSI_PERM_SHARED)
			return "there is a copy on its way beside the sole one";
	}
	return NULL;
}

static const char *check_content(const struct walk *walk,
				 const struct walk_state *state)
{
	const char *what = NULL;
	unsigned int i;

	for (i = 0; i < walk->nodes && !what; i++) {
		if (state->node[i].state != SSI_INVALID && !state->node[i].fresh)
			return "a copy is not what was written last";
		what = check_writer(walk, state, i);
	}
	return what;
}

/**
 * walk_is_quiet() - is nothing under way?
 * @state: the state
 *
 * Return: true when no message, request, eviction or transaction is open.
 */
bool walk_is_quiet(const struct walk_state *state)
{
	unsigned int i;

	if (state->messages || state->queued || state->active.valid ||
	    state->dir.busy)
		return false;
	for (i = 0; i < WALK_NODES; i++) {
		if (state->node[i].pending || state->node[i].busy ||
		    state->node[i].leaving)
			return false;
	}
	return true;
}

static const char *check_directory(const struct walk *walk,
				   const struct walk_state *state)
{
	const struct ssi_dir *dir = &state->dir;
	unsigned int i;

	if (!ssi_dir_is_owned(dir))
		return dir->sharers ? "sharers of a page without owner" : NULL;
	if (!ssi_state_owns(state->node[dir->owner].state))
		return "the owner in the directory does not own the page";
	if (dir->sharers >> dir->owner & 1)
		return "the owner is noted as a sharer";
	for (i = 0; i < walk->nodes; i++) {
		if (state->node[i].state == SSI_SHARED &&
		    !(dir->sharers >> i & 1))
			return "the directory does not know a sharer";
	}
	return NULL;
}

/**
 * walk_check() - is this state one that may be?
 * @walk:  the search
 * @state: the state
 *
 * Return: NULL, or a sentence that says what is wrong.
 */
const char *walk_check(const struct walk *walk, const struct walk_state *state)
{
	const char *what = check_owner(walk, state);

	if (!what)
		what = check_content(walk, state);
	if (!what && walk_is_quiet(state))
		what = check_directory(walk, state);
	return what;
}
