/* SPDX-License-Identifier: GPL-2.0-only */
/* What the handlers of netlink_*.c share: reading requests, answering them. */
#ifndef SSI_NETLINK_UTIL_H
#define SSI_NETLINK_UTIL_H

#include <net/genetlink.h>
#include <linux/ssi_mem.h>

struct ssi_node;
struct ssi_refusal;

/**
 * typedef ssi_nl_put - writes one object's attributes into a message
 * @skb:    the message
 * @object: what the caller of ssi_nl_reply() or ssi_nl_dump_one() passed on
 *
 * Return: 0, or a negative errno, -EMSGSIZE for a full message.
 */
typedef int ssi_nl_put(struct sk_buff *skb, void *object);

/**
 * struct ssi_nl_counts - pages in each state, of a region or a node
 * @owned:     with content, owned here
 * @copies:    read copies
 * @untouched: granted and never touched
 */
struct ssi_nl_counts {
	u64 owned;
	u64 copies;
	u64 untouched;
};

struct ssi_node *ssi_nl_node(struct genl_info *info);
unsigned long ssi_nl_timeout(struct genl_info *info);
int ssi_nl_lacks(struct genl_info *info, int attr, const char *text);
int ssi_nl_refused(struct genl_info *info, int error,
		   const struct ssi_refusal *why);

struct sk_buff *ssi_nl_reply_begin(struct genl_info *info, u8 cmd, void **head);
int ssi_nl_reply_end(struct sk_buff *skb, void *head, struct genl_info *info,
		     int error);
int ssi_nl_reply(struct genl_info *info, u8 cmd, ssi_nl_put *put, void *object);

int ssi_nl_dump_check(struct netlink_callback *cb);
struct ssi_node *ssi_nl_dump_node(struct netlink_callback *cb);
int ssi_nl_dump_one(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
		    ssi_nl_put *put, void *object);
int ssi_nl_dump_end(struct sk_buff *skb, int ret);

int ssi_nl_put_u64(struct sk_buff *skb, int attr, u64 value);
int ssi_nl_put_counts(struct sk_buff *skb, const struct ssi_nl_counts *counts);

#endif /* SSI_NETLINK_UTIL_H */
