// SPDX-License-Identifier: Apache-2.0
#include "backup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#define FORMAT	"ssi-hv-backup"
#define VERSION 1
#define DIGITS	64

static int refuse(char *why, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(char *why, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, size, format, args);
	va_end(args);
	return -1;
}

/* ---- the text ---- */

static void digest_of(const char *text, char digits[DIGITS + 1])
{
	unsigned char digest[DIGITS / 2];
	unsigned int i;

	gnutls_hash_fast(GNUTLS_DIG_SHA256, text, strlen(text), digest);
	for (i = 0; i < sizeof(digest); i++)
		snprintf(digits + 2 * i, 3, "%02x", digest[i]);
}

char *ssi_backup_write(const struct ssi_cluster *c, uint64_t time)
{
	char *snapshot = ssi_cluster_save(c), *head, *text = NULL;
	char digest[DIGITS + 1];
	json_t *root;

	if (!snapshot)
		return NULL;
	digest_of(snapshot, digest);
	root = json_pack("{s:s, s:i, s:s, s:s, s:I, s:I, s:s}", "format", FORMAT, "version", VERSION,
			 "program", SSI_VERSION, "cluster", c->name, "revision",
			 (json_int_t)c->revision, "time", (json_int_t)time, "sha256", digest);
	head = root ? json_dumps(root, JSON_COMPACT) : NULL;
	if (head && asprintf(&text, "%s\n%s\n", head, snapshot) < 0)
		text = NULL;
	free(head);
	free(snapshot);
	json_decref(root);
	return text;
}

/* Writes the digest that the first line names. */
static int read_head(const char *line, size_t len, char digest[DIGITS + 1], char *why, size_t size)
{
	const char *format = "", *program, *cluster, *sha256;
	json_int_t version = 0, revision, time;
	json_t *root = ssi_fields_parse(line, len, why, size);
	int rc = -1;

	json_unpack(root, "{s:s}", "format", &format);
	json_unpack(root, "{s:I}", "version", &version);
	if (strcmp(format, FORMAT) != 0)
		refuse(why, size, "no backup of a coordinator");
	else if (version > VERSION)
		refuse(why, size, "a newer coordinator wrote it: its format has version %lld, this "
		       "one reads %d", (long long)version, VERSION);
	else if (json_unpack_ex(root, NULL, JSON_STRICT, "{s:s, s:I, s:s, s:s, s:I, s:I, s:s}",
				"format", &format, "version", &version, "program", &program,
				"cluster", &cluster, "revision", &revision, "time", &time, "sha256",
				&sha256) < 0 || strlen(sha256) != DIGITS)
		refuse(why, size, "damaged: its first line is not what a coordinator writes");
	else
		rc = snprintf(digest, DIGITS + 1, "%s", sha256) == DIGITS ? 0 : -1;
	json_decref(root);
	return rc;
}

int ssi_backup_read(const char *text, struct ssi_cluster *c, char *why, size_t size)
{
	size_t head = strcspn(text, "\n"), len = strlen(text);
	char digest[DIGITS + 1], found[DIGITS + 1];
	char *snapshot;
	int rc;

	ssi_cluster_free(c);
	if (read_head(text, head, digest, why, size) < 0)
		return -1;
	if (len < head + 2 || text[len - 1] != '\n')
		return refuse(why, size, "damaged: its end is missing");
	snapshot = strndup(text + head + 1, len - head - 2);
	if (!snapshot)
		return refuse(why, size, "out of memory");
	digest_of(snapshot, found);
	if (strcmp(digest, found) != 0)
		rc = refuse(why, size, "damaged: its content has another SHA-256 than it says");
	else
		rc = ssi_cluster_load(c, snapshot, why, size);
	free(snapshot);
	return rc;
}

/* ---- the file ---- */

static int put(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len) {
		ssize_t count = write(fd, text, len);

		if (count < 0)
			return -1;
		text += count;
		len -= count;
	}
	return fsync(fd);
}

/* Whoever sees the file sees all of it. */
static int write_file(const char *path, const char *text, char *why, size_t size)
{
	char beside[PATH_MAX];
	int fd, rc = -1;

	snprintf(beside, sizeof(beside), "%s.new", path);
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		rc = put(fd, text);
	if (rc == 0)
		rc = rename(beside, path);
	if (rc < 0) {
		refuse(why, size, "%s: %s", path, strerror(errno));
		unlink(beside);
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

static char *read_file(const char *path, char *why, size_t size)
{
	char *text = malloc(SSI_BACKUP_MAX + 1);
	FILE *f = fopen(path, "re");
	size_t len = 0;

	if (f && text)
		len = fread(text, 1, SSI_BACKUP_MAX + 1, f);
	if (!f || !text || ferror(f))
		refuse(why, size, "%s: %s", path, strerror(errno));
	else if (len > SSI_BACKUP_MAX)
		refuse(why, size, "%s: no backup of a coordinator: it is too long", path);
	else if (memchr(text, 0, len))
		refuse(why, size, "%s: no backup of a coordinator: it is no text", path);
	else
		*why = 0;
	if (f)
		fclose(f);
	if (*why) {
		free(text);
		return NULL;
	}
	text[len] = 0;
	return text;
}

/* ---- the store ---- */

static void describe(const struct ssi_cluster *c, const char *path, char *why, size_t size)
{
	unsigned int i, nodes = 0, regions = 0;

	for (i = 0; i < SSI_CLUSTER_NODES; i++)
		nodes += c->node[i] != NULL;
	for (i = 0; i < SSI_CLUSTER_REGIONS; i++)
		regions += c->region[i] != NULL;
	snprintf(why, size, "%s: cluster %s at revision %llu, %u nodes, %u regions", path, c->name,
		 (unsigned long long)c->revision, nodes, regions);
}

static int save(const struct ssi_cluster *c, const char *path, char *why, size_t size)
{
	struct timespec now;
	char *text;
	int rc;

	if (!c->created)
		return refuse(why, size, "the store has no cluster that could be saved");
	clock_gettime(CLOCK_REALTIME, &now);
	text = ssi_backup_write(c, now.tv_sec * 1000ull + now.tv_nsec / 1000000);
	if (!text)
		return refuse(why, size, "out of memory");
	rc = write_file(path, text, why, size);
	if (rc == 0)
		describe(c, path, why, size);
	free(text);
	return rc;
}

int ssi_backup_save(struct ssi_ledger *ledger, const char *path, char *why, size_t size)
{
	if (ssi_ledger_catch_up(ledger) < 0)
		return refuse(why, size, "the store: %s", ledger->trouble);
	return save(&ledger->cluster, path, why, size);
}

/* Nobody else makes changes as long as we lead. */
static int take_lead(struct ssi_store *store, char *why, size_t size)
{
	char leader[SSI_LEADER_SIZE] = "";
	int ms = store->ops->lead(store, leader, sizeof(leader));

	if (ms > 0)
		return 0;
	if (ms < 0)
		return refuse(why, size, "the store: %s", store->why);
	return refuse(why, size, "%s leads: end all coordinators of this store first",
		      *leader ? leader : "another coordinator");
}

/* What the store holds may be broken: that is what backups are for. */
static int check_store(struct ssi_ledger *ledger, bool force, char *why, size_t size)
{
	if (force)
		return 0;
	if (ssi_ledger_catch_up(ledger) < 0)
		return refuse(why, size, "the store: %s; with --force what it has is replaced",
			      ledger->trouble);
	if (!ledger->cluster.created)
		return 0;
	return refuse(why, size, "the store has the cluster %s at revision %llu, which would be lost; "
		      "with --force it is", ledger->cluster.name,
		      (unsigned long long)ledger->cluster.revision);
}

static int replace(struct ssi_store *store, struct ssi_cluster *c, char *why, size_t size)
{
	uint64_t head;
	char *text;
	int rc = store->ops->head(store, &head);

	if (rc < 0)
		return refuse(why, size, "the store: %s", store->why);
	c->revision = (head > c->revision ? head : c->revision) + SSI_BACKUP_GAP;
	text = ssi_cluster_save(c);
	if (!text)
		return refuse(why, size, "out of memory");
	rc = store->ops->replace(store, head, c->revision, text);
	free(text);
	return rc < 0 ? refuse(why, size, "the store: %s", store->why) : 0;
}

int ssi_backup_restore(struct ssi_ledger *ledger, const char *path, bool force, char *why,
		       size_t size)
{
	char *text = read_file(path, why, size), wrong[SSI_STORE_WHY];
	struct ssi_store *store = ledger->store;
	struct ssi_cluster c;
	int rc = -1;

	if (!text)
		return -1;
	ssi_cluster_init(&c);
	if (ssi_backup_read(text, &c, wrong, sizeof(wrong)) < 0)
		refuse(why, size, "%s: %s", path, wrong);
	else if (take_lead(store, why, size) == 0 && check_store(ledger, force, why, size) == 0)
		rc = replace(store, &c, why, size);
	if (rc == 0)
		describe(&c, path, why, size);
	ssi_cluster_free(&c);
	free(text);
	return rc;
}
