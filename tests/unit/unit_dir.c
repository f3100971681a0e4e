// SPDX-License-Identifier: Apache-2.0
/* Decisions one by one. That they make a protocol: unit_walk.c. */
#include <check.h>
#include <stdlib.h>
#include "core/dir.h"

#define OWNER	 5
#define SHARER	 2
#define STRANGER 9

/* Owned by OWNER, copies at SHARER and at slot 31. */
static struct ssi_dir shared_page(void)
{
	return (struct ssi_dir){
		.state = SSI_DIR_OWNED, .owner = OWNER, .sharers = BIT(SHARER) | BIT(31),
	};
}

static struct ssi_plan decide(enum ssi_ask ask, unsigned int slot)
{
	struct ssi_dir dir = shared_page();

	return ssi_dir_decide(&dir, ask, slot);
}

/* ---- ssi_dir_decide() ---- */

START_TEST(dir__an_entry_is_5_bytes)
{
	ck_assert_uint_eq(sizeof(struct ssi_dir), 5);
}
END_TEST

START_TEST(dir_decide__untouched_page_is_granted)
{
	struct ssi_dir dir = {};
	struct ssi_plan plan;
	unsigned int ask;

	for (ask = SSI_ASK_READ; ask <= SSI_ASK_UPGRADE; ask++) {
		plan = ssi_dir_decide(&dir, ask, STRANGER);
		ck_assert_uint_eq(plan.reply, SSI_MSG_RANGE);
		ck_assert_uint_eq(plan.forward, 0);
		ck_assert_uint_eq(plan.invalidate, 0);
		ck_assert(!plan.ends);
	}
}
END_TEST

START_TEST(dir_decide__read_goes_to_the_owner)
{
	struct ssi_plan plan = decide(SSI_ASK_READ, STRANGER);

	ck_assert_uint_eq(plan.reply, 0);
	ck_assert_uint_eq(plan.forward, SSI_MSG_FWD_READ);
	ck_assert_uint_eq(plan.owner, OWNER);
	ck_assert_uint_eq(plan.acks, 0);
	ck_assert_uint_eq(plan.invalidate, 0);
}
END_TEST

/* It became the owner by an eviction or a range, while its request waited. */
START_TEST(dir_decide__read_by_the_owner_keeps)
{
	struct ssi_plan plan = decide(SSI_ASK_READ, OWNER);

	ck_assert_uint_eq(plan.reply, SSI_MSG_GRANT);
	ck_assert_uint_eq(plan.grant, SSI_GRANT_KEEP);
	ck_assert_uint_eq(plan.acks, 0);
	ck_assert(!plan.ends);
}
END_TEST

START_TEST(dir_decide__write_invalidates_all_others)
{
	struct ssi_plan plan = decide(SSI_ASK_WRITE, STRANGER);

	ck_assert_uint_eq(plan.forward, SSI_MSG_FWD_WRITE);
	ck_assert_uint_eq(plan.owner, OWNER);
	ck_assert_uint_eq(plan.invalidate, BIT(SHARER) | BIT(31));
	ck_assert_uint_eq(plan.acks, 2);
}
END_TEST

/* A sharer without HAVE_COPY has dropped it: it needs data, and no message. */
START_TEST(dir_decide__write_by_a_former_sharer)
{
	struct ssi_plan plan = decide(SSI_ASK_WRITE, SHARER);

	ck_assert_uint_eq(plan.forward, SSI_MSG_FWD_WRITE);
	ck_assert_uint_eq(plan.invalidate, BIT(31));
	ck_assert_uint_eq(plan.acks, 1);
}
END_TEST

START_TEST(dir_decide__upgrade_of_a_sharer_takes_from_the_owner_too)
{
	struct ssi_plan plan = decide(SSI_ASK_UPGRADE, SHARER);

	ck_assert_uint_eq(plan.reply, SSI_MSG_GRANT);
	ck_assert_uint_eq(plan.grant, SSI_GRANT_UPGRADE);
	ck_assert_uint_eq(plan.forward, 0);
	ck_assert_uint_eq(plan.invalidate, BIT(OWNER) | BIT(31));
	ck_assert_uint_eq(plan.acks, 2);
}
END_TEST

START_TEST(dir_decide__upgrade_of_the_owner)
{
	struct ssi_plan plan = decide(SSI_ASK_UPGRADE, OWNER);

	ck_assert_uint_eq(plan.reply, SSI_MSG_GRANT);
	ck_assert_uint_eq(plan.grant, SSI_GRANT_UPGRADE);
	ck_assert_uint_eq(plan.invalidate, BIT(SHARER) | BIT(31));
	ck_assert_uint_eq(plan.acks, 2);
}
END_TEST

/* Its copy was invalidated while the upgrade was on its way. */
START_TEST(dir_decide__upgrade_of_a_non_sharer_gets_data)
{
	struct ssi_plan plan = decide(SSI_ASK_UPGRADE, STRANGER);

	ck_assert_uint_eq(plan.forward, SSI_MSG_FWD_WRITE);
	ck_assert_uint_eq(plan.owner, OWNER);
	ck_assert_uint_eq(plan.acks, 2);
}
END_TEST

START_TEST(dir_decide__evict_by_the_owner)
{
	struct ssi_plan plan = decide(SSI_ASK_EVICT, OWNER);

	ck_assert_uint_eq(plan.forward, SSI_MSG_FWD_EVICT);
	ck_assert_uint_eq(plan.owner, OWNER);
	ck_assert_uint_eq(plan.invalidate, 0);
	ck_assert(!plan.ends);
}
END_TEST

START_TEST(dir_decide__evict_by_a_former_owner_ends)
{
	struct ssi_dir untouched = {};
	struct ssi_plan plan = decide(SSI_ASK_EVICT, SHARER);

	ck_assert_uint_eq(plan.reply, SSI_MSG_GRANT);
	ck_assert_uint_eq(plan.grant, SSI_GRANT_GONE);
	ck_assert(plan.ends);
	plan = ssi_dir_decide(&untouched, SSI_ASK_EVICT, 0);
	ck_assert_uint_eq(plan.grant, SSI_GRANT_GONE);
	ck_assert(plan.ends);
}
END_TEST

/* Every entry and request: one message is sent, and acks are counted right. */
static void check_plan(const struct ssi_dir *dir, enum ssi_ask ask, u32 slot)
{
	struct ssi_plan plan = ssi_dir_decide(dir, ask, slot);

	ck_assert_msg(!plan.reply != !plan.forward, "reply and forward");
	ck_assert_uint_eq(plan.acks, hweight32(plan.invalidate));
	ck_assert(!(plan.invalidate & BIT(slot)));
	if (plan.forward)
		ck_assert(!(plan.invalidate & BIT(plan.owner)));
	if (plan.forward && ask != SSI_ASK_EVICT)
		ck_assert_uint_ne(plan.owner, slot);
	ck_assert(!plan.ends || !plan.invalidate);
}

START_TEST(dir_decide__every_entry_of_four_slots)
{
	struct ssi_dir dir = {};
	unsigned int bits, ask, slot;

	for (bits = 0; bits < 4 * 16; bits++) {
		dir.state = SSI_DIR_OWNED;
		dir.owner = bits & 3;
		dir.sharers = bits >> 2 & ~BIT(dir.owner);
		for (ask = 0; ask < SSI_ASK_MAX; ask++) {
			for (slot = 0; slot < 4; slot++)
				check_plan(&dir, ask, slot);
		}
	}
}
END_TEST

/* ---- ssi_dir_is_local() ---- */

/* A page without other copies than its owner's, or with one at SHARER. */
static bool is_local(enum ssi_ask ask, unsigned int slot, u32 sharers,
		     unsigned int home)
{
	struct ssi_dir dir = {
		.state = SSI_DIR_OWNED, .owner = OWNER, .sharers = sharers,
	};
	struct ssi_plan plan = ssi_dir_decide(&dir, ask, slot);

	return ssi_dir_is_local(&plan, home, slot);
}

static const struct {
	bool local;
	u8 ask, slot;
	u32 sharers;
	u8 home;
} locals[] = {
	/* The home is the owner, and nobody else has a copy. */
	{ true, SSI_ASK_READ, STRANGER, 0, OWNER },
	{ true, SSI_ASK_READ, STRANGER, BIT(SHARER), OWNER },
	{ true, SSI_ASK_READ, SHARER, BIT(SHARER), OWNER },
	{ true, SSI_ASK_WRITE, STRANGER, 0, OWNER },
	{ true, SSI_ASK_WRITE, SHARER, BIT(SHARER), OWNER },
	{ true, SSI_ASK_UPGRADE, STRANGER, 0, OWNER },
	{ true, SSI_ASK_UPGRADE, SHARER, BIT(SHARER), OWNER },
	/* Another node has to tell the requester as well. */
	{ false, SSI_ASK_WRITE, STRANGER, BIT(SHARER), OWNER },
	{ false, SSI_ASK_WRITE, SHARER, BIT(SHARER) | BIT(31), OWNER },
	{ false, SSI_ASK_UPGRADE, STRANGER, BIT(SHARER), OWNER },
	{ false, SSI_ASK_UPGRADE, SHARER, BIT(SHARER) | BIT(31), OWNER },
	/* The home is not the owner. */
	{ false, SSI_ASK_READ, STRANGER, 0, 0 },
	{ false, SSI_ASK_READ, STRANGER, BIT(0), 0 },
	{ false, SSI_ASK_WRITE, STRANGER, 0, 0 },
	{ false, SSI_ASK_WRITE, STRANGER, BIT(0), 0 },
	{ false, SSI_ASK_UPGRADE, SHARER, BIT(SHARER), 0 },
	{ false, SSI_ASK_UPGRADE, SHARER, BIT(SHARER) | BIT(0), 0 },
	/* The home asks itself. */
	{ false, SSI_ASK_READ, SHARER, 0, SHARER },
	{ false, SSI_ASK_WRITE, SHARER, BIT(SHARER), SHARER },
	{ false, SSI_ASK_UPGRADE, SHARER, BIT(SHARER), SHARER },
	{ false, SSI_ASK_UPGRADE, OWNER, 0, OWNER },
	/* The owner, elsewhere, upgrades: only the home has a copy beside it. */
	{ true, SSI_ASK_UPGRADE, OWNER, BIT(0), 0 },
	{ false, SSI_ASK_UPGRADE, OWNER, BIT(SHARER), 0 },
	{ false, SSI_ASK_UPGRADE, OWNER, BIT(SHARER) | BIT(0), 0 },
	{ false, SSI_ASK_UPGRADE, OWNER, 0, 0 },
	{ false, SSI_ASK_READ, OWNER, 0, 0 },
	/* An eviction ends where the page goes. */
	{ false, SSI_ASK_EVICT, OWNER, 0, 0 },
	{ false, SSI_ASK_EVICT, OWNER, 0, OWNER },
	{ false, SSI_ASK_EVICT, SHARER, 0, 0 },
};

START_TEST(dir_is_local__of_each_kind)
{
	ck_assert_int_eq(is_local(locals[_i].ask, locals[_i].slot,
				  locals[_i].sharers, locals[_i].home),
			 locals[_i].local);
}
END_TEST

START_TEST(dir_is_local__never_what_nobody_owns)
{
	struct ssi_dir untouched = {}, lost = { .state = SSI_DIR_LOST };
	struct ssi_plan plan;
	unsigned int ask;

	for (ask = 0; ask < SSI_ASK_MAX; ask++) {
		plan = ssi_dir_decide(&untouched, ask, STRANGER);
		ck_assert(!ssi_dir_is_local(&plan, 0, STRANGER));
		plan = ssi_dir_decide(&lost, ask, STRANGER);
		ck_assert(!ssi_dir_is_local(&plan, 0, STRANGER));
	}
}
END_TEST

/* ---- ssi_dir_finish() ---- */

static struct ssi_dir finish(enum ssi_ask ask, unsigned int slot,
			     enum ssi_perm perm)
{
	struct ssi_dir dir = shared_page();

	dir.busy = 1;
	ck_assert(ssi_dir_finish(&dir, ask, slot, perm));
	ck_assert(!dir.busy);
	ck_assert(ssi_dir_is_owned(&dir));
	return dir;
}

START_TEST(dir_finish__read_adds_a_sharer)
{
	struct ssi_dir dir = finish(SSI_ASK_READ, STRANGER, SSI_PERM_SHARED);

	ck_assert_uint_eq(dir.owner, OWNER);
	ck_assert_uint_eq(dir.sharers, BIT(SHARER) | BIT(31) | BIT(STRANGER));
}
END_TEST

START_TEST(dir_finish__read_that_moved_the_page)
{
	struct ssi_dir dir = finish(SSI_ASK_READ, STRANGER, SSI_PERM_SOLE);

	ck_assert_uint_eq(dir.owner, STRANGER);
}
END_TEST

START_TEST(dir_finish__first_touch)
{
	struct ssi_dir dir = { .busy = 1 };

	ck_assert(ssi_dir_finish(&dir, SSI_ASK_READ, 3, SSI_PERM_SOLE));
	ck_assert(ssi_dir_is_owned(&dir));
	ck_assert_uint_eq(dir.owner, 3);
	ck_assert_uint_eq(dir.sharers, 0);
}
END_TEST

START_TEST(dir_finish__write_leaves_one_owner)
{
	struct ssi_dir dir = finish(SSI_ASK_WRITE, STRANGER, SSI_PERM_SOLE);

	ck_assert_uint_eq(dir.owner, STRANGER);
	ck_assert_uint_eq(dir.sharers, 0);
	dir = finish(SSI_ASK_UPGRADE, SHARER, SSI_PERM_SOLE);
	ck_assert_uint_eq(dir.owner, SHARER);
	ck_assert_uint_eq(dir.sharers, 0);
}
END_TEST

/* Pinned at the owner: the other copies were invalidated all the same. */
START_TEST(dir_finish__write_that_failed)
{
	struct ssi_dir dir = finish(SSI_ASK_WRITE, STRANGER, SSI_PERM_NONE);

	ck_assert_uint_eq(dir.owner, OWNER);
	ck_assert_uint_eq(dir.sharers, 0);
	dir = finish(SSI_ASK_WRITE, SHARER, SSI_PERM_NONE);
	ck_assert_uint_eq(dir.owner, OWNER);
	ck_assert_uint_eq(dir.sharers, BIT(SHARER));
}
END_TEST

START_TEST(dir_finish__read_that_failed)
{
	struct ssi_dir dir = finish(SSI_ASK_READ, STRANGER, SSI_PERM_NONE);

	ck_assert_uint_eq(dir.owner, OWNER);
	ck_assert_uint_eq(dir.sharers, BIT(SHARER) | BIT(31));
}
END_TEST

START_TEST(dir_finish__eviction_to_a_sharer)
{
	struct ssi_dir dir = finish(SSI_ASK_EVICT, SHARER, SSI_PERM_OWNED);

	ck_assert_uint_eq(dir.owner, SHARER);
	ck_assert_uint_eq(dir.sharers, BIT(31));
}
END_TEST

START_TEST(dir_finish__eviction_given_up)
{
	struct ssi_dir dir = finish(SSI_ASK_EVICT, OWNER, SSI_PERM_NONE);

	ck_assert_uint_eq(dir.owner, OWNER);
	ck_assert_uint_eq(dir.sharers, BIT(SHARER) | BIT(31));
}
END_TEST

static void check_refused(enum ssi_ask ask, enum ssi_perm perm)
{
	struct ssi_dir dir = shared_page();

	dir.busy = 1;
	ck_assert(!ssi_dir_finish(&dir, ask, STRANGER, perm));
	ck_assert(!dir.busy);
	ck_assert_uint_eq(dir.owner, OWNER);
	ck_assert_uint_eq(dir.sharers, BIT(SHARER) | BIT(31));
}

/* What is noted as its copy would be invalidated apart from the owner. */
START_TEST(dir_finish__owner_has_no_copy_of_another)
{
	struct ssi_dir dir = shared_page();

	ck_assert(!ssi_dir_finish(&dir, SSI_ASK_READ, OWNER, SSI_PERM_SHARED));
	ck_assert_uint_eq(dir.owner, OWNER);
	ck_assert_uint_eq(dir.sharers, BIT(SHARER) | BIT(31));
}
END_TEST

START_TEST(dir_finish__impossible_end_is_refused)
{
	check_refused(SSI_ASK_WRITE, SSI_PERM_SHARED);
	check_refused(SSI_ASK_WRITE, SSI_PERM_OWNED);
	check_refused(SSI_ASK_UPGRADE, SSI_PERM_SHARED);
	check_refused(SSI_ASK_UPGRADE, SSI_PERM_OWNED);
	check_refused(SSI_ASK_EVICT, SSI_PERM_SHARED);
	check_refused(SSI_ASK_MAX, SSI_PERM_SOLE);
}
END_TEST

/* ---- a page whose content is lost ---- */

START_TEST(dir_decide__lost_page_is_nobodys)
{
	struct ssi_dir dir = { .state = SSI_DIR_LOST };
	struct ssi_plan plan;
	unsigned int ask;

	for (ask = SSI_ASK_READ; ask <= SSI_ASK_UPGRADE; ask++) {
		plan = ssi_dir_decide(&dir, ask, STRANGER);
		ck_assert_uint_eq(plan.reply, SSI_MSG_GRANT);
		ck_assert_uint_eq(plan.grant, SSI_GRANT_LOST);
		ck_assert(plan.ends);
	}
	plan = ssi_dir_decide(&dir, SSI_ASK_EVICT, STRANGER);
	ck_assert_uint_eq(plan.grant, SSI_GRANT_GONE);
}
END_TEST

/* ---- ssi_dir_report(), ssi_dir_settle() ---- */

/* An entry that three members have told of; SSI_REPORT_MAX: said nothing. */
static struct ssi_dir told(unsigned int first, unsigned int second,
			   unsigned int third, struct ssi_finding *finding)
{
	const unsigned int reports[] = { first, second, third };
	struct ssi_dir dir = {};
	unsigned int slot;

	for (slot = 0; slot < 3; slot++) {
		if (reports[slot] != SSI_REPORT_MAX)
			ssi_dir_report(&dir, slot, reports[slot]);
	}
	*finding = ssi_dir_settle(&dir);
	return dir;
}

static unsigned int count(const unsigned int *reports, unsigned int kind)
{
	return (reports[0] == kind) + (reports[1] == kind) +
	       (reports[2] == kind);
}

static bool owns(unsigned int report)
{
	return report == SSI_REPORT_OWNED || report == SSI_REPORT_RELEASED;
}

/* All that three members can tell, but for two owners, which can not be. */
START_TEST(dir_settle__every_set_of_reports)
{
	const unsigned int choices = SSI_REPORT_MAX + 1;
	unsigned int owner, sharer, i, slot;
	struct ssi_finding finding;
	struct ssi_dir dir;
	bool owned;

	for (i = 0; i < choices * choices * choices; i++) {
		const unsigned int r[] = { i % choices, i / choices % choices,
					   i / choices / choices };

		if (owns(r[0]) + owns(r[1]) + owns(r[2]) > 1)
			continue;
		for (owner = sharer = 3, slot = 0; slot < 3; slot++) {
			if (owns(r[slot]))
				owner = slot;
			if (r[slot] == SSI_REPORT_SHARED && sharer == 3)
				sharer = slot;
		}
		dir = told(r[0], r[1], r[2], &finding);
		ck_assert(!dir.busy && dir.state != SSI_DIR_KNOWN);
		/* Held by somebody, or lost if it was ever granted. */
		owned = ssi_dir_is_owned(&dir);
		ck_assert(owned == (owner < 3 || sharer < 3));
		ck_assert(ssi_dir_is_lost(&dir) ==
			  (!owned && (count(r, SSI_REPORT_KNOWN) ||
				      count(r, SSI_REPORT_LOST))));
		ck_assert(finding.adopt == (owner == 3 && sharer < 3));
		if (!owned)
			continue;
		ck_assert_uint_eq(dir.owner, owner < 3 ? owner : sharer);
		ck_assert(!(dir.sharers & BIT(dir.owner)));
		ck_assert_uint_eq(hweight32(dir.sharers),
				  count(r, SSI_REPORT_SHARED) - finding.adopt);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dir");
	TCase *tcase = tcase_create("dir");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, dir__an_entry_is_5_bytes);
	tcase_add_test(tcase, dir_decide__untouched_page_is_granted);
	tcase_add_test(tcase, dir_decide__read_goes_to_the_owner);
	tcase_add_test(tcase, dir_decide__read_by_the_owner_keeps);
	tcase_add_test(tcase, dir_decide__write_invalidates_all_others);
	tcase_add_test(tcase, dir_decide__write_by_a_former_sharer);
	tcase_add_test(tcase,
		       dir_decide__upgrade_of_a_sharer_takes_from_the_owner_too);
	tcase_add_test(tcase, dir_decide__upgrade_of_the_owner);
	tcase_add_test(tcase, dir_decide__upgrade_of_a_non_sharer_gets_data);
	tcase_add_test(tcase, dir_decide__evict_by_the_owner);
	tcase_add_test(tcase, dir_decide__evict_by_a_former_owner_ends);
	tcase_add_test(tcase, dir_decide__every_entry_of_four_slots);
	tcase_add_loop_test(tcase, dir_is_local__of_each_kind, 0,
			    ARRAY_SIZE(locals));
	tcase_add_test(tcase, dir_is_local__never_what_nobody_owns);
	tcase_add_test(tcase, dir_finish__read_adds_a_sharer);
	tcase_add_test(tcase, dir_finish__read_that_moved_the_page);
	tcase_add_test(tcase, dir_finish__first_touch);
	tcase_add_test(tcase, dir_finish__write_leaves_one_owner);
	tcase_add_test(tcase, dir_finish__write_that_failed);
	tcase_add_test(tcase, dir_finish__read_that_failed);
	tcase_add_test(tcase, dir_finish__eviction_to_a_sharer);
	tcase_add_test(tcase, dir_finish__eviction_given_up);
	tcase_add_test(tcase, dir_finish__owner_has_no_copy_of_another);
	tcase_add_test(tcase, dir_finish__impossible_end_is_refused);
	tcase_add_test(tcase, dir_decide__lost_page_is_nobodys);
	tcase_add_test(tcase, dir_settle__every_set_of_reports);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
