// SPDX-License-Identifier: Apache-2.0
#include "../../coordinator/ledger.c"

#include "unit_ssictl_run.h"

/* A store in memory that fails, loses answers and is changed by others on demand. */
#define RECORDS 2000

static struct {
	struct ssi_store store;
	char *snapshot;
	uint64_t compacted;
	char *record[RECORDS];
	uint64_t head;
	int fail;
	bool full;
	bool lose_answer;
	int interfere;
	int lead_ms;
	unsigned int compactions;
} fake;

static uint64_t revision_of(const char *text)
{
	json_t *root = json_loads(text, 0, NULL);
	uint64_t revision = json_integer_value(json_object_get(root, "revision"));

	json_decref(root);
	return revision;
}

static void keep(const char *text)
{
	fake.record[++fake.head] = strdup(text);
	ck_assert_uint_eq(revision_of(text), fake.head);
}

static int fake_load(struct ssi_store *store, uint64_t after, const struct ssi_store_sink *sink)
{
	(void)store;
	if (fake.fail)
		return fake.fail;
	if (fake.snapshot && after < fake.compacted) {
		ck_assert_int_eq(sink->snapshot(fake.snapshot, sink->arg), 0);
		after = fake.compacted;
	}
	while (after < fake.head) {
		if (sink->record(fake.record[++after], sink->arg) < 0)
			return -EINVAL;
	}
	return 0;
}

/* Another coordinator registers a node of its own. */
static void interfere(void)
{
	struct ssi_change change = { .type = SSI_CHANGE_NODE_REGISTERED,
				     .node = 60 - fake.interfere,
				     .revision = fake.head + 1 };
	char *text;

	snprintf(change.name, sizeof(change.name), "other%d", fake.interfere--);
	text = ssi_change_write(&change);
	keep(text);
	free(text);
}

static int fake_append(struct ssi_store *store, uint64_t revision, const char *record)
{
	if (fake.interfere)
		interfere();
	snprintf(store->why, sizeof(store->why), "the disk is gone");
	if (fake.fail || fake.full)
		return fake.fail ? fake.fail : -ENOSPC;
	if (revision != fake.head + 1)
		return -EAGAIN;
	keep(record);
	/* As after a second try: the first one was carried out. */
	if (!fake.lose_answer)
		return 0;
	fake.lose_answer = false;
	return -EAGAIN;
}

static int fake_probe(struct ssi_store *store)
{
	(void)store;
	return fake.full ? -ENOSPC : 0;
}

static int fake_compact(struct ssi_store *store, uint64_t revision, const char *snapshot)
{
	(void)store;
	free(fake.snapshot);
	fake.snapshot = strdup(snapshot);
	fake.compacted = revision;
	fake.compactions++;
	return 0;
}

static int fake_lead(struct ssi_store *store, char *leader, size_t size)
{
	(void)store;
	snprintf(leader, size, "http://other");
	return fake.lead_ms;
}

static void fake_close(struct ssi_store *store)
{
	(void)store;
}

static const struct ssi_store_ops fake_ops = {
	.scheme = "fake",
	.close = fake_close,
	.load = fake_load,
	.append = fake_append,
	.probe = fake_probe,
	.compact = fake_compact,
	.lead = fake_lead,
};

/* ---- ---- */

static struct ssi_ledger ledger;
static struct ssi_refusal refusal;
static struct ssi_change made;
static int told;

static void changed(void *arg)
{
	(*(int *)arg)++;
}

static void open_ledger(struct ssi_ledger *l)
{
	ssi_ledger_init(l, &fake.store);
	l->changed = changed;
	l->arg = &told;
}

static void setup(void)
{
	fake.store.ops = &fake_ops;
	fake.lead_ms = 60000;
	open_ledger(&ledger);
	ssi_ledger_tick(&ledger);
}

static void teardown(void)
{
	while (fake.head)
		free(fake.record[fake.head--]);
	free(fake.snapshot);
	ssi_ledger_free(&ledger);
}

static int create(void)
{
	struct ssi_wish w = { .type = SSI_WISH_CREATE_CLUSTER,
			      .with = { .name = "lab", .lease_ms = 1000, .max_nodes = 64,
					.id = "00000000000000000000000000000001",
					.request = "00000000000000000000000000000001" } };

	return ssi_ledger_wish(&ledger, &w, &made, &refusal);
}

static int enroll(const char *name)
{
	struct ssi_wish w = { .type = SSI_WISH_REGISTER, .with = { .share = 1 << 20 } };

	strcpy(w.with.name, name);
	return ssi_ledger_wish(&ledger, &w, &made, &refusal);
}

static int join_as(uint32_t node, char last)
{
	struct ssi_wish w = { .type = SSI_WISH_JOIN,
			      .with = { .node = node,
					.incarnation = "00000000000000000000000000000000" } };

	w.with.incarnation[31] = last;
	snprintf(w.with.address, sizeof(w.with.address), "192.0.2.%u:1", node + 1);
	return ssi_ledger_wish(&ledger, &w, &made, &refusal);
}

/* Whoever reads the store has the same cluster. */
static void check_same(void)
{
	struct ssi_ledger again;
	char *one, *other;

	open_ledger(&again);
	ck_assert_int_eq(ssi_ledger_catch_up(&again), 0);
	one = ssi_cluster_save(&ledger.cluster);
	other = ssi_cluster_save(&again.cluster);
	ck_assert_str_eq(one, other);
	free(one);
	free(other);
	ssi_ledger_free(&again);
}

START_TEST(wish__kept_before_it_is_told)
{
	ck_assert_int_eq(create(), 1);
	ck_assert_int_eq(told, 1);
	ck_assert_uint_eq(fake.head, 1);
	ck_assert_str_eq(ssi_ledger_record(&ledger, 1), fake.record[1]);
	ck_assert_ptr_null(ssi_ledger_record(&ledger, 0));
	ck_assert_ptr_null(ssi_ledger_record(&ledger, 2));
	fake.fail = -ENOSPC;
	ck_assert_int_eq(enroll("a"), -1);
	ck_assert_uint_eq(refusal.problem, SSI_PROBLEM_STORE);
	ck_assert_str_eq(refusal.detail, "the disk is gone");
	ck_assert_int_eq(told, 1);
	ck_assert_uint_eq(ledger.cluster.revision, 1);
	ck_assert_str_eq(ledger.trouble, "the disk is gone");
	fake.fail = 0;
	ck_assert_int_eq(enroll("a"), 1);
	ssi_ledger_tick(&ledger);
	ck_assert_str_eq(ledger.trouble, "");
	check_same();
}
END_TEST

/* A store that can be read and not written is in trouble until it can be. */
START_TEST(wish__full)
{
	ck_assert_int_eq(create(), 1);
	fake.full = true;
	ck_assert_int_eq(enroll("a"), -1);
	ssi_ledger_tick(&ledger);
	ssi_ledger_tick(&ledger);
	ck_assert_str_eq(ledger.trouble, "the disk is gone");
	fake.full = false;
	ssi_ledger_tick(&ledger);
	ck_assert_str_eq(ledger.trouble, "");
	check_same();
}
END_TEST

/* What others did comes first, and what is wished for is decided anew. */
START_TEST(wish__others_first)
{
	ck_assert_int_eq(create(), 1);
	fake.interfere = 3;
	ck_assert_int_eq(enroll("a"), 1);
	ck_assert_uint_eq(fake.head, 5);
	ck_assert_uint_eq(made.revision, 5);
	check_same();
	fake.interfere = TRIES + 1;
	ck_assert_int_eq(enroll("b"), -1);
	ck_assert_uint_eq(refusal.problem, SSI_PROBLEM_BUSY);
	fake.interfere = 0;
	check_same();
}
END_TEST

/* A change that was kept although its answer was lost is no refusal. */
START_TEST(wish__lost_answer)
{
	fake.lose_answer = true;
	ck_assert_int_eq(create(), 1);
	ck_assert_uint_eq(fake.head, 1);
	ck_assert_int_eq(told, 1);
	check_same();
}
END_TEST

START_TEST(tick__buries)
{
	struct ssi_report report = { .stats = json_object() };

	ck_assert_int_eq(create(), 1);
	ck_assert_int_eq(enroll("a"), 1);
	ck_assert_int_eq(enroll("b"), 1);
	ck_assert_int_eq(join_as(0, '1'), 1);
	ck_assert_int_eq(join_as(1, '1'), 1);
	ssi_reports_take(&ledger.reports, 1, &report, 1);
	json_decref(report.stats);
	ledger.leases.heard[1] -= 2 * 1000;
	ssi_ledger_tick(&ledger);
	ck_assert_uint_eq(ledger.cluster.node[1]->state, SSI_NODE_DEAD);
	ck_assert_uint_eq(ledger.cluster.node[0]->state, SSI_NODE_UP);
	ck_assert_ptr_null(ledger.reports.last[1].stats);
	ck_assert_uint_eq(fake.head, 6);
	check_same();
}
END_TEST

/* Once, by who leads: a cluster that was deleted is not made again. */
START_TEST(tick__creates)
{
	struct ssi_wish w = { .type = SSI_WISH_CREATE_CLUSTER,
			      .with = { .name = "lab", .lease_ms = 1000, .max_nodes = 64,
					.id = "00000000000000000000000000000001" } };
	struct ssi_wish gone = { .type = SSI_WISH_DELETE_CLUSTER };

	ledger.create = &w;
	fake.lead_ms = 0;
	ssi_ledger_tick(&ledger);
	ck_assert(!ledger.cluster.created);
	fake.lead_ms = 60000;
	ssi_ledger_tick(&ledger);
	ck_assert(ledger.cluster.created);
	ck_assert_int_eq(ssi_ledger_wish(&ledger, &gone, &made, &refusal), 1);
	ssi_ledger_tick(&ledger);
	ck_assert(!ledger.cluster.created);
	check_same();
}
END_TEST

/* Who follows buries nobody, and who begins to lead gives everybody a whole lease. */
START_TEST(tick__begins_to_lead)
{
	ck_assert_int_eq(create(), 1);
	ck_assert_int_eq(enroll("a"), 1);
	ck_assert_int_eq(enroll("b"), 1);
	ck_assert_int_eq(join_as(0, '1'), 1);
	ck_assert_int_eq(join_as(1, '1'), 1);
	fake.lead_ms = 0;
	ssi_ledger_tick(&ledger);
	ledger.leases.heard[1] -= 2 * 1000;
	ssi_ledger_tick(&ledger);
	ck_assert_uint_eq(ledger.cluster.node[1]->state, SSI_NODE_UP);
	fake.lead_ms = 60000;
	ssi_ledger_tick(&ledger);
	ck_assert_uint_eq(ledger.cluster.node[1]->state, SSI_NODE_UP);
	ck_assert_int_gt(ssi_leases_left(&ledger.leases, &ledger.cluster, 1, ssi_ledger_now()), 500);
}
END_TEST

START_TEST(tick__compacts)
{
	int i;

	ck_assert_int_eq(create(), 1);
	ck_assert_int_eq(enroll("a"), 1);
	ck_assert_int_eq(join_as(0, '1'), 1);
	for (i = 0; ledger.cluster.revision < SSI_LEDGER_COMPACT + 2; i++) {
		struct ssi_wish w = { .type = SSI_WISH_DRAIN, .with = { .draining = !(i & 1) } };

		ck_assert_int_eq(ssi_ledger_wish(&ledger, &w, &made, &refusal), 1);
		ssi_ledger_tick(&ledger);
	}
	ck_assert_uint_eq(fake.compactions, 1);
	ck_assert_uint_eq(fake.compacted, SSI_LEDGER_COMPACT);
	check_same();
	/* Watchers still get as many as are kept in memory. */
	ck_assert_ptr_null(ssi_ledger_record(&ledger, 2));
	ck_assert_ptr_nonnull(ssi_ledger_record(&ledger, 3));
}
END_TEST

static const char *const broken[] = {
	"", "{}", "{\"revision\":1,\"time\":1,\"type\":\"unheard-of\"}",
	"{\"revision\":1,\"time\":1,\"type\":\"node-dead\",\"node\":1}",
	"{\"revision\":7,\"time\":1,\"type\":\"cluster-deleted\"}",
};

START_TEST(catch_up__broken)
{
	fake.head = 1;
	fake.record[1] = strdup(broken[_i]);
	ck_assert_int_lt(ssi_ledger_catch_up(&ledger), 0);
	ck_assert(*ledger.trouble);
	ck_assert_uint_eq(ledger.cluster.revision, 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("ledger");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, wish__kept_before_it_is_told);
	tcase_add_test(tc, wish__full);
	tcase_add_test(tc, wish__others_first);
	tcase_add_test(tc, wish__lost_answer);
	tcase_add_test(tc, tick__buries);
	tcase_add_test(tc, tick__creates);
	tcase_add_test(tc, tick__begins_to_lead);
	tcase_add_test(tc, tick__compacts);
	tcase_add_loop_test(tc, catch_up__broken, 0, COUNT(broken));
	return run_case("coord_ledger", tc);
}
