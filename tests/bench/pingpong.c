// SPDX-License-Identifier: Apache-2.0
/*
 * pingpong ROW COUNT THREADS: a page for a request, from a process on node 1 to
 * one on node 0, each thread with a connection of its own.
 * pingpong --serve PORT: the process on node 1, for who has $BENCH_PORT set.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define WARM_UP 100

static size_t count;

/**
 * struct client - a thread
 * @fd:      its connection
 * @samples: its own
 */
struct client {
	int fd;
	struct samples samples;
};

static void ping(int fd)
{
	static __thread char page[PAGE];
	static const char request[REQUEST_BYTES];

	if (send_all(fd, request, sizeof(request)) || receive_all(fd, page, sizeof(page)))
		die("the server is gone");
}

static void *run_client(void *arg)
{
	struct client *client = arg;
	uint64_t begin;
	size_t i;

	for (i = 0; i < WARM_UP; i++)
		ping(client->fd);
	for (i = 0; i < count; i++) {
		begin = now_ns();
		ping(client->fd);
		samples_add(&client->samples, now_ns() - begin);
	}
	return NULL;
}

/* Each connection has a process. */
static void serve(int port)
{
	int listener = listen_on(1, port), fd;

	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		fd = accept_from(listener);
		switch (fork()) {
		case -1:
			die("fork");
		case 0:
			serve_pages(fd);
			_exit(0);
		default:
			close(fd);
		}
	}
}

int main(int argc, char **argv)
{
	struct client clients[16];
	pthread_t threads[16];
	struct samples all;
	size_t threads_count, i, k;
	uint64_t begin;

	if (argc == 3 && !strcmp(argv[1], "--serve"))
		serve(atoi(argv[2]));
	if (argc != 4 || (threads_count = (size_t)atoi(argv[3])) < 1 || threads_count > 16) {
		fprintf(stderr, "usage: pingpong ROW COUNT THREADS | --serve PORT\n");
		return 2;
	}
	count = (size_t)atoi(argv[2]) / threads_count;
	samples_init(&all, count * threads_count);
	for (i = 0; i < threads_count; i++) {
		clients[i].fd = start_page_server(0, 1);
		samples_init(&clients[i].samples, count);
	}
	begin = now_ns();
	for (i = 0; i < threads_count; i++)
		if (pthread_create(&threads[i], NULL, run_client, &clients[i]))
			die("pthread_create");
	for (i = 0; i < threads_count; i++) {
		pthread_join(threads[i], NULL);
		for (k = 0; k < clients[i].samples.count; k++)
			samples_add(&all, clients[i].samples.ns[k]);
	}
	all.elapsed = now_ns() - begin;
	all.pages = (count + WARM_UP) * threads_count;
	samples_write(&all, argv[1], "");
	return 0;
}
