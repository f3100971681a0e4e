// SPDX-License-Identifier: GPL-2.0-only
#include <net/sock.h>
#include "leave.h"
#include "netlink-gen.h"
#include "netlink_util.h"
#include "node.h"
#include "region.h"

static int read_config(struct genl_info *info, struct ssi_node_config *config)
{
	struct nlattr **attrs = info->attrs;

	if (ssi_nl_lacks(info, SSI_MEM_A_NODE, "name of the node") ||
	    ssi_nl_lacks(info, SSI_MEM_A_ID, "id of the node") ||
	    ssi_nl_lacks(info, SSI_MEM_A_SHARE, "share"))
		return -EINVAL;
	config->name = nla_data(attrs[SSI_MEM_A_NODE]);
	config->id = nla_get_u32(attrs[SSI_MEM_A_ID]);
	config->share = nla_get_u64(attrs[SSI_MEM_A_SHARE]);
	config->reserve = attrs[SSI_MEM_A_RESERVE] ?
		nla_get_u64(attrs[SSI_MEM_A_RESERVE]) :
		max(config->share / 16, SSI_NODE_SHARE_MIN);
	config->hold_us = attrs[SSI_MEM_A_HOLD_US] ?
		nla_get_u32(attrs[SSI_MEM_A_HOLD_US]) : SSI_NODE_HOLD_US;
	return 0;
}

static int check_config(struct genl_info *info,
			const struct ssi_node_config *config)
{
	u64 memory = (u64)totalram_pages() << PAGE_SHIFT;

	if (!ssi_wire_name_check(config->name)) {
		NL_SET_ERR_MSG(info->extack,
			       "a name consists of letters, digits, - _ .");
		return -EINVAL;
	}
	if (config->share < SSI_NODE_SHARE_MIN ||
	    config->reserve < 64 * PAGE_SIZE) {
		NL_SET_ERR_MSG(info->extack,
			       "a share has 1 MiB, a reserve 256 KiB at least");
		return -ERANGE;
	}
	if (config->share > memory || config->reserve > memory - config->share) {
		NL_SET_ERR_MSG(info->extack,
			       "share and reserve exceed this machine's memory");
		return -ERANGE;
	}
	if (config->hold_us > 10000) {
		NL_SET_ERR_MSG(info->extack,
			       "the hold is 10000 microseconds at most");
		return -ERANGE;
	}
	return 0;
}

static int put_node_config(struct sk_buff *skb, const struct ssi_node *node)
{
	return nla_put_string(skb, SSI_MEM_A_NODE, node->name) ?:
	       nla_put_u32(skb, SSI_MEM_A_ID, node->id) ?:
	       nla_put(skb, SSI_MEM_A_INCARNATION, sizeof(node->incarnation),
		       node->incarnation) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_SHARE,
			      node->share.pages << PAGE_SHIFT) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_RESERVE,
			      node->share.reserve << PAGE_SHIFT) ?:
	       nla_put_u32(skb, SSI_MEM_A_HOLD_US,
			   div_u64(node->hold_ns, NSEC_PER_USEC));
}

int ssi_mem_nl_node_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_node_config config;
	struct ssi_node *node;
	struct sk_buff *reply;
	void *head;
	int ret;

	ret = read_config(info, &config) ?: check_config(info, &config);
	if (ret)
		return ret;
	reply = ssi_nl_reply_begin(info, SSI_MEM_CMD_NODE_NEW, &head);
	if (!reply)
		return -ENOMEM;
	node = ssi_node_join(genl_info_net(info), &config);
	if (IS_ERR(node)) {
		if (node == ERR_PTR(-EEXIST))
			NL_SET_ERR_MSG(info->extack,
				       "a node of that name or id is here already");
		return ssi_nl_reply_end(reply, head, info, PTR_ERR(node));
	}
	ret = put_node_config(reply, node);
	ssi_node_put(node);
	return ssi_nl_reply_end(reply, head, info, ret);
}

int ssi_mem_nl_node_drain_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_node *node = ssi_nl_node(info);
	struct ssi_refusal why = {};
	int ret;

	if (IS_ERR(node))
		return PTR_ERR(node);
	ret = ssi_leave_drain(node, !nla_get_flag(info->attrs[SSI_MEM_A_STOP]),
			      &why);
	ssi_node_put(node);
	return ssi_nl_refused(info, ret, &why);
}

int ssi_mem_nl_node_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_refusal why = {};
	struct ssi_node *node;
	struct sk_buff *reply;
	void *head;
	u64 lost;
	int ret;

	reply = ssi_nl_reply_begin(info, SSI_MEM_CMD_NODE_DEL, &head);
	if (!reply)
		return -ENOMEM;
	node = ssi_nl_node(info);
	if (IS_ERR(node))
		return ssi_nl_reply_end(reply, head, info, PTR_ERR(node));
	ret = ssi_node_leave(node, nla_get_flag(info->attrs[SSI_MEM_A_FORCE]),
			     ssi_nl_timeout(info), &lost, &why);
	ssi_node_put(node);
	ret = ret ? ssi_nl_refused(info, ret, &why) :
		    ssi_nl_put_u64(reply, SSI_MEM_A_LOST, lost);
	return ssi_nl_reply_end(reply, head, info, ret);
}

int ssi_mem_nl_members_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_refusal why = {};
	struct ssi_roster roster;
	struct ssi_node *node;
	int ret;

	if (ssi_nl_lacks(info, SSI_MEM_A_ROSTER_EPOCH, "epoch") ||
	    ssi_nl_lacks(info, SSI_MEM_A_MEMBERS, "members"))
		return -EINVAL;
	roster.epoch = nla_get_u64(info->attrs[SSI_MEM_A_ROSTER_EPOCH]);
	roster.members = nla_get_u64(info->attrs[SSI_MEM_A_MEMBERS]);
	node = ssi_nl_node(info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	ret = ssi_roster_set(node, &roster, &why);
	ssi_node_put(node);
	return ssi_nl_refused(info, ret, &why);
}

static u32 count_stalled(struct ssi_node *node)
{
	u32 stalled = atomic_read(&node->share.stall.count);
	struct ssi_region *region;
	unsigned long id;

	rcu_read_lock();
	xa_for_each(&node->regions, id, region)
		stalled += atomic_read(&region->stall.count);
	rcu_read_unlock();
	return stalled;
}

static struct ssi_nl_counts count_pages(struct ssi_node *node)
{
	struct ssi_nl_counts counts = {};
	struct ssi_region *region;
	unsigned long id;

	rcu_read_lock();
	xa_for_each(&node->regions, id, region) {
		counts.owned += atomic64_read(&region->owned);
		counts.copies += atomic64_read(&region->copies);
		counts.untouched += atomic64_read(&region->untouched);
	}
	rcu_read_unlock();
	return counts;
}

static int put_stats(struct sk_buff *skb, struct ssi_node *node)
{
	struct nlattr *nest = nla_nest_start(skb, SSI_MEM_A_STATS);
	int attr, ret = 0;

	if (!nest)
		return -EMSGSIZE;
	for (attr = SSI_MEM_S_PAD + 1; attr <= SSI_MEM_S_MAX && !ret; attr++)
		ret = nla_put_u64_64bit(skb, attr,
					ssi_stats_sum(&node->stats, attr),
					SSI_MEM_S_PAD);
	if (!ret)
		nla_nest_end(skb, nest);
	return ret;
}

static int put_charge(struct sk_buff *skb, unsigned int slot, u64 cgroup,
		      u64 pages)
{
	struct nlattr *nest = nla_nest_start(skb, slot + 1);

	if (!nest ||
	    nla_put_u64_64bit(skb, SSI_MEM_C_CGROUP, cgroup, SSI_MEM_C_PAD) ||
	    nla_put_u64_64bit(skb, SSI_MEM_C_BYTES, pages << PAGE_SHIFT,
			      SSI_MEM_C_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_charges(struct sk_buff *skb, struct ssi_charges *charges)
{
	struct nlattr *nest = nla_nest_start(skb, SSI_MEM_A_CHARGES);
	u64 cgroup, pages;
	unsigned int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < SSI_CHARGES; i++) {
		cgroup = ssi_charge_cgroup(charges, i);
		pages = ssi_charge_pages(charges, i);
		if ((cgroup || pages) && put_charge(skb, i, cgroup, pages))
			return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int put_roster(struct sk_buff *skb, struct ssi_node *node)
{
	struct ssi_roster roster;

	ssi_roster_get(node, &roster);
	if (!roster.epoch)
		return 0;
	return ssi_nl_put_u64(skb, SSI_MEM_A_ROSTER_EPOCH, roster.epoch) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_MEMBERS, roster.members);
}

static int put_node(struct sk_buff *skb, void *object)
{
	struct ssi_node *node = object;
	struct ssi_nl_counts counts = count_pages(node);
	u64 used = atomic64_read(&node->share.used);
	u64 held = counts.owned + counts.copies;

	return put_node_config(skb, node) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_USED, used << PAGE_SHIFT) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_PEAK,
			      (u64)atomic64_read(&node->share.peak) <<
			      PAGE_SHIFT) ?:
	       ssi_nl_put_counts(skb, &counts) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_TRANSIT,
			      used > held ? used - held : 0) ?:
	       nla_put_u32(skb, SSI_MEM_A_STALLED, count_stalled(node)) ?:
	       put_charges(skb, &node->share.charges) ?:
	       put_stats(skb, node) ?:
	       put_roster(skb, node) ?:
	       (READ_ONCE(node->share.draining) ?
			nla_put_flag(skb, SSI_MEM_A_DRAINING) : 0);
}

int ssi_mem_nl_node_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_node *node = ssi_nl_node(info);
	int ret;

	if (IS_ERR(node))
		return PTR_ERR(node);
	ret = ssi_nl_reply(info, SSI_MEM_CMD_NODE_GET, put_node, node);
	ssi_node_put(node);
	return ret;
}

int ssi_mem_nl_node_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct net *net = sock_net(cb->skb->sk);
	struct ssi_node *node;
	long index = 0;
	int ret = ssi_nl_dump_check(cb);

	if (ret)
		return ret;
	mutex_lock(&ssi_nodes_mutex);
	list_for_each_entry(node, &ssi_nodes, list) {
		if (!net_eq(node->net, net) || index++ < cb->args[0])
			continue;
		ret = ssi_nl_dump_one(skb, cb, SSI_MEM_CMD_NODE_GET, put_node,
				      node);
		if (ret)
			break;
		cb->args[0] = index;
	}
	mutex_unlock(&ssi_nodes_mutex);
	return ssi_nl_dump_end(skb, ret);
}

