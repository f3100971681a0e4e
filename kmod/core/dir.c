// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The home's half of the protocol (docs/protocol.md, section "A page at its
 * home"). A request is decided when the page is not busy; the entry changes
 * only when the requester's DONE says how the transaction ended.
 */
#include "core/dir.h"

static struct ssi_plan grant(enum ssi_grant kind, bool ends)
{
	return (struct ssi_plan){
		.reply = SSI_MSG_GRANT, .grant = (u8)kind, .ends = ends,
	};
}

static struct ssi_plan forward(const struct ssi_dir *dir, u8 type)
{
	return (struct ssi_plan){ .forward = type, .owner = dir->owner };
}

/* Every copy but the requester's goes; each holder acks to the requester. */
static void invalidate(struct ssi_plan *plan, u32 holders)
{
	plan->invalidate = holders;
	plan->acks = (u8)hweight32(holders);
}

static struct ssi_plan decide_write(const struct ssi_dir *dir, bool has_copy,
				    unsigned int slot)
{
	u32 others = dir->sharers & ~BIT(slot);
	struct ssi_plan plan;

	if (dir->owner == slot) {
		plan = grant(SSI_GRANT_UPGRADE, false);
		invalidate(&plan, others);
		return plan;
	}
	if (has_copy && (dir->sharers & BIT(slot))) {
		plan = grant(SSI_GRANT_UPGRADE, false);
		invalidate(&plan, others | BIT(dir->owner));
		return plan;
	}
	plan = forward(dir, SSI_MSG_FWD_WRITE);
	invalidate(&plan, others);
	return plan;
}

/**
 * ssi_dir_decide() - what to do about a request for a page that is not busy
 * @dir:  the page's entry
 * @ask:  what is asked
 * @slot: of the requester
 *
 * An upgrade by a node that is not a sharer any more gets the data as well.
 *
 * Return: the messages to send. Unless @ends is set, the page is busy until
 * ssi_dir_finish().
 */
struct ssi_plan ssi_dir_decide(const struct ssi_dir *dir, enum ssi_ask ask,
			       unsigned int slot)
{
	if (ask == SSI_ASK_EVICT) {
		if (!ssi_dir_is_owned(dir) || dir->owner != slot)
			return grant(SSI_GRANT_GONE, true);
		return forward(dir, SSI_MSG_FWD_EVICT);
	}
	if (ssi_dir_is_lost(dir))
		return grant(SSI_GRANT_LOST, true);
	if (!ssi_dir_is_owned(dir))
		return (struct ssi_plan){ .reply = SSI_MSG_RANGE };
	if (ask != SSI_ASK_READ)
		return decide_write(dir, ask == SSI_ASK_UPGRADE, slot);
	if (dir->owner == slot)
		return grant(SSI_GRANT_KEEP, false);
	return forward(dir, SSI_MSG_FWD_READ);
}

/**
 * ssi_dir_is_local() - does all that a requester gets come from the home?
 * @plan: of ssi_dir_decide()
 * @home: slot of the home
 * @slot: of the requester
 *
 * What the home tells another node arrives in order, so that it may end the
 * transaction itself, as soon as it has sent everything: whatever it tells that
 * node about the page next comes behind it.
 *
 * Return: true where the home, as the owner, gives the page, or drops the only other
 * copy.
 */
bool ssi_dir_is_local(const struct ssi_plan *plan, unsigned int home,
		      unsigned int slot)
{
	if (slot == home)
		return false;
	if (plan->reply)
		return plan->grant == SSI_GRANT_UPGRADE &&
		       plan->invalidate == BIT(home);
	return plan->forward != SSI_MSG_FWD_EVICT && plan->owner == home &&
	       !plan->invalidate;
}

static void new_owner(struct ssi_dir *dir, unsigned int slot)
{
	dir->state = SSI_DIR_OWNED;
	dir->owner = (u8)slot;
	dir->sharers &= ~BIT(slot);
}

/*
 * A write that its owner could not serve (pinned) has still invalidated the
 * other copies: their INVALIDATED came before this DONE.
 */
static void finish_write(struct ssi_dir *dir, unsigned int slot,
			 enum ssi_perm perm)
{
	dir->sharers &= dir->owner == slot ? 0 : BIT(slot);
	if (perm == SSI_PERM_SOLE) {
		new_owner(dir, slot);
		dir->sharers = 0;
	}
}

/**
 * ssi_dir_finish() - the transaction has ended
 * @dir:  the page's entry, busy
 * @ask:  what was asked
 * @slot: of the node that sent DONE: the requester, or the eviction's target
 * @perm: what that node holds now; SSI_PERM_NONE where nothing changed
 *
 * Return: false when @perm can not be the end of such a transaction; the
 * entry is then as it was, but not busy.
 */
bool ssi_dir_finish(struct ssi_dir *dir, enum ssi_ask ask, unsigned int slot,
		    enum ssi_perm perm)
{
	dir->busy = 0;
	switch (ask) {
	case SSI_ASK_READ:
		/* Who owns the page has no copy of another's. */
		if (perm == SSI_PERM_SHARED && dir->owner == slot)
			return false;
		if (perm == SSI_PERM_SHARED)
			dir->sharers |= BIT(slot);
		else if (perm != SSI_PERM_NONE)
			new_owner(dir, slot);
		return true;
	case SSI_ASK_WRITE:
	case SSI_ASK_UPGRADE:
		if (perm != SSI_PERM_SOLE && perm != SSI_PERM_NONE)
			return false;
		finish_write(dir, slot, perm);
		return true;
	case SSI_ASK_EVICT:
		if (perm == SSI_PERM_SHARED)
			return false;
		if (perm != SSI_PERM_NONE)
			new_owner(dir, slot);
		return true;
	default:
		return false;
	}
}

/* ---- building a directory anew from what the members hold ---- */

static void learn(struct ssi_dir *dir, enum ssi_dir_state state)
{
	if (dir->state < state)
		dir->state = state;
}

/**
 * ssi_dir_report() - note what a member tells about a page
 * @dir:    the entry, zeroed before the first report
 * @slot:   of the member; of the home itself for SSI_REPORT_RELEASED
 * @report: what it tells
 *
 * Reports may come in any order, also of several members.
 */
void ssi_dir_report(struct ssi_dir *dir, unsigned int slot,
		    enum ssi_report report)
{
	switch (report) {
	case SSI_REPORT_OWNED:
	case SSI_REPORT_RELEASED:
		new_owner(dir, slot);
		break;
	case SSI_REPORT_SHARED:
		dir->sharers |= BIT(slot);
		break;
	case SSI_REPORT_LOST:
		learn(dir, SSI_DIR_LOST);
		break;
	default:
		learn(dir, SSI_DIR_KNOWN);
	}
}

/**
 * ssi_dir_settle() - all members have told what they hold of a page
 * @dir: the entry
 *
 * Copies that lost their owner are all the same, so any of them may become
 * the owned one. What was granted once and is held by nobody has died with a
 * node: it is lost, and never taken for zeroes.
 *
 * Return: what must be told to a member.
 */
struct ssi_finding ssi_dir_settle(struct ssi_dir *dir)
{
	struct ssi_finding finding = {};

	if (ssi_dir_is_owned(dir)) {
		dir->sharers &= ~BIT(dir->owner);
	} else if (dir->sharers) {
		finding.adopt = true;
		finding.owner = (u8)(ffs((int)dir->sharers) - 1);
		new_owner(dir, finding.owner);
	} else if (dir->state == SSI_DIR_KNOWN) {
		dir->state = SSI_DIR_LOST;
	}
	return finding;
}
