// SPDX-License-Identifier: Apache-2.0
#define LOCK_DIR "build/unit/run-ssi-hv"
#include "../../ssictl/lock.c"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "unit_ssictl_run.h"

static void setup(void)
{
	ck_assert_int_eq(system("rm -rf " LOCK_DIR), 0);
}

/* A process that is the agent of @node until it is killed. */
static pid_t start_agent(const char *node)
{
	int ends[2], rc;
	pid_t child, holder;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	if (child == 0) {
		rc = ssi_lock_take(node, &holder);
		if (write(ends[1], &rc, sizeof(rc)) == sizeof(rc))
			pause();
		_exit(1);
	}
	ck_assert_int_eq(read(ends[0], &rc, sizeof(rc)), sizeof(rc));
	ck_assert_int_eq(rc, 0);
	return child;
}

static pid_t holder_of(const char *node)
{
	pid_t holder = -1;

	ck_assert_int_eq(ssi_lock_holder(node, &holder), 0);
	return holder;
}

START_TEST(holder__nothing_there)
{
	ck_assert_int_eq(holder_of("a"), 0);
}
END_TEST

START_TEST(take__seen_by_others)
{
	pid_t holder, agent = start_agent("a");

	ck_assert_int_eq(holder_of("a"), agent);
	ck_assert_int_eq(holder_of("b"), 0);
	ck_assert_int_eq(ssi_lock_take("a", &holder), -EBUSY);
	ck_assert_int_eq(holder, agent);
	ck_assert_int_eq(ssi_lock_take("b", &holder), 0);
	kill(agent, SIGKILL);
	waitpid(agent, NULL, 0);
}
END_TEST

START_TEST(take__ends_with_the_process)
{
	pid_t holder, agent = start_agent("a");

	kill(agent, SIGKILL);
	waitpid(agent, NULL, 0);
	ck_assert_int_eq(holder_of("a"), 0);
	ck_assert_int_eq(ssi_lock_take("a", &holder), 0);
}
END_TEST

/* Who asks must not be taken for the agent by somebody who wants to become it. */
START_TEST(holder__leaves_no_lock)
{
	pid_t holder, agent;

	agent = start_agent("a");
	kill(agent, SIGKILL);
	waitpid(agent, NULL, 0);
	ck_assert_int_eq(holder_of("a"), 0);
	agent = start_agent("a");
	ck_assert_int_eq(ssi_lock_take("a", &holder), -EBUSY);
	kill(agent, SIGKILL);
	waitpid(agent, NULL, 0);
}
END_TEST

START_TEST(take__file_names_the_agent)
{
	char path[PATH_MAX], text[16] = "", expected[16];
	struct stat ns;
	pid_t holder;
	int fd;

	ck_assert_int_eq(ssi_lock_take("a", &holder), 0);
	ck_assert_int_eq(stat("/proc/self/ns/net", &ns), 0);
	snprintf(path, sizeof(path), LOCK_DIR "/a@%ju.agent", (uintmax_t)ns.st_ino);
	fd = open(path, O_RDONLY);
	ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
	snprintf(expected, sizeof(expected), "%d\n", getpid());
	ck_assert_str_eq(text, expected);
}
END_TEST

START_TEST(take__no_directory)
{
	pid_t holder;
	int fd = open(LOCK_DIR, O_WRONLY | O_CREAT, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ssi_lock_take("a", &holder), -ENOTDIR);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("lock");

	tcase_add_checked_fixture(tc, setup, setup);
	tcase_add_test(tc, holder__nothing_there);
	tcase_add_test(tc, take__seen_by_others);
	tcase_add_test(tc, take__ends_with_the_process);
	tcase_add_test(tc, holder__leaves_no_lock);
	tcase_add_test(tc, take__file_names_the_agent);
	tcase_add_test(tc, take__no_directory);
	return run_case("ssictl_lock", tc);
}
