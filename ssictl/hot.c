// SPDX-License-Identifier: Apache-2.0
#include "hot.h"

/* In the order of moves; what is less than all of many falls out. */
static int take_page(const struct ssi_nl_hot *page, void *arg)
{
	struct ssi_hot *hot = arg;
	unsigned int i;

	if (hot->count == SSI_HOT_MAX) {
		if (page->moves <= hot->at[SSI_HOT_MAX - 1].moves)
			return 0;
		hot->count--;
	}
	for (i = hot->count++; i > 0 && hot->at[i - 1].moves < page->moves; i--)
		hot->at[i] = hot->at[i - 1];
	hot->at[i] = *page;
	return 0;
}

int ssi_hot_read(struct ssi_hot *hot, struct ssi_nl *nl, const struct ssi_nl_region *region)
{
	return ssi_nl_hot_each(nl, region, take_page, hot);
}
