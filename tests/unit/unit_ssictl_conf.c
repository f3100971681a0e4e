// SPDX-License-Identifier: Apache-2.0
/* conf.c, cmd_showconf.c and cmd_apply.c: what there is as a file, and back. */
#include "../../ssictl/conf.c"

#include <unistd.h>

#include "unit_ssictl_fake_nl.h"
#include "unit_ssictl_keys.h"
#include "unit_ssictl_run.h"

#define refuse refuse_change
#define add_region list_region
#define show show_conf
#include "../../ssictl/cmd_apply.c"
#undef refuse
#define run run_showconf
#define add_node list_node
#define print print_conf
#include "../../ssictl/cmd_showconf.c"

/* ---- the kernel ---- */

static struct ssi_nl_node node = {
	.name = "node1", .id = 1, .share = 1 << 30, .reserve = 1 << 26, .hold_us = 50,
};
static struct ssi_nl_region regions[4] = {
	{ .node = "node1", .name = "r0", .id = 5, .size = 4 << 20, .members = 0xe, .mode = 0660,
	  .prefetch = 64 },
};
static unsigned int region_count = 1, calls;
static int change_rc;

int ssi_nl_node_each(struct ssi_nl *nl, const char *name, ssi_nl_node_fn fn, void *arg)
{
	(void)nl;
	return name && strcmp(name, node.name) ? -ENODEV : fn(&node, arg);
}

int ssi_nl_peer_each(struct ssi_nl *nl, const char *name, ssi_nl_peer_fn fn, void *arg)
{
	const struct ssi_nl_peer two = { .id = 2 }, three = { .id = 3 };
	int rc = fn(&two, arg);

	(void)nl;
	ck_assert_str_eq(name, "node1");
	return rc ? rc : fn(&three, arg);
}

int ssi_nl_region_each(struct ssi_nl *nl, const char *name, ssi_nl_region_fn fn, void *arg)
{
	unsigned int i;
	int rc = 0;

	(void)nl;
	ck_assert_str_eq(name, "node1");
	for (i = 0; i < region_count && rc == 0; i++)
		rc = fn(&regions[i], arg);
	return rc;
}

static struct ssi_nl_region *find(const char *name)
{
	unsigned int i;

	for (i = 0; i < region_count; i++) {
		if (!strcmp(regions[i].name, name))
			return &regions[i];
	}
	return NULL;
}

int ssi_nl_region_get(struct ssi_nl *nl, const char *name, const char *region,
		      struct ssi_nl_region *out)
{
	const struct ssi_nl_region *is = find(region);

	(void)nl;
	ck_assert_str_eq(name, "node1");
	if (is)
		*out = *is;
	return is ? 0 : -ENOENT;
}

int ssi_nl_node_drain(struct ssi_nl *nl, const char *name, bool stop)
{
	(void)nl;
	ck_assert_str_eq(name, "node1");
	calls++;
	if (!change_rc)
		node.draining = !stop;
	return change_rc;
}

int ssi_nl_region_new(struct ssi_nl *nl, const char *name, struct ssi_nl_region *region,
		      uint32_t timeout_ms)
{
	(void)nl;
	ck_assert_str_eq(name, "node1");
	ck_assert_uint_eq(timeout_ms, 1000);
	ck_assert_uint_lt(region_count, COUNT(regions));
	calls++;
	if (change_rc)
		return change_rc;
	region->members = 0xe;
	region->prefetch = 64;
	regions[region_count++] = *region;
	return 0;
}

int ssi_nl_region_extend(struct ssi_nl *nl, const char *name, const char *region, uint32_t peer,
			 uint32_t timeout_ms)
{
	(void)nl;
	ck_assert_str_eq(name, "node1");
	ck_assert_uint_eq(timeout_ms, 1000);
	calls++;
	find(region)->members |= 1ull << peer;
	return 0;
}

int ssi_nl_region_set(struct ssi_nl *nl, const char *name, const char *region, uint32_t prefetch)
{
	(void)nl;
	ck_assert_str_eq(name, "node1");
	calls++;
	find(region)->prefetch = prefetch;
	return 0;
}

/* ---- helpers ---- */

static char path[64], *text;
static struct ssi_args args = { .timeout_ms = 1000, .file = path };

static void setup(void)
{
	snprintf(path, sizeof(path), "build/unit/conf-%d.json", getpid());
}

static void teardown(void)
{
	unlink(path);
	free(text);
}

static void write_file(const char *words)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(words, f);
	ck_assert_int_eq(fclose(f), 0);
}

/* Applies @words; what is told is in @text. */
static int apply_text(const char *words)
{
	write_file(words);
	free(text);
	return run_to_text(ssi_cmd_apply, &args, &text);
}

#define FILE_OF(node) "{\"schema\":1,\"nodes\":[{\"node\":\"node1\"" node "}]}"
#define REGION_OF(region) FILE_OF(",\"regions\":[{" region "}]")

/* ---- the file ---- */

START_TEST(read__malformed)
{
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{ "", "JSON" },
		{ "[]", "object" },
		{ "{\"schema\":1}", "nodes" },
		{ "{\"nodes\":[]}", "schema" },
		{ "{\"schema\":2,\"nodes\":[]}", "schema is not a number from 1 to 1" },
		{ "{\"schema\":1,\"nodes\":{}}", "nodes" },
		{ "{\"schema\":1,\"nodes\":[],\"peers\":[]}", "peers" },
		{ "{\"schema\":1,\"schema\":1,\"nodes\":[]}", "" },
		{ "{\"schema\":1,\"nodes\":[1]}", "node 0: " },
		{ "{\"schema\":1,\"nodes\":[{}]}", "node 0: node" },
		{ "{\"schema\":1,\"nodes\":[{\"node\":\"a\"},{\"node\":\"a\"}]}",
		  "node a stands twice" },
		{ "{\"schema\":1,\"nodes\":[{\"node\":\"a b\"}]}", "node 0: node" },
		{ FILE_OF(",\"shares\":1"), "node 0: unknown field 'shares'" },
		{ FILE_OF(",\"id\":64"), "node 0: id" },
		{ FILE_OF(",\"id\":-1"), "node 0: id" },
		{ FILE_OF(",\"id\":\"1\""), "node 0: id" },
		{ FILE_OF(",\"share\":\"1G\""), "node 0: share" },
		{ FILE_OF(",\"share\":0"), "node 0: share" },
		{ FILE_OF(",\"state\":\"gone\""), "node node1: state: 'gone'" },
		{ FILE_OF(",\"regions\":[[]]"), "node node1, region 0: " },
		{ FILE_OF(",\"regions\":[{}]"), "node node1, region 0: region" },
		{ REGION_OF("\"region\":\"r\""), "node node1, region 0: size" },
		{ REGION_OF("\"region\":\"r\",\"size\":1.5"), "node node1, region 0: size" },
		{ REGION_OF("\"region\":\"r\",\"size\":1,\"epoch\":1"), "region 0: unknown field 'epoch'" },
		{ REGION_OF("\"region\":\"r\",\"size\":1},{\"region\":\"r\",\"size\":1"),
		  "region r stands twice" },
		{ REGION_OF("\"region\":\"r\",\"size\":1,\"members\":[64]"), "members" },
		{ REGION_OF("\"region\":\"r\",\"size\":1,\"members\":[1,1]"), "members" },
		{ REGION_OF("\"region\":\"r\",\"size\":1,\"mode\":\"999\""), "region r: mode: '999'" },
		{ REGION_OF("\"region\":\"r\",\"size\":1,\"mode\":660"), "mode" },
		{ REGION_OF("\"region\":\"r\",\"size\":1,\"owner\":\"nobody-of-that-name\""),
		  "region r: owner: " },
		{ REGION_OF("\"region\":\"r\",\"size\":1,\"group\":\"nobody-of-that-name\""),
		  "region r: group: " },
		{ REGION_OF("\"region\":\"r\",\"size\":1,\"prefetch\":4294967295"), "prefetch" },
	};
	struct ssi_conf conf;
	char why[SSI_CONF_WHY];
	int i;

	for (i = 0; i < COUNT(cases); i++) {
		ck_assert_msg(ssi_conf_read(cases[i].text, strlen(cases[i].text), &conf, why) == -1,
			      "%s", cases[i].text);
		ck_assert_msg(strstr(why, cases[i].why) != NULL, "%s: %s", cases[i].text, why);
		ssi_conf_free(&conf);
		ck_assert_int_eq(apply_text(cases[i].text), SSI_EXIT_FAIL);
	}
	ck_assert_uint_eq(calls, 0);
}
END_TEST

START_TEST(apply__no_file)
{
	static char big[FILE_MAX + 2];

	ck_assert_int_eq(ssi_cmd_apply(&args), SSI_EXIT_FAIL);
	memset(big, ' ', FILE_MAX + 1);
	ck_assert_int_eq(apply_text(big), SSI_EXIT_FAIL);
	args.file = "build/unit";
	ck_assert_int_eq(ssi_cmd_apply(&args), SSI_EXIT_FAIL);
}
END_TEST

/* ---- there and back ---- */

START_TEST(showconf__is_what_apply_takes)
{
	static const struct ssi_args none;
	char *shown, *again;
	json_t *root;

	ck_assert_int_eq(run_to_text(ssi_cmd_showconf, &none, &shown), SSI_EXIT_OK);
	root = json_loads(shown, 0, NULL);
	check_keys(root, "showconf");
	json_decref(root);
	ck_assert_int_eq(apply_text(shown), SSI_EXIT_OK);
	ck_assert_str_eq(text, "nothing to change\n");
	ck_assert_uint_eq(calls, 0);
	/* Elsewhere it makes what was here. */
	region_count = 0;
	ck_assert_int_eq(apply_text(shown), SSI_EXIT_OK);
	ck_assert_str_eq(text, "node node1, region r0: create, 4.00 MiB\n"
			       "node node1, region r0: prefetch 64\n");
	strcpy(regions[0].node, "node1");
	ck_assert_int_eq(run_to_text(ssi_cmd_showconf, &none, &again), SSI_EXIT_OK);
	ck_assert_str_eq(shown, again);
	free(shown);
	free(again);
}
END_TEST

START_TEST(apply__changes)
{
	static const char wanted[] =
		FILE_OF(",\"state\":\"draining\",\"regions\":["
			"{\"region\":\"r0\",\"size\":4194304,\"members\":[1,2,3,5],\"prefetch\":0},"
			"{\"region\":\"r1\",\"size\":2097152,\"mode\":\"600\",\"owner\":\"7\"}]");
	static const char told[] = "node node1, region r0: extend to node 5\n"
				   "node node1, region r0: prefetch 0\n"
				   "node node1, region r1: create, 2.00 MiB\n"
				   "node node1: drain\n";

	args.dry_run = true;
	ck_assert_int_eq(apply_text(wanted), SSI_EXIT_OK);
	ck_assert_str_eq(text, told);
	ck_assert_uint_eq(calls, 0);
	args.dry_run = false;
	ck_assert_int_eq(apply_text(wanted), SSI_EXIT_OK);
	ck_assert_str_eq(text, told);
	ck_assert_uint_eq(calls, 4);
	ck_assert_uint_eq(regions[0].members, 0x2e);
	ck_assert_uint_eq(regions[0].prefetch, 0);
	ck_assert_uint_eq(regions[1].mode, 0600);
	ck_assert_uint_eq(regions[1].uid, 7);
	ck_assert(node.draining);
	/* Once more there is nothing left to do. */
	ck_assert_int_eq(apply_text(wanted), SSI_EXIT_OK);
	ck_assert_str_eq(text, "nothing to change\n");
	ck_assert_uint_eq(calls, 4);
	ck_assert_int_eq(apply_text(FILE_OF(",\"state\":\"member\"")), SSI_EXIT_OK);
	ck_assert_str_eq(text, "node node1: stop to drain\n");
	ck_assert(!node.draining);
}
END_TEST

/* What can not be is refused before anything changes: the state comes first in each file. */
START_TEST(apply__refuses)
{
	static const char *const files[] = {
		"{\"schema\":1,\"nodes\":[{\"node\":\"node1\",\"state\":\"draining\"},"
		"{\"node\":\"node2\"}]}",
		FILE_OF(",\"state\":\"draining\",\"id\":2"),
		FILE_OF(",\"state\":\"draining\",\"share\":5"),
		FILE_OF(",\"state\":\"draining\",\"reserve\":5"),
		FILE_OF(",\"state\":\"draining\",\"hold_us\":5"),
		FILE_OF(",\"state\":\"draining\",\"regions\":[{\"region\":\"r0\",\"size\":2097152}]"),
		FILE_OF(",\"state\":\"draining\",\"regions\":[{\"region\":\"r0\",\"size\":4194304,"
			"\"mode\":\"600\"}]"),
		FILE_OF(",\"state\":\"draining\",\"regions\":[{\"region\":\"r0\",\"size\":4194304,"
			"\"owner\":\"5\"}]"),
		FILE_OF(",\"state\":\"draining\",\"regions\":[{\"region\":\"r0\",\"size\":4194304,"
			"\"members\":[1,2]}]"),
		FILE_OF(",\"state\":\"draining\",\"regions\":[{\"region\":\"r1\",\"size\":4194304,"
			"\"members\":[1,2]}]"),
	};

	ck_assert_int_eq(apply_text(files[_i]), SSI_EXIT_FAIL);
	ck_assert_str_eq(text, "");
	ck_assert_uint_eq(calls, 0);
}
END_TEST

START_TEST(apply__change_fails)
{
	change_rc = -EBUSY;
	ck_assert_int_eq(apply_text(FILE_OF(",\"state\":\"draining\"")), SSI_EXIT_FAIL);
	ck_assert_str_eq(text, "");
	ck_assert_uint_eq(calls, 1);
}
END_TEST

START_TEST(conf__no_module)
{
	write_file(FILE_OF(""));
	nl_open_rc = -ENOENT;
	ck_assert_int_eq(ssi_cmd_apply(&args), SSI_EXIT_NO_MODULE);
	ck_assert_int_eq(ssi_cmd_showconf(&args), SSI_EXIT_NO_MODULE);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("conf");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, read__malformed);
	tcase_add_test(tc, apply__no_file);
	tcase_add_test(tc, showconf__is_what_apply_takes);
	tcase_add_test(tc, apply__changes);
	tcase_add_loop_test(tc, apply__refuses, 0, 10);
	tcase_add_test(tc, apply__change_fails);
	tcase_add_test(tc, conf__no_module);
	return run_case("ssictl_conf", tc);
}
