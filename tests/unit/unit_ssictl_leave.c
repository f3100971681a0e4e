// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/cmd_leave.c"

#include <stdlib.h>

#include "unit_ssictl_run.h"

/* A node that drains as a test wants; what the command calls is answered here. */
static struct {
	uint64_t owned;	 /* pages that are left */
	uint64_t speed;	 /* pages that go between two looks */
	int drain_rc;
	int del_rc;
	bool draining;
	bool forced;
	bool gone;
} node;

int ssi_nl_open(struct ssi_nl **out)
{
	*out = NULL;
	return 0;
}

void ssi_nl_close(struct ssi_nl *nl)
{
	(void)nl;
}

const char *ssi_nl_text(const struct ssi_nl *nl)
{
	(void)nl;
	return "";
}

int ssi_nl_node_each(struct ssi_nl *nl, const char *name, ssi_nl_node_fn fn, void *arg)
{
	struct ssi_nl_node seen = { .owned = node.owned };

	(void)nl;
	(void)name;
	node.owned -= node.speed < node.owned ? node.speed : node.owned;
	return fn(&seen, arg);
}

int ssi_nl_node_drain(struct ssi_nl *nl, const char *name, bool stop)
{
	(void)nl;
	(void)name;
	node.draining = !stop;
	return stop ? 0 : node.drain_rc;
}

int ssi_nl_node_del(struct ssi_nl *nl, const char *name, bool force, uint32_t timeout_ms)
{
	(void)nl;
	(void)name;
	(void)timeout_ms;
	node.forced = force;
	node.gone = !node.del_rc;
	return node.del_rc;
}

static int leave_with(bool force)
{
	const struct ssi_args args = { .timeout_ms = 300, .force = force };

	return ssi_cmd_leave(&args);
}

static void reset(void)
{
	memset(&node, 0, sizeof(node));
}

START_TEST(leave__drains_first)
{
	node.owned = 500;
	node.speed = 100;
	ck_assert_int_eq(leave_with(false), SSI_EXIT_OK);
	ck_assert(node.gone && node.draining && !node.forced);
	ck_assert_uint_eq(node.owned, 0);
}
END_TEST

START_TEST(leave__gives_up_when_no_page_goes)
{
	node.owned = 500;
	ck_assert_int_eq(leave_with(false), SSI_EXIT_FAIL);
	ck_assert(!node.gone && !node.draining);
}
END_TEST

START_TEST(leave__by_force_drains_nothing)
{
	node.owned = 500;
	ck_assert_int_eq(leave_with(true), SSI_EXIT_OK);
	ck_assert(node.gone && node.forced && !node.draining);
}
END_TEST

START_TEST(leave__refused_to_drain)
{
	node.drain_rc = -ENOSPC;
	ck_assert_int_eq(leave_with(false), SSI_EXIT_FAIL);
	ck_assert(!node.gone);
}
END_TEST

/* A node that stays must not go on draining. */
START_TEST(leave__refused_after_draining)
{
	node.del_rc = -EBUSY;
	ck_assert_int_eq(leave_with(false), SSI_EXIT_FAIL);
	ck_assert(!node.draining);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("leave");

	tcase_add_checked_fixture(tc, reset, NULL);
	tcase_add_test(tc, leave__drains_first);
	tcase_add_test(tc, leave__gives_up_when_no_page_goes);
	tcase_add_test(tc, leave__by_force_drains_nothing);
	tcase_add_test(tc, leave__refused_to_drain);
	tcase_add_test(tc, leave__refused_after_draining);
	return run_case("leave", tc);
}
