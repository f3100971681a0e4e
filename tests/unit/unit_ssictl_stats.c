// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/cmd_stats.c"

#include "unit_ssictl_fake_nl.h"
#include "unit_ssictl_keys.h"
#include "unit_ssictl_run.h"

static struct ssi_nl_node node = { .name = "node0" };
static struct ssi_nl_hist hists[4];
static unsigned int hist_count;
static unsigned int resets;

static void setup(void)
{
	hist_count = 0;
	resets = 0;
}

static struct ssi_nl_hist *add_hist(uint32_t phase, uint32_t kind, uint32_t peer)
{
	struct ssi_nl_hist *hist = &hists[hist_count++];

	*hist = (struct ssi_nl_hist){ .phase = phase, .kind = kind, .peer = peer };
	return hist;
}

int ssi_nl_node_each(struct ssi_nl *nl, const char *name, ssi_nl_node_fn fn, void *arg)
{
	(void)nl;
	return name && strcmp(name, node.name) ? -ENODEV : fn(&node, arg);
}

int ssi_nl_hist_each(struct ssi_nl *nl, const char *name, ssi_nl_hist_fn fn, void *arg)
{
	unsigned int i;
	int rc = 0;

	(void)nl;
	ck_assert_str_eq(name, node.name);
	for (i = 0; i < hist_count && rc == 0; i++)
		rc = fn(&hists[i], arg);
	return rc;
}

int ssi_nl_stats_reset(struct ssi_nl *nl, const char *name)
{
	(void)nl;
	ck_assert_str_eq(name, node.name);
	resets++;
	return 0;
}

/* What the command prints as JSON: its first node. */
static json_t *run_json(struct ssi_args args, json_t **root)
{
	char *text;

	args.json = true;
	ck_assert_int_eq(run_to_text(ssi_cmd_stats, &args, &text), SSI_EXIT_OK);
	*root = json_loads(text, 0, NULL);
	free(text);
	check_json(*root, "stats");
	return json_array_get(json_object_get(*root, "nodes"), 0);
}

static long long number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	ck_assert_msg(json_is_integer(value), "%s", key);
	return json_integer_value(value);
}

static const char *word(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

START_TEST(names__nothing_lacks_one)
{
	unsigned int i;

	for (i = SSI_MEM_S_PAD + 1; i <= SSI_MEM_S_MAX; i++)
		ck_assert_msg(ssi_counter_name[i] != NULL, "counter %u", i);
	for (i = 0; i <= SSI_MEM_HIST_PHASE_MAX; i++)
		ck_assert_msg(ssi_phase_name[i] != NULL, "phase %u", i);
	for (i = 0; i <= SSI_MEM_HIST_KIND_MAX; i++)
		ck_assert_msg(ssi_kind_name[i] != NULL, "kind %u", i);
}
END_TEST

START_TEST(stats__counters)
{
	json_t *root, *first;

	node.stats.counter[SSI_MEM_S_UPGRADES] = 42;
	first = run_json((struct ssi_args){ 0 }, &root);
	ck_assert_int_eq(number(first, "upgrades"), 42);
	ck_assert_int_eq(number(first, "remote_faults_timed"), 0);
	ck_assert_int_eq(json_array_size(json_object_get(first, "times")), 0);
	ck_assert_ptr_null(json_object_get(first, "buckets"));
	json_decref(root);
}
END_TEST

/* Remote faults are reads, writes and upgrades together, and nothing else. */
START_TEST(stats__remote_faults)
{
	json_t *root, *first;

	add_hist(SSI_MEM_HIST_PHASE_TOTAL, SSI_MEM_HIST_KIND_READ, SSI_NL_NONE)->bucket[7] = 10;
	add_hist(SSI_MEM_HIST_PHASE_TOTAL, SSI_MEM_HIST_KIND_UPGRADE, SSI_NL_NONE)->bucket[3] = 90;
	add_hist(SSI_MEM_HIST_PHASE_TOTAL, SSI_MEM_HIST_KIND_FIRST, SSI_NL_NONE)->bucket[9] = 99;
	add_hist(SSI_MEM_HIST_PHASE_ANSWER, SSI_MEM_HIST_KIND_READ, SSI_NL_NONE)->bucket[9] = 99;
	first = run_json((struct ssi_args){ 0 }, &root);
	ck_assert_int_eq(number(first, "remote_faults_timed"), 100);
	ck_assert_int_eq(number(first, "remote_fault_p50"), 3);
	ck_assert_int_eq(number(first, "remote_fault_p90"), 3);
	ck_assert_int_eq(number(first, "remote_fault_p99"), 7);
	json_decref(root);
}
END_TEST

START_TEST(stats__times_by_phase_and_by_home)
{
	json_t *root, *first, *row;

	add_hist(SSI_MEM_HIST_PHASE_HOLD, SSI_MEM_HIST_KIND_WRITE, SSI_NL_NONE)->bucket[5] = 1;
	add_hist(SSI_MEM_HIST_PHASE_ANSWER, SSI_MEM_HIST_KIND_READ, 63)->bucket[6] = 1000;
	add_hist(SSI_MEM_HIST_PHASE_MAX + 1, SSI_MEM_HIST_KIND_READ, SSI_NL_NONE)->bucket[1] = 1;
	first = run_json((struct ssi_args){ 0 }, &root);
	ck_assert_uint_eq(json_array_size(json_object_get(first, "times")), 1);
	row = json_array_get(json_object_get(first, "times"), 0);
	ck_assert_str_eq(word(row, "phase"), "hold");
	ck_assert_str_eq(word(row, "kind"), "write");
	ck_assert_int_eq(number(row, "p50"), 5);
	ck_assert_uint_eq(json_array_size(json_object_get(first, "answers_by_home")), 1);
	row = json_array_get(json_object_get(first, "answers_by_home"), 0);
	ck_assert_int_eq(number(row, "home"), 63);
	ck_assert_int_eq(number(row, "count"), 1000);
	ck_assert_int_eq(number(row, "p999"), 6);
	json_decref(root);
}
END_TEST

START_TEST(stats__buckets)
{
	json_t *root, *first, *row;

	add_hist(SSI_MEM_HIST_PHASE_ANSWER, SSI_MEM_HIST_KIND_FIRST, SSI_NL_NONE)->bucket[17] = 2;
	first = run_json((struct ssi_args){ .hist = true }, &root);
	ck_assert_uint_eq(json_array_size(json_object_get(first, "buckets")), 1);
	row = json_array_get(json_object_get(first, "buckets"), 0);
	ck_assert_str_eq(word(row, "kind"), "first");
	ck_assert_int_eq(number(row, "from_ns"), 18);
	ck_assert_int_eq(number(row, "count"), 2);
	ck_assert_ptr_null(json_object_get(row, "home"));
	json_decref(root);
}
END_TEST

START_TEST(stats__keys)
{
	json_t *root;

	add_hist(SSI_MEM_HIST_PHASE_TOTAL, SSI_MEM_HIST_KIND_READ, SSI_NL_NONE)->bucket[7] = 1;
	add_hist(SSI_MEM_HIST_PHASE_ANSWER, SSI_MEM_HIST_KIND_READ, 63)->bucket[6] = 1;
	run_json((struct ssi_args){ .hist = true }, &root);
	check_keys(root, "stats");
	json_decref(root);
}
END_TEST

START_TEST(stats__reset)
{
	json_t *root;

	run_json((struct ssi_args){ 0 }, &root);
	json_decref(root);
	ck_assert_uint_eq(resets, 0);
	run_json((struct ssi_args){ .reset = true }, &root);
	json_decref(root);
	ck_assert_uint_eq(resets, 1);
}
END_TEST

START_TEST(stats__no_such_node)
{
	const struct ssi_args args = { .node = "other", .reset = true };

	ck_assert_int_eq(ssi_cmd_stats(&args), SSI_EXIT_FAIL);
	ck_assert_uint_eq(resets, 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("stats");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, names__nothing_lacks_one);
	tcase_add_test(tc, stats__counters);
	tcase_add_test(tc, stats__remote_faults);
	tcase_add_test(tc, stats__times_by_phase_and_by_home);
	tcase_add_test(tc, stats__buckets);
	tcase_add_test(tc, stats__keys);
	tcase_add_test(tc, stats__reset);
	tcase_add_test(tc, stats__no_such_node);
	return run_case("ssictl_stats", tc);
}
