// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/table.c"

#include <stdlib.h>
#include <string.h>

#include "unit_ssictl_run.h"

static const struct ssi_column columns[] = {
	{ "name", -6 }, { "count", 6 }, { "time", 8 }, { "ids", 0 }, { NULL, 0 },
};

static char text[2048];

static void fill(struct ssi_out *out)
{
	struct ssi_table t;

	ssi_table_begin(&t, out, "rows", columns);
	ssi_table_row(&t, "one");
	ssi_table_u64(&t, 12);
	ssi_table_ns(&t, 1500);
	ssi_table_ids(&t, 1ull << 63 | 5);
	ssi_table_row_end(&t);
	ssi_table_row_id(&t, 2);
	ssi_table_none(&t);
	ssi_table_ns(&t, 0);
	ssi_table_str(&t, "word");
	ssi_table_row_end(&t);
	ssi_table_end(&t);
}

static void print(bool json, void (*what)(struct ssi_out *out))
{
	struct ssi_out out;
	FILE *f;

	memset(text, 0, sizeof(text));
	f = fmemopen(text, sizeof(text), "w");
	ssi_out_begin(&out, f, json);
	what(&out);
	ck_assert_int_eq(ssi_out_end(&out, 0), 0);
	fclose(f);
}

START_TEST(text__columns)
{
	print(false, fill);
	ck_assert_str_eq(text, "\n"
			       "  name     count      time  ids\n"
			       "  one         12    1.5 us  0,2,63\n"
			       "  2            -    0.0 us  word\n");
}
END_TEST

START_TEST(json__objects)
{
	json_t *root, *rows, *row;

	print(true, fill);
	root = json_loads(text, 0, NULL);
	rows = json_object_get(root, "rows");
	ck_assert_uint_eq(json_array_size(rows), 2);
	row = json_array_get(rows, 0);
	ck_assert_str_eq(json_string_value(json_object_get(row, "name")), "one");
	ck_assert_int_eq(json_integer_value(json_object_get(row, "time")), 1500);
	ck_assert_uint_eq(json_array_size(json_object_get(row, "ids")), 3);
	row = json_array_get(rows, 1);
	ck_assert_int_eq(json_integer_value(json_object_get(row, "name")), 2);
	ck_assert_ptr_null(json_object_get(row, "count"));
	ck_assert_str_eq(json_string_value(json_object_get(row, "ids")), "word");
	json_decref(root);
}
END_TEST

static void fill_flags(struct ssi_out *out)
{
	static const char *const names[] = { "a", "b", "c", NULL };
	static const struct ssi_column columns_of_flags[] = { { "id", -2 }, { "f", 0 }, { NULL, 0 } };
	struct ssi_table t;
	uint32_t flags;

	ssi_table_begin(&t, out, "rows", columns_of_flags);
	for (flags = 0; flags < 8; flags += 5) {
		ssi_table_row_id(&t, flags);
		ssi_table_flags(&t, names, flags);
		ssi_table_row_end(&t);
	}
	ssi_table_end(&t);
}

START_TEST(flags__names)
{
	json_t *root, *row;

	print(false, fill_flags);
	ck_assert_str_eq(text, "\n  id  f\n  0   -\n  5   a,c\n");
	print(true, fill_flags);
	root = json_loads(text, 0, NULL);
	row = json_array_get(json_object_get(root, "rows"), 1);
	ck_assert_uint_eq(json_array_size(json_object_get(row, "f")), 2);
	row = json_array_get(json_object_get(root, "rows"), 0);
	ck_assert_uint_eq(json_array_size(json_object_get(row, "f")), 0);
	json_decref(root);
}
END_TEST

static void fill_nothing(struct ssi_out *out)
{
	struct ssi_table t;

	ssi_table_begin(&t, out, "rows", columns);
	ssi_table_end(&t);
}

START_TEST(text__no_rows)
{
	print(false, fill_nothing);
	ck_assert_str_eq(text, "");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("table");

	tcase_add_test(tc, text__columns);
	tcase_add_test(tc, json__objects);
	tcase_add_test(tc, flags__names);
	tcase_add_test(tc, text__no_rows);
	return run_case("ssictl_table", tc);
}
