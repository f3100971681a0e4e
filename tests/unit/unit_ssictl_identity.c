// SPDX-License-Identifier: Apache-2.0
/* identity.c: files that it takes and refuses, and what certificates say. */
#include "../../ssictl/identity.c"

#include <sys/stat.h>

#include "unit_ssictl_certs.h"
#include "unit_ssictl_run.h"

static struct ssi_issuer authority;
static struct ssi_files files;
static char why[256];

static void setup(void)
{
	struct ssi_issue what = certs_of_node("five", 5), other = certs_of_node("six", 6);

	certs_begin();
	authority = certs_authority("ours");
	certs_write_cert("ca.crt", authority.cert);
	certs_revoke(&authority, NULL, "crl.pem");
	gnutls_x509_crt_deinit(certs_issue(&authority, &what, "node"));
	gnutls_x509_crt_deinit(certs_issue(&authority, &other, "other"));
	files = (struct ssi_files){ certs_path("node.crt"), certs_path("node.key"),
				    certs_path("ca.crt"), certs_path("crl.pem") };
}

static void teardown(void)
{
	ssi_issuer_free(&authority);
	certs_end();
}

START_TEST(load__good)
{
	struct ssi_identity *identity = ssi_identity_load(&files, why, sizeof(why));

	ck_assert_msg(identity != NULL, "%s", why);
	ck_assert_uint_eq(identity->node, 5);
	ck_assert_int_gt(identity->expires, time(NULL));
	ck_assert_ptr_eq(ssi_identity_get(identity), identity);
	ssi_identity_put(identity);
	/* One is left. */
	ck_assert_uint_eq(identity->length, 1);
	ssi_identity_put(identity);
	ck_assert_ptr_null(ssi_identity_get(NULL));
	ssi_identity_put(NULL);
}
END_TEST

static void break_file(const char *name, const char *how)
{
	struct ssi_issuer stranger;

	if (!strcmp(how, "missing"))
		ck_assert_int_eq(unlink(certs_path(name)), 0);
	if (!strcmp(how, "empty"))
		certs_write(name, "", 0);
	if (!strcmp(how, "garbage"))
		certs_write(name, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
			    60);
	if (!strcmp(how, "open"))
		ck_assert_int_eq(chmod(certs_path(name), 0640), 0);
	if (!strcmp(how, "another's"))
		ck_assert_int_eq(rename(certs_path("other.key"), certs_path(name)), 0);
	if (!strcmp(how, "the key"))
		ck_assert_int_eq(rename(certs_path("node.key"), certs_path(name)), 0);
	if (!strcmp(how, "of a stranger")) {
		stranger = certs_authority("theirs");
		certs_revoke(&stranger, NULL, name);
		ssi_issuer_free(&stranger);
	}
}

static const struct bad {
	const char *file, *how, *words;
} bad_files[] = {
	{ "node.crt", "missing", "node.crt: " },
	{ "node.crt", "empty", "node.crt: " },
	{ "node.crt", "garbage", "node.crt: " },
	{ "node.crt", "the key", "node.crt: " },
	{ "node.key", "missing", "node.key: No such file or directory; name the certificate's key" },
	{ "node.key", "empty", "node.key: " },
	{ "node.key", "garbage", "node.key: " },
	{ "node.key", "open", "node.key: open to group or others; chmod 600 it" },
	{ "node.key", "another's", "node.key is not the key of " },
	{ "ca.crt", "missing", "ca.crt: " },
	{ "ca.crt", "empty", "ca.crt: " },
	{ "ca.crt", "garbage", "ca.crt: " },
	{ "crl.pem", "missing", "crl.pem: " },
	{ "crl.pem", "empty", "crl.pem: " },
	{ "crl.pem", "garbage", "crl.pem: " },
	{ "crl.pem", "of a stranger", "crl.pem: " },
};

START_TEST(load__refuses)
{
	const struct bad *b = &bad_files[_i];

	break_file(b->file, b->how);
	ck_assert_msg(!ssi_identity_load(&files, why, sizeof(why)), "%s %s", b->file, b->how);
	ck_assert_msg(strstr(why, b->words) != NULL, "%s %s: %s", b->file, b->how, why);
}
END_TEST

/* What stands in the alternative names of a certificate, and which node that is. */
static const struct uri {
	const char *names[3];
	int64_t node; /* -1 for a refusal */
} uris[] = {
	{ { "ssi-hv:node:0" }, 0 },
	{ { "ssi-hv:node:1023" }, 1023 },
	{ { "https://example.org/", "ssi-hv:node:7" }, 7 },
	{ { "https://example.org/" }, SSI_NO_NODE },
	{ { NULL }, SSI_NO_NODE },
	{ { "ssi-hv:node:1024" }, -1 },
	{ { "ssi-hv:node:" }, -1 },
	{ { "ssi-hv:node:07" }, -1 },
	{ { "ssi-hv:node:+7" }, -1 },
	{ { "ssi-hv:node: 7" }, -1 },
	{ { "ssi-hv:node:7 " }, -1 },
	{ { "ssi-hv:node:-1" }, -1 },
	{ { "ssi-hv:node:0x7" }, -1 },
	{ { "ssi-hv:node:18446744073709551616" }, -1 },
	{ { "ssi-hv:node:7", "ssi-hv:node:7" }, -1 },
	{ { "ssi-hv:node:7", "ssi-hv:node:8" }, -1 },
	{ { "ssi-hv:node:777777777777777777777777777777777777777777777777777777777777777777" },
	  -1 },
};

/* What somebody reads who is sent it. */
static gnutls_x509_crt_t as_read(gnutls_x509_crt_t cert)
{
	gnutls_x509_crt_t read;
	gnutls_datum_t text;

	gnutls_x509_crt_set_version(cert, 3);
	gnutls_x509_crt_set_serial(cert, "\1", 1);
	gnutls_x509_crt_set_activation_time(cert, 0);
	gnutls_x509_crt_set_expiration_time(cert, time(NULL) + DAY);
	gnutls_x509_crt_set_key(cert, authority.key);
	ck_assert_int_eq(gnutls_x509_crt_sign2(cert, authority.cert, authority.key,
					       GNUTLS_DIG_SHA256, 0), 0);
	ck_assert_int_eq(gnutls_x509_crt_export2(cert, GNUTLS_X509_FMT_DER, &text), 0);
	gnutls_x509_crt_init(&read);
	ck_assert_int_eq(gnutls_x509_crt_import(read, &text, GNUTLS_X509_FMT_DER), 0);
	gnutls_free(text.data);
	gnutls_x509_crt_deinit(cert);
	return read;
}

START_TEST(holder__node)
{
	const struct uri *u = &uris[_i];
	struct ssi_holder holder;
	gnutls_x509_crt_t cert;
	unsigned int i;
	int rc;

	gnutls_x509_crt_init(&cert);
	gnutls_x509_crt_set_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, "n", 1);
	for (i = 0; i < 3 && u->names[i]; i++)
		ck_assert_int_eq(gnutls_x509_crt_set_subject_alt_name(cert, GNUTLS_SAN_URI,
			u->names[i], strlen(u->names[i]), GNUTLS_FSAN_APPEND), 0);
	cert = as_read(cert);
	rc = ssi_holder_read(cert, &holder, why, sizeof(why));
	if (u->node < 0) {
		ck_assert_msg(rc == -1, "%s", u->names[0]);
	} else {
		ck_assert_msg(rc == 0, "%s: %s", u->names[0], why);
		ck_assert_uint_eq(holder.node, u->node);
	}
	gnutls_x509_crt_deinit(cert);
}
END_TEST

/* CN and OU, and what comes of them. */
static const struct subject {
	const char *cn, *ou;
	bool good;
} subjects[] = {
	{ "alice", "admin", true },
	{ "alice", NULL, true },
	{ "node-1.example_org", "operate", true },
	{ "two words", "operate", false },
	{ "a/b", "operate", false },
	{ NULL, "operate", false },
	{ "0123456789012345678901234567890123456789", "operate", false },
	{ "0123456789012345678901234567890123456789012345678901234567890123", "operate", false },
	/* Longer than any role: it is none. */
	{ "alice", "administrators-of-everything", true },
};

START_TEST(holder__subject)
{
	const struct subject *s = &subjects[_i];
	struct ssi_holder holder;
	gnutls_x509_crt_t cert;

	gnutls_x509_crt_init(&cert);
	if (s->cn)
		gnutls_x509_crt_set_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, s->cn,
					      strlen(s->cn));
	if (s->ou)
		gnutls_x509_crt_set_dn_by_oid(cert, GNUTLS_OID_X520_ORGANIZATIONAL_UNIT_NAME, 0,
					      s->ou, strlen(s->ou));
	cert = as_read(cert);
	ck_assert_int_eq(ssi_holder_read(cert, &holder, why, sizeof(why)), s->good ? 0 : -1);
	if (s->good)
		ck_assert_str_eq(holder.name, s->cn);
	if (s->good && s->ou && strlen(s->ou) < sizeof(holder.role))
		ck_assert_str_eq(holder.role, s->ou);
	else if (s->good)
		ck_assert_str_eq(holder.role, "");
	gnutls_x509_crt_deinit(cert);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("identity");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, load__good);
	tcase_add_loop_test(tc, load__refuses, 0, COUNT(bad_files));
	tcase_add_loop_test(tc, holder__node, 0, COUNT(uris));
	tcase_add_loop_test(tc, holder__subject, 0, COUNT(subjects));
	return run_case("ssictl_identity", tc);
}
