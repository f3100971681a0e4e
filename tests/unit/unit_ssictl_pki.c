// SPDX-License-Identifier: Apache-2.0
/* pki.c: a folder that appears whole or not at all, and is never written over. */
#include "../../ssictl/pki.c"

#include <dirent.h>

#include "unit_ssictl_certs.h"
#include "unit_ssictl_run.h"

static struct ssi_pki pki;

static gnutls_datum_t datum(const char *text)
{
	gnutls_datum_t d = { .data = gnutls_malloc(strlen(text)), .size = strlen(text) };

	memcpy(d.data, text, d.size);
	return d;
}

static mode_t mode_at(const char *path)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_mode & 07777;
}

/* How many names there are beside "." and "..". */
static unsigned int names_in(const char *path)
{
	DIR *dir = opendir(path);
	unsigned int count = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

START_TEST(commit__whole_folder)
{
	umask(0);
	ck_assert_int_eq(ssi_pki_begin(&pki, certs_path("pki///")), 0);
	ck_assert_int_eq(ssi_pki_put(&pki, SSI_PKI_CA, datum("ca")), 0);
	ck_assert_int_eq(ssi_pki_put(&pki, SSI_PKI_NODE, datum("node")), 0);
	ck_assert_int_ne(access(certs_path("pki"), F_OK), 0);
	ck_assert_msg(ssi_pki_commit(&pki) == 0, "%s", pki.why);
	ssi_pki_abort(&pki);
	ck_assert_uint_eq(mode_at(certs_path("pki")), 0700);
	ck_assert_uint_eq(mode_at(certs_path("pki/ca.crt")), 0644);
	ck_assert_uint_eq(mode_at(certs_path("pki/node.pem")), 0600);
	ck_assert_uint_eq(names_in(certs_dir), 1);
}
END_TEST

START_TEST(abort__leaves_nothing)
{
	ck_assert_int_eq(ssi_pki_begin(&pki, certs_path("pki")), 0);
	ck_assert_int_eq(ssi_pki_put(&pki, SSI_PKI_CA_KEY, datum("key")), 0);
	ssi_pki_abort(&pki);
	ck_assert_uint_eq(names_in(certs_dir), 0);
}
END_TEST

START_TEST(begin__what_is_there_stays)
{
	ck_assert_int_eq(mkdir(certs_path("pki"), 0755), 0);
	certs_write("pki/theirs", "x", 1);
	ck_assert_int_eq(ssi_pki_begin(&pki, certs_path("pki")), -1);
	ck_assert_msg(strstr(pki.why, "is there already") != NULL, "%s", pki.why);
	ck_assert_int_eq(ssi_pki_begin(&pki, certs_path("pki/theirs")), -1);
	ck_assert_msg(strstr(pki.why, "Not a directory") != NULL, "%s", pki.why);
	ck_assert_int_eq(ssi_pki_begin(&pki, certs_path("none/pki")), -1);
	ck_assert_msg(strstr(pki.why, "No such file") != NULL, "%s", pki.why);
	ssi_pki_abort(&pki);
	ck_assert_uint_eq(names_in(certs_path("pki")), 1);
}
END_TEST

/* Two at the same time: one of them has made it. */
START_TEST(commit__somebody_was_faster)
{
	ck_assert_int_eq(ssi_pki_begin(&pki, certs_path("pki")), 0);
	ck_assert_int_eq(mkdir(certs_path("pki"), 0700), 0);
	certs_write("pki/theirs", "x", 1);
	ck_assert_int_eq(ssi_pki_commit(&pki), -1);
	ssi_pki_abort(&pki);
	ck_assert_uint_eq(names_in(certs_dir), 1);
	ck_assert_uint_eq(names_in(certs_path("pki")), 1);
}
END_TEST

START_TEST(replace__at_once)
{
	char why[200];
	FILE *f;

	certs_write(SSI_PKI_NODE, "old", 3);
	/* What somebody left who was killed. */
	certs_write("." SSI_PKI_NODE, "half", 4);
	f = fopen(certs_path(SSI_PKI_NODE), "r");
	ck_assert_msg(ssi_pki_replace(certs_dir, SSI_PKI_NODE, datum("new"), why, sizeof(why)) == 0,
		      "%s", why);
	/* Who had it open has all of the old one. */
	ck_assert_int_eq(fgetc(f), 'o');
	fclose(f);
	f = fopen(certs_path(SSI_PKI_NODE), "r");
	ck_assert_int_eq(fgetc(f), 'n');
	fclose(f);
	ck_assert_uint_eq(mode_at(certs_path(SSI_PKI_NODE)), 0600);
	ck_assert_uint_eq(names_in(certs_dir), 1);
	ck_assert_int_eq(ssi_pki_replace("/none", SSI_PKI_NODE, datum("new"), why, sizeof(why)), -1);
	ck_assert_ptr_nonnull(strstr(why, "/none/node.pem: No such file"));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("pki");

	tcase_add_checked_fixture(tc, certs_begin, certs_end);
	tcase_add_test(tc, commit__whole_folder);
	tcase_add_test(tc, abort__leaves_nothing);
	tcase_add_test(tc, begin__what_is_there_stays);
	tcase_add_test(tc, commit__somebody_was_faster);
	tcase_add_test(tc, replace__at_once);
	return run_case("ssictl_pki", tc);
}
