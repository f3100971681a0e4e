/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder of credentials. It appears whole or not at all, and a file of it is
 * replaced at once. A certificate and its key are one file, so that no two of them
 * are ever mixed.
 */
#ifndef SSICTL_PKI_H
#define SSICTL_PKI_H

#include <limits.h>
#include <stddef.h>

#include "issue.h"

#define SSI_PKI_DIR "/etc/ssi-hv/pki"

#define SSI_PKI_CA	    "ca.crt"
#define SSI_PKI_CA_KEY	    "ca.key"
#define SSI_PKI_CRL	    "crl.pem"
#define SSI_PKI_COORDINATOR "coordinator.pem"
#define SSI_PKI_ADMIN	    "admin.pem"
#define SSI_PKI_NODE	    "node.pem"

/* All files that a folder can have; ended by NULL. */
extern const char *const ssi_pki_files[];

/**
 * struct ssi_pki - a folder that is being made
 * @dir: where it shall be
 * @aside: where it is made
 * @why: what went wrong
 */
struct ssi_pki {
	char dir[PATH_MAX - 16];
	char aside[PATH_MAX];
	char why[PATH_MAX + 128];
};

/**
 * ssi_pki_begin - make a folder that nobody sees yet
 * @pki: filled in
 * @dir: where it shall be: nothing is there, or an empty folder
 *
 * Return: 0, or -1 with @pki->why set.
 */
int ssi_pki_begin(struct ssi_pki *pki, const char *dir);

/**
 * ssi_pki_put - add a file
 * @pki: the folder
 * @name: one of ssi_pki_files
 * @text: bytes; freed by gnutls_free()
 *
 * Return: 0, or -1 with @pki->why set.
 */
int ssi_pki_put(struct ssi_pki *pki, const char *name, gnutls_datum_t text);

/**
 * ssi_pki_commit - let the folder appear
 * @pki: the folder
 *
 * Return: 0, or -1 with @pki->why set, when somebody else made one meanwhile.
 */
int ssi_pki_commit(struct ssi_pki *pki);

/**
 * ssi_pki_abort - forget a folder that did not appear; no harm after ssi_pki_commit()
 * @pki: the folder
 */
void ssi_pki_abort(struct ssi_pki *pki);

/**
 * ssi_pki_replace - let a file have another content, at once
 * @dir: a folder that is there
 * @name: one of ssi_pki_files
 * @text: bytes; freed by gnutls_free()
 * @why: filled with the reason of a failure
 * @size: bytes of @why
 *
 * Return: 0, or -1 with @why set and the file as it was.
 */
int ssi_pki_replace(const char *dir, const char *name, gnutls_datum_t text, char *why, size_t size);

/**
 * ssi_pki_path - where a file is
 * @path: PATH_MAX bytes of room
 * @dir: the folder
 * @name: of the file
 *
 * Return: @path.
 */
const char *ssi_pki_path(char *path, const char *dir, const char *name);

/**
 * ssi_pki_pair - a certificate and its key as one text
 * @cert: the certificate, PEM
 * @key: the key
 * @text: filled in; freed by gnutls_free()
 *
 * Return: 0, or an error of GnuTLS.
 */
int ssi_pki_pair(const gnutls_datum_t *cert, gnutls_x509_privkey_t key, gnutls_datum_t *text);

#endif /* SSICTL_PKI_H */
