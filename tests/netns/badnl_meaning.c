// SPDX-License-Identifier: Apache-2.0
#include "badnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/if.h>
#include <linux/ssi_mem.h>

#define MIB (1ull << 20)
/* The node that sockets are tried on; it has no real peer. */
#define NAME "badnl"
#define ID 40

/* ---- requests ---- */

static void node_new(struct request *request, const char *name, uint32_t id,
		     uint64_t share)
{
	request_begin(request, SSI_MEM_CMD_NODE_NEW);
	request_string(request, SSI_MEM_A_NODE, name);
	request_u32(request, SSI_MEM_A_ID, id);
	request_u64(request, SSI_MEM_A_SHARE, share);
}

static void region_new(struct request *request, const char *name, uint64_t size)
{
	request_begin(request, SSI_MEM_CMD_REGION_NEW);
	request_string(request, SSI_MEM_A_REGION, name);
	request_u64(request, SSI_MEM_A_SIZE, size);
}

static void named(struct request *request, unsigned int cmd, const char *node,
		  const char *region)
{
	request_begin(request, cmd);
	if (node)
		request_string(request, SSI_MEM_A_NODE, node);
	if (region)
		request_string(request, SSI_MEM_A_REGION, region);
}

static void check_nodes(void)
{
	struct request r;

	node_new(&r, "", ID, 4 * MIB);
	must_refuse("a node without a name", &r, EINVAL, "letters");
	node_new(&r, "-x", ID, 4 * MIB);
	must_refuse("a node that looks like an option", &r, EINVAL, "letters");
	node_new(&r, "a b", ID, 4 * MIB);
	must_refuse("a node with a blank", &r, EINVAL, "letters");
	node_new(&r, "a\n", ID, 4 * MIB);
	must_refuse("a node with an end of line", &r, EINVAL, "letters");
	node_new(&r, NAME, ID, MIB - 1);
	must_refuse("a share too small", &r, ERANGE, "1 MiB");
	node_new(&r, NAME, ID, 0);
	must_refuse("no share", &r, ERANGE, "1 MiB");
	node_new(&r, NAME, ID, 1ull << 50);
	must_refuse("a share larger than the memory", &r, ERANGE, "exceed");
	node_new(&r, NAME, ID, ~0ull);
	must_refuse("a share of all there is", &r, ERANGE, "exceed");
	node_new(&r, NAME, ID, 4 * MIB);
	request_u64(&r, SSI_MEM_A_RESERVE, 4096);
	must_refuse("a reserve too small", &r, ERANGE, "256 KiB");
	node_new(&r, NAME, ID, 4 * MIB);
	request_u64(&r, SSI_MEM_A_RESERVE, ~0ull - MIB);
	must_refuse("a reserve that wraps", &r, ERANGE, "exceed");
	node_new(&r, NAME, ID, 4 * MIB);
	request_u32(&r, SSI_MEM_A_HOLD_US, 10001);
	must_refuse("a hold too long", &r, ERANGE, "10000");
	node_new(&r, "node1", ID, 4 * MIB);
	must_refuse("a name that is taken", &r, EEXIST, "here already");
	node_new(&r, NAME, 1, 4 * MIB);
	must_refuse("an id that is taken", &r, EEXIST, "here already");
	named(&r, SSI_MEM_CMD_NODE_GET, "nobody", NULL);
	must_refuse("a node that is not there", &r, ENODEV, "of that name");
	named(&r, SSI_MEM_CMD_NODE_DEL, "nobody", NULL);
	must_refuse("the end of such a node", &r, ENODEV, "of that name");
	request_begin(&r, SSI_MEM_CMD_VERSION_GET);
	request_u32(&r, SSI_MEM_A_PROTOCOL, 77);
	must_refuse("another protocol", &r, ENOPROTOOPT, "speaks protocol");
}

static void check_regions(void)
{
	struct request r;

	region_new(&r, "", 4096);
	must_refuse("a region without a name", &r, EINVAL, "letters");
	region_new(&r, "../x", 4096);
	must_refuse("a region that looks like a path", &r, EINVAL, "letters");
	region_new(&r, "x", 0);
	must_refuse("a region without a size", &r, EINVAL, "whole pages");
	region_new(&r, "x", 4097);
	must_refuse("a region of odd size", &r, EINVAL, "whole pages");
	region_new(&r, "x", 1ull << 44);
	must_refuse("a region of 2^32 pages", &r, EINVAL, "whole pages");
	region_new(&r, "x", ~4095ull);
	must_refuse("a region of all addresses", &r, EINVAL, "whole pages");
	region_new(&r, "x", 1ull << 40);
	must_refuse("a region larger than the shares", &r, ENOSPC, "shares");
	named(&r, SSI_MEM_CMD_REGION_DEL, NULL, "nowhere");
	must_refuse("the end of no region", &r, ENOENT, "no region");
	named(&r, SSI_MEM_CMD_REGION_GET, NULL, "nowhere");
	must_refuse("a region that is not there", &r, ENOENT, "no region");
	named(&r, SSI_MEM_CMD_REGION_GET, "nobody", "nowhere");
	must_refuse("a region of nobody", &r, ENODEV, "of that name");
	request_begin(&r, SSI_MEM_CMD_PEER_GET);
	request_u32(&r, SSI_MEM_A_PEER, 39);
	must_refuse("a peer that is not there", &r, ENOENT, "no peer");
}

void check_meaning(uint32_t peer)
{
	struct request r;

	(void)peer;
	check_nodes();
	check_regions();
	/* Two nodes here: now a name is needed. */
	node_new(&r, NAME, ID, 4 * MIB);
	check("a second node", request_send(&r).error == 0);
	request_begin(&r, SSI_MEM_CMD_NODE_GET);
	must_refuse("which node?", &r, ENOTUNIQ, "--node");
	request_begin(&r, SSI_MEM_CMD_NODE_DEL);
	must_refuse("whose end?", &r, ENOTUNIQ, "--node");
}

/* ---- sockets ---- */

static int listener(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    listen(fd, 8)) {
		perror("listen");
		exit(1);
	}
	return fd;
}

/* Two ends of a connection. */
static void connection(int ends[2])
{
	struct sockaddr_in at;
	socklen_t length = sizeof(at);
	int fd = listener();

	getsockname(fd, (struct sockaddr *)&at, &length);
	ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(ends[0], (struct sockaddr *)&at, sizeof(at))) {
		perror("connect");
		exit(1);
	}
	ends[1] = accept(fd, NULL, NULL);
	close(fd);
}

static void link_set(struct request *r, const char *node, uint32_t peer, int fd)
{
	char incarnation[SSI_MEM_INCARNATION_LEN];

	memset(incarnation, 7, sizeof(incarnation));
	request_begin(r, SSI_MEM_CMD_LINK_SET);
	request_string(r, SSI_MEM_A_NODE, node);
	request_u32(r, SSI_MEM_A_PEER, peer);
	request_u32(r, SSI_MEM_A_CHANNEL, 0);
	request_u32(r, SSI_MEM_A_FD, (uint32_t)fd);
	request_put(r, SSI_MEM_A_INCARNATION, incarnation, sizeof(incarnation));
}

static void refuse_socket(const char *what, int fd, int error, const char *text)
{
	struct request r;

	link_set(&r, NAME, 41, fd);
	must_refuse(what, &r, error, text);
}

static void check_kinds(void)
{
	int fd, pair[2];

	refuse_socket("a descriptor that is not open", 1000, EBADF,
		      "not a socket");
	refuse_socket("descriptor -1", -1, EBADF, "not a socket");
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	refuse_socket("a file", fd, ENOTSOCK, "not a socket");
	close(fd);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	refuse_socket("a UDP socket", fd, EPROTOTYPE, "not a TCP");
	close(fd);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
	refuse_socket("a netlink socket", fd, EPROTOTYPE, "not a TCP");
	close(fd);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0) {
		refuse_socket("a Unix socket", pair[0], EPROTOTYPE, "not a TCP");
		close(pair[0]);
		close(pair[1]);
	}
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	refuse_socket("a socket without connection", fd, ENOTCONN,
		      "not connected");
	close(fd);
	fd = listener();
	refuse_socket("a listener", fd, ENOTCONN, "not connected");
	close(fd);
	connection(pair);
	close(pair[1]);
	usleep(10000);
	refuse_socket("a socket that the other end closed", pair[0], ENOTCONN,
		      "not connected");
	close(pair[0]);
}

static void check_tls(void)
{
	struct request r;
	int pair[2];

	connection(pair);
	link_set(&r, NAME, 41, pair[0]);
	request_put(&r, SSI_MEM_A_TLS, NULL, 0);
	must_refuse("TLS that is not there", &r, EINVAL, "no kernel TLS");
	if (setsockopt(pair[0], IPPROTO_TCP, TCP_ULP, "tls", 4) == 0)
		refuse_socket("TLS that is not said", pair[0], EINVAL,
			      "attribute is missing");
	close(pair[0]);
	close(pair[1]);
}

static void start_loopback(void)
{
	struct ifreq ifr = { .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(ifr.ifr_name, "lo");
	if (ioctl(fd, SIOCSIFFLAGS, &ifr)) {
		perror("lo");
		exit(1);
	}
	close(fd);
}

static void check_namespace(void)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), pair[2];

	if (unshare(CLONE_NEWNET)) {
		perror("unshare");
		exit(1);
	}
	start_loopback();
	connection(pair);
	if (setns(home, CLONE_NEWNET)) {
		perror("setns");
		exit(1);
	}
	close(home);
	refuse_socket("a socket of another namespace", pair[0], EXDEV,
		      "network namespace");
	close(pair[0]);
	close(pair[1]);
}

static void check_in_use(void)
{
	struct request r;
	int pair[2];

	connection(pair);
	link_set(&r, NAME, 41, pair[0]);
	check("a good socket", request_send(&r).error == 0);
	refuse_socket("a socket that is in use", pair[0], EBUSY, "in use");
	link_set(&r, NAME, 42, pair[0]);
	must_refuse("the same for another peer", &r, EBUSY, "in use");
	close(pair[0]);
	close(pair[1]);
}

/* ---- one socket, handed over by two at once ---- */

#define ROUNDS 30

static pthread_barrier_t barrier;

struct racer {
	struct request request;
	struct answer answer;
};

static void *race(void *arg)
{
	struct racer *racer = arg;

	pthread_barrier_wait(&barrier);
	racer->answer = request_send(&racer->request);
	return NULL;
}

static bool run_race(void)
{
	struct racer racers[2];
	pthread_t thread;
	int pair[2], i;

	connection(pair);
	for (i = 0; i < 2; i++)
		link_set(&racers[i].request, NAME, 43 + (uint32_t)i, pair[0]);
	pthread_create(&thread, NULL, race, &racers[0]);
	race(&racers[1]);
	pthread_join(thread, NULL);
	close(pair[0]);
	close(pair[1]);
	return (racers[0].answer.error == 0) != (racers[1].answer.error == 0) &&
	       racers[0].answer.error + racers[1].answer.error == EBUSY;
}

static void check_race(void)
{
	int i, good = 0;

	pthread_barrier_init(&barrier, NULL, 2);
	for (i = 0; i < ROUNDS; i++)
		good += run_race();
	pthread_barrier_destroy(&barrier);
	check("of two who hand over one socket, one does", good == ROUNDS);
}

static void members_set(struct request *r, uint64_t epoch, uint64_t members)
{
	request_begin(r, SSI_MEM_CMD_MEMBERS_SET);
	request_string(r, SSI_MEM_A_NODE, NAME);
	request_u64(r, SSI_MEM_A_ROSTER_EPOCH, epoch);
	request_u64(r, SSI_MEM_A_MEMBERS, members);
}

/* Only the node's last life ends what it was told. */
static void check_members(int fd)
{
	const uint64_t self = 1ull << ID, other = 1ull << 41;
	struct request r;

	members_set(&r, 0, self);
	must_refuse("members without an epoch", &r, EINVAL, "1 or more");
	members_set(&r, 7, other);
	must_refuse("members without the node itself", &r, EINVAL,
		    "none of the members");
	members_set(&r, 7, self);
	check("members of an epoch", request_send(&r).error == 0);
	members_set(&r, 7, self);
	check("the same once more", request_send(&r).error == 0);
	members_set(&r, 7, self | other);
	must_refuse("others of the same epoch", &r, EINVAL, "other members");
	members_set(&r, 6, self | other);
	must_refuse("members of an older epoch", &r, ESTALE,
		    "epoch 6 is older");
	refuse_socket("a link to a node that is no member", fd, EACCES,
		      "node 41 is no member in epoch 7");
	members_set(&r, UINT64_MAX, UINT64_MAX);
	check("members of a later epoch", request_send(&r).error == 0);
}

void check_sockets(uint32_t peer)
{
	struct request r;
	int pair[2];

	check_kinds();
	check_tls();
	check_namespace();
	connection(pair);
	link_set(&r, NAME, ID, pair[0]);
	must_refuse("the node itself as a peer", &r, EINVAL, "own id");
	link_set(&r, "node1", peer, pair[0]);
	must_refuse("the id of another node that is connected", &r, EEXIST,
		    "id of its own");
	check_members(pair[0]);
	close(pair[0]);
	close(pair[1]);
	check_in_use();
	check_race();
	named(&r, SSI_MEM_CMD_NODE_DEL, NAME, NULL);
	check("the node can leave", request_send(&r).error == 0);
}

/* ---- callers ---- */

static bool be_nobody(void)
{
	return setgid(65534) == 0 && setuid(65534) == 0;
}

static bool be_root_of_a_namespace(void)
{
	return unshare(CLONE_NEWUSER) == 0;
}

/* In a child, since rights do not come back. */
static void check_as(const char *what, bool (*be)(void), bool (*right)(void))
{
	int status;
	pid_t child = fork();

	if (!child)
		exit(be() && right() ? 0 : 1);
	waitpid(child, &status, 0);
	check(what, WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static bool hears_nothing(void)
{
	return !hears_events();
}

void check_callers(void)
{
	check_as("commands by nobody", be_nobody, has_no_rights);
	check_as("commands by root of a user namespace",
		 be_root_of_a_namespace, has_no_rights);
	check("events for root", hears_events());
	check_as("no events for nobody", be_nobody, hears_nothing);
	check_as("no events for root of a user namespace",
		 be_root_of_a_namespace, hears_nothing);
}
