/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates: ours, and those of callers. All of them can be read anew while
 * connections go on.
 */
#ifndef SSI_COORD_TLS_H
#define SSI_COORD_TLS_H

#include "../ssictl/identity.h"
#include "auth.h"

struct ssi_tls;

/**
 * ssi_tls_open - read the files
 * @cfg: stays in use
 * @why: filled with the reason of a failure
 * @size: bytes of @why
 *
 * Return: what was read, or NULL with @why set.
 */
struct ssi_tls *ssi_tls_open(const struct ssi_files *cfg, char *why, size_t size);

/**
 * ssi_tls_reload - read the files anew; may run beside handshakes
 * @tls: goes on with what it had when this fails
 * @why: filled with the reason of a failure
 * @size: bytes of @why
 *
 * Return: 0, or -1 with @why set.
 */
int ssi_tls_reload(struct ssi_tls *tls, char *why, size_t size);

/**
 * ssi_tls_close - forget all
 * @tls: what was read, or NULL
 */
void ssi_tls_close(struct ssi_tls *tls);

/**
 * ssi_tls_expiry - until when is our certificate good?
 * @tls: what was read
 *
 * Return: seconds since 1970.
 */
int64_t ssi_tls_expiry(struct ssi_tls *tls);

/**
 * ssi_tls_present - our certificate for a handshake
 * @tls: what was read
 * @chain: filled with certificates that live until ssi_tls_close()
 * @length: how many
 * @key: filled with the key of the first
 */
void ssi_tls_present(struct ssi_tls *tls, gnutls_pcert_st **chain, unsigned int *length,
		     gnutls_privkey_t *key);

/**
 * ssi_tls_caller - whose certificate did a caller show?
 * @tls: what was read
 * @session: after the handshake
 * @caller: filled in: the certificate's CN, and the role that its OU names
 * @why: filled with the reason of a refusal; empty when he showed none
 * @size: bytes of @why
 *
 * Return: whether it is good: of our authority, at this time, not revoked, with a role.
 */
bool ssi_tls_caller(struct ssi_tls *tls, gnutls_session_t session, struct ssi_caller *caller,
		    char *why, size_t size);

/**
 * ssi_tls_ca_text - the authorities, as the handshake names them to callers
 * @tls: what was read
 *
 * Return: PEM, or NULL when callers have no certificates.
 */
const char *ssi_tls_ca_text(const struct ssi_tls *tls);

#endif /* SSI_COORD_TLS_H */
