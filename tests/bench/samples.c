// SPDX-License-Identifier: Apache-2.0
#include "bench.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void die(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NSEC + (uint64_t)now.tv_nsec;
}

/* The memory is touched here, so that no sample pays for it. */
void samples_init(struct samples *samples, size_t room)
{
	memset(samples, 0, sizeof(*samples));
	samples->ns = malloc((room + 1) * sizeof(*samples->ns));
	if (!samples->ns)
		die("samples");
	memset(samples->ns, 1, (room + 1) * sizeof(*samples->ns));
	samples->room = room;
}

void samples_add(struct samples *samples, uint64_t ns)
{
	if (samples->count < samples->room)
		samples->ns[samples->count++] = ns;
}

/**
 * samples_write() - write a row's raw figures
 * @samples: all that was measured
 * @row:     name of the row; the file is $BENCH_RAW/<row>
 * @facts:   more members of the JSON object in its first line, or ""
 */
void samples_write(const struct samples *samples, const char *row, const char *facts)
{
	const char *raw = getenv("BENCH_RAW");
	char path[256];
	FILE *file;
	size_t i;

	snprintf(path, sizeof(path), "%s/%s", raw ? raw : ".", row);
	file = fopen(path, "w");
	if (!file)
		die(path);
	fprintf(file, "{\"row\": \"%s\", \"pages\": %" PRIu64 ", \"elapsed_ns\": %" PRIu64 "%s%s}\n",
		row, samples->pages, samples->elapsed, *facts ? ", " : "", facts);
	for (i = 0; i < samples->count; i++)
		fprintf(file, "%" PRIu64 "\n", samples->ns[i]);
	if (fclose(file))
		die(path);
}
