// SPDX-License-Identifier: Apache-2.0
#include "../../coordinator/backup.c"

#include "unit_coord_world.h"
#include "unit_ssictl_run.h"

static char folder[] = "/tmp/unit_coord_backup.XXXXXX";
static char file[64], why[512];
static struct ssi_ledger ledger;

static void setup(void)
{
	world_setup();
	strcpy(strrchr(folder, '.'), ".XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/backup", folder);
	nodes(3);
	ck_assert_int_eq(region("r", 32 * MIB), 1);
}

static void teardown(void)
{
	char command[96];

	world_teardown();
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

/* ---- the text ---- */

START_TEST(read__what_was_written)
{
	char *text = ssi_backup_write(&world.cluster, 1), *one, *other;
	struct ssi_cluster c;

	ssi_cluster_init(&c);
	ck_assert_msg(ssi_backup_read(text, &c, why, sizeof(why)) == 0, "%s", why);
	one = ssi_cluster_save(&world.cluster);
	other = ssi_cluster_save(&c);
	ck_assert_str_eq(one, other);
	ssi_cluster_free(&c);
	free(one);
	free(other);
	free(text);
}
END_TEST

/* Each byte counts: with any other one in its place it is refused. */
START_TEST(read__damaged)
{
	char *text = ssi_backup_write(&world.cluster, 1);
	size_t at, len = strlen(text), snapshot = strcspn(text, "\n") + 1;
	struct ssi_cluster c;

	ssi_cluster_init(&c);
	for (at = snapshot; at < len; at++) {
		text[at] ^= 1;
		ck_assert_int_eq(ssi_backup_read(text, &c, why, sizeof(why)), -1);
		ck_assert_msg(strstr(why, "damaged") != NULL, "%s", why);
		text[at] ^= 1;
	}
	for (at = 0; at < len; at++) {
		char *part = strndup(text, at);

		ck_assert_int_eq(ssi_backup_read(part, &c, why, sizeof(why)), -1);
		ck_assert(*why && !c.created);
		free(part);
	}
	free(text);
}
END_TEST

START_TEST(read__foreign)
{
	static const struct {
		const char *text;
		const char *why;
	} bad[] = {
		{ "", "no backup" },
		{ "SQLite format 3", "no backup" },
		{ "[]\n", "no backup" },
		{ "{}\n{}\n", "no backup of a coordinator" },
		{ "{\"format\":\"other\",\"version\":1}\n{}\n", "no backup of a coordinator" },
		{ "{\"format\":\"ssi-hv-backup\",\"version\":2}\n{}\n", "a newer coordinator" },
		{ "{\"format\":\"ssi-hv-backup\",\"version\":1}\n{}\n", "damaged" },
	};
	struct ssi_cluster c;

	ssi_cluster_init(&c);
	ck_assert_int_eq(ssi_backup_read(bad[_i].text, &c, why, sizeof(why)), -1);
	ck_assert_msg(strstr(why, bad[_i].why) != NULL, "%s", why);
}
END_TEST

/* ---- the store ---- */

static void open_ledger(const char *name, bool existing)
{
	struct ssi_store_cfg cfg = { .self = "", .existing = existing };
	char store[96];

	snprintf(store, sizeof(store), "sqlite:%s/%s", folder, name);
	ssi_ledger_init(&ledger, ssi_store_open(store, &cfg, why, sizeof(why)));
	ck_assert_msg(ledger.store != NULL, "%s", why);
}

static void fill_store(const char *name)
{
	char *text = ssi_cluster_save(&world.cluster);

	open_ledger(name, false);
	ck_assert_int_eq(ledger.store->ops->replace(ledger.store, 0, world.cluster.revision, text),
			 0);
	ssi_ledger_free(&ledger);
	free(text);
}

static int save_store(const char *name)
{
	int rc;

	open_ledger(name, true);
	rc = ssi_backup_save(&ledger, file, why, sizeof(why));
	ssi_ledger_free(&ledger);
	return rc;
}

static int restore_into(const char *name, bool force)
{
	int rc;

	open_ledger(name, false);
	rc = ssi_backup_restore(&ledger, file, force, why, sizeof(why));
	ssi_ledger_free(&ledger);
	return rc;
}

static uint64_t revision_in(const char *name)
{
	uint64_t revision;

	open_ledger(name, true);
	ck_assert_int_eq(ssi_ledger_catch_up(&ledger), 0);
	revision = ledger.cluster.revision;
	ck_assert_ptr_nonnull(ssi_cluster_region_named(&ledger.cluster, "r"));
	ssi_ledger_free(&ledger);
	return revision;
}

START_TEST(restore__elsewhere)
{
	fill_store("one");
	ck_assert_msg(save_store("one") == 0, "%s", why);
	ck_assert_msg(strstr(why, "3 nodes, 1 regions") != NULL, "%s", why);
	ck_assert_msg(restore_into("other", false) == 0, "%s", why);
	/* Nobody can know of a revision as late as that. */
	ck_assert_uint_eq(revision_in("other"), world.cluster.revision + SSI_BACKUP_GAP);
}
END_TEST

START_TEST(restore__loses)
{
	fill_store("one");
	ck_assert_int_eq(save_store("one"), 0);
	ck_assert_int_eq(restore_into("one", false), -1);
	ck_assert_msg(strstr(why, "--force") != NULL, "%s", why);
	ck_assert_uint_eq(revision_in("one"), world.cluster.revision);
	ck_assert_msg(restore_into("one", true) == 0, "%s", why);
	ck_assert_uint_eq(revision_in("one"), world.cluster.revision + SSI_BACKUP_GAP);
}
END_TEST

START_TEST(restore__while_one_leads)
{
	struct ssi_store_cfg cfg = { .self = "http://it" };
	struct ssi_store *leader;
	char store[96], address[64];

	fill_store("one");
	ck_assert_int_eq(save_store("one"), 0);
	snprintf(store, sizeof(store), "sqlite:%s/one", folder);
	leader = ssi_store_open(store, &cfg, why, sizeof(why));
	ck_assert_int_gt(leader->ops->lead(leader, address, sizeof(address)), 0);
	ck_assert_int_eq(restore_into("one", true), -1);
	ck_assert_msg(strstr(why, "http://it leads") != NULL, "%s", why);
	ck_assert_uint_eq(revision_in("one"), world.cluster.revision);
	/* To look is no harm. */
	ck_assert_int_eq(save_store("one"), 0);
	leader->ops->close(leader);
}
END_TEST

START_TEST(save__nothing)
{
	open_ledger("new", false);
	ck_assert_int_eq(ssi_backup_save(&ledger, file, why, sizeof(why)), -1);
	ck_assert_msg(strstr(why, "no cluster") != NULL, "%s", why);
	ck_assert_int_eq(access(file, F_OK), -1);
	ssi_ledger_free(&ledger);
	ck_assert_int_eq(restore_into("new", false), -1);
	ck_assert_msg(strstr(why, "No such file") != NULL, "%s", why);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("backup");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, read__what_was_written);
	tcase_add_test(tc, read__damaged);
	tcase_add_loop_test(tc, read__foreign, 0, 7);
	tcase_add_test(tc, restore__elsewhere);
	tcase_add_test(tc, restore__loses);
	tcase_add_test(tc, restore__while_one_leads);
	tcase_add_test(tc, save__nothing);
	return run_case("coord_backup", tc);
}
