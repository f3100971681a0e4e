// SPDX-License-Identifier: Apache-2.0
/* The table cell by cell. That the cells make a protocol: unit_walk.c. */
#include <check.h>
#include <stdlib.h>
#include "core/coh.h"

#define MAPPING (SSI_ACT_PROTECT | SSI_ACT_UNMAP)
#define ASKS	(SSI_ACT_ASK_READ | SSI_ACT_ASK_WRITE | SSI_ACT_ASK_COPY)

static const struct ssi_step *step(unsigned int state, unsigned int event)
{
	return ssi_coh_step((enum ssi_state)state, (enum ssi_event)event);
}

static bool is_access(unsigned int event)
{
	return event == SSI_EV_LOAD || event == SSI_EV_STORE;
}

/* ---- ssi_coh_step() ---- */

START_TEST(coh_step__cell_that_can_not_happen_changes_nothing)
{
	unsigned int state, event;

	for (state = 0; state < SSI_STATE_MAX; state++) {
		for (event = 0; event < SSI_EVENT_MAX; event++) {
			if (!(step(state, event)->act & SSI_ACT_BUG))
				continue;
			ck_assert_uint_eq(step(state, event)->act, SSI_ACT_BUG);
			ck_assert_uint_eq(step(state, event)->next, state);
			ck_assert_uint_eq(step(state, event)->perm, 0);
		}
	}
}
END_TEST

START_TEST(coh_step__every_access_is_answered)
{
	unsigned int state;

	for (state = 0; state < SSI_STATE_MAX; state++) {
		ck_assert(!(step(state, SSI_EV_LOAD)->act & SSI_ACT_BUG));
		ck_assert(!(step(state, SSI_EV_STORE)->act & SSI_ACT_BUG));
	}
}
END_TEST

START_TEST(coh_step__writes_only_where_sole)
{
	unsigned int state;
	bool hit;

	for (state = 0; state < SSI_STATE_MAX; state++) {
		hit = step(state, SSI_EV_STORE)->act & SSI_ACT_HIT;
		ck_assert(hit == (state == SSI_SOLE));
		hit = step(state, SSI_EV_LOAD)->act & SSI_ACT_HIT;
		ck_assert(hit == (state >= SSI_SHARED));
	}
}
END_TEST

/* Zeroes are owned: a page that nobody wrote needs no message. */
START_TEST(coh_step__access_asks_for_what_is_missing)
{
	ck_assert_uint_eq(step(SSI_INVALID, SSI_EV_LOAD)->act,
			  SSI_ACT_ASK_READ);
	ck_assert_uint_eq(step(SSI_INVALID, SSI_EV_STORE)->act,
			  SSI_ACT_ASK_WRITE);
	ck_assert_uint_eq(step(SSI_SHARED, SSI_EV_STORE)->act,
			  SSI_ACT_ASK_COPY);
	ck_assert_uint_eq(step(SSI_OWNED, SSI_EV_STORE)->act,
			  SSI_ACT_ASK_COPY);
	ck_assert_uint_eq(step(SSI_UNTOUCHED, SSI_EV_LOAD)->act, SSI_ACT_ZERO);
	ck_assert_uint_eq(step(SSI_UNTOUCHED, SSI_EV_STORE)->act, SSI_ACT_ZERO);
}
END_TEST

START_TEST(coh_step__asking_changes_no_state)
{
	unsigned int state, event;

	for (state = 0; state < SSI_STATE_MAX; state++) {
		for (event = 0; event < SSI_EVENT_MAX; event++) {
			if (!(step(state, event)->act & ASKS))
				continue;
			ck_assert(is_access(event));
			ck_assert_uint_eq(step(state, event)->next, state);
		}
	}
}
END_TEST

/* A copy that goes, goes from the page tables first. */
START_TEST(coh_step__a_lost_copy_is_unmapped)
{
	unsigned int state, event;
	const struct ssi_step *cell;

	for (state = SSI_SHARED; state < SSI_STATE_MAX; state++) {
		for (event = 0; event < SSI_EVENT_MAX; event++) {
			cell = step(state, event);
			if (cell->act & SSI_ACT_BUG || cell->next == state)
				continue;
			if (cell->next == SSI_INVALID)
				ck_assert(cell->act & SSI_ACT_UNMAP);
			if (state == SSI_SOLE && cell->next == SSI_OWNED)
				ck_assert(cell->act & SSI_ACT_PROTECT);
		}
	}
}
END_TEST

/* Data that leaves is either a copy of what stays, or freed by its ack. */
START_TEST(coh_step__permission_sent_fits_what_is_kept)
{
	unsigned int state, event;
	const struct ssi_step *cell;

	for (state = 0; state < SSI_STATE_MAX; state++) {
		for (event = 0; event < SSI_EVENT_MAX; event++) {
			cell = step(state, event);
			if (!(cell->act & (SSI_ACT_DATA | SSI_ACT_ZEROES))) {
				ck_assert_uint_eq(cell->perm, SSI_PERM_NONE);
				continue;
			}
			ck_assert(ssi_state_owns(state));
			ck_assert(!(cell->act & SSI_ACT_FREE));
			ck_assert((cell->perm == SSI_PERM_SHARED) ==
				  (cell->next == SSI_OWNED));
			ck_assert(cell->perm == SSI_PERM_SHARED ||
				  cell->next == SSI_INVALID);
		}
	}
}
END_TEST

START_TEST(coh_step__invalidate_always_acks_where_legal)
{
	unsigned int state;
	u16 act;

	for (state = 0; state < SSI_STATE_MAX; state++) {
		act = step(state, SSI_EV_INVALIDATE)->act;
		ck_assert(act & (SSI_ACT_ACK | SSI_ACT_BUG));
		if (act & SSI_ACT_UNMAP)
			ck_assert(act & SSI_ACT_FREE);
	}
	ck_assert(!(step(SSI_INVALID, SSI_EV_INVALIDATE)->act & SSI_ACT_BUG));
}
END_TEST

START_TEST(coh_step__only_clean_copies_are_dropped)
{
	unsigned int state;
	bool ok;

	for (state = 0; state < SSI_STATE_MAX; state++) {
		ok = !(step(state, SSI_EV_DROP)->act & SSI_ACT_BUG);
		ck_assert(ok == (state == SSI_SHARED));
	}
}
END_TEST

START_TEST(coh_step__only_arrivals_install)
{
	unsigned int state, event;

	for (state = 0; state < SSI_STATE_MAX; state++) {
		for (event = 0; event < SSI_EVENT_MAX; event++) {
			if (!(step(state, event)->act & SSI_ACT_INSTALL))
				continue;
			ck_assert_uint_eq(state, SSI_INVALID);
			ck_assert(event == SSI_EV_SHARED ||
				  event == SSI_EV_OWNED ||
				  event == SSI_EV_SOLE);
		}
	}
}
END_TEST

/* A copy is never more current than the page that its node owns. */
START_TEST(coh_step__copy_behind_its_own_page_is_dropped)
{
	unsigned int state;
	u16 act;

	ck_assert_uint_eq(step(SSI_OWNED, SSI_EV_SHARED)->next, SSI_OWNED);
	ck_assert_uint_eq(step(SSI_OWNED, SSI_EV_SHARED)->act, 0);
	/* Where there are no copies, none can be late. */
	for (state = 0; state < SSI_STATE_MAX; state++) {
		act = step(state, SSI_EV_SHARED)->act;
		ck_assert(!(act & SSI_ACT_BUG) ==
			  (state == SSI_INVALID || state == SSI_OWNED));
	}
}
END_TEST

START_TEST(coh_step__mapping_changes_only_under_a_copy)
{
	unsigned int event;

	for (event = 0; event < SSI_EVENT_MAX; event++) {
		ck_assert(!(step(SSI_INVALID, event)->act & MAPPING));
		ck_assert(!(step(SSI_UNTOUCHED, event)->act & MAPPING));
	}
}
END_TEST

/* ---- ssi_state_name(), ssi_event_name() ---- */

START_TEST(state_name__of_anything)
{
	ck_assert_str_eq(ssi_state_name(SSI_INVALID), "invalid");
	ck_assert_str_eq(ssi_state_name(SSI_SOLE), "sole");
	ck_assert_str_eq(ssi_state_name(SSI_STATE_MAX), "unknown");
	ck_assert_str_eq(ssi_state_name(~0u), "unknown");
}
END_TEST

START_TEST(event_name__of_anything)
{
	unsigned int event;

	for (event = 0; event < SSI_EVENT_MAX; event++)
		ck_assert_ptr_nonnull(ssi_event_name(event));
	ck_assert_str_eq(ssi_event_name(SSI_EV_LOAD), "load");
	ck_assert_str_eq(ssi_event_name(SSI_EV_FWD_EVICT), "fwd-evict");
	ck_assert_str_eq(ssi_event_name(SSI_EV_UPGRADE), "upgrade");
	ck_assert_str_eq(ssi_event_name(SSI_EVENT_MAX), "unknown");
}
END_TEST

/* What is lost stays lost, and nobody is told that it is zeroes. */
START_TEST(coh_step__lost_is_an_error_for_good)
{
	unsigned int event;

	ck_assert_int_eq(step(SSI_INVALID, SSI_EV_LOST)->next, SSI_POISONED);
	for (event = 0; event < SSI_EVENT_MAX; event++) {
		ck_assert_int_eq(step(SSI_POISONED, event)->next, SSI_POISONED);
		ck_assert(step(SSI_POISONED, event)->act &
			  (SSI_ACT_POISON | SSI_ACT_BUG));
	}
	ck_assert_int_eq(step(SSI_POISONED, SSI_EV_LOAD)->act, SSI_ACT_POISON);
	ck_assert_int_eq(step(SSI_POISONED, SSI_EV_STORE)->act, SSI_ACT_POISON);
}
END_TEST

START_TEST(coh_step__only_a_copy_is_adopted)
{
	unsigned int state;

	for (state = 0; state < SSI_STATE_MAX; state++)
		ck_assert((state == SSI_SHARED) ==
			  !(step(state, SSI_EV_ADOPT)->act & SSI_ACT_BUG));
	ck_assert_int_eq(step(SSI_SHARED, SSI_EV_ADOPT)->next, SSI_OWNED);
}
END_TEST

/* ---- ssi_coh_perm_event() ---- */

START_TEST(coh_perm_event__of_each_permission)
{
	ck_assert_int_eq(ssi_coh_perm_event(SSI_PERM_SHARED), SSI_EV_SHARED);
	ck_assert_int_eq(ssi_coh_perm_event(SSI_PERM_OWNED), SSI_EV_OWNED);
	ck_assert_int_eq(ssi_coh_perm_event(SSI_PERM_SOLE), SSI_EV_SOLE);
}
END_TEST

/* ---- ssi_coh_grant_event(), ssi_coh_forward_event() ---- */

START_TEST(coh_grant_event__of_each_grant)
{
	ck_assert_int_eq(ssi_coh_grant_event(SSI_GRANT_KEEP), SSI_EV_KEEP);
	ck_assert_int_eq(ssi_coh_grant_event(SSI_GRANT_UPGRADE),
			 SSI_EV_UPGRADE);
	ck_assert_int_eq(ssi_coh_grant_event(SSI_GRANT_LOST), SSI_EV_LOST);
	ck_assert_int_eq(ssi_coh_grant_event(SSI_GRANT_GONE), SSI_EVENT_MAX);
	ck_assert_int_eq(ssi_coh_grant_event(SSI_GRANT_RETRY), SSI_EVENT_MAX);
}
END_TEST

START_TEST(coh_forward_event__of_each_forward)
{
	ck_assert_int_eq(ssi_coh_forward_event(SSI_MSG_FWD_READ),
			 SSI_EV_FWD_READ);
	ck_assert_int_eq(ssi_coh_forward_event(SSI_MSG_FWD_WRITE),
			 SSI_EV_FWD_WRITE);
	ck_assert_int_eq(ssi_coh_forward_event(SSI_MSG_FWD_EVICT),
			 SSI_EV_FWD_EVICT);
	ck_assert_int_eq(ssi_coh_forward_event(SSI_MSG_INVALIDATE),
			 SSI_EV_INVALIDATE);
}
END_TEST

/* ---- ssi_coh_rest_event() ---- */

/* Who has not heard from all sharers may own a page, and must not write. */
START_TEST(coh_rest_event__never_alone)
{
	unsigned int event;

	for (event = 0; event < SSI_EVENT_MAX; event++)
		ck_assert(event == SSI_EV_SOLE || event == SSI_EV_UPGRADE ||
			  ssi_coh_rest_event(event) == event);
	ck_assert_int_eq(ssi_coh_rest_event(SSI_EV_SOLE), SSI_EV_OWNED);
	ck_assert_int_eq(ssi_coh_rest_event(SSI_EV_UPGRADE), SSI_EVENT_MAX);
	ck_assert_int_eq(ssi_coh_rest_event(SSI_EVENT_MAX), SSI_EVENT_MAX);
}
END_TEST

/* ---- ssi_coh_state_perm(), ssi_coh_report() ---- */

START_TEST(coh_state_perm__owners_own)
{
	unsigned int state;

	for (state = 0; state < SSI_STATE_MAX; state++)
		ck_assert(ssi_state_owns(state) ==
			  (ssi_coh_state_perm(state) >= SSI_PERM_OWNED));
	ck_assert_int_eq(ssi_coh_state_perm(SSI_INVALID), SSI_PERM_NONE);
	ck_assert_int_eq(ssi_coh_state_perm(SSI_POISONED), SSI_PERM_NONE);
	ck_assert_int_eq(ssi_coh_state_perm(SSI_SHARED), SSI_PERM_SHARED);
	ck_assert_int_eq(ssi_coh_state_perm(SSI_OWNED), SSI_PERM_OWNED);
	ck_assert_int_eq(ssi_coh_state_perm(SSI_SOLE), SSI_PERM_SOLE);
}
END_TEST

/* Only what nobody here ever heard of is not reported. */
START_TEST(coh_report__of_each_state)
{
	unsigned int state;

	for (state = 0; state < SSI_STATE_MAX; state++) {
		if (ssi_state_owns(state))
			ck_assert_int_eq(ssi_coh_report(state, false, true),
					 SSI_REPORT_OWNED);
		ck_assert((ssi_coh_report(state, false, false) ==
			   SSI_REPORT_MAX) == (state == SSI_INVALID));
		ck_assert_int_ne(ssi_coh_report(state, false, true),
				 SSI_REPORT_MAX);
		ck_assert_int_ne(ssi_coh_report(state, true, true),
				 SSI_REPORT_OWNED);
		ck_assert_int_ne(ssi_coh_report(state, true, true),
				 SSI_REPORT_SHARED);
	}
	ck_assert_int_eq(ssi_coh_report(SSI_INVALID, false, true),
			 SSI_REPORT_KNOWN);
	ck_assert_int_eq(ssi_coh_report(SSI_SHARED, false, true),
			 SSI_REPORT_SHARED);
	ck_assert_int_eq(ssi_coh_report(SSI_POISONED, true, true),
			 SSI_REPORT_LOST);
	ck_assert_int_eq(ssi_coh_report(SSI_UNTOUCHED, true, true),
			 SSI_REPORT_RELEASED);
	ck_assert_int_eq(ssi_coh_report(SSI_SOLE, true, true),
			 SSI_REPORT_KNOWN);
}
END_TEST

/* ---- ssi_state_owns() ---- */

START_TEST(state_owns__who_answers_forwards)
{
	unsigned int state;
	bool owns;

	for (state = 0; state < SSI_STATE_MAX; state++) {
		owns = !(step(state, SSI_EV_FWD_WRITE)->act & SSI_ACT_BUG);
		ck_assert(owns == ssi_state_owns(state));
		owns = !(step(state, SSI_EV_FWD_READ)->act & SSI_ACT_BUG);
		ck_assert(owns == ssi_state_owns(state));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("coh");
	TCase *tcase = tcase_create("coh");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase,
		       coh_step__cell_that_can_not_happen_changes_nothing);
	tcase_add_test(tcase, coh_step__every_access_is_answered);
	tcase_add_test(tcase, coh_step__writes_only_where_sole);
	tcase_add_test(tcase, coh_step__access_asks_for_what_is_missing);
	tcase_add_test(tcase, coh_step__asking_changes_no_state);
	tcase_add_test(tcase, coh_step__a_lost_copy_is_unmapped);
	tcase_add_test(tcase, coh_step__permission_sent_fits_what_is_kept);
	tcase_add_test(tcase, coh_step__invalidate_always_acks_where_legal);
	tcase_add_test(tcase, coh_step__only_clean_copies_are_dropped);
	tcase_add_test(tcase, coh_step__only_arrivals_install);
	tcase_add_test(tcase, coh_step__copy_behind_its_own_page_is_dropped);
	tcase_add_test(tcase, coh_step__mapping_changes_only_under_a_copy);
	tcase_add_test(tcase, coh_step__lost_is_an_error_for_good);
	tcase_add_test(tcase, coh_step__only_a_copy_is_adopted);
	tcase_add_test(tcase, state_name__of_anything);
	tcase_add_test(tcase, event_name__of_anything);
	tcase_add_test(tcase, coh_perm_event__of_each_permission);
	tcase_add_test(tcase, coh_grant_event__of_each_grant);
	tcase_add_test(tcase, coh_forward_event__of_each_forward);
	tcase_add_test(tcase, coh_rest_event__never_alone);
	tcase_add_test(tcase, coh_state_perm__owners_own);
	tcase_add_test(tcase, coh_report__of_each_state);
	tcase_add_test(tcase, state_owns__who_answers_forwards);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
