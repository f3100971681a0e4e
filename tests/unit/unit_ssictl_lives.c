// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/lives.c"

#include "unit_ssictl_run.h"

static struct ssi_lives lives;
static const uint8_t old[SSI_MEM_INCARNATION_LEN] = { 1 };
static const uint8_t new[SSI_MEM_INCARNATION_LEN] = { 2 };

static void setup(void)
{
	ssi_lives_init(&lives);
}

START_TEST(taken__nobody_connected)
{
	uint32_t id;

	for (id = 0; id <= SSI_MEM_NODE_ID_MAX; id++)
		ck_assert(!ssi_lives_taken(&lives, id, old));
}
END_TEST

START_TEST(taken__by_another_life_only)
{
	ssi_lives_set(&lives, 63, old);
	ck_assert(!ssi_lives_taken(&lives, 63, old));
	ck_assert(ssi_lives_taken(&lives, 63, new));
	ck_assert(!ssi_lives_taken(&lives, 62, new));
	ssi_lives_set(&lives, 63, NULL);
	ck_assert(!ssi_lives_taken(&lives, 63, new));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("lives");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, taken__nobody_connected);
	tcase_add_test(tc, taken__by_another_life_only);
	return run_case("ssictl_lives", tc);
}
