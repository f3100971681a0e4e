// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/cmd_pages.c"

#include "unit_ssictl_fake_nl.h"
#include "unit_ssictl_keys.h"
#include "unit_ssictl_run.h"

/* Three chunks, of which the last one has one page. */
static const struct ssi_nl_region region = {
	.name = "r0", .node = "node1", .size = (2 * CHUNK_PAGES + 1) * SSI_PAGE_BYTES,
};

static const struct ssi_nl_run *runs;
static unsigned int run_count;
static struct ssi_nl_range asked;

int ssi_nl_region_get(struct ssi_nl *nl, const char *node, const char *name,
		      struct ssi_nl_region *out)
{
	(void)nl;
	(void)node;
	*out = region;
	return strcmp(name, region.name) ? -ENOENT : 0;
}

int ssi_nl_run_each(struct ssi_nl *nl, const struct ssi_nl_region *of,
		    const struct ssi_nl_range *range, ssi_nl_run_fn fn, void *arg)
{
	unsigned int i;
	int rc = 0;

	(void)nl;
	ck_assert_str_eq(of->name, region.name);
	asked = *range;
	for (i = 0; i < run_count && rc == 0; i++)
		rc = fn(&runs[i], arg);
	return rc;
}

int ssi_nl_chunk_each(struct ssi_nl *nl, const struct ssi_nl_region *of,
		      const struct ssi_nl_range *range, ssi_nl_chunk_fn fn, void *arg)
{
	struct ssi_nl_chunk chunk = {
		.range = { 0, CHUNK_PAGES },
		.home = 2,
		.states = { [SSI_MEM_PAGE_STATE_INVALID] = 500, [SSI_MEM_PAGE_STATE_SOLE] = 12 },
		.moving = 1,
		.has_faults = true,
		.faults = 7000000000,
	};
	int rc;

	(void)nl;
	(void)of;
	ck_assert_uint_eq(range->pages, 0);
	rc = fn(&chunk, arg);
	chunk.range.first = CHUNK_PAGES;
	chunk.homed_here = true;
	chunk.granted = 12;
	return rc ? rc : fn(&chunk, arg);
}

static const struct ssi_nl_hot *hot;
static unsigned int hot_count;
static int hot_rc;

int ssi_nl_hot_each(struct ssi_nl *nl, const struct ssi_nl_region *of, ssi_nl_hot_fn fn, void *arg)
{
	unsigned int i;

	(void)nl;
	ck_assert_str_eq(of->name, region.name);
	for (i = 0; i < hot_count; i++)
		fn(&hot[i], arg);
	return hot_rc;
}

static json_t *root;

static void run(struct ssi_args args, const char *list, json_t **items)
{
	char *text;

	args.name = "r0";
	args.json = true;
	ck_assert_int_eq(run_to_text(ssi_cmd_pages, &args, &text), SSI_EXIT_OK);
	root = json_loads(text, 0, NULL);
	free(text);
	check_json(root, "pages");
	*items = json_object_get(json_array_get(json_object_get(root, "regions"), 0), list);
	ck_assert_ptr_nonnull(*items);
}

static void teardown(void)
{
	json_decref(root);
	root = NULL;
}

static long long number(const json_t *list, size_t index, const char *key)
{
	const json_t *value = json_object_get(json_array_get(list, index), key);

	ck_assert_msg(json_is_integer(value), "%zu: %s", index, key);
	return json_integer_value(value);
}

START_TEST(chunks__a_line_each)
{
	json_t *chunks;

	run((struct ssi_args){ 0 }, "chunks", &chunks);
	ck_assert_uint_eq(json_array_size(chunks), 2);
	ck_assert_int_eq(number(chunks, 0, "sole"), 12);
	ck_assert_int_eq(number(chunks, 0, "home"), 2);
	ck_assert_int_eq(number(chunks, 0, "faults"), 7000000000);
	ck_assert_ptr_null(json_object_get(json_array_get(chunks, 0), "granted"));
	ck_assert_int_eq(number(chunks, 1, "chunk"), 1);
	ck_assert_int_eq(number(chunks, 1, "granted"), 12);
}
END_TEST

START_TEST(keys__of_chunks_and_pages)
{
	static const struct ssi_nl_run one = {
		{ 0, 1 }, 1, SSI_MEM_PAGE_STATE_SHARED, SSI_MEM_PAGE_FLAGS_RECENT, 2, 2, true
	};
	static const struct ssi_nl_hot moving = { "r0", 3, 4 };
	json_t *both = json_array(), *ignored;

	runs = &one;
	run_count = 1;
	run((struct ssi_args){ 0 }, "chunks", &ignored);
	json_array_append_new(both, root);
	run((struct ssi_args){ .chunk = { true, 0 } }, "pages", &ignored);
	json_array_append_new(both, root);
	hot = &moving;
	hot_count = 1;
	run((struct ssi_args){ .hot = true }, "hot", &ignored);
	json_array_append(both, root);
	check_keys(both, "pages");
	json_decref(both);
}
END_TEST

/* What differs in nothing is one run, also over the end of a chunk. */
START_TEST(runs__joined)
{
	static const struct ssi_nl_run some[] = {
		{ { 0, 500 }, 1, SSI_MEM_PAGE_STATE_SOLE, 0, 1, 0, true },
		{ { 500, 12 }, 1, SSI_MEM_PAGE_STATE_SOLE, SSI_MEM_PAGE_FLAGS_RECENT, 1, 0, true },
		{ { 512, 12 }, 1, SSI_MEM_PAGE_STATE_SOLE, SSI_MEM_PAGE_FLAGS_RECENT, 1, 0, true },
		{ { 524, 1 }, 2, SSI_MEM_PAGE_STATE_INVALID, 0, SSI_NL_NONE, 0, false },
	};
	json_t *pages, *flags;

	runs = some;
	run_count = COUNT(some);
	run((struct ssi_args){ .range = { true, 0, 524 } }, "pages", &pages);
	ck_assert_uint_eq(asked.first, 0);
	ck_assert_uint_eq(asked.pages, 525);
	ck_assert_uint_eq(json_array_size(pages), 3);
	ck_assert_int_eq(number(pages, 0, "last"), 499);
	ck_assert_int_eq(number(pages, 1, "first"), 500);
	ck_assert_int_eq(number(pages, 1, "last"), 523);
	ck_assert_int_eq(number(pages, 1, "owner"), 1);
	flags = json_object_get(json_array_get(pages, 1), "flags");
	ck_assert_str_eq(json_string_value(json_array_get(flags, 0)), "recent");
	ck_assert_ptr_null(json_object_get(json_array_get(pages, 2), "owner"));
	ck_assert_ptr_null(json_object_get(json_array_get(pages, 2), "sharers"));
}
END_TEST

START_TEST(runs__of_an_owner)
{
	static const struct ssi_nl_run some[] = {
		{ { 0, 1 }, 1, SSI_MEM_PAGE_STATE_SHARED, 0, 2, 2, true },
		{ { 1, 1 }, 1, SSI_MEM_PAGE_STATE_SOLE, 0, 1, 0, true },
		{ { 2, 1 }, 1, SSI_MEM_PAGE_STATE_SHARED, 0, 2, 2, true },
		{ { 3, 1 }, 1, SSI_MEM_PAGE_STATE_INVALID, 0, SSI_NL_NONE, 0, true },
	};
	json_t *pages;

	runs = some;
	run_count = COUNT(some);
	run((struct ssi_args){ .owner = { true, 2 } }, "pages", &pages);
	ck_assert_uint_eq(asked.pages, 0);
	ck_assert_uint_eq(json_array_size(pages), 2);
	ck_assert_int_eq(number(pages, 0, "last"), 0);
	ck_assert_int_eq(number(pages, 1, "first"), 2);
}
END_TEST

START_TEST(chunk__its_pages)
{
	json_t *pages;

	run_count = 0;
	run((struct ssi_args){ .chunk = { true, 1 } }, "pages", &pages);
	ck_assert_uint_eq(asked.first, CHUNK_PAGES);
	ck_assert_uint_eq(asked.pages, CHUNK_PAGES);
	teardown();
	run((struct ssi_args){ .chunk = { true, 2 } }, "pages", &pages);
	ck_assert_uint_eq(asked.pages, 1);
}
END_TEST

START_TEST(hot__hottest_first)
{
	static const struct ssi_nl_hot some[] = { { "r0", 9, 2 }, { "r0", 5, 30 }, { "r0", 1, 4 } };
	json_t *pages;

	hot = some;
	hot_count = COUNT(some);
	run((struct ssi_args){ .hot = true }, "hot", &pages);
	ck_assert_uint_eq(json_array_size(pages), 3);
	ck_assert_int_eq(number(pages, 0, "page"), 5);
	ck_assert_int_eq(number(pages, 0, "moves"), 30);
	ck_assert_int_eq(number(pages, 2, "page"), 9);
}
END_TEST

/* A module from before they were counted. */
START_TEST(hot__not_counted)
{
	const struct ssi_args args = { .name = "r0", .hot = true };
	char *text;

	hot_rc = -EOPNOTSUPP;
	ck_assert_int_eq(run_to_text(ssi_cmd_pages, &args, &text), SSI_EXIT_FAIL);
	free(text);
}
END_TEST

START_TEST(refused__what_is_not_there)
{
	static const struct ssi_args bad[] = {
		{ .name = "r1" },
		{ .name = "r0", .chunk = { true, 3 } },
		{ .name = "r0", .chunk = { true, UINT32_MAX } },
		{ .name = "r0", .range = { true, 0, 2 * CHUNK_PAGES + 1 } },
	};
	static const struct ssi_args both[] = {
		{ .name = "r0", .chunk = { true, 0 }, .range = { true, 0, 0 } },
		{ .name = "r0", .chunk = { true, 0 }, .hot = true },
		{ .name = "r0", .range = { true, 0, 0 }, .hot = true },
		{ .name = "r0", .owner = { true, 0 }, .hot = true },
	};
	int i;

	for (i = 0; i < COUNT(bad); i++)
		ck_assert_msg(ssi_cmd_pages(&bad[i]) == SSI_EXIT_FAIL, "%d", i);
	for (i = 0; i < COUNT(both); i++)
		ck_assert_msg(ssi_cmd_pages(&both[i]) == SSI_EXIT_USAGE, "%d", i);
}
END_TEST

START_TEST(page__what_is_known)
{
	static const struct ssi_nl_run here = {
		{ 2, 1 }, 1, SSI_MEM_PAGE_STATE_SHARED, SSI_MEM_PAGE_FLAGS_RECENT, 2, 6, true
	};
	static const struct ssi_nl_run away = {
		{ 2, 1 }, 3, SSI_MEM_PAGE_STATE_INVALID, 0, SSI_NL_NONE, 0, false
	};
	struct ssi_args args = { .name = "r0", .address = 0x2fff };
	char *text;

	runs = &here;
	run_count = 1;
	ck_assert_int_eq(run_to_text(ssi_cmd_page, &args, &text), SSI_EXIT_OK);
	ck_assert_uint_eq(asked.first, 2);
	ck_assert_uint_eq(asked.pages, 1);
	ck_assert_str_eq(text, "page: 2\n  region: r0\n  node: node1\n  address: 0x2000\n"
			       "  home: 1\n  state: shared\n  owner: 2\n  sharers: 1 2\n"
			       "  flag: recent\n");
	free(text);
	runs = &away;
	ck_assert_int_eq(run_to_text(ssi_cmd_page, &args, &text), SSI_EXIT_OK);
	ck_assert_str_eq(text, "page: 2\n  region: r0\n  node: node1\n  address: 0x2000\n"
			       "  home: 3\n  state: invalid\n"
			       "  (its home knows owner and sharers: ask there)\n");
	free(text);
	runs = &here;
	args.json = true;
	ck_assert_int_eq(run_to_text(ssi_cmd_page, &args, &text), SSI_EXIT_OK);
	root = json_loads(text, 0, NULL);
	check_keys(root, "page");
	free(text);
}
END_TEST

START_TEST(page__not_there)
{
	static const struct ssi_args behind = {
		.name = "r0", .address = (2 * CHUNK_PAGES + 1) * SSI_PAGE_BYTES,
	};
	static const struct ssi_args other = { .name = "r1" };

	ck_assert_int_eq(ssi_cmd_page(&behind), SSI_EXIT_FAIL);
	ck_assert_int_eq(ssi_cmd_page(&other), SSI_EXIT_FAIL);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("pages");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, chunks__a_line_each);
	tcase_add_test(tc, keys__of_chunks_and_pages);
	tcase_add_test(tc, runs__joined);
	tcase_add_test(tc, runs__of_an_owner);
	tcase_add_test(tc, chunk__its_pages);
	tcase_add_test(tc, hot__hottest_first);
	tcase_add_test(tc, hot__not_counted);
	tcase_add_test(tc, refused__what_is_not_there);
	tcase_add_test(tc, page__what_is_known);
	tcase_add_test(tc, page__not_there);
	return run_case("ssictl_pages", tc);
}
