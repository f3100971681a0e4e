/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs of the bench share: raw samples, sockets between network
 * namespaces, ways through a range of pages.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE 4096
#define REQUEST_BYTES 64
#define NSEC 1000000000ull

void die(const char *what) __attribute__((noreturn));
uint64_t now_ns(void);

/**
 * struct samples - what a row measured
 * @ns:      nanoseconds of each event; room for @room
 * @count:   events
 * @room:    as many as there may be
 * @pages:   pages or messages moved, as a rate needs
 * @elapsed: nanoseconds for all of it
 */
struct samples {
	uint64_t *ns;
	size_t count;
	size_t room;
	uint64_t pages;
	uint64_t elapsed;
};

void samples_init(struct samples *samples, size_t room);
void samples_add(struct samples *samples, uint64_t ns);
void samples_write(const struct samples *samples, const char *row, const char *facts);

/* Sockets: the namespaces are those of `ip netns`, named n0, n1, ... */
void connect_namespaces(int from, int to, int *near, int *far);
void enter_namespace(int number);
int send_all(int fd, const void *data, size_t bytes);
int receive_all(int fd, void *data, size_t bytes);
void serve_pages(int fd);
int start_page_server(int from, int to);

/* Between machines. */
int listen_on(int node, int port);
int accept_from(int listener);
int connect_machine(int from, int to);

/**
 * enum order - in which order pages are touched
 * @ORDER_SEQUENTIAL: as they lie
 * @ORDER_RANDOM:     every one once, shuffled
 * @ORDER_STRIDE:     every 7th, then the next ones, so that every one comes once
 */
enum order { ORDER_SEQUENTIAL, ORDER_RANDOM, ORDER_STRIDE };

bool order_by_name(const char *name, enum order *order);
void order_pages(uint32_t *pages, size_t count, enum order order);

#endif /* BENCH_H */
