// SPDX-License-Identifier: Apache-2.0
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <syslog.h>
#include <unistd.h>

#include "fence.h"
#include "report.h"

#define CHANNELS (SSI_MEM_CHANNEL_DATA + 1)

#define BACKOFF_MIN_MS 50
#define BACKOFF_MAX_MS 2000
/* A socket that lived this long counts as a success: a refusal comes in a round trip. */
#define STABLE_MS 250
/* The peer said it dials itself; if it has not, it may have changed its mind. */
#define DIAL_BACK_MS 10000
#define JOIN_WAIT_MS 5000
/* Callers that have not proved the secret yet; further ones wait in the backlog. */
#define UNPROVEN_MAX 64
/* No room for another caller: look again after this. */
#define ACCEPT_PAUSE_MS 200
/* While the node is fenced programs may be started. */
#define FENCE_MS 1000
/* Anybody can cause refusals, so only so many lines are written for them. */
#define REFUSALS_PER_SECOND 5

/**
 * struct channel - one of the two sockets to a peer
 * @live: the kernel has a socket
 * @ours: this agent gave it
 * @dialing: a thread dials
 * @called: the peer has called meanwhile, and waits
 * @next: when to dial, on the clock of ssi_handshake_now()
 * @backoff: wait before the next dial in milliseconds
 * @since: when the kernel got the socket
 */
struct channel {
	bool live;
	bool ours;
	bool dialing;
	bool called;
	int64_t next;
	unsigned int backoff;
	int64_t since;
};

/**
 * struct peer - one other node
 * @channel: by enum ssi_mem_channel
 * @tried: an attempt to connect has come to an end
 * @why: the last trouble; empty once both channels are connected
 */
struct peer {
	struct channel channel[CHANNELS];
	bool tried;
	char why[160];
};

/**
 * struct agent - the event loop's state
 * @cfg: from the caller
 * @peer: by node id
 * @done_fd: finished jobs are read here
 * @signal_fd: SIGTERM, SIGINT and SIGHUP are read here
 * @unproven: accepted callers whose handshake runs
 * @accept_at: no caller is accepted before this
 * @join_until: end of the first attempts
 * @joined: cfg->joined was called
 * @gone: the loop ends
 * @left: because the node left
 * @refusal_second: second in which @refusals were logged
 * @refusals: lines logged in that second
 * @keeper_cfg: for @keeper
 * @keeper: of the lease; NULL without a coordinator
 * @news: what it said last
 * @fence: stops programs; NULL without a coordinator
 * @report: what ssictl status tells
 * @report_fd: holds it
 */
struct agent {
	struct ssi_agent_cfg *cfg;
	struct peer peer[SSI_NODES];
	int done_fd;
	int signal_fd;
	unsigned int unproven;
	int64_t accept_at;
	int64_t join_until;
	bool joined;
	bool gone;
	bool left;
	int64_t refusal_second;
	unsigned int refusals;
	struct ssi_keeper_cfg keeper_cfg;
	struct ssi_keeper *keeper;
	struct ssi_news news;
	struct ssi_fence *fence;
	struct ssi_report report;
	int report_fd;
};

static const char *channel_name(unsigned int channel)
{
	return channel == SSI_MEM_CHANNEL_CTL ? "control" : "data";
}

static char *text_line(const char *node, const char *request, const char *text)
{
	char *line;

	if (asprintf(&line, "%s: %s%s%s%s", node, text, *request ? " (request " : "", request,
		     *request ? ")" : "") < 0)
		return NULL;
	return line;
}

/* Several threads write: each line is written at once. */
static void write_line(const struct agent *a, int level, const char *request, const char *text)
{
	const char *node = a->cfg->node.name;
	bool json = a->cfg->log_json;
	char *line = json ? ssi_logline_json(level, node, request, text) :
			    text_line(node, request, text);

	if (line && a->cfg->foreground)
		fprintf(stderr, "%s%s\n", json ? "" : "ssictl: ", line);
	else if (line && a->joined)
		syslog(level, "%s", line);
	free(line);
}

static void __attribute__((format(printf, 3, 4)))
say(const struct agent *a, int level, const char *format, ...)
{
	va_list args;
	char text[320];

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	write_line(a, level, "", text);
}

static bool is_listed(const struct agent *a, uint32_t id)
{
	return a->cfg->peers.listed >> id & 1;
}

static bool is_connected(const struct agent *a, uint32_t id)
{
	const struct peer *p = &a->peer[id];

	return p->channel[SSI_MEM_CHANNEL_CTL].live && p->channel[SSI_MEM_CHANNEL_DATA].live;
}

static bool is_ours(const struct agent *a, uint32_t id)
{
	const struct peer *p = &a->peer[id];

	return is_connected(a, id) && p->channel[SSI_MEM_CHANNEL_CTL].ours &&
	       p->channel[SSI_MEM_CHANNEL_DATA].ours;
}

static void report(struct agent *a)
{
	const struct ssi_identity *identity = a->cfg->self.credentials.identity;
	struct ssi_report *r = &a->report;
	uint32_t id;

	strcpy(r->proof, identity ? "tls-cert" : "tls-psk");
	r->expires = identity ? identity->expires : 0;
	r->trying = 0;
	r->proved = 0;
	for (id = 0; id < SSI_NODES; id++) {
		r->proved |= (uint64_t)is_ours(a, id) << id;
		if (!is_listed(a, id) || is_connected(a, id))
			continue;
		r->trying |= 1ull << id;
		snprintf(r->why[id], sizeof(r->why[id]), "%s",
			 a->peer[id].why[0] ? a->peer[id].why : "no answer yet");
	}
	ssi_report_write(a->cfg->node.incarnation, r, &a->report_fd);
}

/* A peer that stays away is worth one line, not one for every attempt. */
static void trouble(struct agent *a, uint32_t id, const char *why)
{
	struct peer *p = &a->peer[id];

	p->tried = true;
	if (!strcmp(p->why, why))
		return;
	snprintf(p->why, sizeof(p->why), "%s", why);
	say(a, LOG_WARNING, "peer %u: %s", id, why);
	report(a);
}

static void back_off(struct channel *ch)
{
	ch->backoff = ch->backoff ? 2 * ch->backoff : BACKOFF_MIN_MS;
	if (ch->backoff > BACKOFF_MAX_MS)
		ch->backoff = BACKOFF_MAX_MS;
	ch->next = ssi_handshake_now() + ch->backoff;
}

/*
 * A socket that died young is no success: the peer may be refusing it in its
 * kernel, and dialling at once would go round and round. The reason is known to
 * that end alone.
 */
static void die_young(struct agent *a, uint32_t id, struct channel *ch)
{
	struct peer *p = &a->peer[id];

	p->tried = true;
	snprintf(p->why, sizeof(p->why),
		 "the connection ended at once; ssictl status on node %u says why, or the kernel's "
		 "log here",
		 id);
	back_off(ch);
}

static void set_live(struct agent *a, uint32_t id, unsigned int channel, bool live)
{
	struct channel *ch = &a->peer[id].channel[channel];
	int64_t now = ssi_handshake_now();

	if (ch->live == live)
		return;
	ch->live = live;
	ch->ours &= live;
	if (live) {
		ch->since = now;
	} else if (now - ch->since < STABLE_MS) {
		die_young(a, id, ch);
	} else {
		ch->backoff = 0;
		ch->next = now;
	}
	if (is_connected(a, id))
		a->peer[id].why[0] = 0;
	report(a);
	say(a, live ? LOG_INFO : LOG_WARNING, "peer %u: %s %s", id, channel_name(channel),
	    live ? "connected" : "lost");
}

/* The kernel's view decides; events and errors are only reasons to ask for it. */
static void look_at_peer(struct agent *a, uint32_t id)
{
	struct ssi_nl_peer peer;
	unsigned int channel;
	bool known = ssi_nl_peer_get(a->cfg->nl, a->cfg->node.name, id, &peer) == 0;
	bool up = known && (peer.state[SSI_MEM_CHANNEL_CTL] == SSI_MEM_LINK_STATE_UP ||
			    peer.state[SSI_MEM_CHANNEL_DATA] == SSI_MEM_LINK_STATE_UP);

	ssi_lives_set(&a->cfg->lives, id, up ? peer.incarnation : NULL);
	for (channel = 0; channel < CHANNELS; channel++)
		set_live(a, id, channel,
			 known && peer.state[channel] != SSI_MEM_LINK_STATE_DOWN);
}

static int ignore_node(const struct ssi_nl_node *node, void *arg)
{
	(void)node;
	(void)arg;
	return 0;
}

static void look_at_peers(struct agent *a)
{
	uint32_t id;

	for (id = 0; id < SSI_NODES; id++) {
		if (id != a->cfg->node.id)
			look_at_peer(a, id);
	}
}

/* Events were lost, so anything may have happened, the end of the node included. */
static void look_at_all(struct agent *a)
{
	int rc = ssi_nl_node_each(a->cfg->nl, a->cfg->node.name, ignore_node, NULL);

	if (rc == -ENODEV || rc == -ENOENT) {
		a->gone = true;
		a->left = true;
		return;
	}
	say(a, LOG_NOTICE, "events were lost, reading all states again");
	look_at_peers(a);
}

static void on_event(const struct ssi_nl_event *event, void *arg)
{
	struct agent *a = arg;

	if (strcmp(event->node, a->cfg->node.name) != 0)
		return;
	switch (event->type) {
	case SSI_MEM_EVENT_TYPE_NODE_DEL:
		say(a, LOG_INFO, "the node left");
		a->gone = true;
		a->left = true;
		break;
	case SSI_MEM_EVENT_TYPE_LINK_UP:
	case SSI_MEM_EVENT_TYPE_LINK_DOWN:
		if (event->peer < SSI_NODES)
			look_at_peer(a, event->peer);
		break;
	default:
		break;
	}
}

/* Links go on; what changed is for handshakes from now on. */
static void refresh(struct agent *a, bool force)
{
	struct ssi_report *r = &a->report;
	int rc = ssi_credentials_refresh(&a->cfg->self.credentials, force, r->stale,
					 sizeof(r->stale));

	if (rc == 0)
		return;
	if (rc < 0) {
		say(a, LOG_ERR, "credentials: %s; the old ones stay", r->stale);
	} else {
		*r->stale = 0;
		say(a, LOG_NOTICE, "credentials were read again");
	}
	report(a);
}

static void start_dials(struct agent *a)
{
	int64_t now = ssi_handshake_now();
	unsigned int i;

	for (i = 0; i < SSI_NODES * CHANNELS; i++) {
		uint32_t id = i / CHANNELS;
		struct channel *ch = &a->peer[id].channel[i % CHANNELS];
		int rc;

		if (!is_listed(a, id) || ch->live || ch->dialing || now < ch->next)
			continue;
		refresh(a, false);
		rc = ssi_link_dial(&a->cfg->self, &a->cfg->peers.addr[id], id, i % CHANNELS);
		ch->dialing = rc == 0;
		if (rc == 0)
			continue;
		trouble(a, id, strerror(-rc));
		back_off(ch);
	}
}

static void accept_callers(struct agent *a)
{
	int rc = 0;

	refresh(a, false);
	while (rc == 0 && a->unproven < UNPROVEN_MAX) {
		rc = ssi_link_accept(&a->cfg->self, a->cfg->listener);
		a->unproven += rc == 0;
	}
	/* A caller that hung up while it waited is nobody's trouble. */
	if (rc == 0 || rc == -EAGAIN || rc == -ECONNABORTED || rc == -EINTR)
		return;
	a->accept_at = ssi_handshake_now() + ACCEPT_PAUSE_MS;
	say(a, LOG_WARNING, "accept: %s", strerror(-rc));
}

static void count_refusal(struct agent *a, const char *caller, const char *why)
{
	struct ssi_report *r = &a->report;
	int64_t second = ssi_handshake_now() / 1000;

	r->refused++;
	if (second != a->refusal_second) {
		a->refusal_second = second;
		a->refusals = 0;
	}
	if (a->refusals++ >= REFUSALS_PER_SECOND)
		return;
	say(a, LOG_NOTICE, "caller %s: %s", caller, why);
	snprintf(r->caller, sizeof(r->caller), "%s", caller);
	snprintf(r->refusal, sizeof(r->refusal), "%s", why);
	report(a);
}

static void give_to_kernel(struct agent *a, const struct ssi_link_job *job)
{
	const struct ssi_handshake *hs = &job->hs;
	const struct ssi_nl_link link = {
		.peer = hs->theirs.from,
		.channel = hs->mine.channel,
		.fd = hs->fd,
		.incarnation = hs->theirs.incarnation,
		.tls = !hs->mine.plain,
	};
	int rc = ssi_nl_link_set(a->cfg->nl, a->cfg->node.name, &link);
	const char *text = ssi_nl_text(a->cfg->nl);

	/* Who knows the secret and is no member has perhaps just become one. */
	if (rc == -EACCES && a->keeper)
		ssi_keeper_hurry(a->keeper);
	if (rc == 0) {
		a->peer[link.peer].channel[link.channel].ours = true;
		set_live(a, link.peer, link.channel, true);
	} else if (rc == -EALREADY) {
		look_at_peer(a, link.peer);
	} else if (hs->dialer) {
		trouble(a, link.peer, *text ? text : strerror(-rc));
	} else {
		count_refusal(a, job->addr.text, *text ? text : strerror(-rc));
	}
}

static void after_refused_caller(struct agent *a, const struct ssi_link_job *job)
{
	const struct ssi_handshake *hs = &job->hs;
	struct channel *ch;

	if (hs->verdict == SSI_VERDICT_DIAL_BACK && !hs->by_peer) {
		ch = &a->peer[hs->theirs.from].channel[hs->mine.channel];
		/* It is there and waits: no reason to sit out the back-off. */
		ch->next = 0;
		ch->called = ch->dialing;
		return;
	}
	count_refusal(a, job->addr.text, hs->why);
}

static void after_call(struct agent *a, const struct ssi_link_job *job)
{
	a->unproven--;
	if (job->ok)
		give_to_kernel(a, job);
	else
		after_refused_caller(a, job);
}

static void after_dial(struct agent *a, const struct ssi_link_job *job)
{
	const struct ssi_handshake *hs = &job->hs;
	struct channel *ch = &a->peer[hs->mine.to].channel[hs->mine.channel];
	bool called = ch->called;

	ch->dialing = false;
	ch->called = false;
	if (hs->verdict == SSI_VERDICT_DIAL_BACK && hs->by_peer) {
		ch->next = ssi_handshake_now() + DIAL_BACK_MS;
		return;
	}
	if (job->ok)
		give_to_kernel(a, job);
	else
		trouble(a, hs->mine.to, hs->why);
	if (ch->live)
		return;
	back_off(ch);
	/* What failed was begun before the peer was there. */
	if (called)
		ch->next = 0;
}

static void take_jobs(struct agent *a)
{
	struct ssi_link_job *job;

	while (read(a->done_fd, &job, sizeof(job)) == sizeof(job)) {
		a->report.strangers += job->hs.stranger;
		if (job->hs.dialer)
			after_dial(a, job);
		else
			after_call(a, job);
		ssi_link_free(job);
	}
}

/* ---- the coordinator ---- */

static void add_peer(struct agent *a, uint32_t id, const struct ssi_addr *addr)
{
	struct ssi_peers *peers = &a->cfg->peers;
	unsigned int channel;

	if (is_listed(a, id) && !strcmp(peers->addr[id].text, addr->text))
		return;
	peers->listed |= 1ull << id;
	peers->addr[id] = *addr;
	a->peer[id].tried = false;
	a->peer[id].why[0] = 0;
	for (channel = 0; channel < CHANNELS; channel++) {
		a->peer[id].channel[channel].next = 0;
		a->peer[id].channel[channel].backoff = 0;
	}
	say(a, LOG_INFO, "peer %u: a member, at %s", id, addr->text);
}

/* Its links are the kernel's, and stay as long as they live. */
static void drop_peer(struct agent *a, uint32_t id)
{
	if (!is_listed(a, id))
		return;
	a->cfg->peers.listed &= ~(1ull << id);
	a->peer[id].why[0] = 0;
	say(a, LOG_INFO, "peer %u: no member any more", id);
}

static void take_members(struct agent *a, const struct ssi_lease *lease)
{
	uint32_t id;

	for (id = 0; id < SSI_NODES; id++) {
		if (id == a->cfg->node.id)
			continue;
		if (lease->members >> id & 1)
			add_peer(a, id, &lease->node[id].addr);
		else
			drop_peer(a, id);
	}
	a->cfg->self.listed = a->cfg->peers.listed;
}

static void take_news(struct agent *a)
{
	struct ssi_report *r = &a->report;

	ssi_keeper_take(a->keeper, &a->news);
	if (a->news.members_known)
		take_members(a, &a->news.lease);
	r->dead = a->news.dead;
	snprintf(r->coordinator, sizeof(r->coordinator), "%s",
		 *a->news.trouble ? a->news.trouble : "answers");
	report(a);
}

static void say_for_keeper(void *arg, int level, const char *request, const char *text)
{
	write_line(arg, level, request, text);
}

static int start_keeper(struct agent *a)
{
	if (!a->cfg->coordinator.urls)
		return 0;
	a->keeper_cfg = (struct ssi_keeper_cfg){
		.rest = a->cfg->coordinator,
		.node = a->cfg->node,
		.protocol = a->cfg->self.hello.protocol,
		.address = a->cfg->address,
		.say = say_for_keeper,
		.arg = a,
	};
	strcpy(a->report.coordinator, "no answer yet");
	a->fence = ssi_fence_new(a->cfg->node.name, a->cfg->node.incarnation, say_for_keeper, a);
	if (!a->fence)
		return -ENOMEM;
	a->report.fenced = ssi_fence_holds(a->fence);
	a->keeper = ssi_keeper_start(&a->keeper_cfg);
	return a->keeper ? 0 : -ENOMEM;
}

/* ---- who may be thought dead ---- */

/* Of those that the kernel knows: who has left is away, and nothing is wrong. */
static bool lacks_member(struct agent *a)
{
	struct ssi_nl_peer peer;
	uint32_t id;

	for (id = 0; id < SSI_NODES; id++) {
		if (is_listed(a, id) && !is_connected(a, id) &&
		    ssi_nl_peer_get(a->cfg->nl, a->cfg->node.name, id, &peer) == 0)
			return true;
	}
	return false;
}

static bool may_be_dead(struct agent *a)
{
	int64_t until = ssi_keeper_until(a->keeper);

	/* Before its first lease an agent knows no more than the one before it. */
	if (!until && !a->news.dead)
		return a->report.fenced;
	return (a->news.dead || ssi_handshake_now() >= until) && lacks_member(a);
}

static void set_fenced(struct agent *a, bool fenced)
{
	if (a->report.fenced == fenced)
		return;
	a->report.fenced = fenced;
	report(a);
	if (fenced) {
		say(a, LOG_ERR, "fenced: the lease is over, and the link to a member is down");
	} else {
		ssi_fence_release(a->fence);
		say(a, LOG_NOTICE, "fenced no more: programs go on");
	}
}

/*
 * Without a lease the node may be declared dead, but not forgotten before its links
 * are down. A coordinator that is away, or a link, is no reason yet.
 */
static void mind_fence(struct agent *a)
{
	if (!a->keeper)
		return;
	set_fenced(a, may_be_dead(a));
	if (a->report.fenced)
		ssi_fence_stop(a->fence, a->cfg->nl);
}

/*
 * Is it too early to say what came of the join? With a coordinator a refusal is no
 * end: others may learn of this node later than it of them.
 */
static bool is_under_way(const struct agent *a, uint32_t id)
{
	return is_listed(a, id) && !is_connected(a, id) && (a->keeper || !a->peer[id].tried);
}

/* Calls cfg->joined when every listed peer is connected, has failed, or time is up. */
static void report_join(struct agent *a)
{
	const char *why[SSI_NODES] = { NULL };
	bool over = ssi_handshake_now() >= a->join_until;
	uint32_t id;

	if (a->keeper && !a->news.members_known && !a->news.dead && !over)
		return;
	for (id = 0; id < SSI_NODES; id++) {
		if (!is_listed(a, id) || is_connected(a, id))
			continue;
		if (is_under_way(a, id) && !over)
			return;
		why[id] = a->peer[id].why[0] ? a->peer[id].why : "no answer yet";
	}
	a->cfg->joined(a->cfg, why, a->cfg->arg);
	a->joined = true;
	say(a, LOG_INFO, "at work for node %u", a->cfg->node.id);
}

static void sooner(int64_t *when, int64_t other)
{
	if (other < *when)
		*when = other;
}

/* When to look whether the node is to be fenced; links that break are events. */
static int64_t fence_at(const struct agent *a, int64_t now)
{
	int64_t until = ssi_keeper_until(a->keeper);

	if (a->report.fenced)
		return now + FENCE_MS;
	return until > now ? until : INT64_MAX;
}

/* How long poll() may sleep, in milliseconds; -1 for ever. */
static int sleep_ms(const struct agent *a)
{
	int64_t when = INT64_MAX, now = ssi_handshake_now();
	unsigned int i;

	for (i = 0; i < SSI_NODES * CHANNELS; i++) {
		const struct channel *ch = &a->peer[i / CHANNELS].channel[i % CHANNELS];

		if (is_listed(a, i / CHANNELS) && !ch->live && !ch->dialing)
			sooner(&when, ch->next);
	}
	if (!a->joined)
		sooner(&when, a->join_until);
	if (a->accept_at > now)
		sooner(&when, a->accept_at);
	if (a->keeper)
		sooner(&when, fence_at(a, now));
	if (when == INT64_MAX)
		return -1;
	return when > now ? (int)(when - now) : 0;
}

static void take_signal(struct agent *a)
{
	struct signalfd_siginfo info;

	if (read(a->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP) {
		refresh(a, true);
		return;
	}
	say(a, LOG_NOTICE, "told to end; the node stays, lost links are not reconnected");
	a->gone = true;
}

static void wait_and_handle(struct agent *a)
{
	bool room = a->unproven < UNPROVEN_MAX && a->accept_at <= ssi_handshake_now();
	struct pollfd fds[] = {
		{ .fd = a->signal_fd, .events = POLLIN },
		{ .fd = ssi_nl_events_fd(a->cfg->events), .events = POLLIN },
		{ .fd = a->done_fd, .events = POLLIN },
		{ .fd = room ? a->cfg->listener : -1, .events = POLLIN },
		{ .fd = a->keeper ? ssi_keeper_fd(a->keeper) : -1, .events = POLLIN },
	};

	if (poll(fds, 5, sleep_ms(a)) <= 0)
		return;
	if (fds[0].revents)
		take_signal(a);
	if (a->gone)
		return;
	if (fds[1].revents && ssi_nl_events_read(a->cfg->events, on_event, a) < 0)
		look_at_all(a);
	if (fds[2].revents)
		take_jobs(a);
	if (fds[3].revents)
		accept_callers(a);
	if (fds[4].revents)
		take_news(a);
}

/* Threads inherit the mask, so signals reach the loop and nobody else. */
static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void drop_jobs(struct agent *a)
{
	struct ssi_link_job *job;

	while (read(a->done_fd, &job, sizeof(job)) == sizeof(job))
		ssi_link_free(job);
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

int ssi_agent_run(struct ssi_agent_cfg *cfg)
{
	struct agent *a = calloc(1, sizeof(*a));
	int rc, ends[2] = { -1, -1 };

	if (!a)
		return -ENOMEM;
	a->cfg = cfg;
	a->report_fd = -1;
	ssi_lives_init(&cfg->lives);
	cfg->self.lives = &cfg->lives;
	a->signal_fd = open_signals();
	if (a->signal_fd < 0 || pipe2(ends, O_CLOEXEC) < 0) {
		rc = -errno;
		goto out;
	}
	/* Threads may wait for room in the pipe, the loop never for a job. */
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	a->done_fd = ends[0];
	cfg->self.done_fd = ends[1];
	a->join_until = ssi_handshake_now() + JOIN_WAIT_MS;
	rc = start_keeper(a);
	if (rc)
		goto out;
	/* An adopted node may have links that live. */
	look_at_peers(a);
	report(a);
	while (!a->gone) {
		start_dials(a);
		if (!a->joined)
			report_join(a);
		mind_fence(a);
		wait_and_handle(a);
	}
	rc = a->joined ? 0 : -EINTR;
	ssi_keeper_end(a->keeper, a->left);
	ssi_fence_free(a->fence);
	ssi_report_end(cfg->node.incarnation, &a->report_fd);
	/* Threads that still run use cfg->self only, and hand over to nobody. */
	ssi_link_end(&cfg->self);
	drop_jobs(a);
out:
	close_fd(a->signal_fd);
	close_fd(ends[0]);
	close_fd(ends[1]);
	free(a);
	return rc;
}
