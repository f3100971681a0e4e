/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who somebody is by certificates: what this end shows, whom it trusts, and what
 * the certificate of the other end says. Of nodes' links and of the coordinator.
 */
#ifndef SSICTL_IDENTITY_H
#define SSICTL_IDENTITY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "opts.h"

/* Certificates between somebody and the authority, his own included. */
#define SSI_CHAIN_MAX 8
/* In a certificate's alternative names: which node it belongs to. */
#define SSI_NODE_URI "ssi-hv:node:"
#define SSI_NO_NODE  UINT32_MAX

/**
 * struct ssi_identity - one reading of the files; constant but for @refs
 * @chain: our certificate, with those between it and its authority
 * @length: how many
 * @key: of the first
 * @expires: when the first is over, seconds since 1970
 * @node: whose it is, or SSI_NO_NODE
 * @trust: authorities and what they revoked; NULL without
 * @lock: of @trust, which changes nothing but says nowhere that it does not
 * @refs: who uses it
 */
struct ssi_identity {
	gnutls_pcert_st chain[SSI_CHAIN_MAX];
	unsigned int length;
	gnutls_privkey_t key;
	int64_t expires;
	uint32_t node;
	gnutls_x509_trust_list_t trust;
	pthread_mutex_t lock;
	atomic_uint refs;
};

/**
 * struct ssi_holder - whom a certificate belongs to
 * @name: its CN
 * @role: its OU; empty without
 * @node: the id in its alternative names, or SSI_NO_NODE
 */
struct ssi_holder {
	char name[SSI_MEM_NAME_MAX + 1];
	char role[16];
	uint32_t node;
};

/**
 * ssi_identity_load - read the files
 * @cfg: @cert with those between it and its authority; only its owner may read
 *	@key; @ca and @crl may be NULL. All are PEM
 * @why: filled with the reason of a refusal
 * @size: bytes of @why
 *
 * Return: with one reference; NULL with @why set: a file is missing, is none of
 * its kind, is open to others, or the key is not that of the certificate.
 */
struct ssi_identity *ssi_identity_load(const struct ssi_files *cfg, char *why, size_t size);

/**
 * ssi_identity_get - use it
 * @identity: the identity, or NULL
 *
 * Return: @identity.
 */
struct ssi_identity *ssi_identity_get(struct ssi_identity *identity);

/**
 * ssi_identity_put - use it no more; the last one frees it
 * @identity: the identity, or NULL
 */
void ssi_identity_put(struct ssi_identity *identity);

/**
 * ssi_identity_peer - who is at the other end of a connection?
 * @identity: whom this end trusts
 * @session: during or after the handshake
 * @purpose: what his certificate has to be for: GNUTLS_KP_TLS_WWW_CLIENT or _SERVER
 * @holder: filled in
 * @why: filled with the reason of a refusal; empty when he showed none
 * @size: bytes of @why
 *
 * Return: 0 when his certificate is good: of an authority, at this time, not
 * revoked, for @purpose; else a gnutls_alert_description_t that tells him.
 */
unsigned int ssi_identity_peer(struct ssi_identity *identity, gnutls_session_t session,
			       const char *purpose, struct ssi_holder *holder, char *why,
			       size_t size);

/**
 * ssi_holder_read - what does a certificate say?
 * @cert: the certificate
 * @holder: filled in
 * @why: filled with the reason of a refusal
 * @size: bytes of @why
 *
 * Return: 0, or -1 with @why set: the CN is no name, or there is more than one
 * node, or none that can be.
 */
int ssi_holder_read(gnutls_x509_crt_t cert, struct ssi_holder *holder, char *why, size_t size);

#endif /* SSICTL_IDENTITY_H */
