// SPDX-License-Identifier: Apache-2.0
#include "../../ssictl/secret.c"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit_ssictl_run.h"

static char dir[] = "/tmp/unit_ssictl_secret.XXXXXX";
static char path[64];
static char why[128];
static uint8_t key[SSI_SECRET_KEYLEN];

static void setup(void)
{
	strcpy(strrchr(dir, '.'), ".XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/secret", dir);
}

static void teardown(void)
{
	unlink(path);
	rmdir(dir);
}

static int load(const void *bytes, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_eq(write(fd, bytes, len), len);
	fchmod(fd, mode);
	close(fd);
	why[0] = 0;
	return ssi_secret_load(path, key, why, sizeof(why));
}

static const char good[] = "0123456789abcdef0123456789abcdef";

static const struct mode {
	mode_t mode;
	int rc;
} modes[] = {
	{ 0600, 0 },  { 0400, 0 },  { 0700, 0 },  { 0640, -1 }, { 0604, -1 },
	{ 0660, -1 }, { 0620, -1 }, { 0601, -1 }, { 0644, -1 },
};

START_TEST(load__modes)
{
	ck_assert_int_eq(load(good, 32, modes[_i].mode), modes[_i].rc);
	if (modes[_i].rc)
		ck_assert_msg(strstr(why, "chmod 600") != NULL, "%s", why);
}
END_TEST

START_TEST(load__length)
{
	char big[SSI_SECRET_MAX + 2];

	memset(big, 'x', sizeof(big));
	ck_assert_int_eq(load(big, 31, 0600), -1);
	ck_assert_msg(strstr(why, "32 bytes") != NULL, "%s", why);
	big[31] = '\n';
	ck_assert_int_eq(load(big, 32, 0600), -1);
	big[31] = 'x';
	ck_assert_int_eq(load(big, 0, 0600), -1);
	ck_assert_int_eq(load(big, SSI_SECRET_MAX, 0600), 0);
	ck_assert_int_eq(load(big, SSI_SECRET_MAX + 1, 0600), -1);
}
END_TEST

START_TEST(load__newline_is_ignored_once)
{
	uint8_t first[SSI_SECRET_KEYLEN];

	ck_assert_int_eq(load(good, 32, 0600), 0);
	memcpy(first, key, sizeof(first));
	ck_assert_int_eq(load("0123456789abcdef0123456789abcdef\n", 33, 0600), 0);
	ck_assert_mem_eq(key, first, sizeof(first));
	ck_assert_int_eq(load("0123456789abcdef0123456789abcdef\n\n", 34, 0600), 0);
	ck_assert_mem_ne(key, first, sizeof(first));
}
END_TEST

/* HKDF by hand (RFC 5869): extract and expand are one HMAC each for 32 bytes. */
START_TEST(load__key_is_hkdf)
{
	static const uint8_t zeroes[32];
	uint8_t prk[32], expected[32];

	gnutls_hmac_fast(GNUTLS_MAC_SHA256, zeroes, 32, good, 32, prk);
	gnutls_hmac_fast(GNUTLS_MAC_SHA256, prk, 32, KEY_LABEL "\1", strlen(KEY_LABEL) + 1,
			 expected);
	ck_assert_int_eq(load(good, 32, 0600), 0);
	ck_assert_mem_eq(key, expected, sizeof(expected));
}
END_TEST

START_TEST(load__not_a_file)
{
	ck_assert_int_eq(ssi_secret_load(dir, key, why, sizeof(why)), -1);
	ck_assert_msg(strstr(why, "regular file") != NULL, "%s", why);
	ck_assert_int_eq(ssi_secret_load(path, key, why, sizeof(why)), -1);
	ck_assert_msg(strstr(why, strerror(ENOENT)) && strstr(why, "openssl rand"), "%s", why);
	/* A pipe without a writer must not hold up the command. */
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(ssi_secret_load(path, key, why, sizeof(why)), -1);
	ck_assert_msg(strstr(why, "regular file") != NULL, "%s", why);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("secret");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, load__modes, 0, COUNT(modes));
	tcase_add_test(tc, load__length);
	tcase_add_test(tc, load__newline_is_ignored_once);
	tcase_add_test(tc, load__key_is_hkdf);
	tcase_add_test(tc, load__not_a_file);
	return run_case("ssictl_secret", tc);
}
