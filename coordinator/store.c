// SPDX-License-Identifier: Apache-2.0
#include "store.h"

#include <stdio.h>
#include <string.h>

static const struct ssi_store_ops *const stores[] = { &ssi_store_sqlite, &ssi_store_etcd };

struct ssi_store *ssi_store_open(const char *name, struct ssi_store_cfg *cfg, char *why, size_t size)
{
	unsigned int i;

	for (i = 0; i < sizeof(stores) / sizeof(*stores); i++) {
		size_t len = strlen(stores[i]->scheme);

		if (strncmp(name, stores[i]->scheme, len) != 0 || name[len] != ':')
			continue;
		cfg->where = name + len + 1;
		return stores[i]->open(cfg, why, size);
	}
	snprintf(why, size, "'%.40s' is no store; sqlite:FILE and etcd:URL[,URL]... are", name);
	return NULL;
}
