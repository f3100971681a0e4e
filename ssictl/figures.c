// SPDX-License-Identifier: Apache-2.0
#include "figures.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/ssi_mem_dev.h>

#include "attach.h"
#include "guests.h"
#include "hist.h"
#include "hot.h"
#include "names.h"
#include "opts.h"

#define PHASES (SSI_MEM_HIST_PHASE_MAX + 1)
/* As many as a coordinator takes. */
#define MAPS_MAX  8
#define CELLS_MAX 2048
#define VMS_MAX	  32
#define HOT_MAX	  16
#define VCPUS_MAX 4096
/* For all monitors together: the lease does not wait for one that hangs. */
#define ANSWER_MS 200
/* Reading where all pages are, and whose memory, takes longer than the rest. */
#define BEATS_PER_MAP 3

/* ---- times and links ---- */

/**
 * struct hists - histograms of a node, as far as they are told
 * @now: of remote faults, by phase
 * @answers: requests that each peer answered as their home
 */
struct hists {
	uint64_t now[PHASES][SSI_MEM_HIST_BUCKETS];
	uint64_t answers[SSI_NODES];
};

static int take_hist(const struct ssi_nl_hist *hist, void *arg)
{
	struct hists *h = arg;
	unsigned int i;

	if (hist->peer < SSI_NODES)
		h->answers[hist->peer] += ssi_hist_count(hist->bucket);
	if (hist->peer != SSI_NL_NONE || hist->phase >= PHASES ||
	    hist->kind > SSI_MEM_HIST_KIND_UPGRADE)
		return 0;
	for (i = 0; i < SSI_MEM_HIST_BUCKETS; i++)
		h->now[hist->phase][i] += hist->bucket[i];
	return 0;
}

/* What came since; all of it where the counters began anew. */
static void take_difference(const uint64_t *now, uint64_t *before, uint64_t *since)
{
	bool anew = false;
	unsigned int i;

	for (i = 0; i < SSI_MEM_HIST_BUCKETS; i++)
		anew |= now[i] < before[i];
	for (i = 0; i < SSI_MEM_HIST_BUCKETS; i++) {
		since[i] = now[i] - (anew ? 0 : before[i]);
		before[i] = now[i];
	}
}

static json_t *times_of(struct ssi_figures *figures, const struct hists *h)
{
	uint64_t since[SSI_MEM_HIST_BUCKETS], count;
	json_t *list = json_array();
	unsigned int phase;

	for (phase = 0; phase < PHASES; phase++) {
		take_difference(h->now[phase], figures->before[phase], since);
		count = ssi_hist_count(since);
		if (count)
			json_array_append_new(
				list, json_pack("{s:s, s:I, s:I, s:I}", "phase",
						ssi_phase_name[phase], "count", (json_int_t)count,
						"p50_ns", (json_int_t)ssi_hist_quantile(since, 500),
						"p99_ns", (json_int_t)ssi_hist_quantile(since, 990)));
	}
	return list;
}

/**
 * struct links - a list under way
 * @list: of links
 * @answers: by peer
 */
struct links {
	json_t *list;
	const uint64_t *answers;
};

static const char *state_of(const struct ssi_nl_peer *peer)
{
	const uint32_t *state = peer->state;

	if (state[0] == SSI_MEM_LINK_STATE_UP && state[1] == SSI_MEM_LINK_STATE_UP)
		return "up";
	return state[0] == SSI_MEM_LINK_STATE_DOWN || state[1] == SSI_MEM_LINK_STATE_DOWN ?
		       "down" : "resuming";
}

static int take_peer(const struct ssi_nl_peer *peer, void *arg)
{
	const struct links *l = arg;
	uint64_t answers = peer->id < SSI_NODES ? l->answers[peer->id] : 0;
	json_t *link = json_pack("{s:i, s:s, s:b, s:I, s:i, s:I}", "peer", (int)peer->id, "state",
				 state_of(peer), "tls", peer->tls, "sockets",
				 (json_int_t)peer->sockets, "unacked", (int)peer->unacked,
				 "answers", (json_int_t)answers);

	if (peer->has_bytes) {
		json_object_set_new(link, "sent_bytes",
				    json_integer((json_int_t)peer->sent_bytes));
		json_object_set_new(link, "received_bytes",
				    json_integer((json_int_t)peer->received_bytes));
	}
	json_array_append_new(l->list, link);
	return 0;
}

/* ---- maps ---- */

/**
 * struct regions - those of the node, read before their pages: one dump at a time
 * @at: the first of them
 * @count: how many
 */
struct regions {
	struct ssi_nl_region at[MAPS_MAX];
	unsigned int count;
};

static int take_region(const struct ssi_nl_region *region, void *arg)
{
	struct regions *r = arg;

	if (r->count < MAPS_MAX && region->size)
		r->at[r->count++] = *region;
	return 0;
}

/**
 * struct map - where the pages of a region are
 * @step: chunks of a cell, a power of two
 * @cells: how many
 * @owned: pages with content that the node owns, by cell
 * @copies: read copies, by cell
 * @heat: remote faults of the node, by cell
 * @has_heat: the kernel counts them
 */
struct map {
	uint64_t step;
	uint64_t cells;
	uint64_t owned[CELLS_MAX];
	uint64_t copies[CELLS_MAX];
	uint64_t heat[CELLS_MAX];
	bool has_heat;
};

static int take_chunk(const struct ssi_nl_chunk *chunk, void *arg)
{
	struct map *map = arg;
	uint64_t cell = chunk->range.first * SSI_PAGE_BYTES / SSI_CHUNK_BYTES / map->step;

	if (cell >= map->cells)
		return 0;
	map->owned[cell] += chunk->states[SSI_MEM_PAGE_STATE_OWNED] +
			    chunk->states[SSI_MEM_PAGE_STATE_SOLE];
	map->copies[cell] += chunk->states[SSI_MEM_PAGE_STATE_SHARED];
	map->heat[cell] += chunk->faults;
	map->has_heat |= chunk->has_faults;
	return 0;
}

static json_t *list_of(const uint64_t *numbers, uint64_t count)
{
	json_t *list = json_array();
	uint64_t i;

	for (i = 0; i < count; i++)
		json_array_append_new(list, json_integer((json_int_t)numbers[i]));
	return list;
}

static json_t *map_of(struct ssi_nl *nl, const struct ssi_nl_region *region, uint64_t cells_max)
{
	const struct ssi_nl_range all = { 0, 0 };
	uint64_t chunks = (region->size - 1) / SSI_CHUNK_BYTES + 1;
	struct map *map = calloc(1, sizeof(*map));
	json_t *object = NULL;

	if (!map)
		return NULL;
	map->step = 1;
	while ((chunks - 1) / map->step >= cells_max)
		map->step *= 2;
	map->cells = (chunks - 1) / map->step + 1;
	if (ssi_nl_chunk_each(nl, region, &all, take_chunk, map) == 0)
		object = json_pack("{s:s, s:I, s:I, s:o, s:o}", "region", region->name, "size",
				   (json_int_t)region->size, "step", (json_int_t)map->step,
				   "owned", list_of(map->owned, map->cells), "copies",
				   list_of(map->copies, map->cells));
	if (object && map->has_heat)
		json_object_set_new(object, "heat", list_of(map->heat, map->cells));
	free(map);
	return object;
}

static void add_maps(struct ssi_nl *nl, const struct regions *regions, json_t *body)
{
	json_t *list = json_array(), *map;
	unsigned int i;

	for (i = 0; i < regions->count; i++) {
		map = map_of(nl, &regions->at[i], CELLS_MAX / regions->count);
		if (map)
			json_array_append_new(list, map);
	}
	json_object_set_new(body, "maps", list);
}

static void add_hot(struct ssi_nl *nl, const struct regions *regions, json_t *body)
{
	struct ssi_hot hot = { .count = 0 };
	json_t *list = json_array();
	unsigned int i;
	int rc = 0;

	for (i = 0; i < regions->count && rc == 0; i++)
		rc = ssi_hot_read(&hot, nl, &regions->at[i]);
	for (i = 0; i < hot.count && i < HOT_MAX; i++)
		json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "region",
						      hot.at[i].region, "page",
						      (json_int_t)hot.at[i].page, "moves",
						      (json_int_t)hot.at[i].moves));
	if (rc == 0)
		json_object_set(body, "hot", list);
	json_decref(list);
}

static void add_regions(struct ssi_nl *nl, const char *node, json_t *body)
{
	struct regions regions = { .count = 0 };

	if (ssi_nl_region_each(nl, node, take_region, &regions) != 0)
		regions.count = 0;
	add_maps(nl, &regions, body);
	add_hot(nl, &regions, body);
}

/* ---- guests ---- */

/*
 * The guest's name is that of its memory: a region has one guest. The number is from
 * a command line, which anybody can write.
 */
static json_t *vm_of(const struct ssi_guest *guest)
{
	unsigned int cpus = guest->user.cpus < VCPUS_MAX ? guest->user.cpus : VCPUS_MAX;

	return json_pack("{s:s, s:s, s:i, s:s}", "name", guest->region.name, "region",
			 guest->region.name, "vcpus", (int)cpus, "state", guest->state);
}

static void add_vms(struct ssi_nl *nl, const char *node, json_t *body)
{
	struct ssi_guests guests = { NULL, 0, 0 };
	json_t *list = json_array();
	int device = ssi_attach_device();
	unsigned int i;

	if (device >= 0 &&
	    ssi_guests_read(&guests, nl, node, device, SSI_GUESTS_MONITOR) == 0) {
		ssi_guests_ask(&guests, ANSWER_MS);
		for (i = 0; i < guests.count && i < VMS_MAX; i++)
			json_array_append_new(list, vm_of(&guests.at[i]));
		json_object_set(body, "vms", list);
	}
	if (device >= 0)
		close(device);
	json_decref(list);
	ssi_guests_free(&guests);
}

void ssi_figures_add(struct ssi_figures *figures, struct ssi_nl *nl, const char *node,
		     json_t *body)
{
	struct hists *h = calloc(1, sizeof(*h));
	struct links links = { json_array(), h ? h->answers : NULL };

	if (h && ssi_nl_hist_each(nl, node, take_hist, h) == 0) {
		json_object_set_new(body, "times", times_of(figures, h));
		if (ssi_nl_peer_each(nl, node, take_peer, &links) == 0)
			json_object_set(body, "links", links.list);
	}
	json_decref(links.list);
	free(h);
	if (figures->beats++ % BEATS_PER_MAP)
		return;
	add_regions(nl, node, body);
	add_vms(nl, node, body);
}
