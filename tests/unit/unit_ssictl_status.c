// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/cmd_status.c"

#include <errno.h>
#include <string.h>

#include "unit_ssictl_fake_nl.h"
#include "unit_ssictl_keys.h"
#include "unit_ssictl_run.h"

static struct ssi_nl_node node = {
	.name = "node1", .id = 1, .share = 3ull << 29, .charges = { { 1, 4096 } }, .charge_count = 1,
};
static struct ssi_nl_peer peers[] = {
	{ .id = 2, .state = { SSI_MEM_LINK_STATE_UP, SSI_MEM_LINK_STATE_UP }, .tls = true },
	{ .id = 3, .state = { SSI_MEM_LINK_STATE_DOWN, SSI_MEM_LINK_STATE_RESUMING },
	  .has_bytes = true, .sent_bytes = 3ull << 29 },
};
static bool empty;
static pid_t agent = 123;

int ssi_nl_node_each(struct ssi_nl *nl, const char *name, ssi_nl_node_fn fn, void *arg)
{
	(void)nl;
	if (name && strcmp(name, node.name) != 0)
		return -ENODEV;
	return empty ? 0 : fn(&node, arg);
}

int ssi_nl_peer_each(struct ssi_nl *nl, const char *name, ssi_nl_peer_fn fn, void *arg)
{
	int rc = fn(&peers[0], arg);

	(void)nl;
	ck_assert_str_eq(name, "node1");
	return rc ? rc : fn(&peers[1], arg);
}

int ssi_lock_holder(const char *name, pid_t *holder)
{
	ck_assert_str_eq(name, "node1");
	*holder = agent;
	return 0;
}

static struct ssi_report report = { .trying = 1 << 3, .why = { [3] = "Connection refused" },
				    .proof = "tls-cert", .proved = 1 << 2 | 1 << 3,
				    .expires = 1893456000, .stale = "node.key: no such file" };

int ssi_report_read(const uint8_t *incarnation, struct ssi_report *out)
{
	(void)incarnation;
	*out = report;
	return 0;
}

static struct ssi_args args;
static char *text;

static void teardown(void)
{
	free(text);
}

static int show(void)
{
	return run_to_text(ssi_cmd_status, &args, &text);
}

#define SHOWS(words) ck_assert_msg(strstr(text, words) != NULL, "shown: %s", text)

START_TEST(status__text)
{
	ck_assert_int_eq(show(), SSI_EXIT_OK);
	SHOWS("node: node1\n  id: 1\n");
	SHOWS("\n  agent: pid 123\n");
	SHOWS("\n  share: 1.50 GiB\n");
	SHOWS("\n\npeer: 2\n  control link: up\n  data link: up\n  transport: TLS\n"
	      "  authentication: tls-cert\n");
	SHOWS("\n\npeer: 3\n  control link: down\n  data link: resuming\n  transport: PLAIN\n"
	      "  authentication: plain\n");
	SHOWS("\n  credentials: tls-cert\n  certificate expires: 2030-01-01T00:00:00Z\n"
	      "  credentials not taken: node.key: no such file\n");
}
END_TEST

/* Links of an agent that is gone: the kernel does not know who proved what. */
START_TEST(status__links_of_another_agent)
{
	report.proved = 0;
	ck_assert_int_eq(show(), SSI_EXIT_OK);
	SHOWS("transport: TLS\n  authentication: unknown\n");
	SHOWS("transport: PLAIN\n  authentication: plain\n");
}
END_TEST

/* The module of the first peer's node does not count bytes. */
START_TEST(status__traffic)
{
	const char *at;

	ck_assert_int_eq(show(), SSI_EXIT_OK);
	SHOWS("\n  unacknowledged: 0\n  sent bytes: 1.50 GiB\n  received bytes: 0.00 MiB\n");
	at = strstr(text, "sent bytes");
	ck_assert(at > strstr(text, "peer: 3"));
	ck_assert_ptr_null(strstr(at + 1, "sent bytes"));
}
END_TEST

START_TEST(status__roster)
{
	ck_assert_int_eq(show(), SSI_EXIT_OK);
	ck_assert_ptr_null(strstr(text, "epoch"));
	free(text);
	node.epoch = 1ull << 40;
	node.members = 1ull << 63 | 6;
	ck_assert_int_eq(show(), SSI_EXIT_OK);
	SHOWS("\n  epoch: 1099511627776\n  members: 1 2 63\n");
}
END_TEST

START_TEST(status__coordinator)
{
	ck_assert_int_eq(show(), SSI_EXIT_OK);
	ck_assert_ptr_null(strstr(text, "coordinator"));
	free(text);
	strcpy(report.coordinator, "it is away; wait");
	ck_assert_int_eq(show(), SSI_EXIT_OK);
	SHOWS("\n  coordinator: it is away; wait\n");
	ck_assert_ptr_null(strstr(text, "declared dead"));
	free(text);
	report.dead = true;
	ck_assert_int_eq(show(), SSI_EXIT_OK);
	SHOWS("\n  declared dead: yes: end its guests, ssictl leave, and join again\n");
	ck_assert_ptr_null(strstr(text, "fenced"));
	free(text);
	report.fenced = true;
	ck_assert_int_eq(show(), SSI_EXIT_OK);
	SHOWS("\n  fenced: yes: programs with regions are stopped: kill -KILL ends them\n");
	free(text);
	report.dead = false;
	ck_assert_int_eq(show(), SSI_EXIT_OK);
	SHOWS("\n  fenced: yes: programs with regions are stopped until the coordinator, or all "
	      "members, are there\n");
}
END_TEST

/* On a terminal, what somebody should look at is red. */
START_TEST(status__colours)
{
	struct status s = { .out = { .f = open_memstream(&text, &(size_t){ 0 }), .color = true } };

	node.stalled = 2;
	print_peer(&peers[1], &s);
	print_state(&s.out, "control_link", SSI_MEM_LINK_STATE_UP);
	ssi_out_count(&s.out, "stalled_faults", node.stalled);
	fclose(s.out.f);
	SHOWS("control link: \033[31mdown\033[0m\n");
	SHOWS("data link: \033[33mresuming\033[0m\n");
	SHOWS("transport: \033[31mPLAIN\033[0m\n");
	SHOWS("authentication: \033[31mplain\033[0m\n");
	SHOWS("control link: \033[32mup\033[0m\n");
	SHOWS("stalled faults: \033[31m2\033[0m\n");
}
END_TEST

START_TEST(status__no_agent)
{
	agent = 0;
	ck_assert_int_eq(show(), SSI_EXIT_OK);
	SHOWS("\n  agent: none: links that break stay down; run its ssictl join again, with "
	      "--adopt\n");
}
END_TEST

START_TEST(status__json)
{
	json_t *root, *first;

	args.json = true;
	node.epoch = 7;
	node.members = 6;
	report.refused = 1;
	report.dead = true;
	report.fenced = true;
	strcpy(report.coordinator, "answers");
	ck_assert_int_eq(show(), SSI_EXIT_OK);
	root = json_loads(text, 0, NULL);
	check_keys(root, "status");
	ck_assert_int_eq(json_integer_value(json_object_get(root, "schema")), 1);
	first = json_array_get(json_object_get(root, "nodes"), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(first, "agent")), 123);
	json_decref(root);
}
END_TEST

START_TEST(status__nothing_here)
{
	empty = true;
	ck_assert_int_eq(show(), SSI_EXIT_OK);
	ck_assert_str_eq(text, "no node has joined here\n");
}
END_TEST

START_TEST(status__no_such_node)
{
	args.node = "other";
	ck_assert_int_eq(show(), SSI_EXIT_FAIL);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(status__no_module)
{
	nl_open_rc = -ENOENT;
	ck_assert_int_eq(show(), SSI_EXIT_NO_MODULE);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("status");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, status__text);
	tcase_add_test(tc, status__traffic);
	tcase_add_test(tc, status__roster);
	tcase_add_test(tc, status__coordinator);
	tcase_add_test(tc, status__links_of_another_agent);
	tcase_add_test(tc, status__colours);
	tcase_add_test(tc, status__no_agent);
	tcase_add_test(tc, status__json);
	tcase_add_test(tc, status__nothing_here);
	tcase_add_test(tc, status__no_such_node);
	tcase_add_test(tc, status__no_module);
	return run_case("ssictl_status", tc);
}
