// SPDX-License-Identifier: Apache-2.0
#include "lives.h"

#include <string.h>

void ssi_lives_init(struct ssi_lives *lives)
{
	memset(lives, 0, sizeof(*lives));
	pthread_mutex_init(&lives->lock, NULL);
}

void ssi_lives_set(struct ssi_lives *lives, uint32_t id, const uint8_t *incarnation)
{
	pthread_mutex_lock(&lives->lock);
	if (incarnation) {
		lives->connected |= 1ull << id;
		memcpy(lives->incarnation[id], incarnation, SSI_MEM_INCARNATION_LEN);
	} else {
		lives->connected &= ~(1ull << id);
	}
	pthread_mutex_unlock(&lives->lock);
}

bool ssi_lives_taken(struct ssi_lives *lives, uint32_t id, const uint8_t *incarnation)
{
	bool taken;

	pthread_mutex_lock(&lives->lock);
	taken = (lives->connected >> id & 1) &&
		memcmp(lives->incarnation[id], incarnation, SSI_MEM_INCARNATION_LEN) != 0;
	pthread_mutex_unlock(&lives->lock);
	return taken;
}
