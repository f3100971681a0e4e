/* SPDX-License-Identifier: Apache-2.0 */
/* An authority: making certificates, and saying which ones count no more. No files. */
#ifndef SSICTL_ISSUE_H
#define SSICTL_ISSUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gnutls/x509.h>

#define SSI_SERIAL_BYTES 16

/**
 * struct ssi_issuer - an authority
 * @cert: its certificate
 * @key: its key
 */
struct ssi_issuer {
	gnutls_x509_crt_t cert;
	gnutls_x509_privkey_t key;
};

/**
 * struct ssi_issue - a certificate that is wanted
 * @name: its CN
 * @role: its OU; NULL for none
 * @node: the node that it is for; SSI_NO_NODE for none
 * @addresses: where it is served: numeric ones, and names; ended by NULL, or NULL
 * @server: it is for those who accept
 * @client: it is for those who call
 * @serial: SSI_SERIAL_BYTES, as ssi_issue_serial() makes them; NULL for some
 * @from: seconds since 1970
 * @until: seconds since 1970
 */
struct ssi_issue {
	const char *name;
	const char *role;
	uint32_t node;
	const char *const *addresses;
	bool server;
	bool client;
	const unsigned char *serial;
	int64_t from;
	int64_t until;
};

/**
 * ssi_issue_serial - draw the number of a certificate
 * @serial: SSI_SERIAL_BYTES of room
 *
 * Return: 0, or an error of GnuTLS.
 */
int ssi_issue_serial(unsigned char *serial);

/**
 * ssi_issue_key - make a key: ECDSA over P-256
 * @key: filled in
 *
 * Return: 0, or an error of GnuTLS.
 */
int ssi_issue_key(gnutls_x509_privkey_t *key);

/**
 * ssi_issue_request - ask for a certificate: a PKCS #10 request
 * @key: for this key, which the request does not hold
 * @name: CN; whoever signs decides on it
 * @request: filled in
 *
 * Return: 0, or an error of GnuTLS.
 */
int ssi_issue_request(gnutls_x509_privkey_t key, const char *name, gnutls_x509_crq_t *request);

/**
 * ssi_issue_read_request - read a request that anybody may have sent
 * @pem: the text
 * @len: bytes of it
 * @request: filled in
 * @why: filled with the reason of a refusal
 * @size: bytes of @why
 *
 * Return: 0, or -1 with @why set: no request, not signed by its own key, or for
 * a key that is weak.
 */
int ssi_issue_read_request(const char *pem, size_t len, gnutls_x509_crq_t *request, char *why,
			   size_t size);

/**
 * ssi_issuer_create - make an authority
 * @issuer: filled in
 * @what: of it counts @name, @from and @until
 *
 * Return: 0, or an error of GnuTLS.
 */
int ssi_issuer_create(struct ssi_issuer *issuer, const struct ssi_issue *what);

/**
 * ssi_issuer_load - read an authority's files
 * @issuer: filled in
 * @cert: its certificate, PEM; the first one of the file
 * @key: its key, PEM; only its owner may read it
 * @why: filled with the reason of a refusal
 * @size: bytes of @why
 *
 * Return: 0, or -1 with @why set.
 */
int ssi_issuer_load(struct ssi_issuer *issuer, const char *cert, const char *key, char *why,
		    size_t size);

/**
 * ssi_issuer_free - forget an authority
 * @issuer: of ssi_issuer_create() or ssi_issuer_load(), or all zero
 */
void ssi_issuer_free(struct ssi_issuer *issuer);

/**
 * ssi_issue - make a certificate
 * @issuer: who signs
 * @what: what it says
 * @request: for whose key; nothing else is taken from it
 * @cert: filled in
 *
 * Return: 0, or an error of GnuTLS.
 */
int ssi_issue(const struct ssi_issuer *issuer, const struct ssi_issue *what,
	      gnutls_x509_crq_t request, gnutls_x509_crt_t *cert);

/**
 * ssi_issue_crl - say which certificates count no more
 * @issuer: who signs
 * @before: what was said before, or NULL; all of it still holds
 * @revoked: one more certificate, or NULL
 * @pem: filled with the list; it holds until the authority's certificate is over
 *
 * Return: 0, or an error of GnuTLS.
 */
int ssi_issue_crl(const struct ssi_issuer *issuer, gnutls_x509_crl_t before,
		  gnutls_x509_crt_t revoked, gnutls_datum_t *pem);

#endif /* SSICTL_ISSUE_H */
