// SPDX-License-Identifier: Apache-2.0
#include "ssictl.h"

#include <errno.h>

static const struct ssi_hint hints[] = {
	{ EBUSY, "a region spans the node: ssictl region list, ssictl region delete" },
	{ ENODEV, "no such node: ssictl status" },
	{ ENOTUNIQ, "several nodes here: name one with --node" },
	{ ETIMEDOUT, "peers did not acknowledge in time: ssictl status, or a longer --timeout" },
	{ 0, NULL },
};

int ssi_cmd_leave(const struct ssi_args *args)
{
	struct ssi_nl *nl;
	int rc = ssi_cmd_open("leave", &nl);

	if (rc)
		return rc;
	rc = ssi_nl_node_del(nl, args->node, args->timeout_ms);
	if (rc)
		rc = ssi_cmd_fail("leave", nl, rc, hints);
	ssi_nl_close(nl);
	return rc;
}
