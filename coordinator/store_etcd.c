// SPDX-License-Identifier: Apache-2.0
/*
 * etcd, for several coordinators. Below the prefix are head (the last revision),
 * record/REVISION, snapshot (its revision and a text), probe, and leader, a key
 * that ends with the lease of whoever leads.
 */
#include "store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "etcd.h"

#define LEAD_S	  5
#define PAGE	  500
#define KEY_SIZE  192
#define DIGITS	  20

/**
 * struct etcd_store - keys in etcd
 * @store: what all have
 * @etcd: the client
 * @prefix: of all keys
 * @self: our address
 * @lease: of the leader's key, 0 before there is one
 * @leading: that key is ours, or was when we looked last
 */
struct etcd_store {
	struct ssi_store store;
	struct ssi_etcd *etcd;
	char prefix[128];
	char *self;
	int64_t lease;
	bool leading;
};

static struct etcd_store *of(struct ssi_store *store)
{
	return (struct etcd_store *)store;
}

/* ---- keys and requests ---- */

static json_t *key_of(const struct etcd_store *s, const char *name)
{
	char key[KEY_SIZE];

	snprintf(key, sizeof(key), "%s%s", s->prefix, name);
	return ssi_etcd_encode(key);
}

static json_t *record_key(const struct etcd_store *s, uint64_t revision)
{
	char name[32];

	snprintf(name, sizeof(name), "record/%020" PRIu64, revision);
	return key_of(s, name);
}

static json_t *number(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return ssi_etcd_encode(text);
}

/* etcd writes 64-bit numbers as strings. */
static int64_t int64_at(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);

	return text ? strtoll(text, NULL, 10) : json_integer_value(value);
}

static json_t *call(struct etcd_store *s, const char *path, json_t *body)
{
	return ssi_etcd_call(s->etcd, path, body, s->store.why, sizeof(s->store.why));
}

static int misunderstood(struct etcd_store *s)
{
	snprintf(s->store.why, sizeof(s->store.why), "etcd answered something that is not known");
	return -EPROTO;
}

static json_t *put(json_t *key, json_t *value)
{
	return json_pack("{s:{s:o, s:o}}", "request_put", "key", key, "value", value);
}

/* Returns 1 when the transaction's conditions held, 0 when not. */
static int transact(struct etcd_store *s, json_t *conditions, json_t *changes)
{
	json_t *answer = call(s, "/v3/kv/txn",
			      json_pack("{s:o, s:o}", "compare", conditions, "success", changes));
	int held = json_is_true(json_object_get(answer, "succeeded"));

	if (!answer)
		return -EIO;
	json_decref(answer);
	return held;
}

/* ---- reading ---- */

/* Hands over the values of keys from @from on, and writes how many there were. */
static int hand_over(struct etcd_store *s, const json_t *kvs,
		     int (*to)(const char *text, void *arg), void *arg)
{
	const json_t *kv;
	size_t i;

	json_array_foreach(kvs, i, kv) {
		char *text = ssi_etcd_decode(json_object_get(kv, "value"));
		int rc = text ? to(text, arg) : -1;

		free(text);
		if (rc == 0)
			continue;
		snprintf(s->store.why, sizeof(s->store.why), "a record was refused");
		return -EINVAL;
	}
	return 0;
}

static json_t *get(struct etcd_store *s, const char *name)
{
	return call(s, "/v3/kv/range", json_pack("{s:o}", "key", key_of(s, name)));
}

/* Hands over the snapshot if it is newer, and moves @after to its revision. */
static int load_snapshot(struct etcd_store *s, uint64_t *after, const struct ssi_store_sink *sink)
{
	json_t *answer = get(s, "snapshot");
	json_t *kv = json_array_get(json_object_get(answer, "kvs"), 0);
	char *text = kv ? ssi_etcd_decode(json_object_get(kv, "value")) : NULL;
	uint64_t revision = text ? strtoull(text, NULL, 10) : 0;
	int rc = answer ? 0 : -EIO;

	if (kv && (!text || strlen(text) <= DIGITS))
		rc = misunderstood(s);
	if (rc == 0 && revision > *after) {
		rc = sink->snapshot(text + DIGITS + 1, sink->arg) == 0 ? 0 : -EINVAL;
		*after = revision;
	}
	free(text);
	json_decref(answer);
	return rc;
}

/* Returns how many records it handed over. */
static int load_page(struct etcd_store *s, uint64_t after, const struct ssi_store_sink *sink)
{
	/* '0' is what follows '/'. */
	json_t *answer = call(s, "/v3/kv/range",
			      json_pack("{s:o, s:o, s:i, s:s, s:s}", "key",
					record_key(s, after + 1), "range_end", key_of(s, "record0"),
					"limit", PAGE, "sort_order", "ASCEND", "sort_target",
					"KEY"));
	json_t *kvs = json_object_get(answer, "kvs");
	int count = (int)json_array_size(kvs);
	int rc = answer ? hand_over(s, kvs, sink->record, sink->arg) : -EIO;

	json_decref(answer);
	return rc < 0 ? rc : count;
}

static int etcd_load(struct ssi_store *store, uint64_t after, const struct ssi_store_sink *sink)
{
	struct etcd_store *s = of(store);
	int rc = load_snapshot(s, &after, sink);

	while (rc >= 0) {
		rc = load_page(s, after, sink);
		if (rc >= 0)
			after += rc;
		if (rc < PAGE)
			break;
	}
	return rc < 0 ? rc : 0;
}

/* ---- writing ---- */

/* A key that is not there has no value to compare with. */
static json_t *head_is(struct etcd_store *s, uint64_t revision)
{
	if (!revision)
		return json_pack("{s:o, s:s, s:s, s:s}", "key", key_of(s, "head"), "target",
				 "VERSION", "result", "EQUAL", "version", "0");
	return json_pack("{s:o, s:s, s:s, s:o}", "key", key_of(s, "head"), "target", "VALUE",
			 "result", "EQUAL", "value", number(revision));
}

static json_t *lead_is_ours(struct etcd_store *s)
{
	char lease[24];

	snprintf(lease, sizeof(lease), "%" PRId64, s->lease);
	return json_pack("{s:o, s:s, s:s, s:s}", "key", key_of(s, "leader"), "target", "LEASE",
			 "result", "EQUAL", "lease", lease);
}

/* Changes what is kept, as long as that is @head, and the lead still ours. */
static int change(struct etcd_store *s, uint64_t head, json_t *changes)
{
	json_t *conditions = json_pack("[o]", head_is(s, head));
	int rc;

	if (s->leading)
		json_array_append_new(conditions, lead_is_ours(s));
	rc = transact(s, conditions, changes);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	snprintf(s->store.why, sizeof(s->store.why), "another coordinator was first");
	return -EAGAIN;
}

static int etcd_append(struct ssi_store *store, uint64_t revision, const char *record)
{
	struct etcd_store *s = of(store);

	return change(s, revision - 1,
		      json_pack("[o, o]", put(key_of(s, "head"), number(revision)),
				put(record_key(s, revision), ssi_etcd_encode(record))));
}

static int etcd_probe(struct ssi_store *store)
{
	struct etcd_store *s = of(store);
	int rc = transact(s, json_array(), json_pack("[o]", put(key_of(s, "probe"), number(0))));

	return rc < 0 ? rc : 0;
}

static json_t *snapshot_value(uint64_t revision, const char *snapshot)
{
	json_t *value = NULL;
	char *text;

	if (asprintf(&text, "%020" PRIu64 " %s", revision, snapshot) < 0)
		return NULL;
	value = ssi_etcd_encode(text);
	free(text);
	return value;
}

/* Of the records up to a revision. */
static json_t *drop_records(struct etcd_store *s, uint64_t revision)
{
	return json_pack("{s:{s:o, s:o}}", "request_delete_range", "key", record_key(s, 0),
			 "range_end", record_key(s, revision + 1));
}

static int etcd_compact(struct ssi_store *store, uint64_t revision, const char *snapshot)
{
	struct etcd_store *s = of(store);
	int rc = transact(s, json_array(),
			  json_pack("[o, o]",
				    put(key_of(s, "snapshot"), snapshot_value(revision, snapshot)),
				    drop_records(s, revision)));

	return rc < 0 ? rc : 0;
}

static int etcd_head(struct ssi_store *store, uint64_t *revision)
{
	struct etcd_store *s = of(store);
	json_t *answer = get(s, "head");
	json_t *kv = json_array_get(json_object_get(answer, "kvs"), 0);
	char *text = kv ? ssi_etcd_decode(json_object_get(kv, "value")) : NULL;

	*revision = text ? strtoull(text, NULL, 10) : 0;
	free(text);
	json_decref(answer);
	return answer ? 0 : -EIO;
}

static int etcd_replace(struct ssi_store *store, uint64_t head, uint64_t revision,
			const char *snapshot)
{
	struct etcd_store *s = of(store);

	return change(s, head,
		      json_pack("[o, o, o]", put(key_of(s, "head"), number(revision)),
				put(key_of(s, "snapshot"), snapshot_value(revision, snapshot)),
				drop_records(s, revision)));
}

/* ---- leading ---- */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int grant_lease(struct etcd_store *s)
{
	json_t *answer = call(s, "/v3/lease/grant", json_pack("{s:i}", "TTL", LEAD_S));

	s->lease = int64_at(answer, "ID");
	json_decref(answer);
	if (!answer)
		return -EIO;
	return s->lease ? 0 : misunderstood(s);
}

/* Returns 1 while the lease lives. */
static int keep_lease(struct etcd_store *s)
{
	char lease[24];
	json_t *answer;
	int64_t ttl;

	snprintf(lease, sizeof(lease), "%" PRId64, s->lease);
	answer = call(s, "/v3/lease/keepalive", json_pack("{s:s}", "ID", lease));
	ttl = int64_at(json_object_get(answer, "result"), "TTL");
	json_decref(answer);
	if (!answer)
		return -EIO;
	return ttl > 0;
}

static int read_leader(struct etcd_store *s, char *leader, size_t size)
{
	json_t *answer = get(s, "leader");
	json_t *kv = json_array_get(json_object_get(answer, "kvs"), 0);
	char *text = kv ? ssi_etcd_decode(json_object_get(kv, "value")) : NULL;

	/* It may have gone since: then there is none, until the next try. */
	snprintf(leader, size, "%s", text ? text : "");
	s->leading = kv && int64_at(kv, "lease") == s->lease;
	free(text);
	json_decref(answer);
	return answer ? 0 : -EIO;
}

static int take_lead(struct etcd_store *s, char *leader, size_t size)
{
	char lease[24];
	json_t *nobody = json_pack("[{s:o, s:s, s:s, s:s}]", "key", key_of(s, "leader"), "target",
				   "CREATE", "result", "EQUAL", "create_revision", "0");
	int rc;

	snprintf(lease, sizeof(lease), "%" PRId64, s->lease);
	rc = transact(s, nobody,
		      json_pack("[{s:{s:o, s:o, s:s}}]", "request_put", "key", key_of(s, "leader"),
				"value", ssi_etcd_encode(s->self), "lease", lease));
	if (rc < 0)
		return rc;
	s->leading = rc;
	return rc ? 0 : read_leader(s, leader, size);
}

static int etcd_lead(struct ssi_store *store, char *leader, size_t size)
{
	struct etcd_store *s = of(store);
	int64_t began = now_ms();
	int rc = s->lease ? keep_lease(s) : 0;

	if (rc == 0) {
		s->leading = false;
		rc = grant_lease(s);
	}
	if (rc >= 0)
		rc = s->leading ? read_leader(s, leader, size) : take_lead(s, leader, size);
	if (rc < 0)
		return rc;
	if (!s->leading)
		return 0;
	/* As if it had been granted when we asked. */
	rc = LEAD_S * 1000 - (int)(now_ms() - began);
	return rc > 0 ? rc : 0;
}

/* ---- opening ---- */

static void etcd_close(struct ssi_store *store)
{
	struct etcd_store *s = of(store);
	char lease[24];

	snprintf(lease, sizeof(lease), "%" PRId64, s->lease);
	if (s->etcd && s->lease)
		json_decref(call(s, "/v3/lease/revoke", json_pack("{s:s}", "ID", lease)));
	ssi_etcd_close(s->etcd);
	free(s->self);
	free(s);
}

static struct ssi_store *etcd_open(const struct ssi_store_cfg *cfg, char *why, size_t size)
{
	struct etcd_store *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->store.ops = &ssi_store_etcd;
	s->self = strdup(cfg->self);
	s->etcd = ssi_etcd_open(cfg);
	snprintf(s->prefix, sizeof(s->prefix), "%s", cfg->prefix);
	if (s->self && s->etcd)
		return &s->store;
	snprintf(why, size, "etcd:%.100s: no URL of a member", cfg->where);
	etcd_close(&s->store);
	return NULL;
}

static int etcd_follow(struct ssi_store *store, void (*changed)(void *arg), void *arg)
{
	struct etcd_store *s = of(store);

	return ssi_etcd_watch(s->etcd,
			      json_pack("{s:{s:o}}", "create_request", "key", key_of(s, "head")),
			      changed, arg);
}

const struct ssi_store_ops ssi_store_etcd = {
	.scheme = "etcd",
	.open = etcd_open,
	.close = etcd_close,
	.load = etcd_load,
	.append = etcd_append,
	.probe = etcd_probe,
	.compact = etcd_compact,
	.head = etcd_head,
	.replace = etcd_replace,
	.lead = etcd_lead,
	.follow = etcd_follow,
};
