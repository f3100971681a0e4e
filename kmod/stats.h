/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters and histograms of a node, one set per CPU; named as in the netlink
 * spec.
 */
#ifndef SSI_STATS_H
#define SSI_STATS_H

#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/ssi_mem.h>

#define SSI_HIST_PHASES (SSI_MEM_HIST_PHASE_MAX + 1)
#define SSI_HIST_KINDS	(SSI_MEM_HIST_KIND_MAX + 1)

/**
 * struct ssi_counters - counters on one CPU
 * @count: by SSI_MEM_S_* attribute
 */
struct ssi_counters {
	u64 count[SSI_MEM_S_MAX + 1];
};

/**
 * struct ssi_times - histograms of one phase on one CPU
 * @bucket: by enum ssi_mem_hist_kind, then by ssi_hist_bucket() of nanoseconds
 */
struct ssi_times {
	u64 bucket[SSI_HIST_KINDS][SSI_MEM_HIST_BUCKETS];
};

/**
 * struct ssi_stats - of one node
 * @counters: its counters
 * @times:    histograms by enum ssi_mem_hist_phase; apart, since one allocation
 *	      per CPU is limited to less than all of them
 */
struct ssi_stats {
	struct ssi_counters __percpu *counters;
	struct ssi_times __percpu *times[SSI_HIST_PHASES];
};

int ssi_stats_init(struct ssi_stats *stats);
void ssi_stats_exit(struct ssi_stats *stats);
u64 ssi_stats_sum(const struct ssi_stats *stats, unsigned int attr);
void ssi_stats_hist(const struct ssi_stats *stats,
		    enum ssi_mem_hist_phase phase, enum ssi_mem_hist_kind kind,
		    u64 *hist);
void ssi_stats_reset(struct ssi_stats *stats);

/**
 * ssi_hist_bucket() - the bucket of a value in a log-linear histogram
 * @value: nanoseconds
 *
 * Every power of two is split in 2^SSI_MEM_HIST_SUB_BITS equal parts, so a
 * quantile read from the histogram is off by an eighth at most.
 *
 * Return: an index below SSI_MEM_HIST_BUCKETS.
 */
static inline unsigned int ssi_hist_bucket(u64 value)
{
	unsigned int sub = 1u << SSI_MEM_HIST_SUB_BITS;
	unsigned int shift;

	if (value < sub)
		return value;
	shift = fls64(value) - 1 - SSI_MEM_HIST_SUB_BITS;
	return min_t(unsigned int, shift * sub + (value >> shift),
		     SSI_MEM_HIST_BUCKETS - 1);
}

/* Count one event: ssi_stat_inc(node, FAULTS_LOCAL). Any context. */
#define ssi_stat_inc(node, name) \
	this_cpu_inc((node)->stats.counters->count[SSI_MEM_S_##name])

/* Add to a counter named by its attribute, SSI_MEM_S_*. Any context. */
#define ssi_stat_add(node, attr, more) \
	this_cpu_add((node)->stats.counters->count[attr], more)

/* Add a time: ssi_stat_time(node, QUEUE, kind, ns). Any context. */
#define ssi_stat_time(node, phase, kind, ns)				\
	this_cpu_inc((node)->stats.times[SSI_MEM_HIST_PHASE_##phase]->	\
		     bucket[kind][ssi_hist_bucket(ns)])

#endif /* SSI_STATS_H */
