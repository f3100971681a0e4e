// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX   48
#define VCPUS_MAX  4096
#define CHUNK_SIZE (2ull << 20)

/**
 * struct vm - a guest, as a node tells of it
 * @name: of the guest
 * @region: its memory
 * @vcpus: on that node
 * @state: a word
 */
struct vm {
	char name[SSI_NAME_SIZE];
	char region[SSI_NAME_SIZE];
	uint32_t vcpus;
	char state[SSI_NAME_SIZE];
};

/**
 * struct span - how long a phase took
 * @phase: a word
 * @count: how often it was gone through
 * @p50: nanoseconds
 * @p99: nanoseconds
 */
struct span {
	char phase[SSI_NAME_SIZE];
	uint64_t count;
	uint64_t p50;
	uint64_t p99;
};

/**
 * struct link - a link, as a node tells of it
 * @peer: id of the other node
 * @state: a word
 * @tls: it is encrypted
 * @number: of sockets, unacked messages, answers, bytes
 */
struct link {
	uint32_t peer;
	char state[SSI_NAME_SIZE];
	bool tls;
	uint64_t number;
};

/**
 * struct map - who has the pages of a region, as a node tells of it
 * @region: its name
 * @size: of the region, bytes
 * @step: chunks of a cell
 * @owned: pages of each cell that the node owns
 * @copies: pages of each cell that the node has a copy of
 * @heat: remote faults of the node in each cell; or NULL
 */
struct map {
	char region[SSI_NAME_SIZE];
	uint64_t size;
	uint64_t step;
	json_t *owned;
	json_t *copies;
	json_t *heat;
};

/**
 * struct hot - a page that moves often, as a node tells of it
 * @region: its name
 * @page: index in the region
 * @moves: times that the node handed it over
 */
struct hot {
	char region[SSI_NAME_SIZE];
	uint64_t page;
	uint64_t moves;
};

#define END { NULL, 0, 0, false, 0, 0 }

static const struct ssi_field vm_fields[] = {
	{ "name", SSI_FIELD_NAME, offsetof(struct vm, name), true, 0, 0 },
	{ "region", SSI_FIELD_NAME, offsetof(struct vm, region), true, 0, 0 },
	{ "vcpus", SSI_FIELD_U32, offsetof(struct vm, vcpus), true, 0, VCPUS_MAX },
	{ "state", SSI_FIELD_NAME, offsetof(struct vm, state), true, 0, 0 },
	END,
};

static const struct ssi_field span_fields[] = {
	{ "phase", SSI_FIELD_NAME, offsetof(struct span, phase), true, 0, 0 },
	{ "count", SSI_FIELD_U64, offsetof(struct span, count), true, 0, 0 },
	{ "p50_ns", SSI_FIELD_U64, offsetof(struct span, p50), true, 0, 0 },
	{ "p99_ns", SSI_FIELD_U64, offsetof(struct span, p99), true, 0, 0 },
	END,
};

static const struct ssi_field link_fields[] = {
	{ "peer", SSI_FIELD_U32, offsetof(struct link, peer), true, 0, SSI_CLUSTER_NODES - 1 },
	{ "state", SSI_FIELD_NAME, offsetof(struct link, state), true, 0, 0 },
	{ "tls", SSI_FIELD_FLAG, offsetof(struct link, tls), true, 0, 0 },
	{ "sockets", SSI_FIELD_U64, offsetof(struct link, number), false, 0, 0 },
	{ "unacked", SSI_FIELD_U64, offsetof(struct link, number), false, 0, 0 },
	{ "answers", SSI_FIELD_U64, offsetof(struct link, number), false, 0, 0 },
	{ "sent_bytes", SSI_FIELD_U64, offsetof(struct link, number), false, 0, 0 },
	{ "received_bytes", SSI_FIELD_U64, offsetof(struct link, number), false, 0, 0 },
	END,
};

static const struct ssi_field map_fields[] = {
	{ "region", SSI_FIELD_NAME, offsetof(struct map, region), true, 0, 0 },
	{ "size", SSI_FIELD_U64, offsetof(struct map, size), true, 1, 0 },
	{ "step", SSI_FIELD_U64, offsetof(struct map, step), true, 1, 1ull << 40 },
	{ "owned", SSI_FIELD_ARRAY, offsetof(struct map, owned), true, 0, 0 },
	{ "copies", SSI_FIELD_ARRAY, offsetof(struct map, copies), true, 0, 0 },
	{ "heat", SSI_FIELD_ARRAY, offsetof(struct map, heat), false, 0, 0 },
	END,
};

static const struct ssi_field hot_fields[] = {
	{ "region", SSI_FIELD_NAME, offsetof(struct hot, region), true, 0, 0 },
	{ "page", SSI_FIELD_U64, offsetof(struct hot, page), true, 0, 0 },
	{ "moves", SSI_FIELD_U64, offsetof(struct hot, moves), true, 0, 0 },
	END,
};

/* ---- checking ---- */


/* What becomes the name of a metric. */
static bool is_word(const char *key)
{
	size_t len = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return len && !key[len] && len <= WORD_MAX && *key >= 'a';
}

static int check_stats(const json_t *stats, char *why, size_t size)
{
	const char *key;
	json_t *value;

	if (json_object_size(stats) > SSI_REPORT_STATS_MAX) {
		snprintf(why, size, "stats has more than %d numbers", SSI_REPORT_STATS_MAX);
		return -1;
	}
	json_object_foreach((json_t *)stats, key, value) {
		if (is_word(key) && json_is_integer(value) && json_integer_value(value) >= 0)
			continue;
		snprintf(why, size, "stats: '%.40s' is not a word with a number", key);
		return -1;
	}
	return 0;
}

static int check_length(const json_t *list, const char *name, size_t max, char *why, size_t size)
{
	if (json_array_size(list) <= max)
		return 0;
	snprintf(why, size, "%s has more than %zu items", name, max);
	return -1;
}

static int check_vms(const json_t *vms, char *why, size_t size)
{
	struct vm vm;
	json_t *item;
	size_t i;

	if (check_length(vms, "vms", SSI_REPORT_VMS_MAX, why, size) < 0)
		return -1;
	json_array_foreach(vms, i, item) {
		if (ssi_fields_read(item, vm_fields, &vm, why, size) < 0)
			return -1;
	}
	return 0;
}

static int check_times(const json_t *times, char *why, size_t size)
{
	bool seen[SSI_SAMPLE_PHASES] = { false };
	struct span span;
	json_t *item;
	size_t i;

	json_array_foreach(times, i, item) {
		int phase;

		if (ssi_fields_read(item, span_fields, &span, why, size) < 0)
			return -1;
		phase = ssi_sample_phase(span.phase);
		if (phase < 0 || seen[phase]) {
			snprintf(why, size, "times: '%s' is no phase, or stands twice", span.phase);
			return -1;
		}
		seen[phase] = true;
	}
	return 0;
}

static bool is_link_state(const char *word)
{
	return !strcmp(word, "down") || !strcmp(word, "resuming") || !strcmp(word, "up");
}

static int check_links(const json_t *links, char *why, size_t size)
{
	bool seen[SSI_CLUSTER_NODES] = { false };
	struct link link;
	json_t *item;
	size_t i;

	if (check_length(links, "links", SSI_REPORT_LINKS_MAX, why, size) < 0)
		return -1;
	json_array_foreach(links, i, item) {
		if (ssi_fields_read(item, link_fields, &link, why, size) < 0)
			return -1;
		if (!is_link_state(link.state)) {
			snprintf(why, size, "links: '%s' is not down, resuming or up", link.state);
			return -1;
		}
		if (seen[link.peer]) {
			snprintf(why, size, "links: peer %u stands twice", link.peer);
			return -1;
		}
		seen[link.peer] = true;
	}
	return 0;
}

static bool are_numbers(const json_t *list, size_t count)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item) {
		if (!json_is_integer(item) || json_integer_value(item) < 0)
			return false;
	}
	return i == count;
}

/* How many cells a map has; 0 with @why set when it is none. */
static size_t check_map(const json_t *item, char *why, size_t size)
{
	struct map map = { .heat = NULL };
	uint64_t chunks, cells;

	if (ssi_fields_read(item, map_fields, &map, why, size) < 0)
		return 0;
	if (map.step & (map.step - 1)) {
		snprintf(why, size, "maps: the step of %s is no power of two", map.region);
		return 0;
	}
	chunks = (map.size - 1) / CHUNK_SIZE + 1;
	cells = (chunks - 1) / map.step + 1;
	if (are_numbers(map.owned, cells) && are_numbers(map.copies, cells) &&
	    (!map.heat || are_numbers(map.heat, cells)))
		return cells;
	snprintf(why, size, "maps: a list of %s has not %llu numbers, one for each cell", map.region,
		 (unsigned long long)cells);
	return 0;
}

static int check_maps(const json_t *maps, char *why, size_t size)
{
	size_t i, cells = 0;
	json_t *item;

	if (check_length(maps, "maps", SSI_REPORT_MAPS_MAX, why, size) < 0)
		return -1;
	json_array_foreach(maps, i, item) {
		size_t more = check_map(item, why, size);

		if (!more)
			return -1;
		cells += more;
	}
	if (cells <= SSI_REPORT_CELLS_MAX)
		return 0;
	snprintf(why, size, "maps: they have more than %d cells together", SSI_REPORT_CELLS_MAX);
	return -1;
}

static int check_hot(const json_t *list, char *why, size_t size)
{
	struct hot hot;
	json_t *item;
	size_t i;

	if (check_length(list, "hot", SSI_REPORT_HOT_MAX, why, size) < 0)
		return -1;
	json_array_foreach(list, i, item) {
		if (ssi_fields_read(item, hot_fields, &hot, why, size) < 0)
			return -1;
	}
	return 0;
}

int ssi_report_check(const struct ssi_report *report, char *why, size_t size)
{
	if (check_stats(report->stats, why, size) < 0 || check_vms(report->vms, why, size) < 0 ||
	    check_times(report->times, why, size) < 0 ||
	    check_links(report->links, why, size) < 0 || check_maps(report->maps, why, size) < 0)
		return -1;
	return check_hot(report->hot, why, size);
}

/* ---- keeping ---- */

static void replace(json_t **slot, json_t *value)
{
	if (!value)
		return;
	json_decref(*slot);
	*slot = json_incref(value);
}

static void take_sample(struct ssi_reports *reports, uint32_t id, const struct ssi_report *report,
			int64_t now)
{
	struct ssi_samples **samples = &reports->samples[id];

	if (!report->stats && !report->times)
		return;
	if (!*samples)
		*samples = calloc(1, sizeof(**samples));
	if (*samples)
		ssi_samples_take(*samples, report->stats, report->times, now);
}

void ssi_reports_take(struct ssi_reports *reports, uint32_t id, const struct ssi_report *report,
		      int64_t now)
{
	struct ssi_report *last = &reports->last[id];

	replace(&last->stats, report->stats);
	replace(&last->vms, report->vms);
	replace(&last->times, report->times);
	replace(&last->links, report->links);
	replace(&last->maps, report->maps);
	replace(&last->hot, report->hot);
	reports->told[id] = now;
	if (report->maps)
		reports->mapped[id] = now;
	take_sample(reports, id, report, now);
}

void ssi_reports_forget(struct ssi_reports *reports, uint32_t id)
{
	struct ssi_report *last = &reports->last[id];

	json_decref(last->stats);
	json_decref(last->vms);
	json_decref(last->times);
	json_decref(last->links);
	json_decref(last->maps);
	json_decref(last->hot);
	*last = (struct ssi_report){ .stats = NULL };
	free(reports->samples[id]);
	reports->samples[id] = NULL;
	reports->told[id] = 0;
	reports->mapped[id] = 0;
}

void ssi_reports_free(struct ssi_reports *reports)
{
	unsigned int id;

	for (id = 0; id < SSI_CLUSTER_NODES; id++)
		ssi_reports_forget(reports, id);
}

/* ---- showing ---- */

json_t *ssi_reports_vms(const struct ssi_reports *reports)
{
	json_t *list = json_array(), *item;
	unsigned int id;
	size_t i;

	for (id = 0; id < SSI_CLUSTER_NODES; id++) {
		json_array_foreach(reports->last[id].vms, i, item) {
			json_t *vm = json_copy(item);

			json_object_set_new(vm, "node", json_integer(id));
			json_array_append_new(list, vm);
		}
	}
	return list;
}

static json_t *regions_of(const json_t *maps)
{
	json_t *list = json_array(), *item;
	size_t i;

	json_array_foreach(maps, i, item) {
		json_array_append(list, json_object_get(item, "region"));
	}
	return list;
}

json_t *ssi_reports_node(const struct ssi_reports *reports, uint32_t id, int64_t after)
{
	const struct ssi_report *last = &reports->last[id];
	json_t *root;

	if (!reports->told[id])
		return NULL;
	root = json_pack("{s:i, s:I, s:O*, s:O*, s:O*, s:O*, s:O*, s:o}", "node", (int)id, "told_ms",
			 (json_int_t)reports->told[id], "stats", last->stats, "vms", last->vms,
			 "times", last->times, "links", last->links, "hot", last->hot, "regions",
			 regions_of(last->maps));
	if (reports->samples[id])
		json_object_set_new(root, "samples",
				    ssi_samples_json(reports->samples[id], after));
	return root;
}

json_t *ssi_reports_maps(const struct ssi_reports *reports, const char *region)
{
	json_t *list = json_array(), *item;
	unsigned int id;
	size_t i;

	for (id = 0; id < SSI_CLUSTER_NODES; id++) {
		json_array_foreach(reports->last[id].maps, i, item) {
			const char *name = json_string_value(json_object_get(item, "region"));
			json_t *map;

			if (strcmp(name, region) != 0)
				continue;
			map = json_copy(item);
			json_object_set_new(map, "node", json_integer(id));
			json_object_set_new(map, "told_ms", json_integer(reports->mapped[id]));
			json_array_append_new(list, map);
		}
	}
	return list;
}
