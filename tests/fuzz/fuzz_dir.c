// SPDX-License-Identifier: Apache-2.0
/*
 * A page at its home, by kmod/core, whose members lie: any of them asks for
 * anything, and says of its end what it likes. The home counts on what the
 * table of messages refuses, and on nothing else: its entry must stay one that
 * can be, and no plan may ask a node for what it cannot do.
 */
#include "core/member.h"
#include "core/policy.h"
#include "fuzz.h"

/* What no sequence may lead to. */
static void check_entry(const struct ssi_dir *dir, u32 everybody)
{
	must(dir->owner < SSI_SLOTS_MAX);
	must(!(dir->sharers & ~everybody));
	if (ssi_dir_is_owned(dir)) {
		must(everybody >> dir->owner & 1);
		must(!(dir->sharers >> dir->owner & 1));
	}
}

static void check_plan(const struct ssi_dir *dir, const struct ssi_plan *plan,
		       enum ssi_ask ask, unsigned int slot)
{
	u32 holders = dir->sharers | (ssi_dir_is_owned(dir) ? BIT(dir->owner) : 0);

	/* One answer, by the home or by the owner. */
	must(!plan->reply != !plan->forward);
	must(plan->acks == hweight32(plan->invalidate));
	must(!(plan->invalidate & ~holders));
	must(!(plan->invalidate >> slot & 1));
	if (plan->forward) {
		must(ssi_dir_is_owned(dir) && plan->owner == dir->owner);
		must((plan->owner == slot) == (ask == SSI_ASK_EVICT));
		must(!(plan->invalidate >> plan->owner & 1));
		must(!plan->ends);
	}
	if (plan->reply == SSI_MSG_RANGE)
		must(!ssi_dir_is_owned(dir) && !ssi_dir_is_lost(dir) &&
		     ask != SSI_ASK_EVICT);
	else if (plan->reply)
		must(plan->reply == SSI_MSG_GRANT && plan->grant < SSI_GRANT_MAX);
	/* Who writes is the only one left. */
	if ((ask == SSI_ASK_WRITE || ask == SSI_ASK_UPGRADE) && !plan->ends &&
	    plan->reply != SSI_MSG_RANGE)
		must((plan->invalidate | BIT(slot) |
		      (plan->forward ? BIT(plan->owner) : 0)) ==
		     (holders | BIT(slot)));
	/* A copy is not made the only one unless it is one. */
	if (plan->reply == SSI_MSG_GRANT && plan->grant == SSI_GRANT_UPGRADE)
		must(holders >> slot & 1);
}

/* What the home ends itself: nobody but home and requester has part in it. */
static void check_local(const struct ssi_dir *dir, const struct ssi_plan *plan,
			enum ssi_ask ask, unsigned int home, unsigned int slot)
{
	u32 holders = dir->sharers | BIT(dir->owner);

	if (!ssi_dir_is_local(plan, home, slot))
		return;
	must(home != slot && ssi_dir_is_owned(dir) && !plan->ends);
	must(ask != SSI_ASK_EVICT && plan->reply != SSI_MSG_RANGE);
	must(plan->forward ? plan->owner == home && !plan->acks :
			     plan->acks == 1);
	/* Who writes leaves no copy at a third. */
	must(ask == SSI_ASK_READ || !(holders & ~(BIT(home) | BIT(slot))));
}

/* A member asks, and its DONE, or that of an eviction's target, says @perm. */
static void transact(struct ssi_dir *dir, enum ssi_ask ask, unsigned int slot,
		     unsigned int ender, enum ssi_perm perm)
{
	struct ssi_plan plan = ssi_dir_decide(dir, ask, slot);
	struct ssi_dir before;

	check_plan(dir, &plan, ask, slot);
	check_local(dir, &plan, ask, ender, slot);
	if (plan.ends)
		return;
	if (plan.reply == SSI_MSG_RANGE) {
		dir->state = SSI_DIR_OWNED;
		dir->owner = (u8)slot;
	}
	dir->busy = 1;
	before = *dir;
	if (ssi_dir_finish(dir, ask, ask == SSI_ASK_EVICT ? ender : slot, perm)) {
		must(!dir->busy && ssi_dir_is_owned(dir));
		return;
	}
	/* Refused: nothing but that it is over. */
	must(dir->sharers == before.sharers && dir->owner == before.owner &&
	     dir->state == before.state);
	must(!dir->busy);
}

/* The directory is built anew from what the members say that they hold. */
static void build(struct ssi_dir *dir, struct input *in, unsigned int count)
{
	unsigned int reports = in_u8(in) % 64, kind;
	struct ssi_finding finding;
	bool known = false;

	memset(dir, 0, sizeof(*dir));
	while (reports--) {
		kind = in_u8(in) % SSI_REPORT_MAX;
		ssi_dir_report(dir, in_u8(in) % count, kind);
		known = true;
	}
	finding = ssi_dir_settle(dir);
	must(dir->state != SSI_DIR_KNOWN && !dir->busy);
	/* What somebody knows of is never taken for untouched. */
	must(!known || dir->state != SSI_DIR_NEW);
	must(ssi_dir_is_owned(dir) || !dir->sharers);
	if (finding.adopt)
		must(ssi_dir_is_owned(dir) && dir->owner == finding.owner);
}

static void check_members(const struct ssi_members *members, u32 key)
{
	unsigned int slot;

	must(members->count == (u32)hweight64(members->mask));
	for (slot = 0; slot < members->count; slot++) {
		must(ssi_members_slot(members, members->ids[slot]) == (int)slot);
		must(ssi_members_next(members, slot) < members->count);
	}
	for (slot = 0; slot < 256; slot++) {
		bool is = slot < 64 && members->mask >> slot & 1;

		must((ssi_members_slot(members, slot) >= 0) == is);
	}
	must(ssi_members_home(members, key, key >> 8, key >> 4) < members->count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct ssi_range_state range = { 0 };
	struct ssi_members members;
	struct ssi_dir dir = { 0 };
	unsigned int op, slot, window;
	u32 everybody;
	u64 mask;

	in_bytes(&in, &mask, sizeof(mask));
	if (ssi_members_init(&members, mask)) {
		must(hweight64(mask) > 32);
		return 0;
	}
	if (!members.count)
		return 0;
	check_members(&members, (u32)(mask ^ size));
	everybody = members.count == 32 ? ~0u : BIT(members.count) - 1;
	while (in.left) {
		op = in_u8(&in);
		slot = in_u8(&in) % members.count;
		window = ssi_policy_range(&range, slot, SSI_CHUNK_PAGES);
		must(window >= 1 && window <= SSI_CHUNK_PAGES);
		if (op % 32 == 31)
			build(&dir, &in, members.count);
		else
			transact(&dir, op % SSI_ASK_MAX, slot,
				 in_u8(&in) % members.count,
				 op / SSI_ASK_MAX % SSI_PERM_MAX);
		check_entry(&dir, everybody);
	}
	return 0;
}
