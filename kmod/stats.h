/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of a node, one set per CPU; named as in the netlink spec. */
#ifndef SSI_STATS_H
#define SSI_STATS_H

#include <linux/percpu.h>
#include <linux/ssi_mem.h>

/**
 * struct ssi_stats - counters of one node on one CPU
 * @count: by SSI_MEM_S_* attribute
 * @hist:  nanoseconds of remote faults, request to grant
 */
struct ssi_stats {
	u64 count[SSI_MEM_S_HIST_REMOTE];
	u64 hist[SSI_MEM_HIST_BUCKETS];
};

unsigned int ssi_hist_bucket(u64 value);
u64 ssi_stats_sum(const struct ssi_stats __percpu *stats, unsigned int attr);
void ssi_stats_hist(const struct ssi_stats __percpu *stats, u64 *hist);

/* Count one event: ssi_stat_inc(node, FAULTS_LOCAL). Any context. */
#define ssi_stat_inc(node, name) \
	this_cpu_inc((node)->stats->count[SSI_MEM_S_##name])

/* Add to a counter named by its attribute, SSI_MEM_S_*. Any context. */
#define ssi_stat_add(node, attr, more) \
	this_cpu_add((node)->stats->count[attr], more)

/* Add a duration. Any context. */
#define ssi_stat_hist(node, ns) \
	this_cpu_inc((node)->stats->hist[ssi_hist_bucket(ns)])

#endif /* SSI_STATS_H */
