// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	uapi/ssi_mem.yaml */
/* YNL-GEN kernel source */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "netlink-gen.h"

#include <linux/ssi_mem.h>

/* SSI_MEM_CMD_VERSION_GET - do */
const struct nla_policy ssi_mem_version_get_nl_policy[SSI_MEM_A_PROTOCOL + 1] = {
	[SSI_MEM_A_PROTOCOL] = { .type = NLA_U32, },
};

/* SSI_MEM_CMD_NODE_NEW - do */
const struct nla_policy ssi_mem_node_new_nl_policy[SSI_MEM_A_HOLD_US + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_ID] = NLA_POLICY_MAX(NLA_U32, SSI_MEM_NODE_ID_MAX),
	[SSI_MEM_A_SHARE] = { .type = NLA_U64, },
	[SSI_MEM_A_RESERVE] = { .type = NLA_U64, },
	[SSI_MEM_A_HOLD_US] = { .type = NLA_U32, },
};

/* SSI_MEM_CMD_NODE_DEL - do */
const struct nla_policy ssi_mem_node_del_nl_policy[SSI_MEM_A_FORCE + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_TIMEOUT_MS] = { .type = NLA_U32, },
	[SSI_MEM_A_FORCE] = { .type = NLA_FLAG, },
};

/* SSI_MEM_CMD_NODE_DRAIN - do */
const struct nla_policy ssi_mem_node_drain_nl_policy[SSI_MEM_A_STOP + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_STOP] = { .type = NLA_FLAG, },
};

/* SSI_MEM_CMD_PEER_FORGET - do */
const struct nla_policy ssi_mem_peer_forget_nl_policy[SSI_MEM_A_FORCE + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_PEER] = NLA_POLICY_MAX(NLA_U32, SSI_MEM_NODE_ID_MAX),
	[SSI_MEM_A_FORCE] = { .type = NLA_FLAG, },
	[SSI_MEM_A_TIMEOUT_MS] = { .type = NLA_U32, },
};

/* SSI_MEM_CMD_NODE_GET - do */
const struct nla_policy ssi_mem_node_get_nl_policy[SSI_MEM_A_NODE + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
};

/* SSI_MEM_CMD_LINK_SET - do */
const struct nla_policy ssi_mem_link_set_nl_policy[SSI_MEM_A_TLS + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_PEER] = NLA_POLICY_MAX(NLA_U32, SSI_MEM_NODE_ID_MAX),
	[SSI_MEM_A_CHANNEL] = NLA_POLICY_MAX(NLA_U32, 1),
	[SSI_MEM_A_FD] = { .type = NLA_U32, },
	[SSI_MEM_A_INCARNATION] = NLA_POLICY_EXACT_LEN(SSI_MEM_INCARNATION_LEN),
	[SSI_MEM_A_TLS] = { .type = NLA_FLAG, },
};

/* SSI_MEM_CMD_PEER_GET - do */
const struct nla_policy ssi_mem_peer_get_nl_policy[SSI_MEM_A_PEER + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_PEER] = NLA_POLICY_MAX(NLA_U32, SSI_MEM_NODE_ID_MAX),
};

/* SSI_MEM_CMD_REGION_NEW - do */
const struct nla_policy ssi_mem_region_new_nl_policy[SSI_MEM_A_TIMEOUT_MS + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_REGION] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_SIZE] = { .type = NLA_U64, },
	[SSI_MEM_A_UID] = { .type = NLA_U32, },
	[SSI_MEM_A_GID] = { .type = NLA_U32, },
	[SSI_MEM_A_MODE] = NLA_POLICY_MAX(NLA_U32, SSI_MEM_MODE_MAX),
	[SSI_MEM_A_TIMEOUT_MS] = { .type = NLA_U32, },
};

/* SSI_MEM_CMD_REGION_DEL - do */
const struct nla_policy ssi_mem_region_del_nl_policy[SSI_MEM_A_TIMEOUT_MS + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_REGION] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_TIMEOUT_MS] = { .type = NLA_U32, },
};

/* SSI_MEM_CMD_REGION_EXTEND - do */
const struct nla_policy ssi_mem_region_extend_nl_policy[SSI_MEM_A_TIMEOUT_MS + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_REGION] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_PEER] = NLA_POLICY_MAX(NLA_U32, SSI_MEM_NODE_ID_MAX),
	[SSI_MEM_A_TIMEOUT_MS] = { .type = NLA_U32, },
};

/* SSI_MEM_CMD_REGION_GET - do */
const struct nla_policy ssi_mem_region_get_nl_policy[SSI_MEM_A_REGION + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_REGION] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
};

/* SSI_MEM_CMD_PAGE_GET - dump */
const struct nla_policy ssi_mem_page_get_nl_policy[SSI_MEM_A_PAGES + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_REGION] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_PAGE] = { .type = NLA_U64, },
	[SSI_MEM_A_PAGES] = { .type = NLA_U64, },
};

/* SSI_MEM_CMD_CHUNK_GET - dump */
const struct nla_policy ssi_mem_chunk_get_nl_policy[SSI_MEM_A_PAGES + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_REGION] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_PAGE] = { .type = NLA_U64, },
	[SSI_MEM_A_PAGES] = { .type = NLA_U64, },
};

/* SSI_MEM_CMD_HIST_GET - dump */
const struct nla_policy ssi_mem_hist_get_nl_policy[SSI_MEM_A_NODE + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
};

/* SSI_MEM_CMD_STATS_RESET - do */
const struct nla_policy ssi_mem_stats_reset_nl_policy[SSI_MEM_A_NODE + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
};

/* SSI_MEM_CMD_REGION_SET - do */
const struct nla_policy ssi_mem_region_set_nl_policy[SSI_MEM_A_PREFETCH + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_REGION] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_PREFETCH] = NLA_POLICY_MAX(NLA_U32, SSI_MEM_PREFETCH_MAX),
};

/* SSI_MEM_CMD_MEMBERS_SET - do */
const struct nla_policy ssi_mem_members_set_nl_policy[SSI_MEM_A_ROSTER_EPOCH + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_ROSTER_EPOCH] = { .type = NLA_U64, },
	[SSI_MEM_A_MEMBERS] = { .type = NLA_U64, },
};

/* SSI_MEM_CMD_HOT_GET - dump */
const struct nla_policy ssi_mem_hot_get_nl_policy[SSI_MEM_A_REGION + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
	[SSI_MEM_A_REGION] = { .type = NLA_NUL_STRING, .len = SSI_MEM_NAME_MAX, },
};

/* Ops table for ssi_mem */
const struct genl_ops ssi_mem_nl_ops[19] = {
	{
		.cmd		= SSI_MEM_CMD_VERSION_GET,
		.doit		= ssi_mem_nl_version_get_doit,
		.policy		= ssi_mem_version_get_nl_policy,
		.maxattr	= SSI_MEM_A_PROTOCOL,
	},
	{
		.cmd		= SSI_MEM_CMD_NODE_NEW,
		.doit		= ssi_mem_nl_node_new_doit,
		.policy		= ssi_mem_node_new_nl_policy,
		.maxattr	= SSI_MEM_A_HOLD_US,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SSI_MEM_CMD_NODE_DEL,
		.doit		= ssi_mem_nl_node_del_doit,
		.policy		= ssi_mem_node_del_nl_policy,
		.maxattr	= SSI_MEM_A_FORCE,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SSI_MEM_CMD_NODE_DRAIN,
		.doit		= ssi_mem_nl_node_drain_doit,
		.policy		= ssi_mem_node_drain_nl_policy,
		.maxattr	= SSI_MEM_A_STOP,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SSI_MEM_CMD_PEER_FORGET,
		.doit		= ssi_mem_nl_peer_forget_doit,
		.policy		= ssi_mem_peer_forget_nl_policy,
		.maxattr	= SSI_MEM_A_FORCE,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SSI_MEM_CMD_NODE_GET,
		.doit		= ssi_mem_nl_node_get_doit,
		.dumpit		= ssi_mem_nl_node_get_dumpit,
		.policy		= ssi_mem_node_get_nl_policy,
		.maxattr	= SSI_MEM_A_NODE,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SSI_MEM_CMD_LINK_SET,
		.doit		= ssi_mem_nl_link_set_doit,
		.policy		= ssi_mem_link_set_nl_policy,
		.maxattr	= SSI_MEM_A_TLS,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SSI_MEM_CMD_PEER_GET,
		.doit		= ssi_mem_nl_peer_get_doit,
		.dumpit		= ssi_mem_nl_peer_get_dumpit,
		.policy		= ssi_mem_peer_get_nl_policy,
		.maxattr	= SSI_MEM_A_PEER,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SSI_MEM_CMD_REGION_NEW,
		.doit		= ssi_mem_nl_region_new_doit,
		.policy		= ssi_mem_region_new_nl_policy,
		.maxattr	= SSI_MEM_A_TIMEOUT_MS,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SSI_MEM_CMD_REGION_DEL,
		.doit		= ssi_mem_nl_region_del_doit,
		.policy		= ssi_mem_region_del_nl_policy,
		.maxattr	= SSI_MEM_A_TIMEOUT_MS,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SSI_MEM_CMD_REGION_EXTEND,
		.doit		= ssi_mem_nl_region_extend_doit,
		.policy		= ssi_mem_region_extend_nl_policy,
		.maxattr	= SSI_MEM_A_TIMEOUT_MS,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SSI_MEM_CMD_REGION_GET,
		.doit		= ssi_mem_nl_region_get_doit,
		.dumpit		= ssi_mem_nl_region_get_dumpit,
		.policy		= ssi_mem_region_get_nl_policy,
		.maxattr	= SSI_MEM_A_REGION,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SSI_MEM_CMD_PAGE_GET,
		.dumpit		= ssi_mem_nl_page_get_dumpit,
		.policy		= ssi_mem_page_get_nl_policy,
		.maxattr	= SSI_MEM_A_PAGES,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SSI_MEM_CMD_CHUNK_GET,
		.dumpit		= ssi_mem_nl_chunk_get_dumpit,
		.policy		= ssi_mem_chunk_get_nl_policy,
		.maxattr	= SSI_MEM_A_PAGES,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SSI_MEM_CMD_HIST_GET,
		.dumpit		= ssi_mem_nl_hist_get_dumpit,
		.policy		= ssi_mem_hist_get_nl_policy,
		.maxattr	= SSI_MEM_A_NODE,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SSI_MEM_CMD_STATS_RESET,
		.doit		= ssi_mem_nl_stats_reset_doit,
		.policy		= ssi_mem_stats_reset_nl_policy,
		.maxattr	= SSI_MEM_A_NODE,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SSI_MEM_CMD_REGION_SET,
		.doit		= ssi_mem_nl_region_set_doit,
		.policy		= ssi_mem_region_set_nl_policy,
		.maxattr	= SSI_MEM_A_PREFETCH,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SSI_MEM_CMD_MEMBERS_SET,
		.doit		= ssi_mem_nl_members_set_doit,
		.policy		= ssi_mem_members_set_nl_policy,
		.maxattr	= SSI_MEM_A_ROSTER_EPOCH,
		.flags		= GENL_ADMIN_PERM,
	},
	{
		.cmd		= SSI_MEM_CMD_HOT_GET,
		.dumpit		= ssi_mem_nl_hot_get_dumpit,
		.policy		= ssi_mem_hot_get_nl_policy,
		.maxattr	= SSI_MEM_A_REGION,
		.flags		= GENL_ADMIN_PERM,
	},
};

