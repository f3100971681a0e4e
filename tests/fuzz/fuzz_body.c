// SPDX-License-Identifier: Apache-2.0
/*
 * Headers and bodies for the routes of coordinator/api.c. The cluster is made
 * once and its store is full from then on, so that each input finds the same
 * one, and many of them fit into a second. Nothing that came changes it.
 */
#include "api_world.h"

static char *made;

static void make_once(void)
{
	if (made)
		return;
	begin();
	room = head;
	made = ssi_cluster_save(&ledger.cluster);
}

static void check_unchanged(void)
{
	char *now = ssi_cluster_save(&ledger.cluster);

	must(!strcmp(now, made));
	free(now);
	/* What heartbeats told is no change, and not for the next input. */
	ssi_reports_forget(&ledger.reports, 0);
	ssi_reports_forget(&ledger.reports, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	int requests = 0;

	make_once();
	while (in.left && requests++ < 4)
		serve_one(&in);
	check_unchanged();
	return 0;
}
