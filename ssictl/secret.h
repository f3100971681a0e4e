/* SPDX-License-Identifier: Apache-2.0 */
/* The cluster's secret: a file that only its owner reads, and the TLS key made of it. */
#ifndef SSICTL_SECRET_H
#define SSICTL_SECRET_H

#include <stddef.h>
#include <stdint.h>

#define SSI_SECRET_MIN	  32
#define SSI_SECRET_MAX	  4096
#define SSI_SECRET_KEYLEN 32

/**
 * ssi_secret_load - derive the TLS key from a secret file
 * @path: file of SSI_SECRET_MIN to SSI_SECRET_MAX bytes; one newline at its end
 *	is not part of the secret
 * @key: SSI_SECRET_KEYLEN bytes of room
 * @why: filled with the reason of a refusal
 * @size: bytes of @why
 *
 * Return: 0, or -1 with @why set.
 */
int ssi_secret_load(const char *path, uint8_t *key, char *why, size_t size);

#endif /* SSICTL_SECRET_H */
