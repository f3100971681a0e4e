/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where records are kept: one contract, and what stands behind it. Records are
 * numbered by the revision that they make; none is left out, and none is
 * written twice. Several coordinators may share one store.
 *
 * A store is used by one thread at a time. Every call ends within some seconds.
 */
#ifndef SSI_COORD_STORE_H
#define SSI_COORD_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SSI_STORE_WHY 256

struct ssi_store;

/**
 * struct ssi_store_cfg - which store
 * @where: what stands behind the scheme
 * @self: address of this coordinator for the others, such as an URL
 * @prefix: etcd: of all keys
 * @ca: etcd: file of the authorities of its certificate, or NULL
 * @cert: etcd: file of our certificate, or NULL
 * @key: etcd: file of its key, or NULL
 * @existing: do not make one where there is none
 */
struct ssi_store_cfg {
	const char *where;
	const char *self;
	const char *prefix;
	const char *ca;
	const char *cert;
	const char *key;
	bool existing;
};

/**
 * struct ssi_store_sink - what is read from a store
 * @snapshot: a whole cluster, instead of all records up to its revision
 * @record: the record of the next revision
 * @arg: passed to both
 *
 * Both return 0, or -1 to end the reading.
 */
struct ssi_store_sink {
	int (*snapshot)(const char *text, void *arg);
	int (*record)(const char *text, void *arg);
	void *arg;
};

/**
 * struct ssi_store_ops - what a store does
 * @scheme: its name, in front of a colon
 * @open: open it, or make it. Returns NULL with the reason written
 * @close: close it; who leads leads no longer
 * @load: hand over everything after a revision, in order; a snapshot first when
 *	records after that revision are no longer kept
 * @append: keep the record of a revision, the next one. When it returns 0 the
 *	record is on disk. -EAGAIN: the revision is there already, or this
 *	coordinator led and no longer does; nothing was written
 * @probe: write something that means nothing, as a try
 * @compact: replace the records up to a revision by a snapshot
 * @head: the revision of what was kept last; 0 for nothing
 * @replace: put a snapshot of a later revision in the place of all that is there.
 *	-EAGAIN when that is no longer @head, or as for @append
 * @lead: lead, or go on leading, or read who leads. Returns for how many
 *	milliseconds from its beginning this coordinator leads, 0 when another one does;
 *	then that one's address is written
 * @follow: call back, from a thread of its own, when something may have been
 *	appended; NULL where a store cannot tell. Ended by @close
 *
 * What returns a number returns a negative errno on failure; ssi_store_why()
 * then has a text.
 */
struct ssi_store_ops {
	const char *scheme;
	struct ssi_store *(*open)(const struct ssi_store_cfg *cfg, char *why, size_t size);
	void (*close)(struct ssi_store *store);
	int (*load)(struct ssi_store *store, uint64_t after, const struct ssi_store_sink *sink);
	int (*append)(struct ssi_store *store, uint64_t revision, const char *record);
	int (*probe)(struct ssi_store *store);
	int (*compact)(struct ssi_store *store, uint64_t revision, const char *snapshot);
	int (*head)(struct ssi_store *store, uint64_t *revision);
	int (*replace)(struct ssi_store *store, uint64_t head, uint64_t revision,
		       const char *snapshot);
	int (*lead)(struct ssi_store *store, char *leader, size_t size);
	int (*follow)(struct ssi_store *store, void (*changed)(void *arg), void *arg);
};

/**
 * struct ssi_store - what all stores begin with
 * @ops: what it does
 * @why: why the last call failed
 */
struct ssi_store {
	const struct ssi_store_ops *ops;
	char why[SSI_STORE_WHY];
};

extern const struct ssi_store_ops ssi_store_sqlite;
extern const struct ssi_store_ops ssi_store_etcd;

/**
 * ssi_store_open - open a store
 * @name: SCHEME:WHERE
 * @cfg: all but @where, which is filled in; not used once this has returned
 * @why: filled with the reason of a failure
 * @size: bytes of @why
 *
 * Return: the store, or NULL with @why set.
 */
struct ssi_store *ssi_store_open(const char *name, struct ssi_store_cfg *cfg, char *why, size_t size);

#endif /* SSI_COORD_STORE_H */
