// SPDX-License-Identifier: Apache-2.0
#include "../../coordinator/report.c"

#include "unit_ssictl_run.h"

static struct ssi_reports reports;
static char why[200];

static int check(const char *stats, const char *vms)
{
	json_t *a = stats ? json_loads(stats, 0, NULL) : NULL;
	json_t *b = vms ? json_loads(vms, 0, NULL) : NULL;
	int rc = ssi_reports_check(a, b, why, sizeof(why));

	json_decref(a);
	json_decref(b);
	return rc;
}

#define VM(name) "{\"name\":\"" name "\",\"region\":\"r\",\"vcpus\":2,\"state\":\"running\"}"

START_TEST(check__takes)
{
	ck_assert_int_eq(check(NULL, NULL), 0);
	ck_assert_int_eq(check("{}", "[]"), 0);
	ck_assert_int_eq(check("{\"faults_read\":0,\"a9\":9223372036854775807}", NULL), 0);
	ck_assert_int_eq(check(NULL, "[" VM("a") "," VM("b") "]"), 0);
}
END_TEST

static const char *const bad_stats[] = {
	"{\"\":1}", "{\"9a\":1}", "{\"_a\":1}", "{\"A\":1}", "{\"a b\":1}", "{\"a\\n\":1}",
	"{\"a\":-1}", "{\"a\":1.5}", "{\"a\":\"1\"}", "{\"a\":{}}",
	"{\"a234567890123456789012345678901234567890123456789\":1}",
};

static const char *const bad_vms[] = {
	"[1]", "[{}]", "[{\"name\":\"a b\",\"region\":\"r\",\"vcpus\":2,\"state\":\"x\"}]",
	"[{\"name\":\"a\",\"region\":\"r\",\"vcpus\":4097,\"state\":\"x\"}]",
	"[{\"name\":\"a\",\"region\":\"r\",\"vcpus\":1,\"state\":\"x\",\"node\":0}]",
};

START_TEST(check__refuses_stats)
{
	ck_assert_int_eq(check(bad_stats[_i], NULL), -1);
}
END_TEST

START_TEST(check__refuses_vms)
{
	ck_assert_int_eq(check(NULL, bad_vms[_i]), -1);
}
END_TEST

START_TEST(check__bounds)
{
	json_t *stats = json_object(), *vms = json_array();
	char key[8];
	int i;

	for (i = 0; i <= SSI_REPORT_STATS_MAX; i++) {
		snprintf(key, sizeof(key), "a%d", i % 1000);
		ck_assert_int_eq(ssi_reports_check(stats, NULL, why, sizeof(why)), 0);
		json_object_set_new(stats, key, json_integer(1));
	}
	ck_assert_int_eq(ssi_reports_check(stats, NULL, why, sizeof(why)), -1);
	for (i = 0; i <= SSI_REPORT_VMS_MAX; i++) {
		ck_assert_int_eq(ssi_reports_check(NULL, vms, why, sizeof(why)), 0);
		json_array_append_new(vms, json_loads(VM("a"), 0, NULL));
	}
	ck_assert_int_eq(ssi_reports_check(NULL, vms, why, sizeof(why)), -1);
	json_decref(stats);
	json_decref(vms);
}
END_TEST

START_TEST(take__last_word)
{
	json_t *stats = json_pack("{s:i}", "a", 1), *vms = json_loads("[" VM("g") "]", 0, NULL);
	json_t *list;

	ssi_reports_take(&reports, 2, stats, vms);
	ssi_reports_take(&reports, 2, NULL, NULL);
	ck_assert_ptr_eq(reports.stats[2], stats);
	list = ssi_reports_vms(&reports);
	ck_assert_uint_eq(json_array_size(list), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(list, 0), "node")), 2);
	json_decref(list);
	ck_assert_ptr_null(json_object_get(json_array_get(vms, 0), "node"));
	ssi_reports_forget(&reports, 2);
	ck_assert_ptr_null(reports.stats[2]);
	ssi_reports_take(&reports, 1, stats, vms);
	ssi_reports_free(&reports);
	ck_assert_uint_eq(stats->refcount, 1);
	json_decref(stats);
	json_decref(vms);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("report");

	tcase_add_test(tc, check__takes);
	tcase_add_loop_test(tc, check__refuses_stats, 0, COUNT(bad_stats));
	tcase_add_loop_test(tc, check__refuses_vms, 0, COUNT(bad_vms));
	tcase_add_test(tc, check__bounds);
	tcase_add_test(tc, take__last_word);
	return run_case("coord_report", tc);
}
