// SPDX-License-Identifier: GPL-2.0-only
/*
 * Histograms, one message each, and the new beginning of all that is counted.
 */
#include <linux/slab.h>
#include "netlink-gen.h"
#include "netlink_util.h"
#include "node.h"

/**
 * struct told - one histogram of a dump
 * @node:  whose
 * @phase: which
 * @kind:  which
 * @peer:  by this peer, or NULL for the node as a whole
 * @hist:  the numbers
 */
struct told {
	struct ssi_node *node;
	enum ssi_mem_hist_phase phase;
	enum ssi_mem_hist_kind kind;
	struct ssi_peer *peer;
	u64 hist[SSI_MEM_HIST_BUCKETS];
};

/* A dump's position: the node's own histograms, and behind them each peer's. */
#define OWN_HISTS (SSI_HIST_PHASES * SSI_HIST_KINDS)
#define ALL_HISTS (OWN_HISTS + SSI_NODES_MAX * SSI_HIST_KINDS)

static unsigned int used_buckets(const u64 *hist)
{
	unsigned int used = SSI_MEM_HIST_BUCKETS;

	while (used && !hist[used - 1])
		used--;
	return used;
}

static int put_hist(struct sk_buff *skb, void *object)
{
	const struct told *told = object;

	return nla_put_string(skb, SSI_MEM_A_NODE, told->node->name) ?:
	       nla_put_u32(skb, SSI_MEM_A_HIST_PHASE, told->phase) ?:
	       nla_put_u32(skb, SSI_MEM_A_HIST_KIND, told->kind) ?:
	       (told->peer ? nla_put_u32(skb, SSI_MEM_A_PEER, told->peer->id) :
			     0) ?:
	       nla_put(skb, SSI_MEM_A_BUCKETS,
		       used_buckets(told->hist) * sizeof(u64), told->hist);
}

static int dump_own(struct sk_buff *skb, struct netlink_callback *cb,
		    struct told *told)
{
	told->phase = cb->args[0] / SSI_HIST_KINDS;
	told->kind = cb->args[0] % SSI_HIST_KINDS;
	ssi_stats_hist(&told->node->stats, told->phase, told->kind, told->hist);
	if (!used_buckets(told->hist))
		return 0;
	return ssi_nl_dump_one(skb, cb, SSI_MEM_CMD_HIST_GET, put_hist, told);
}

static int dump_peer(struct sk_buff *skb, struct netlink_callback *cb,
		     struct told *told)
{
	unsigned int index = cb->args[0] - OWN_HISTS;
	int ret = 0;

	told->peer = ssi_peer_get(told->node, index / SSI_HIST_KINDS);
	if (!told->peer)
		return 0;
	told->phase = SSI_MEM_HIST_PHASE_ANSWER;
	told->kind = index % SSI_HIST_KINDS;
	ssi_peer_hist(told->peer, told->kind, told->hist);
	if (used_buckets(told->hist))
		ret = ssi_nl_dump_one(skb, cb, SSI_MEM_CMD_HIST_GET, put_hist,
				      told);
	ssi_peer_put(told->peer);
	return ret;
}

int ssi_mem_nl_hist_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ssi_node *node = ssi_nl_dump_node(cb);
	struct told *told;
	int ret = 0;

	if (IS_ERR(node))
		return PTR_ERR(node);
	told = kzalloc(sizeof(*told), GFP_KERNEL);
	if (!told) {
		ssi_node_put(node);
		return -ENOMEM;
	}
	told->node = node;
	for (; cb->args[0] < ALL_HISTS; cb->args[0]++) {
		ret = cb->args[0] < OWN_HISTS ? dump_own(skb, cb, told) :
						dump_peer(skb, cb, told);
		if (ret)
			break;
	}
	kfree(told);
	ssi_node_put(node);
	return ssi_nl_dump_end(skb, ret);
}

int ssi_mem_nl_stats_reset_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_node *node = ssi_nl_node(info);
	struct ssi_peer *peer;
	unsigned int id;

	if (IS_ERR(node))
		return PTR_ERR(node);
	ssi_stats_reset(&node->stats);
	for (id = 0; id < SSI_NODES_MAX; id++) {
		peer = ssi_peer_get(node, id);
		if (peer)
			ssi_peer_reset(peer);
		ssi_peer_put(peer);
	}
	ssi_node_put(node);
	return 0;
}
