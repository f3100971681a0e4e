// SPDX-License-Identifier: Apache-2.0
#include "ssictl.h"

#include <errno.h>
#include <stdlib.h>

#include "hist.h"
#include "names.h"
#include "nodes.h"
#include "out.h"
#include "table.h"

#define QUANTILES                                                                                  \
	{ "count", 10 }, { "p50", 12 }, { "p90", 12 }, { "p99", 12 }, { "p999", 12 }, { NULL, 0 }

static const struct ssi_column time_columns[] = { { "phase", -8 }, { "kind", -12 }, QUANTILES };
static const struct ssi_column answer_columns[] = { { "home", -8 }, { "kind", -12 }, QUANTILES };
static const struct ssi_column bucket_columns[] = {
	{ "phase", -8 }, { "kind", -12 }, { "home", 4 }, { "from_ns", 12 }, { "count", 10 },
	{ NULL, 0 },
};

/**
 * struct stats - statistics under way
 * @args: the command line
 * @out: the printer
 * @nl: connection
 * @nodes: all nodes, read before their histograms: one dump at a time
 * @hists: all histograms of a node
 * @hist_count: of @hists
 */
struct stats {
	const struct ssi_args *args;
	struct ssi_out out;
	struct ssi_nl *nl;
	struct ssi_nodes nodes;
	struct ssi_nl_hist *hists;
	unsigned int hist_count;
};

/* What a newer module measures and we have no name for is left out. */
static bool is_known(const struct ssi_nl_hist *hist)
{
	return hist->phase <= SSI_MEM_HIST_PHASE_MAX && hist->kind <= SSI_MEM_HIST_KIND_MAX;
}

static int collect_hist(const struct ssi_nl_hist *hist, void *arg)
{
	struct stats *s = arg;
	struct ssi_nl_hist *more;

	if (!is_known(hist))
		return 0;
	more = reallocarray(s->hists, s->hist_count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	s->hists = more;
	s->hists[s->hist_count++] = *hist;
	return 0;
}

static void print_counters(struct ssi_out *out, const struct ssi_nl_node *node)
{
	unsigned int i;

	for (i = 0; i <= SSI_MEM_S_MAX; i++) {
		if (ssi_counter_name[i])
			ssi_out_u64(out, ssi_counter_name[i], node->stats.counter[i]);
	}
}

static void print_remote(struct stats *s)
{
	uint64_t sum[SSI_MEM_HIST_BUCKETS] = { 0 };
	unsigned int i, b;

	for (i = 0; i < s->hist_count; i++) {
		for (b = 0; ssi_hist_is_remote(&s->hists[i]) && b < SSI_MEM_HIST_BUCKETS; b++)
			sum[b] += s->hists[i].bucket[b];
	}
	ssi_out_u64(&s->out, "remote_faults_timed", ssi_hist_count(sum));
	ssi_out_ns(&s->out, "remote_fault_p50", ssi_hist_quantile(sum, 500));
	ssi_out_ns(&s->out, "remote_fault_p90", ssi_hist_quantile(sum, 900));
	ssi_out_ns(&s->out, "remote_fault_p99", ssi_hist_quantile(sum, 990));
}

static void print_quantiles(struct ssi_table *t, const struct ssi_nl_hist *hist)
{
	ssi_table_str(t, ssi_kind_name[hist->kind]);
	ssi_table_u64(t, ssi_hist_count(hist->bucket));
	ssi_table_ns(t, ssi_hist_quantile(hist->bucket, 500));
	ssi_table_ns(t, ssi_hist_quantile(hist->bucket, 900));
	ssi_table_ns(t, ssi_hist_quantile(hist->bucket, 990));
	ssi_table_ns(t, ssi_hist_quantile(hist->bucket, 999));
	ssi_table_row_end(t);
}

static void print_times(struct stats *s)
{
	struct ssi_table t;
	unsigned int i;

	ssi_table_begin(&t, &s->out, "times", time_columns);
	for (i = 0; i < s->hist_count; i++) {
		if (s->hists[i].peer != SSI_NL_NONE)
			continue;
		ssi_table_row(&t, ssi_phase_name[s->hists[i].phase]);
		print_quantiles(&t, &s->hists[i]);
	}
	ssi_table_end(&t);
	ssi_table_begin(&t, &s->out, "answers_by_home", answer_columns);
	for (i = 0; i < s->hist_count; i++) {
		if (s->hists[i].peer == SSI_NL_NONE)
			continue;
		ssi_table_row_id(&t, s->hists[i].peer);
		print_quantiles(&t, &s->hists[i]);
	}
	ssi_table_end(&t);
}

static void print_buckets(struct ssi_table *t, const struct ssi_nl_hist *hist)
{
	unsigned int b;

	for (b = 0; b < SSI_MEM_HIST_BUCKETS; b++) {
		if (!hist->bucket[b])
			continue;
		ssi_table_row(t, ssi_phase_name[hist->phase]);
		ssi_table_str(t, ssi_kind_name[hist->kind]);
		if (hist->peer == SSI_NL_NONE)
			ssi_table_none(t);
		else
			ssi_table_u64(t, hist->peer);
		ssi_table_u64(t, ssi_hist_start(b));
		ssi_table_u64(t, hist->bucket[b]);
		ssi_table_row_end(t);
	}
}

static void print_hists(struct stats *s)
{
	struct ssi_table t;
	unsigned int i;

	ssi_table_begin(&t, &s->out, "buckets", bucket_columns);
	for (i = 0; i < s->hist_count; i++)
		print_buckets(&t, &s->hists[i]);
	ssi_table_end(&t);
}

static int print_node(struct stats *s, const struct ssi_nl_node *node)
{
	int rc;

	s->hist_count = 0;
	rc = ssi_nl_hist_each(s->nl, node->name, collect_hist, s);
	if (rc)
		return rc;
	ssi_out_item(&s->out, "node", node->name);
	print_counters(&s->out, node);
	print_remote(s);
	print_times(s);
	if (s->args->hist)
		print_hists(s);
	ssi_out_close(&s->out);
	return 0;
}

static int reset_nodes(struct stats *s)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < s->nodes.count && rc == 0; i++)
		rc = ssi_nl_stats_reset(s->nl, s->nodes.node[i].name);
	return rc;
}

static int run(struct stats *s)
{
	unsigned int i;
	int rc = ssi_nodes_read(s->nl, s->args->node, &s->nodes);

	if (rc)
		return rc;
	ssi_out_begin(&s->out, stdout, s->args->json);
	if (!s->nodes.count)
		ssi_out_note(&s->out, "no node has joined here");
	ssi_out_list(&s->out, "nodes");
	for (i = 0; i < s->nodes.count && rc == 0; i++)
		rc = print_node(s, &s->nodes.node[i]);
	ssi_out_close(&s->out);
	rc = ssi_out_end(&s->out, rc);
	/* What could not be shown is not thrown away. */
	return rc == 0 && s->args->reset ? reset_nodes(s) : rc;
}

int ssi_cmd_stats(const struct ssi_args *args)
{
	struct stats s = { .args = args };
	int rc = ssi_cmd_open("stats", &s.nl);

	if (rc)
		return rc;
	rc = run(&s);
	if (rc)
		rc = ssi_cmd_fail("stats", s.nl, rc, NULL);
	free(s.hists);
	free(s.nodes.node);
	ssi_nl_close(s.nl);
	return rc;
}
