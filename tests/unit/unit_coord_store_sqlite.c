// SPDX-License-Identifier: Apache-2.0
/* What is a file's alone; what every store does is in unit_coord_store.c. */
#include "../../coordinator/store_sqlite.c"

#include "unit_ssictl_run.h"

static char folder[] = "/tmp/unit_coord_sqlite.XXXXXX";
static char path[64], why[256];

static void setup(void)
{
	strcpy(strrchr(folder, '.'), ".XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/db", folder);
}

static void teardown(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static struct ssi_store *open_it(void)
{
	const struct ssi_store_cfg cfg = { .where = path, .self = "me" };

	*why = 0;
	return sqlite_open(&cfg, why, sizeof(why));
}

static void sql(const char *text)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

START_TEST(open__settings)
{
	struct ssi_store *store = open_it();
	uint64_t value = 0;
	struct stat st;

	ck_assert_msg(store != NULL, "%s", why);
	/* 2 is FULL: a record is on disk when its transaction ends. */
	ck_assert_int_eq(ask_number(of(store), "PRAGMA synchronous", &value), 0);
	ck_assert_uint_eq(value, 2);
	ck_assert_int_eq(ask_number(of(store),
				    "SELECT journal_mode = 'wal' FROM pragma_journal_mode", &value),
			 0);
	ck_assert_uint_eq(value, 1);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	sqlite_close(store);
}
END_TEST

START_TEST(open__others_file)
{
	sql("CREATE TABLE theirs (x)");
	ck_assert_ptr_null(open_it());
	ck_assert_msg(strstr(why, "another program") != NULL, "%s", why);
}
END_TEST

START_TEST(open__newer_file)
{
	sqlite_close(open_it());
	sql("PRAGMA user_version = 2");
	ck_assert_ptr_null(open_it());
	ck_assert_msg(strstr(why, "newer coordinator") != NULL, "%s", why);
}
END_TEST

START_TEST(open__no_database)
{
	FILE *f = fopen(path, "w");

	fputs("this is no database, and it is longer than the header of one: "
	      "a hundred bytes are looked at, and so many are here", f);
	fclose(f);
	ck_assert_ptr_null(open_it());
	ck_assert_msg(strstr(why, "not a database") != NULL, "%s", why);
}
END_TEST

/* A disk that is full is told as that, and nothing is half written. */
START_TEST(append__full)
{
	struct ssi_store *store = open_it();
	char *text = calloc(1, 300001);
	uint64_t pages;

	memset(text, 'x', 300000);
	ck_assert_int_eq(ask_number(of(store), "PRAGMA max_page_count = 20", &pages), 0);
	ck_assert_int_eq(sqlite_append(store, 1, text), -ENOSPC);
	ck_assert_msg(strstr(store->why, "full") != NULL, "%s", store->why);
	ck_assert_int_eq(sqlite_append(store, 1, "small"), 0);
	sqlite_close(store);
	free(text);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("store_sqlite");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, open__settings);
	tcase_add_test(tc, open__others_file);
	tcase_add_test(tc, open__newer_file);
	tcase_add_test(tc, open__no_database);
	tcase_add_test(tc, append__full);
	return run_case("coord_store_sqlite", tc);
}
