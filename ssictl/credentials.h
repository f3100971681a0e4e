/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node proves to others that it may: the cluster's secret, or a
 * certificate. The files may be replaced while links go on.
 */
#ifndef SSICTL_CREDENTIALS_H
#define SSICTL_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "identity.h"
#include "secret.h"

#define SSI_CREDENTIAL_FILES 4

/**
 * struct ssi_credentials - of one thread
 * @secret: path of the secret; NULL where there are certificates
 * @files: else, paths; none where nothing is ever read again
 * @key: of the secret
 * @identity: of the certificates, or NULL
 * @stamp: of the files when they were looked at last
 */
struct ssi_credentials {
	const char *secret;
	struct ssi_files files;
	uint8_t key[SSI_SECRET_KEYLEN];
	struct ssi_identity *identity;
	struct stat stamp[SSI_CREDENTIAL_FILES];
};

/**
 * ssi_credentials_open - read the files
 * @c: with paths that hold from any directory; all else zero
 * @why: filled with the reason of a refusal
 * @size: bytes of @why
 *
 * Return: 0, or -1 with @why set.
 */
int ssi_credentials_open(struct ssi_credentials *c, char *why, size_t size);

/**
 * ssi_credentials_refresh - read files that are others than before
 * @c: stays as it is when they cannot be read
 * @force: read them even if they look the same
 * @why: filled with the reason of a refusal
 * @size: bytes of @why
 *
 * Return: 1 when they were read, 0 when they are the same, -1 with @why set;
 * files that are refused are not read again before they change.
 */
int ssi_credentials_refresh(struct ssi_credentials *c, bool force, char *why, size_t size);

/**
 * ssi_credentials_close - forget them
 * @c: the credentials
 */
void ssi_credentials_close(struct ssi_credentials *c);

#endif /* SSICTL_CREDENTIALS_H */
