// SPDX-License-Identifier: Apache-2.0
/* What every store does: each test runs against each of them. */
#include "../../coordinator/store.c"

#include <errno.h>
#include <poll.h>

#include "unit_coord_etcd.h"
#include "unit_ssictl_run.h"

#define STORES 2
#define MANY   520

static char folder[] = "/tmp/unit_coord_store.XXXXXX";
static char name[128], prefix[64], why[256];
static struct ssi_store *one, *other;

/* ---- what was read ---- */

static char got[MANY + 8][32];
static int count;

static int take(const char *text, const char *kind)
{
	if (!strcmp(text, "refuse me"))
		return -1;
	ck_assert_int_lt(count, COUNT(got));
	snprintf(got[count++], sizeof(*got), "%s %.20s", kind, text);
	return 0;
}

static int take_snapshot(const char *text, void *arg)
{
	(void)arg;
	return take(text, "snapshot");
}

static int take_record(const char *text, void *arg)
{
	(void)arg;
	return take(text, "record");
}

static int load(struct ssi_store *store, uint64_t after)
{
	const struct ssi_store_sink sink = { take_snapshot, take_record, NULL };

	count = 0;
	return store->ops->load(store, after, &sink);
}

/* ---- opening ---- */

static struct ssi_store *open_as(const char *self)
{
	struct ssi_store_cfg cfg = { .self = self, .prefix = prefix };
	struct ssi_store *store = ssi_store_open(name, &cfg, why, sizeof(why));

	ck_assert_msg(store != NULL, "%s", why);
	return store;
}

/* A server that has just been started answers after a while. */
static void wait_for(struct ssi_store *store)
{
	int i;

	for (i = 0; load(store, 0) < 0; i++) {
		ck_assert_msg(i < 300, "%s", store->why);
		poll(NULL, 0, 100);
	}
}

/* Each test forks, and has a file or keys of its own. */
static void begin(int store)
{
	snprintf(prefix, sizeof(prefix), "/test-%d/", getpid());
	if (store)
		snprintf(name, sizeof(name), "etcd:%s", etcd_url);
	else
		snprintf(name, sizeof(name), "sqlite:%s/%d.db", folder, getpid());
	one = open_as("http://one");
	wait_for(one);
}

static void end(void)
{
	one->ops->close(one);
	if (other)
		other->ops->close(other);
}

static int append(struct ssi_store *store, uint64_t revision, const char *text)
{
	return store->ops->append(store, revision, text);
}

START_TEST(append__in_order)
{
	begin(_i);
	ck_assert_int_eq(load(one, 0), 0);
	ck_assert_int_eq(count, 0);
	ck_assert_int_eq(append(one, 2, "gap"), -EAGAIN);
	ck_assert_int_eq(append(one, 1, "a"), 0);
	ck_assert_int_eq(append(one, 1, "twice"), -EAGAIN);
	ck_assert(*one->why);
	ck_assert_int_eq(append(one, 3, "gap"), -EAGAIN);
	ck_assert_int_eq(append(one, 2, "b \" \\ \xc3\xa4"), 0);
	ck_assert_int_eq(load(one, 0), 0);
	ck_assert_int_eq(count, 2);
	ck_assert_str_eq(got[0], "record a");
	ck_assert_str_eq(got[1], "record b \" \\ \xc3\xa4");
	ck_assert_int_eq(load(one, 1), 0);
	ck_assert_int_eq(count, 1);
	ck_assert_int_eq(load(one, 2), 0);
	ck_assert_int_eq(count, 0);
	end();
}
END_TEST

START_TEST(append__two_writers)
{
	begin(_i);
	other = open_as("http://other");
	ck_assert_int_eq(append(one, 1, "one"), 0);
	ck_assert_int_eq(append(other, 1, "other"), -EAGAIN);
	ck_assert_int_eq(load(other, 0), 0);
	ck_assert_int_eq(count, 1);
	ck_assert_str_eq(got[0], "record one");
	ck_assert_int_eq(append(other, 2, "other"), 0);
	ck_assert_int_eq(append(one, 2, "one"), -EAGAIN);
	ck_assert_int_eq(load(one, 1), 0);
	ck_assert_str_eq(got[0], "record other");
	end();
}
END_TEST

START_TEST(append__stays)
{
	begin(_i);
	ck_assert_int_eq(append(one, 1, "a"), 0);
	one->ops->close(one);
	one = open_as("http://one");
	ck_assert_int_eq(load(one, 0), 0);
	ck_assert_int_eq(count, 1);
	ck_assert_int_eq(append(one, 2, "b"), 0);
	end();
}
END_TEST

START_TEST(load__many)
{
	char text[16];
	int i;

	begin(_i);
	for (i = 1; i <= MANY; i++) {
		snprintf(text, sizeof(text), "%d", i);
		ck_assert_int_eq(append(one, i, text), 0);
	}
	ck_assert_int_eq(load(one, 3), 0);
	ck_assert_int_eq(count, MANY - 3);
	for (i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "record %d", i + 4);
		ck_assert_str_eq(got[i], text);
	}
	end();
}
END_TEST

START_TEST(load__refused)
{
	begin(_i);
	ck_assert_int_eq(append(one, 1, "refuse me"), 0);
	ck_assert_int_eq(load(one, 0), -EINVAL);
	ck_assert_int_eq(append(one, 2, "b"), 0);
	ck_assert_int_eq(load(one, 1), 0);
	ck_assert_int_eq(count, 1);
	end();
}
END_TEST

START_TEST(append__large)
{
	char *text = calloc(1, 200001);

	begin(_i);
	memset(text, 'x', 200000);
	ck_assert_int_eq(append(one, 1, text), 0);
	ck_assert_int_eq(load(one, 0), 0);
	ck_assert_int_eq(count, 1);
	end();
	free(text);
}
END_TEST

/* A try leaves nothing behind. */
START_TEST(probe__means_nothing)
{
	begin(_i);
	ck_assert_int_eq(append(one, 1, "a"), 0);
	ck_assert_int_eq(one->ops->probe(one), 0);
	ck_assert_int_eq(load(one, 0), 0);
	ck_assert_int_eq(count, 1);
	ck_assert_int_eq(append(one, 2, "b"), 0);
	end();
}
END_TEST

START_TEST(compact__replaces)
{
	begin(_i);
	ck_assert_int_eq(append(one, 1, "a"), 0);
	ck_assert_int_eq(append(one, 2, "b"), 0);
	ck_assert_int_eq(append(one, 3, "c"), 0);
	ck_assert_int_eq(one->ops->compact(one, 2, "a and b"), 0);
	ck_assert_int_eq(load(one, 0), 0);
	ck_assert_int_eq(count, 2);
	ck_assert_str_eq(got[0], "snapshot a and b");
	ck_assert_str_eq(got[1], "record c");
	/* Who knows as much needs no snapshot. */
	ck_assert_int_eq(load(one, 2), 0);
	ck_assert_int_eq(count, 1);
	/* Without any record left revisions go on. */
	ck_assert_int_eq(one->ops->compact(one, 3, "all"), 0);
	ck_assert_int_eq(append(one, 3, "twice"), -EAGAIN);
	ck_assert_int_eq(append(one, 4, "d"), 0);
	other = open_as("http://other");
	ck_assert_int_eq(load(other, 1), 0);
	ck_assert_int_eq(count, 2);
	ck_assert_str_eq(got[0], "snapshot all");
	ck_assert_str_eq(got[1], "record d");
	end();
}
END_TEST

/* All is replaced, and whoever had read it before gets it anew. */
START_TEST(replace__goes_on)
{
	uint64_t head = 77;

	begin(_i);
	ck_assert_int_eq(one->ops->head(one, &head), 0);
	ck_assert_uint_eq(head, 0);
	ck_assert_int_eq(one->ops->replace(one, 0, 5, "five"), 0);
	ck_assert_int_eq(append(one, 6, "six"), 0);
	ck_assert_int_eq(one->ops->head(one, &head), 0);
	ck_assert_uint_eq(head, 6);
	ck_assert_int_eq(one->ops->replace(one, 5, 100, "no"), -EAGAIN);
	ck_assert_int_eq(one->ops->replace(one, 6, 100, "hundred"), 0);
	ck_assert_int_eq(append(one, 7, "no"), -EAGAIN);
	ck_assert_int_eq(append(one, 101, "next"), 0);
	ck_assert_int_eq(load(one, 6), 0);
	ck_assert_int_eq(count, 2);
	ck_assert_str_eq(got[0], "snapshot hundred");
	ck_assert_str_eq(got[1], "record next");
	end();
}
END_TEST

START_TEST(lead__one)
{
	char leader[64] = "";

	begin(_i);
	other = open_as("http://other");
	ck_assert_int_gt(one->ops->lead(one, leader, sizeof(leader)), 0);
	ck_assert_int_gt(one->ops->lead(one, leader, sizeof(leader)), 0);
	ck_assert_int_eq(other->ops->lead(other, leader, sizeof(leader)), 0);
	ck_assert_str_eq(leader, "http://one");
	ck_assert_int_eq(append(one, 1, "a"), 0);
	/* Who ends leads no longer, and another one may at once. */
	one->ops->close(one);
	ck_assert_int_gt(other->ops->lead(other, leader, sizeof(leader)), 0);
	one = open_as("http://one");
	ck_assert_int_eq(one->ops->lead(one, leader, sizeof(leader)), 0);
	ck_assert_str_eq(leader, "http://other");
	end();
}
END_TEST

START_TEST(open__refuses)
{
	struct ssi_store_cfg cfg = { .self = "x", .prefix = "x" };
	static const char *const bad[] = { "", "sqlite", "file:x", "etcd:", "etcd:,,", "sqlite:",
					   "sqlite:/nowhere/at/all.db" };

	*why = 0;
	ck_assert_ptr_null(ssi_store_open(bad[_i], &cfg, why, sizeof(why)));
	ck_assert(*why);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("store");
	char command[96];
	int rc;

	if (!mkdtemp(folder))
		return 1;
	etcd_start();
	tcase_add_loop_test(tc, append__in_order, 0, STORES);
	tcase_add_loop_test(tc, append__two_writers, 0, STORES);
	tcase_add_loop_test(tc, append__stays, 0, STORES);
	tcase_add_loop_test(tc, load__many, 0, STORES);
	tcase_add_loop_test(tc, load__refused, 0, STORES);
	tcase_add_loop_test(tc, append__large, 0, STORES);
	tcase_add_loop_test(tc, probe__means_nothing, 0, STORES);
	tcase_add_loop_test(tc, compact__replaces, 0, STORES);
	tcase_add_loop_test(tc, replace__goes_on, 0, STORES);
	tcase_add_loop_test(tc, lead__one, 0, STORES);
	tcase_add_loop_test(tc, open__refuses, 0, 7);
	rc = run_case("coord_store", tc);
	etcd_stop();
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command) || rc;
}
