// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/figures.c"

#include <errno.h>

#include "unit_ssictl_run.h"

#define CHUNK_PAGES (SSI_CHUNK_BYTES / SSI_PAGE_BYTES)

/* ---- the kernel ---- */

static struct ssi_nl_hist hists[8];
static unsigned int hist_count;
static struct ssi_nl_peer peers[2];
static unsigned int peer_count;
static struct ssi_nl_region regions[10];
static unsigned int region_count;
static uint64_t last_chunk; /* that has a page */
static bool counts_faults;
static int hot_rc;
static int failure;

int ssi_nl_hist_each(struct ssi_nl *nl, const char *node, ssi_nl_hist_fn fn, void *arg)
{
	unsigned int i;

	(void)nl;
	ck_assert_str_eq(node, "me");
	for (i = 0; i < hist_count; i++)
		fn(&hists[i], arg);
	return failure;
}

int ssi_nl_peer_each(struct ssi_nl *nl, const char *node, ssi_nl_peer_fn fn, void *arg)
{
	unsigned int i;

	(void)nl;
	(void)node;
	for (i = 0; i < peer_count; i++)
		fn(&peers[i], arg);
	return failure;
}

int ssi_nl_region_each(struct ssi_nl *nl, const char *node, ssi_nl_region_fn fn, void *arg)
{
	unsigned int i;

	(void)nl;
	(void)node;
	for (i = 0; i < region_count; i++)
		fn(&regions[i], arg);
	return failure;
}

/* Each chunk has an owned page, another sole one and two copies. */
int ssi_nl_chunk_each(struct ssi_nl *nl, const struct ssi_nl_region *region,
		      const struct ssi_nl_range *range, ssi_nl_chunk_fn fn, void *arg)
{
	struct ssi_nl_chunk chunk = { .home = 1, .has_faults = counts_faults };
	uint64_t i;

	(void)nl;
	(void)region;
	ck_assert_uint_eq(range->first, 0);
	chunk.states[SSI_MEM_PAGE_STATE_OWNED] = chunk.states[SSI_MEM_PAGE_STATE_SOLE] = 1;
	chunk.states[SSI_MEM_PAGE_STATE_SHARED] = 2;
	for (i = 0; i <= last_chunk; i++) {
		chunk.range.first = i * CHUNK_PAGES;
		chunk.faults = counts_faults ? 10 + i : 0;
		fn(&chunk, arg);
	}
	return failure;
}

/* Twenty pages of each, and the last one of all is the hottest. */
int ssi_nl_hot_each(struct ssi_nl *nl, const struct ssi_nl_region *region, ssi_nl_hot_fn fn,
		    void *arg)
{
	struct ssi_nl_hot hot = { .moves = 1 };

	(void)nl;
	strcpy(hot.region, region->name);
	for (; hot_rc == 0 && hot.page < 20; hot.page++) {
		hot.moves = hot.page + (strcmp(region->name, "guest") ? 0 : 100);
		fn(&hot, arg);
	}
	return hot_rc;
}

static struct ssi_guest found[VMS_MAX + 1];
static unsigned int found_count;
static int device = -ENOENT, guests_rc, asked;

/* Any descriptor will do. */
int ssi_attach_device(void)
{
	return device < 0 ? device : dup(device);
}

int ssi_guests_read(struct ssi_guests *guests, struct ssi_nl *nl, const char *node, int fd,
		    const char *program)
{
	(void)nl;
	ck_assert_str_eq(node, "me");
	ck_assert_int_ge(fd, 0);
	ck_assert_str_eq(program, "ssi-vmm");
	*guests = (struct ssi_guests){ found, found_count, 0 };
	return guests_rc;
}

void ssi_guests_ask(struct ssi_guests *guests, int timeout_ms)
{
	(void)guests;
	/* A lease is not long. */
	ck_assert_int_le(timeout_ms, 200);
	asked++;
}

void ssi_guests_free(struct ssi_guests *guests)
{
	guests->at = NULL;
}

/* ---- the tests ---- */

static struct ssi_figures figures;
static json_t *body;

static void teardown(void)
{
	json_decref(body);
}

static const char *add(const char *key)
{
	static char text[200000];
	char *dump;

	json_decref(body);
	body = json_object();
	ssi_figures_add(&figures, NULL, "me", body);
	if (!json_object_get(body, key))
		return "nothing";
	dump = json_dumps(json_object_get(body, key), JSON_COMPACT);
	snprintf(text, sizeof(text), "%s", dump);
	free(dump);
	return text;
}

static void set_hist(unsigned int i, uint32_t phase, uint32_t kind, uint32_t peer)
{
	hists[i] = (struct ssi_nl_hist){ .phase = phase, .kind = kind, .peer = peer };
	hist_count = i + 1;
}

START_TEST(times__since_the_last)
{
	ck_assert_str_eq(add("times"), "[]");
	set_hist(0, SSI_MEM_HIST_PHASE_TOTAL, SSI_MEM_HIST_KIND_READ, SSI_NL_NONE);
	set_hist(1, SSI_MEM_HIST_PHASE_TOTAL, SSI_MEM_HIST_KIND_UPGRADE, SSI_NL_NONE);
	set_hist(2, SSI_MEM_HIST_PHASE_TOTAL, SSI_MEM_HIST_KIND_FIRST, SSI_NL_NONE);
	hists[0].bucket[5] = 3;
	hists[1].bucket[5] = 1;
	hists[2].bucket[100] = 50;
	ck_assert_str_eq(add("times"), "[{\"phase\":\"total\",\"count\":4,\"p50_ns\":5,\"p99_ns\":5}]");
	ck_assert_str_eq(add("times"), "[]");
	hists[1].bucket[7] = 1;
	ck_assert_str_eq(add("times"), "[{\"phase\":\"total\",\"count\":1,\"p50_ns\":7,\"p99_ns\":7}]");
	/* Somebody reset the counters. */
	hists[0].bucket[5] = 2;
	hists[1].bucket[5] = hists[1].bucket[7] = 0;
	ck_assert_str_eq(add("times"), "[{\"phase\":\"total\",\"count\":2,\"p50_ns\":5,\"p99_ns\":5}]");
}
END_TEST

START_TEST(times__later_kernel)
{
	set_hist(0, SSI_MEM_HIST_PHASE_MAX + 1, SSI_MEM_HIST_KIND_READ, SSI_NL_NONE);
	set_hist(1, SSI_MEM_HIST_PHASE_ANSWER, SSI_MEM_HIST_KIND_READ, SSI_NODES);
	hists[0].bucket[5] = hists[1].bucket[5] = 3;
	ck_assert_str_eq(add("times"), "[]");
}
END_TEST

START_TEST(links__of_peers)
{
	peers[0] = (struct ssi_nl_peer){ .id = 2, .sockets = 3, .unacked = 4, .tls = true };
	peers[0].state[0] = peers[0].state[1] = SSI_MEM_LINK_STATE_UP;
	peers[1] = (struct ssi_nl_peer){ .id = 5 };
	peers[1].state[0] = SSI_MEM_LINK_STATE_UP;
	peers[1].state[1] = SSI_MEM_LINK_STATE_RESUMING;
	peer_count = 2;
	set_hist(0, SSI_MEM_HIST_PHASE_ANSWER, SSI_MEM_HIST_KIND_READ, 5);
	set_hist(1, SSI_MEM_HIST_PHASE_ANSWER, SSI_MEM_HIST_KIND_FIRST, 5);
	hists[0].bucket[9] = 10;
	hists[1].bucket[9] = 1;
	ck_assert_str_eq(add("links"),
			 "[{\"peer\":2,\"state\":\"up\",\"tls\":true,\"sockets\":3,\"unacked\":4,"
			 "\"answers\":0},{\"peer\":5,\"state\":\"resuming\",\"tls\":false,\"sockets\":0,"
			 "\"unacked\":0,\"answers\":11}]");
	peers[0].has_bytes = true;
	peers[0].sent_bytes = 1ull << 40;
	peers[0].received_bytes = 6;
	ck_assert_ptr_nonnull(strstr(add("links"), "\"answers\":0,\"sent_bytes\":1099511627776,"
						   "\"received_bytes\":6},{\"peer\":5"));
	peers[1].state[0] = SSI_MEM_LINK_STATE_DOWN;
	ck_assert_ptr_nonnull(strstr(add("links"), "\"peer\":5,\"state\":\"down\""));
}
END_TEST

static void set_region(unsigned int i, const char *name, uint64_t size)
{
	strcpy(regions[i].name, name);
	regions[i].size = size;
	region_count = i + 1;
}

START_TEST(maps__every_third_time)
{
	set_region(0, "guest", 2 * SSI_CHUNK_BYTES + 1);
	last_chunk = 1;
	ck_assert_str_eq(add("maps"), "[{\"region\":\"guest\",\"size\":4194305,\"step\":1,"
				      "\"owned\":[2,2,0],\"copies\":[2,2,0]}]");
	ck_assert_str_eq(add("maps"), "nothing");
	ck_assert_str_eq(add("maps"), "nothing");
	ck_assert_str_ne(add("maps"), "nothing");
}
END_TEST

START_TEST(maps__heat)
{
	set_region(0, "guest", 2 * SSI_CHUNK_BYTES);
	last_chunk = 1;
	counts_faults = true;
	ck_assert_ptr_nonnull(strstr(add("maps"), "\"copies\":[2,2],\"heat\":[10,11]}"));
	/* Cells of two chunks each. */
	figures.beats = 0;
	set_region(0, "guest", 2ull * CELLS_MAX * SSI_CHUNK_BYTES);
	ck_assert_ptr_nonnull(strstr(add("maps"), "\"heat\":[21,0,"));
}
END_TEST

START_TEST(hot__of_all_regions)
{
	json_t *list;

	ck_assert_str_eq(add("hot"), "[]");
	figures.beats = 0;
	set_region(0, "cold", SSI_CHUNK_BYTES);
	set_region(1, "guest", SSI_CHUNK_BYTES);
	ck_assert_ptr_nonnull(strstr(add("hot"), "[{\"region\":\"guest\",\"page\":19,"
						 "\"moves\":119},"));
	list = json_object_get(body, "hot");
	ck_assert_uint_eq(json_array_size(list), HOT_MAX);
	/* What is not known is not told to be nothing. */
	figures.beats = 0;
	hot_rc = -EOPNOTSUPP;
	ck_assert_str_eq(add("hot"), "nothing");
}
END_TEST

/* All maps together have no more cells than a coordinator takes. */
START_TEST(maps__bounded)
{
	size_t cells = 0, i;
	json_t *map;

	for (i = 0; i < 10; i++)
		set_region(i, "r", i ? 1ull << 40 : CELLS_MAX / MAPS_MAX * SSI_CHUNK_BYTES);
	last_chunk = 1000000;
	add("maps");
	ck_assert_uint_eq(json_array_size(json_object_get(body, "maps")), MAPS_MAX);
	json_array_foreach(json_object_get(body, "maps"), i, map) {
		cells += json_array_size(json_object_get(map, "owned"));
		ck_assert_int_eq(json_integer_value(json_object_get(map, "step")), i ? 2048 : 1);
	}
	ck_assert_uint_eq(cells, CELLS_MAX);
}
END_TEST

START_TEST(vms__of_regions)
{
	device = 0;
	ck_assert_str_eq(add("vms"), "[]");
	strcpy(found[0].region.name, "guest");
	found[0].user.cpus = 4;
	found[0].state = "paused";
	found_count = 1;
	ck_assert_str_eq(add("vms"), "nothing");
	ck_assert_str_eq(add("vms"), "nothing");
	ck_assert_str_eq(add("vms"), "[{\"name\":\"guest\",\"region\":\"guest\",\"vcpus\":4,"
				     "\"state\":\"paused\"}]");
	ck_assert_int_eq(asked, 2);
	/* A heartbeat that is refused tells nothing. */
	found[0].user.cpus = UINT32_MAX;
	figures.beats = 0;
	ck_assert_ptr_nonnull(strstr(add("vms"), "\"vcpus\":4096,"));
}
END_TEST

/* No more than a coordinator takes. */
START_TEST(vms__bounded)
{
	unsigned int i;

	device = 0;
	found_count = VMS_MAX + 1;
	for (i = 0; i < found_count; i++)
		found[i].state = "running";
	add("vms");
	ck_assert_uint_eq(json_array_size(json_object_get(body, "vms")), VMS_MAX);
}
END_TEST

/* What is not known is not told to be nothing. */
START_TEST(vms__not_known)
{
	ck_assert_str_eq(add("vms"), "nothing");
	figures.beats = 0;
	device = 0;
	guests_rc = -EACCES;
	ck_assert_str_eq(add("vms"), "nothing");
}
END_TEST

START_TEST(all__kernel_refuses)
{
	set_region(0, "guest", SSI_CHUNK_BYTES);
	failure = -ENODEV;
	ck_assert_str_eq(add("times"), "nothing");
	ck_assert_ptr_null(json_object_get(body, "links"));
	ck_assert_uint_eq(json_array_size(json_object_get(body, "maps")), 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("figures");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, times__since_the_last);
	tcase_add_test(tc, times__later_kernel);
	tcase_add_test(tc, links__of_peers);
	tcase_add_test(tc, maps__every_third_time);
	tcase_add_test(tc, maps__heat);
	tcase_add_test(tc, hot__of_all_regions);
	tcase_add_test(tc, maps__bounded);
	tcase_add_test(tc, vms__of_regions);
	tcase_add_test(tc, vms__bounded);
	tcase_add_test(tc, vms__not_known);
	tcase_add_test(tc, all__kernel_refuses);
	return run_case("ssictl_figures", tc);
}
