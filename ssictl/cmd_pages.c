// SPDX-License-Identifier: Apache-2.0
#include "ssictl.h"

#include <errno.h>

#include <linux/ssi_mem_dev.h>

#include "hot.h"
#include "names.h"
#include "out.h"
#include "table.h"

#define CHUNK_PAGES (SSI_CHUNK_BYTES / SSI_PAGE_BYTES)

static const struct ssi_hint hints[] = {
	{ ENOENT, "ssictl region list shows what there is" },
	{ 0, NULL },
};

static const char *state_text(uint32_t state)
{
	return state <= SSI_MEM_PAGE_STATE_MAX ? ssi_page_state_name[state] : "unknown";
}

static const char *const flag_name[] = { "pending", "busy", "recent", "leaving", "transaction",
					 "lost", NULL };

static const struct ssi_column chunk_columns[] = {
	{ "chunk", -8 },    { "home", 4 },   { "invalid", 7 }, { "poisoned", 8 },
	{ "untouched", 9 }, { "shared", 6 }, { "owned", 5 },   { "sole", 5 },
	{ "moving", 6 },    { "faults", 8 },  { "granted", 7 }, { "transactions", 12 },
	{ NULL, 0 },
};

static const struct ssi_column hot_columns[] = { { "page", -10 }, { "moves", 12 }, { NULL, 0 } };

static const struct ssi_column run_columns[] = {
	{ "first", -10 }, { "last", 10 },   { "home", 4 },  { "state", -9 },
	{ "owner", 5 },	  { "sharers", -12 }, { "flags", 0 }, { NULL, 0 },
};

/**
 * struct pages - what is shown, under way
 * @args: the command line
 * @out: the printer
 * @nl: connection
 * @region: whose pages
 * @table: chunks or runs
 * @run: not yet printed: what follows may continue it; no pages for none
 */
struct pages {
	const struct ssi_args *args;
	struct ssi_out out;
	struct ssi_nl *nl;
	struct ssi_nl_region region;
	struct ssi_table table;
	struct ssi_nl_run run;
};

/* ---- chunks ---- */

static int print_chunk(const struct ssi_nl_chunk *chunk, void *arg)
{
	struct pages *p = arg;
	struct ssi_table *t = &p->table;
	unsigned int i;

	ssi_table_row_id(t, chunk->range.first / CHUNK_PAGES);
	ssi_table_u64(t, chunk->home);
	for (i = 0; i <= SSI_MEM_PAGE_STATE_MAX; i++)
		ssi_table_u64(t, chunk->states[i]);
	ssi_table_u64(t, chunk->moving);
	if (chunk->has_faults)
		ssi_table_u64(t, chunk->faults);
	else
		ssi_table_none(t);
	if (chunk->homed_here) {
		ssi_table_u64(t, chunk->granted);
		ssi_table_u64(t, chunk->transactions);
	} else {
		ssi_table_none(t);
		ssi_table_none(t);
	}
	ssi_table_row_end(t);
	return 0;
}

static int show_chunks(struct pages *p)
{
	static const struct ssi_nl_range all;
	int rc;

	ssi_table_begin(&p->table, &p->out, "chunks", chunk_columns);
	rc = ssi_nl_chunk_each(p->nl, &p->region, &all, print_chunk, p);
	ssi_table_end(&p->table);
	return rc;
}

/* ---- pages that move most ---- */

static int show_hot(struct pages *p)
{
	struct ssi_hot hot = { .count = 0 };
	int rc = ssi_hot_read(&hot, p->nl, &p->region);
	unsigned int i;

	ssi_table_begin(&p->table, &p->out, "hot", hot_columns);
	for (i = 0; i < hot.count; i++) {
		ssi_table_row_id(&p->table, hot.at[i].page);
		ssi_table_u64(&p->table, hot.at[i].moves);
		ssi_table_row_end(&p->table);
	}
	ssi_table_end(&p->table);
	return rc;
}

/* ---- runs of equal pages ---- */

static void print_run(struct pages *p)
{
	const struct ssi_nl_run *run = &p->run;
	struct ssi_table *t = &p->table;

	if (!run->range.pages)
		return;
	ssi_table_row_id(t, run->range.first);
	ssi_table_u64(t, run->range.first + run->range.pages - 1);
	ssi_table_u64(t, run->home);
	ssi_table_str(t, state_text(run->state));
	if (run->owner == SSI_NL_NONE)
		ssi_table_none(t);
	else
		ssi_table_u64(t, run->owner);
	if (run->homed_here)
		ssi_table_ids(t, run->sharers);
	else
		ssi_table_none(t);
	ssi_table_flags(t, flag_name, run->flags);
	ssi_table_row_end(t);
}

static bool continues(const struct ssi_nl_run *a, const struct ssi_nl_run *b)
{
	return a->range.first + a->range.pages == b->range.first && a->home == b->home &&
	       a->state == b->state && a->flags == b->flags && a->owner == b->owner &&
	       a->sharers == b->sharers && a->homed_here == b->homed_here;
}

static int take_run(const struct ssi_nl_run *run, void *arg)
{
	struct pages *p = arg;

	if (p->args->owner.given && run->owner != p->args->owner.value)
		return 0;
	if (continues(&p->run, run)) {
		p->run.range.pages += run->range.pages;
		return 0;
	}
	print_run(p);
	p->run = *run;
	return 0;
}

static int show_runs(struct pages *p, const struct ssi_nl_range *range)
{
	int rc;

	ssi_table_begin(&p->table, &p->out, "pages", run_columns);
	rc = ssi_nl_run_each(p->nl, &p->region, range, take_run, p);
	if (rc == 0)
		print_run(p);
	ssi_table_end(&p->table);
	return rc;
}

/* ---- the commands ---- */

static int refuse(const char *what, uint64_t count)
{
	fprintf(stderr, "ssictl: pages: the region has the %s 0 to %llu\n", what,
		(unsigned long long)count - 1);
	return -1;
}

/* The pages that are asked for; -1 if they do not exist, which was said. */
static int find_range(const struct pages *p, struct ssi_nl_range *range)
{
	const struct ssi_pages *asked = &p->args->range;
	uint64_t pages = p->region.size / SSI_PAGE_BYTES;
	uint64_t left;

	if (asked->given) {
		range->first = asked->first;
		range->pages = asked->last + 1ull - asked->first;
		return asked->last < pages ? 0 : refuse("pages", pages);
	}
	if (!p->args->chunk.given)
		return 0;
	range->first = (uint64_t)p->args->chunk.value * CHUNK_PAGES;
	if (range->first >= pages)
		return refuse("chunks", (pages + CHUNK_PAGES - 1) / CHUNK_PAGES);
	left = pages - range->first;
	range->pages = left < CHUNK_PAGES ? left : CHUNK_PAGES;
	return 0;
}

static int run_command(struct pages *p)
{
	const struct ssi_args *args = p->args;
	struct ssi_nl_range range = { 0, 0 };
	int rc = ssi_nl_region_get(p->nl, args->node, args->name, &p->region);

	if (rc)
		return ssi_cmd_fail("pages", p->nl, rc, hints);
	if (find_range(p, &range))
		return SSI_EXIT_FAIL;
	ssi_out_begin(&p->out, stdout, args->json);
	ssi_out_list(&p->out, "regions");
	ssi_out_item(&p->out, "region", p->region.name);
	ssi_out_str(&p->out, "node", p->region.node, SSI_COLOR_NONE);
	if (args->hot)
		rc = show_hot(p);
	else if (args->chunk.given || args->range.given || args->owner.given)
		rc = show_runs(p, &range);
	else
		rc = show_chunks(p);
	ssi_out_close(&p->out);
	ssi_out_close(&p->out);
	rc = ssi_out_end(&p->out, rc);
	return rc ? ssi_cmd_fail("pages", p->nl, rc, hints) : SSI_EXIT_OK;
}

int ssi_cmd_pages(const struct ssi_args *args)
{
	struct pages p = { .args = args };
	int rc;

	if (args->chunk.given + args->range.given + args->hot > 1) {
		fputs("ssictl: pages: --chunk, --range and --hot exclude each other\n", stderr);
		return SSI_EXIT_USAGE;
	}
	if (args->hot && args->owner.given) {
		fputs("ssictl: pages: --hot tells of no owners\n", stderr);
		return SSI_EXIT_USAGE;
	}
	rc = ssi_cmd_open("pages", &p.nl);
	if (rc)
		return rc;
	rc = run_command(&p);
	ssi_nl_close(p.nl);
	return rc;
}

/* One page of which the node says something: a run of one. */
static int print_page(const struct ssi_nl_run *run, void *arg)
{
	struct pages *p = arg;
	struct ssi_out *out = &p->out;
	char address[24];
	unsigned int i;

	snprintf(address, sizeof(address), "%#llx",
		 (unsigned long long)p->args->address / SSI_PAGE_BYTES * SSI_PAGE_BYTES);
	ssi_out_item_id(out, "page", run->range.first);
	ssi_out_str(out, "region", p->region.name, SSI_COLOR_NONE);
	ssi_out_str(out, "node", p->region.node, SSI_COLOR_NONE);
	ssi_out_str(out, "address", address, SSI_COLOR_NONE);
	ssi_out_u64(out, "home", run->home);
	ssi_out_str(out, "state", state_text(run->state), SSI_COLOR_NONE);
	if (run->owner != SSI_NL_NONE)
		ssi_out_u64(out, "owner", run->owner);
	if (run->homed_here)
		ssi_out_ids(out, "sharers", run->sharers);
	ssi_out_list(out, "flags");
	for (i = 0; flag_name[i]; i++) {
		if (run->flags >> i & 1)
			ssi_out_str(out, out->json ? NULL : "flag", flag_name[i], SSI_COLOR_NONE);
	}
	ssi_out_close(out);
	if (!run->homed_here)
		ssi_out_note(out, "  (its home knows owner and sharers: ask there)");
	ssi_out_close(out);
	return 0;
}

static int run_page(struct pages *p)
{
	const struct ssi_args *args = p->args;
	struct ssi_nl_range range = { args->address / SSI_PAGE_BYTES, 1 };
	int rc = ssi_nl_region_get(p->nl, args->node, args->name, &p->region);

	if (rc)
		return ssi_cmd_fail("page", p->nl, rc, hints);
	if (args->address >= p->region.size) {
		fprintf(stderr, "ssictl: page: the region has the addresses 0 to %#llx\n",
			(unsigned long long)p->region.size - 1);
		return SSI_EXIT_FAIL;
	}
	ssi_out_begin(&p->out, stdout, args->json);
	ssi_out_list(&p->out, "pages");
	rc = ssi_nl_run_each(p->nl, &p->region, &range, print_page, p);
	ssi_out_close(&p->out);
	rc = ssi_out_end(&p->out, rc);
	return rc ? ssi_cmd_fail("page", p->nl, rc, hints) : SSI_EXIT_OK;
}

int ssi_cmd_page(const struct ssi_args *args)
{
	struct pages p = { .args = args };
	int rc = ssi_cmd_open("page", &p.nl);

	if (rc)
		return rc;
	rc = run_page(&p);
	ssi_nl_close(p.nl);
	return rc;
}
