// SPDX-License-Identifier: Apache-2.0
/*
 * badpeer: does to two kernels what no good peer does.
 *
 *	badpeer SECRET IP IP [--random N] [--seed N] [--deaf]
 *
 * Without options the table of cases; with --random so many messages with
 * random fields, and now and then a HELLO with a wrong bit; with --deaf messages whose answers are never read, until the
 * victim has enough. Output is TAP. Nodes 1 and 2 are kernels, in the network
 * namespaces n0 and n1, at the addresses; we are node 3.
 */
#include "badpeer.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define TRAP_BYTES (64ull << 20)
/* Cases want so many chunks that each node is the home of. */
#define CHUNKS 4

static unsigned int number;
static unsigned int failures;
static bool failed;

void die(const char *what)
{
	fprintf(stderr, "badpeer: %s: %s\n", what, strerror(errno));
	exit(1);
}

void fail(const char *format, ...)
{
	va_list args;

	failed = true;
	fputs("# ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

u64 next_random(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void tap(const char *name)
{
	number++;
	failures += failed;
	printf("%sok %u - %s\n", failed ? "not " : "", number, name);
	fflush(stdout);
	failed = false;
}

/* ---- the table ---- */

/* Workers count too: what is missing may still come. */
static void check_counters(const struct counters *before,
			   const struct test_case *test)
{
	int64_t end = ssi_handshake_now() + patience_ms;
	struct counters now;
	struct msg msg;

	do {
		if (receive(&msg, 10))
			answer(&msg);
		now = victim_counters(VICTIM);
		now.malformed -= before->malformed;
		now.stale -= before->stale;
	} while ((now.malformed < test->malformed || now.stale < test->stale) &&
		 ssi_handshake_now() < end);
	if (now.malformed != test->malformed || now.stale != test->stale)
		fail("%llu malformed and %llu stale, not %u and %u",
		     (unsigned long long)now.malformed,
		     (unsigned long long)now.stale, test->malformed,
		     test->stale);
}

static void run_case(const struct test_case *test)
{
	struct counters before = victim_counters(VICTIM);

	test->run();
	if (test->broken && !is_broken(peer_of(VICTIM), 0, patience_ms))
		fail("the channel is not broken");
	link_up(peer_of(VICTIM));
	link_up(peer_of(OTHER));
	ping(peer_of(VICTIM));
	ping(peer_of(OTHER));
	check_counters(&before, test);
	tap(test->name);
}

static void run_cases(const struct test_case *cases)
{
	for (; cases->name; cases++) {
		if (patience_ms > PATIENCE_MS && is_hurried(cases))
			printf("ok %u - %s # SKIP on a slow kernel\n", ++number,
			       cases->name);
		else
			run_case(cases);
	}
}

/* ---- random messages ---- */

/* Requests of ours that no DONE has ended. */
#define OPEN_MAX 128
struct ask {
	struct ssi_wire_hdr hdr;
};

static struct ask open_asks[OPEN_MAX];
static unsigned int open_count;
/* And those whose DONE may be lost: what we send is not sent again. */
#define ENDED_MAX 65536
static struct ask ended_asks[ENDED_MAX];
static unsigned int ended_count;

static bool is_answer(const struct msg *msg)
{
	return msg->hdr.type == SSI_MSG_GRANT ||
	       msg->hdr.type == SSI_MSG_RANGE ||
	       (msg->hdr.type == SSI_MSG_DATA &&
		!(msg->hdr.flags & SSI_MF_EVICT));
}

static void close_ask(u64 txn)
{
	unsigned int i;

	for (i = 0; i < open_count; i++) {
		if (open_asks[i].hdr.txn != txn)
			continue;
		ended_asks[ended_count++ % ENDED_MAX] = open_asks[i];
		open_asks[i] = open_asks[--open_count];
	}
}

/* Answer as a node would, and now and then not quite. */
static void answer_somehow(struct msg *msg, u64 random)
{
	if (!is_answer(msg)) {
		if (random % 16 == 0)
			msg->hdr.txn ^= cpu_to_le64(random);
		answer(msg);
		return;
	}
	send_done(msg, random % SSI_PERM_MAX);
	close_ask(msg->hdr.txn);
}

static u32 random_page(u64 random)
{
	switch (random % 16) {
	case 0:
		return (u32)(random >> 8);
	case 1:
		return trap.pages - 1 + (random >> 8) % 2;
	default:
		return (u32)(random >> 8) % trap.pages;
	}
}

/* But for what we would not come back from: we are a member, and may lead. */
static struct ssi_wire_hdr random_header(u64 *state)
{
	struct ssi_wire_hdr hdr;
	u64 r = next_random(state);
	u8 type;

	do {
		type = next_random(state) % SSI_MSG_MAX;
	} while (type == SSI_MSG_HELLO || type == SSI_MSG_LEAVE ||
		 type == SSI_MSG_CHANGE || type == SSI_MSG_FORGET);
	hdr = about(type, random_page(r));
	r = next_random(state);
	if (r % 32 == 0)
		hdr.region ^= cpu_to_le32(r >> 32);
	if (r >> 8 & 1)
		hdr.requester = VICTIM + (r >> 16) % LINKS;
	hdr.txn = cpu_to_le64(r >> 9 & 1 ? next_txn() : next_random(state));
	if (r >> 10 & 1)
		hdr.txn = cpu_to_le64((u64)VICTIM << 56 | r >> 40 << 16 |
				      (r >> 32 & 63));
	hdr.acks = cpu_to_le16(r % 8 ? 0 : r >> 20 & 3);
	hdr.arg = cpu_to_le32(next_random(state) % 4);
	return hdr;
}

/* Most headers are legal: the others do not get far. */
static void make_legal(struct ssi_wire_hdr *hdr, u64 random)
{
	static const u8 flags[] = { SSI_MF_HAVE_COPY, SSI_MF_ZERO,
				    SSI_MF_EVICT, SSI_MF_BLANK, SSI_MF_ENDS };
	static const u32 lengths[] = { 0, SSI_PAGE_SIZE,
				       sizeof(struct ssi_wire_range),
				       sizeof(struct ssi_wire_ahead) };
	struct ssi_wire_hdr try = *hdr;
	unsigned int i, way;

	try.magic = cpu_to_le16(SSI_WIRE_MAGIC);
	for (i = 0; i < 32; i++) {
		way = (i + random) % 32;
		try.flags = way < 20 ? flags[way / 4] : 0;
		try.arg = way < 28 ? hdr->arg : 0;
		try.length = cpu_to_le32(lengths[way % 4]);
		if (ssi_wire_check(&try) == SSI_WIRE_OK) {
			*hdr = try;
			return;
		}
	}
}

static void send_random(u64 *state)
{
	struct ssi_wire_hdr hdr = random_header(state);
	struct peer *to = &peers[next_random(state) % 4 == 0];
	u8 body[SSI_PAGE_SIZE];
	u64 r;
	unsigned int i;

	make_legal(&hdr, next_random(state));
	if (ssi_msg_class(hdr.type) == SSI_CLASS_REQUEST) {
		if (open_count == OPEN_MAX)
			return;
		open_asks[open_count++].hdr = hdr;
	}
	for (i = 0; i < sizeof(body); i += sizeof(r)) {
		r = next_random(state);
		memcpy(body + i, &r, sizeof(r));
	}
	/* A bit of any kind, so seldom that the links are mostly up. */
	if (next_random(state) % 256 == 0) {
		r = next_random(state);
		((u8 *)&hdr)[r % sizeof(hdr)] ^= (u8)(1 << (r >> 8 & 7));
	}
	if (hdr.type < SSI_MSG_MAX && le32_to_cpu(hdr.length) <= sizeof(body))
		send_msg(to, &hdr, hdr.length ? body : NULL);
}

static void give_up(const struct ask *ask)
{
	struct msg msg = { .hdr = ask->hdr };

	if (le32_to_cpu(ask->hdr.page) < trap.pages)
		send_done(&msg, SSI_PERM_NONE);
}

/*
 * Let everything come to its end. What was not answered may be waiting for the
 * end of another request of ours, or for a node that we have told lies.
 */
static void drain(void)
{
	int64_t end = ssi_handshake_now() + 1000;
	unsigned int i;
	struct msg msg;

	link_up(peer_of(VICTIM));
	link_up(peer_of(OTHER));
	for (i = 0; i < open_count; i++)
		give_up(&open_asks[i]);
	for (i = 0; i < ended_count && i < ENDED_MAX; i++)
		give_up(&ended_asks[i]);
	while (ssi_handshake_now() < end) {
		if (!receive(&msg, 20))
			continue;
		if (is_answer(&msg))
			send_done(&msg, SSI_PERM_NONE);
		else
			answer(&msg);
	}
}

/* A HELLO of which a bit is wrong, on a socket that is left at once. */
static void greet_wrongly(struct peer *peer, u64 *state)
{
	unsigned int channel = next_random(state) % 2;
	struct ssi_wire_hello hello = our_hello(channel);
	struct ssi_wire_hdr hdr = {
		.type = SSI_MSG_HELLO,
		.length = cpu_to_le32(sizeof(hello)),
	};
	u64 r = next_random(state);
	u8 *byte;

	link_close(peer, channel);
	link_connect(peer, channel);
	stamp(peer, channel, &hdr);
	/* Not what we say that we have: that may be anything. */
	byte = r & 1 ? (u8 *)&hdr + (r >> 8) % offsetof(struct ssi_wire_hdr, requester) :
		       (u8 *)&hello + (r >> 8) % offsetof(struct ssi_wire_hello, share);
	*byte ^= (u8)(1 << (r >> 16 & 7));
	send_bytes(peer, channel, &hdr, sizeof(hdr));
	send_bytes(peer, channel, &hello, sizeof(hello));
	link_close(peer, channel);
}

static void run_random(unsigned int count, u64 seed)
{
	u64 state = seed | 1;
	unsigned int sent, links = 0;
	struct msg msg;
	int i;

	printf("# --random %u --seed %llu\n", count, (unsigned long long)seed);
	for (sent = 0; sent < count; sent++) {
		for (i = 0; i < LINKS; i++) {
			links += peers[i].chan[0].fd < 0;
			links += peers[i].chan[1].fd < 0;
			link_up(&peers[i]);
		}
		if (sent % 1024 == 1023)
			greet_wrongly(&peers[next_random(&state) % LINKS], &state);
		else
			send_random(&state);
		while (receive(&msg, 0))
			answer_somehow(&msg, next_random(&state));
	}
	for (i = 0; i < 3; i++)
		drain();
	if (!ping(peer_of(VICTIM)) || !ping(peer_of(OTHER)))
		fail("a kernel does not answer");
	printf("# %u messages, %u sockets made anew\n", sent, links);
	tap("random messages");
}

/* ---- messages whose answers are never read ---- */

static bool was_cut_off(const struct peer *peer)
{
	struct pollfd pfd = { .fd = peer->chan[0].fd };

	return poll(&pfd, 1, 0) > 0 && pfd.revents & (POLLERR | POLLHUP);
}

static void run_deaf(void)
{
	struct peer *victim = peer_of(VICTIM);
	struct ssi_wire_hdr hdr = head(SSI_MSG_RESERVE);
	struct counters before = victim_counters(VICTIM);
	unsigned int sent;

	for (sent = 0; sent < 1000000; sent++) {
		send_msg(victim, &hdr, NULL);
		if (sent % 4096)
			continue;
		if (victim_counters(VICTIM).malformed != before.malformed)
			break;
		/* Who reads nothing for long is taken for dead, and comes back. */
		if (was_cut_off(victim)) {
			link_close(victim, 0);
			link_up(victim);
		}
	}
	printf("# %u messages kept for us\n", victim_unacked(VICTIM));
	if (sent == 1000000)
		fail("the victim keeps answers without end");
	link_close(victim, 0);
	link_up(victim);
	answer_all(1000);
	/* What waited was read now: all is well again. */
	while (victim_unacked(VICTIM)) {
		link_up(victim);
		answer_all(100);
	}
	ping(victim);
	tap("messages whose answers are not read");
}

/* ---- the region ---- */

static bool has_chunks(unsigned int id)
{
	unsigned int count = 0;
	u32 page;

	for (page = 0; page < trap.pages; page += SSI_CHUNK_PAGES)
		count += home_of(page) == id;
	return count >= CHUNKS;
}

/* Homes are spread by a random number: now and then badly. */
static void make_trap(void)
{
	unsigned int tries;

	for (tries = 0; tries < 10; tries++) {
		if (region_call(VICTIM, "trap", TRAP_BYTES))
			exit(1);
		if (has_chunks(ME) && has_chunks(VICTIM) && has_chunks(OTHER))
			return;
		region_call(VICTIM, "trap", 0);
	}
	errno = ERANGE;
	die("homes are spread too badly");
}

/* Nothing of a life that has left is heard again. */
static void leave(void)
{
	struct ssi_wire_hdr hdr;
	int i;

	for (i = 0; i < LINKS; i++) {
		hdr = head(SSI_MSG_LEAVE);
		send_msg(&peers[i], &hdr, NULL);
		await_acked(&peers[i], 0);
		link_close(&peers[i], 0);
		link_close(&peers[i], 1);
		link_connect(&peers[i], 0);
		if (!is_broken(&peers[i], 0, patience_ms))
			fail("node %u takes in a node that has left",
			     peers[i].id);
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "random", 1, NULL, 'r' },
		{ "seed", 1, NULL, 's' },
		{ "deaf", 0, NULL, 'd' },
		{ NULL, 0, NULL, 0 },
	};
	u64 seed = (u64)time(NULL) << 20 ^ (u64)getpid();
	bool deaf = false;
	unsigned int random = 0;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'r': random = (unsigned int)atoi(optarg); break;
		case 's': seed = strtoull(optarg, NULL, 0); break;
		case 'd': deaf = true; break;
		default: return 2;
		}
	}
	if (argc - optind != 1 + LINKS) {
		fprintf(stderr, "usage: badpeer SECRET IP IP [OPTIONS]\n");
		return 2;
	}
	link_setup(argv[optind], (const char *const *)&argv[optind + 1]);
	victim_setup();
	link_up(peer_of(VICTIM));
	link_up(peer_of(OTHER));
	make_trap();
	if (!random && !deaf) {
		run_cases(session_cases);
		run_cases(page_cases);
		run_cases(region_cases);
	}
	if (random)
		run_random(random, seed);
	if (deaf)
		run_deaf();
	failed = region_call(VICTIM, "trap", 0);
	tap("the region can be deleted");
	leave();
	tap("who has left is not heard again");
	printf("1..%u\n", number);
	return failures != 0;
}
