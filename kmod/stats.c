// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitops.h>
#include <linux/minmax.h>
#include "stats.h"

/**
 * ssi_hist_bucket() - the bucket of a value in a log-linear histogram
 * @value: nanoseconds
 *
 * Every power of two is split in 2^SSI_MEM_HIST_SUB_BITS equal parts, so a
 * quantile read from the histogram is off by an eighth at most.
 *
 * Return: an index below SSI_MEM_HIST_BUCKETS.
 */
unsigned int ssi_hist_bucket(u64 value)
{
	unsigned int sub = 1u << SSI_MEM_HIST_SUB_BITS;
	unsigned int shift;

	if (value < sub)
		return value;
	shift = fls64(value) - 1 - SSI_MEM_HIST_SUB_BITS;
	return min_t(unsigned int, shift * sub + (value >> shift),
		     SSI_MEM_HIST_BUCKETS - 1);
}

/**
 * ssi_stats_sum() - a counter over all CPUs
 * @stats: of a node
 * @attr:  SSI_MEM_S_*
 *
 * Return: the sum, not an instant's truth while others count.
 */
u64 ssi_stats_sum(const struct ssi_stats __percpu *stats, unsigned int attr)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(stats, cpu)->count[attr];
	return sum;
}

/**
 * ssi_stats_hist() - the histogram over all CPUs
 * @stats: of a node
 * @hist:  SSI_MEM_HIST_BUCKETS sums
 */
void ssi_stats_hist(const struct ssi_stats __percpu *stats, u64 *hist)
{
	int cpu, i;

	memset(hist, 0, sizeof(*hist) * SSI_MEM_HIST_BUCKETS);
	for_each_possible_cpu(cpu)
		for (i = 0; i < SSI_MEM_HIST_BUCKETS; i++)
			hist[i] += per_cpu_ptr(stats, cpu)->hist[i];
}
