/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test of ssictl and of the coordinator ends with. */
#ifndef UNIT_SSICTL_RUN_H
#define UNIT_SSICTL_RUN_H

#include <check.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))

/**
 * run_case - run one test case as a suite
 * @name: of the suite
 * @tc: the case; freed
 *
 * Return: exit code of the program.
 */
static int run_case(const char *name, TCase *tc)
{
	Suite *s = suite_create(name);
	SRunner *sr;
	int failed;

	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}

#endif /* UNIT_SSICTL_RUN_H */
