/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.c with real sockets and handshakes over the loopback address and a
 * kernel module that is played here: it keeps the sockets it is given, notices
 * when they end, and sends the events of the real one.
 */
#ifndef UNIT_SSICTL_AGENT_H
#define UNIT_SSICTL_AGENT_H

#include "../../ssictl/handshake.h"

/*
 * The agents' clock. Where a test stops it no back-off is ever over, and all that
 * happens has another reason.
 */
static int64_t stopped_at;

static int64_t agent_now(void)
{
	int64_t at = __atomic_load_n(&stopped_at, __ATOMIC_SEQ_CST);

	return at ? at : ssi_handshake_now();
}

#define ssi_handshake_now agent_now
#include "../../ssictl/agent.c"
#undef ssi_handshake_now

#include <dirent.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include <linux/ssi_mem_dev.h>

#include "unit_ssictl_run.h"

/* No test needs all of this. */
#pragma GCC diagnostic ignored "-Wunused-function"

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
	const struct ssi_keeper_cfg *cfg;
	int fd;
	pthread_mutex_t lock;
	struct ssi_news news;
	unsigned int hurries, takes;
	int64_t until;
	bool ended, left;
};

/* Programs that the agent stops, as a test counts them. */
struct ssi_fence {
	unsigned int stops, releases;
	bool closed;
};

struct node {
	struct ssi_agent_cfg cfg;
	struct ssi_keeper keeper;
	struct ssi_fence fence;
	struct ssi_nl nl;
	pthread_t agent;
	int rc;
	bool joined;
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
	node->keeper.cfg = cfg;
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
	__atomic_add_fetch(&keeper->takes, 1, __ATOMIC_SEQ_CST);
}

int64_t ssi_keeper_until(struct ssi_keeper *keeper)
{
	return __atomic_load_n(&keeper->until, __ATOMIC_SEQ_CST);
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

/* ---- programs ---- */

struct ssi_fence *ssi_fence_new(const char *name, const uint8_t *incarnation, ssi_say_fn say_fn,
				void *arg)
{
	struct agent *a = arg;
	struct node *node = (struct node *)((char *)a->cfg - offsetof(struct node, cfg));

	(void)say_fn;
	ck_assert_str_eq(name, node->cfg.node.name);
	ck_assert_ptr_eq(incarnation, node->cfg.node.incarnation);
	return &node->fence;
}

bool ssi_fence_holds(const struct ssi_fence *fence)
{
	return fence->closed;
}

void ssi_fence_free(struct ssi_fence *fence)
{
	(void)fence;
}

void ssi_fence_stop(struct ssi_fence *fence, struct ssi_nl *nl)
{
	(void)nl;
	__atomic_store_n(&fence->closed, true, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&fence->stops, 1, __ATOMIC_SEQ_CST);
}

void ssi_fence_release(struct ssi_fence *fence)
{
	__atomic_store_n(&fence->closed, false, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&fence->releases, 1, __ATOMIC_SEQ_CST);
}

static bool is_fenced(struct node *node)
{
	return __atomic_load_n(&node->fence.closed, __ATOMIC_SEQ_CST);
}

static void set_until(struct node *node, int64_t until)
{
	__atomic_store_n(&node->keeper.until, until, __ATOMIC_SEQ_CST);
	/* A heartbeat is no news; the loop has reasons enough to wake up. */
	tell_news(node);
}

/* ---- nodes ---- */

static void on_joined(const struct ssi_agent_cfg *cfg, const char *const *trouble, void *arg)
{
	struct node *node = arg;
	uint32_t id;

	(void)cfg;
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

/* What does not come within this never does. */
#define NEVER_MS 60000

#define WAIT_FOR(condition)                                                                        \
	do {                                                                                       \
		int64_t until = ssi_handshake_now() + NEVER_MS;                                    \
		while (!(condition) && ssi_handshake_now() < until)                                \
			usleep(5000);                                                              \
		ck_assert(condition);                                                              \
	} while (0)

static void stop_clock(void)
{
	__atomic_store_n(&stopped_at, agent_now(), __ATOMIC_SEQ_CST);
}

/* It goes on stopped. */
static void advance_clock(int64_t ms)
{
	__atomic_add_fetch(&stopped_at, ms, __ATOMIC_SEQ_CST);
}

static void start_clock(void)
{
	__atomic_store_n(&stopped_at, 0, __ATOMIC_SEQ_CST);
}

/* The agent has done what the news were worth: it takes others. */
static void await_news_done(struct node *node)
{
	unsigned int i, takes;

	for (i = 0; i < 2; i++) {
		takes = __atomic_load_n(&node->keeper.takes, __ATOMIC_SEQ_CST);
		tell_news(node);
		WAIT_FOR(__atomic_load_n(&node->keeper.takes, __ATOMIC_SEQ_CST) > takes);
	}
}

static void set_blind(struct node *node, bool blind)
{
	pthread_mutex_lock(&node->nl.lock);
	node->nl.blind = blind;
	pthread_mutex_unlock(&node->nl.lock);
}

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

static bool tells(struct node *node, uint32_t peer, const char *words)
{
	return ssi_report_read(node->cfg.node.incarnation, &told) == 0 &&
	       strstr(told.why[peer], words);
}

static bool has_refused(struct node *node)
{
	return ssi_report_read(node->cfg.node.incarnation, &told) == 0 && told.refused;
}

#endif /* UNIT_SSICTL_AGENT_H */
