// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitops.h>
#include <linux/cpu.h>
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include "stats.h"

/* Who joins is told when there is no memory; the log need not tell. */
#define GFP_STATS (GFP_KERNEL | __GFP_NOWARN)

/**
 * ssi_stats_init() - counters and histograms, all zero
 * @stats: to initialize, zeroed
 *
 * Context: process, may sleep. Return: 0, or -ENOMEM; then ssi_stats_exit() is
 * owed as well.
 */
int ssi_stats_init(struct ssi_stats *stats)
{
	int i;

	stats->counters = alloc_percpu_gfp(struct ssi_counters, GFP_STATS);
	if (!stats->counters)
		return -ENOMEM;
	for (i = 0; i < SSI_HIST_PHASES; i++) {
		stats->times[i] = alloc_percpu_gfp(struct ssi_times, GFP_STATS);
		if (!stats->times[i])
			return -ENOMEM;
	}
	return 0;
}

/**
 * ssi_stats_exit() - free what there is
 * @stats: that nobody uses any more
 */
void ssi_stats_exit(struct ssi_stats *stats)
{
	int i;

	for (i = 0; i < SSI_HIST_PHASES; i++)
		free_percpu(stats->times[i]);
	free_percpu(stats->counters);
}

/**
 * ssi_stats_sum() - a counter over all CPUs
 * @stats: of a node
 * @attr:  SSI_MEM_S_*
 *
 * Return: the sum, not an instant's truth while others count.
 */
u64 ssi_stats_sum(const struct ssi_stats *stats, unsigned int attr)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(stats->counters, cpu)->count[attr];
	return sum;
}

/**
 * ssi_stats_hist() - a histogram over all CPUs
 * @stats: of a node
 * @phase: which
 * @kind:  which
 * @hist:  SSI_MEM_HIST_BUCKETS sums
 */
void ssi_stats_hist(const struct ssi_stats *stats,
		    enum ssi_mem_hist_phase phase, enum ssi_mem_hist_kind kind,
		    u64 *hist)
{
	const struct ssi_times *times;
	int cpu, i;

	memset(hist, 0, sizeof(*hist) * SSI_MEM_HIST_BUCKETS);
	for_each_possible_cpu(cpu) {
		times = per_cpu_ptr(stats->times[phase], cpu);
		for (i = 0; i < SSI_MEM_HIST_BUCKETS; i++)
			hist[i] += times->bucket[kind][i];
	}
}

static void reset_cpu(struct ssi_stats *stats, int cpu)
{
	int i;

	memset(per_cpu_ptr(stats->counters, cpu), 0, sizeof(*stats->counters));
	for (i = 0; i < SSI_HIST_PHASES; i++)
		memset(per_cpu_ptr(stats->times[i], cpu), 0,
		       sizeof(*stats->times[i]));
}

static void reset_here(void *stats)
{
	reset_cpu(stats, smp_processor_id());
}

/**
 * ssi_stats_reset() - all begins anew
 * @stats: of a node
 *
 * Each CPU clears its own: an increment is one instruction there, or has
 * interrupts off, so none brings back what was cleared.
 *
 * Context: process, may sleep.
 */
void ssi_stats_reset(struct ssi_stats *stats)
{
	int cpu;

	cpus_read_lock();
	on_each_cpu(reset_here, stats, 1);
	for_each_possible_cpu(cpu) {
		if (!cpu_online(cpu))
			reset_cpu(stats, cpu);
	}
	cpus_read_unlock();
}
