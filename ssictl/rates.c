// SPDX-License-Identifier: Apache-2.0
#include "rates.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "hist.h"
#include "nodes.h"
#include "out.h"

/* For qsort(), which has no argument for it; ssictl has one thread. */
static const struct ssi_sample *sort_before;

/* Counters begin anew where they were reset. */
static uint64_t delta(uint64_t before, uint64_t now)
{
	return now >= before ? now - before : now;
}

static double per_second(uint64_t count, const struct ssi_sample *before,
			 const struct ssi_sample *now)
{
	return now->ns > before->ns ? count * 1e9 / (now->ns - before->ns) : 0;
}

/* ---- nodes ---- */

/**
 * struct span - a node between two samples
 * @before: the samples, and @now
 * @was: the node in @before
 * @is: the node in @now
 */
struct span {
	const struct ssi_sample *before;
	const struct ssi_sample *now;
	const struct ssi_sample_node *was;
	const struct ssi_sample_node *is;
};

/* Who has just come has no rates. */
static void set_node(struct span *s, unsigned int i)
{
	s->is = &s->now->nodes[i];
	s->was = ssi_sample_find_node(s->before, &s->is->node);
	if (!s->was)
		s->was = s->is;
}

static uint64_t counted(const struct span *s, unsigned int counter)
{
	return delta(s->was->node.stats.counter[counter], s->is->node.stats.counter[counter]);
}

static double rate(const struct span *s, unsigned int counter)
{
	return per_second(counted(s, counter), s->before, s->now);
}

static void print_miss(FILE *f, const struct span *s)
{
	uint64_t local = counted(s, SSI_MEM_S_FAULTS_LOCAL);
	uint64_t remote = counted(s, SSI_MEM_S_FAULTS_READ) +
			  counted(s, SSI_MEM_S_FAULTS_WRITE) + counted(s, SSI_MEM_S_UPGRADES);

	fprintf(f, "%10.1f", per_second(remote, s->before, s->now));
	if (local)
		fprintf(f, "%7.1f", 100.0 * remote / local);
	else
		fprintf(f, "%7s", "-");
}

static void print_times(FILE *f, const struct span *s)
{
	uint64_t hist[SSI_MEM_HIST_BUCKETS];
	unsigned int b;

	for (b = 0; b < SSI_MEM_HIST_BUCKETS; b++)
		hist[b] = delta(s->was->remote[b], s->is->remote[b]);
	if (!ssi_hist_count(hist)) {
		fprintf(f, "%9s%9s", "-", "-");
		return;
	}
	fprintf(f, "%9.1f%9.1f", ssi_hist_quantile(hist, 500) / 1000.0,
		ssi_hist_quantile(hist, 990) / 1000.0);
}

static void print_node(FILE *f, const struct span *s)
{
	const struct ssi_nl_node *node = &s->is->node;
	char used[SSI_OUT_SIZE_TEXT], share[SSI_OUT_SIZE_TEXT];

	fprintf(f, "%-12.12s%3" PRIu32 "%10.1f", node->name, node->id,
		rate(s, SSI_MEM_S_FAULTS_LOCAL));
	print_miss(f, s);
	print_times(f, s);
	fprintf(f, "%9.1f%9.1f%12s%12s%8" PRIu32 "\n", rate(s, SSI_MEM_S_EVICTIONS),
		rate(s, SSI_MEM_S_PAGES_SENT), ssi_out_size_text(used, node->used),
		ssi_out_size_text(share, node->share), node->stalled);
}

static void print_nodes(FILE *f, const struct ssi_sample *before, const struct ssi_sample *now)
{
	struct span s = { .before = before, .now = now };
	unsigned int i;

	fprintf(f, "%cNODE         ID  LOCAL/S  REMOTE/S  MISS%%   P50-US   P99-US  EVICT/S   SENT/S"
		   "        USED       SHARE STALLED\n",
		SSI_RATES_HEADING);
	for (i = 0; i < now->node_count; i++) {
		set_node(&s, i);
		print_node(f, &s);
	}
}

/* ---- links ---- */

static const char *traffic(char *text, const struct span *s, uint64_t was, uint64_t is)
{
	return ssi_out_size_text(text, (uint64_t)per_second(delta(was, is), s->before, s->now));
}

/* A peer that has just come has no rates, and neither does a module that counts none. */
static void print_traffic(FILE *f, const struct span *s, const struct ssi_nl_peer *peer)
{
	const struct ssi_nl_peer *was = ssi_sample_find_peer(s->was, peer);
	char sent[SSI_OUT_SIZE_TEXT], received[SSI_OUT_SIZE_TEXT];

	if (!was || !peer->has_bytes) {
		fprintf(f, "%12s%12s", "-", "-");
		return;
	}
	fprintf(f, "%12s%12s", traffic(sent, s, was->sent_bytes, peer->sent_bytes),
		traffic(received, s, was->received_bytes, peer->received_bytes));
}

static void print_link(FILE *f, const struct span *s, const struct ssi_nl_peer *peer)
{
	char share[SSI_OUT_SIZE_TEXT];

	fprintf(f, "%-12.12s%4" PRIu32 " %-10s%-10s%-9s", s->is->node.name, peer->id,
		ssi_link_state_name(peer->state[SSI_MEM_CHANNEL_CTL]),
		ssi_link_state_name(peer->state[SSI_MEM_CHANNEL_DATA]),
		peer->tls ? "TLS" : "PLAIN");
	print_traffic(f, s, peer);
	fprintf(f, "%12s%9" PRIu32 "%9" PRIu64 "\n", ssi_out_size_text(share, peer->share),
		peer->unacked, peer->sockets);
}

static void print_links(FILE *f, const struct ssi_sample *before, const struct ssi_sample *now)
{
	struct span s = { .before = before, .now = now };
	unsigned int i, k;

	fprintf(f, "\n%cNODE        PEER CONTROL   DATA      TRANSPORT     SENT/S  RECEIVED/S"
		   "       SHARE  UNACKED  SOCKETS\n",
		SSI_RATES_HEADING);
	for (i = 0; i < now->node_count; i++) {
		set_node(&s, i);
		for (k = 0; k < s.is->peer_count; k++)
			print_link(f, &s, &s.is->peers[k]);
	}
}

/* ---- regions ---- */

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* Pages that came to be here or ceased to, as far as the kernel tells by region. */
static uint64_t moved(const struct ssi_sample *before, const struct ssi_nl_region *now)
{
	const struct ssi_nl_region *was = ssi_sample_find_region(before, now);

	if (!was)
		return 0;
	return distance(was->owned, now->owned) + distance(was->copies, now->copies) +
	       distance(was->untouched, now->untouched);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = moved(sort_before, a), y = moved(sort_before, b);

	return x < y ? 1 : x > y ? -1 : strcmp(((const struct ssi_nl_region *)a)->name,
					       ((const struct ssi_nl_region *)b)->name);
}

static void print_regions(FILE *f, const struct ssi_sample *before, struct ssi_sample *now)
{
	char size[SSI_OUT_SIZE_TEXT];
	unsigned int i;

	sort_before = before;
	if (now->region_count)
		qsort(now->regions, now->region_count, sizeof(*now->regions), compare);
	fprintf(f, "\n%cREGION      NODE               SIZE   MOVED/S      OWNED     COPIED  UNTOUCHED"
		   "       LOST   OPEN\n",
		SSI_RATES_HEADING);
	for (i = 0; i < now->region_count; i++) {
		const struct ssi_nl_region *r = &now->regions[i];

		fprintf(f, "%-12.12s%-12.12s%11s%10.1f%11" PRIu64 "%11" PRIu64 "%11" PRIu64
			   "%11" PRIu64 "%7" PRIu32 "%s\n",
			r->name, r->node, ssi_out_size_text(size, r->size),
			per_second(moved(before, r), before, now), r->owned, r->copies,
			r->untouched, r->lost, r->attached, r->frozen ? " frozen" : "");
	}
}

void ssi_rates_print(FILE *f, const struct ssi_sample *before, struct ssi_sample *now)
{
	/* The first time there is nothing to compare with. */
	if (!before->ns)
		before = now;
	print_nodes(f, before, now);
	print_links(f, before, now);
	print_regions(f, before, now);
}
