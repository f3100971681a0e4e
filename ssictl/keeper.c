// SPDX-License-Identifier: Apache-2.0
#include "keeper.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "figures.h"
#include "forget.h"
#include "handshake.h"
#include "publish.h"

/* One heartbeat a second is what pages and figures live by, if the lease is longer. */
#define BEAT_MAX_MS 1000
/* Half a lease is what a coordinator may take: one that is silent must not cost it. */
#define TIMEOUT_MIN_MS 2500
#define TIMEOUT_MAX_MS 10000
#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 5000
/* Who calls too early calls again: he must not make the coordinator busy. */
#define HURRY_MS 100

enum state { REGISTER, JOIN, BEAT, DEAD };

/**
 * struct ssi_keeper - the thread and what it shares with the agent's loop
 * @cfg: from the caller
 * @thread: the thread
 * @fd: an eventfd, readable while there is news
 * @lock: protects the next five
 * @wake: of who waits for them
 * @news: for the loop
 * @until: when the lease is over, for the loop
 * @hurry: beat at once
 * @ending: the thread shall end
 * @left: the coordinator shall be told that the node has left
 * @rest: of the thread, as all that follows
 * @nl: for the kernel
 * @state: what comes next
 * @lease: the last answer with members
 * @lease_ms: how long the node may be silent
 * @asked: when it asked for the lease
 * @known: revision of the members that the kernel has
 * @backoff: wait before the next attempt in milliseconds; 0 after a success
 * @draining: the coordinator knows that the node drains
 * @answers: to questions, for the next heartbeat; or NULL
 * @figures: told with heartbeats
 * @no_figures: the coordinator does not take them
 * @forget: forgets those that were declared dead
 */
struct ssi_keeper {
	const struct ssi_keeper_cfg *cfg;
	pthread_t thread;
	int fd;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct ssi_news news;
	int64_t until;
	bool hurry;
	bool ending;
	bool left;
	struct ssi_rest *rest;
	struct ssi_nl *nl;
	enum state state;
	struct ssi_lease lease;
	unsigned int lease_ms;
	int64_t asked;
	uint64_t known;
	unsigned int backoff;
	bool draining;
	json_t *answers;
	struct ssi_figures figures;
	bool no_figures;
	struct ssi_forget *forget;
};

/* ---- news ---- */

static void tell(struct ssi_keeper *k)
{
	const uint64_t one = 1;

	if (write(k->fd, &one, sizeof(one)) < 0)
		k->cfg->say(k->cfg->arg, LOG_ERR, "", "the agent's own news do not reach it");
}

/* Empty once all is well. Said when it changes, not at every attempt. */
static void set_trouble_of(struct ssi_keeper *k, const char *text, const char *request)
{
	char said[SSI_KEEPER_TEXT + 40];
	bool changed;

	pthread_mutex_lock(&k->lock);
	changed = strcmp(k->news.trouble, text) != 0;
	snprintf(k->news.trouble, sizeof(k->news.trouble), "%s", text);
	pthread_mutex_unlock(&k->lock);
	if (!changed)
		return;
	if (*text)
		snprintf(said, sizeof(said), "coordinator: %s", text);
	else
		snprintf(said, sizeof(said), "the coordinator answers");
	k->cfg->say(k->cfg->arg, *text ? LOG_WARNING : LOG_NOTICE, request, said);
	tell(k);
}

static void set_trouble(struct ssi_keeper *k, const char *text)
{
	set_trouble_of(k, text, "");
}

static void explain(const struct ssi_rest_answer *answer, char *why, size_t size)
{
	snprintf(why, size, "%s%s%.200s", answer->why, *answer->remedy ? "; " : "", answer->remedy);
}

static void set_problem(struct ssi_keeper *k, const struct ssi_rest_answer *answer)
{
	char text[SSI_KEEPER_TEXT];

	explain(answer, text, sizeof(text));
	set_trouble_of(k, text, answer->request_id);
}

static void set_members(struct ssi_keeper *k)
{
	pthread_mutex_lock(&k->lock);
	k->news.members_known = true;
	k->news.lease = k->lease;
	pthread_mutex_unlock(&k->lock);
	tell(k);
}

static void set_dead(struct ssi_keeper *k)
{
	k->state = DEAD;
	pthread_mutex_lock(&k->lock);
	k->news.dead = true;
	pthread_mutex_unlock(&k->lock);
}

/* ---- what is said ---- */

static json_t *describe_host(const struct ssi_nl_node *node, uint32_t protocol, bool any_id)
{
	json_t *body = json_pack("{s:s, s:I, s:I, s:s, s:I}", "name", node->name, "share",
				 (json_int_t)node->share, "reserve", (json_int_t)node->reserve,
				 "version", SSI_VERSION, "protocol", (json_int_t)protocol);

	if (body && !any_id)
		json_object_set_new(body, "id", json_integer(node->id));
	return body;
}

static json_t *describe_endpoint(const struct ssi_keeper *k)
{
	char hex[2 * SSI_MEM_INCARNATION_LEN + 1];

	ssi_lease_hex(k->cfg->node.incarnation, hex);
	return json_pack("{s:s, s:s}", "incarnation", hex, "address", k->cfg->address);
}

static json_t *describe_beat(struct ssi_keeper *k, const struct ssi_nl_node *node)
{
	char hex[2 * SSI_MEM_INCARNATION_LEN + 1];
	json_t *body;

	ssi_lease_hex(k->cfg->node.incarnation, hex);
	body = json_pack("{s:s, s:I, s:o*, s:o*}", "incarnation", hex, "revision",
			 (json_int_t)k->known, "stats", ssi_publish_stats(node), "answers",
			 k->answers);
	k->answers = NULL;
	if (body && !k->no_figures)
		ssi_figures_add(&k->figures, k->nl, node->name, body);
	return body;
}

/* ---- register, join ---- */

static int register_host(struct ssi_rest *rest, struct ssi_nl_node *node, uint32_t protocol,
			 bool any_id, char *why, size_t size)
{
	struct ssi_rest_answer answer;
	int rc;

	rc = ssi_rest_call(rest, "POST", "/nodes", describe_host(node, protocol, any_id), &answer);
	if (rc < 0)
		explain(&answer, why, size);
	else
		rc = ssi_lease_id(answer.body, &node->id, why, size);
	json_decref(answer.body);
	return rc;
}

int ssi_keeper_register(const struct ssi_rest_cfg *cfg, struct ssi_nl_node *node,
			uint32_t protocol, bool any_id, char *why, size_t size)
{
	struct ssi_rest *rest = ssi_rest_open(cfg, why, size);
	int rc = rest ? register_host(rest, node, protocol, any_id, why, size) : -1;

	ssi_rest_close(rest);
	return rc;
}

/* A request below the node's own path. */
static int call(struct ssi_keeper *k, const char *method, const char *what, json_t *body,
		struct ssi_rest_answer *answer)
{
	char path[64];

	snprintf(path, sizeof(path), "/nodes/%u%s", k->cfg->node.id, what);
	return ssi_rest_call(k->rest, method, path, body, answer);
}

static int do_register(struct ssi_keeper *k)
{
	struct ssi_rest_answer answer;
	int rc = ssi_rest_call(k->rest, "POST", "/nodes", describe_host(&k->cfg->node, k->cfg->protocol, false),
			       &answer);

	if (rc < 0)
		set_problem(k, &answer);
	else
		k->state = JOIN;
	json_decref(answer.body);
	return rc;
}

/* ---- leases ---- */

/* The answers go with the next heartbeat. */
static void answer_questions(struct ssi_keeper *k, const struct ssi_lease *lease)
{
	unsigned int i;

	if (lease->questions && !k->answers)
		k->answers = json_array();
	for (i = 0; i < lease->questions; i++)
		json_array_append_new(k->answers,
				      ssi_publish_page(k->nl, k->cfg->node.name,
						       &lease->question[i]));
}

/* The kernel is the judge of what is old. Without its consent nothing changes. */
static int push_members(struct ssi_keeper *k)
{
	char text[SSI_KEEPER_TEXT];
	int rc = ssi_nl_members_set(k->nl, k->cfg->node.name, k->lease.epoch, k->lease.members);

	if (rc == 0)
		return 0;
	snprintf(text, sizeof(text), "%s%s", *ssi_nl_text(k->nl) ? ssi_nl_text(k->nl) : strerror(-rc),
		 rc == -ESTALE ? "; was an old backup restored? GET /cluster at the coordinator "
				 "shows its revision" : "");
	set_trouble(k, text);
	return -1;
}

static void set_lease_ms(struct ssi_keeper *k, unsigned int lease_ms)
{
	unsigned int ms = lease_ms / 2;

	k->lease_ms = lease_ms;
	if (ms < TIMEOUT_MIN_MS)
		ms = TIMEOUT_MIN_MS;
	ssi_rest_timeout(k->rest, ms < TIMEOUT_MAX_MS ? ms : TIMEOUT_MAX_MS);
}

static void set_until(struct ssi_keeper *k)
{
	pthread_mutex_lock(&k->lock);
	k->until = k->asked + k->lease_ms;
	pthread_mutex_unlock(&k->lock);
}

static int take_lease(struct ssi_keeper *k, const json_t *root)
{
	struct ssi_lease lease;
	char why[200];

	if (ssi_lease_read(root, &lease, why, sizeof(why)) < 0) {
		set_trouble(k, why);
		return -1;
	}
	set_lease_ms(k, lease.lease_ms);
	set_until(k);
	answer_questions(k, &lease);
	if (lease.has_members) {
		k->lease = lease;
		if (push_members(k) < 0)
			return -1;
		k->known = lease.revision;
		set_members(k);
	}
	set_trouble(k, "");
	if (k->known)
		ssi_forget_look(k->forget, k->nl, &k->lease);
	return 0;
}

static int do_join(struct ssi_keeper *k)
{
	struct ssi_rest_answer answer;
	int rc;

	k->asked = ssi_handshake_now();
	rc = call(k, "POST", "/endpoint", describe_endpoint(k), &answer);
	if (rc == 0) {
		k->state = BEAT;
		k->draining = false;
		rc = take_lease(k, answer.body);
	} else {
		if (!strcmp(answer.problem, "dead"))
			set_dead(k);
		else if (!strcmp(answer.problem, "not-found"))
			k->state = REGISTER;
		set_problem(k, &answer);
	}
	json_decref(answer.body);
	return rc;
}

/* ---- heartbeats ---- */

static int keep_node(const struct ssi_nl_node *node, void *arg)
{
	*(struct ssi_nl_node *)arg = *node;
	return 0;
}

/* The kernel knows whether the node drains; the coordinator is told when that changes. */
static void tell_draining(struct ssi_keeper *k, bool draining)
{
	struct ssi_rest_answer answer;

	if (draining == k->draining)
		return;
	if (call(k, "POST", "/drain", json_pack("{s:b}", "draining", draining), &answer) == 0)
		k->draining = draining;
	json_decref(answer.body);
}

/* What the coordinator does not know, it is told again. */
static void after_refused_beat(struct ssi_keeper *k, const struct ssi_rest_answer *answer)
{
	/* It may be of an older release, and know less of what can be told. */
	if (!strcmp(answer->problem, "bad-request"))
		k->no_figures = true;
	if (!strcmp(answer->problem, "dead"))
		set_dead(k);
	else if (!strcmp(answer->problem, "not-found") || !strcmp(answer->problem, "no-cluster"))
		k->state = REGISTER;
	else if (!strcmp(answer->problem, "no-member") || !strcmp(answer->problem, "alive"))
		k->state = JOIN;
	set_problem(k, answer);
}

static int do_beat(struct ssi_keeper *k)
{
	struct ssi_rest_answer answer;
	struct ssi_nl_node node;
	int rc = ssi_nl_node_each(k->nl, k->cfg->node.name, keep_node, &node);

	/* It leaves: the loop knows as well. */
	if (rc)
		return -1;
	k->asked = ssi_handshake_now();
	rc = call(k, "POST", "/lease", describe_beat(k, &node), &answer);
	if (rc == 0)
		rc = take_lease(k, answer.body);
	else
		after_refused_beat(k, &answer);
	json_decref(answer.body);
	if (rc == 0)
		tell_draining(k, node.draining);
	return rc;
}

/* ---- the thread ---- */

static int do_step(struct ssi_keeper *k)
{
	switch (k->state) {
	case REGISTER:
		return do_register(k);
	case JOIN:
		return do_join(k);
	case BEAT:
		return do_beat(k);
	default:
		return -1;
	}
}

static unsigned int beat_ms(const struct ssi_keeper *k)
{
	if (k->answers)
		return HURRY_MS;
	return k->lease_ms / 3 < BEAT_MAX_MS ? k->lease_ms / 3 : BEAT_MAX_MS;
}

/* How long until the next step, after one that came out as @rc. */
static unsigned int next_ms(struct ssi_keeper *k, int rc)
{
	if (rc == 0) {
		k->backoff = 0;
		return k->state == BEAT ? beat_ms(k) : 0;
	}
	k->backoff = k->backoff ? 2 * k->backoff : BACKOFF_MIN_MS;
	if (k->backoff > BACKOFF_MAX_MS)
		k->backoff = BACKOFF_MAX_MS;
	return k->backoff;
}

static struct timespec in_ms(unsigned int ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000l;
	if (t.tv_nsec >= 1000000000l) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000l;
	}
	return t;
}

/* Return: whether the thread goes on. */
static bool wait_on(struct ssi_keeper *k, unsigned int ms)
{
	const struct timespec soon = in_ms(HURRY_MS), until = in_ms(ms);
	bool go_on;
	int rc = 0;

	pthread_mutex_lock(&k->lock);
	while (!k->ending && rc != ETIMEDOUT) {
		bool hurry = k->hurry && !k->backoff && ms > HURRY_MS;
		/* Nobody comes back from the dead: there is nothing to ask for. */
		bool never = k->state == DEAD;

		rc = never ? pthread_cond_wait(&k->wake, &k->lock) :
			     pthread_cond_timedwait(&k->wake, &k->lock, hurry ? &soon : &until);
	}
	k->hurry = false;
	go_on = !k->ending;
	pthread_mutex_unlock(&k->lock);
	return go_on;
}

/* The kernel's node is gone, so nothing of it is left elsewhere. */
static void remove_node(struct ssi_keeper *k)
{
	struct ssi_rest_answer answer;
	char text[SSI_KEEPER_TEXT + 100], why[SSI_KEEPER_TEXT];
	int rc;

	rc = call(k, "DELETE", "", NULL, &answer);
	json_decref(answer.body);
	/* What it had of regions has gone to their other members, or there are none. */
	if (rc < 0 && !strcmp(answer.problem, "in-use")) {
		call(k, "POST", "/drain", json_object(), &answer);
		json_decref(answer.body);
		rc = call(k, "DELETE", "", NULL, &answer);
		json_decref(answer.body);
	}
	if (rc == 0 || !strcmp(answer.problem, "not-found"))
		return;
	explain(&answer, why, sizeof(why));
	snprintf(text, sizeof(text), "the node left, but the coordinator keeps it as node %u: %s",
		 k->cfg->node.id, why);
	k->cfg->say(k->cfg->arg, LOG_WARNING, answer.request_id, text);
}

static void *keep(void *arg)
{
	struct ssi_keeper *k = arg;
	int rc;

	do {
		rc = do_step(k);
	} while (wait_on(k, next_ms(k, rc)));
	/* Who was declared dead stays on the list, for the others to see. */
	if (k->left && k->state != DEAD)
		remove_node(k);
	return NULL;
}

/* ---- what the loop calls ---- */

static void release(struct ssi_keeper *k)
{
	if (k->fd >= 0)
		close(k->fd);
	ssi_rest_close(k->rest);
	ssi_nl_close(k->nl);
	ssi_forget_end(k->forget);
	json_decref(k->answers);
	pthread_mutex_destroy(&k->lock);
	pthread_cond_destroy(&k->wake);
	free(k);
}

static int set_up(struct ssi_keeper *k)
{
	pthread_condattr_t attr;
	char why[300];

	pthread_mutex_init(&k->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&k->wake, &attr);
	pthread_condattr_destroy(&attr);
	k->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	k->rest = ssi_rest_open(&k->cfg->rest, why, sizeof(why));
	if (!k->rest)
		k->cfg->say(k->cfg->arg, LOG_ERR, "", why);
	return k->fd >= 0 && k->rest && ssi_nl_open(&k->nl) == 0 ? 0 : -1;
}

struct ssi_keeper *ssi_keeper_start(const struct ssi_keeper_cfg *cfg)
{
	struct ssi_keeper *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->cfg = cfg;
	if (set_up(k) == 0)
		k->forget = ssi_forget_start(&cfg->node, cfg->say, cfg->arg);
	if (k->forget && pthread_create(&k->thread, NULL, keep, k) == 0)
		return k;
	release(k);
	return NULL;
}

int ssi_keeper_fd(const struct ssi_keeper *keeper)
{
	return keeper->fd;
}

void ssi_keeper_take(struct ssi_keeper *k, struct ssi_news *news)
{
	uint64_t count;

	pthread_mutex_lock(&k->lock);
	if (read(k->fd, &count, sizeof(count)) < 0)
		count = 0;
	*news = k->news;
	pthread_mutex_unlock(&k->lock);
}

int64_t ssi_keeper_until(struct ssi_keeper *k)
{
	int64_t until;

	pthread_mutex_lock(&k->lock);
	until = k->until;
	pthread_mutex_unlock(&k->lock);
	return until;
}

void ssi_keeper_hurry(struct ssi_keeper *k)
{
	pthread_mutex_lock(&k->lock);
	k->hurry = true;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
}

void ssi_keeper_end(struct ssi_keeper *k, bool left)
{
	if (!k)
		return;
	pthread_mutex_lock(&k->lock);
	k->ending = true;
	k->left = left;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
	if (!left)
		ssi_rest_stop(k->rest);
	pthread_join(k->thread, NULL);
	release(k);
}
