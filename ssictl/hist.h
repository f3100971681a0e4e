/* SPDX-License-Identifier: Apache-2.0 */
/* Quantiles of the kernel's log-linear histograms; the layout is in uapi/ssi_mem.yaml. */
#ifndef SSICTL_HIST_H
#define SSICTL_HIST_H

#include <stdbool.h>
#include <stdint.h>

#include "nl.h"

/**
 * ssi_hist_start - first value that a bucket counts
 * @bucket: below SSI_MEM_HIST_BUCKETS
 *
 * Return: nanoseconds.
 */
uint64_t ssi_hist_start(unsigned int bucket);

/**
 * ssi_hist_count - number of values in a histogram
 * @hist: SSI_MEM_HIST_BUCKETS counters
 *
 * Return: the sum of all buckets.
 */
uint64_t ssi_hist_count(const uint64_t *hist);

/**
 * ssi_hist_quantile - the value that a share of all values does not exceed
 * @hist: SSI_MEM_HIST_BUCKETS counters
 * @permille: the share, 1 to 1000
 *
 * A bucket forgets where in it a value was; the answer is its highest value,
 * so that a latency is never reported better than it was. The error is at most
 * one eighth.
 *
 * Return: nanoseconds, or 0 for an empty histogram.
 */
uint64_t ssi_hist_quantile(const uint64_t *hist, unsigned int permille);

/**
 * ssi_hist_is_remote - is it about whole remote faults: a page, or the right to write, had to come
 * @hist: one of a node
 *
 * Return: true if it is.
 */
bool ssi_hist_is_remote(const struct ssi_nl_hist *hist);

#endif /* SSICTL_HIST_H */
