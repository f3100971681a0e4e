/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of a node over some minutes, for who looks at them later: a ring of
 * the last samples, in memory alone.
 */
#ifndef SSI_COORD_SAMPLES_H
#define SSI_COORD_SAMPLES_H

#include <stdint.h>

#include <jansson.h>

/* Four minutes of a node that tells something each second. */
#define SSI_SAMPLES 240
/* A node that tells more often is sampled at this distance. */
#define SSI_SAMPLES_APART_MS 500

#define SSI_SAMPLE_STATS  17
#define SSI_SAMPLE_PHASES 8

/**
 * struct ssi_sample - the numbers of a moment
 * @at: milliseconds of a clock that is never set
 * @stat: a number that the node told, SSI_SAMPLE_NONE for none
 * @count: remote faults that went through a phase since the heartbeat before
 * @p50: nanoseconds that half of them did not exceed
 * @p99: nanoseconds that 99 % of them did not exceed
 */
struct ssi_sample {
	int64_t at;
	uint64_t stat[SSI_SAMPLE_STATS];
	uint64_t count[SSI_SAMPLE_PHASES];
	uint64_t p50[SSI_SAMPLE_PHASES];
	uint64_t p99[SSI_SAMPLE_PHASES];
};

#define SSI_SAMPLE_NONE UINT64_MAX

/**
 * struct ssi_samples - the ring
 * @taken: samples until now; the last one is at (@taken - 1) % SSI_SAMPLES
 * @ring: the last of them
 */
struct ssi_samples {
	uint64_t taken;
	struct ssi_sample ring[SSI_SAMPLES];
};

/**
 * ssi_sample_phase - find a phase by its word
 * @word: any
 *
 * Return: below SSI_SAMPLE_PHASES, or -1.
 */
int ssi_sample_phase(const char *word);

/**
 * ssi_samples_take - keep what a node tells
 * @samples: the ring
 * @stats: an object of numbers, or NULL
 * @times: a list of phases, or NULL
 * @now: the time
 *
 * Nothing is kept when the last sample is too young.
 */
void ssi_samples_take(struct ssi_samples *samples, const json_t *stats, const json_t *times,
		      int64_t now);

/**
 * ssi_samples_json - show samples
 * @samples: the ring
 * @after: only what is younger than this
 *
 * Return: an object of lists of the same length, one for each number; null
 * stands for what the node did not tell. NULL without memory.
 */
json_t *ssi_samples_json(const struct ssi_samples *samples, int64_t after);

#endif /* SSI_COORD_SAMPLES_H */
