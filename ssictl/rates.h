/* SPDX-License-Identifier: Apache-2.0 */
/* The text of top: what happened between two samples. */
#ifndef SSICTL_RATES_H
#define SSICTL_RATES_H

#include <stdio.h>

#include "sample.h"

/* A line that begins with it is a heading. */
#define SSI_RATES_HEADING '\001'

/**
 * ssi_rates_print - print nodes, links and regions with their rates
 * @f: where to
 * @before: earlier sample; zeroes where there is none, then nothing has a rate
 * @now: later sample; its regions are sorted
 */
void ssi_rates_print(FILE *f, const struct ssi_sample *before, struct ssi_sample *now);

#endif /* SSICTL_RATES_H */
