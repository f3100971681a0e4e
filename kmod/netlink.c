// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/net.h>
#include <net/genetlink.h>
#include <net/sock.h>
#include "netlink-gen.h"
#include "netlink.h"
#include "node.h"
#include "region.h"
#include "version.h"

#define TIMEOUT_MS_DEFAULT 10000
#define TIMEOUT_MS_MAX	   600000

static const struct genl_multicast_group groups[] = {
	[SSI_MEM_NLGRP_EVENTS] = { .name = SSI_MEM_MCGRP_EVENTS },
};

static struct genl_family family = {
	.name = SSI_MEM_FAMILY_NAME,
	.version = SSI_MEM_FAMILY_VERSION,
	.maxattr = SSI_MEM_A_MAX,
	.module = THIS_MODULE,
	.netnsok = true,
	.parallel_ops = true,
	.ops = ssi_mem_nl_ops,
	.n_ops = ARRAY_SIZE(ssi_mem_nl_ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
	.resv_start_op = SSI_MEM_CMD_VERSION_GET,
};

/* ---- helpers ---- */

static struct ssi_node *find_node(struct net *net, struct nlattr *name,
				  struct netlink_ext_ack *extack)
{
	struct ssi_node *node = ssi_node_find(net, name ? nla_data(name) :
							  NULL);

	if (node == ERR_PTR(-ENODEV))
		NL_SET_ERR_MSG_FMT(extack, "%s", name ?
				   "no node of that name here" :
				   "no node has joined here");
	else if (node == ERR_PTR(-ENOTUNIQ))
		NL_SET_ERR_MSG(extack, "several nodes here: name one (--node)");
	return node;
}

static struct ssi_node *info_node(struct genl_info *info)
{
	return find_node(genl_info_net(info), info->attrs[SSI_MEM_A_NODE],
			 info->extack);
}

static unsigned long info_timeout(struct genl_info *info)
{
	struct nlattr *attr = info->attrs[SSI_MEM_A_TIMEOUT_MS];
	u32 ms = attr ? nla_get_u32(attr) : TIMEOUT_MS_DEFAULT;

	return msecs_to_jiffies(min_t(u32, ms, TIMEOUT_MS_MAX));
}

static int lacks(struct genl_info *info, int attr, const char *text)
{
	if (info->attrs[attr])
		return 0;
	NL_SET_ERR_MSG_FMT(info->extack, "the %s is missing", text);
	return -EINVAL;
}

static int refused(struct genl_info *info, int error,
		   const struct ssi_refusal *why)
{
	if (error)
		NL_SET_ERR_MSG_FMT(info->extack, "%s", why->text);
	return error;
}

static struct sk_buff *reply_begin(struct genl_info *info, u8 cmd, void **head)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);

	if (!skb)
		return NULL;
	*head = genlmsg_put_reply(skb, info, &family, 0, cmd);
	return skb;
}

static int reply_end(struct sk_buff *skb, void *head, struct genl_info *info,
		     int error)
{
	if (error) {
		nlmsg_free(skb);
		return error;
	}
	genlmsg_end(skb, head);
	return genlmsg_reply(skb, info);
}

static int put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, SSI_MEM_A_PAD);
}

/* ---- version ---- */

int ssi_mem_nl_version_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *protocol = info->attrs[SSI_MEM_A_PROTOCOL];
	struct sk_buff *reply;
	void *head;
	int ret;

	if (protocol && nla_get_u32(protocol) != SSI_WIRE_PROTOCOL) {
		NL_SET_ERR_MSG_FMT(info->extack,
				   "this module speaks protocol %u",
				   SSI_WIRE_PROTOCOL);
		return -ENOPROTOOPT;
	}
	reply = reply_begin(info, SSI_MEM_CMD_VERSION_GET, &head);
	if (!reply)
		return -ENOMEM;
	ret = nla_put_string(reply, SSI_MEM_A_MODULE_VERSION, SSI_VERSION) ?:
	      nla_put_u32(reply, SSI_MEM_A_PROTOCOL, SSI_WIRE_PROTOCOL);
	return reply_end(reply, head, info, ret);
}

/* ---- nodes ---- */

/* A name is shown, logged and typed: no surprises in it. */
static bool is_name(const char *name)
{
	size_t i;

	for (i = 0; name[i]; i++) {
		if (!isalnum(name[i]) && !strchr("-_.", name[i]))
			return false;
	}
	return i && name[0] != '-' && name[0] != '.';
}

static int read_config(struct genl_info *info, struct ssi_node_config *config)
{
	struct nlattr **attrs = info->attrs;

	if (lacks(info, SSI_MEM_A_NODE, "name of the node") ||
	    lacks(info, SSI_MEM_A_ID, "id of the node") ||
	    lacks(info, SSI_MEM_A_SHARE, "share"))
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
	if (!is_name(config->name)) {
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
	if (config->share + config->reserve > totalram_pages() << PAGE_SHIFT) {
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
	       put_u64(skb, SSI_MEM_A_SHARE, node->share.pages << PAGE_SHIFT) ?:
	       put_u64(skb, SSI_MEM_A_RESERVE,
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
	reply = reply_begin(info, SSI_MEM_CMD_NODE_NEW, &head);
	if (!reply)
		return -ENOMEM;
	node = ssi_node_join(genl_info_net(info), &config);
	if (IS_ERR(node)) {
		if (node == ERR_PTR(-EEXIST))
			NL_SET_ERR_MSG(info->extack,
				       "a node of that name or id is here already");
		return reply_end(reply, head, info, PTR_ERR(node));
	}
	ret = put_node_config(reply, node);
	ssi_node_put(node);
	return reply_end(reply, head, info, ret);
}

int ssi_mem_nl_node_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_node *node = info_node(info);
	struct ssi_refusal why = {};
	const char *text = "";
	int ret;

	if (IS_ERR(node))
		return PTR_ERR(node);
	ret = ssi_node_leave(node, info_timeout(info), &text);
	strscpy(why.text, text, sizeof(why.text));
	ssi_node_put(node);
	return refused(info, ret, &why);
}

/* Pages in each state, over all regions. */
struct page_counts {
	u64 owned;
	u64 copies;
	u64 untouched;
};

static struct page_counts count_pages(struct ssi_node *node)
{
	struct page_counts counts = {};
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

static int put_counts(struct sk_buff *skb, const struct page_counts *counts)
{
	return put_u64(skb, SSI_MEM_A_OWNED, counts->owned) ?:
	       put_u64(skb, SSI_MEM_A_COPIES, counts->copies) ?:
	       put_u64(skb, SSI_MEM_A_UNTOUCHED, counts->untouched);
}

/* Counters that live with the channels, and are told as the node's. */
struct session_counts {
	u64 replays;
	u64 duplicates;
	u64 malformed;
};

static struct session_counts count_sessions(struct ssi_node *node)
{
	struct session_counts sum = {};
	const struct ssi_chan *chan;
	struct ssi_peer *peer;
	unsigned int id, i;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		peer = ssi_peer_get(node, id);
		for (i = 0; peer && i < SSI_CHANNELS; i++) {
			chan = &peer->link.chans[i];
			sum.replays += READ_ONCE(chan->replays);
			sum.duplicates += READ_ONCE(chan->duplicates);
			sum.malformed += READ_ONCE(chan->malformed);
		}
		ssi_peer_put(peer);
	}
	return sum;
}

static u64 stat_value(struct ssi_node *node, int attr,
		      const struct session_counts *sessions)
{
	u64 sum = ssi_stats_sum(node->stats, attr);

	switch (attr) {
	case SSI_MEM_S_REPLAYS:
		return sessions->replays;
	case SSI_MEM_S_DUPLICATES:
		return sessions->duplicates;
	case SSI_MEM_S_MALFORMED:
		return sum + sessions->malformed;
	default:
		return sum;
	}
}

static int put_stats(struct sk_buff *skb, struct ssi_node *node)
{
	struct session_counts sessions = count_sessions(node);
	struct nlattr *nest, *hist;
	int attr, ret = 0;

	nest = nla_nest_start(skb, SSI_MEM_A_STATS);
	if (!nest)
		return -EMSGSIZE;
	for (attr = SSI_MEM_S_FAULTS_LOCAL; attr < SSI_MEM_S_HIST_REMOTE;
	     attr++)
		ret = ret ?: nla_put_u64_64bit(skb, attr,
					       stat_value(node, attr,
							  &sessions),
					       SSI_MEM_S_PAD);
	hist = ret ? NULL : nla_reserve(skb, SSI_MEM_S_HIST_REMOTE,
					SSI_MEM_HIST_BUCKETS * sizeof(u64));
	if (!hist)
		return -EMSGSIZE;
	ssi_stats_hist(node->stats, nla_data(hist));
	nla_nest_end(skb, nest);
	return 0;
}

static int put_node(struct sk_buff *skb, struct ssi_node *node)
{
	struct page_counts counts = count_pages(node);
	u64 used = atomic64_read(&node->share.used);
	u64 held = counts.owned + counts.copies;

	return put_node_config(skb, node) ?:
	       put_u64(skb, SSI_MEM_A_USED, used << PAGE_SHIFT) ?:
	       put_u64(skb, SSI_MEM_A_PEAK,
		       (u64)atomic64_read(&node->share.peak) << PAGE_SHIFT) ?:
	       put_counts(skb, &counts) ?:
	       put_u64(skb, SSI_MEM_A_TRANSIT, used > held ? used - held : 0) ?:
	       nla_put_u32(skb, SSI_MEM_A_STALLED,
			   ssi_requests_stalled(&node->requests)) ?:
	       put_stats(skb, node);
}

int ssi_mem_nl_node_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_node *node = info_node(info);
	struct sk_buff *reply;
	void *head;
	int ret;

	if (IS_ERR(node))
		return PTR_ERR(node);
	reply = reply_begin(info, SSI_MEM_CMD_NODE_GET, &head);
	ret = reply ? put_node(reply, node) : -ENOMEM;
	ssi_node_put(node);
	return reply ? reply_end(reply, head, info, ret) : ret;
}

/* ---- dumps ---- */

/* One message of a dump; @put fills it. */
static int dump_one(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
		    int (*put)(struct sk_buff *skb, void *object), void *object)
{
	void *head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				 cb->nlh->nlmsg_seq, &family, NLM_F_MULTI, cmd);
	int ret;

	if (!head)
		return -EMSGSIZE;
	ret = put(skb, object);
	if (ret)
		genlmsg_cancel(skb, head);
	else
		genlmsg_end(skb, head);
	return ret;
}

static int put_node_object(struct sk_buff *skb, void *node)
{
	return put_node(skb, node);
}

int ssi_mem_nl_node_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct net *net = sock_net(cb->skb->sk);
	struct ssi_node *node;
	long index = 0;
	int ret = 0;

	mutex_lock(&ssi_nodes_mutex);
	list_for_each_entry(node, &ssi_nodes, list) {
		if (!net_eq(node->net, net) || index++ < cb->args[0])
			continue;
		ret = dump_one(skb, cb, SSI_MEM_CMD_NODE_GET, put_node_object,
			       node);
		if (ret)
			break;
		cb->args[0] = index;
	}
	mutex_unlock(&ssi_nodes_mutex);
	/* A full buffer is sent, and the dump goes on from args[0]. */
	return ret == -EMSGSIZE && skb->len ? skb->len : ret ?: skb->len;
}

static struct ssi_node *dump_node(struct netlink_callback *cb)
{
	return find_node(sock_net(cb->skb->sk),
			 ssi_compat_dump_attrs(cb)[SSI_MEM_A_NODE], cb->extack);
}

/* ---- links and peers ---- */

static int set_link(struct ssi_node *node, struct genl_info *info,
		    struct socket *sock)
{
	bool tls = nla_get_flag(info->attrs[SSI_MEM_A_TLS]);
	u32 channel = nla_get_u32(info->attrs[SSI_MEM_A_CHANNEL]);
	u32 id = nla_get_u32(info->attrs[SSI_MEM_A_PEER]);
	struct ssi_refusal why = {};
	struct ssi_peer *peer;
	const char *text;
	int ret;

	ret = ssi_xport_tcp_check(sock, tls, &text);
	strscpy(why.text, text, sizeof(why.text));
	if (ret)
		return refused(info, ret, &why);
	if (!net_eq(sock_net(sock->sk), node->net)) {
		NL_SET_ERR_MSG(info->extack,
			       "the socket is of another network namespace");
		return -EXDEV;
	}
	if (id == node->id) {
		NL_SET_ERR_MSG(info->extack, "that is this node's own id");
		return -EINVAL;
	}
	ret = ssi_manage_attach(node, id,
				nla_data(info->attrs[SSI_MEM_A_INCARNATION]),
				&peer, &why);
	if (ret)
		return refused(info, ret, &why);
	ret = ssi_link_attach_tcp(&peer->link, channel, sock, tls);
	ssi_peer_put(peer);
	return ret;
}

int ssi_mem_nl_link_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_node *node;
	struct socket *sock;
	int ret;

	if (lacks(info, SSI_MEM_A_PEER, "id of the peer") ||
	    lacks(info, SSI_MEM_A_CHANNEL, "channel") ||
	    lacks(info, SSI_MEM_A_FD, "descriptor of the socket") ||
	    lacks(info, SSI_MEM_A_INCARNATION, "peer's incarnation"))
		return -EINVAL;
	node = info_node(info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	sock = sockfd_lookup(nla_get_u32(info->attrs[SSI_MEM_A_FD]), &ret);
	if (!sock) {
		NL_SET_ERR_MSG(info->extack, "the descriptor is not a socket");
		goto put_node;
	}
	ret = set_link(node, info, sock);
	/* On success the link has the socket. */
	if (ret)
		sockfd_put(sock);
put_node:
	ssi_node_put(node);
	return ret;
}

static int put_peer(struct sk_buff *skb, void *object)
{
	struct ssi_peer *peer = object;
	const struct ssi_chan *ctl = &peer->link.chans[SSI_MEM_CHANNEL_CTL];
	const struct ssi_chan *data = &peer->link.chans[SSI_MEM_CHANNEL_DATA];

	return nla_put_string(skb, SSI_MEM_A_NODE, peer->node->name) ?:
	       nla_put_u32(skb, SSI_MEM_A_PEER, peer->id) ?:
	       nla_put(skb, SSI_MEM_A_INCARNATION, sizeof(peer->incarnation),
		       peer->incarnation) ?:
	       put_u64(skb, SSI_MEM_A_SHARE, peer->share << PAGE_SHIFT) ?:
	       put_u64(skb, SSI_MEM_A_RESERVE, peer->reserve << PAGE_SHIFT) ?:
	       nla_put_u32(skb, SSI_MEM_A_STATE, READ_ONCE(ctl->state)) ?:
	       nla_put_u32(skb, SSI_MEM_A_STATE_DATA, READ_ONCE(data->state)) ?:
	       (READ_ONCE(ctl->tls) ? nla_put_flag(skb, SSI_MEM_A_TLS) : 0) ?:
	       put_u64(skb, SSI_MEM_A_SOCKETS, ctl->sockets + data->sockets) ?:
	       nla_put_u32(skb, SSI_MEM_A_UNACKED,
			   ctl->unacked + data->unacked);
}

int ssi_mem_nl_peer_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_node *node;
	struct ssi_peer *peer;
	struct sk_buff *reply;
	void *head;
	int ret;

	if (lacks(info, SSI_MEM_A_PEER, "id of the peer"))
		return -EINVAL;
	node = info_node(info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	peer = ssi_peer_get(node, nla_get_u32(info->attrs[SSI_MEM_A_PEER]));
	ssi_node_put(node);
	if (!peer) {
		NL_SET_ERR_MSG(info->extack, "no peer of that id");
		return -ENOENT;
	}
	reply = reply_begin(info, SSI_MEM_CMD_PEER_GET, &head);
	ret = reply ? put_peer(reply, peer) : -ENOMEM;
	ssi_peer_put(peer);
	return reply ? reply_end(reply, head, info, ret) : ret;
}

int ssi_mem_nl_peer_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ssi_node *node = dump_node(cb);
	struct ssi_peer *peer;
	int ret = 0;

	if (IS_ERR(node))
		return PTR_ERR(node);
	for (; cb->args[0] < SSI_NODES_MAX && !ret; cb->args[0]++) {
		peer = cb->args[0] == node->id ? NULL :
			ssi_peer_get(node, cb->args[0]);
		if (peer)
			ret = dump_one(skb, cb, SSI_MEM_CMD_PEER_GET, put_peer,
				       peer);
		ssi_peer_put(peer);
		if (ret)
			break;
	}
	ssi_node_put(node);
	return ret == -EMSGSIZE && skb->len ? skb->len : ret ?: skb->len;
}

/* ---- regions ---- */

int ssi_mem_nl_region_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_refusal why = {};
	struct ssi_region *region;
	struct ssi_node *node;
	struct sk_buff *reply;
	const char *name;
	void *head;
	u64 size;
	int ret;

	if (lacks(info, SSI_MEM_A_REGION, "name of the region") ||
	    lacks(info, SSI_MEM_A_SIZE, "size"))
		return -EINVAL;
	name = nla_data(info->attrs[SSI_MEM_A_REGION]);
	size = nla_get_u64(info->attrs[SSI_MEM_A_SIZE]);
	if (!is_name(name) || !size || size & ~PAGE_MASK ||
	    size >> PAGE_SHIFT > U32_MAX) {
		NL_SET_ERR_MSG(info->extack,
			       "a name has letters, digits, - _ . and a size whole pages");
		return -EINVAL;
	}
	node = info_node(info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	ret = ssi_manage_create(node, name, size, info_timeout(info), &why);
	region = ret ? NULL : ssi_region_by_name(node, name);
	ssi_node_put(node);
	if (ret)
		return refused(info, ret, &why);
	reply = reply_begin(info, SSI_MEM_CMD_REGION_NEW, &head);
	if (!reply || !region) {
		nlmsg_free(reply);
		ssi_region_put(region);
		return region ? -ENOMEM : -ENOENT;
	}
	ret = nla_put_u32(reply, SSI_MEM_A_REGION_ID, region->id) ?:
	      put_u64(reply, SSI_MEM_A_MEMBERS, region->members.mask);
	ssi_region_put(region);
	return reply_end(reply, head, info, ret);
}

int ssi_mem_nl_region_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_refusal why = {};
	struct ssi_node *node;
	int ret;

	if (lacks(info, SSI_MEM_A_REGION, "name of the region"))
		return -EINVAL;
	node = info_node(info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	ret = ssi_manage_delete(node, nla_data(info->attrs[SSI_MEM_A_REGION]),
				info_timeout(info), &why);
	ssi_node_put(node);
	return refused(info, ret, &why);
}

static int put_region(struct sk_buff *skb, void *object)
{
	struct ssi_region *region = object;
	struct page_counts counts = {
		.owned = atomic64_read(&region->owned),
		.copies = atomic64_read(&region->copies),
		.untouched = atomic64_read(&region->untouched),
	};

	return nla_put_string(skb, SSI_MEM_A_NODE, region->node->name) ?:
	       nla_put_string(skb, SSI_MEM_A_REGION, region->name) ?:
	       nla_put_u32(skb, SSI_MEM_A_REGION_ID, region->id) ?:
	       put_u64(skb, SSI_MEM_A_SIZE, (u64)region->pages << PAGE_SHIFT) ?:
	       put_u64(skb, SSI_MEM_A_MEMBERS, region->members.mask) ?:
	       nla_put_u32(skb, SSI_MEM_A_AUTHORITY, region->authority) ?:
	       nla_put_u32(skb, SSI_MEM_A_HOMED, ssi_region_homed(region)) ?:
	       nla_put_u32(skb, SSI_MEM_A_ATTACHED,
			   READ_ONCE(region->attached)) ?:
	       put_counts(skb, &counts);
}

int ssi_mem_nl_region_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_region *region;
	struct ssi_node *node;
	struct sk_buff *reply;
	void *head;
	int ret;

	if (lacks(info, SSI_MEM_A_REGION, "name of the region"))
		return -EINVAL;
	node = info_node(info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	region = ssi_region_by_name(node,
				    nla_data(info->attrs[SSI_MEM_A_REGION]));
	ssi_node_put(node);
	if (!region) {
		NL_SET_ERR_MSG(info->extack, "no region of that name");
		return -ENOENT;
	}
	reply = reply_begin(info, SSI_MEM_CMD_REGION_GET, &head);
	ret = reply ? put_region(reply, region) : -ENOMEM;
	ssi_region_put(region);
	return reply ? reply_end(reply, head, info, ret) : ret;
}

int ssi_mem_nl_region_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb)
{
	struct ssi_node *node = dump_node(cb);
	unsigned long id = cb->args[0];
	struct ssi_region *region;
	int ret = 0;

	if (IS_ERR(node))
		return PTR_ERR(node);
	rcu_read_lock();
	xa_for_each_start(&node->regions, id, region, cb->args[0]) {
		ret = dump_one(skb, cb, SSI_MEM_CMD_REGION_GET, put_region,
			       region);
		if (ret)
			break;
		cb->args[0] = id + 1;
	}
	rcu_read_unlock();
	ssi_node_put(node);
	return ret == -EMSGSIZE && skb->len ? skb->len : ret ?: skb->len;
}

/* ---- events ---- */

/**
 * ssi_netlink_event() - tell who listens in the node's network namespace
 * @node:    the local node
 * @event:   what happened
 * @id:	     of the node or peer that it concerns
 * @channel: of LINK_*
 * @region:  name, or NULL
 * @page:    of STALL and PINNED
 *
 * Context: process, may sleep. Without listeners or memory nothing is sent:
 * all that events tell can be read as well.
 */
void ssi_netlink_event(struct ssi_node *node, enum ssi_mem_event_type event,
		       u32 id, enum ssi_mem_channel channel, const char *region,
		       u64 page)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_NOIO);
	void *head;
	int ret;

	if (!skb)
		return;
	head = genlmsg_put(skb, 0, 0, &family, 0, SSI_MEM_CMD_EVENT);
	ret = !head ||
	      nla_put_u32(skb, SSI_MEM_A_EVENT, event) ||
	      nla_put_string(skb, SSI_MEM_A_NODE, node->name) ||
	      nla_put_u32(skb, SSI_MEM_A_ID, node->id) ||
	      nla_put_u32(skb, SSI_MEM_A_PEER, id) ||
	      nla_put_u32(skb, SSI_MEM_A_CHANNEL, channel) ||
	      (region && nla_put_string(skb, SSI_MEM_A_REGION, region)) ||
	      put_u64(skb, SSI_MEM_A_PAGE, page);
	if (ret) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, head);
	genlmsg_multicast_netns(&family, node->net, skb, 0,
				SSI_MEM_NLGRP_EVENTS, GFP_NOIO);
}

int ssi_netlink_setup(void)
{
	return genl_register_family(&family);
}

void ssi_netlink_cleanup(void)
{
	genl_unregister_family(&family);
}
