// SPDX-License-Identifier: Apache-2.0
#include "bench.h"

#include <string.h>

#define STRIDE 7

bool order_by_name(const char *name, enum order *order)
{
	static const char *const names[] = { "seq", "random", "stride" };
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(name, names[i]))
			continue;
		*order = (enum order)i;
		return true;
	}
	return false;
}

/* The same on every run, so that runs can be compared. */
static void shuffle(uint32_t *pages, size_t count)
{
	uint64_t random = 0x9e3779b97f4a7c15ull;
	size_t i, j;

	for (i = count; i > 1; i--) {
		uint32_t page = pages[i - 1];

		random = random * 6364136223846793005ull + 1442695040888963407ull;
		j = (random >> 33) % i;
		pages[i - 1] = pages[j];
		pages[j] = page;
	}
}

static void stride(uint32_t *pages, size_t count)
{
	uint32_t from[count];
	size_t first, i, n = 0;

	memcpy(from, pages, sizeof(from));
	for (first = 0; first < STRIDE; first++)
		for (i = first; i < count; i += STRIDE)
			pages[n++] = from[i];
}

/**
 * order_pages() - bring a list of pages into the order of a row
 * @pages: page indexes, ascending
 * @count: of them
 * @order: wanted
 */
void order_pages(uint32_t *pages, size_t count, enum order order)
{
	if (order == ORDER_RANDOM)
		shuffle(pages, count);
	else if (order == ORDER_STRIDE)
		stride(pages, count);
}
