// SPDX-License-Identifier: Apache-2.0
/* credentials.c: files that are replaced, well and badly, while they are in use. */
#include "../../ssictl/credentials.c"

#include "unit_ssictl_certs.h"
#include "unit_ssictl_run.h"

static struct ssi_issuer authority;
static struct ssi_credentials c;
static char why[256];

static void issue(uint32_t node)
{
	struct ssi_issue what = certs_of_node("node", node);

	gnutls_x509_crt_deinit(certs_issue(&authority, &what, "node"));
}

static void setup(void)
{
	certs_begin();
	authority = certs_authority("ours");
	certs_write_cert("ca.crt", authority.cert);
	issue(5);
	c = (struct ssi_credentials){ .files = { certs_path("node.crt"), certs_path("node.key"),
						 certs_path("ca.crt"), NULL } };
	certs_write("secret", "0123456789abcdef0123456789abcdef\n", 33);
}

static void teardown(void)
{
	ssi_credentials_close(&c);
	ssi_issuer_free(&authority);
	certs_end();
}

static int refresh(bool force)
{
	*why = 0;
	return ssi_credentials_refresh(&c, force, why, sizeof(why));
}

START_TEST(refresh__certificates)
{
	struct ssi_identity *first;

	ck_assert_int_eq(ssi_credentials_open(&c, why, sizeof(why)), 0);
	first = ssi_identity_get(c.identity);
	ck_assert_int_eq(refresh(false), 0);
	ck_assert_ptr_eq(c.identity, first);
	ck_assert_int_eq(refresh(true), 1);
	issue(5);
	ck_assert_int_eq(refresh(false), 1);
	ck_assert_ptr_ne(c.identity, first);
	ck_assert_int_eq(refresh(false), 0);
	/* Whoever still uses the first one has it. */
	ck_assert_uint_eq(first->node, 5);
	ssi_identity_put(first);
}
END_TEST

START_TEST(refresh__bad_files_change_nothing)
{
	struct ssi_identity *first;

	ck_assert_int_eq(ssi_credentials_open(&c, why, sizeof(why)), 0);
	first = c.identity;
	certs_write("node.key", "garbage", 7);
	ck_assert_int_eq(refresh(false), -1);
	ck_assert_ptr_nonnull(strstr(why, "node.key"));
	ck_assert_ptr_eq(c.identity, first);
	/* Said once, and again to who asks. */
	ck_assert_int_eq(refresh(false), 0);
	ck_assert_int_eq(refresh(true), -1);
	ck_assert_int_eq(unlink(certs_path("ca.crt")), 0);
	ck_assert_int_eq(refresh(false), -1);
	ck_assert_ptr_eq(c.identity, first);
	certs_write_cert("ca.crt", authority.cert);
	issue(6);
	ck_assert_int_eq(refresh(false), -1);
	ck_assert_ptr_nonnull(strstr(why, "another node"));
	ck_assert_ptr_eq(c.identity, first);
	issue(5);
	ck_assert_int_eq(refresh(false), 1);
	ck_assert_ptr_ne(c.identity, first);
}
END_TEST

START_TEST(refresh__secret)
{
	uint8_t first[SSI_SECRET_KEYLEN];

	c.files = (struct ssi_files){ 0 };
	c.secret = certs_path("secret");
	ck_assert_int_eq(ssi_credentials_open(&c, why, sizeof(why)), 0);
	memcpy(first, c.key, sizeof(first));
	ck_assert_int_eq(refresh(false), 0);
	certs_write("secret", "too short\n", 10);
	ck_assert_int_eq(refresh(false), -1);
	ck_assert_ptr_nonnull(strstr(why, "secret: shorter than 32 bytes"));
	ck_assert_mem_eq(c.key, first, sizeof(first));
	certs_write("secret", "fedcba9876543210fedcba9876543210\n", 33);
	ck_assert_int_eq(refresh(false), 1);
	ck_assert_mem_ne(c.key, first, sizeof(first));
}
END_TEST

START_TEST(refresh__no_files)
{
	c.files = (struct ssi_files){ 0 };
	ck_assert_int_eq(refresh(true), 0);
}
END_TEST

START_TEST(open__refuses)
{
	ck_assert_int_eq(unlink(certs_path("node.crt")), 0);
	ck_assert_int_eq(ssi_credentials_open(&c, why, sizeof(why)), -1);
	ck_assert_ptr_nonnull(strstr(why, "node.crt"));
	ck_assert_ptr_null(c.identity);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("credentials");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refresh__certificates);
	tcase_add_test(tc, refresh__bad_files_change_nothing);
	tcase_add_test(tc, refresh__secret);
	tcase_add_test(tc, refresh__no_files);
	tcase_add_test(tc, open__refuses);
	return run_case("ssictl_credentials", tc);
}
