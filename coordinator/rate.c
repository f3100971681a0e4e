// SPDX-License-Identifier: Apache-2.0
#include "rate.h"

#include <string.h>

#define ONE 1000

void ssi_rate_init(struct ssi_rate *rate, unsigned int per_second, uint64_t seed)
{
	unsigned int i;

	memset(rate, 0, sizeof(*rate));
	rate->per_second = per_second;
	rate->seed = seed;
	for (i = 0; i < SSI_RATE_SLOTS; i++)
		rate->slot[i].left = (int64_t)per_second * ONE;
}

/* FNV-1a, begun with the seed. */
static unsigned int slot_of(const struct ssi_rate *rate, const char *who)
{
	uint64_t hash = 0xcbf29ce484222325u ^ rate->seed;

	for (; *who; who++)
		hash = (hash ^ (unsigned char)*who) * 0x100000001b3u;
	return (hash ^ hash >> 32) % SSI_RATE_SLOTS;
}

bool ssi_rate_take(struct ssi_rate *rate, const char *who, int64_t now)
{
	unsigned int i = slot_of(rate, who);
	int64_t most = (int64_t)rate->per_second * ONE;

	/* A millisecond brings a thousandth of what a second brings. */
	if (now > rate->slot[i].at) {
		int64_t passed = now - rate->slot[i].at;

		rate->slot[i].left += passed > 1000 ? most : passed * rate->per_second;
		rate->slot[i].at = now;
	}
	if (rate->slot[i].left > most)
		rate->slot[i].left = most;
	if (rate->slot[i].left < ONE)
		return false;
	rate->slot[i].left -= ONE;
	return true;
}
