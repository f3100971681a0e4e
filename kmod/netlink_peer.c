// SPDX-License-Identifier: GPL-2.0-only
#include <linux/net.h>
#include <net/sock.h>
#include "leave.h"
#include "netlink-gen.h"
#include "netlink_util.h"
#include "node.h"

/* ---- links ---- */

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
		return ssi_nl_refused(info, ret, &why);
	if (!net_eq(sock_net(sock->sk), node->net)) {
		NL_SET_ERR_MSG(info->extack,
			       "the socket is of another network namespace");
		return -EXDEV;
	}
	if (id == node->id) {
		NL_SET_ERR_MSG(info->extack, "that is this node's own id");
		return -EINVAL;
	}
	ret = ssi_roster_check(node, id, &why);
	if (ret)
		return ssi_nl_refused(info, ret, &why);
	ret = ssi_manage_attach(node, id,
				nla_data(info->attrs[SSI_MEM_A_INCARNATION]),
				&peer, &why);
	if (ret)
		return ssi_nl_refused(info, ret, &why);
	ret = ssi_link_attach_tcp(&peer->link, channel, sock, tls);
	ssi_peer_put(peer);
	if (ret == -EBUSY)
		NL_SET_ERR_MSG(info->extack,
			       "the socket is in use by another kernel user");
	return ret;
}

int ssi_mem_nl_link_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_node *node;
	struct socket *sock;
	int ret;

	if (ssi_nl_lacks(info, SSI_MEM_A_PEER, "id of the peer") ||
	    ssi_nl_lacks(info, SSI_MEM_A_CHANNEL, "channel") ||
	    ssi_nl_lacks(info, SSI_MEM_A_FD, "descriptor of the socket") ||
	    ssi_nl_lacks(info, SSI_MEM_A_INCARNATION, "peer's incarnation"))
		return -EINVAL;
	node = ssi_nl_node(info);
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

/* ---- peers ---- */

static int put_peer(struct sk_buff *skb, void *object)
{
	struct ssi_peer *peer = object;
	const struct ssi_chan *ctl = &peer->link.chans[SSI_MEM_CHANNEL_CTL];
	const struct ssi_chan *data = &peer->link.chans[SSI_MEM_CHANNEL_DATA];

	return nla_put_string(skb, SSI_MEM_A_NODE, peer->node->name) ?:
	       nla_put_u32(skb, SSI_MEM_A_PEER, peer->id) ?:
	       nla_put(skb, SSI_MEM_A_INCARNATION, sizeof(peer->incarnation),
		       peer->incarnation) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_SHARE,
			      peer->share << PAGE_SHIFT) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_RESERVE,
			      peer->reserve << PAGE_SHIFT) ?:
	       nla_put_u32(skb, SSI_MEM_A_STATE, READ_ONCE(ctl->state)) ?:
	       nla_put_u32(skb, SSI_MEM_A_STATE_DATA, READ_ONCE(data->state)) ?:
	       (READ_ONCE(ctl->tls) ? nla_put_flag(skb, SSI_MEM_A_TLS) : 0) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_SOCKETS,
			      ctl->sockets + data->sockets) ?:
	       nla_put_u32(skb, SSI_MEM_A_UNACKED,
			   ctl->unacked + data->unacked) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_SENT_BYTES,
			      READ_ONCE(ctl->sent_bytes) +
			      READ_ONCE(data->sent_bytes)) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_RECEIVED_BYTES,
			      READ_ONCE(ctl->received_bytes) +
			      READ_ONCE(data->received_bytes));
}

int ssi_mem_nl_peer_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_node *node;
	struct ssi_peer *peer;
	int ret;

	if (ssi_nl_lacks(info, SSI_MEM_A_PEER, "id of the peer"))
		return -EINVAL;
	node = ssi_nl_node(info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	peer = ssi_peer_get(node, nla_get_u32(info->attrs[SSI_MEM_A_PEER]));
	ssi_node_put(node);
	if (!peer) {
		NL_SET_ERR_MSG(info->extack, "no peer of that id");
		return -ENOENT;
	}
	ret = ssi_nl_reply(info, SSI_MEM_CMD_PEER_GET, put_peer, peer);
	ssi_peer_put(peer);
	return ret;
}

int ssi_mem_nl_peer_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ssi_node *node = ssi_nl_dump_node(cb);
	struct ssi_peer *peer;
	int ret = 0;

	if (IS_ERR(node))
		return PTR_ERR(node);
	for (; cb->args[0] < SSI_NODES_MAX && !ret; cb->args[0]++) {
		peer = cb->args[0] == node->id ? NULL :
			ssi_peer_get(node, cb->args[0]);
		if (peer)
			ret = ssi_nl_dump_one(skb, cb, SSI_MEM_CMD_PEER_GET,
					      put_peer, peer);
		ssi_peer_put(peer);
		if (ret)
			break;
	}
	ssi_node_put(node);
	return ssi_nl_dump_end(skb, ret);
}

int ssi_mem_nl_peer_forget_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_refusal why = {};
	struct ssi_node *node;
	struct sk_buff *reply;
	void *head;
	u64 lost;
	int ret;

	if (ssi_nl_lacks(info, SSI_MEM_A_PEER, "id of the peer"))
		return -EINVAL;
	if (!nla_get_flag(info->attrs[SSI_MEM_A_FORCE])) {
		NL_SET_ERR_MSG(info->extack,
			       "what the node owns alone will be lost: say so with force");
		return -EPERM;
	}
	reply = ssi_nl_reply_begin(info, SSI_MEM_CMD_PEER_FORGET, &head);
	if (!reply)
		return -ENOMEM;
	node = ssi_nl_node(info);
	if (IS_ERR(node))
		return ssi_nl_reply_end(reply, head, info, PTR_ERR(node));
	ret = ssi_leave_forget(node, nla_get_u32(info->attrs[SSI_MEM_A_PEER]),
			       ssi_nl_timeout(info), &lost, &why);
	ssi_node_put(node);
	ret = ret ? ssi_nl_refused(info, ret, &why) :
		    ssi_nl_put_u64(reply, SSI_MEM_A_LOST, lost);
	return ssi_nl_reply_end(reply, head, info, ret);
}
