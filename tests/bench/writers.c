// SPDX-License-Identifier: Apache-2.0
/*
 * writers ROW REGION PAGE COUNT: programs of nodes 0 and 1 write to one page in
 * turns, COUNT times each. A pipe tells whose turn it is.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "fault.h"

static volatile uint32_t *map_word(const char *region, long page)
{
	struct memory memory = { 0 };

	map_region(&memory, region);
	return (volatile uint32_t *)(memory.base + (size_t)page * PAGE);
}

static void take_turns(volatile uint32_t *word, int from, int to, struct samples *samples)
{
	uint64_t begin;
	char token = 0;

	while (samples->count < samples->room && read(from, &token, 1) == 1) {
		begin = now_ns();
		++*word;
		samples_add(samples, now_ns() - begin);
		if (write(to, &token, 1) != 1)
			die("pipe");
	}
}

int main(int argc, char **argv)
{
	int there[2], back[2];
	struct samples samples;
	uint64_t begin;

	if (argc != 5) {
		fprintf(stderr, "usage: writers ROW REGION PAGE COUNT\n");
		return 2;
	}
	samples_init(&samples, (size_t)atol(argv[4]));
	if (pipe(there) || pipe(back))
		die("pipe");
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		enter_namespace(1);
		take_turns(map_word(argv[2], atol(argv[3])), there[0], back[1], &samples);
		_exit(0);
	}
	enter_namespace(0);
	if (write(back[1], "", 1) != 1)
		die("pipe");
	begin = now_ns();
	take_turns(map_word(argv[2], atol(argv[3])), back[0], there[1], &samples);
	samples.elapsed = now_ns() - begin;
	samples.pages = 2 * samples.count;
	samples_write(&samples, argv[1], "");
	return 0;
}
