// SPDX-License-Identifier: Apache-2.0
/* rates.c and sample.c: what happened between two samples. */
#include "../../ssictl/rates.c"

#include <errno.h>

#include "unit_ssictl_run.h"
#include "../../ssictl/sample.c"

static struct ssi_nl_node node = {
	.name = "node1", .id = 1, .share = 3ull << 29, .used = 1 << 20, .stalled = 2,
};
static struct ssi_nl_peer peer = {
	.id = 2, .state = { SSI_MEM_LINK_STATE_UP, SSI_MEM_LINK_STATE_DOWN }, .tls = true,
	.share = 1 << 30, .unacked = 7, .sockets = 4, .has_bytes = true,
};
static struct ssi_nl_region regions[] = {
	{ .node = "node1", .name = "calm", .id = 1, .size = 4 << 20, .owned = 10 },
	{ .node = "node1", .name = "hot", .id = 2, .size = 4 << 20, .owned = 10, .copies = 5 },
};
static struct ssi_nl_hist hists[] = {
	{ SSI_MEM_HIST_PHASE_TOTAL, SSI_MEM_HIST_KIND_READ, SSI_NL_NONE, { 0 } },
	{ SSI_MEM_HIST_PHASE_TOTAL, SSI_MEM_HIST_KIND_FIRST, SSI_NL_NONE, { 0 } },
	{ SSI_MEM_HIST_PHASE_TOTAL, SSI_MEM_HIST_KIND_READ, 3, { 0 } },
};
static int hist_rc;

int ssi_nl_node_each(struct ssi_nl *nl, const char *name, ssi_nl_node_fn fn, void *arg)
{
	(void)nl;
	return name && strcmp(name, node.name) ? -ENODEV : fn(&node, arg);
}

int ssi_nl_hist_each(struct ssi_nl *nl, const char *name, ssi_nl_hist_fn fn, void *arg)
{
	int i, rc = hist_rc;

	(void)nl;
	ck_assert_str_eq(name, "node1");
	for (i = 0; i < COUNT(hists) && rc == 0; i++)
		rc = fn(&hists[i], arg);
	return rc;
}

int ssi_nl_peer_each(struct ssi_nl *nl, const char *name, ssi_nl_peer_fn fn, void *arg)
{
	(void)nl;
	ck_assert_str_eq(name, "node1");
	return fn(&peer, arg);
}

int ssi_nl_region_each(struct ssi_nl *nl, const char *name, ssi_nl_region_fn fn, void *arg)
{
	int rc = fn(&regions[0], arg);

	(void)nl;
	ck_assert_str_eq(name, "node1");
	return rc ? rc : fn(&regions[1], arg);
}

static struct ssi_sample before, now;
static char *text;

static void teardown(void)
{
	free(text);
	ssi_sample_free(&before);
	ssi_sample_free(&now);
}

/* Two seconds lie between the samples. */
static void print(void)
{
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_int_eq(ssi_sample_take(NULL, NULL, &now), 0);
	now.ns = before.ns + 2000000000ull;
	ssi_rates_print(f, &before, &now);
	fclose(f);
}

static void count(unsigned int counter, uint64_t more)
{
	node.stats.counter[counter] += more;
}

#define SHOWS(words) ck_assert_msg(strstr(text, words) != NULL, "%s", text)

START_TEST(rates__of_a_node)
{
	node.stats.counter[SSI_MEM_S_FAULTS_LOCAL] = 100;
	hists[0].bucket[100] = 1000;
	ck_assert_int_eq(ssi_sample_take(NULL, NULL, &before), 0);
	count(SSI_MEM_S_FAULTS_LOCAL, 400);
	count(SSI_MEM_S_FAULTS_READ, 10);
	count(SSI_MEM_S_FAULTS_WRITE, 20);
	count(SSI_MEM_S_UPGRADES, 30);
	count(SSI_MEM_S_EVICTIONS, 5);
	count(SSI_MEM_S_PAGES_SENT, 7);
	/* What was there before counts no more; what is not remote never did. */
	hists[0].bucket[40] += 10;
	hists[1].bucket[200] += 1000;
	hists[2].bucket[200] += 1000;
	print();
	SHOWS("node1         1     200.0      30.0   15.0 ");
	SHOWS("      2.5      3.5    1.00 MiB    1.50 GiB       2\n");
	ck_assert_uint_eq(now.nodes[0].remote[100], 1000);
	ck_assert_uint_eq(now.nodes[0].remote[200], 0);
}
END_TEST

START_TEST(rates__times_of_the_interval)
{
	char times[64];

	hists[0].bucket[100] = 1000;
	ck_assert_int_eq(ssi_sample_take(NULL, NULL, &before), 0);
	hists[0].bucket[40] += 10;
	print();
	snprintf(times, sizeof(times), "%9.1f%9.1f",
		 ssi_hist_quantile((uint64_t[SSI_MEM_HIST_BUCKETS]){ [40] = 1 }, 500) / 1000.0,
		 ssi_hist_quantile((uint64_t[SSI_MEM_HIST_BUCKETS]){ [40] = 1 }, 990) / 1000.0);
	SHOWS(times);
}
END_TEST

START_TEST(rates__nothing_happened)
{
	ck_assert_int_eq(ssi_sample_take(NULL, NULL, &before), 0);
	print();
	SHOWS("node1         1       0.0       0.0      -        -        -      0.0      0.0");
}
END_TEST

/* A reset lets counters begin anew, it is no huge number. */
START_TEST(rates__after_a_reset)
{
	node.stats.counter[SSI_MEM_S_FAULTS_LOCAL] = 1000;
	ck_assert_int_eq(ssi_sample_take(NULL, NULL, &before), 0);
	node.stats.counter[SSI_MEM_S_FAULTS_LOCAL] = 10;
	print();
	SHOWS("node1         1       5.0 ");
}
END_TEST

/* Another life of the node has counters of its own. */
START_TEST(rates__of_who_has_just_come)
{
	ck_assert_int_eq(ssi_sample_take(NULL, NULL, &before), 0);
	node.incarnation[0]++;
	count(SSI_MEM_S_FAULTS_LOCAL, 1000);
	print();
	SHOWS("node1         1       0.0 ");
}
END_TEST

START_TEST(rates__links_and_regions)
{
	ck_assert_int_eq(ssi_sample_take(NULL, NULL, &before), 0);
	regions[1].owned -= 4;
	regions[1].copies += 2;
	regions[0].owned++;
	print();
	SHOWS("node1          2 up        down      TLS          0.00 MiB    0.00 MiB    1.00 GiB        7        4\n");
	SHOWS("hot         node1          4.00 MiB       3.0          6          7");
	SHOWS("calm        node1          4.00 MiB       0.5         11");
	ck_assert(strstr(text, "\nhot ") < strstr(text, "\ncalm "));
}
END_TEST

START_TEST(rates__traffic)
{
	peer.sent_bytes = peer.received_bytes = 1 << 30;
	ck_assert_int_eq(ssi_sample_take(NULL, NULL, &before), 0);
	peer.sent_bytes += 4 << 20;
	peer.received_bytes += 1 << 20;
	print();
	SHOWS("TLS          2.00 MiB    0.50 MiB ");
}
END_TEST

/* Another life of the peer begins at zero; an older module tells nothing. */
START_TEST(rates__traffic_not_known)
{
	ck_assert_int_eq(ssi_sample_take(NULL, NULL, &before), 0);
	peer.incarnation[0]++;
	peer.sent_bytes = 4 << 20;
	print();
	SHOWS("TLS                 -           - ");
	ssi_sample_free(&before);
	before = now;
	now = (struct ssi_sample){ 0 };
	free(text);
	peer.has_bytes = false;
	print();
	SHOWS("TLS                 -           - ");
}
END_TEST

START_TEST(rates__without_a_sample_before)
{
	count(SSI_MEM_S_FAULTS_LOCAL, 1000);
	print();
	SHOWS("node1         1       0.0 ");
	SHOWS("\ncalm        node1          4.00 MiB       0.0 ");
}
END_TEST

/* A node that leaves while it is read is no failure; what else there is is one. */
START_TEST(sample__failures)
{
	hist_rc = -ENODEV;
	ck_assert_int_eq(ssi_sample_take(NULL, NULL, &now), 0);
	ssi_sample_free(&now);
	hist_rc = -EPERM;
	ck_assert_int_eq(ssi_sample_take(NULL, NULL, &now), -EPERM);
	ssi_sample_free(&now);
	ck_assert_int_eq(ssi_sample_take(NULL, "other", &now), -ENODEV);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("rates");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, rates__of_a_node);
	tcase_add_test(tc, rates__times_of_the_interval);
	tcase_add_test(tc, rates__nothing_happened);
	tcase_add_test(tc, rates__after_a_reset);
	tcase_add_test(tc, rates__of_who_has_just_come);
	tcase_add_test(tc, rates__links_and_regions);
	tcase_add_test(tc, rates__traffic);
	tcase_add_test(tc, rates__traffic_not_known);
	tcase_add_test(tc, rates__without_a_sample_before);
	tcase_add_test(tc, sample__failures);
	return run_case("ssictl_rates", tc);
}
