// SPDX-License-Identifier: Apache-2.0
#include "../../coordinator/fields.c"

#include "unit_ssictl_run.h"

struct all {
	char name[SSI_NAME_SIZE];
	char hex[SSI_HEX_SIZE];
	char address[SSI_ADDRESS_SIZE];
	char text[SSI_TEXT_SIZE];
	uint32_t u32;
	uint64_t u64;
	bool flag;
	struct ssi_ids ids;
	struct ssi_places places;
	json_t *array;
	json_t *object;
};

#define ALL(field) offsetof(struct all, field)

static const struct ssi_field table[] = {
	{ "name", SSI_FIELD_NAME, ALL(name), true, 0, 0 },
	{ "hex", SSI_FIELD_HEX, ALL(hex), false, 0, 0 },
	{ "address", SSI_FIELD_ADDRESS, ALL(address), false, 0, 0 },
	{ "text", SSI_FIELD_TEXT, ALL(text), false, 0, 0 },
	{ "u32", SSI_FIELD_U32, ALL(u32), false, 2, 9 },
	{ "u64", SSI_FIELD_U64, ALL(u64), false, 1, 0 },
	{ "flag", SSI_FIELD_FLAG, ALL(flag), false, 0, 0 },
	{ "ids", SSI_FIELD_IDS, ALL(ids), false, 0, 0 },
	{ "places", SSI_FIELD_PLACES, ALL(places), false, 0, 0 },
	{ "array", SSI_FIELD_ARRAY, ALL(array), false, 0, 0 },
	{ "object", SSI_FIELD_OBJECT, ALL(object), false, 0, 0 },
	{ NULL, 0, 0, false, 0, 0 },
};

static char why[200];

static int read_text_of(const char *text, struct all *all)
{
	json_t *root = ssi_fields_parse(text, strlen(text), why, sizeof(why));
	int rc = root ? ssi_fields_read(root, table, all, why, sizeof(why)) : -1;

	json_decref(root);
	return rc;
}

#define HEX32 "0123456789abcdef0123456789abcdef"

START_TEST(write__what_was_read)
{
	static const char text[] =
		"{\"name\":\"a\",\"hex\":\"" HEX32 "\",\"address\":\"[::1]:7\",\"text\":\"x y\","
		"\"u32\":9,\"u64\":9223372036854775807,\"flag\":true,\"ids\":[3,1],"
		"\"places\":[{\"node\":1,\"bytes\":4096}]}";
	struct all all = { .u32 = 0 };
	json_t *root, *expected = json_loads(text, 0, NULL);

	ck_assert_int_eq(read_text_of(text, &all), 0);
	ck_assert_uint_eq(all.u64, INT64_MAX);
	all.array = json_array();
	all.object = json_object();
	json_object_set(expected, "array", all.array);
	json_object_set(expected, "object", all.object);
	root = ssi_fields_write(table, &all);
	ck_assert_msg(json_equal(root, expected), "%s", json_dumps(root, 0));
	json_decref(root);
	json_decref(expected);
	json_decref(all.array);
	json_decref(all.object);
}
END_TEST

static const struct {
	const char *text;
	const char *why;
} refused[] = {
	{ "", "no JSON" },
	{ "[]", "not an object" },
	{ "{}", "name is missing" },
	{ "{\"name\":\"a\",\"name\":\"b\"}", "duplicate" },
	{ "{\"name\":\"a\",\"more\":1}", "unknown field 'more'" },
	{ "{\"name\":7}", "name is not a string" },
	{ "{\"name\":\"\"}", "name is not a name" },
	{ "{\"name\":\"-a\"}", "name is not a name" },
	{ "{\"name\":\"a\\u0000b\"}", "no JSON" },
	{ "{\"name\":\"a b\"}", "name is not a name" },
	{ "{\"name\":\"a\",\"hex\":\"0123\"}", "hex is not 32 lower case" },
	{ "{\"name\":\"a\",\"hex\":\"0123456789ABCDEF0123456789abcdef\"}", "hex is not 32" },
	{ "{\"name\":\"a\",\"address\":\"localhost:1\"}", "address is not ADDR:PORT" },
	{ "{\"name\":\"a\",\"text\":\"\\n\"}", "text is not up to 63" },
	{ "{\"name\":\"a\",\"u32\":1}", "u32 is not a number from 2 to 9" },
	{ "{\"name\":\"a\",\"u32\":10}", "u32 is not a number from 2 to 9" },
	{ "{\"name\":\"a\",\"u32\":4.0}", "u32 is not a number from 2 to 9" },
	{ "{\"name\":\"a\",\"u64\":0}", "u64 is not a number, 1 or more" },
	{ "{\"name\":\"a\",\"u64\":-5}", "u64 is not a number, 1 or more" },
	{ "{\"name\":\"a\",\"u64\":9223372036854775808}", "no JSON" },
	{ "{\"name\":\"a\",\"flag\":1}", "flag is not true or false" },
	{ "{\"name\":\"a\",\"ids\":[-1]}", "ids is not a list" },
	{ "{\"name\":\"a\",\"ids\":{}}", "ids is not a list" },
	{ "{\"name\":\"a\",\"places\":[{\"node\":1}]}", "places is not a list" },
	{ "{\"name\":\"a\",\"array\":{}}", "array is not a list" },
	{ "{\"name\":\"a\",\"object\":[]}", "object is not an object" },
	{ "{\"name\":\"a\",\"array\":[[[[[[[[]]]]]]]]}", "nested deeper than 8" },
};

START_TEST(read__refuses)
{
	struct all all = { .u32 = 0 };

	ck_assert_int_eq(read_text_of(refused[_i].text, &all), -1);
	ck_assert_msg(strstr(why, refused[_i].why) != NULL, "'%s' for %s", why, refused[_i].text);
}
END_TEST

START_TEST(read__too_many_ids)
{
	char text[1024] = "{\"name\":\"a\",\"ids\":[0";
	struct all all = { .u32 = 0 };
	int i;

	for (i = 1; i < SSI_PLACES_MAX; i++)
		strcat(text, ",1");
	strcat(text, "]}");
	ck_assert_int_eq(read_text_of(text, &all), 0);
	ck_assert_uint_eq(all.ids.count, SSI_PLACES_MAX);
	strcpy(strstr(text, "]}"), ",1]}");
	ck_assert_int_eq(read_text_of(text, &all), -1);
}
END_TEST

/* Brackets inside of strings, and behind backslashes there, are no nesting. */
START_TEST(parse__depth)
{
	static const char flat[] = "{\"text\":\"[[[[[[[[[[\\\"[[[[\"}";
	json_t *root = ssi_fields_parse(flat, strlen(flat), why, sizeof(why));

	ck_assert_ptr_nonnull(root);
	json_decref(root);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("fields");

	tcase_add_test(tc, write__what_was_read);
	tcase_add_loop_test(tc, read__refuses, 0, COUNT(refused));
	tcase_add_test(tc, read__too_many_ids);
	tcase_add_test(tc, parse__depth);
	return run_case("coord_fields", tc);
}
