// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pages of a region as this node sees them. A message is about one chunk
 * at most, and so is every look at a directory: no lock is held for longer.
 * A page's word is read without its lock, as one word.
 */
#include "hot.h"
#include "netlink-gen.h"
#include "netlink_util.h"
#include "node.h"
#include "region.h"
#include "serve.h"

static_assert((int)SSI_INVALID == (int)SSI_MEM_PAGE_STATE_INVALID);
static_assert((int)SSI_POISONED == (int)SSI_MEM_PAGE_STATE_POISONED);
static_assert((int)SSI_UNTOUCHED == (int)SSI_MEM_PAGE_STATE_UNTOUCHED);
static_assert((int)SSI_SHARED == (int)SSI_MEM_PAGE_STATE_SHARED);
static_assert((int)SSI_OWNED == (int)SSI_MEM_PAGE_STATE_OWNED);
static_assert((int)SSI_SOLE == (int)SSI_MEM_PAGE_STATE_SOLE);
static_assert((int)SSI_STATE_MAX == (int)__SSI_MEM_PAGE_STATE_MAX);

#define FLAGS_MOVING (SSI_MEM_PAGE_FLAGS_PENDING | SSI_MEM_PAGE_FLAGS_BUSY | \
		      SSI_MEM_PAGE_FLAGS_LEAVING)

/**
 * struct view - a part of a chunk that a message tells of
 * @region: the region
 * @here:   this node is the home, and its members do not change: those who
 *	    change them wait while a directory is looked at
 * @home:   the directory, if @here and there is one
 * @first:  page index
 * @end:    behind the last page, within the chunk
 */
struct view {
	struct ssi_region *region;
	bool here;
	struct ssi_home *home;
	u32 first;
	u32 end;
};

/**
 * struct look - what there is to see of a page
 * @state:   on this node
 * @flags:   SSI_MEM_PAGE_FLAGS_*
 * @owned:   the directory has an owner
 * @owner:   its slot
 * @sharers: slots, as in the directory
 */
struct look {
	u8 state;
	u8 flags;
	u8 owned;
	u8 owner;
	u32 sharers;
};

/* ---- looking ---- */

static struct view view_of(struct ssi_region *region, u32 first, u32 end)
{
	struct view view = { .region = region, .first = first };

	view.end = min(end, round_down(first, SSI_CHUNK_PAGES) +
			    SSI_CHUNK_PAGES);
	if (!ssi_region_run_begin(region))
		return view;
	view.here = ssi_region_home_id(region, first) == region->node->id;
	if (view.here)
		view.home = ssi_region_home(region, first, 0);
	else
		ssi_region_run_end(region);
	return view;
}

static void end_view(const struct view *view)
{
	if (view->here)
		ssi_region_run_end(view->region);
}

static u8 flags_of(const struct ssi_page *page)
{
	u8 flags = 0;

	if (ssi_page_is(page, SSI_PAGE_PENDING))
		flags |= SSI_MEM_PAGE_FLAGS_PENDING;
	if (ssi_page_is(page, SSI_PAGE_BUSY))
		flags |= SSI_MEM_PAGE_FLAGS_BUSY;
	if (ssi_page_is(page, SSI_PAGE_RECENT))
		flags |= SSI_MEM_PAGE_FLAGS_RECENT;
	if (ssi_page_is(page, SSI_PAGE_LEAVING))
		flags |= SSI_MEM_PAGE_FLAGS_LEAVING;
	return flags;
}

static void look_at_dir(const struct view *view, u32 index, struct look *look)
{
	const struct ssi_dir *dir = &view->home->dir[index % SSI_CHUNK_PAGES];

	lockdep_assert_held(&view->home->lock);
	look->owned = ssi_dir_is_owned(dir);
	look->owner = look->owned ? dir->owner : 0;
	look->sharers = dir->sharers;
	if (ssi_home_is_busy(view->home, index))
		look->flags |= SSI_MEM_PAGE_FLAGS_TRANSACTION;
	if (ssi_dir_is_lost(dir))
		look->flags |= SSI_MEM_PAGE_FLAGS_LOST;
}

static struct look look_at(const struct view *view, u32 index)
{
	struct look look = {};
	struct ssi_page page;
	unsigned long word;

	if (ssi_region_page(view->region, index, 0, &page)) {
		/* All that is told of it was true at one time. */
		word = READ_ONCE(*page.entry);
		page.entry = &word;
		look.state = ssi_page_state(&page);
		look.flags = flags_of(&page);
	}
	if (view->home)
		look_at_dir(view, index, &look);
	return look;
}

/* ---- runs of equal pages ---- */

static bool is_same(const struct look *a, const struct look *b)
{
	return a->state == b->state && a->flags == b->flags &&
	       a->owned == b->owned && a->owner == b->owner &&
	       a->sharers == b->sharers;
}

/* Cut the view down to the pages that are as its first one is. */
static struct look cut_run(struct view *view)
{
	struct look first = look_at(view, view->first), other;
	u32 i;

	for (i = view->first + 1; i < view->end; i++) {
		other = look_at(view, i);
		if (!is_same(&first, &other))
			break;
	}
	view->end = i;
	return first;
}

static struct look look_at_run(struct view *view)
{
	struct look look;

	if (!view->home)
		return cut_run(view);
	spin_lock_bh(&view->home->lock);
	look = cut_run(view);
	spin_unlock_bh(&view->home->lock);
	return look;
}

static u64 ids_of(struct ssi_region *region, u32 slots)
{
	unsigned int slot;
	u64 ids = 0;

	for (slot = 0; slot < SSI_SLOTS_MAX; slot++) {
		if (slots >> slot & 1)
			ids |= BIT_ULL(ssi_region_id(region, slot));
	}
	return ids;
}

static int put_place(struct sk_buff *skb, const struct view *view)
{
	return ssi_nl_put_u64(skb, SSI_MEM_A_PAGE, view->first) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_PAGES, view->end - view->first) ?:
	       nla_put_u32(skb, SSI_MEM_A_HOME,
			   ssi_region_home_id(view->region, view->first));
}

static int put_owner(struct sk_buff *skb, struct ssi_region *region,
		     const struct look *look)
{
	if (look->owned)
		return nla_put_u32(skb, SSI_MEM_A_OWNER,
				   ssi_region_id(region, look->owner));
	if (ssi_state_owns(look->state))
		return nla_put_u32(skb, SSI_MEM_A_OWNER, region->node->id);
	return 0;
}

static int put_run(struct sk_buff *skb, void *object)
{
	struct view *view = object;
	struct look look = look_at_run(view);

	return put_place(skb, view) ?:
	       nla_put_u32(skb, SSI_MEM_A_PAGE_STATE, look.state) ?:
	       nla_put_u32(skb, SSI_MEM_A_PAGE_FLAGS, look.flags) ?:
	       put_owner(skb, view->region, &look) ?:
	       (view->here ? ssi_nl_put_u64(skb, SSI_MEM_A_SHARERS,
					    ids_of(view->region,
						   look.sharers)) : 0);
}

/* ---- chunks ---- */

/* How many pages there are of what. */
struct chunk_counts {
	u32 states[SSI_STATE_MAX];
	u32 moving;
	u32 granted;
	u32 transactions;
};

static struct chunk_counts count_pages(const struct view *view)
{
	struct chunk_counts counts = {};
	struct look look;
	u32 i;

	for (i = view->first; i < view->end; i++) {
		look = look_at(view, i);
		counts.states[look.state]++;
		counts.moving += !!(look.flags & FLAGS_MOVING);
		counts.granted += look.owned;
		counts.transactions += !!(look.flags &
					  SSI_MEM_PAGE_FLAGS_TRANSACTION);
	}
	return counts;
}

static struct chunk_counts count_chunk(const struct view *view)
{
	struct chunk_counts counts;

	if (!view->home)
		return count_pages(view);
	spin_lock_bh(&view->home->lock);
	counts = count_pages(view);
	spin_unlock_bh(&view->home->lock);
	return counts;
}

static int put_chunk(struct sk_buff *skb, void *object)
{
	struct view *view = object;
	struct chunk_counts counts;
	int ret;

	view->first = round_down(view->first, SSI_CHUNK_PAGES);
	view->end = min(view->first + SSI_CHUNK_PAGES, view->region->pages);
	counts = count_chunk(view);
	ret = put_place(skb, view) ?:
	      nla_put(skb, SSI_MEM_A_PAGE_STATES, sizeof(counts.states),
		      counts.states) ?:
	      nla_put_u32(skb, SSI_MEM_A_MOVING, counts.moving) ?:
	      ssi_nl_put_u64(skb, SSI_MEM_A_FAULTS,
			     ssi_region_faults(view->region, view->first));
	if (ret || !view->here)
		return ret;
	return nla_put_u32(skb, SSI_MEM_A_GRANTED, counts.granted) ?:
	       nla_put_u32(skb, SSI_MEM_A_TRANSACTIONS, counts.transactions);
}

/* ---- dumps ---- */

/* cb->args of these dumps. */
enum {
	ARG_NEXT,   /* page index to go on from */
	ARG_END,    /* behind the last page */
	ARG_REGION, /* which region it began with, 0 at the begin */
};

static long region_key(const struct ssi_region *region)
{
	return (u64)region->generation << 32 | region->id;
}

/* What the request asks for, at the begin of the dump. */
static int begin_dump(struct netlink_callback *cb, struct ssi_region *region)
{
	struct nlattr **attrs = ssi_compat_dump_attrs(cb);
	u64 first = attrs[SSI_MEM_A_PAGE] ?
		nla_get_u64(attrs[SSI_MEM_A_PAGE]) : 0;
	u64 left = first < region->pages ? region->pages - first : 0;
	u64 pages = attrs[SSI_MEM_A_PAGES] ?
		nla_get_u64(attrs[SSI_MEM_A_PAGES]) : left;

	if (!left || !pages || pages > left) {
		NL_SET_ERR_MSG_FMT(cb->extack,
				   "the region has the pages 0 to %u",
				   region->pages - 1);
		return -ERANGE;
	}
	cb->args[ARG_NEXT] = first;
	cb->args[ARG_END] = first + pages;
	cb->args[ARG_REGION] = region_key(region);
	return 0;
}

static struct ssi_region *find_region(struct netlink_callback *cb)
{
	struct nlattr *name = ssi_compat_dump_attrs(cb)[SSI_MEM_A_REGION];
	struct ssi_region *region;
	struct ssi_node *node;

	if (!name) {
		NL_SET_ERR_MSG(cb->extack, "the name of the region is missing");
		return ERR_PTR(-EINVAL);
	}
	node = ssi_nl_dump_node(cb);
	if (IS_ERR(node))
		return ERR_CAST(node);
	region = ssi_region_by_name(node, nla_data(name));
	ssi_node_put(node);
	if (region)
		return region;
	NL_SET_ERR_MSG(cb->extack, "no region of that name");
	return ERR_PTR(-ENOENT);
}

static int continue_dump(struct netlink_callback *cb, struct ssi_region *region)
{
	if (!cb->args[ARG_REGION])
		return begin_dump(cb, region);
	if (cb->args[ARG_REGION] == region_key(region))
		return 0;
	NL_SET_ERR_MSG(cb->extack, "the region was deleted meanwhile");
	return -ESTALE;
}

static int dump_views(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd,
		      ssi_nl_put *put)
{
	struct ssi_region *region = find_region(cb);
	struct view view;
	int ret;

	if (IS_ERR(region))
		return PTR_ERR(region);
	ret = continue_dump(cb, region);
	while (!ret && cb->args[ARG_NEXT] < cb->args[ARG_END]) {
		view = view_of(region, cb->args[ARG_NEXT], cb->args[ARG_END]);
		ret = ssi_nl_dump_one(skb, cb, cmd, put, &view);
		end_view(&view);
		if (!ret)
			cb->args[ARG_NEXT] = view.end;
		cond_resched();
	}
	ssi_region_put(region);
	return ssi_nl_dump_end(skb, ret);
}

int ssi_mem_nl_page_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	return dump_views(skb, cb, SSI_MEM_CMD_PAGE_GET, put_run);
}

int ssi_mem_nl_chunk_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	return dump_views(skb, cb, SSI_MEM_CMD_CHUNK_GET, put_chunk);
}

/* ---- pages that move most ---- */

static int put_hot(struct sk_buff *skb, void *object)
{
	const struct ssi_hot_page *page = object;

	return ssi_nl_put_u64(skb, SSI_MEM_A_PAGE, page->index) ?:
	       ssi_nl_put_u64(skb, SSI_MEM_A_MOVES, page->moves);
}

int ssi_mem_nl_hot_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ssi_region *region = find_region(cb);
	struct ssi_hot_page page;
	int ret = 0;

	if (IS_ERR(region))
		return PTR_ERR(region);
	while (!ret && cb->args[ARG_NEXT] < SSI_HOT_PAGES) {
		page = ssi_hot_get(&region->hot, cb->args[ARG_NEXT]);
		if (page.moves)
			ret = ssi_nl_dump_one(skb, cb, SSI_MEM_CMD_HOT_GET,
					      put_hot, &page);
		if (!ret)
			cb->args[ARG_NEXT]++;
	}
	ssi_region_put(region);
	return ssi_nl_dump_end(skb, ret);
}
