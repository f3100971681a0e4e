/* SPDX-License-Identifier: Apache-2.0 */
/* The pages that a node hands over to others most, the hottest first. */
#ifndef SSICTL_HOT_H
#define SSICTL_HOT_H

#include "ssictl.h"

/* As many as a kernel tells of a region. */
#define SSI_HOT_MAX 64

/**
 * struct ssi_hot - pages of a node
 * @at: the hottest first
 * @count: how many
 */
struct ssi_hot {
	struct ssi_nl_hot at[SSI_HOT_MAX];
	unsigned int count;
};

/**
 * ssi_hot_read - pages of one more region
 * @hot: of the same node; zeroed before the first region. Of all those regions the
 *	hottest stay.
 * @nl: connection
 * @region: of the node
 *
 * Return: 0 or a negative errno.
 */
int ssi_hot_read(struct ssi_hot *hot, struct ssi_nl *nl, const struct ssi_nl_region *region);

#endif /* SSICTL_HOT_H */
