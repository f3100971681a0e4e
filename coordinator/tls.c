// SPDX-License-Identifier: Apache-2.0
#include "tls.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/x509.h>

#include "../ssictl/opts.h"
#include "../ssictl/private.h"

#define KEY_MAX	  65536
#define CHAIN_MAX 8
/* Generations of our certificate that handshakes under way may still use. */
#define KEPT 2

/**
 * struct identity - our certificate
 * @chain: with those between it and its authority
 * @length: how many
 * @key: of the first
 */
struct identity {
	gnutls_pcert_st chain[CHAIN_MAX];
	unsigned int length;
	gnutls_privkey_t key;
};

/**
 * struct ssi_tls - what was read
 * @cfg: the files
 * @lock: of all below
 * @identity: the newest one first; a handshake ends before the last one is freed
 * @trust: authorities of callers and what they revoked; NULL without
 * @ca_text: those authorities as they stood in the file first
 */
struct ssi_tls {
	const struct ssi_tls_cfg *cfg;
	pthread_mutex_t lock;
	struct identity *identity[KEPT + 1];
	gnutls_x509_trust_list_t trust;
	char *ca_text;
};

/* ---- our certificate ---- */

static void free_identity(struct identity *identity)
{
	unsigned int i;

	if (!identity)
		return;
	for (i = 0; i < identity->length; i++)
		gnutls_pcert_deinit(&identity->chain[i]);
	if (identity->key)
		gnutls_privkey_deinit(identity->key);
	free(identity);
}

static int refuse_file(const char *path, int rc, char *why, size_t size)
{
	snprintf(why, size, "%s: %s", path, gnutls_strerror(rc));
	return -1;
}

static int load_chain(struct identity *identity, const char *path, char *why, size_t size)
{
	gnutls_datum_t text;
	unsigned int length = CHAIN_MAX;
	int rc = gnutls_load_file(path, &text);

	if (rc < 0)
		return refuse_file(path, rc, why, size);
	rc = gnutls_pcert_list_import_x509_raw(identity->chain, &length, &text, GNUTLS_X509_FMT_PEM,
					       0);
	gnutls_free(text.data);
	if (rc < 0)
		return refuse_file(path, rc, why, size);
	identity->length = length;
	return 0;
}

static int load_key(struct identity *identity, const char *path, char *why, size_t size)
{
	unsigned char *text = malloc(KEY_MAX);
	char reason[160] = "out of memory";
	gnutls_datum_t key = { .data = text };
	ssize_t len = -1;
	int rc;

	if (text)
		len = ssi_private_read(path, text, KEY_MAX, "name the certificate's key", reason,
				       sizeof(reason));
	if (len < 0) {
		snprintf(why, size, "%s: %s", path, reason);
		free(text);
		return -1;
	}
	key.size = len;
	rc = gnutls_privkey_init(&identity->key);
	if (rc == 0)
		rc = gnutls_privkey_import_x509_raw(identity->key, &key, GNUTLS_X509_FMT_PEM, NULL,
						    0);
	explicit_bzero(text, KEY_MAX);
	free(text);
	return rc < 0 ? refuse_file(path, rc, why, size) : 0;
}

/* A key of another certificate would only be found out by callers. */
static int check_pair(struct identity *identity, const struct ssi_tls_cfg *cfg, char *why,
		      size_t size)
{
	unsigned char of_cert[64], of_key[64];
	size_t cert_len = sizeof(of_cert), key_len = sizeof(of_key);
	gnutls_pubkey_t public;
	int rc = gnutls_pubkey_init(&public);

	if (rc < 0)
		return refuse_file(cfg->key, rc, why, size);
	rc = gnutls_pubkey_import_privkey(public, identity->key, 0, 0);
	if (rc == 0)
		rc = gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, of_key, &key_len);
	if (rc == 0)
		rc = gnutls_pubkey_get_key_id(identity->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256,
					      of_cert, &cert_len);
	gnutls_pubkey_deinit(public);
	if (rc < 0)
		return refuse_file(cfg->key, rc, why, size);
	if (cert_len == key_len && !memcmp(of_cert, of_key, key_len))
		return 0;
	snprintf(why, size, "%s is not the key of %s", cfg->key, cfg->cert);
	return -1;
}

static struct identity *load_identity(const struct ssi_tls_cfg *cfg, char *why, size_t size)
{
	struct identity *identity = calloc(1, sizeof(*identity));

	if (identity && load_chain(identity, cfg->cert, why, size) == 0 &&
	    load_key(identity, cfg->key, why, size) == 0 &&
	    check_pair(identity, cfg, why, size) == 0)
		return identity;
	free_identity(identity);
	return NULL;
}

/* ---- authorities of callers ---- */

static int load_trust(const struct ssi_tls_cfg *cfg, gnutls_x509_trust_list_t *trust, char *why,
		      size_t size)
{
	int rc;

	*trust = NULL;
	if (!cfg->ca)
		return 0;
	rc = gnutls_x509_trust_list_init(trust, 0);
	if (rc < 0)
		return refuse_file(cfg->ca, rc, why, size);
	rc = gnutls_x509_trust_list_add_trust_file(*trust, cfg->ca, NULL, GNUTLS_X509_FMT_PEM, 0,
						   0);
	if (rc <= 0)
		return refuse_file(cfg->ca, rc ? rc : GNUTLS_E_NO_CERTIFICATE_FOUND, why, size);
	if (!cfg->crl)
		return 0;
	rc = gnutls_x509_trust_list_add_trust_file(*trust, NULL, cfg->crl, GNUTLS_X509_FMT_PEM,
						   GNUTLS_TL_VERIFY_CRL, 0);
	return rc <= 0 ? refuse_file(cfg->crl, rc ? rc : GNUTLS_E_BASE64_DECODING_ERROR, why, size)
		       : 0;
}

static int load_ca_text(struct ssi_tls *tls, char *why, size_t size)
{
	gnutls_datum_t text;
	int rc;

	if (!tls->cfg->ca)
		return 0;
	rc = gnutls_load_file(tls->cfg->ca, &text);
	if (rc < 0)
		return refuse_file(tls->cfg->ca, rc, why, size);
	tls->ca_text = strndup((const char *)text.data, text.size);
	gnutls_free(text.data);
	return tls->ca_text ? 0 : -1;
}

const char *ssi_tls_ca_text(const struct ssi_tls *tls)
{
	return tls->ca_text;
}

/* ---- life ---- */

int ssi_tls_reload(struct ssi_tls *tls, char *why, size_t size)
{
	gnutls_x509_trust_list_t trust = NULL, old;
	struct identity *identity, *oldest;

	identity = load_identity(tls->cfg, why, size);
	if (!identity || load_trust(tls->cfg, &trust, why, size) < 0) {
		free_identity(identity);
		if (trust)
			gnutls_x509_trust_list_deinit(trust, 1);
		return -1;
	}
	pthread_mutex_lock(&tls->lock);
	oldest = tls->identity[KEPT];
	memmove(tls->identity + 1, tls->identity, KEPT * sizeof(*tls->identity));
	tls->identity[0] = identity;
	old = tls->trust;
	tls->trust = trust;
	pthread_mutex_unlock(&tls->lock);
	free_identity(oldest);
	if (old)
		gnutls_x509_trust_list_deinit(old, 1);
	return 0;
}

struct ssi_tls *ssi_tls_open(const struct ssi_tls_cfg *cfg, char *why, size_t size)
{
	struct ssi_tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		return NULL;
	tls->cfg = cfg;
	pthread_mutex_init(&tls->lock, NULL);
	if (ssi_tls_reload(tls, why, size) == 0 && load_ca_text(tls, why, size) == 0)
		return tls;
	ssi_tls_close(tls);
	return NULL;
}

void ssi_tls_close(struct ssi_tls *tls)
{
	unsigned int i;

	if (!tls)
		return;
	for (i = 0; i <= KEPT; i++)
		free_identity(tls->identity[i]);
	if (tls->trust)
		gnutls_x509_trust_list_deinit(tls->trust, 1);
	pthread_mutex_destroy(&tls->lock);
	free(tls->ca_text);
	free(tls);
}

void ssi_tls_present(struct ssi_tls *tls, gnutls_pcert_st **chain, unsigned int *length,
		     gnutls_privkey_t *key)
{
	pthread_mutex_lock(&tls->lock);
	*chain = tls->identity[0]->chain;
	*length = tls->identity[0]->length;
	*key = tls->identity[0]->key;
	pthread_mutex_unlock(&tls->lock);
}

/* ---- callers ---- */

static bool read_name(gnutls_x509_crt_t cert, struct ssi_caller *caller, char *why, size_t size)
{
	char cn[64] = "", ou[64] = "";
	size_t cn_len = sizeof(cn), ou_len = sizeof(ou);
	const char *name;

	gnutls_x509_crt_get_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, 0, cn, &cn_len);
	gnutls_x509_crt_get_dn_by_oid(cert, GNUTLS_OID_X520_ORGANIZATIONAL_UNIT_NAME, 0, 0, ou,
				      &ou_len);
	caller->role = ssi_role_named(ou);
	if (ssi_opts_name(cn, &name)) {
		snprintf(why, size, "the certificate's CN is no name");
		return false;
	}
	strcpy(caller->name, name);
	if (caller->role == SSI_ROLE_NONE)
		snprintf(why, size, "the certificate's OU is none of read, operate and admin");
	return caller->role != SSI_ROLE_NONE;
}

static bool is_trusted(struct ssi_tls *tls, gnutls_x509_crt_t *chain, unsigned int length,
		       char *why, size_t size)
{
	gnutls_typed_vdata_st purpose = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
					  .data = (void *)GNUTLS_KP_TLS_WWW_CLIENT };
	unsigned int status = GNUTLS_CERT_INVALID;
	gnutls_datum_t text;
	int rc = -1;

	pthread_mutex_lock(&tls->lock);
	if (tls->trust)
		rc = gnutls_x509_trust_list_verify_crt2(tls->trust, chain, length, &purpose, 1, 0,
							&status, NULL);
	pthread_mutex_unlock(&tls->lock);
	if (rc == 0 && status == 0)
		return true;
	if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) == 0) {
		snprintf(why, size, "%s", (const char *)text.data);
		gnutls_free(text.data);
	}
	return false;
}

bool ssi_tls_caller(struct ssi_tls *tls, gnutls_session_t session, struct ssi_caller *caller,
		    char *why, size_t size)
{
	gnutls_x509_crt_t chain[CHAIN_MAX];
	const gnutls_datum_t *raw;
	unsigned int count, i, length = 0;
	bool good;

	*why = 0;
	raw = gnutls_certificate_get_peers(session, &count);
	if (!raw || !count)
		return false;
	for (i = 0; i < count && i < CHAIN_MAX; i++) {
		if (gnutls_x509_crt_init(&chain[length]) < 0)
			break;
		length++;
		if (gnutls_x509_crt_import(chain[i], &raw[i], GNUTLS_X509_FMT_DER) < 0)
			break;
	}
	good = i == count && is_trusted(tls, chain, length, why, size) &&
	       read_name(chain[0], caller, why, size);
	if (!good && !*why)
		snprintf(why, size, "the certificate cannot be read");
	while (length)
		gnutls_x509_crt_deinit(chain[--length]);
	return good;
}
