// SPDX-License-Identifier: Apache-2.0
/*
 * writers ROW REGION PAGE COUNT: programs of nodes 0 and 1 write to one page in
 * turns, COUNT times each. A socket tells whose turn it is.
 * writers --serve PORT REGION PAGE COUNT: the one of node 1 on another machine, for
 * who has $BENCH_PORT set.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fault.h"

static volatile uint32_t *map_word(const char *region, long page)
{
	struct memory memory = { 0 };

	map_region(&memory, region);
	return (volatile uint32_t *)(memory.base + (size_t)page * PAGE);
}

/* Ends when the other one does. */
static void take_turns(volatile uint32_t *word, int fd, struct samples *samples)
{
	uint64_t begin;
	char token = 0;

	while (samples->count < samples->room && !receive_all(fd, &token, 1)) {
		begin = now_ns();
		++*word;
		samples_add(samples, now_ns() - begin);
		if (send_all(fd, &token, 1))
			return;
	}
}

/* Node 0 has the first turn. */
static void run_first(char **argv, int fd)
{
	volatile uint32_t *word = map_word(argv[2], atol(argv[3]));
	struct samples samples;
	uint64_t begin;

	samples_init(&samples, (size_t)atol(argv[4]));
	begin = now_ns();
	take_turns(word, fd, &samples);
	if (samples.count < samples.room)
		die("the other writer is gone");
	samples.elapsed = now_ns() - begin;
	samples.pages = 2 * samples.count;
	samples_write(&samples, argv[1], "");
}

static void run_second(char **argv, int fd, volatile uint32_t *word)
{
	struct samples unused;

	samples_init(&unused, (size_t)atol(argv[4]));
	send_all(fd, "", 1);
	take_turns(word, fd, &unused);
}

/* Returns a socket to a process on node 1. */
static int start_second(char **argv)
{
	int pair[2], fd = connect_machine(0, 1);

	if (fd >= 0)
		return fd;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		die("socketpair");
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pair[0]);
		enter_namespace(1);
		run_second(argv, pair[1], map_word(argv[2], atol(argv[3])));
		_exit(0);
	}
	close(pair[1]);
	enter_namespace(0);
	return pair[0];
}

static void serve(char **argv)
{
	volatile uint32_t *word;
	int listener = listen_on(1, atoi(argv[1]));

	word = map_word(argv[2], atol(argv[3]));
	run_second(argv, accept_from(listener), word);
}

int main(int argc, char **argv)
{
	bool is_second = argc == 6 && !strcmp(argv[1], "--serve");

	if (argc != 5 && !is_second) {
		fprintf(stderr, "usage: writers ROW REGION PAGE COUNT | "
				"--serve PORT REGION PAGE COUNT\n");
		return 2;
	}
	if (is_second)
		serve(argv + 1);
	else
		run_first(argv, start_second(argv));
	return 0;
}
