// SPDX-License-Identifier: Apache-2.0
#include "../../coordinator/samples.c"

#include "unit_ssictl_run.h"

static struct ssi_samples samples;

static void take(const char *stats, const char *times, int64_t now)
{
	json_t *a = stats ? json_loads(stats, 0, NULL) : NULL;
	json_t *b = times ? json_loads(times, 0, NULL) : NULL;

	ssi_samples_take(&samples, a, b, now);
	json_decref(a);
	json_decref(b);
}

/* The text of a list, by one key or by two. */
static char *show(int64_t after, const char *key, const char *phase)
{
	json_t *root = ssi_samples_json(&samples, after), *at = root;
	char *text;

	if (phase)
		at = json_object_get(json_object_get(root, "times"), phase);
	text = json_dumps(json_object_get(at, key), JSON_ENCODE_ANY | JSON_COMPACT);
	json_decref(root);
	return text;
}

static void expect(int64_t after, const char *key, const char *phase, const char *text)
{
	char *found = show(after, key, phase);

	ck_assert_str_eq(found, text);
	free(found);
}

START_TEST(phase__words)
{
	ck_assert_int_eq(ssi_sample_phase("total"), 0);
	ck_assert_int_eq(ssi_sample_phase("serve"), SSI_SAMPLE_PHASES - 1);
	ck_assert_int_eq(ssi_sample_phase("totals"), -1);
	ck_assert_int_eq(ssi_sample_phase(""), -1);
}
END_TEST

START_TEST(take__what_was_not_told_is_null)
{
	take("{\"faults_local\":7,\"unknown\":1}", NULL, 1000);
	take(NULL, "[{\"phase\":\"hold\",\"count\":1,\"p50_ns\":2,\"p99_ns\":3}]", 2000);
	expect(0, "at_ms", NULL, "[1000,2000]");
	expect(0, "faults_local", NULL, "[7,null]");
	expect(0, "transit_bytes", NULL, "[null,null]");
	expect(0, "count", "hold", "[null,1]");
	expect(0, "p50_ns", "hold", "[null,2]");
	expect(0, "p99_ns", "hold", "[null,3]");
	expect(0, "p99_ns", "total", "[null,null]");
}
END_TEST

START_TEST(take__apart)
{
	take("{}", NULL, 0);
	take("{}", NULL, SSI_SAMPLES_APART_MS - 1);
	take("{}", NULL, SSI_SAMPLES_APART_MS);
	ck_assert_uint_eq(samples.taken, 2);
}
END_TEST

START_TEST(json__since)
{
	take("{}", NULL, 1000);
	take("{}", NULL, 2000);
	expect(999, "at_ms", NULL, "[1000,2000]");
	expect(1000, "at_ms", NULL, "[2000]");
	expect(2000, "at_ms", NULL, "[]");
	expect(2000, "faults_local", NULL, "[]");
}
END_TEST

START_TEST(take__ring)
{
	char text[32];
	json_t *root, *list;
	int i;

	for (i = 1; i <= 2 * SSI_SAMPLES + 7; i++) {
		snprintf(text, sizeof(text), "{\"faults_local\":%d}", i);
		take(text, NULL, i * 1000);
	}
	root = ssi_samples_json(&samples, 0);
	list = json_object_get(root, "faults_local");
	ck_assert_uint_eq(json_array_size(list), SSI_SAMPLES);
	for (i = 0; i < SSI_SAMPLES; i++)
		ck_assert_int_eq(json_integer_value(json_array_get(list, i)), SSI_SAMPLES + 8 + i);
	json_decref(root);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("samples");

	tcase_add_test(tc, phase__words);
	tcase_add_test(tc, take__what_was_not_told_is_null);
	tcase_add_test(tc, take__apart);
	tcase_add_test(tc, json__since);
	tcase_add_test(tc, take__ring);
	return run_case("coord_samples", tc);
}
