// SPDX-License-Identifier: Apache-2.0
#include "ssictl.h"

#include <errno.h>
#include <inttypes.h>

static const struct ssi_hint drain_hints[] = {
	{ EBUSY, "ssictl region list shows the regions, and how many programs have each open" },
	{ 0, NULL },
};

static const struct ssi_hint forget_hints[] = {
	{ EISCONN, "a dead machine is noticed after 10 s; one that lives can leave" },
	{ ENOTCONN, "a member that is dead as well is to be forgotten too: ssictl status" },
	{ ETIMEDOUT, "ssictl status shows the links; a longer --timeout may help" },
	{ 0, NULL },
};

int ssi_cmd_node_drain(const struct ssi_args *args)
{
	struct ssi_nl *nl;
	int rc = ssi_cmd_open("node drain", &nl);

	if (rc)
		return rc;
	rc = ssi_nl_node_drain(nl, args->node, args->stop);
	if (rc)
		rc = ssi_cmd_fail("node drain", nl, rc, drain_hints);
	ssi_nl_close(nl);
	return rc;
}

static int forget(struct ssi_nl *nl, const struct ssi_args *args, uint32_t dead)
{
	uint64_t lost = 0;
	int rc = ssi_nl_peer_forget(nl, args->node, dead, args->timeout_ms, &lost);

	if (rc)
		return ssi_cmd_fail("node forget", nl, rc, forget_hints);
	printf("node %" PRIu32 " is forgotten, %" PRIu64 " pages are lost\n", dead, lost);
	return SSI_EXIT_OK;
}

int ssi_cmd_node_forget(const struct ssi_args *args)
{
	const char *good;
	struct ssi_nl *nl;
	uint32_t dead;
	int rc;

	good = ssi_opts_id(args->name, &dead);
	if (good) {
		fprintf(stderr, "ssictl: node forget: '%s' is not %s\n", args->name, good);
		return SSI_EXIT_USAGE;
	}
	if (!args->force) {
		fprintf(stderr, "ssictl: node forget: what only node %s has will be lost: "
				"say so with --force\n",
			args->name);
		return SSI_EXIT_USAGE;
	}
	rc = ssi_cmd_open("node forget", &nl);
	if (rc)
		return rc;
	rc = forget(nl, args, dead);
	ssi_nl_close(nl);
	return rc;
}
