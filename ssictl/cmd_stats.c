// SPDX-License-Identifier: Apache-2.0
#include "ssictl.h"

#include <errno.h>

#include "hist.h"
#include "out.h"

static const struct ssi_hint hints[] = {
	{ ENODEV, "no such node: ssictl status" },
	{ 0, NULL },
};

static const char *const counter_name[SSI_MEM_S_MAX + 1] = {
	[SSI_MEM_S_FAULTS_LOCAL] = "faults_local",
	[SSI_MEM_S_FAULTS_FIRST] = "faults_first",
	[SSI_MEM_S_FAULTS_READ] = "faults_read",
	[SSI_MEM_S_FAULTS_WRITE] = "faults_write",
	[SSI_MEM_S_UPGRADES] = "upgrades",
	[SSI_MEM_S_JOINED] = "joined",
	[SSI_MEM_S_RETRIES] = "retries",
	[SSI_MEM_S_OWNER_CHANGES] = "owner_changes",
	[SSI_MEM_S_INVALIDATIONS] = "invalidations",
	[SSI_MEM_S_DOWNGRADES] = "downgrades",
	[SSI_MEM_S_PAGES_SENT] = "pages_sent",
	[SSI_MEM_S_ZEROES_SENT] = "zeroes_sent",
	[SSI_MEM_S_EVICTIONS] = "evictions",
	[SSI_MEM_S_DROPS] = "drops",
	[SSI_MEM_S_EVICT_ABORTS] = "evict_aborts",
	[SSI_MEM_S_SERVED] = "served",
	[SSI_MEM_S_FORWARDS] = "forwards",
	[SSI_MEM_S_HELD] = "held",
	[SSI_MEM_S_PINNED] = "pinned",
	[SSI_MEM_S_RANGE_GRANTS] = "range_grants",
	[SSI_MEM_S_DUPLICATES] = "duplicates",
	[SSI_MEM_S_REPLAYS] = "replays",
	[SSI_MEM_S_STALE] = "stale",
	[SSI_MEM_S_MALFORMED] = "malformed",
};

static int print_node(const struct ssi_nl_node *node, void *arg)
{
	const uint64_t *hist = node->stats.hist_remote;
	struct ssi_out *out = arg;
	unsigned int i;

	ssi_out_item(out, "node", node->name);
	for (i = 0; i <= SSI_MEM_S_MAX; i++) {
		if (counter_name[i])
			ssi_out_u64(out, counter_name[i], node->stats.counter[i]);
	}
	ssi_out_u64(out, "remote_faults_timed", ssi_hist_count(hist));
	ssi_out_ns(out, "remote_fault_p50", ssi_hist_quantile(hist, 500));
	ssi_out_ns(out, "remote_fault_p90", ssi_hist_quantile(hist, 900));
	ssi_out_ns(out, "remote_fault_p99", ssi_hist_quantile(hist, 990));
	ssi_out_close(out);
	return 0;
}

int ssi_cmd_stats(const struct ssi_args *args)
{
	struct ssi_out out;
	struct ssi_nl *nl;
	int rc = ssi_cmd_open("stats", &nl);

	if (rc)
		return rc;
	ssi_out_begin(&out, stdout, args->json);
	ssi_out_list(&out, "nodes");
	rc = ssi_nl_node_each(nl, args->node, print_node, &out);
	ssi_out_close(&out);
	rc = ssi_out_end(&out, rc);
	if (rc)
		rc = ssi_cmd_fail("stats", nl, rc, hints);
	ssi_nl_close(nl);
	return rc;
}
