// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/report.c"

#include "unit_ssictl_run.h"

static const uint8_t life[SSI_MEM_INCARNATION_LEN] = { 0xab, 0xcd };
static struct ssi_report told, heard;
static int fd;

static void setup(void)
{
	memset(&told, 0, sizeof(told));
	told.trying = 1ull << 63 | 1;
	strcpy(told.why[63], "the secrets differ");
	strcpy(told.why[0], "a \"quoted\" word");
	told.refused = 1ull << 40;
	strcpy(told.caller, "[fd77::2]:4711");
	memset(told.refusal, 'x', sizeof(told.refusal) - 1);
	told.strangers = 7;
	strcpy(told.proof, "tls-cert");
	told.fenced = true;
	told.proved = 1ull << 63;
	told.expires = 1ll << 40;
	strcpy(told.stale, "node.key is not the key of node.crt");
	fd = -1;
}

static void teardown(void)
{
	ssi_report_end(life, &fd);
}

START_TEST(read__what_was_written)
{
	int i;

	/* Each time it replaces what was told before. */
	for (i = 0; i < 3; i++) {
		told.refused++;
		ssi_report_write(life, &told, &fd);
		ck_assert_int_ge(fd, 0);
	}
	ck_assert_int_eq(ssi_report_read(life, &heard), 0);
	ck_assert_mem_eq(&heard, &told, sizeof(told));
}
END_TEST

START_TEST(read__nothing_told)
{
	ck_assert_int_eq(ssi_report_read(life, &heard), -ENOENT);
	ssi_report_write(life, &told, &fd);
	ssi_report_end(life, &fd);
	ck_assert_int_eq(fd, -1);
	ck_assert_int_eq(ssi_report_read(life, &heard), -ENOENT);
	/* Again is no harm. */
	ssi_report_end(life, &fd);
}
END_TEST

/* A process that was killed leaves the file, and holds it no more. */
START_TEST(read__agent_is_dead)
{
	ssi_report_write(life, &told, &fd);
	close(fd);
	ck_assert_int_eq(ssi_report_read(life, &heard), -ENOENT);
	fd = -1;
	ssi_report_write(life, &told, &fd);
	ck_assert_int_eq(ssi_report_read(life, &heard), 0);
}
END_TEST

static const char *const garbage[] = {
	"", "{", "[]", "{\"trying\": 7, \"refused\": \"x\"}",
	"{\"trying\": [{\"peer\": 64, \"why\": \"x\"}, {\"peer\": -1, \"why\": \"x\"}, {}, 3]}",
};

START_TEST(read__garbage)
{
	ssi_report_write(life, &told, &fd);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(pwrite(fd, garbage[_i], strlen(garbage[_i]), 0), strlen(garbage[_i]));
	ssi_report_read(life, &heard);
	ck_assert_uint_eq(heard.trying, 0);
	ck_assert_uint_eq(heard.refused, 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("report");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, read__what_was_written);
	tcase_add_test(tc, read__nothing_told);
	tcase_add_test(tc, read__agent_is_dead);
	tcase_add_loop_test(tc, read__garbage, 0, COUNT(garbage));
	return run_case("ssictl_report", tc);
}
