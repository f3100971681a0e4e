// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/full.c"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "unit_ssictl_run.h"

static char root[] = "/tmp/unit_ssictl_full.XXXXXX";

/* As it is installed: PREFIX/sbin and PREFIX/libexec/ssi-hv; a link stands for
 * /proc/self/exe. */
static void setup(void)
{
	strcpy(root + sizeof(root) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	ck_assert_int_eq(chdir(root), 0);
	mkdir("sbin", 0755);
	mkdir("libexec", 0755);
	mkdir("libexec/ssi-hv", 0755);
	symlink("sbin/ssictl", "self");
}

static void teardown(void)
{
	char command[64];

	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -r %s", root);
	ck_assert_int_eq(system(command), 0);
}

/* A program that says @word and its arguments in the file "said". */
static void make_program(const char *path, const char *word, mode_t mode)
{
	FILE *f = fopen(path, "w");

	fprintf(f, "#!/bin/sh\necho %s \"$@\" >said\nexit 7\n", word);
	ck_assert_int_eq(fchmod(fileno(f), mode), 0);
	fclose(f);
}

/* Returns the exit status of a child that runs the full program. */
static int run_full(const char *self)
{
	char *argv[] = { (char *)"ssictl", (char *)"join", (char *)"--id", (char *)"1", NULL };
	pid_t pid = fork();
	int status;

	if (!pid) {
		freopen("error", "w", stderr);
		exit(ssi_full_run(self, argv));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static const char *content(const char *path)
{
	static char text[256];
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

START_TEST(run__where_it_was_installed)
{
	make_program("libexec/ssi-hv/ssictl-full", "installed", 0755);
	ck_assert_int_eq(run_full("self"), 7);
	ck_assert_str_eq(content("said"), "installed join --id 1\n");
}
END_TEST

START_TEST(run__where_it_was_built)
{
	make_program("libexec/ssi-hv/ssictl-full", "installed", 0755);
	make_program("sbin/ssictl-full", "built", 0755);
	ck_assert_int_eq(run_full("self"), 7);
	ck_assert_str_eq(content("said"), "built join --id 1\n");
}
END_TEST

START_TEST(run__not_there)
{
	ck_assert_int_eq(run_full("self"), SSI_EXIT_NOT_FOUND);
	ck_assert_str_eq(content("error"), "ssictl: sbin/../libexec/ssi-hv/ssictl-full: "
					   "No such file or directory; make install puts it there\n");
}
END_TEST

START_TEST(run__not_executable)
{
	make_program("sbin/ssictl-full", "built", 0644);
	ck_assert_int_eq(run_full("self"), SSI_EXIT_NOT_RUN);
	ck_assert_str_eq(content("error"), "ssictl: sbin/ssictl-full: Permission denied; "
					   "make install puts it there\n");
}
END_TEST

START_TEST(run__without_proc)
{
	make_program("ssictl-full", "of this folder", 0755);
	ck_assert_int_eq(run_full("nothing"), SSI_EXIT_NOT_FOUND);
	ck_assert_str_eq(content("error"), "ssictl: nothing: No such file or directory; mount /proc\n");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("full");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, run__where_it_was_installed);
	tcase_add_test(tc, run__where_it_was_built);
	tcase_add_test(tc, run__not_there);
	tcase_add_test(tc, run__not_executable);
	tcase_add_test(tc, run__without_proc);
	return run_case("ssictl_full", tc);
}
