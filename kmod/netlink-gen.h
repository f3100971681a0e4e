/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	uapi/ssi_mem.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_SSI_MEM_GEN_H
#define _LINUX_SSI_MEM_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <linux/ssi_mem.h>

extern const struct nla_policy ssi_mem_version_get_nl_policy[SSI_MEM_A_PROTOCOL + 1];

extern const struct nla_policy ssi_mem_node_new_nl_policy[SSI_MEM_A_HOLD_US + 1];

extern const struct nla_policy ssi_mem_node_del_nl_policy[SSI_MEM_A_FORCE + 1];

extern const struct nla_policy ssi_mem_node_drain_nl_policy[SSI_MEM_A_STOP + 1];

extern const struct nla_policy ssi_mem_peer_forget_nl_policy[SSI_MEM_A_FORCE + 1];

extern const struct nla_policy ssi_mem_node_get_nl_policy[SSI_MEM_A_NODE + 1];

extern const struct nla_policy ssi_mem_link_set_nl_policy[SSI_MEM_A_TLS + 1];

extern const struct nla_policy ssi_mem_peer_get_nl_policy[SSI_MEM_A_PEER + 1];

extern const struct nla_policy ssi_mem_region_new_nl_policy[SSI_MEM_A_TIMEOUT_MS + 1];

extern const struct nla_policy ssi_mem_region_del_nl_policy[SSI_MEM_A_TIMEOUT_MS + 1];

extern const struct nla_policy ssi_mem_region_extend_nl_policy[SSI_MEM_A_TIMEOUT_MS + 1];

extern const struct nla_policy ssi_mem_region_get_nl_policy[SSI_MEM_A_REGION + 1];

extern const struct nla_policy ssi_mem_page_get_nl_policy[SSI_MEM_A_PAGES + 1];

extern const struct nla_policy ssi_mem_chunk_get_nl_policy[SSI_MEM_A_PAGES + 1];

extern const struct nla_policy ssi_mem_hist_get_nl_policy[SSI_MEM_A_NODE + 1];

extern const struct nla_policy ssi_mem_stats_reset_nl_policy[SSI_MEM_A_NODE + 1];

extern const struct nla_policy ssi_mem_region_set_nl_policy[SSI_MEM_A_PREFETCH + 1];

extern const struct nla_policy ssi_mem_members_set_nl_policy[SSI_MEM_A_ROSTER_EPOCH + 1];

extern const struct nla_policy ssi_mem_hot_get_nl_policy[SSI_MEM_A_REGION + 1];

/* Ops table for ssi_mem */
extern const struct genl_ops ssi_mem_nl_ops[19];

int ssi_mem_nl_version_get_doit(struct sk_buff *skb, struct genl_info *info);
int ssi_mem_nl_node_new_doit(struct sk_buff *skb, struct genl_info *info);
int ssi_mem_nl_node_del_doit(struct sk_buff *skb, struct genl_info *info);
int ssi_mem_nl_node_drain_doit(struct sk_buff *skb, struct genl_info *info);
int ssi_mem_nl_peer_forget_doit(struct sk_buff *skb, struct genl_info *info);
int ssi_mem_nl_node_get_doit(struct sk_buff *skb, struct genl_info *info);
int ssi_mem_nl_node_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int ssi_mem_nl_link_set_doit(struct sk_buff *skb, struct genl_info *info);
int ssi_mem_nl_peer_get_doit(struct sk_buff *skb, struct genl_info *info);
int ssi_mem_nl_peer_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int ssi_mem_nl_region_new_doit(struct sk_buff *skb, struct genl_info *info);
int ssi_mem_nl_region_del_doit(struct sk_buff *skb, struct genl_info *info);
int ssi_mem_nl_region_extend_doit(struct sk_buff *skb, struct genl_info *info);
int ssi_mem_nl_region_get_doit(struct sk_buff *skb, struct genl_info *info);
int ssi_mem_nl_region_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb);
int ssi_mem_nl_page_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int ssi_mem_nl_chunk_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int ssi_mem_nl_hist_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);
int ssi_mem_nl_stats_reset_doit(struct sk_buff *skb, struct genl_info *info);
int ssi_mem_nl_region_set_doit(struct sk_buff *skb, struct genl_info *info);
int ssi_mem_nl_members_set_doit(struct sk_buff *skb, struct genl_info *info);
int ssi_mem_nl_hot_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);

enum {
	SSI_MEM_NLGRP_EVENTS,
};

#endif /* _LINUX_SSI_MEM_GEN_H */
