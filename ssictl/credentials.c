// SPDX-License-Identifier: Apache-2.0
#include "credentials.h"

#include <stdio.h>
#include <string.h>

/* What another file of that name, or another content of it, differs in. */
static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mode == b->st_mode && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Return: whether any file is another one than when this was called last. */
static bool look(struct ssi_credentials *c)
{
	const char *const path[SSI_CREDENTIAL_FILES] = {
		c->secret ? c->secret : c->files.cert, c->files.key, c->files.ca, c->files.crl,
	};
	bool changed = false;
	unsigned int i;

	for (i = 0; i < SSI_CREDENTIAL_FILES; i++) {
		struct stat now = { 0 };

		/* A file that is not there is one of no bytes. */
		if (!path[i] || stat(path[i], &now) < 0)
			memset(&now, 0, sizeof(now));
		changed |= !is_same(&now, &c->stamp[i]);
		c->stamp[i] = now;
	}
	return changed;
}

static int read_secret(struct ssi_credentials *c, char *why, size_t size)
{
	uint8_t key[SSI_SECRET_KEYLEN];
	char reason[160];

	if (ssi_secret_load(c->secret, key, reason, sizeof(reason)) < 0) {
		snprintf(why, size, "%s: %s", c->secret, reason);
		return -1;
	}
	memcpy(c->key, key, sizeof(key));
	explicit_bzero(key, sizeof(key));
	return 0;
}

static int read_files(struct ssi_credentials *c, char *why, size_t size)
{
	struct ssi_identity *identity;

	if (c->secret)
		return read_secret(c, why, size);
	identity = ssi_identity_load(&c->files, why, size);
	if (!identity)
		return -1;
	/* Another id would be another node. */
	if (c->identity && c->identity->node != identity->node) {
		snprintf(why, size, "%s: it is for another node than the one before",
			 c->files.cert);
		ssi_identity_put(identity);
		return -1;
	}
	ssi_identity_put(c->identity);
	c->identity = identity;
	return 0;
}

int ssi_credentials_open(struct ssi_credentials *c, char *why, size_t size)
{
	/* Looked at first: what changes while it is read is read again. */
	look(c);
	return read_files(c, why, size);
}

int ssi_credentials_refresh(struct ssi_credentials *c, bool force, char *why, size_t size)
{
	if (!c->secret && !c->files.cert)
		return 0;
	if (!look(c) && !force)
		return 0;
	return read_files(c, why, size) < 0 ? -1 : 1;
}

void ssi_credentials_close(struct ssi_credentials *c)
{
	explicit_bzero(c->key, sizeof(c->key));
	ssi_identity_put(c->identity);
	c->identity = NULL;
}
