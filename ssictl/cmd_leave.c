// SPDX-License-Identifier: Apache-2.0
#include "ssictl.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/pidfd.h>
#include <time.h>
#include <unistd.h>

#include "lock.h"

/* How often the pages that are left are looked at, and told. */
#define LOOK_MS 100
#define TELL_MS 2000

/* An agent that sees its node go has nothing to wait for. */
#define AGENT_WAIT_MS 5000

static const struct ssi_hint hints[] = {
	{ EBUSY, "ssictl region list shows the regions, and how many programs have each open" },
	{ ENOTEMPTY, "leave once more, which drains" },
	{ ETIMEDOUT, "ssictl status shows the links; a longer --timeout may help" },
	{ 0, NULL },
};

static int take_owned(const struct ssi_nl_node *node, void *arg)
{
	uint64_t *owned = arg;

	*owned = node->owned;
	return 0;
}

static void look_later(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = LOOK_MS * 1000000l }, NULL);
}

/* Waits for as long as pages go; @owned is what is left. */
static int await_drained(struct ssi_nl *nl, const struct ssi_args *args, uint64_t *owned)
{
	uint64_t least = UINT64_MAX;
	uint32_t idle = 0, untold = 0;
	int rc;

	while ((rc = ssi_nl_node_each(nl, args->node, take_owned, owned)) == 0 && *owned) {
		if (*owned < least) {
			least = *owned;
			idle = 0;
		} else if (idle >= args->timeout_ms) {
			return -ETIMEDOUT;
		}
		if (untold >= TELL_MS) {
			fprintf(stderr, "ssictl: leave: %" PRIu64 " pages left\n", *owned);
			untold = 0;
		}
		look_later();
		idle += LOOK_MS;
		untold += LOOK_MS;
	}
	return rc;
}

static int drain(struct ssi_nl *nl, const struct ssi_args *args)
{
	uint64_t owned = 0;
	int rc = ssi_nl_node_drain(nl, args->node, false);

	if (rc)
		return ssi_cmd_fail("leave", nl, rc, hints);
	rc = await_drained(nl, args, &owned);
	if (rc == 0)
		return SSI_EXIT_OK;
	ssi_nl_node_drain(nl, args->node, true);
	if (rc != -ETIMEDOUT)
		return ssi_cmd_fail("leave", nl, rc, hints);
	fprintf(stderr,
		"ssictl: leave: %" PRIu64 " pages do not move to other nodes; "
		"make room there (ssictl region extend), or lose them with --force\n",
		owned);
	return SSI_EXIT_FAIL;
}

static int drain_and_leave(struct ssi_nl *nl, const struct ssi_args *args, const char *name)
{
	int rc = args->force ? SSI_EXIT_OK : drain(nl, args);
	uint64_t lost = 0;

	if (rc)
		return rc;
	rc = ssi_nl_node_del(nl, args->node, args->force, args->timeout_ms, &lost);
	if (rc == 0 && args->force)
		printf("%s has left, %" PRIu64 " pages are lost\n", name, lost);
	if (rc == 0)
		return SSI_EXIT_OK;
	rc = ssi_cmd_fail("leave", nl, rc, hints);
	if (!args->force)
		ssi_nl_node_drain(nl, args->node, true);
	return rc;
}

static int keep_name(const struct ssi_nl_node *node, void *arg)
{
	snprintf(arg, SSI_NL_NAME, "%s", node->name);
	return 0;
}

/* A descriptor of the agent, or -1. */
static int find_agent(const char *node, pid_t *agent)
{
	if (ssi_lock_holder(node, agent) || !*agent)
		return -1;
	return pidfd_open(*agent, 0);
}

/* Who joins again at once needs the agent's address and lock. */
static void await_agent(int fd, pid_t agent)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, AGENT_WAIT_MS) == 0)
		fprintf(stderr,
			"ssictl: leave: the node left, but its agent goes on, pid %d; "
			"end it before this node joins again: kill -KILL %d\n",
			agent, agent);
}

static int leave(struct ssi_nl *nl, const struct ssi_args *args)
{
	char name[SSI_NL_NAME] = "";
	int fd, rc = ssi_nl_node_each(nl, args->node, keep_name, name);
	pid_t agent;

	if (args->if_joined && (rc == -ENODEV || (rc == 0 && !*name)))
		return SSI_EXIT_OK;
	fd = find_agent(name, &agent);
	rc = drain_and_leave(nl, args, name);
	if (rc == 0 && fd >= 0)
		await_agent(fd, agent);
	if (fd >= 0)
		close(fd);
	return rc;
}

int ssi_cmd_leave(const struct ssi_args *args)
{
	struct ssi_nl *nl;
	int rc = ssi_nl_open(&nl);

	if (rc == -ENOENT && args->if_joined)
		return SSI_EXIT_OK;
	rc = ssi_cmd_opened("leave", nl, rc);
	if (rc)
		return rc;
	rc = leave(nl, args);
	ssi_nl_close(nl);
	return rc;
}
