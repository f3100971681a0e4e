// SPDX-License-Identifier: Apache-2.0
#include "samples.h"

#include <stddef.h>
#include <string.h>

static const char *const stat_names[SSI_SAMPLE_STATS] = {
	"faults_local",	 "faults_first",  "faults_read",     "faults_write",  "upgrades",
	"evictions",	 "drops",	  "invalidations",   "owner_changes", "pages_sent",
	"prefetch_used", "prefetch_late", "prefetch_unused", "used_bytes",    "owned_bytes",
	"copies_bytes",	 "transit_bytes",
};

static const char *const phase_names[SSI_SAMPLE_PHASES] = {
	"total", "answer", "acks", "wake", "queue", "unmap", "hold", "serve",
};

int ssi_sample_phase(const char *word)
{
	int i;

	for (i = 0; i < SSI_SAMPLE_PHASES; i++) {
		if (!strcmp(phase_names[i], word))
			return i;
	}
	return -1;
}

/* ---- taking ---- */

static uint64_t number_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return value ? (uint64_t)json_integer_value(value) : SSI_SAMPLE_NONE;
}

static void take_times(struct ssi_sample *sample, const json_t *times)
{
	const json_t *item;
	size_t i;

	json_array_foreach(times, i, item) {
		int phase = ssi_sample_phase(json_string_value(json_object_get(item, "phase")));

		sample->count[phase] = number_of(item, "count");
		sample->p50[phase] = number_of(item, "p50_ns");
		sample->p99[phase] = number_of(item, "p99_ns");
	}
}

void ssi_samples_take(struct ssi_samples *samples, const json_t *stats, const json_t *times,
		      int64_t now)
{
	const struct ssi_sample *last = &samples->ring[(samples->taken - 1) % SSI_SAMPLES];
	struct ssi_sample *sample = &samples->ring[samples->taken % SSI_SAMPLES];
	unsigned int i;

	if (samples->taken && now - last->at < SSI_SAMPLES_APART_MS)
		return;
	/* SSI_SAMPLE_NONE is made of such bytes. */
	memset(sample, 0xff, sizeof(*sample));
	sample->at = now;
	for (i = 0; i < SSI_SAMPLE_STATS; i++)
		sample->stat[i] = number_of(stats, stat_names[i]);
	take_times(sample, times);
	samples->taken++;
}

/* ---- showing ---- */

/* One number of each sample: it stands @offset bytes from the sample's beginning. */
static json_t *column(const struct ssi_samples *samples, uint64_t from, size_t offset)
{
	json_t *list = json_array();
	uint64_t i;

	for (i = from; i < samples->taken; i++) {
		const char *sample = (const char *)&samples->ring[i % SSI_SAMPLES];
		uint64_t value = *(const uint64_t *)(sample + offset);

		json_array_append_new(list, value == SSI_SAMPLE_NONE ? json_null() :
								       json_integer(value));
	}
	return list;
}

static uint64_t first_after(const struct ssi_samples *samples, int64_t after)
{
	uint64_t i = samples->taken > SSI_SAMPLES ? samples->taken - SSI_SAMPLES : 0;

	while (i < samples->taken && samples->ring[i % SSI_SAMPLES].at <= after)
		i++;
	return i;
}

json_t *ssi_samples_json(const struct ssi_samples *samples, int64_t after)
{
	uint64_t from = first_after(samples, after);
	json_t *root = json_object(), *times = json_object();
	unsigned int i;

	json_object_set_new(root, "at_ms", column(samples, from, offsetof(struct ssi_sample, at)));
	for (i = 0; i < SSI_SAMPLE_STATS; i++)
		json_object_set_new(root, stat_names[i],
				    column(samples, from, offsetof(struct ssi_sample, stat[i])));
	for (i = 0; i < SSI_SAMPLE_PHASES; i++)
		json_object_set_new(
			times, phase_names[i],
			json_pack("{s:o, s:o, s:o}", "count",
				  column(samples, from, offsetof(struct ssi_sample, count[i])),
				  "p50_ns",
				  column(samples, from, offsetof(struct ssi_sample, p50[i])),
				  "p99_ns",
				  column(samples, from, offsetof(struct ssi_sample, p99[i]))));
	json_object_set_new(root, "times", times);
	return root;
}
