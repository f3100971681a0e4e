// SPDX-License-Identifier: Apache-2.0
#include "hist.h"

#include <linux/ssi_mem.h>

#define SUB_BUCKETS (1u << SSI_MEM_HIST_SUB_BITS)

uint64_t ssi_hist_start(unsigned int bucket)
{
	if (bucket < SUB_BUCKETS)
		return bucket;
	return (uint64_t)(SUB_BUCKETS + bucket % SUB_BUCKETS) << (bucket / SUB_BUCKETS - 1);
}

uint64_t ssi_hist_count(const uint64_t *hist)
{
	uint64_t sum = 0;
	unsigned int b;

	for (b = 0; b < SSI_MEM_HIST_BUCKETS; b++)
		sum += hist[b];
	return sum;
}

uint64_t ssi_hist_quantile(const uint64_t *hist, unsigned int permille)
{
	uint64_t count = ssi_hist_count(hist);
	uint64_t rank, seen = 0;
	unsigned int b;

	if (!count)
		return 0;
	/* In two parts, because count * permille may not fit 64 bits. */
	rank = count / 1000 * permille + (count % 1000 * permille + 999) / 1000;
	for (b = 0; b < SSI_MEM_HIST_BUCKETS; b++) {
		seen += hist[b];
		if (seen >= rank)
			break;
	}
	return ssi_hist_start(b + 1) - 1;
}

bool ssi_hist_is_remote(const struct ssi_nl_hist *hist)
{
	return hist->peer == SSI_NL_NONE && hist->phase == SSI_MEM_HIST_PHASE_TOTAL &&
	       (hist->kind == SSI_MEM_HIST_KIND_READ || hist->kind == SSI_MEM_HIST_KIND_WRITE ||
		hist->kind == SSI_MEM_HIST_KIND_UPGRADE);
}
