// SPDX-License-Identifier: Apache-2.0
#include "identity.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

#define KEY_MAX 65536
/* As many as the coordinator gives out. */
#define NODES_MAX 1024

/**
 * struct reading - files that are being read
 * @cfg: their names
 * @why: filled with the reason of a refusal
 * @size: bytes of @why
 */
struct reading {
	const struct ssi_files *cfg;
	char *why;
	size_t size;
};

static int refuse(const struct reading *r, const char *path, int rc)
{
	snprintf(r->why, r->size, "%s: %s", path, gnutls_strerror(rc));
	return -1;
}

/* ---- our certificate ---- */

static int read_own(struct ssi_identity *identity, const struct reading *r)
{
	struct ssi_holder holder;
	gnutls_x509_crt_t cert;
	int rc = gnutls_pcert_export_x509(&identity->chain[0], &cert);

	if (rc < 0)
		return refuse(r, r->cfg->cert, rc);
	identity->expires = gnutls_x509_crt_get_expiration_time(cert);
	/* Somebody else's authority may name a coordinator as it likes. */
	if (ssi_holder_read(cert, &holder, r->why, r->size) == 0)
		identity->node = holder.node;
	gnutls_x509_crt_deinit(cert);
	return 0;
}

static int load_chain(struct ssi_identity *identity, const struct reading *r)
{
	unsigned int length = SSI_CHAIN_MAX;
	gnutls_datum_t text;
	int rc = gnutls_load_file(r->cfg->cert, &text);

	if (rc < 0)
		return refuse(r, r->cfg->cert, rc);
	rc = gnutls_pcert_list_import_x509_raw(identity->chain, &length, &text,
					       GNUTLS_X509_FMT_PEM, 0);
	gnutls_free(text.data);
	if (rc < 0)
		return refuse(r, r->cfg->cert, rc);
	identity->length = length;
	return read_own(identity, r);
}

static int load_key(struct ssi_identity *identity, const struct reading *r)
{
	unsigned char *text = malloc(KEY_MAX);
	char reason[160] = "out of memory";
	gnutls_datum_t key = { .data = text };
	ssize_t len = -1;
	int rc;

	if (text)
		len = ssi_private_read(r->cfg->key, text, KEY_MAX, "name the certificate's key",
				       reason, sizeof(reason));
	if (len < 0) {
		snprintf(r->why, r->size, "%s: %s", r->cfg->key, reason);
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
	return rc < 0 ? refuse(r, r->cfg->key, rc) : 0;
}

/* A key of another certificate would only be found out by the other end. */
static int check_pair(struct ssi_identity *identity, const struct reading *r)
{
	unsigned char of_cert[64], of_key[64];
	size_t cert_len = sizeof(of_cert), key_len = sizeof(of_key);
	gnutls_pubkey_t public;
	int rc = gnutls_pubkey_init(&public);

	if (rc < 0)
		return refuse(r, r->cfg->key, rc);
	rc = gnutls_pubkey_import_privkey(public, identity->key, 0, 0);
	if (rc == 0)
		rc = gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, of_key, &key_len);
	if (rc == 0)
		rc = gnutls_pubkey_get_key_id(identity->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256,
					      of_cert, &cert_len);
	gnutls_pubkey_deinit(public);
	if (rc < 0)
		return refuse(r, r->cfg->key, rc);
	if (cert_len == key_len && !memcmp(of_cert, of_key, key_len))
		return 0;
	snprintf(r->why, r->size, "%s is not the key of %s", r->cfg->key, r->cfg->cert);
	return -1;
}

/* ---- whom it trusts ---- */

static int load_trust(struct ssi_identity *identity, const struct reading *r)
{
	const struct ssi_files *cfg = r->cfg;
	int rc;

	if (!cfg->ca)
		return 0;
	rc = gnutls_x509_trust_list_init(&identity->trust, 0);
	if (rc < 0)
		return refuse(r, cfg->ca, rc);
	rc = gnutls_x509_trust_list_add_trust_file(identity->trust, cfg->ca, NULL,
						   GNUTLS_X509_FMT_PEM, 0, 0);
	if (rc <= 0)
		return refuse(r, cfg->ca, rc ? rc : GNUTLS_E_NO_CERTIFICATE_FOUND);
	if (!cfg->crl)
		return 0;
	rc = gnutls_x509_trust_list_add_trust_file(identity->trust, NULL, cfg->crl,
						   GNUTLS_X509_FMT_PEM, GNUTLS_TL_VERIFY_CRL, 0);
	return rc <= 0 ? refuse(r, cfg->crl, rc ? rc : GNUTLS_E_BASE64_DECODING_ERROR) : 0;
}

/* ---- life ---- */

struct ssi_identity *ssi_identity_load(const struct ssi_files *cfg, char *why, size_t size)
{
	const struct reading r = { cfg, why, size };
	struct ssi_identity *identity = calloc(1, sizeof(*identity));

	if (!identity) {
		snprintf(why, size, "out of memory");
		return NULL;
	}
	atomic_init(&identity->refs, 1);
	pthread_mutex_init(&identity->lock, NULL);
	identity->node = SSI_NO_NODE;
	if (load_chain(identity, &r) == 0 && load_key(identity, &r) == 0 &&
	    check_pair(identity, &r) == 0 && load_trust(identity, &r) == 0)
		return identity;
	ssi_identity_put(identity);
	return NULL;
}

struct ssi_identity *ssi_identity_get(struct ssi_identity *identity)
{
	if (identity)
		atomic_fetch_add(&identity->refs, 1);
	return identity;
}

void ssi_identity_put(struct ssi_identity *identity)
{
	unsigned int i;

	if (!identity || atomic_fetch_sub(&identity->refs, 1) > 1)
		return;
	for (i = 0; i < identity->length; i++)
		gnutls_pcert_deinit(&identity->chain[i]);
	if (identity->key)
		gnutls_privkey_deinit(identity->key);
	if (identity->trust)
		gnutls_x509_trust_list_deinit(identity->trust, 1);
	pthread_mutex_destroy(&identity->lock);
	free(identity);
}

/* ---- the other end ---- */

/* What it is told; of several reasons the one that says most. */
static unsigned int alert_of(unsigned int status)
{
	if (status & GNUTLS_CERT_REVOKED)
		return GNUTLS_A_CERTIFICATE_REVOKED;
	if (status & (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED))
		return GNUTLS_A_CERTIFICATE_EXPIRED;
	if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
		return GNUTLS_A_UNKNOWN_CA;
	return GNUTLS_A_BAD_CERTIFICATE;
}

static void explain(unsigned int status, char *why, size_t size)
{
	gnutls_datum_t text;

	if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) < 0)
		return;
	snprintf(why, size, "%s", (const char *)text.data);
	/* The sentence may end in a blank. */
	if (text.size && text.size < size && why[text.size - 1] == ' ')
		why[text.size - 1] = 0;
	gnutls_free(text.data);
}

static unsigned int verify(struct ssi_identity *identity, gnutls_x509_crt_t *chain,
			   unsigned int length, const char *purpose, char *why, size_t size)
{
	gnutls_typed_vdata_st wanted = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
					 .data = (void *)purpose };
	unsigned int status = GNUTLS_CERT_INVALID;
	int rc = -1;

	pthread_mutex_lock(&identity->lock);
	if (identity->trust)
		rc = gnutls_x509_trust_list_verify_crt2(identity->trust, chain, length, &wanted, 1,
							0, &status, NULL);
	pthread_mutex_unlock(&identity->lock);
	if (rc == 0 && status == 0)
		return 0;
	explain(status, why, size);
	return alert_of(status);
}

/* Return: how many certificates of @chain were read; @count when all were. */
static unsigned int import(gnutls_x509_crt_t *chain, const gnutls_datum_t *raw, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count && i < SSI_CHAIN_MAX; i++) {
		if (gnutls_x509_crt_init(&chain[i]) < 0)
			break;
		if (gnutls_x509_crt_import(chain[i], &raw[i], GNUTLS_X509_FMT_DER) == 0)
			continue;
		gnutls_x509_crt_deinit(chain[i]);
		break;
	}
	return i;
}

unsigned int ssi_identity_peer(struct ssi_identity *identity, gnutls_session_t session,
			       const char *purpose, struct ssi_holder *holder, char *why,
			       size_t size)
{
	gnutls_x509_crt_t chain[SSI_CHAIN_MAX];
	unsigned int count, length, alert = GNUTLS_A_BAD_CERTIFICATE;
	const gnutls_datum_t *raw;

	*why = 0;
	raw = gnutls_certificate_get_peers(session, &count);
	if (!raw || !count)
		return GNUTLS_A_CERTIFICATE_REQUIRED;
	length = import(chain, raw, count);
	if (length == count)
		alert = verify(identity, chain, length, purpose, why, size);
	if (!alert && ssi_holder_read(chain[0], holder, why, size) < 0)
		alert = GNUTLS_A_BAD_CERTIFICATE;
	if (alert && !*why)
		snprintf(why, size, "the certificate cannot be read");
	while (length)
		gnutls_x509_crt_deinit(chain[--length]);
	return alert;
}

/* ---- what a certificate says ---- */

/* Digits as one would write them: two spellings would be two nodes. */
static bool read_id(const char *text, uint32_t *id)
{
	char again[16];
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	snprintf(again, sizeof(again), "%lu", number);
	*id = number;
	return number < NODES_MAX && !strcmp(again, text);
}

/* Return: whether the name with this index says nothing wrong. */
static bool take_name(gnutls_x509_crt_t cert, unsigned int index, struct ssi_holder *holder)
{
	char uri[256] = "";
	size_t len = sizeof(uri) - 1;
	int type = gnutls_x509_crt_get_subject_alt_name(cert, index, uri, &len, NULL);

	if (type != GNUTLS_SAN_URI || strncmp(uri, SSI_NODE_URI, strlen(SSI_NODE_URI)) != 0)
		return true;
	return holder->node == SSI_NO_NODE && strlen(uri) == len &&
	       read_id(uri + strlen(SSI_NODE_URI), &holder->node);
}

static bool is_there(gnutls_x509_crt_t cert, unsigned int index)
{
	size_t len = 0;

	return gnutls_x509_crt_get_subject_alt_name(cert, index, NULL, &len, NULL) !=
	       GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
}

static bool read_node(gnutls_x509_crt_t cert, struct ssi_holder *holder)
{
	unsigned int i;

	holder->node = SSI_NO_NODE;
	for (i = 0; is_there(cert, i); i++) {
		if (!take_name(cert, i, holder))
			return false;
	}
	return true;
}

int ssi_holder_read(gnutls_x509_crt_t cert, struct ssi_holder *holder, char *why, size_t size)
{
	char cn[64] = "";
	size_t cn_len = sizeof(cn), role_len = sizeof(holder->role);
	const char *name;

	memset(holder, 0, sizeof(*holder));
	gnutls_x509_crt_get_dn_by_oid(cert, GNUTLS_OID_X520_COMMON_NAME, 0, 0, cn, &cn_len);
	if (gnutls_x509_crt_get_dn_by_oid(cert, GNUTLS_OID_X520_ORGANIZATIONAL_UNIT_NAME, 0, 0,
					  holder->role, &role_len) < 0)
		*holder->role = 0;
	if (ssi_opts_name(cn, &name)) {
		snprintf(why, size, "the certificate's CN is no name");
		return -1;
	}
	strcpy(holder->name, name);
	if (read_node(cert, holder))
		return 0;
	snprintf(why, size, "the certificate names no node that can be, or several");
	return -1;
}
