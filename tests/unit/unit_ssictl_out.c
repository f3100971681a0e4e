// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/out.c"

#include "unit_ssictl_run.h"

static char *text;
static size_t size;

/* One document with everything in it. */
static int print_sample(bool json, bool color)
{
	FILE *f = open_memstream(&text, &size);
	struct ssi_out out;
	int rc;

	ssi_out_begin(&out, f, json);
	out.color = color;
	ssi_out_list(&out, "nodes");
	ssi_out_item(&out, "node", "a\"b");
	ssi_out_u64(&out, "pages_owned", 18);
	ssi_out_size(&out, "share", 3 << 19);
	ssi_out_ns(&out, "time", 1500);
	ssi_out_hex(&out, "life", (const uint8_t *)"\x00\xff\x10", 3);
	ssi_out_ids(&out, "members", 1ull << 63 | 5);
	ssi_out_list(&out, "peers");
	ssi_out_item_id(&out, "peer", 4);
	ssi_out_str(&out, "transport", "PLAIN", SSI_COLOR_BAD);
	ssi_out_close(&out);
	ssi_out_close(&out);
	ssi_out_close(&out);
	ssi_out_close(&out);
	rc = ssi_out_end(&out, 0);
	fclose(f);
	return rc;
}

static void teardown(void)
{
	free(text);
}

START_TEST(text__sample)
{
	ck_assert_int_eq(print_sample(false, false), 0);
	ck_assert_str_eq(text, "node: a\"b\n"
			       "  pages owned: 18\n"
			       "  share: 1.50 MiB\n"
			       "  time: 1.5 us\n"
			       "  life: 00ff10\n"
			       "  members: 0 2 63\n"
			       "\n"
			       "peer: 4\n"
			       "  transport: PLAIN\n");
}
END_TEST

START_TEST(text__colours)
{
	ck_assert_int_eq(print_sample(false, true), 0);
	ck_assert_ptr_nonnull(strstr(text, "transport: \033[31mPLAIN\033[0m\n"));
	ck_assert_ptr_nonnull(strstr(text, "\033[1mpeer: 4\033[0m\n"));
}
END_TEST

START_TEST(json__sample)
{
	json_t *root, *node;

	ck_assert_int_eq(print_sample(true, false), 0);
	root = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(root);
	ck_assert_int_eq(json_integer_value(json_object_get(root, "schema")), 1);
	node = json_array_get(json_object_get(root, "nodes"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(node, "node")), "a\"b");
	ck_assert_int_eq(json_integer_value(json_object_get(node, "share")), 3 << 19);
	ck_assert_int_eq(json_integer_value(json_object_get(node, "time")), 1500);
	ck_assert_str_eq(json_string_value(json_object_get(node, "life")), "00ff10");
	ck_assert_uint_eq(json_array_size(json_object_get(node, "members")), 3);
	node = json_array_get(json_object_get(node, "peers"), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(node, "peer")), 4);
	ck_assert_str_eq(json_string_value(json_object_get(node, "transport")), "PLAIN");
	json_decref(root);
}
END_TEST

START_TEST(json__nothing_when_incomplete)
{
	FILE *f = open_memstream(&text, &size);
	struct ssi_out out;

	ssi_out_begin(&out, f, true);
	ssi_out_list(&out, "nodes");
	ssi_out_close(&out);
	ck_assert_int_eq(ssi_out_end(&out, -ENODEV), -ENODEV);
	fclose(f);
	ck_assert_uint_eq(size, 0);
}
END_TEST

static int print_line(bool json)
{
	FILE *f = open_memstream(&text, &size);
	struct ssi_out out;
	int rc;

	ssi_out_begin_line(&out, f, json);
	ssi_out_bare(&out, "event", "link-up", SSI_COLOR_GOOD);
	ssi_out_str(&out, "node", "a", SSI_COLOR_NONE);
	ssi_out_u64(&out, "peer_id", 7);
	rc = ssi_out_end(&out, 0);
	fclose(f);
	return rc;
}

START_TEST(line__text)
{
	ck_assert_int_eq(print_line(false), 0);
	ck_assert_str_eq(text, "link-up node a peer id 7\n");
}
END_TEST

START_TEST(line__json)
{
	ck_assert_int_eq(print_line(true), 0);
	ck_assert_str_eq(text, "{\"schema\":1,\"event\":\"link-up\",\"node\":\"a\","
			       "\"peer_id\":7}\n");
}
END_TEST

START_TEST(size__units)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} sizes[] = {
		{ 0, "0.00 MiB" },
		{ 4096, "0.00 MiB" },
		{ 1023ull << 20, "1023.00 MiB" },
		{ 3ull << 29, "1.50 GiB" },
		{ 1ull << 40, "1.00 TiB" },
		{ UINT64_MAX, "16384.00 PiB" },
	};
	char got[SSI_OUT_SIZE_TEXT];

	ck_assert_str_eq(ssi_out_size_text(got, sizes[_i].bytes), sizes[_i].text);
}
END_TEST

static void print_trouble(bool json)
{
	FILE *f = open_memstream(&text, &size);
	struct ssi_out out;

	ssi_out_begin(&out, f, json);
	out.color = true;
	ssi_out_list(&out, "nodes");
	ssi_out_item(&out, "node", "a");
	ssi_out_count(&out, "stalled", 0);
	ssi_out_count(&out, "lost", 2);
	ssi_out_pid(&out, "agent", 12, "none");
	ssi_out_pid(&out, "other", 0, "none: help");
	ssi_out_close(&out);
	ssi_out_close(&out);
	ck_assert_int_eq(ssi_out_end(&out, 0), 0);
	fclose(f);
}

START_TEST(trouble__text)
{
	print_trouble(false);
	ck_assert_ptr_nonnull(strstr(text, "  stalled: 0\n"
					   "  lost: \033[31m2\033[0m\n"
					   "  agent: pid 12\n"
					   "  other: \033[31mnone: help\033[0m\n"));
}
END_TEST

START_TEST(trouble__json)
{
	json_t *root, *node;

	print_trouble(true);
	root = json_loads(text, 0, NULL);
	node = json_array_get(json_object_get(root, "nodes"), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(node, "lost")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(node, "agent")), 12);
	ck_assert(json_is_null(json_object_get(node, "other")));
	json_decref(root);
}
END_TEST

START_TEST(end__full_disk)
{
	FILE *f = fopen("/dev/full", "w");
	struct ssi_out out;

	ssi_out_begin(&out, f, _i);
	ssi_out_str(&out, "node", "x", SSI_COLOR_NONE);
	ck_assert_int_eq(ssi_out_end(&out, 0), -EIO);
	fclose(f);
}
END_TEST

START_TEST(end__item_without_list)
{
	FILE *f = open_memstream(&text, &size);
	struct ssi_out out;

	ssi_out_begin(&out, f, true);
	ssi_out_item(&out, "node", "x");
	ssi_out_u64(&out, "id", 1);
	ssi_out_close(&out);
	ck_assert_int_eq(ssi_out_end(&out, 0), -EIO);
	fclose(f);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("out");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, text__sample);
	tcase_add_test(tc, text__colours);
	tcase_add_test(tc, json__sample);
	tcase_add_test(tc, json__nothing_when_incomplete);
	tcase_add_test(tc, line__text);
	tcase_add_test(tc, line__json);
	tcase_add_loop_test(tc, size__units, 0, 6);
	tcase_add_test(tc, trouble__text);
	tcase_add_test(tc, trouble__json);
	tcase_add_loop_test(tc, end__full_disk, 0, 2);
	tcase_add_test(tc, end__item_without_list);
	return run_case("ssictl_out", tc);
}
