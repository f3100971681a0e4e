// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ctype.h>
#include <linux/module.h>
#include <net/sock.h>
#include "netlink-gen.h"
#include "netlink.h"
#include "netlink_util.h"
#include "node.h"
#include "version.h"

#define TIMEOUT_MS_DEFAULT 10000

/*
 * The version changes only with what a request means, so one of another version
 * can only be misunderstood. ssictl sees to it as well; who does not is told.
 */
static int check_version(const struct genlmsghdr *hdr,
			 struct netlink_ext_ack *extack)
{
	if (hdr->version == SSI_MEM_FAMILY_VERSION)
		return 0;
	NL_SET_ERR_MSG_FMT(extack,
			   "this module speaks version %u of the netlink family, the request version %u",
			   SSI_MEM_FAMILY_VERSION, hdr->version);
	return -EPROTONOSUPPORT;
}

static int pre_doit(const struct genl_split_ops *ops, struct sk_buff *skb,
		    struct genl_info *info)
{
	return check_version(info->genlhdr, info->extack);
}

static const struct genl_multicast_group groups[] = {
	[SSI_MEM_NLGRP_EVENTS] = { .name = SSI_MEM_MCGRP_EVENTS,
				   .flags = GENL_MCAST_CAP_NET_ADMIN },
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
	.pre_doit = pre_doit,
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
	.resv_start_op = SSI_MEM_CMD_VERSION_GET,
};

/* ---- reading requests ---- */

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

/**
 * ssi_nl_node() - the node that a request names, or the only one
 * @info: the request
 *
 * Return: a reference, or -ENODEV or -ENOTUNIQ with a text in the extack.
 */
struct ssi_node *ssi_nl_node(struct genl_info *info)
{
	return find_node(genl_info_net(info), info->attrs[SSI_MEM_A_NODE],
			 info->extack);
}

/**
 * ssi_nl_timeout() - how long a request may take
 * @info: the request
 *
 * Return: jiffies.
 */
unsigned long ssi_nl_timeout(struct genl_info *info)
{
	struct nlattr *attr = info->attrs[SSI_MEM_A_TIMEOUT_MS];
	u32 ms = attr ? nla_get_u32(attr) : TIMEOUT_MS_DEFAULT;

	return msecs_to_jiffies(min_t(u32, ms, SSI_MEM_TIMEOUT_MS_MAX));
}

/**
 * ssi_nl_lacks() - refuse a request without a needed attribute
 * @info: the request
 * @attr: what it needs
 * @text: the same for people
 *
 * Return: 0 if @attr is there, else -EINVAL.
 */
int ssi_nl_lacks(struct genl_info *info, int attr, const char *text)
{
	if (info->attrs[attr])
		return 0;
	NL_SET_ERR_MSG_FMT(info->extack, "the %s is missing", text);
	return -EINVAL;
}

/**
 * ssi_nl_refused() - pass on why a request failed
 * @info:  the request
 * @error: 0 or negative errno
 * @why:   told when @error is not 0
 *
 * Return: @error.
 */
int ssi_nl_refused(struct genl_info *info, int error,
		   const struct ssi_refusal *why)
{
	if (error)
		NL_SET_ERR_MSG_FMT(info->extack, "%s", why->text);
	return error;
}

/* ---- answering them ---- */

/**
 * ssi_nl_reply_begin() - begin the answer to a request
 * @info: the request
 * @cmd:  of the answer
 * @head: for ssi_nl_reply_end()
 *
 * Whoever changes something calls it before: what was done must not be told as
 * what failed for lack of memory.
 *
 * Return: the message, or NULL without memory.
 */
struct sk_buff *ssi_nl_reply_begin(struct genl_info *info, u8 cmd, void **head)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);

	if (!skb)
		return NULL;
	*head = genlmsg_put_reply(skb, info, &family, 0, cmd);
	return skb;
}

/**
 * ssi_nl_reply_end() - send the answer
 * @skb:   the message, consumed
 * @head:  from ssi_nl_reply_begin()
 * @info:  the request
 * @error: of what filled the message: it is dropped
 *
 * Return: 0 or a negative errno.
 */
int ssi_nl_reply_end(struct sk_buff *skb, void *head, struct genl_info *info,
		     int error)
{
	if (error) {
		nlmsg_free(skb);
		return error;
	}
	genlmsg_end(skb, head);
	return genlmsg_reply(skb, info);
}

/**
 * ssi_nl_reply() - answer with an object
 * @info:   the request
 * @cmd:    of the answer
 * @put:    writes @object
 * @object: what is told
 *
 * Return: 0 or a negative errno.
 */
int ssi_nl_reply(struct genl_info *info, u8 cmd, ssi_nl_put *put, void *object)
{
	struct sk_buff *reply;
	void *head;

	reply = ssi_nl_reply_begin(info, cmd, &head);
	if (!reply)
		return -ENOMEM;
	return ssi_nl_reply_end(reply, head, info, put(reply, object));
}

/* ---- dumps ---- */

/**
 * ssi_nl_dump_check() - refuse a dump that this module can not understand
 * @cb: the dump
 *
 * Other requests are checked before their handlers run.
 *
 * Return: 0, or -EPROTONOSUPPORT with a text in the extack.
 */
int ssi_nl_dump_check(struct netlink_callback *cb)
{
	return check_version(nlmsg_data(cb->nlh), cb->extack);
}

/**
 * ssi_nl_dump_node() - the node that a dump's request names, or the only one
 * @cb: the dump
 *
 * Return: as ssi_nl_node(), or an error of ssi_nl_dump_check().
 */
struct ssi_node *ssi_nl_dump_node(struct netlink_callback *cb)
{
	int ret = ssi_nl_dump_check(cb);

	if (ret)
		return ERR_PTR(ret);
	return find_node(sock_net(cb->skb->sk),
			 ssi_compat_dump_attrs(cb)[SSI_MEM_A_NODE], cb->extack);
}

/**
 * ssi_nl_dump_one() - add one message to a dump
 * @skb:    the dump's buffer
 * @cb:	    the dump
 * @cmd:    of the message
 * @put:    writes @object
 * @object: what is told
 *
 * Return: 0, or a negative errno, -EMSGSIZE when @skb is full.
 */
int ssi_nl_dump_one(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
		    ssi_nl_put *put, void *object)
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

/**
 * ssi_nl_dump_end() - what a dump's handler returns
 * @skb: the dump's buffer
 * @ret: 0, or what ended the handler's loop
 *
 * Return: for a full buffer its length: it is sent and the handler is called
 * again, to go on from where cb->args say.
 */
int ssi_nl_dump_end(struct sk_buff *skb, int ret)
{
	return ret == -EMSGSIZE && skb->len ? skb->len : ret ?: skb->len;
}

/* ---- attributes ---- */

/**
 * ssi_nl_put_u64() - add a number
 * @skb:   the message
 * @attr:  SSI_MEM_A_*
 * @value: the number
 *
 * Return: 0 or -EMSGSIZE.
 */
int ssi_nl_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, SSI_MEM_A_PAD);
}

/**
 * ssi_nl_put_counts() - add the numbers of pages in each state
 * @skb:    the message
 * @counts: the numbers
 *
 * Return: 0 or -EMSGSIZE.
 */
int ssi_nl_put_counts(struct sk_buff *skb, const struct ssi_nl_counts *counts)
{
	return ssi_nl_put_u64(skb, SSI_MEM_A_OWNED, counts->owned) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_COPIES, counts->copies) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_UNTOUCHED, counts->untouched);
}

/* ---- version ---- */

static int put_version(struct sk_buff *skb, void *object)
{
	return nla_put_string(skb, SSI_MEM_A_MODULE_VERSION, SSI_VERSION) ?:
	       nla_put_u32(skb, SSI_MEM_A_PROTOCOL, SSI_WIRE_PROTOCOL);
}

int ssi_mem_nl_version_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *protocol = info->attrs[SSI_MEM_A_PROTOCOL];

	if (protocol && nla_get_u32(protocol) != SSI_WIRE_PROTOCOL) {
		NL_SET_ERR_MSG_FMT(info->extack,
				   "this module speaks protocol %u",
				   SSI_WIRE_PROTOCOL);
		return -ENOPROTOOPT;
	}
	return ssi_nl_reply(info, SSI_MEM_CMD_VERSION_GET, put_version, NULL);
}

/* ---- events ---- */

static struct sk_buff *event_msg(const struct ssi_node *node,
				 enum ssi_mem_event_type event, u32 id,
				 enum ssi_mem_channel channel,
				 const char *region, u64 page)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_NOIO);
	void *head;

	if (!skb)
		return NULL;
	head = genlmsg_put(skb, 0, 0, &family, 0, SSI_MEM_CMD_EVENT);
	if (!head ||
	    nla_put_u32(skb, SSI_MEM_A_EVENT, event) ||
	    nla_put_string(skb, SSI_MEM_A_NODE, node->name) ||
	    nla_put_u32(skb, SSI_MEM_A_ID, node->id) ||
	    nla_put_u32(skb, SSI_MEM_A_PEER, id) ||
	    nla_put_u32(skb, SSI_MEM_A_CHANNEL, channel) ||
	    (region && nla_put_string(skb, SSI_MEM_A_REGION, region)) ||
	    ssi_nl_put_u64(skb, SSI_MEM_A_PAGE, page)) {
		nlmsg_free(skb);
		return NULL;
	}
	genlmsg_end(skb, head);
	return skb;
}

/**
 * ssi_netlink_event() - tell who listens in the node's network namespace
 * @node:    the local node
 * @event:   what happened
 * @id:	     of the node or peer that it concerns
 * @channel: of LINK_*
 * @region:  name, or NULL
 * @page:    of STALL and PINNED
 *
 * All that events tell can be read as well: without memory those who listen are
 * told that they have missed something (ENOBUFS).
 *
 * Context: process, may sleep.
 */
void ssi_netlink_event(struct ssi_node *node, enum ssi_mem_event_type event,
		       u32 id, enum ssi_mem_channel channel, const char *region,
		       u64 page)
{
	struct sk_buff *skb = event_msg(node, event, id, channel, region, page);

	if (skb)
		genlmsg_multicast_netns(&family, node->net, skb, 0,
					SSI_MEM_NLGRP_EVENTS, GFP_NOIO);
	else
		genl_set_err(&family, node->net, 0, SSI_MEM_NLGRP_EVENTS,
			     -ENOBUFS);
}

int ssi_netlink_setup(void)
{
	return genl_register_family(&family);
}

void ssi_netlink_cleanup(void)
{
	genl_unregister_family(&family);
}
