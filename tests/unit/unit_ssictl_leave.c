// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/cmd_leave.c"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "unit_ssictl_fake_nl.h"
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
	bool missing;	 /* there is no such node */
	pid_t agent;
} node;

int ssi_nl_node_each(struct ssi_nl *nl, const char *name, ssi_nl_node_fn fn, void *arg)
{
	struct ssi_nl_node seen = { .name = "node1", .owned = node.owned };

	(void)nl;
	if (node.missing)
		return name ? -ENODEV : 0;
	node.owned -= node.speed < node.owned ? node.speed : node.owned;
	return fn(&seen, arg);
}

int ssi_lock_holder(const char *name, pid_t *holder)
{
	ck_assert_str_eq(name, node.missing ? "" : "node1");
	*holder = node.agent;
	return 0;
}

int ssi_nl_node_drain(struct ssi_nl *nl, const char *name, bool stop)
{
	(void)nl;
	(void)name;
	node.draining = !stop;
	return stop ? 0 : node.drain_rc;
}

int ssi_nl_node_del(struct ssi_nl *nl, const char *name, bool force, uint32_t timeout_ms,
		    uint64_t *lost)
{
	(void)nl;
	(void)name;
	(void)timeout_ms;
	node.forced = force;
	node.gone = !node.del_rc;
	*lost = node.owned;
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

/* An agent that ends some time after the test has begun. */
static void start_agent(unsigned int ms)
{
	node.agent = fork();
	if (node.agent == 0) {
		usleep(ms * 1000);
		_exit(0);
	}
}

static bool agent_has_ended(void)
{
	siginfo_t info = { 0 };

	ck_assert_int_eq(waitid(P_PID, node.agent, &info, WEXITED | WNOHANG | WNOWAIT), 0);
	return info.si_pid == node.agent;
}

START_TEST(leave__waits_for_the_agent)
{
	start_agent(300);
	ck_assert_int_eq(leave_with(_i), SSI_EXIT_OK);
	ck_assert(agent_has_ended());
}
END_TEST

START_TEST(leave__agent_goes_on)
{
	char wanted[32], *errors;
	FILE *kept = stderr;
	size_t size;

	start_agent(60000);
	stderr = open_memstream(&errors, &size);
	ck_assert_int_eq(leave_with(false), SSI_EXIT_OK);
	fclose(stderr);
	stderr = kept;
	ck_assert(!agent_has_ended());
	snprintf(wanted, sizeof(wanted), "kill -KILL %d\n", node.agent);
	ck_assert_ptr_nonnull(strstr(errors, wanted));
	free(errors);
	kill(node.agent, SIGKILL);
}
END_TEST

/* The node is still there, and so is its agent: nobody waits for it. */
START_TEST(leave__refused_with_an_agent)
{
	time_t start = time(NULL);

	start_agent(60000);
	node.del_rc = -EBUSY;
	ck_assert_int_eq(leave_with(false), SSI_EXIT_FAIL);
	ck_assert(!agent_has_ended());
	ck_assert_int_lt(time(NULL) - start, AGENT_WAIT_MS / 1000);
	kill(node.agent, SIGKILL);
}
END_TEST

START_TEST(leave__no_node)
{
	struct ssi_args args = { .timeout_ms = 300, .node = _i ? "node9" : NULL };

	node.missing = true;
	node.drain_rc = -ENODEV;
	ck_assert_int_eq(ssi_cmd_leave(&args), SSI_EXIT_FAIL);
	args.if_joined = true;
	ck_assert_int_eq(ssi_cmd_leave(&args), SSI_EXIT_OK);
	node.missing = false;
	ck_assert_int_eq(ssi_cmd_leave(&args), SSI_EXIT_FAIL);
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
	tcase_set_timeout(tc, 20);
	tcase_add_loop_test(tc, leave__waits_for_the_agent, 0, 2);
	tcase_add_test(tc, leave__agent_goes_on);
	tcase_add_test(tc, leave__refused_with_an_agent);
	tcase_add_loop_test(tc, leave__no_node, 0, 2);
	return run_case("leave", tc);
}
