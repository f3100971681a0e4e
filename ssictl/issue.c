// SPDX-License-Identifier: Apache-2.0
#include "issue.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

#include "identity.h"
#include "private.h"

#define KEY_MAX	     65536
#define BITS_MIN     256

/* ---- keys and requests ---- */

int ssi_issue_serial(unsigned char *serial)
{
	int rc = gnutls_rnd(GNUTLS_RND_NONCE, serial, SSI_SERIAL_BYTES);

	/* Positive, and as long as it looks. */
	if (rc == 0)
		serial[0] = (serial[0] & 0x7f) | 0x40;
	return rc;
}

int ssi_issue_key(gnutls_x509_privkey_t *key)
{
	const unsigned int curve = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
	int rc = gnutls_x509_privkey_init(key);

	return rc < 0 ? rc : gnutls_x509_privkey_generate(*key, GNUTLS_PK_ECDSA, curve, 0);
}

int ssi_issue_request(gnutls_x509_privkey_t key, const char *name, gnutls_x509_crq_t *request)
{
	int rc = gnutls_x509_crq_init(request);

	if (rc == 0)
		rc = gnutls_x509_crq_set_version(*request, 1);
	if (rc == 0)
		rc = gnutls_x509_crq_set_dn_by_oid(*request, GNUTLS_OID_X520_COMMON_NAME, 0, name,
						   strlen(name));
	if (rc == 0)
		rc = gnutls_x509_crq_set_key(*request, key);
	return rc < 0 ? rc : gnutls_x509_crq_sign2(*request, key, GNUTLS_DIG_SHA256, 0);
}

/* Returns NULL, or what is wrong with the key. */
static const char *check_key(gnutls_x509_crq_t request)
{
	unsigned int bits = 0;
	int kind = gnutls_x509_crq_get_pk_algorithm(request, &bits);

	if (kind != GNUTLS_PK_ECDSA && kind != GNUTLS_PK_EDDSA_ED25519)
		return "its key is neither ECDSA nor Ed25519";
	return bits < BITS_MIN ? "its key is too short" : NULL;
}

int ssi_issue_read_request(const char *pem, size_t len, gnutls_x509_crq_t *request, char *why,
			   size_t size)
{
	const gnutls_datum_t text = { .data = (void *)pem, .size = len };
	const char *wrong = "it is no certificate request in PEM";
	int rc = gnutls_x509_crq_init(request);

	if (rc < 0) {
		snprintf(why, size, "%s", gnutls_strerror(rc));
		return -1;
	}
	if (gnutls_x509_crq_import(*request, &text, GNUTLS_X509_FMT_PEM) == 0)
		wrong = gnutls_x509_crq_verify(*request, 0) == 0 ? check_key(*request) :
								   "it is not signed by its own key";
	if (!wrong)
		return 0;
	snprintf(why, size, "%s", wrong);
	gnutls_x509_crq_deinit(*request);
	return -1;
}

/* ---- certificates; the first error stays ---- */

/**
 * struct making - a certificate that is being made
 * @cert: the certificate
 * @rc: 0, or what went wrong first
 */
struct making {
	gnutls_x509_crt_t cert;
	int rc;
};

static void set_serial(struct making *m, const struct ssi_issue *what)
{
	unsigned char drawn[SSI_SERIAL_BYTES];

	if (m->rc == 0 && !what->serial)
		m->rc = ssi_issue_serial(drawn);
	if (m->rc == 0)
		m->rc = gnutls_x509_crt_set_serial(m->cert, what->serial ? what->serial : drawn,
						   SSI_SERIAL_BYTES);
}

static void set_dn(struct making *m, const char *oid, const char *text)
{
	if (m->rc == 0 && text)
		m->rc = gnutls_x509_crt_set_dn_by_oid(m->cert, oid, 0, text, strlen(text));
}

static void set_san(struct making *m, gnutls_x509_subject_alt_name_t type, const void *data,
		    size_t len)
{
	if (m->rc == 0)
		m->rc = gnutls_x509_crt_set_subject_alt_name(m->cert, type, data, len,
							     GNUTLS_FSAN_APPEND);
}

static void set_address(struct making *m, const char *address)
{
	unsigned char number[16];

	if (inet_pton(AF_INET, address, number) == 1)
		set_san(m, GNUTLS_SAN_IPADDRESS, number, 4);
	else if (inet_pton(AF_INET6, address, number) == 1)
		set_san(m, GNUTLS_SAN_IPADDRESS, number, 16);
	else
		set_san(m, GNUTLS_SAN_DNSNAME, address, strlen(address));
}

static void set_names(struct making *m, const struct ssi_issue *what)
{
	const char *const *address;
	char uri[32];

	set_dn(m, GNUTLS_OID_X520_ORGANIZATIONAL_UNIT_NAME, what->role);
	set_dn(m, GNUTLS_OID_X520_COMMON_NAME, what->name);
	for (address = what->addresses; address && *address; address++)
		set_address(m, *address);
	if (what->node == SSI_NO_NODE)
		return;
	snprintf(uri, sizeof(uri), SSI_NODE_URI "%u", what->node);
	set_san(m, GNUTLS_SAN_URI, uri, strlen(uri));
}

static void set_times(struct making *m, const struct ssi_issue *what)
{
	if (m->rc == 0)
		m->rc = gnutls_x509_crt_set_activation_time(m->cert, what->from);
	if (m->rc == 0)
		m->rc = gnutls_x509_crt_set_expiration_time(m->cert, what->until);
}

static void set_purposes(struct making *m, const struct ssi_issue *what)
{
	if (m->rc == 0)
		m->rc = gnutls_x509_crt_set_basic_constraints(m->cert, 0, -1);
	if (m->rc == 0)
		m->rc = gnutls_x509_crt_set_key_usage(m->cert, GNUTLS_KEY_DIGITAL_SIGNATURE);
	if (m->rc == 0 && what->server)
		m->rc = gnutls_x509_crt_set_key_purpose_oid(m->cert, GNUTLS_KP_TLS_WWW_SERVER, 0);
	if (m->rc == 0 && what->client)
		m->rc = gnutls_x509_crt_set_key_purpose_oid(m->cert, GNUTLS_KP_TLS_WWW_CLIENT, 0);
}

/* By which a list of revoked ones, and the authority, are found. */
static void set_key_ids(struct making *m, gnutls_x509_crt_t issuer)
{
	unsigned char id[64];
	size_t len = sizeof(id);

	if (m->rc == 0)
		m->rc = gnutls_x509_crt_get_key_id(m->cert, 0, id, &len);
	if (m->rc == 0)
		m->rc = gnutls_x509_crt_set_subject_key_id(m->cert, id, len);
	len = sizeof(id);
	if (m->rc == 0)
		m->rc = gnutls_x509_crt_get_subject_key_id(issuer, id, &len, NULL);
	if (m->rc == 0)
		m->rc = gnutls_x509_crt_set_authority_key_id(m->cert, id, len);
}

static void start(struct making *m, const struct ssi_issue *what)
{
	m->rc = gnutls_x509_crt_init(&m->cert);
	if (m->rc == 0)
		m->rc = gnutls_x509_crt_set_version(m->cert, 3);
	set_serial(m, what);
}

static void sign(struct making *m, gnutls_x509_crt_t by, gnutls_x509_privkey_t key)
{
	if (m->rc == 0)
		m->rc = gnutls_x509_crt_sign2(m->cert, by, key, GNUTLS_DIG_SHA256, 0);
}

/* GnuTLS reads some of what was set only once it has come from outside. */
static int finish(struct making *m, gnutls_x509_crt_t *cert)
{
	gnutls_datum_t text = { 0 };

	*cert = NULL;
	if (m->rc == 0)
		m->rc = gnutls_x509_crt_export2(m->cert, GNUTLS_X509_FMT_DER, &text);
	if (m->rc == 0)
		m->rc = gnutls_x509_crt_init(cert);
	if (m->rc == 0)
		m->rc = gnutls_x509_crt_import(*cert, &text, GNUTLS_X509_FMT_DER);
	gnutls_free(text.data);
	if (m->cert)
		gnutls_x509_crt_deinit(m->cert);
	return m->rc;
}

static int set_public(gnutls_x509_crt_t cert, gnutls_x509_crq_t request)
{
	gnutls_pubkey_t public;
	int rc = gnutls_pubkey_init(&public);

	if (rc < 0)
		return rc;
	rc = gnutls_pubkey_import_x509_crq(public, request, 0);
	if (rc == 0)
		rc = gnutls_x509_crt_set_pubkey(cert, public);
	gnutls_pubkey_deinit(public);
	return rc;
}

int ssi_issue(const struct ssi_issuer *issuer, const struct ssi_issue *what,
	      gnutls_x509_crq_t request, gnutls_x509_crt_t *cert)
{
	struct making m = { 0 };

	start(&m, what);
	if (m.rc == 0)
		m.rc = set_public(m.cert, request);
	set_names(&m, what);
	set_times(&m, what);
	set_purposes(&m, what);
	set_key_ids(&m, issuer->cert);
	sign(&m, issuer->cert, issuer->key);
	return finish(&m, cert);
}

/* ---- the authority ---- */

static void set_authority(struct making *m)
{
	if (m->rc == 0)
		m->rc = gnutls_x509_crt_set_basic_constraints(m->cert, 1, 0);
	if (m->rc == 0)
		m->rc = gnutls_x509_crt_set_key_usage(m->cert, GNUTLS_KEY_KEY_CERT_SIGN |
								       GNUTLS_KEY_CRL_SIGN);
}

int ssi_issuer_create(struct ssi_issuer *issuer, const struct ssi_issue *what)
{
	struct making m = { 0 };
	int rc;

	memset(issuer, 0, sizeof(*issuer));
	rc = ssi_issue_key(&issuer->key);
	if (rc < 0)
		return rc;
	start(&m, what);
	if (m.rc == 0)
		m.rc = gnutls_x509_crt_set_key(m.cert, issuer->key);
	set_dn(&m, GNUTLS_OID_X520_COMMON_NAME, what->name);
	set_times(&m, what);
	set_authority(&m);
	/* Its own issuer: the second half finds what the first one set. */
	set_key_ids(&m, m.cert);
	sign(&m, m.cert, issuer->key);
	return finish(&m, &issuer->cert);
}

static int load_cert(struct ssi_issuer *issuer, const char *path)
{
	gnutls_datum_t text;
	int rc = gnutls_load_file(path, &text);

	if (rc < 0)
		return rc;
	rc = gnutls_x509_crt_init(&issuer->cert);
	if (rc == 0)
		rc = gnutls_x509_crt_import(issuer->cert, &text, GNUTLS_X509_FMT_PEM);
	gnutls_free(text.data);
	return rc;
}

static int load_key(struct ssi_issuer *issuer, const char *path, char *why, size_t size)
{
	unsigned char text[KEY_MAX];
	gnutls_datum_t key = { .data = text };
	ssize_t len = ssi_private_read(path, text, sizeof(text), "name the authority's key", why,
				       size);
	int rc;

	if (len < 0)
		return -1;
	key.size = len;
	rc = gnutls_x509_privkey_init(&issuer->key);
	if (rc == 0)
		rc = gnutls_x509_privkey_import(issuer->key, &key, GNUTLS_X509_FMT_PEM);
	explicit_bzero(text, sizeof(text));
	if (rc < 0)
		snprintf(why, size, "%s", gnutls_strerror(rc));
	return rc < 0 ? -1 : 0;
}

static bool is_pair(const struct ssi_issuer *issuer)
{
	unsigned char of_cert[64], of_key[64];
	size_t cert_len = sizeof(of_cert), key_len = sizeof(of_key);

	return gnutls_x509_crt_get_key_id(issuer->cert, 0, of_cert, &cert_len) == 0 &&
	       gnutls_x509_privkey_get_key_id(issuer->key, 0, of_key, &key_len) == 0 &&
	       cert_len == key_len && !memcmp(of_cert, of_key, key_len);
}

/* Returns NULL, or what is wrong with its certificate. */
static const char *check_issuer(const struct ssi_issuer *issuer)
{
	unsigned int critical;

	if (gnutls_x509_crt_get_ca_status(issuer->cert, &critical) <= 0)
		return "it is no authority's certificate";
	return is_pair(issuer) ? NULL : "its key is another one";
}

int ssi_issuer_load(struct ssi_issuer *issuer, const char *cert, const char *key, char *why,
		    size_t size)
{
	char reason[200];
	const char *wrong;
	int rc;

	memset(issuer, 0, sizeof(*issuer));
	rc = load_cert(issuer, cert);
	if (rc < 0) {
		snprintf(why, size, "%s: %s", cert, gnutls_strerror(rc));
	} else if (load_key(issuer, key, reason, sizeof(reason)) < 0) {
		snprintf(why, size, "%s: %s", key, reason);
	} else {
		wrong = check_issuer(issuer);
		if (!wrong)
			return 0;
		snprintf(why, size, "%s: %s", cert, wrong);
	}
	ssi_issuer_free(issuer);
	return -1;
}

void ssi_issuer_free(struct ssi_issuer *issuer)
{
	if (issuer->cert)
		gnutls_x509_crt_deinit(issuer->cert);
	if (issuer->key)
		gnutls_x509_privkey_deinit(issuer->key);
	memset(issuer, 0, sizeof(*issuer));
}

/* ---- what counts no more ---- */

static int copy_revoked(gnutls_x509_crl_t to, gnutls_x509_crl_t from)
{
	int i, count = from ? gnutls_x509_crl_get_crt_count(from) : 0;

	for (i = 0; i < count; i++) {
		unsigned char serial[64];
		size_t len = sizeof(serial);
		time_t when;
		int rc = gnutls_x509_crl_get_crt_serial(from, i, serial, &len, &when);

		if (rc == 0)
			rc = gnutls_x509_crl_set_crt_serial(to, serial, len, when);
		if (rc < 0)
			return rc;
	}
	return count < 0 ? count : 0;
}

/* Each list has a higher number than the one before. */
static int set_number(gnutls_x509_crl_t to, gnutls_x509_crl_t from)
{
	unsigned char number[8] = { 0 };
	size_t len = sizeof(number);
	unsigned int i;

	if (from && gnutls_x509_crl_get_number(from, number, &len, NULL) == 0) {
		memmove(number + sizeof(number) - len, number, len);
		memset(number, 0, sizeof(number) - len);
	}
	for (i = sizeof(number); i-- && !++number[i];)
		;
	return gnutls_x509_crl_set_number(to, number, sizeof(number));
}

static int fill(gnutls_x509_crl_t crl, const struct ssi_issuer *issuer, gnutls_x509_crl_t before,
		gnutls_x509_crt_t revoked)
{
	const time_t now = time(NULL), end = gnutls_x509_crt_get_expiration_time(issuer->cert);
	int rc = gnutls_x509_crl_set_version(crl, 2);

	if (rc == 0)
		rc = copy_revoked(crl, before);
	if (rc == 0 && revoked)
		rc = gnutls_x509_crl_set_crt(crl, revoked, now);
	if (rc == 0)
		rc = set_number(crl, before);
	if (rc == 0)
		rc = gnutls_x509_crl_set_this_update(crl, now);
	if (rc == 0)
		rc = gnutls_x509_crl_set_next_update(crl, end);
	return rc < 0 ? rc :
			gnutls_x509_crl_sign2(crl, issuer->cert, issuer->key, GNUTLS_DIG_SHA256, 0);
}

int ssi_issue_crl(const struct ssi_issuer *issuer, gnutls_x509_crl_t before,
		  gnutls_x509_crt_t revoked, gnutls_datum_t *pem)
{
	gnutls_x509_crl_t crl;
	int rc = gnutls_x509_crl_init(&crl);

	if (rc < 0)
		return rc;
	rc = fill(crl, issuer, before, revoked);
	if (rc == 0)
		rc = gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, pem);
	gnutls_x509_crl_deinit(crl);
	return rc;
}
