// SPDX-License-Identifier: Apache-2.0
/* issue.c: what is signed, what is not, and lists of what counts no more. */
#include "../../ssictl/issue.c"

#include <sys/stat.h>

#include "unit_ssictl_certs.h"
#include "unit_ssictl_run.h"

static struct ssi_issuer authority;
static char why[256];

static void setup(void)
{
	certs_begin();
	authority = certs_authority("ours");
	certs_write_cert("ca.crt", authority.cert);
	certs_write_key("ca.key", authority.key);
}

static void teardown(void)
{
	ssi_issuer_free(&authority);
	certs_end();
}

static unsigned int verify(gnutls_x509_crt_t cert)
{
	unsigned int status;

	ck_assert_int_eq(gnutls_x509_crt_verify(cert, &authority.cert, 1, 0, &status), 0);
	return status;
}

START_TEST(issue__says_what_was_asked)
{
	static const char *const addresses[] = { "192.0.2.1", "2001:db8::1", "host.example", NULL };
	struct ssi_issue what = certs_of_node("five", 5);
	struct ssi_holder holder;
	gnutls_x509_crt_t cert;
	unsigned int critical;

	what.addresses = addresses;
	cert = certs_issue(&authority, &what, "node");
	ck_assert_uint_eq(verify(cert), 0);
	ck_assert_int_eq(ssi_holder_read(cert, &holder, why, sizeof(why)), 0);
	ck_assert_str_eq(holder.name, "five");
	ck_assert_str_eq(holder.role, "operate");
	ck_assert_uint_eq(holder.node, 5);
	ck_assert(gnutls_x509_crt_check_hostname(cert, "192.0.2.1"));
	ck_assert(gnutls_x509_crt_check_hostname(cert, "2001:db8::1"));
	ck_assert(gnutls_x509_crt_check_hostname(cert, "host.example"));
	ck_assert(!gnutls_x509_crt_check_hostname(cert, "192.0.2.2"));
	ck_assert_int_eq(gnutls_x509_crt_get_ca_status(cert, &critical), 0);
	ck_assert_int_eq(gnutls_x509_crt_get_expiration_time(cert), what.until);
	gnutls_x509_crt_deinit(cert);
}
END_TEST

/* Two certificates for the same are two. */
START_TEST(issue__serials_differ)
{
	struct ssi_issue what = certs_of_node("five", 5);
	gnutls_x509_crt_t a = certs_issue(&authority, &what, "a");
	gnutls_x509_crt_t b = certs_issue(&authority, &what, "b");
	unsigned char one[32], two[32];
	size_t len = sizeof(one), len_two = sizeof(two);

	ck_assert_int_eq(gnutls_x509_crt_get_serial(a, one, &len), 0);
	ck_assert_int_eq(gnutls_x509_crt_get_serial(b, two, &len_two), 0);
	ck_assert_uint_eq(len, SSI_SERIAL_BYTES);
	ck_assert_uint_eq(len_two, SSI_SERIAL_BYTES);
	ck_assert_mem_ne(one, two, SSI_SERIAL_BYTES);
	gnutls_x509_crt_deinit(a);
	gnutls_x509_crt_deinit(b);
}
END_TEST

static gnutls_datum_t request_of(gnutls_pk_algorithm_t kind, unsigned int bits, bool forged)
{
	gnutls_x509_privkey_t key, other;
	gnutls_x509_crq_t request;
	gnutls_datum_t text;

	gnutls_x509_privkey_init(&key);
	ck_assert_int_eq(gnutls_x509_privkey_generate(key, kind, bits, 0), 0);
	gnutls_x509_privkey_init(&other);
	ck_assert_int_eq(gnutls_x509_privkey_generate(other, kind, bits, 0), 0);
	gnutls_x509_crq_init(&request);
	gnutls_x509_crq_set_version(request, 1);
	gnutls_x509_crq_set_key(request, key);
	ck_assert_int_eq(gnutls_x509_crq_sign2(request, forged ? other : key, 0, 0), 0);
	ck_assert_int_eq(gnutls_x509_crq_export2(request, GNUTLS_X509_FMT_PEM, &text), 0);
	gnutls_x509_crq_deinit(request);
	gnutls_x509_privkey_deinit(key);
	gnutls_x509_privkey_deinit(other);
	return text;
}

static const struct {
	gnutls_pk_algorithm_t kind;
	unsigned int bits;
	bool forged;
	const char *words; /* of the refusal, or NULL */
} requests[] = {
	{ GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), false, NULL },
	{ GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1), false, NULL },
	{ GNUTLS_PK_EDDSA_ED25519, 0, false, NULL },
	{ GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP224R1), false, "too short" },
	{ GNUTLS_PK_RSA, 2048, false, "neither ECDSA nor Ed25519" },
	{ GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), true, "its own key" },
};

START_TEST(request__kinds_of_keys)
{
	gnutls_datum_t text = request_of(requests[_i].kind, requests[_i].bits, requests[_i].forged);
	gnutls_x509_crq_t request;
	int rc = ssi_issue_read_request((char *)text.data, text.size, &request, why, sizeof(why));

	ck_assert_msg((rc == 0) == !requests[_i].words, "%s", why);
	if (requests[_i].words)
		ck_assert_msg(strstr(why, requests[_i].words) != NULL, "%s", why);
	else
		gnutls_x509_crq_deinit(request);
	gnutls_free(text.data);
}
END_TEST

#define HEAD "-----BEGIN NEW CERTIFICATE REQUEST-----\n"
#define TAIL "\n-----END NEW CERTIFICATE REQUEST-----\n"

static const char *const no_requests[] = {
	"", "garbage", HEAD TAIL, HEAD "MAA=" TAIL, HEAD "\xff\xff" TAIL, HEAD "MIIB\n",
};

START_TEST(request__malformed)
{
	gnutls_x509_crq_t request;

	ck_assert_int_eq(ssi_issue_read_request(no_requests[_i], strlen(no_requests[_i]), &request,
						why, sizeof(why)), -1);
	ck_assert_msg(!strncmp(why, "it is no", 8), "%s", why);
}
END_TEST

START_TEST(load__authority)
{
	struct ssi_issuer read;

	ck_assert_int_eq(ssi_issuer_load(&read, certs_path("ca.crt"), certs_path("ca.key"), why,
					 sizeof(why)), 0);
	ssi_issuer_free(&read);
	ck_assert_int_eq(chmod(certs_path("ca.key"), 0604), 0);
	ck_assert_int_eq(ssi_issuer_load(&read, certs_path("ca.crt"), certs_path("ca.key"), why,
					 sizeof(why)), -1);
	ck_assert_msg(strstr(why, "ca.key: open to group or others") != NULL, "%s", why);
}
END_TEST

/* A node with its own files is no authority, nor is one with another's key. */
START_TEST(load__no_authority)
{
	struct ssi_issue what = certs_of_node("five", 5);
	struct ssi_issuer read;

	gnutls_x509_crt_deinit(certs_issue(&authority, &what, "node"));
	ck_assert_int_eq(ssi_issuer_load(&read, certs_path("node.crt"), certs_path("node.key"), why,
					 sizeof(why)), -1);
	ck_assert_msg(strstr(why, "no authority's certificate") != NULL, "%s", why);
	ck_assert_int_eq(ssi_issuer_load(&read, certs_path("ca.crt"), certs_path("node.key"), why,
					 sizeof(why)), -1);
	ck_assert_msg(strstr(why, "its key is another one") != NULL, "%s", why);
	ck_assert_int_eq(ssi_issuer_load(&read, certs_path("none"), certs_path("ca.key"), why,
					 sizeof(why)), -1);
	ck_assert_ptr_null(read.cert);
}
END_TEST

/* A list has what the one before had, and one more; its number is higher. */
START_TEST(crl__grows)
{
	struct ssi_issue what = certs_of_node("five", 5);
	gnutls_x509_crt_t cert[3];
	gnutls_x509_crl_t crl = NULL;
	gnutls_datum_t text;
	unsigned char number[8];
	size_t len;
	int i;

	for (i = 0; i < 3; i++) {
		cert[i] = certs_issue(&authority, &what, "node");
		ck_assert_int_eq(ssi_issue_crl(&authority, crl, cert[i], &text), 0);
		if (crl)
			gnutls_x509_crl_deinit(crl);
		gnutls_x509_crl_init(&crl);
		ck_assert_int_eq(gnutls_x509_crl_import(crl, &text, GNUTLS_X509_FMT_PEM), 0);
		gnutls_free(text.data);
		len = sizeof(number);
		ck_assert_int_eq(gnutls_x509_crl_get_number(crl, number, &len, NULL), 0);
		ck_assert_int_eq(number[len - 1], i + 1);
	}
	ck_assert_int_eq(gnutls_x509_crl_get_crt_count(crl), 3);
	ck_assert_int_eq(gnutls_x509_crl_check_issuer(crl, authority.cert), 1);
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(gnutls_x509_crt_check_revocation(cert[i], &crl, 1), 1);
		gnutls_x509_crt_deinit(cert[i]);
	}
	cert[0] = certs_issue(&authority, &what, "node");
	ck_assert_int_eq(gnutls_x509_crt_check_revocation(cert[0], &crl, 1), 0);
	gnutls_x509_crt_deinit(cert[0]);
	gnutls_x509_crl_deinit(crl);
}
END_TEST

/* One byte more is the next: 255 is not the end. */
START_TEST(crl__number_carries)
{
	unsigned char number[8];
	gnutls_x509_crl_t a, b;
	size_t len = sizeof(number);

	gnutls_x509_crl_init(&a);
	gnutls_x509_crl_init(&b);
	ck_assert_int_eq(gnutls_x509_crl_set_number(a, "\x01\xff", 2), 0);
	ck_assert_int_eq(set_number(b, a), 0);
	ck_assert_int_eq(gnutls_x509_crl_get_number(b, number, &len, NULL), 0);
	ck_assert_uint_eq(number[len - 2], 2);
	ck_assert_uint_eq(number[len - 1], 0);
	gnutls_x509_crl_deinit(a);
	gnutls_x509_crl_deinit(b);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("issue");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, issue__says_what_was_asked);
	tcase_add_test(tc, issue__serials_differ);
	tcase_add_loop_test(tc, request__kinds_of_keys, 0, COUNT(requests));
	tcase_add_loop_test(tc, request__malformed, 0, COUNT(no_requests));
	tcase_add_test(tc, load__authority);
	tcase_add_test(tc, load__no_authority);
	tcase_add_test(tc, crl__grows);
	tcase_add_test(tc, crl__number_carries);
	return run_case("ssictl_issue", tc);
}
