// SPDX-License-Identifier: Apache-2.0
#include "../../coordinator/report.c"

#include "unit_ssictl_run.h"

static struct ssi_reports reports;
static char why[200];

static struct ssi_report made;

static void release(void)
{
	json_decref(made.stats);
	json_decref(made.vms);
	json_decref(made.times);
	json_decref(made.links);
	json_decref(made.maps);
	json_decref(made.hot);
}

/* A report of one part; its slot stays filled until release(). */
static const struct ssi_report *report_of(json_t **slot, const char *text)
{
	made = (struct ssi_report){ NULL };
	*slot = text ? json_loads(text, 0, NULL) : NULL;
	ck_assert(!text || *slot);
	return &made;
}

static int check_part(json_t **slot, const char *text)
{
	int rc = ssi_report_check(report_of(slot, text), why, sizeof(why));

	release();
	return rc;
}

static int check(const char *stats, const char *vms)
{
	int rc = check_part(&made.stats, stats);

	return rc < 0 ? rc : check_part(&made.vms, vms);
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

#define SPAN(phase) "{\"phase\":\"" phase "\",\"count\":2,\"p50_ns\":3,\"p99_ns\":4}"
#define LINK(more) "{\"peer\":1,\"state\":\"up\",\"tls\":true" more "}"
#define MAP(size, step, lists) \
	"{\"region\":\"r\",\"size\":" size ",\"step\":" step "," lists "}"
#define HOT(page) "{\"region\":\"r\",\"page\":" page ",\"moves\":1}"

/* A region of 5 MiB has 3 chunks. */
#define MAP_OF(lists) MAP("5242880", "1", lists)

static const char *const good_times[] = { "[]", "[" SPAN("total") "," SPAN("serve") "]" };
static const char *const good_links[] = {
	"[]", "[" LINK("") ",{\"peer\":2,\"state\":\"down\",\"tls\":false}]",
	"[" LINK(",\"sockets\":2,\"unacked\":0,\"answers\":1") "]",
	"[" LINK(",\"sent_bytes\":1,\"received_bytes\":9223372036854775807") "]",
};
static const char *const good_maps[] = {
	"[]", "[" MAP_OF("\"owned\":[1,2,3],\"copies\":[0,0,0]") "]",
	"[" MAP_OF("\"owned\":[1,2,3],\"copies\":[0,0,0],\"heat\":[4,5,6]") "]",
	"[" MAP("5242880", "2", "\"owned\":[1,2],\"copies\":[0,0]") "]",
	"[" MAP("5242880", "64", "\"owned\":[1],\"copies\":[0]") "]",
	"[" MAP("1", "1", "\"owned\":[1],\"copies\":[0]") "]",
};
static const char *const good_hot[] = { "[]", "[" HOT("0") "," HOT("7") "]" };

START_TEST(check__takes_parts)
{
	size_t i;

	for (i = 0; i < COUNT(good_times); i++)
		ck_assert_int_eq(check_part(&made.times, good_times[i]), 0);
	for (i = 0; i < COUNT(good_links); i++)
		ck_assert_int_eq(check_part(&made.links, good_links[i]), 0);
	for (i = 0; i < COUNT(good_maps); i++)
		ck_assert_int_eq(check_part(&made.maps, good_maps[i]), 0);
	for (i = 0; i < COUNT(good_hot); i++)
		ck_assert_int_eq(check_part(&made.hot, good_hot[i]), 0);
}
END_TEST

/* Each with the word that its refusal names. */
static const struct {
	size_t part;
	const char *text;
	const char *word;
} bad_parts[] = {
#define PART(name) offsetof(struct ssi_report, name)
	{ PART(times), "[1]", "object" },
	{ PART(times), "[{}]", "phase" },
	{ PART(times), "[" SPAN("lunch") "]", "lunch" },
	{ PART(times), "[" SPAN("total") "," SPAN("total") "]", "total" },
	{ PART(times), "[{\"phase\":\"total\",\"count\":-1,\"p50_ns\":3,\"p99_ns\":4}]", "count" },
	{ PART(times), "[{\"phase\":\"total\",\"count\":1,\"p50_ns\":3}]", "p99_ns" },
	{ PART(links), "[{}]", "peer" },
	{ PART(links), "[" LINK(",\"bytes\":1") "]", "bytes" },
	{ PART(links), "[" LINK(",\"answers\":1.5") "]", "answers" },
	{ PART(links), "[{\"peer\":1,\"state\":\"fine\",\"tls\":true}]", "fine" },
	{ PART(links), "[{\"peer\":1,\"state\":\"up\",\"tls\":1}]", "tls" },
	{ PART(links), "[" LINK("") "," LINK("") "]", "twice" },
	{ PART(links), "[{\"peer\":1024,\"state\":\"up\",\"tls\":true}]", "peer" },
	{ PART(maps), "[{}]", "region" },
	{ PART(maps), "[" MAP_OF("\"owned\":[1,2,3]") "]", "copies" },
	{ PART(maps), "[" MAP_OF("\"owned\":[1,2],\"copies\":[0,0,0]") "]", "3 numbers" },
	{ PART(maps), "[" MAP_OF("\"owned\":[1,2,3,4],\"copies\":[0,0,0]") "]", "3 numbers" },
	{ PART(maps), "[" MAP_OF("\"owned\":[1,2,3],\"copies\":[0,0,-1]") "]", "3 numbers" },
	{ PART(maps), "[" MAP_OF("\"owned\":[1,2,3],\"copies\":[0,0,0],\"heat\":[]") "]", "3 numbers" },
	{ PART(maps), "[" MAP("0", "1", "\"owned\":[],\"copies\":[]") "]", "size" },
	{ PART(maps), "[" MAP("1", "0", "\"owned\":[1],\"copies\":[1]") "]", "step" },
	{ PART(maps), "[" MAP("1", "3", "\"owned\":[1],\"copies\":[1]") "]", "power of two" },
	{ PART(maps), "[" MAP("9223372036854775807", "1", "\"owned\":[1],\"copies\":[1]") "]", "cell" },
	{ PART(hot), "[{}]", "region" },
	{ PART(hot), "[" HOT("-1") "]", "page" },
	{ PART(hot), "[{\"region\":\"a b\",\"page\":1,\"moves\":1}]", "region" },
};

START_TEST(check__refuses_parts)
{
	json_t **slot = (json_t **)((char *)&made + bad_parts[_i].part);

	ck_assert_int_eq(check_part(slot, bad_parts[_i].text), -1);
	ck_assert_msg(strstr(why, bad_parts[_i].word), "%s", why);
}
END_TEST

START_TEST(check__bounds)
{
	struct ssi_report report = { .stats = json_object() };
	char key[8];
	int i;

	for (i = 0; i <= SSI_REPORT_STATS_MAX; i++) {
		snprintf(key, sizeof(key), "a%d", i % 1000);
		ck_assert_int_eq(ssi_report_check(&report, why, sizeof(why)), 0);
		json_object_set_new(report.stats, key, json_integer(1));
	}
	ck_assert_int_eq(ssi_report_check(&report, why, sizeof(why)), -1);
	json_decref(report.stats);
}
END_TEST

static const struct {
	size_t part;
	const char *item;
	int max;
} lists[] = {
	{ PART(vms), VM("a"), SSI_REPORT_VMS_MAX },
	{ PART(links), LINK(""), SSI_REPORT_LINKS_MAX },
	{ PART(maps), MAP("1", "1", "\"owned\":[1],\"copies\":[1]"), SSI_REPORT_MAPS_MAX },
	{ PART(hot), HOT("1"), SSI_REPORT_HOT_MAX },
};

START_TEST(check__bounds_lists)
{
	struct ssi_report report = { NULL };
	json_t *list = json_array(), *item;
	int i;

	*(json_t **)((char *)&report + lists[_i].part) = list;
	for (i = 0; i <= lists[_i].max; i++) {
		ck_assert_int_eq(ssi_report_check(&report, why, sizeof(why)), 0);
		item = json_loads(lists[_i].item, 0, NULL);
		/* Each link is another one. */
		if (json_object_get(item, "peer"))
			json_object_set_new(item, "peer", json_integer(i));
		json_array_append_new(list, item);
	}
	ck_assert_int_eq(ssi_report_check(&report, why, sizeof(why)), -1);
	json_decref(list);
}
END_TEST

/* Two maps, of which the second is @cells long. */
static json_t *maps_of(int cells)
{
	json_t *list = json_loads("[" MAP("1", "1", "\"owned\":[1],\"copies\":[1]") "]", 0, NULL);
	json_t *zeroes = json_array();

	while ((int)json_array_size(zeroes) < cells)
		json_array_append_new(zeroes, json_integer(0));
	json_array_append_new(list, json_pack("{s:s, s:I, s:i, s:o, s:O}", "region", "s", "size",
					      (json_int_t)(cells * CHUNK_SIZE), "step", 1, "owned",
					      zeroes, "copies", zeroes));
	return list;
}

START_TEST(check__bounds_cells)
{
	struct ssi_report report = { .maps = maps_of(SSI_REPORT_CELLS_MAX - 1) };

	ck_assert_int_eq(ssi_report_check(&report, why, sizeof(why)), 0);
	json_decref(report.maps);
	report.maps = maps_of(SSI_REPORT_CELLS_MAX);
	ck_assert_int_eq(ssi_report_check(&report, why, sizeof(why)), -1);
	json_decref(report.maps);
}
END_TEST

START_TEST(take__last_word)
{
	struct ssi_report report = {
		.stats = json_pack("{s:i}", "used_bytes", 1),
		.vms = json_loads("[" VM("g") "]", 0, NULL),
	}, nothing = { NULL };
	json_t *list;

	ssi_reports_take(&reports, 2, &report, 1000);
	ssi_reports_take(&reports, 2, &nothing, 2000);
	ck_assert_ptr_eq(reports.last[2].stats, report.stats);
	ck_assert_int_eq(reports.told[2], 2000);
	list = ssi_reports_vms(&reports);
	ck_assert_uint_eq(json_array_size(list), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(list, 0), "node")), 2);
	json_decref(list);
	ck_assert_ptr_null(json_object_get(json_array_get(report.vms, 0), "node"));
	ssi_reports_forget(&reports, 2);
	ck_assert_ptr_null(reports.last[2].stats);
	ck_assert_ptr_null(reports.samples[2]);
	ck_assert_int_eq(reports.told[2], 0);
	ssi_reports_take(&reports, 1, &report, 1);
	ssi_reports_free(&reports);
	ck_assert_uint_eq(report.stats->refcount, 1);
	json_decref(report.stats);
	json_decref(report.vms);
}
END_TEST

START_TEST(node__samples_and_regions)
{
	struct ssi_report report = {
		.stats = json_pack("{s:i}", "used_bytes", 1),
		.maps = json_loads(good_maps[1], 0, NULL),
	}, nothing = { NULL };
	json_t *node;

	ck_assert_ptr_null(ssi_reports_node(&reports, 3, 0));
	ssi_reports_take(&reports, 3, &nothing, 500);
	ck_assert_ptr_null(reports.samples[3]);
	ssi_reports_take(&reports, 3, &report, 1000);
	node = ssi_reports_node(&reports, 3, 0);
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(node, "regions"), 0)), "r");
	ck_assert_ptr_null(json_object_get(node, "maps"));
	ck_assert_uint_eq(json_array_size(json_object_get(json_object_get(node, "samples"), "at_ms")), 1);
	json_decref(node);
	json_decref(report.stats);
	json_decref(report.maps);
	ssi_reports_free(&reports);
}
END_TEST

START_TEST(maps__of_a_region)
{
	struct ssi_report report = { .maps = json_loads(good_maps[1], 0, NULL) }, nothing = { NULL };
	json_t *list;

	ssi_reports_take(&reports, 3, &report, 1000);
	ssi_reports_take(&reports, 3, &nothing, 2000);
	list = ssi_reports_maps(&reports, "s");
	ck_assert_uint_eq(json_array_size(list), 0);
	json_decref(list);
	list = ssi_reports_maps(&reports, "r");
	ck_assert_uint_eq(json_array_size(list), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(list, 0), "node")), 3);
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(list, 0), "told_ms")), 1000);
	json_decref(list);
	json_decref(report.maps);
	ssi_reports_free(&reports);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("report");

	tcase_add_test(tc, check__takes);
	tcase_add_loop_test(tc, check__refuses_stats, 0, COUNT(bad_stats));
	tcase_add_loop_test(tc, check__refuses_vms, 0, COUNT(bad_vms));
	tcase_add_test(tc, check__takes_parts);
	tcase_add_loop_test(tc, check__refuses_parts, 0, COUNT(bad_parts));
	tcase_add_test(tc, check__bounds);
	tcase_add_loop_test(tc, check__bounds_lists, 0, COUNT(lists));
	tcase_add_test(tc, check__bounds_cells);
	tcase_add_test(tc, take__last_word);
	tcase_add_test(tc, node__samples_and_regions);
	tcase_add_test(tc, maps__of_a_region);
	return run_case("coord_report", tc);
}
