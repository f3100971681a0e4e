// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/cgroup.c"

#include <check.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "unit_ssictl_run.h"

static char name[PATH_MAX];

START_TEST(name__of_nothing)
{
	ssi_cgroup_name(0, name, sizeof(name));
	ck_assert_str_eq(name, "(none)");
	ssi_cgroup_name(1ull << 60, name, sizeof(name));
	ck_assert_str_eq(name, "(gone) 1152921504606846976");
}
END_TEST

/* Where cgroups are mounted, and we may open them by their numbers. */
START_TEST(name__of_the_root)
{
	struct stat st;
	int fd;

	if (stat(mounts[0], &st) || (fd = open_id(mounts[0], st.st_ino)) < 0) {
		fputs("no cgroups to be opened here: skipped\n", stderr);
		return;
	}
	close(fd);
	ssi_cgroup_name(st.st_ino, name, sizeof(name));
	ck_assert_str_eq(name, "/");
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("cgroup");

	tcase_add_test(tc, name__of_nothing);
	tcase_add_test(tc, name__of_the_root);
	return run_case("ssictl_cgroup", tc);
}
