/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cluster as the store has it, in memory. Every change goes through here:
 * it is decided, kept by the store, and only then applied and told.
 *
 * One thread makes changes and may wait for the store. Others look, and renew
 * leases, under the lock, and never wait.
 */
#ifndef SSI_COORD_LEDGER_H
#define SSI_COORD_LEDGER_H

#include <pthread.h>

#include "decide.h"
#include "report.h"
#include "store.h"

/* Watchers can resume from as many records back. */
#define SSI_LEDGER_RECENT 1024
/* So many records, and they are replaced by a snapshot. */
#define SSI_LEDGER_COMPACT 1024
#define SSI_LEADER_SIZE	   256

/**
 * struct ssi_ledger - the cluster and its store
 * @lock: of all that others look at
 * @cluster: the cluster; changed by the changing thread under @lock
 * @leases: under @lock
 * @reports: what nodes told of themselves, under @lock
 * @recent: records by revision modulo its length, NULL when not there; under @lock
 * @oldest: revision of the oldest record there; 0 without any; under @lock
 * @leader: address of who leads when that is another one, or empty; under @lock
 * @lead_until: until when this one leads; under @lock
 * @trouble: why the store cannot be used, or empty; under @lock
 * @appends: records kept by this process; under @lock
 * @append_us: how long that took in all; under @lock
 * @failures: times that the store failed; under @lock
 * @store: of the changing thread
 * @compacted: revision of the last snapshot; of the changing thread
 * @unwritable: a record could not be kept, and nothing was since; of the changing thread
 * @why: of a record that was refused; of the changing thread
 * @create: a wish for a cluster, for when this coordinator leads first and there
 *	is none; NULL without, or once there was one; of the changing thread
 * @changed: called without @lock after each change
 * @arg: passed to it
 */
struct ssi_ledger {
	pthread_mutex_t lock;
	struct ssi_cluster cluster;
	struct ssi_leases leases;
	struct ssi_reports reports;
	char *recent[SSI_LEDGER_RECENT];
	uint64_t oldest;
	char leader[SSI_LEADER_SIZE];
	int64_t lead_until;
	char trouble[SSI_STORE_WHY];
	uint64_t appends;
	uint64_t append_us;
	uint64_t failures;
	struct ssi_store *store;
	uint64_t compacted;
	bool unwritable;
	char why[SSI_STORE_WHY];
	const struct ssi_wish *create;
	void (*changed)(void *arg);
	void *arg;
};

/**
 * ssi_ledger_now - the clock of leases
 *
 * Return: milliseconds of a clock that is never set.
 */
int64_t ssi_ledger_now(void);

/**
 * ssi_ledger_init - a ledger without anything in it
 * @ledger: the ledger
 * @store: open; closed by ssi_ledger_free()
 */
void ssi_ledger_init(struct ssi_ledger *ledger, struct ssi_store *store);

/**
 * ssi_ledger_free - close the store, and free all
 * @ledger: the ledger
 */
void ssi_ledger_free(struct ssi_ledger *ledger);

/**
 * ssi_ledger_catch_up - apply what the store has and we have not
 * @ledger: the ledger
 *
 * Context: the changing thread.
 *
 * Return: 0, or a negative errno with @trouble set.
 */
int ssi_ledger_catch_up(struct ssi_ledger *ledger);

/**
 * ssi_ledger_wish - make a wish come true
 * @ledger: the ledger
 * @wish: the wish; @by and @request of it are recorded
 * @made: filled with the last change, or with the ids of what was there already
 * @why: filled with the reason of a refusal
 *
 * Context: the changing thread; ends within the store's deadlines.
 *
 * Return: 1 when something changed, 0 when it was so already, -1 with @why set.
 */
int ssi_ledger_wish(struct ssi_ledger *ledger, const struct ssi_wish *wish,
		    struct ssi_change *made, struct ssi_refusal *why);

/**
 * ssi_ledger_tick - lead or follow, declare the dead, compact
 * @ledger: the ledger
 *
 * Context: the changing thread, several times per lease.
 */
void ssi_ledger_tick(struct ssi_ledger *ledger);

/**
 * ssi_ledger_leads - does this coordinator lead?
 * @ledger: the ledger
 *
 * Context: holds @lock.
 *
 * Return: whether it does at this moment.
 */
bool ssi_ledger_leads(const struct ssi_ledger *ledger);

/**
 * ssi_ledger_record - a record that was kept
 * @ledger: the ledger
 * @revision: of the record
 *
 * Context: holds @lock, which the text needs.
 *
 * Return: the record, or NULL when it is not there, or no longer.
 */
const char *ssi_ledger_record(const struct ssi_ledger *ledger, uint64_t revision);

#endif /* SSI_COORD_LEDGER_H */
