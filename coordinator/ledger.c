// SPDX-License-Identifier: Apache-2.0
#include "ledger.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"

/* A wish that others' changes come before is decided anew, so many times. */
#define TRIES 8

static int64_t clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

int64_t ssi_ledger_now(void)
{
	return clock_us(CLOCK_MONOTONIC) / 1000;
}

void ssi_ledger_init(struct ssi_ledger *ledger, struct ssi_store *store)
{
	memset(ledger, 0, sizeof(*ledger));
	pthread_mutex_init(&ledger->lock, NULL);
	ledger->store = store;
	ssi_leases_restart(&ledger->leases, ssi_ledger_now());
}

static void forget_recent(struct ssi_ledger *ledger)
{
	unsigned int i;

	for (i = 0; i < SSI_LEDGER_RECENT; i++) {
		free(ledger->recent[i]);
		ledger->recent[i] = NULL;
	}
	ledger->oldest = 0;
}

void ssi_ledger_free(struct ssi_ledger *ledger)
{
	if (ledger->store)
		ledger->store->ops->close(ledger->store);
	forget_recent(ledger);
	ssi_reports_free(&ledger->reports);
	ssi_cluster_free(&ledger->cluster);
	pthread_mutex_destroy(&ledger->lock);
}

bool ssi_ledger_leads(const struct ssi_ledger *ledger)
{
	return ssi_ledger_now() < ledger->lead_until;
}

const char *ssi_ledger_record(const struct ssi_ledger *ledger, uint64_t revision)
{
	if (!ledger->oldest || revision < ledger->oldest || revision > ledger->cluster.revision)
		return NULL;
	return ledger->recent[revision % SSI_LEDGER_RECENT];
}

/* ---- trouble ---- */

/* @id: of the request that met it; empty without one. */
static void set_trouble(struct ssi_ledger *ledger, const char *id, const char *why)
{
	bool new;

	pthread_mutex_lock(&ledger->lock);
	new = strcmp(ledger->trouble, why) != 0;
	snprintf(ledger->trouble, sizeof(ledger->trouble), "%s", why);
	ledger->failures += *why != 0;
	pthread_mutex_unlock(&ledger->lock);
	if (new && *why)
		ssi_log_request(LOG_ERR, id, "store: %s", why);
	else if (new)
		ssi_log_request(LOG_NOTICE, id, "store: it works again");
}

/* ---- applying ---- */

static void keep_recent(struct ssi_ledger *ledger, uint64_t revision, const char *text)
{
	char **slot = &ledger->recent[revision % SSI_LEDGER_RECENT];

	free(*slot);
	*slot = strdup(text);
	if (!*slot)
		ledger->oldest = revision + 1;
	else if (!ledger->oldest)
		ledger->oldest = revision;
	else if (revision - ledger->oldest >= SSI_LEDGER_RECENT)
		ledger->oldest = revision - SSI_LEDGER_RECENT + 1;
}

/* A life that begins has a whole lease; what an older one told is old. */
static void begin_life(struct ssi_ledger *ledger, const struct ssi_change *change)
{
	if (change->type == SSI_CHANGE_NODE_JOINED)
		ssi_leases_renew(&ledger->leases, change->node, ssi_ledger_now());
	if (change->type == SSI_CHANGE_NODE_DEAD || change->type == SSI_CHANGE_NODE_REMOVED)
		ssi_reports_forget(&ledger->reports, change->node);
	if (change->type == SSI_CHANGE_CLUSTER_DELETED)
		ssi_reports_free(&ledger->reports);
}

static int apply(struct ssi_ledger *ledger, const struct ssi_change *change, const char *text)
{
	int rc;

	pthread_mutex_lock(&ledger->lock);
	rc = ssi_cluster_apply(&ledger->cluster, change, ledger->why, sizeof(ledger->why));
	if (rc == 0) {
		keep_recent(ledger, change->revision, text);
		begin_life(ledger, change);
	}
	pthread_mutex_unlock(&ledger->lock);
	if (rc == 0 && ledger->changed)
		ledger->changed(ledger->arg);
	return rc;
}

static int take_record(const char *text, void *arg)
{
	struct ssi_ledger *ledger = arg;
	struct ssi_change change;

	if (ssi_change_read(text, &change, ledger->why, sizeof(ledger->why)) < 0)
		return -1;
	return apply(ledger, &change, text);
}

static int take_snapshot(const char *text, void *arg)
{
	struct ssi_ledger *ledger = arg;
	struct ssi_cluster cluster;
	int rc;

	ssi_cluster_init(&cluster);
	rc = ssi_cluster_load(&cluster, text, ledger->why, sizeof(ledger->why));
	if (rc < 0)
		return -1;
	pthread_mutex_lock(&ledger->lock);
	ssi_cluster_free(&ledger->cluster);
	ledger->cluster = cluster;
	ledger->compacted = cluster.revision;
	forget_recent(ledger);
	pthread_mutex_unlock(&ledger->lock);
	if (ledger->changed)
		ledger->changed(ledger->arg);
	return 0;
}

int ssi_ledger_catch_up(struct ssi_ledger *ledger)
{
	const struct ssi_store_sink sink = { take_snapshot, take_record, ledger };
	int rc;

	*ledger->why = 0;
	rc = ledger->store->ops->load(ledger->store, ledger->cluster.revision, &sink);
	if (rc < 0)
		set_trouble(ledger, "", *ledger->why ? ledger->why : ledger->store->why);
	else if (!ledger->unwritable)
		set_trouble(ledger, "", "");
	return rc;
}

/* ---- changes ---- */

static enum ssi_decision decide(struct ssi_ledger *ledger, const struct ssi_wish *wish,
				struct ssi_change *next, struct ssi_refusal *why)
{
	struct ssi_situation situation = {
		.cluster = &ledger->cluster,
		.leases = &ledger->leases,
		.now = ssi_ledger_now(),
		.time = clock_us(CLOCK_REALTIME) / 1000,
	};
	enum ssi_decision decision;

	pthread_mutex_lock(&ledger->lock);
	decision = ssi_decide(&situation, wish, next, why);
	pthread_mutex_unlock(&ledger->lock);
	next->revision = ledger->cluster.revision + 1;
	next->time = situation.time;
	return decision;
}

static void count_append(struct ssi_ledger *ledger, int64_t began)
{
	pthread_mutex_lock(&ledger->lock);
	ledger->appends++;
	ledger->append_us += clock_us(CLOCK_MONOTONIC) - began;
	pthread_mutex_unlock(&ledger->lock);
}

/*
 * A record whose answer was lost may have been kept: then it is found there,
 * and it is like no other.
 */
static bool was_kept(struct ssi_ledger *ledger, uint64_t revision, const char *text)
{
	const char *there;
	bool same;

	pthread_mutex_lock(&ledger->lock);
	there = ssi_ledger_record(ledger, revision);
	same = there && !strcmp(there, text);
	pthread_mutex_unlock(&ledger->lock);
	return same;
}

static int store_failed(struct ssi_ledger *ledger, const char *id, struct ssi_refusal *why)
{
	set_trouble(ledger, id, ledger->store->why);
	ssi_refuse(why, SSI_PROBLEM_STORE,
		   "GET /readyz shows when it works again; the change may have been kept, and to "
		   "ask for it again does no harm",
		   "%s", ledger->store->why);
	why->retry_s = 1;
	return -1;
}

/* Returns 1 when the change is kept and applied, 0 when it must be decided anew. */
static int commit(struct ssi_ledger *ledger, const struct ssi_change *change,
		  struct ssi_refusal *why)
{
	int64_t began = clock_us(CLOCK_MONOTONIC);
	char *text = ssi_change_write(change);
	int rc = -ENOMEM;

	if (!text)
		return ssi_refuse(why, SSI_PROBLEM_MEMORY, "try again", "out of memory");
	rc = ledger->store->ops->append(ledger->store, change->revision, text);
	if (rc == 0) {
		count_append(ledger, began);
		rc = apply(ledger, change, text) == 0;
	} else if (rc == -EAGAIN) {
		rc = ssi_ledger_catch_up(ledger);
		rc = rc < 0 ? store_failed(ledger, change->request, why) :
			      was_kept(ledger, change->revision, text);
	} else {
		ledger->unwritable = true;
		rc = store_failed(ledger, change->request, why);
	}
	free(text);
	return rc;
}

int ssi_ledger_wish(struct ssi_ledger *ledger, const struct ssi_wish *wish, struct ssi_change *made,
		    struct ssi_refusal *why)
{
	struct ssi_change next;
	unsigned int tries = 0;
	int changed = 0;

	while (tries < TRIES) {
		enum ssi_decision decision = decide(ledger, wish, &next, why);
		int rc;

		*made = next;
		if (decision == SSI_DECIDED_REFUSAL)
			return -1;
		if (decision == SSI_DECIDED_NOTHING)
			return changed;
		rc = commit(ledger, &next, why);
		if (rc < 0)
			return -1;
		changed |= rc;
		tries += !rc;
		if (rc && decision == SSI_DECIDED_LAST)
			return 1;
	}
	ssi_refuse(why, SSI_PROBLEM_BUSY, "try again",
		   "other coordinators changed the cluster %d times meanwhile, or this one no longer "
		   "leads",
		   TRIES);
	why->retry_s = 1;
	return -1;
}

/* ---- what goes on by itself ---- */

/* What can be read may still be full: nobody should have to find out by asking. */
static void try_to_write(struct ssi_ledger *ledger)
{
	if (!ledger->unwritable)
		return;
	if (ledger->store->ops->probe(ledger->store) < 0) {
		set_trouble(ledger, "", ledger->store->why);
		return;
	}
	ledger->unwritable = false;
	set_trouble(ledger, "", "");
}

/* Who begins to lead has heard nobody yet. */
static void note_lead(struct ssi_ledger *ledger, int64_t began, int ms, const char *leader)
{
	bool led, leads = ms > 0;

	pthread_mutex_lock(&ledger->lock);
	led = ledger->lead_until != 0;
	if (leads && !led)
		ssi_leases_restart(&ledger->leases, began);
	ledger->lead_until = leads ? began + ms : 0;
	snprintf(ledger->leader, sizeof(ledger->leader), "%s", leads ? "" : leader);
	pthread_mutex_unlock(&ledger->lock);
	if (leads != led)
		ssi_log(LOG_NOTICE, leads ? "this coordinator leads" : "another coordinator leads");
}

static void lead(struct ssi_ledger *ledger)
{
	char leader[SSI_LEADER_SIZE] = "";
	int64_t began = ssi_ledger_now();
	int ms = ledger->store->ops->lead(ledger->store, leader, sizeof(leader));

	if (ms >= 0) {
		note_lead(ledger, began, ms, leader);
		return;
	}
	set_trouble(ledger, "", ledger->store->why);
	/* It may come back before the lead runs out. */
	if (began >= ledger->lead_until)
		note_lead(ledger, began, 0, "");
}

static int find_dead(struct ssi_ledger *ledger)
{
	int64_t now = ssi_ledger_now();
	const char *anew;
	int id;

	pthread_mutex_lock(&ledger->lock);
	anew = ssi_leases_look(&ledger->leases, &ledger->cluster, now);
	id = ledger->cluster.created ? ssi_leases_dead(&ledger->leases, &ledger->cluster, now) : -1;
	pthread_mutex_unlock(&ledger->lock);
	if (anew)
		ssi_log(LOG_WARNING, "%s; all leases begin anew", anew);
	return id;
}

static void bury(struct ssi_ledger *ledger)
{
	struct ssi_wish wish = { .type = SSI_WISH_EXPIRE, .with = { .by = "lease" } };
	struct ssi_refusal why = { 0 };
	struct ssi_change made;
	int id = find_dead(ledger);

	if (id < 0)
		return;
	wish.with.node = id;
	if (ssi_ledger_wish(ledger, &wish, &made, &why) > 0)
		ssi_log(LOG_WARNING, "node %d was silent for %d leases: dead from revision %llu",
			id, SSI_LEASES_TO_DEATH, (unsigned long long)made.revision);
}

/* Once: a cluster that was deleted stays so. */
static void create_cluster(struct ssi_ledger *ledger)
{
	struct ssi_refusal why = { 0 };
	struct ssi_change made;

	if (!ledger->create)
		return;
	if (ledger->cluster.created || ssi_ledger_wish(ledger, ledger->create, &made, &why) > 0)
		ledger->create = NULL;
	else
		ssi_log(LOG_ERR, "the cluster cannot be created: %s; %s", why.detail, why.remedy);
}

static void compact(struct ssi_ledger *ledger)
{
	uint64_t revision = ledger->cluster.revision;
	char *text;

	if (revision - ledger->compacted < SSI_LEDGER_COMPACT)
		return;
	text = ssi_cluster_save(&ledger->cluster);
	if (text && ledger->store->ops->compact(ledger->store, revision, text) == 0)
		ledger->compacted = revision;
	else
		set_trouble(ledger, "", text ? ledger->store->why : "out of memory");
	free(text);
}

void ssi_ledger_tick(struct ssi_ledger *ledger)
{
	lead(ledger);
	if (ssi_ledger_catch_up(ledger) < 0)
		return;
	/* Of what this thread alone writes no lock is needed to read. */
	if (!ssi_ledger_leads(ledger)) {
		ledger->unwritable = false;
		return;
	}
	try_to_write(ledger);
	create_cluster(ledger);
	bury(ledger);
	compact(ledger);
}
