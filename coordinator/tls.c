// SPDX-License-Identifier: Apache-2.0
#include "tls.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Generations of our certificate that handshakes under way may still use. */
#define KEPT 2

/**
 * struct ssi_tls - what was read
 * @cfg: the files
 * @lock: of all below
 * @identity: the newest one first; a handshake ends before the last one is freed
 * @ca_text: authorities of callers as they stood in the file first, or NULL
 */
struct ssi_tls {
	const struct ssi_files *cfg;
	pthread_mutex_t lock;
	struct ssi_identity *identity[KEPT + 1];
	char *ca_text;
};

static int load_ca_text(struct ssi_tls *tls, char *why, size_t size)
{
	gnutls_datum_t text;
	int rc;

	if (!tls->cfg->ca)
		return 0;
	rc = gnutls_load_file(tls->cfg->ca, &text);
	if (rc < 0) {
		snprintf(why, size, "%s: %s", tls->cfg->ca, gnutls_strerror(rc));
		return -1;
	}
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
	struct ssi_identity *oldest, *identity = ssi_identity_load(tls->cfg, why, size);

	if (!identity)
		return -1;
	pthread_mutex_lock(&tls->lock);
	oldest = tls->identity[KEPT];
	memmove(tls->identity + 1, tls->identity, KEPT * sizeof(*tls->identity));
	tls->identity[0] = identity;
	pthread_mutex_unlock(&tls->lock);
	ssi_identity_put(oldest);
	return 0;
}

struct ssi_tls *ssi_tls_open(const struct ssi_files *cfg, char *why, size_t size)
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
		ssi_identity_put(tls->identity[i]);
	pthread_mutex_destroy(&tls->lock);
	free(tls->ca_text);
	free(tls);
}

int64_t ssi_tls_expiry(struct ssi_tls *tls)
{
	int64_t until;

	pthread_mutex_lock(&tls->lock);
	until = tls->identity[0]->expires;
	pthread_mutex_unlock(&tls->lock);
	return until;
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

static struct ssi_identity *newest(struct ssi_tls *tls)
{
	struct ssi_identity *identity;

	pthread_mutex_lock(&tls->lock);
	identity = ssi_identity_get(tls->identity[0]);
	pthread_mutex_unlock(&tls->lock);
	return identity;
}

bool ssi_tls_caller(struct ssi_tls *tls, gnutls_session_t session, struct ssi_caller *caller,
		    char *why, size_t size)
{
	struct ssi_identity *identity = newest(tls);
	struct ssi_holder holder;
	bool good = !ssi_identity_peer(identity, session, GNUTLS_KP_TLS_WWW_CLIENT, &holder, why,
				       size);

	ssi_identity_put(identity);
	if (!good)
		return false;
	strcpy(caller->name, holder.name);
	caller->of_node = holder.node != SSI_NO_NODE;
	caller->node = holder.node;
	caller->role = ssi_role_named(holder.role);
	if (caller->role == SSI_ROLE_NONE)
		snprintf(why, size, "the certificate's OU is none of read, operate and admin");
	return caller->role != SSI_ROLE_NONE;
}
