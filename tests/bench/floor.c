// SPDX-License-Identifier: Apache-2.0
/*
 * floor: messages round a ring of nodes, by the kernel alone.
 *
 *	floor --row NAME [--mode softirq|blocking|stream] [--nodes N] [--reply BYTES]
 *	      [--count N] [--threads N] [--tls]
 *
 * The sockets are made here and handed to /dev/ssi_bench. With --tls they get
 * keys that are no secret: the wire is a pair of virtual cables.
 */
#include <fcntl.h>
#include <getopt.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "module/ssi_bench_dev.h"

#define THREADS_MAX 16
#define WARM_UP 100

static const char *row;
static struct ssi_bench_ring ring = { .stations = 2 };
static uint32_t reply = PAGE;
static unsigned int count = 2000;
static unsigned int threads = 1;
static bool tls;
static int device;

static void encrypt(int fd, int direction)
{
	struct tls12_crypto_info_aes_gcm_128 keys = {
		.info = { .version = TLS_1_3_VERSION, .cipher_type = TLS_CIPHER_AES_GCM_128 },
	};

	if (setsockopt(fd, SOL_TLS, direction, &keys, sizeof(keys)))
		die("kernel TLS");
}

static void encrypt_pair(const int *fds)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (setsockopt(fds[i], IPPROTO_TCP, TCP_ULP, "tls", sizeof("tls")))
			die("kernel TLS: is the module tls loaded?");
		encrypt(fds[i], TLS_TX);
		encrypt(fds[i], TLS_RX);
	}
}

/* Station i sends to station i + 1: by one connection both ways if there are two. */
static void connect_ring(void)
{
	int pair[2], next;
	unsigned int i;

	for (i = 0; i < ring.stations; i++) {
		next = (int)((i + 1) % ring.stations);
		if (ring.stations == 2 && i == 1) {
			ring.out[1] = ring.in[1];
			ring.in[0] = ring.out[0];
			break;
		}
		connect_namespaces((int)i, next, &pair[0], &pair[1]);
		if (tls)
			encrypt_pair(pair);
		ring.out[i] = pair[0];
		ring.in[next] = pair[1];
	}
	for (i = 0; i < ring.stations; i++)
		ring.bytes[i] = REQUEST_BYTES;
	ring.bytes[ring.mode == SSI_BENCH_STREAM ? 0 : ring.stations - 1] = reply;
}

static void run(uint64_t rounds, uint64_t *samples)
{
	struct ssi_bench_run run = { .count = rounds, .samples = (uintptr_t)samples };

	if (ioctl(device, SSI_BENCH_RUN, &run))
		die("SSI_BENCH_RUN");
}

static void *run_part(void *samples)
{
	run(count / threads, samples);
	return NULL;
}

static void run_threads(struct samples *samples)
{
	pthread_t thread[THREADS_MAX];
	unsigned int i, part = count / threads;
	uint64_t begin = now_ns();

	for (i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, run_part, samples->ns + (size_t)i * part))
			die("pthread_create");
	for (i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	samples->elapsed = now_ns() - begin;
	samples->pages = (uint64_t)part * threads;
	samples->count = ring.mode == SSI_BENCH_STREAM ? 0 : samples->pages;
	if (ring.mode == SSI_BENCH_STREAM)
		samples->elapsed = samples->ns[0];
}

static void set_mode(const char *name)
{
	static const char *const names[] = { "softirq", "blocking", "stream" };

	for (ring.mode = 0; ring.mode < 3; ring.mode++)
		if (!strcmp(name, names[ring.mode]))
			return;
	fprintf(stderr, "floor: no such mode: %s\n", name);
	exit(2);
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "row", 1, NULL, 'r' },   { "mode", 1, NULL, 'm' },  { "nodes", 1, NULL, 'n' },
		{ "reply", 1, NULL, 'b' }, { "count", 1, NULL, 'c' }, { "threads", 1, NULL, 't' },
		{ "tls", 0, NULL, 's' },   { NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'r': row = optarg; break;
		case 'm': set_mode(optarg); break;
		case 'n': ring.stations = (uint32_t)atoi(optarg); break;
		case 'b': reply = (uint32_t)atoi(optarg); break;
		case 'c': count = (unsigned int)atoi(optarg); break;
		case 't': threads = (unsigned int)atoi(optarg); break;
		case 's': tls = true; break;
		default: exit(2);
		}
	}
	if (!row || !threads || threads > THREADS_MAX || count < threads) {
		fprintf(stderr, "floor: --row is needed, and 1 to %d threads\n", THREADS_MAX);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct samples samples;

	parse(argc, argv);
	samples_init(&samples, count);
	connect_ring();
	device = open("/dev/ssi_bench", O_RDWR | O_CLOEXEC);
	if (device < 0 || ioctl(device, SSI_BENCH_RING, &ring))
		die("/dev/ssi_bench");
	run(WARM_UP, samples.ns);
	run_threads(&samples);
	samples_write(&samples, row, "");
	return 0;
}
