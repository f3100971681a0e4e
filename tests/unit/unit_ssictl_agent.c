// SPDX-License-Identifier: Apache-2.0
/*
 * agent.c with real sockets and handshakes over the loopback address and a
 * kernel module that is played here: it keeps the sockets it is given, notices
 * when they end, and sends the events of the real one.
 */
#include "../../ssictl/agent.c"

#include <dirent.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include <linux/ssi_mem_dev.h>

#include "unit_ssictl_certs.h"
#include "unit_ssictl_run.h"

/* The module, as one node sees it; it serves as both netlink connections. */
struct ssi_nl {
	pthread_mutex_t lock;
	int fd[SSI_NODES][CHANNELS];
	unsigned int given[SSI_NODES][CHANNELS];
	uint8_t incarnation[SSI_NODES][SSI_MEM_INCARNATION_LEN];
	unsigned int refused; /* sockets for channels that had one */
	int events[2];
	bool closed; /* refuses all sockets, with @closed_rc */
	int closed_rc;
	bool blind;  /* does not notice that sockets end */
	bool silent; /* its events get lost */
	bool lost;   /* the next read of events says so */
	bool gone;
};

/* The keeper of a lease, as a test plays it. */
struct ssi_keeper {
	int fd;
	pthread_mutex_t lock;
	struct ssi_news news;
	unsigned int hurries;
	bool ended, left;
};

struct node {
	struct ssi_agent_cfg cfg;
	struct ssi_keeper keeper;
	struct ssi_nl nl;
	pthread_t agent;
	int rc;
	bool joined;
	int64_t joined_after;
	char trouble[SSI_NODES][160];
};

/* ---- the module ---- */

static void send_event(struct ssi_nl *nl, uint32_t type, uint32_t peer, uint32_t channel)
{
	struct node *node = (struct node *)((char *)nl - offsetof(struct node, nl));
	struct ssi_nl_event event = { .type = type, .peer = peer, .channel = channel };

	if (nl->silent)
		return;
	strcpy(event.node, node->cfg.node.name);
	ck_assert_int_eq(write(nl->events[1], &event, sizeof(event)), sizeof(event));
}

static bool has_ended(int fd)
{
	char byte;
	ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return got == 0 || (got < 0 && errno != EAGAIN);
}

static void watch_one(struct ssi_nl *nl, uint32_t peer, uint32_t channel)
{
	int *fd = &nl->fd[peer][channel];

	pthread_mutex_lock(&nl->lock);
	if (*fd >= 0 && !nl->blind && has_ended(*fd)) {
		close(*fd);
		*fd = -1;
		send_event(nl, SSI_MEM_EVENT_TYPE_LINK_DOWN, peer, channel);
	}
	pthread_mutex_unlock(&nl->lock);
}

static void *watch(void *arg)
{
	struct ssi_nl *nl = arg;
	unsigned int i;

	for (;;) {
		for (i = 0; i < SSI_NODES * CHANNELS; i++)
			watch_one(nl, i / CHANNELS, i % CHANNELS);
		usleep(5000);
	}
	return NULL;
}

int ssi_nl_link_set(struct ssi_nl *nl, const char *node, const struct ssi_nl_link *link)
{
	int rc = 0;

	(void)node;
	pthread_mutex_lock(&nl->lock);
	if (nl->closed) {
		rc = nl->closed_rc;
	} else if (nl->fd[link->peer][link->channel] >= 0) {
		rc = -EALREADY;
		nl->refused++;
	} else {
		nl->fd[link->peer][link->channel] = dup(link->fd);
		nl->given[link->peer][link->channel]++;
		memcpy(nl->incarnation[link->peer], link->incarnation, SSI_MEM_INCARNATION_LEN);
		send_event(nl, SSI_MEM_EVENT_TYPE_LINK_UP, link->peer, link->channel);
	}
	pthread_mutex_unlock(&nl->lock);
	return rc;
}

int ssi_nl_peer_get(struct ssi_nl *nl, const char *node, uint32_t id, struct ssi_nl_peer *peer)
{
	unsigned int channel;
	int rc = -ENOENT;

	(void)node;
	memset(peer, 0, sizeof(*peer));
	memcpy(peer->incarnation, nl->incarnation[id], sizeof(peer->incarnation));
	pthread_mutex_lock(&nl->lock);
	for (channel = 0; channel < CHANNELS; channel++) {
		if (nl->given[id][channel])
			rc = 0;
		if (nl->fd[id][channel] >= 0)
			peer->state[channel] = SSI_MEM_LINK_STATE_UP;
	}
	pthread_mutex_unlock(&nl->lock);
	return rc;
}

int ssi_nl_node_each(struct ssi_nl *nl, const char *node, ssi_nl_node_fn fn, void *arg)
{
	static const struct ssi_nl_node any;

	(void)node;
	return nl->gone ? -ENODEV : fn(&any, arg);
}

int ssi_nl_events_fd(const struct ssi_nl *nl)
{
	return nl->events[0];
}

int ssi_nl_events_read(struct ssi_nl *nl, ssi_nl_event_fn fn, void *arg)
{
	struct ssi_nl_event event;

	while (read(nl->events[0], &event, sizeof(event)) == sizeof(event)) {
		if (nl->lost) {
			nl->lost = false;
			return -ENOBUFS;
		}
		fn(&event, arg);
	}
	return 0;
}

const char *ssi_nl_text(const struct ssi_nl *nl)
{
	(void)nl;
	return "";
}

/* ---- the coordinator ---- */

struct ssi_keeper *ssi_keeper_start(const struct ssi_keeper_cfg *cfg)
{
	struct agent *a = cfg->arg;
	struct node *node = (struct node *)((char *)a->cfg - offsetof(struct node, cfg));

	ck_assert_str_eq(cfg->rest.urls, "https://coordinator");
	return &node->keeper;
}

int ssi_keeper_fd(const struct ssi_keeper *keeper)
{
	return keeper->fd;
}

void ssi_keeper_take(struct ssi_keeper *keeper, struct ssi_news *news)
{
	uint64_t count;

	pthread_mutex_lock(&keeper->lock);
	ck_assert_int_eq(read(keeper->fd, &count, sizeof(count)), sizeof(count));
	*news = keeper->news;
	pthread_mutex_unlock(&keeper->lock);
}

void ssi_keeper_hurry(struct ssi_keeper *keeper)
{
	__atomic_add_fetch(&keeper->hurries, 1, __ATOMIC_SEQ_CST);
}

void ssi_keeper_end(struct ssi_keeper *keeper, bool left)
{
	if (!keeper)
		return;
	keeper->ended = true;
	keeper->left = left;
}

static void tell_news(struct node *node)
{
	const uint64_t one = 1;

	ck_assert_int_eq(write(node->keeper.fd, &one, sizeof(one)), sizeof(one));
}

/* From now on the members are @members, at the addresses that nodes have. */
static void tell_members(struct node *node, uint64_t members, const struct node *peer)
{
	struct ssi_lease *lease = &node->keeper.news.lease;

	pthread_mutex_lock(&node->keeper.lock);
	node->keeper.news.members_known = true;
	lease->members = members;
	if (peer) {
		struct ssi_addr *addr = &lease->node[peer->cfg.node.id].addr;

		addr->len = sizeof(addr->ss);
		getsockname(peer->cfg.listener, (struct sockaddr *)&addr->ss, &addr->len);
		snprintf(addr->text, sizeof(addr->text), "node %u", peer->cfg.node.id);
	}
	pthread_mutex_unlock(&node->keeper.lock);
	tell_news(node);
}

/* ---- nodes ---- */

static void on_joined(const struct ssi_agent_cfg *cfg, const char *const *trouble, void *arg)
{
	struct node *node = arg;
	uint32_t id;

	(void)cfg;
	node->joined_after = ssi_handshake_now() - node->joined_after;
	for (id = 0; id < SSI_NODES; id++) {
		if (trouble[id])
			strcpy(node->trouble[id], trouble[id]);
	}
	__atomic_store_n(&node->joined, true, __ATOMIC_RELEASE);
}

static void make_node(struct node *node, uint32_t id)
{
	struct ssi_agent_cfg *cfg = &node->cfg;
	struct ssi_addr addr;
	pthread_t thread;
	unsigned int i;

	memset(node, 0, sizeof(*node));
	pthread_mutex_init(&node->nl.lock, NULL);
	pthread_mutex_init(&node->keeper.lock, NULL);
	node->nl.closed_rc = -ESTALE;
	node->keeper.fd = eventfd(0, EFD_NONBLOCK);
	for (i = 0; i < SSI_NODES * CHANNELS; i++)
		node->nl.fd[i / CHANNELS][i % CHANNELS] = -1;
	ck_assert_int_eq(pipe2(node->nl.events, O_NONBLOCK), 0);
	pthread_create(&thread, NULL, watch, &node->nl);

	snprintf(cfg->node.name, sizeof(cfg->node.name), "node%u", id);
	cfg->node.id = id;
	cfg->nl = cfg->events = &node->nl;
	cfg->foreground = true;
	cfg->joined = on_joined;
	cfg->arg = node;
	memcpy(cfg->self.credentials.key, "a key for tests", 15);
	cfg->self.hello = (struct ssi_hello){ .protocol = 1, .page_bytes = SSI_PAGE_BYTES,
					      .chunk_bytes = SSI_CHUNK_BYTES, .plain = true,
					      .from = id };
	memset(cfg->self.hello.incarnation, id + 1, SSI_MEM_INCARNATION_LEN);
	memcpy(cfg->node.incarnation, cfg->self.hello.incarnation, SSI_MEM_INCARNATION_LEN);
	ck_assert_ptr_null(ssi_opts_addr("127.0.0.1:1", &addr));
	((struct sockaddr_in *)&addr.ss)->sin_port = 0;
	cfg->listener = ssi_link_listen(&addr);
	ck_assert_int_ge(cfg->listener, 0);
}

static void list_peer(struct node *node, const struct node *peer)
{
	struct ssi_peers *peers = &node->cfg.peers;
	struct ssi_addr *addr = &peers->addr[peer->cfg.node.id];

	addr->len = sizeof(addr->ss);
	getsockname(peer->cfg.listener, (struct sockaddr *)&addr->ss, &addr->len);
	peers->listed |= 1ull << peer->cfg.node.id;
	node->cfg.self.listed = peers->listed;
}

static void *run_agent(void *arg)
{
	struct node *node = arg;

	node->rc = ssi_agent_run(&node->cfg);
	return NULL;
}

static void start_node(struct node *node)
{
	node->joined_after = ssi_handshake_now();
	pthread_create(&node->agent, NULL, run_agent, node);
}

static bool is_up(struct node *node, struct node *peer, unsigned int channel)
{
	bool up;

	pthread_mutex_lock(&node->nl.lock);
	up = node->nl.fd[peer->cfg.node.id][channel] >= 0;
	pthread_mutex_unlock(&node->nl.lock);
	return up;
}

static bool all_up(struct node *a, struct node *b)
{
	return is_up(a, b, 0) && is_up(a, b, 1) && is_up(b, a, 0) && is_up(b, a, 1);
}

static unsigned int given(struct node *node, struct node *peer, unsigned int channel)
{
	return node->nl.given[peer->cfg.node.id][channel];
}

#define WAIT_FOR(condition, ms)                                                                    \
	do {                                                                                       \
		int64_t until = ssi_handshake_now() + (ms);                                        \
		while (!(condition) && ssi_handshake_now() < until)                                \
			usleep(5000);                                                              \
		ck_assert(condition);                                                              \
	} while (0)

static void cut(struct node *node, struct node *peer, unsigned int channel)
{
	pthread_mutex_lock(&node->nl.lock);
	shutdown(node->nl.fd[peer->cfg.node.id][channel], SHUT_RDWR);
	pthread_mutex_unlock(&node->nl.lock);
}

static void leave(struct node *node)
{
	pthread_mutex_lock(&node->nl.lock);
	send_event(&node->nl, SSI_MEM_EVENT_TYPE_NODE_DEL, SSI_NL_NONE, SSI_NL_NONE);
	pthread_mutex_unlock(&node->nl.lock);
	pthread_join(node->agent, NULL);
	ck_assert_int_eq(node->rc, 0);
}

static struct node one, two, impostor;
static struct ssi_report told;

static void setup(void)
{
	sigset_t set;

	/* The test's own threads must not take what is meant for the agents. */
	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	make_node(&one, 1);
	make_node(&two, 2);
}

START_TEST(run__listed_peer_connects)
{
	list_peer(&one, &two);
	start_node(&two);
	WAIT_FOR(two.joined, 500);
	start_node(&one);
	WAIT_FOR(one.joined, 3000);
	ck_assert_str_eq(one.trouble[2], "");
	WAIT_FOR(all_up(&one, &two), 1000);
	ck_assert_uint_eq(given(&two, &one, 0), 1);
	ck_assert_uint_eq(given(&two, &one, 1), 1);
	leave(&one);
	leave(&two);
}
END_TEST

/* Whoever starts first, the lower id dials, and one socket per channel is made. */
START_TEST(run__both_list_each_other)
{
	struct sockaddr_in peer, listener;
	socklen_t len = sizeof(peer);

	list_peer(&one, &two);
	list_peer(&two, &one);
	start_node(_i ? &one : &two);
	usleep(_i == 2 ? 0 : 300000);
	start_node(_i ? &two : &one);
	WAIT_FOR(all_up(&one, &two), 4000);
	WAIT_FOR(one.joined && two.joined, 3000);
	usleep(300000);
	ck_assert_uint_eq(given(&one, &two, 0), 1);
	ck_assert_uint_eq(given(&two, &one, 1), 1);
	getpeername(one.nl.fd[2][0], (struct sockaddr *)&peer, &len);
	getsockname(two.cfg.listener, (struct sockaddr *)&listener, &len);
	ck_assert_uint_eq(peer.sin_port, listener.sin_port);
	leave(&one);
	leave(&two);
}
END_TEST

/* The lower id has grown slow by waiting; the call that it refuses wakes it. */
START_TEST(run__refused_call_ends_the_back_off)
{
	list_peer(&one, &two);
	list_peer(&two, &one);
	close(two.cfg.listener);
	start_node(&one);
	usleep(1700000);
	two.cfg.listener = ssi_link_listen(&one.cfg.peers.addr[2]);
	ck_assert_int_ge(two.cfg.listener, 0);
	start_node(&two);
	WAIT_FOR(all_up(&one, &two), 800);
	leave(&one);
	leave(&two);
}
END_TEST

START_TEST(run__absent_peer_is_tried_until_it_comes)
{
	list_peer(&one, &two);
	close(two.cfg.listener);
	start_node(&one);
	WAIT_FOR(one.joined, 1000);
	ck_assert_int_lt(one.joined_after, 1000);
	ck_assert_str_eq(one.trouble[2], "connect: Connection refused");
	usleep(500000);
	two.cfg.listener = ssi_link_listen(&one.cfg.peers.addr[2]);
	ck_assert_int_ge(two.cfg.listener, 0);
	start_node(&two);
	WAIT_FOR(all_up(&one, &two), 4000);
	leave(&one);
	leave(&two);
}
END_TEST

START_TEST(run__wrong_secret_is_told)
{
	list_peer(&one, &two);
	two.cfg.self.credentials.key[0] ^= 1;
	start_node(&two);
	start_node(&one);
	WAIT_FOR(one.joined, 3000);
	ck_assert_msg(strstr(one.trouble[2], "secrets differ") != NULL, "%s", one.trouble[2]);
	ck_assert_uint_eq(given(&two, &one, 0), 0);
	/* And on both sides in the status. */
	ck_assert_int_eq(ssi_report_read(one.cfg.node.incarnation, &told), 0);
	ck_assert_uint_eq(told.trying, 1 << 2);
	ck_assert_ptr_nonnull(strstr(told.why[2], "secrets differ"));
	ck_assert_int_eq(ssi_report_read(two.cfg.node.incarnation, &told), 0);
	ck_assert_uint_eq(told.trying, 0);
	ck_assert_uint_gt(told.refused, 0);
	ck_assert_ptr_nonnull(strstr(told.refusal, "secrets differ"));
	ck_assert_ptr_nonnull(strstr(told.caller, "127.0.0.1:"));
	leave(&one);
	leave(&two);
	ck_assert_int_eq(ssi_report_read(one.cfg.node.incarnation, &told), -ENOENT);
}
END_TEST

static bool tells(struct node *node, uint32_t peer, const char *words)
{
	return ssi_report_read(node->cfg.node.incarnation, &told) == 0 &&
	       strstr(told.why[peer], words);
}

/* The other agent takes the call, and its kernel does not: the reason is there. */
START_TEST(run__refused_by_the_other_kernel)
{
	list_peer(&one, &two);
	two.nl.closed = true;
	start_node(&two);
	start_node(&one);
	WAIT_FOR(tells(&one, 2, "ended at once; ssictl status on node 2"), 3000);
	ck_assert_uint_eq(told.trying, 1 << 2);
	ck_assert_int_eq(ssi_report_read(two.cfg.node.incarnation, &told), 0);
	ck_assert_uint_gt(told.refused, 0);
	ck_assert_str_eq(told.refusal, strerror(ESTALE));
	pthread_mutex_lock(&two.nl.lock);
	two.nl.closed = false;
	pthread_mutex_unlock(&two.nl.lock);
	WAIT_FOR(all_up(&one, &two), 6000);
	ck_assert_int_eq(ssi_report_read(one.cfg.node.incarnation, &told), 0);
	ck_assert_uint_eq(told.trying, 0);
	leave(&one);
	leave(&two);
}
END_TEST

/* A third node with the id of one that is connected, and then of one that was. */
START_TEST(run__id_is_taken)
{
	list_peer(&two, &one);
	start_node(&one);
	start_node(&two);
	WAIT_FOR(all_up(&one, &two), 4000);
	make_node(&impostor, 2);
	memset(impostor.cfg.self.hello.incarnation, 77, SSI_MEM_INCARNATION_LEN);
	memset(impostor.cfg.node.incarnation, 77, SSI_MEM_INCARNATION_LEN);
	list_peer(&impostor, &one);
	start_node(&impostor);
	WAIT_FOR(impostor.joined, 3000);
	ck_assert_msg(strstr(impostor.trouble[1], "another node with this id") != NULL, "%s",
		      impostor.trouble[1]);
	ck_assert_uint_eq(given(&one, &two, 0), 1);
	ck_assert_uint_eq(given(&one, &two, 1), 1);
	leave(&two);
	cut(&one, &two, 0);
	cut(&one, &two, 1);
	WAIT_FOR(all_up(&one, &impostor), 4000);
	leave(&one);
	leave(&impostor);
}
END_TEST

START_TEST(run__lost_link_comes_back)
{
	int64_t start;

	list_peer(&one, &two);
	start_node(&two);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two), 4000);
	usleep((STABLE_MS + 100) * 1000);
	start = ssi_handshake_now();
	cut(_i ? &one : &two, _i ? &two : &one, SSI_MEM_CHANNEL_DATA);
	WAIT_FOR(given(&one, &two, 1) >= 2 && given(&two, &one, 1) == 2, 1000);
	WAIT_FOR(all_up(&one, &two), 1000);
	ck_assert_int_lt(ssi_handshake_now() - start, 1000);
	/* More than one when the dialer noticed first: the other end says EALREADY. */
	ck_assert_uint_le(given(&one, &two, 1), 4);
	ck_assert_uint_eq(given(&one, &two, 0), 1);
	leave(&one);
	leave(&two);
}
END_TEST

START_TEST(run__lost_events_are_made_up_for)
{
	list_peer(&one, &two);
	start_node(&two);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two), 4000);
	usleep(200000);
	one.nl.silent = true;
	cut(&one, &two, SSI_MEM_CHANNEL_CTL);
	usleep(300000);
	ck_assert_uint_eq(given(&one, &two, 0), 1);
	pthread_mutex_lock(&one.nl.lock);
	one.nl.silent = false;
	one.nl.lost = true;
	send_event(&one.nl, SSI_MEM_EVENT_TYPE_STALL, SSI_NL_NONE, SSI_NL_NONE);
	pthread_mutex_unlock(&one.nl.lock);
	WAIT_FOR(given(&one, &two, 0) >= 2 && all_up(&one, &two), 3000);
	leave(&one);
	leave(&two);
}
END_TEST

START_TEST(run__node_gone_without_event)
{
	start_node(&one);
	WAIT_FOR(one.joined, 1000);
	one.nl.gone = true;
	one.nl.lost = true;
	send_event(&one.nl, SSI_MEM_EVENT_TYPE_STALL, SSI_NL_NONE, SSI_NL_NONE);
	pthread_join(one.agent, NULL);
	ck_assert_int_eq(one.rc, 0);
}
END_TEST

START_TEST(run__other_nodes_events_are_ignored)
{
	struct ssi_nl_event event = { .type = SSI_MEM_EVENT_TYPE_NODE_DEL, .node = "node2" };

	start_node(&one);
	WAIT_FOR(one.joined, 1000);
	ck_assert_int_eq(write(one.nl.events[1], &event, sizeof(event)), sizeof(event));
	usleep(200000);
	ck_assert_int_eq(pthread_tryjoin_np(one.agent, NULL), EBUSY);
	leave(&one);
}
END_TEST

/*
 * The acceptor's kernel holds on to a socket that is dead at the dialer, and
 * answers EALREADY: the dialer must neither give up nor go round and round.
 */
START_TEST(run__half_open_socket)
{
	list_peer(&one, &two);
	start_node(&two);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two), 4000);
	two.nl.blind = true;
	cut(&one, &two, SSI_MEM_CHANNEL_CTL);
	sleep(2);
	ck_assert_uint_ge(given(&one, &two, 0), 2);
	ck_assert_uint_le(given(&one, &two, 0), 10);
	ck_assert_uint_eq(given(&two, &one, 0), 1);
	two.nl.blind = false;
	WAIT_FOR(given(&two, &one, 0) == 2 && all_up(&one, &two), 5000);
	leave(&one);
	leave(&two);
}
END_TEST

/* Connects strangers; each @loud of them, if not 0, sends what is no TLS. */
static void crowd(struct node *node, unsigned int count, unsigned int loud)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	getsockname(node->cfg.listener, (struct sockaddr *)&sin, &len);
	while (count--) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		ck_assert_int_eq(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
		if (loud && count % loud == 0)
			ck_assert_int_eq(write(fd, "GET / HTTP/1.0\r\n\r\n", 18), 18);
	}
}

START_TEST(run__silent_and_garbage_callers_disturb_nobody)
{
	list_peer(&one, &two);
	start_node(&two);
	WAIT_FOR(two.joined, 500);
	crowd(&two, 40, 3);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two), 3000);
	leave(&one);
	leave(&two);
}
END_TEST

static unsigned int count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

START_TEST(run__a_full_house_empties_itself)
{
	unsigned int threads;


	list_peer(&one, &two);
	start_node(&two);
	WAIT_FOR(two.joined, 500);
	threads = count_threads();
	crowd(&two, 100, 0);
	usleep(500000);
	ck_assert_uint_eq(count_threads(), threads + UNPROVEN_MAX);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two), 15000);
	leave(&one);
	leave(&two);
}
END_TEST

static void use_coordinator(struct node *node)
{
	node->cfg.coordinator.urls = "https://coordinator";
	node->cfg.address = "192.0.2.1:7000";
}

/* Who is a member is dialled, as soon as that is known; the join waits for it. */
START_TEST(run__members_come_from_a_coordinator)
{
	use_coordinator(&one);
	start_node(&two);
	start_node(&one);
	usleep(300000);
	ck_assert(!one.joined);
	tell_members(&one, 1 << 1 | 1 << 2, &two);
	WAIT_FOR(all_up(&one, &two), 3000);
	WAIT_FOR(one.joined, 1000);
	ck_assert_str_eq(one.trouble[2], "");
	ck_assert_int_eq(ssi_report_read(one.cfg.node.incarnation, &told), 0);
	ck_assert_str_eq(told.coordinator, "answers");
	leave(&two);
	leave(&one);
	ck_assert(one.keeper.ended && one.keeper.left);
}
END_TEST

/* Links to who is no member any more live on, but are not made again. */
START_TEST(run__member_goes_and_comes)
{
	use_coordinator(&one);
	start_node(&two);
	start_node(&one);
	tell_members(&one, 1 << 1 | 1 << 2, &two);
	WAIT_FOR(all_up(&one, &two), 3000);
	tell_members(&one, 1 << 1, NULL);
	usleep(200000);
	ck_assert(all_up(&one, &two));
	cut(&one, &two, 1);
	WAIT_FOR(!is_up(&one, &two, 1), 1000);
	usleep(500000);
	ck_assert(!is_up(&one, &two, 1));
	tell_members(&one, 1 << 1 | 1 << 2, &two);
	WAIT_FOR(all_up(&one, &two), 3000);
	leave(&one);
	leave(&two);
}
END_TEST

/* A caller whom the kernel does not take for a member may have become one just now. */
START_TEST(run__new_member_calls_early)
{
	use_coordinator(&two);
	list_peer(&one, &two);
	two.nl.closed = true;
	two.nl.closed_rc = -EACCES;
	start_node(&two);
	start_node(&one);
	WAIT_FOR(__atomic_load_n(&two.keeper.hurries, __ATOMIC_SEQ_CST) > 0, 3000);
	two.nl.closed = false;
	tell_members(&two, 1 << 1 | 1 << 2, &one);
	WAIT_FOR(all_up(&one, &two), 5000);
	WAIT_FOR(two.joined, 2000);
	leave(&one);
	leave(&two);
}
END_TEST

START_TEST(run__told_to_end)
{
	start_node(&one);
	WAIT_FOR(one.joined, 1000);
	kill(getpid(), SIGTERM);
	pthread_join(one.agent, NULL);
	ck_assert_int_eq(one.rc, 0);
}
END_TEST

START_TEST(run__told_to_end_while_joining)
{
	/* A peer that takes the call and says nothing. */
	list_peer(&one, &two);
	start_node(&one);
	usleep(200000);
	ck_assert(!one.joined);
	kill(getpid(), SIGTERM);
	pthread_join(one.agent, NULL);
	ck_assert_int_eq(one.rc, -EINTR);
}
END_TEST

/* Agents end, their nodes and links stay: a signal is for one of them. */
static void end_agents(struct node *a, struct node *b)
{
	struct node *last = NULL;

	kill(getpid(), SIGTERM);
	while (!last) {
		usleep(1000);
		if (!pthread_tryjoin_np(a->agent, NULL))
			last = b;
		else if (!pthread_tryjoin_np(b->agent, NULL))
			last = a;
	}
	kill(getpid(), SIGTERM);
	pthread_join(last->agent, NULL);
	a->cfg.self.ended = b->cfg.self.ended = false;
	a->joined = b->joined = false;
}

/* What the coordinator says of this node is for the status; links do not care. */
START_TEST(run__declared_dead)
{
	use_coordinator(&one);
	start_node(&two);
	start_node(&one);
	tell_members(&one, 1 << 1 | 1 << 2, &two);
	WAIT_FOR(all_up(&one, &two), 3000);
	pthread_mutex_lock(&one.keeper.lock);
	one.keeper.news.dead = true;
	strcpy(one.keeper.news.trouble, "node one was declared dead; join again");
	pthread_mutex_unlock(&one.keeper.lock);
	tell_news(&one);
	WAIT_FOR(ssi_report_read(one.cfg.node.incarnation, &told) == 0 && told.dead, 2000);
	ck_assert_str_eq(told.coordinator, "node one was declared dead; join again");
	ck_assert(all_up(&one, &two));
	end_agents(&one, &two);
	/* The node stays: nothing of it is taken back. */
	ck_assert(one.keeper.ended && !one.keeper.left);
}
END_TEST

/* A second agent leaves links alone that live, and remakes those that have ended. */
START_TEST(run__takes_over_a_node)
{
	list_peer(&one, &two);
	start_node(&two);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two), 3000);
	WAIT_FOR(one.joined && two.joined, 3000);
	end_agents(&one, &two);
	cut(&one, &two, 1);
	WAIT_FOR(!is_up(&one, &two, 1) && !is_up(&two, &one, 1), 1000);
	start_node(&two);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two), 3000);
	WAIT_FOR(one.joined, 3000);
	ck_assert_str_eq(one.trouble[2], "");
	ck_assert_uint_eq(given(&one, &two, 0), 1);
	ck_assert_uint_eq(given(&one, &two, 1), 2);
	ck_assert_uint_eq(one.nl.refused + two.nl.refused, 0);
	leave(&one);
	leave(&two);
}
END_TEST

/* ---- certificates ---- */

static struct ssi_issuer authority;
static char cert_paths[4][4][64];

static const char *keep_path(struct node *node, unsigned int which, const char *format,
			     const char *name)
{
	char *path = cert_paths[node->cfg.node.id][which];

	snprintf(path, sizeof(cert_paths[0][0]), format, certs_dir, name);
	return path;
}

static void issue(const char *name, uint32_t id)
{
	struct ssi_issue what = certs_of_node(name, id);

	gnutls_x509_crt_deinit(certs_issue(&authority, &what, name));
}

/* The files are NAME.crt, NAME.key, ca.crt and crl.pem. */
static void give_cert(struct node *node, const char *name)
{
	struct ssi_credentials *c = &node->cfg.self.credentials;
	char why[256] = "";

	issue(name, node->cfg.node.id);
	c->files = (struct ssi_files){
		.cert = keep_path(node, 0, "%s/%s.crt", name),
		.key = keep_path(node, 1, "%s/%s.key", name),
		.ca = keep_path(node, 2, "%s/ca.crt", name),
		.crl = keep_path(node, 3, "%s/crl.pem", name),
	};
	ck_assert_msg(ssi_credentials_open(c, why, sizeof(why)) == 0, "%s", why);
}

static void setup_certs(void)
{
	setup();
	certs_begin();
	authority = certs_authority("ours");
	certs_write_cert("ca.crt", authority.cert);
	certs_revoke(&authority, NULL, "crl.pem");
	give_cert(&one, "one");
	give_cert(&two, "two");
	list_peer(&one, &two);
}

static void teardown_certs(void)
{
	ssi_issuer_free(&authority);
	certs_end();
}

/* The file NAME.crt, revoked from now on. */
static void revoke_cert(const char *name)
{
	gnutls_datum_t text;
	gnutls_x509_crt_t cert;

	ck_assert_int_eq(gnutls_load_file(certs_path(name), &text), 0);
	gnutls_x509_crt_init(&cert);
	ck_assert_int_eq(gnutls_x509_crt_import(cert, &text, GNUTLS_X509_FMT_PEM), 0);
	certs_revoke(&authority, cert, "crl.pem");
	gnutls_x509_crt_deinit(cert);
	gnutls_free(text.data);
}

START_TEST(certs__connect)
{
	start_node(&two);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two), 3000);
	WAIT_FOR(one.joined, 3000);
	ck_assert_int_eq(ssi_report_read(one.cfg.node.incarnation, &told), 0);
	ck_assert_str_eq(told.proof, "tls-cert");
	ck_assert_uint_eq(told.proved, 1 << 2);
	ck_assert_int_eq(told.expires, one.cfg.self.credentials.identity->expires);
	ck_assert_uint_eq(told.strangers, 0);
	leave(&one);
	leave(&two);
}
END_TEST

/* Refused, told, counted; and its kernel and ours are given no socket. */
START_TEST(certs__revoked_reaches_no_kernel)
{
	make_node(&impostor, 3);
	list_peer(&impostor, &two);
	give_cert(&impostor, "three");
	revoke_cert("three.crt");
	start_node(&two);
	start_node(&impostor);
	WAIT_FOR(impostor.joined, 6000);
	ck_assert_msg(strstr(impostor.trouble[2], "revoked") != NULL, "%s", impostor.trouble[2]);
	ck_assert_int_eq(ssi_report_read(two.cfg.node.incarnation, &told), 0);
	ck_assert_uint_gt(told.strangers, 0);
	ck_assert_uint_gt(told.refused, 0);
	ck_assert_msg(strstr(told.refusal, "revoked") != NULL, "%s", told.refusal);
	/* Others may, and this one may not. */
	start_node(&one);
	WAIT_FOR(all_up(&one, &two), 3000);
	ck_assert_uint_eq(given(&two, &impostor, 0) + given(&two, &impostor, 1), 0);
	ck_assert_uint_eq(given(&impostor, &two, 0) + given(&impostor, &two, 1), 0);
	leave(&one);
	leave(&two);
	leave(&impostor);
}
END_TEST

/* A link goes on with the old certificate; the next socket needs the new one. */
START_TEST(certs__rotation)
{
	start_node(&two);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two), 3000);
	revoke_cert("one.crt");
	cut(&one, &two, 1);
	WAIT_FOR(tells(&one, 2, "revoked"), 3000);
	ck_assert(is_up(&one, &two, 0) && is_up(&two, &one, 0));
	issue("one", 1);
	WAIT_FOR(all_up(&one, &two), 6000);
	ck_assert_uint_eq(given(&one, &two, 0), 1);
	ck_assert_uint_eq(given(&one, &two, 1), 2);
	leave(&one);
	leave(&two);
}
END_TEST

START_TEST(certs__bad_new_file)
{
	static const struct {
		const char *file, *words;
	} bad[] = {
		{ "one.key", "one.key" },
		{ "one.crt", "one.crt" },
		{ "ca.crt", "ca.crt" },
		{ "crl.pem", "crl.pem" },
	};

	start_node(&two);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two), 3000);
	certs_write(bad[_i].file, "garbage\n", 8);
	cut(&one, &two, 1);
	WAIT_FOR(given(&one, &two, 1) == 2 && all_up(&one, &two), 3000);
	ck_assert_int_eq(ssi_report_read(one.cfg.node.incarnation, &told), 0);
	ck_assert_msg(strstr(told.stale, bad[_i].words) != NULL, "%s", told.stale);
	leave(&one);
	leave(&two);
}
END_TEST

/* A certificate of another node would make this one another node. */
START_TEST(certs__of_another_node)
{
	start_node(&two);
	start_node(&one);
	WAIT_FOR(all_up(&one, &two), 3000);
	issue("one", 9);
	cut(&one, &two, 1);
	WAIT_FOR(given(&one, &two, 1) == 2 && all_up(&one, &two), 3000);
	ck_assert_int_eq(ssi_report_read(one.cfg.node.incarnation, &told), 0);
	ck_assert_msg(strstr(told.stale, "another node") != NULL, "%s", told.stale);
	leave(&one);
	leave(&two);
}
END_TEST

static bool has_read_again(struct node *node, int64_t expires)
{
	return ssi_report_read(node->cfg.node.incarnation, &told) == 0 && told.expires == expires;
}

/* Without any handshake. */
START_TEST(certs__told_to_read_again)
{
	struct ssi_issue what = certs_of_node("one", 1);

	start_node(&one);
	WAIT_FOR(one.joined, 6000);
	what.until = time(NULL) + 3 * DAY;
	gnutls_x509_crt_deinit(certs_issue(&authority, &what, "one"));
	kill(getpid(), SIGHUP);
	WAIT_FOR(has_read_again(&one, what.until), 1000);
	leave(&one);
}
END_TEST

static void add_certs(TCase *tc)
{
	tcase_set_timeout(tc, 40);
	tcase_add_checked_fixture(tc, setup_certs, teardown_certs);
	tcase_add_test(tc, certs__connect);
	tcase_add_test(tc, certs__revoked_reaches_no_kernel);
	tcase_add_test(tc, certs__rotation);
	tcase_add_loop_test(tc, certs__bad_new_file, 0, 4);
	tcase_add_test(tc, certs__of_another_node);
	tcase_add_test(tc, certs__told_to_read_again);
}

int main(void)
{
	TCase *tc = tcase_create("agent"), *certs = tcase_create("certs");
	int failed;

	add_certs(certs);

	/* The agents' log; a sanitizer's words take another way. */
	if (!getenv("CK_VERBOSITY"))
		stderr = fopen("/dev/null", "w");
	tcase_set_timeout(tc, 40);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, run__listed_peer_connects);
	tcase_add_loop_test(tc, run__both_list_each_other, 0, 3);
	tcase_add_test(tc, run__refused_call_ends_the_back_off);
	tcase_add_test(tc, run__refused_by_the_other_kernel);
	tcase_add_test(tc, run__absent_peer_is_tried_until_it_comes);
	tcase_add_test(tc, run__wrong_secret_is_told);
	tcase_add_test(tc, run__id_is_taken);
	tcase_add_loop_test(tc, run__lost_link_comes_back, 0, 2);
	tcase_add_test(tc, run__lost_events_are_made_up_for);
	tcase_add_test(tc, run__node_gone_without_event);
	tcase_add_test(tc, run__other_nodes_events_are_ignored);
	tcase_add_test(tc, run__half_open_socket);
	tcase_add_test(tc, run__silent_and_garbage_callers_disturb_nobody);
	tcase_add_test(tc, run__a_full_house_empties_itself);
	tcase_add_test(tc, run__members_come_from_a_coordinator);
	tcase_add_test(tc, run__member_goes_and_comes);
	tcase_add_test(tc, run__new_member_calls_early);
	tcase_add_test(tc, run__declared_dead);
	tcase_add_test(tc, run__told_to_end);
	tcase_add_test(tc, run__told_to_end_while_joining);
	tcase_add_test(tc, run__takes_over_a_node);
	failed = run_case("ssictl_agent", tc);
	return run_case("ssictl_agent_certs", certs) || failed;
}
