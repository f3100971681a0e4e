// SPDX-License-Identifier: GPL-2.0-only
#include "netlink-gen.h"
#include "netlink_util.h"
#include "node.h"
#include "region.h"

static int put_created(struct sk_buff *skb, struct ssi_node *node,
		       const char *name)
{
	struct ssi_region *region = ssi_region_by_name(node, name);
	int ret;

	/* Deleted by now. */
	if (!region)
		return -ENOENT;
	ret = nla_put_u32(skb, SSI_MEM_A_REGION_ID, region->id) ?:
	      ssi_nl_put_u64(skb, SSI_MEM_A_MEMBERS, ssi_region_members(region));
	ssi_region_put(region);
	return ret;
}

static u32 get_u32(const struct genl_info *info, int attr, u32 otherwise)
{
	return info->attrs[attr] ? nla_get_u32(info->attrs[attr]) : otherwise;
}

static int read_config(struct genl_info *info, struct ssi_region_config *config)
{
	if (ssi_nl_lacks(info, SSI_MEM_A_REGION, "name of the region") ||
	    ssi_nl_lacks(info, SSI_MEM_A_SIZE, "size"))
		return -EINVAL;
	config->name = nla_data(info->attrs[SSI_MEM_A_REGION]);
	config->size = nla_get_u64(info->attrs[SSI_MEM_A_SIZE]);
	config->uid = get_u32(info, SSI_MEM_A_UID, 0);
	config->gid = get_u32(info, SSI_MEM_A_GID, 0);
	config->mode = get_u32(info, SSI_MEM_A_MODE, SSI_REGION_MODE);
	return 0;
}

static int check_config(struct genl_info *info,
			const struct ssi_region_config *config)
{
	if (!ssi_wire_name_check(config->name) || !config->size ||
	    config->size & ~PAGE_MASK ||
	    config->size >> PAGE_SHIFT > SSI_REGION_PAGES_MAX) {
		NL_SET_ERR_MSG(info->extack,
			       "a name has letters, digits, - _ . and a size whole pages");
		return -EINVAL;
	}
	if (!uid_valid(KUIDT_INIT(config->uid)) ||
	    !gid_valid(KGIDT_INIT(config->gid))) {
		NL_SET_ERR_MSG(info->extack,
			       "4294967295 is no user and no group");
		return -EINVAL;
	}
	return 0;
}

int ssi_mem_nl_region_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_region_config config;
	struct ssi_refusal why = {};
	struct ssi_node *node;
	struct sk_buff *reply;
	void *head;
	int ret;

	ret = read_config(info, &config) ?: check_config(info, &config);
	if (ret)
		return ret;
	reply = ssi_nl_reply_begin(info, SSI_MEM_CMD_REGION_NEW, &head);
	if (!reply)
		return -ENOMEM;
	node = ssi_nl_node(info);
	if (IS_ERR(node))
		return ssi_nl_reply_end(reply, head, info, PTR_ERR(node));
	ret = ssi_manage_create(node, &config, ssi_nl_timeout(info), &why);
	ret = ret ? ssi_nl_refused(info, ret, &why) :
		    put_created(reply, node, config.name);
	ssi_node_put(node);
	return ssi_nl_reply_end(reply, head, info, ret);
}

int ssi_mem_nl_region_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_refusal why = {};
	struct ssi_node *node;
	int ret;

	if (ssi_nl_lacks(info, SSI_MEM_A_REGION, "name of the region"))
		return -EINVAL;
	node = ssi_nl_node(info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	ret = ssi_manage_delete(node, nla_data(info->attrs[SSI_MEM_A_REGION]),
				ssi_nl_timeout(info), &why);
	ssi_node_put(node);
	return ssi_nl_refused(info, ret, &why);
}

int ssi_mem_nl_region_extend_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_refusal why = {};
	struct ssi_node *node;
	int ret;

	if (ssi_nl_lacks(info, SSI_MEM_A_REGION, "name of the region") ||
	    ssi_nl_lacks(info, SSI_MEM_A_PEER, "id of the peer"))
		return -EINVAL;
	node = ssi_nl_node(info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	ret = ssi_manage_extend(node, nla_data(info->attrs[SSI_MEM_A_REGION]),
				nla_get_u32(info->attrs[SSI_MEM_A_PEER]),
				ssi_nl_timeout(info), &why);
	ssi_node_put(node);
	return ssi_nl_refused(info, ret, &why);
}

/* The region that a request names, referenced, or ERR_PTR(). */
static struct ssi_region *named_region(struct genl_info *info)
{
	struct ssi_region *region;
	struct ssi_node *node;

	if (ssi_nl_lacks(info, SSI_MEM_A_REGION, "name of the region"))
		return ERR_PTR(-EINVAL);
	node = ssi_nl_node(info);
	if (IS_ERR(node))
		return ERR_CAST(node);
	region = ssi_region_by_name(node,
				    nla_data(info->attrs[SSI_MEM_A_REGION]));
	ssi_node_put(node);
	if (region)
		return region;
	NL_SET_ERR_MSG(info->extack, "no region of that name");
	return ERR_PTR(-ENOENT);
}

int ssi_mem_nl_region_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_region *region;

	if (ssi_nl_lacks(info, SSI_MEM_A_PREFETCH, "number of pages to prefetch"))
		return -EINVAL;
	region = named_region(info);
	if (IS_ERR(region))
		return PTR_ERR(region);
	ssi_prefetch_set(&region->prefetch,
			 nla_get_u32(info->attrs[SSI_MEM_A_PREFETCH]));
	ssi_region_put(region);
	return 0;
}

static bool is_page_of(const struct ssi_msg *msg, const void *arg)
{
	const struct ssi_region *region = arg;

	return msg->folio && le32_to_cpu(msg->hdr.region) == region->id &&
	       le32_to_cpu(msg->hdr.generation) == region->generation;
}

/* Pages of a region that were handed over and not yet acknowledged. */
static u64 count_transit(struct ssi_region *region)
{
	struct ssi_peer *peer;
	unsigned int id, chan;
	u64 transit = 0;

	for (id = 0; id < SSI_NODES_MAX; id++) {
		peer = ssi_peer_get(region->node, id);
		for (chan = 0; peer && chan < SSI_CHANNELS; chan++)
			transit += ssi_link_count(&peer->link, chan, is_page_of,
						  region);
		ssi_peer_put(peer);
	}
	return transit;
}

static int put_homes(struct sk_buff *skb, struct ssi_region *region)
{
	u32 homes[SSI_NODES_MAX] = {};
	unsigned int used = SSI_NODES_MAX;

	ssi_region_count_homes(region, homes);
	while (used && !homes[used - 1])
		used--;
	return nla_put_u32(skb, SSI_MEM_A_HOMED, homes[region->node->id]) ?:
	       nla_put(skb, SSI_MEM_A_HOMES, used * sizeof(*homes), homes);
}

static int put_prefetch(struct sk_buff *skb, struct ssi_prefetch *prefetch)
{
	return nla_put_u32(skb, SSI_MEM_A_PREFETCH,
			   READ_ONCE(prefetch->most)) ?:
	       nla_put_u32(skb, SSI_MEM_A_PREFETCH_NOW,
			   min(READ_ONCE(prefetch->most),
			       READ_ONCE(prefetch->now))) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_PREFETCH_ASKED,
			      atomic64_read(&prefetch->asked)) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_PREFETCH_USED,
			      atomic64_read(&prefetch->used)) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_PREFETCH_LATE,
			      atomic64_read(&prefetch->late)) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_PREFETCH_UNUSED,
			      atomic64_read(&prefetch->unused)) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_PREFETCH_REFUSED,
			      atomic64_read(&prefetch->refused));
}

static int put_region(struct sk_buff *skb, void *object)
{
	struct ssi_region *region = object;
	struct ssi_nl_counts counts = {
		.owned = atomic64_read(&region->owned),
		.copies = atomic64_read(&region->copies),
		.untouched = atomic64_read(&region->untouched),
	};

	return nla_put_string(skb, SSI_MEM_A_NODE, region->node->name) ?:
	       nla_put_string(skb, SSI_MEM_A_REGION, region->name) ?:
	       nla_put_u32(skb, SSI_MEM_A_REGION_ID, region->id) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_SIZE,
			      (u64)region->pages << PAGE_SHIFT) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_MEMBERS, ssi_region_members(region)) ?:
	       nla_put_u32(skb, SSI_MEM_A_UID, ssi_region_uid(region)) ?:
	       nla_put_u32(skb, SSI_MEM_A_GID, ssi_region_gid(region)) ?:
	       nla_put_u32(skb, SSI_MEM_A_MODE, ssi_region_mode(region)) ?:
	       nla_put_u32(skb, SSI_MEM_A_AUTHORITY,
			   ssi_region_authority(region)) ?:
	       put_homes(skb, region) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_TRANSIT, count_transit(region)) ?:
	       nla_put_u32(skb, SSI_MEM_A_ATTACHED,
			   READ_ONCE(region->attached)) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_CGROUP,
			      ssi_charge_cgroup(&region->node->share.charges,
						READ_ONCE(region->charge))) ?:
	       ssi_nl_put_counts(skb, &counts) ?:
	       nla_put_u32(skb, SSI_MEM_A_EPOCH, READ_ONCE(region->epoch)) ?:
	       (READ_ONCE(region->frozen) ?
			nla_put_flag(skb, SSI_MEM_A_FROZEN) : 0) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_LOST,
			      atomic64_read(&region->lost)) ?:
	       put_prefetch(skb, &region->prefetch);
}

int ssi_mem_nl_region_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ssi_region *region = named_region(info);
	int ret;

	if (IS_ERR(region))
		return PTR_ERR(region);
	ret = ssi_nl_reply(info, SSI_MEM_CMD_REGION_GET, put_region, region);
	ssi_region_put(region);
	return ret;
}

int ssi_mem_nl_region_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb)
{
	struct ssi_node *node = ssi_nl_dump_node(cb);
	unsigned long id = cb->args[0];
	struct ssi_region *region;
	int ret = 0;

	if (IS_ERR(node))
		return PTR_ERR(node);
	rcu_read_lock();
	xa_for_each_start(&node->regions, id, region, cb->args[0]) {
		ret = ssi_nl_dump_one(skb, cb, SSI_MEM_CMD_REGION_GET,
				      put_region, region);
		if (ret)
			break;
		cb->args[0] = id + 1;
	}
	rcu_read_unlock();
	ssi_node_put(node);
	return ssi_nl_dump_end(skb, ret);
}

