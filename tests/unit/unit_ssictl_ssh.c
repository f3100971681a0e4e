// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/ssh.c"

#include "unit_ssictl_fake_ssh.h"
#include "unit_ssictl_run.h"

#define JOBS 6

static struct ssi_target targets[JOBS];
static struct ssi_ssh_job jobs[JOBS];
static struct ssi_ssh_cfg cfg;
static unsigned int ended;

static void count_end(const struct ssi_ssh_job *job, void *arg)
{
	ck_assert_ptr_eq(arg, &ended);
	ck_assert_int_eq(job->pid, 0);
	ended++;
}

/* It runs what it is given, as the machine's shell would. */
static void setup(void)
{
	unsigned int i;

	make_ssh("exec sh -c \"$2\"");
	memset(jobs, 0, sizeof(jobs));
	for (i = 0; i < JOBS; i++) {
		snprintf(targets[i].login, sizeof(targets[i].login), "h%u", i);
		jobs[i].target = &targets[i];
	}
	ended = 0;
	cfg = (struct ssi_ssh_cfg){ .parallel = 4, .timeout_ms = 30000, .done = count_end,
				    .arg = &ended };
}

static void teardown(void)
{
	unsigned int i;

	for (i = 0; i < JOBS; i++)
		free(jobs[i].out);
	remove_ssh();
}

START_TEST(run__each_alone)
{
	char path[64], *options;
	FILE *f;

	snprintf(path, sizeof(path), "%s/in", folder);
	f = fopen(path, "w");
	fputs("given", f);
	fclose(f);
	strcpy(targets[1].port, "2222");
	cfg.config = "a file";
	jobs[0].command = "echo out; echo not this >&2";
	jobs[1].command = "cat";
	jobs[1].input = path;
	jobs[2].command = "echo first >&2; printf 'the \\033 reason\\n' >&2; exit 3";
	jobs[3].command = "exit 7";
	jobs[4].command = "cat";
	jobs[4].input = "/nowhere";
	jobs[5].command = "head -c 3000000 /dev/zero";
	ck_assert_uint_eq(ssi_ssh_run(jobs, JOBS, &cfg), 4);
	ck_assert_uint_eq(ended, JOBS);
	ck_assert(jobs[0].ok && jobs[1].ok);
	ck_assert_str_eq(jobs[0].out, "out\n");
	ck_assert_str_eq(jobs[1].out, "given");
	ck_assert_str_eq(jobs[2].why, "the ? reason");
	ck_assert_str_eq(jobs[3].why, "it ended with 7");
	ck_assert_ptr_nonnull(strstr(jobs[4].why, "/nowhere"));
	ck_assert_str_eq(jobs[5].why, "it prints too much");
	options = wrote("options");
	ck_assert_ptr_nonnull(strstr(options, "BatchMode=yes\n"));
	ck_assert_ptr_nonnull(strstr(options, "-F\na file\n-p\n2222\n"));
	free(options);
}
END_TEST

START_TEST(run__bounded)
{
	unsigned int i;

	cfg.parallel = 2;
	for (i = 0; i < JOBS; i++)
		jobs[i].command = "mkdir \"$FAKE/slot.$$\"; ls -d \"$FAKE\"/slot.* | wc -l; sleep 0.1; "
				  "rmdir \"$FAKE/slot.$$\"";
	ck_assert_uint_eq(ssi_ssh_run(jobs, JOBS, &cfg), 0);
	for (i = 0; i < JOBS; i++)
		ck_assert_int_le(atoi(jobs[i].out), 2);
}
END_TEST

/* A machine that hangs keeps nobody else. */
START_TEST(run__deadline)
{
	cfg.timeout_ms = 1000;
	jobs[0].command = "exec sleep 1000";
	jobs[1].command = "echo; exec >&- 2>&-; exec sleep 1000 >/dev/null";
	jobs[2].command = "echo out";
	ck_assert_uint_eq(ssi_ssh_run(jobs, 3, &cfg), 2);
	ck_assert(jobs[2].ok);
	ck_assert_ptr_nonnull(strstr(jobs[0].why, "no end within 1 s"));
}
END_TEST

START_TEST(run__no_ssh)
{
	setenv("PATH", "/nowhere", 1);
	jobs[0].command = "true";
	ck_assert_uint_eq(ssi_ssh_run(jobs, 1, &cfg), 1);
	ck_assert_ptr_nonnull(strstr(jobs[0].why, "install openssh-client"));
	setenv("PATH", "/bin:/usr/bin", 1);
}
END_TEST

/* A shell reads the words that were given, whatever is in them. */
START_TEST(quote__words)
{
	static const char *const words[] = {
		"printf", "%s|", "plain", "", "two words", "it's", "'", "''", "$HOME", "`id`",
		"$(id)", "a\\b", "\"", ";", "&&", "*", "~", "-n", "new\nline", "#", "\xc3\xa4", NULL,
	};
	char expected[256] = "", *line = ssi_ssh_quote(words);
	unsigned int i;

	for (i = 2; words[i]; i++) {
		strcat(expected, words[i]);
		strcat(expected, "|");
	}
	jobs[0].command = line;
	ck_assert_uint_eq(ssi_ssh_run(jobs, 1, &cfg), 0);
	ck_assert_str_eq(jobs[0].out, expected);
	free(line);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("ssh");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, run__each_alone);
	tcase_add_test(tc, run__bounded);
	tcase_add_test(tc, run__deadline);
	tcase_add_test(tc, run__no_ssh);
	tcase_add_test(tc, quote__words);
	return run_case("ssictl_ssh", tc);
}
