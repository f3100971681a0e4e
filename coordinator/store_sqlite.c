// SPDX-License-Identifier: Apache-2.0
/*
 * A file. Write-ahead logging, and the log is on disk before a record counts as
 * kept. Who leads holds a lock of a file beside it, which ends with the process.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

/* "SSI1", so that another program's file is not taken for ours. */
#define APPLICATION_ID "1397967153"
#define BUSY_MS	       2000
/* Nobody else can lead while the lock is held. */
#define LEAD_MS 3600000

/**
 * struct sqlite_store - a file
 * @store: what all have
 * @db: the file
 * @self: our address
 * @lock_path: of the file whose lock the leader holds
 * @lock: open while we lead, else -1
 */
struct sqlite_store {
	struct ssi_store store;
	sqlite3 *db;
	char *self;
	char lock_path[PATH_MAX];
	int lock;
};

static struct sqlite_store *of(struct ssi_store *store)
{
	return (struct sqlite_store *)store;
}

static int errno_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
		return -EBUSY;
	case SQLITE_NOMEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

static int fail(struct sqlite_store *s, int rc)
{
	snprintf(s->store.why, sizeof(s->store.why), "%s", sqlite3_errmsg(s->db));
	return errno_of(rc);
}

static int run(struct sqlite_store *s, const char *sql)
{
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : fail(s, rc);
}

/* Runs a statement with a number and, unless NULL, a text. Returns 0 or -errno. */
static int run_with(struct sqlite_store *s, const char *sql, uint64_t number, const char *text)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return fail(s, rc);
	sqlite3_bind_int64(stmt, 1, (sqlite3_int64)number);
	if (text)
		sqlite3_bind_text(stmt, 2, text, -1, SQLITE_STATIC);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_DONE) {
		sqlite3_finalize(stmt);
		return 0;
	}
	rc = fail(s, rc);
	sqlite3_finalize(stmt);
	return rc;
}

/* The only row of a statement has one number. */
static int ask_number(struct sqlite_store *s, const char *sql, uint64_t *number)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return fail(s, rc);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW)
		*number = (uint64_t)sqlite3_column_int64(stmt, 0);
	rc = rc == SQLITE_ROW ? 0 : fail(s, rc);
	sqlite3_finalize(stmt);
	return rc;
}

/* ---- opening ---- */

/* A file of another program, or one that is broken, is left as it is. */
static int check_file(struct sqlite_store *s)
{
	uint64_t id, version, tables, broken;
	int rc;

	rc = ask_number(s, "PRAGMA application_id", &id);
	if (rc == 0)
		rc = ask_number(s, "PRAGMA user_version", &version);
	if (rc == 0)
		rc = ask_number(s, "SELECT count(*) FROM sqlite_schema", &tables);
	if (rc == 0)
		rc = ask_number(s, "SELECT count(*) FROM pragma_quick_check WHERE quick_check != 'ok'",
				&broken);
	if (rc < 0)
		return rc;
	if (tables && id != strtoull(APPLICATION_ID, NULL, 10)) {
		snprintf(s->store.why, sizeof(s->store.why), "a database of another program");
		return -EINVAL;
	}
	if (tables && version != 1) {
		snprintf(s->store.why, sizeof(s->store.why), "a newer coordinator's file");
		return -EINVAL;
	}
	if (!broken)
		return 0;
	snprintf(s->store.why, sizeof(s->store.why), "broken; restore a backup");
	return -EIO;
}

static int set_up(struct sqlite_store *s)
{
	int rc;

	sqlite3_busy_timeout(s->db, BUSY_MS);
	sqlite3_extended_result_codes(s->db, 1);
	rc = check_file(s);
	if (rc == 0)
		rc = run(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			    "PRAGMA trusted_schema = OFF");
	if (rc == 0)
		rc = run(s, "BEGIN IMMEDIATE;"
			    "CREATE TABLE IF NOT EXISTS record ("
			    "revision INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;"
			    "CREATE TABLE IF NOT EXISTS snapshot (one INTEGER PRIMARY KEY "
			    "CHECK (one = 1), revision INTEGER NOT NULL, text TEXT NOT NULL) STRICT;"
			    "PRAGMA application_id = " APPLICATION_ID "; PRAGMA user_version = 1;"
			    "COMMIT");
	return rc;
}

static void sqlite_close(struct ssi_store *store)
{
	struct sqlite_store *s = of(store);

	sqlite3_close(s->db);
	if (s->lock >= 0)
		close(s->lock);
	free(s->self);
	free(s);
}

static int open_file(struct sqlite_store *s, const char *path, bool existing)
{
	mode_t mask = umask(S_IRWXG | S_IRWXO);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_FULLMUTEX |
		    (existing ? 0 : SQLITE_OPEN_CREATE);
	int rc = sqlite3_open_v2(path, &s->db, flags, NULL);

	rc = rc == SQLITE_OK ? set_up(s) : fail(s, rc);
	umask(mask);
	return rc;
}

static struct ssi_store *sqlite_open(const struct ssi_store_cfg *cfg, char *why, size_t size)
{
	struct sqlite_store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->store.ops = &ssi_store_sqlite;
	s->lock = -1;
	s->self = strdup(cfg->self);
	snprintf(s->lock_path, sizeof(s->lock_path), "%s-leader", cfg->where);
	if (s->self && *cfg->where && open_file(s, cfg->where, cfg->existing) == 0)
		return &s->store;
	snprintf(why, size, "%s: %s", cfg->where, s->store.why);
	sqlite_close(&s->store);
	return NULL;
}

/* ---- reading ---- */

/* Hands over the texts that a statement finds after a revision. */
static int hand_over(struct sqlite_store *s, const char *sql, uint64_t after,
		     int (*to)(const char *text, void *arg), void *arg)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return fail(s, rc);
	sqlite3_bind_int64(stmt, 1, (sqlite3_int64)after);
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (to((const char *)sqlite3_column_text(stmt, 0), arg) == 0)
			continue;
		snprintf(s->store.why, sizeof(s->store.why), "a record was refused");
		sqlite3_finalize(stmt);
		return -EINVAL;
	}
	rc = rc == SQLITE_DONE ? 0 : fail(s, rc);
	sqlite3_finalize(stmt);
	return rc;
}

static int load(struct sqlite_store *s, uint64_t after, const struct ssi_store_sink *sink)
{
	uint64_t snapshot;
	int rc = ask_number(s, "SELECT coalesce(max(revision), 0) FROM snapshot", &snapshot);

	if (rc == 0 && snapshot > after) {
		rc = hand_over(s, "SELECT text FROM snapshot WHERE revision > ?1", after,
			       sink->snapshot, sink->arg);
		after = snapshot;
	}
	if (rc == 0)
		rc = hand_over(s, "SELECT text FROM record WHERE revision > ?1 ORDER BY revision",
			       after, sink->record, sink->arg);
	return rc;
}

/* In one transaction, so that no snapshot comes between. */
static int sqlite_load(struct ssi_store *store, uint64_t after, const struct ssi_store_sink *sink)
{
	struct sqlite_store *s = of(store);
	int rc = run(s, "BEGIN");

	if (rc < 0)
		return rc;
	rc = load(s, after, sink);
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

/* ---- writing ---- */

static int sqlite_head(struct ssi_store *store, uint64_t *revision)
{
	return ask_number(of(store),
			  "SELECT coalesce(max(revision), 0) FROM "
			  "(SELECT revision FROM record UNION SELECT revision FROM snapshot)",
			  revision);
}

/* Within a transaction, so that it stays so. */
static int check_head(struct sqlite_store *s, uint64_t expected)
{
	uint64_t head;
	int rc = sqlite_head(&s->store, &head);

	if (rc < 0 || head == expected)
		return rc;
	snprintf(s->store.why, sizeof(s->store.why), "revision %llu is there already",
		 (unsigned long long)head);
	return -EAGAIN;
}

static int append(struct sqlite_store *s, uint64_t revision, const char *record)
{
	int rc = check_head(s, revision - 1);

	if (rc < 0)
		return rc;
	return run_with(s, "INSERT INTO record (revision, text) VALUES (?1, ?2)", revision, record);
}

static int end_transaction(struct sqlite_store *s, int rc)
{
	if (rc == 0)
		rc = run(s, "COMMIT");
	if (rc < 0)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

static int sqlite_append(struct ssi_store *store, uint64_t revision, const char *record)
{
	struct sqlite_store *s = of(store);
	int rc = run(s, "BEGIN IMMEDIATE");

	return rc < 0 ? rc : end_transaction(s, append(s, revision, record));
}

/* Writes a page, although with the same content. */
static int sqlite_probe(struct ssi_store *store)
{
	return run(of(store), "PRAGMA user_version = 1");
}

static int put_snapshot(struct sqlite_store *s, uint64_t revision, const char *snapshot)
{
	int rc = run_with(s, "REPLACE INTO snapshot (one, revision, text) VALUES (1, ?1, ?2)",
			  revision, snapshot);

	if (rc < 0)
		return rc;
	return run_with(s, "DELETE FROM record WHERE revision <= ?1", revision, NULL);
}

static int sqlite_compact(struct ssi_store *store, uint64_t revision, const char *snapshot)
{
	struct sqlite_store *s = of(store);
	int rc = run(s, "BEGIN IMMEDIATE");

	return rc < 0 ? rc : end_transaction(s, put_snapshot(s, revision, snapshot));
}

static int sqlite_replace(struct ssi_store *store, uint64_t head, uint64_t revision,
			  const char *snapshot)
{
	struct sqlite_store *s = of(store);
	int rc = run(s, "BEGIN IMMEDIATE");

	if (rc < 0)
		return rc;
	rc = check_head(s, head);
	return end_transaction(s, rc < 0 ? rc : put_snapshot(s, revision, snapshot));
}

/* ---- leading ---- */

static void read_leader(int fd, char *leader, size_t size)
{
	ssize_t got = pread(fd, leader, size - 1, 0);

	leader[got > 0 ? got : 0] = 0;
}

static int sqlite_lead(struct ssi_store *store, char *leader, size_t size)
{
	struct sqlite_store *s = of(store);
	ssize_t len = strlen(s->self);
	int fd, rc;

	if (s->lock >= 0)
		return LEAD_MS;
	fd = open(s->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && ftruncate(fd, 0) == 0 &&
	    pwrite(fd, s->self, len, 0) == len) {
		s->lock = fd;
		return LEAD_MS;
	}
	rc = fd < 0 || errno != EWOULDBLOCK ? -errno : 0;
	if (rc < 0)
		snprintf(s->store.why, sizeof(s->store.why), "%.200s: %s", s->lock_path,
			 strerror(-rc));
	else
		read_leader(fd, leader, size);
	if (fd >= 0)
		close(fd);
	return rc;
}

const struct ssi_store_ops ssi_store_sqlite = {
	.scheme = "sqlite",
	.open = sqlite_open,
	.close = sqlite_close,
	.load = sqlite_load,
	.append = sqlite_append,
	.probe = sqlite_probe,
	.compact = sqlite_compact,
	.head = sqlite_head,
	.replace = sqlite_replace,
	.lead = sqlite_lead,
};
