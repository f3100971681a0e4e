/* SPDX-License-Identifier: Apache-2.0 */
/* So many requests a second for each address; who comes together in a slot shares it. */
#ifndef SSI_COORD_RATE_H
#define SSI_COORD_RATE_H

#include <stdbool.h>
#include <stdint.h>

#define SSI_RATE_SLOTS 1024

/**
 * struct ssi_rate - the limit, and who has used how much of it
 * @per_second: requests of one slot in a second; so many at once, too
 * @seed: of the slots, so that nobody chooses whom he shares one with
 * @slot: thousandths of requests that are left, and when that was
 */
struct ssi_rate {
	unsigned int per_second;
	uint64_t seed;
	struct {
		int64_t left;
		int64_t at;
	} slot[SSI_RATE_SLOTS];
};

/**
 * ssi_rate_init - everybody may ask
 * @rate: the limit
 * @per_second: requests in a second
 * @seed: random
 */
void ssi_rate_init(struct ssi_rate *rate, unsigned int per_second, uint64_t seed);

/**
 * ssi_rate_take - may this one ask again?
 * @rate: the limit
 * @who: an address without a port
 * @now: milliseconds, on a clock that is never set
 *
 * Return: whether he may.
 */
bool ssi_rate_take(struct ssi_rate *rate, const char *who, int64_t now);

#endif /* SSI_COORD_RATE_H */
