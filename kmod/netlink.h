/* SPDX-License-Identifier: GPL-2.0-only */
/* The generic netlink face; uapi/ssi_mem.yaml describes it. */
#ifndef SSI_NETLINK_H
#define SSI_NETLINK_H

#include <linux/ssi_mem.h>
#include <linux/types.h>

struct ssi_node;

int ssi_netlink_setup(void);
void ssi_netlink_cleanup(void);
void ssi_netlink_event(struct ssi_node *node, enum ssi_mem_event_type event,
		       u32 id, enum ssi_mem_channel channel, const char *region,
		       u64 page);

#endif /* SSI_NETLINK_H */
