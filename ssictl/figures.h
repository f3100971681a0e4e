/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an agent tells a coordinator beside numbers, for pictures: how long faults
 * took, what the links do, where the pages of regions are, and which guests use them.
 */
#ifndef SSICTL_FIGURES_H
#define SSICTL_FIGURES_H

#include <jansson.h>

#include "nl.h"

/**
 * struct ssi_figures - what was told before; zero at first
 * @before: histograms of remote faults, by phase
 * @beats: heartbeats until now
 */
struct ssi_figures {
	uint64_t before[SSI_MEM_HIST_PHASE_MAX + 1][SSI_MEM_HIST_BUCKETS];
	unsigned int beats;
};

/**
 * ssi_figures_add - add figures to a heartbeat
 * @figures: of the node
 * @nl: connection for requests
 * @node: name of the local node
 * @body: gets "times" of the remote faults that ended since the last call, "links",
 *	and every third time "maps" and "vms"; what the kernel does not say is left out
 */
void ssi_figures_add(struct ssi_figures *figures, struct ssi_nl *nl, const char *node,
		     json_t *body);

#endif /* SSICTL_FIGURES_H */
