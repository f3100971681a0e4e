// SPDX-License-Identifier: Apache-2.0
/* cmd_monitor.c with events that are played here: each test is a script of reads. */
#include "../../ssictl/cmd_monitor.c"

#include "unit_ssictl_keys.h"
#include "unit_ssictl_run.h"

static const struct ssi_nl_event all[] = {
	{ SSI_MEM_EVENT_TYPE_NODE_NEW, "node1", 1, 1, 0, "", 0 },
	{ SSI_MEM_EVENT_TYPE_LINK_UP, "node1", 1, 2, SSI_MEM_CHANNEL_CTL, "", 0 },
	{ SSI_MEM_EVENT_TYPE_LINK_DOWN, "node1", 1, 2, SSI_MEM_CHANNEL_DATA, "", 0 },
	{ SSI_MEM_EVENT_TYPE_REGION_NEW, "node1", 1, 1, 0, "r0", 0 },
	{ SSI_MEM_EVENT_TYPE_STALL, "node1", 1, 1, 0, "r0", 77 },
	{ SSI_MEM_EVENT_TYPE_PINNED, "node1", 1, 1, 0, "r0", 78 },
	{ SSI_MEM_EVENT_TYPE_REGION_CHANGE, "node1", 1, 1, 0, "r0", 0 },
	{ SSI_MEM_EVENT_TYPE_NODE_DEAD, "node1", 1, 3, 0, "", 0 },
	{ SSI_MEM_EVENT_TYPE_REGION_DEL, "node1", 1, 1, 0, "r0", 0 },
	{ SSI_MEM_EVENT_TYPE_NODE_DEL, "node1", 1, 1, 0, "", 0 },
	{ 99, "node9", 9, SSI_NL_NONE, SSI_NL_NONE, "", 0 },
};

/* What the reads return, the last one for ever; a signal comes with read @signal_at. */
static int reads[4], read_count, signal_at, signal_number;
static int open_rc, always_readable[2];

int ssi_nl_events_open(struct ssi_nl **out)
{
	*out = NULL;
	return open_rc;
}

int ssi_nl_events_fd(const struct ssi_nl *nl)
{
	(void)nl;
	return always_readable[0];
}

int ssi_nl_events_read(struct ssi_nl *nl, ssi_nl_event_fn fn, void *arg)
{
	int i, rc = reads[read_count];

	(void)nl;
	for (i = 0; rc == 0 && i < COUNT(all); i++)
		fn(&all[i], arg);
	if (read_count++ == signal_at)
		kill(getpid(), signal_number);
	return rc;
}

void ssi_nl_close(struct ssi_nl *nl)
{
	(void)nl;
}

const char *ssi_nl_text(const struct ssi_nl *nl)
{
	(void)nl;
	return "";
}

int ssi_nl_open(struct ssi_nl **out)
{
	return ssi_nl_events_open(out);
}

static struct ssi_args args;
static char *text;

static void setup(void)
{
	ck_assert_int_eq(pipe(always_readable), 0);
	ck_assert_int_eq(write(always_readable[1], "", 1), 1);
	signal_number = SIGTERM;
}

static void teardown(void)
{
	free(text);
}

static int monitor(void)
{
	return run_to_text(ssi_cmd_monitor, &args, &text);
}

/* Compares the text, in which every line begins with a time. */
static void check_lines(const char *const *expected)
{
	char *line, *rest = text;
	int year, n;

	while ((line = strsep(&rest, "\n")) && *line) {
		n = 0;
		sscanf(line, "%4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*6d%*1[+-]%*2d:%*2d %n", &year, &n);
		ck_assert_msg(n == 33, "no time in: %s", line);
		ck_assert_int_gt(year, 2020);
		ck_assert_ptr_nonnull(*expected);
		ck_assert_str_eq(line + n, *expected++);
	}
	ck_assert_ptr_null(*expected);
}

START_TEST(monitor__text)
{
	static const char *const expected[] = {
		"node-new node node1 id 1",
		"link-up node node1 id 1 peer 2 channel control",
		"link-down node node1 id 1 peer 2 channel data",
		"region-new node node1 id 1 region r0",
		"stall node node1 id 1 region r0 page 77",
		"pinned node node1 id 1 region r0 page 78",
		"region-change node node1 id 1 region r0",
		"node-dead node node1 id 1 peer 3",
		"region-del node node1 id 1 region r0",
		"node-del node node1 id 1",
		"event-99 node node9 id 9",
		NULL,
	};

	setenv("TZ", _i ? "XYZ-5:30" : "UTC", 1);
	ck_assert_int_eq(monitor(), SSI_EXIT_OK);
	check_lines(expected);
}
END_TEST

START_TEST(monitor__one_node)
{
	static const char *const expected[] = { "event-99 node node9 id 9", NULL };

	args.node = "node9";
	ck_assert_int_eq(monitor(), SSI_EXIT_OK);
	check_lines(expected);
}
END_TEST

START_TEST(monitor__interrupted)
{
	signal_number = SIGINT;
	signal_at = 2;
	ck_assert_int_eq(monitor(), SSI_EXIT_OK);
	ck_assert_int_eq(read_count, 3);
}
END_TEST

START_TEST(monitor__lost)
{
	static const char *const expected[] = { "lost", "lost", NULL };

	reads[0] = reads[1] = -ENOBUFS;
	signal_at = 1;
	ck_assert_int_eq(monitor(), SSI_EXIT_OK);
	check_lines(expected);
}
END_TEST

START_TEST(monitor__json)
{
	json_t *line, *lines = json_array();
	char *at;

	reads[1] = -ENOBUFS;
	signal_at = 1;
	args.json = true;
	ck_assert_int_eq(monitor(), SSI_EXIT_OK);
	for (at = text; *at; at = strchr(at, '\n') + 1) {
		line = json_loads(at, JSON_DISABLE_EOF_CHECK, NULL);
		ck_assert_ptr_nonnull(line);
		ck_assert_int_eq(json_integer_value(json_object_get(line, "schema")), 1);
		json_array_append_new(lines, line);
	}
	ck_assert_uint_eq(json_array_size(lines), COUNT(all) + 1);
	check_keys(lines, "monitor");
	json_decref(lines);
}
END_TEST

START_TEST(monitor__module_unloaded)
{
	reads[0] = -ENODEV;
	signal_at = -1;
	ck_assert_int_eq(monitor(), SSI_EXIT_NO_MODULE);
}
END_TEST

START_TEST(monitor__read_fails)
{
	reads[0] = -EIO;
	signal_at = -1;
	ck_assert_int_eq(monitor(), SSI_EXIT_FAIL);
}
END_TEST

START_TEST(monitor__can_not_open)
{
	open_rc = _i ? -EPERM : -ENOENT;
	ck_assert_int_eq(monitor(), _i ? SSI_EXIT_FAIL : SSI_EXIT_NO_MODULE);
}
END_TEST

/* Nobody would notice a monitor that prints into the void. */
START_TEST(monitor__full_disk)
{
	signal_at = -1;
	stdout = fopen("/dev/full", "w");
	ck_assert_int_eq(ssi_cmd_monitor(&args), SSI_EXIT_FAIL);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("monitor");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, monitor__text, 0, 2);
	tcase_add_test(tc, monitor__one_node);
	tcase_add_test(tc, monitor__interrupted);
	tcase_add_test(tc, monitor__lost);
	tcase_add_test(tc, monitor__json);
	tcase_add_test(tc, monitor__module_unloaded);
	tcase_add_test(tc, monitor__read_fails);
	tcase_add_loop_test(tc, monitor__can_not_open, 0, 2);
	tcase_add_test(tc, monitor__full_disk);
	return run_case("ssictl_monitor", tc);
}
