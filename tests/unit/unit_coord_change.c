// SPDX-License-Identifier: Apache-2.0
#include "../../coordinator/change.c"

#include <stdlib.h>

#include "unit_ssictl_run.h"

#define HEX32 "0123456789abcdef0123456789abcdef"

static char why[200];

/* A record of each type is read as it was written. */
START_TEST(read__what_was_written)
{
	const struct ssi_change full = {
		.type = _i, .revision = 7, .time = 8, .by = "alice", .request = HEX32,
		.name = "n", .id = HEX32, .lease_ms = 5, .max_nodes = 6, .node = 3, .share = 4096,
		.reserve = 1, .version = "0.1", .protocol = 6, .incarnation = HEX32, .address = "[::1]:7",
		.draining = true, .invite = HEX32, .expires = 10, .serial = HEX32, .region = 9,
		.size = 4096, .places = { 1, { { 3, 4096 } } },
	};
	struct ssi_change read;
	char *text = ssi_change_write(&full), *again;

	ck_assert_msg(ssi_change_read(text, &read, why, sizeof(why)) == 0, "%s: %s", text, why);
	ck_assert_uint_eq(read.type, _i);
	ck_assert_uint_eq(read.revision, 7);
	ck_assert_str_eq(read.by, "alice");
	ck_assert_str_eq(read.request, HEX32);
	again = ssi_change_write(&read);
	ck_assert_str_eq(again, text);
	ck_assert_ptr_nonnull(strstr(text, ssi_change_name(_i)));
	free(text);
	free(again);
}
END_TEST

static const struct {
	const char *text;
	const char *why;
} refused[] = {
	{ "", "no JSON" },
	{ "{}", "unknown type" },
	{ "{\"type\":7}", "unknown type" },
	{ "{\"type\":\"node-exploded\",\"revision\":1,\"time\":1}", "newer coordinator" },
	{ "{\"type\":\"node-dead\",\"revision\":1,\"time\":1}", "node is missing" },
	{ "{\"type\":\"node-dead\",\"revision\":0,\"time\":1,\"node\":1}", "revision is not" },
	{ "{\"type\":\"node-dead\",\"revision\":1,\"time\":1,\"node\":1,\"name\":\"x\"}", "'name'" },
};

START_TEST(read__refuses)
{
	struct ssi_change change;

	ck_assert_int_eq(ssi_change_read(refused[_i].text, &change, why, sizeof(why)), -1);
	ck_assert_msg(strstr(why, refused[_i].why) != NULL, "%s", why);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("change");

	tcase_add_loop_test(tc, read__what_was_written, 0, SSI_CHANGE_TYPES);
	tcase_add_loop_test(tc, read__refuses, 0, COUNT(refused));
	return run_case("coord_change", tc);
}
