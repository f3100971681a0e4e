// SPDX-License-Identifier: Apache-2.0
#include "forget.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "handshake.h"

/* As long as the command waits, too. */
#define TIMEOUT_MS 30000
#define AGAIN_MS   2000

/**
 * struct ssi_forget - who was forgotten
 * @node: name of the local node
 * @id: its id
 * @lock: protects the rest
 * @say: writes a line of the log
 * @arg: passed to @say
 * @ended: nobody else has it any more
 * @busy: the thread runs
 * @dead: the node that it forgets
 * @life: of that node, as the coordinator knows it
 * @done: bit n is set when node n is forgotten
 * @done_life: that node's, by id
 * @refused: bit n is set when it was said that node n can not be forgotten
 * @again: no attempt before this, on the clock of ssi_handshake_now()
 */
struct ssi_forget {
	char node[SSI_NL_NAME];
	uint32_t id;
	pthread_mutex_t lock;
	ssi_say_fn say;
	void *arg;
	bool ended;
	bool busy;
	uint32_t dead;
	uint8_t life[SSI_MEM_INCARNATION_LEN];
	uint64_t done;
	uint8_t done_life[SSI_NODES][SSI_MEM_INCARNATION_LEN];
	uint64_t refused;
	int64_t again;
};

struct ssi_forget *ssi_forget_start(const struct ssi_nl_node *node, ssi_say_fn say, void *arg)
{
	struct ssi_forget *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	memcpy(f->node, node->name, sizeof(f->node));
	f->id = node->id;
	f->say = say;
	f->arg = arg;
	pthread_mutex_init(&f->lock, NULL);
	return f;
}

static void release(struct ssi_forget *f)
{
	pthread_mutex_destroy(&f->lock);
	free(f);
}

void ssi_forget_end(struct ssi_forget *f)
{
	bool busy;

	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	f->ended = true;
	busy = f->busy;
	pthread_mutex_unlock(&f->lock);
	if (!busy)
		release(f);
}

/* ---- the thread ---- */

static void say_done(const struct ssi_forget *f, uint64_t lost)
{
	char text[160];

	snprintf(text, sizeof(text), "node %u is dead and forgotten, %llu pages are lost", f->dead,
		 (unsigned long long)lost);
	f->say(f->arg, LOG_NOTICE, "", text);
}

static void say_refused(const struct ssi_forget *f, const char *why)
{
	char text[400];

	snprintf(text, sizeof(text),
		 "node %u was declared dead, but can not be forgotten: %s; it is tried again; if "
		 "that machine lives, let it leave and join again",
		 f->dead, why);
	f->say(f->arg, LOG_WARNING, "", text);
}

static int forget(const struct ssi_forget *f, uint64_t *lost, char *why, size_t size)
{
	struct ssi_nl *nl;
	int rc = ssi_nl_open(&nl);

	if (rc == 0)
		rc = ssi_nl_peer_forget(nl, f->node, f->dead, TIMEOUT_MS, lost);
	snprintf(why, size, "%s", *ssi_nl_text(nl) ? ssi_nl_text(nl) : strerror(-rc));
	ssi_nl_close(nl);
	return rc;
}

/* Context: holds the lock. */
static void take_result(struct ssi_forget *f, int rc, uint64_t lost, const char *why)
{
	uint64_t bit = 1ull << f->dead;

	if (rc == 0) {
		f->done |= bit;
		f->refused &= ~bit;
		memcpy(f->done_life[f->dead], f->life, sizeof(f->life));
		say_done(f, lost);
	} else if (!(f->refused & bit)) {
		f->refused |= bit;
		say_refused(f, why);
	}
	f->again = ssi_handshake_now() + AGAIN_MS;
}

static void *run(void *arg)
{
	struct ssi_forget *f = arg;
	uint64_t lost = 0;
	char why[256];
	int rc = forget(f, &lost, why, sizeof(why));
	bool ended;

	pthread_mutex_lock(&f->lock);
	ended = f->ended;
	if (!ended)
		take_result(f, rc, lost, why);
	f->busy = false;
	pthread_mutex_unlock(&f->lock);
	if (ended)
		release(f);
	return NULL;
}

static void start(struct ssi_forget *f, uint32_t id, const uint8_t *life)
{
	pthread_t thread;

	f->dead = id;
	memcpy(f->life, life, sizeof(f->life));
	f->busy = pthread_create(&thread, NULL, run, f) == 0;
	if (f->busy)
		pthread_detach(thread);
}

/* ---- who is to be forgotten ---- */

/**
 * struct span - regions that a dead node is still a member of
 * @self: id of the local node
 * @dead: id of the dead one
 * @any: there is one
 * @lowest: of one of them the local node is the member with the lowest id
 */
struct span {
	uint32_t self;
	uint32_t dead;
	bool any;
	bool lowest;
};

static bool is_lowest(uint64_t members, uint32_t self)
{
	return (members & -members) == 1ull << self;
}

static int look_at_region(const struct ssi_nl_region *region, void *arg)
{
	struct span *s = arg;

	if (!(region->members >> s->dead & 1))
		return 0;
	s->any = true;
	s->lowest |= is_lowest(region->members & ~(1ull << s->dead), s->self);
	return 0;
}

static bool is_forgotten(const struct ssi_forget *f, uint32_t id, const uint8_t *life)
{
	return (f->done >> id & 1) && !memcmp(f->done_life[id], life, SSI_MEM_INCARNATION_LEN);
}

/* Has this node to do it, and not another one? */
static bool is_mine(const struct ssi_forget *f, struct ssi_nl *nl, const struct ssi_lease *lease,
		    uint32_t id)
{
	struct span span = { .self = f->id, .dead = id };

	ssi_nl_region_each(nl, f->node, look_at_region, &span);
	if (is_forgotten(f, id, lease->node[id].incarnation) && !span.any)
		return false;
	return span.lowest || is_lowest(lease->members, f->id);
}

/* A member that lives anew: its former life has died, though nobody said so. */
static bool is_former(const struct ssi_forget *f, struct ssi_nl *nl, const struct ssi_lease *lease,
		      uint32_t id)
{
	struct ssi_nl_peer peer;

	return ssi_nl_peer_get(nl, f->node, id, &peer) == 0 &&
	       memcmp(peer.incarnation, lease->node[id].incarnation, SSI_MEM_INCARNATION_LEN) &&
	       peer.state[SSI_MEM_CHANNEL_CTL] == SSI_MEM_LINK_STATE_DOWN &&
	       peer.state[SSI_MEM_CHANNEL_DATA] == SSI_MEM_LINK_STATE_DOWN;
}

static bool is_due(const struct ssi_forget *f, struct ssi_nl *nl, const struct ssi_lease *lease,
		   uint32_t id)
{
	if (id == f->id)
		return false;
	if (lease->dead >> id & 1)
		return is_mine(f, nl, lease, id);
	return (lease->members >> id & 1) && is_former(f, nl, lease, id) &&
	       is_mine(f, nl, lease, id);
}

void ssi_forget_look(struct ssi_forget *f, struct ssi_nl *nl, const struct ssi_lease *lease)
{
	uint32_t id;

	pthread_mutex_lock(&f->lock);
	for (id = 0; id < SSI_NODES; id++) {
		if (f->busy || ssi_handshake_now() < f->again)
			break;
		if (is_due(f, nl, lease, id))
			start(f, id, lease->node[id].incarnation);
	}
	pthread_mutex_unlock(&f->lock);
}
