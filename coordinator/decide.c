// SPDX-License-Identifier: Apache-2.0
#include "decide.h"

#include <stdio.h>
#include <string.h>

#include "place.h"

/**
 * struct decision - a decision under way
 * @s: the situation
 * @c: its cluster
 * @wish: what is wished for
 * @next: the change
 * @why: the refusal
 */
struct decision {
	const struct ssi_situation *s;
	const struct ssi_cluster *c;
	const struct ssi_wish *wish;
	struct ssi_change *next;
	struct ssi_refusal *why;
};

typedef unsigned long long ull;

static enum ssi_decision last(struct decision *d, enum ssi_change_type type)
{
	d->next->type = type;
	return SSI_DECIDED_LAST;
}

static enum ssi_decision more(struct decision *d, enum ssi_change_type type)
{
	d->next->type = type;
	return SSI_DECIDED_MORE;
}

/* ---- the cluster ---- */

static enum ssi_decision create_cluster(struct decision *d)
{
	if (d->c->created)
		return ssi_refuse(d->why, SSI_PROBLEM_EXISTS,
				  "use it, or DELETE /cluster first",
				  "cluster %s is here already", d->c->name);
	return last(d, SSI_CHANGE_CLUSTER_CREATED);
}

static enum ssi_decision delete_cluster(struct decision *d)
{
	unsigned int members;

	ssi_leases_silent(d->s->leases, d->c, d->s->now, &members);
	if (members && !d->wish->force)
		return ssi_refuse(d->why, SSI_PROBLEM_IN_USE,
				  "let them leave first, or add ?force=true: they go on without it",
				  "cluster %s has %u members", d->c->name, members);
	return last(d, SSI_CHANGE_CLUSTER_DELETED);
}

/* ---- releases ---- */

/* A release is A.B, and whatever follows; without one it is 0. */
static uint64_t release_of(const char *version)
{
	unsigned int major = 0, minor = 0;

	return sscanf(version, "%u.%u", &major, &minor) == 2 ? (uint64_t)major << 32 | minor : 0;
}

/* What a newer agent says, an older coordinator may take for something else. */
static int check_release(struct decision *d, const char *version)
{
	if (release_of(version) <= release_of(SSI_VERSION))
		return 0;
	return ssi_refuse(d->why, SSI_PROBLEM_VERSION, "install the newer release here first",
			  "the node runs release %.40s, this coordinator %s", version, SSI_VERSION);
}

/* Modules of different protocols make no link: better no member than one without links. */
static int check_protocol(struct decision *d, const char *name, uint32_t protocol)
{
	unsigned int i;

	for (i = 0; protocol && i < SSI_CLUSTER_NODES; i++) {
		const struct ssi_node *other = d->c->node[i];

		if (other && ssi_node_is_member(other) && other->protocol &&
		    other->protocol != protocol && strcmp(other->name, name) != 0)
			return ssi_refuse(d->why, SSI_PROBLEM_VERSION,
					  "install one release on all nodes",
					  "the module of node %s speaks protocol %u, that of %s "
					  "protocol %u", name, protocol, other->name,
					  other->protocol);
	}
	return 0;
}

/* ---- nodes ---- */

static int find_free_id(struct decision *d, uint32_t *id)
{
	for (*id = 0; *id < d->c->max_nodes; (*id)++) {
		if (!d->c->node[*id])
			return 0;
	}
	return ssi_refuse(d->why, SSI_PROBLEM_FULL,
			  "DELETE /nodes/{id} of one that does not come back",
			  "all %u ids are taken", d->c->max_nodes);
}

static int check_wanted_id(struct decision *d, uint32_t id)
{
	const struct ssi_node *there = ssi_cluster_node(d->c, id);

	if (id >= d->c->max_nodes)
		return ssi_refuse(d->why, SSI_PROBLEM_BAD_REQUEST, "leave id out, or take a lower one",
				  "id %u: ids go from 0 to %u", id, d->c->max_nodes - 1);
	if (there)
		return ssi_refuse(d->why, SSI_PROBLEM_EXISTS, "leave id out, or take another one",
				  "id %u belongs to node %s", id, there->name);
	return 0;
}

/* A share cannot shrink below what regions hold of it. */
static int check_share(struct decision *d, const struct ssi_node *node, uint64_t share)
{
	uint64_t used = node->share - ssi_place_free(d->c, node);

	if (share >= used)
		return 0;
	return ssi_refuse(d->why, SSI_PROBLEM_NO_ROOM,
			  "give a larger share, or delete a region first",
			  "regions hold %llu bytes of node %s, more than a share of %llu", (ull)used,
			  node->name, (ull)share);
}

static enum ssi_decision register_again(struct decision *d, const struct ssi_node *node)
{
	const struct ssi_change *with = &d->wish->with;

	if (d->wish->node_given && with->node != node->id)
		return ssi_refuse(d->why, SSI_PROBLEM_EXISTS,
				  "leave id out, or DELETE /nodes/{id} of the old one",
				  "node %s has id %u", node->name, node->id);
	if (check_share(d, node, with->share) < 0)
		return SSI_DECIDED_REFUSAL;
	d->next->node = node->id;
	if (with->share == node->share && with->reserve == node->reserve &&
	    !strcmp(with->version, node->version) && with->protocol == node->protocol)
		return SSI_DECIDED_NOTHING;
	return last(d, SSI_CHANGE_NODE_REGISTERED);
}

static enum ssi_decision register_node(struct decision *d)
{
	const struct ssi_change *with = &d->wish->with;
	const struct ssi_node *node = ssi_cluster_node_named(d->c, with->name);
	int rc;

	if (check_release(d, with->version) < 0 ||
	    check_protocol(d, with->name, with->protocol) < 0)
		return SSI_DECIDED_REFUSAL;
	if (node)
		return register_again(d, node);
	if (d->wish->node_given)
		rc = check_wanted_id(d, d->wish->with.node);
	else
		rc = find_free_id(d, &d->next->node);
	return rc < 0 ? SSI_DECIDED_REFUSAL : last(d, SSI_CHANGE_NODE_REGISTERED);
}

static struct ssi_node *find_node(struct decision *d)
{
	struct ssi_node *node = ssi_cluster_node(d->c, d->wish->with.node);

	if (!node)
		ssi_refuse(d->why, SSI_PROBLEM_NOT_FOUND, "GET /nodes lists them",
			   "there is no node %u", d->wish->with.node);
	return node;
}

static int check_address(struct decision *d, const struct ssi_node *node)
{
	unsigned int i;

	for (i = 0; i < SSI_CLUSTER_NODES; i++) {
		const struct ssi_node *other = d->c->node[i];

		if (other && other != node && ssi_node_is_member(other) &&
		    !strcmp(other->address, d->wish->with.address))
			return ssi_refuse(d->why, SSI_PROBLEM_EXISTS, "give the node's own address",
					  "node %s has the address %s", other->name,
					  other->address);
	}
	return 0;
}

/* Another life of a node comes when the last one is over, by its lease at least. */
static enum ssi_decision replace_life(struct decision *d, const struct ssi_node *node)
{
	int64_t left = ssi_leases_left(d->s->leases, d->c, node->id, d->s->now);

	if (left <= 0)
		return more(d, SSI_CHANGE_NODE_DEAD);
	ssi_refuse(d->why, SSI_PROBLEM_ALIVE,
		   "try again when the lease ran out; if that is another host, give this one "
		   "another name",
		   "node %s lives as %s, and its lease for another %lld ms", node->name,
		   node->incarnation, (long long)left);
	d->why->retry_s = left / 1000 + 1;
	return SSI_DECIDED_REFUSAL;
}

static enum ssi_decision join(struct decision *d)
{
	const struct ssi_node *node = find_node(d);
	const struct ssi_change *with = &d->wish->with;
	bool same;

	if (!node || check_address(d, node) < 0 ||
	    check_protocol(d, node->name, node->protocol) < 0)
		return SSI_DECIDED_REFUSAL;
	same = !strcmp(node->incarnation, with->incarnation);
	if (node->state == SSI_NODE_DEAD && same)
		return ssi_refuse(d->why, SSI_PROBLEM_DEAD, "leave and join again",
				  "node %s was declared dead in this life", node->name);
	if (ssi_node_is_member(node) && !same)
		return replace_life(d, node);
	if (ssi_node_is_member(node) && !strcmp(node->address, with->address))
		return SSI_DECIDED_NOTHING;
	return last(d, SSI_CHANGE_NODE_JOINED);
}

static enum ssi_decision drain(struct decision *d)
{
	const struct ssi_node *node = find_node(d);

	if (!node)
		return SSI_DECIDED_REFUSAL;
	if (!ssi_node_is_member(node))
		return ssi_refuse(d->why, SSI_PROBLEM_NO_MEMBER, "GET /nodes/{id} shows its state",
				  "node %s is no member", node->name);
	if ((node->state == SSI_NODE_DRAINING) == d->wish->with.draining)
		return SSI_DECIDED_NOTHING;
	return last(d, SSI_CHANGE_NODE_DRAINING);
}

static enum ssi_decision expire(struct decision *d)
{
	const struct ssi_node *node = find_node(d);

	if (!node || ssi_leases_dead(d->s->leases, d->c, d->s->now) != (int)node->id)
		return SSI_DECIDED_NOTHING;
	return last(d, SSI_CHANGE_NODE_DEAD);
}

/* ---- certificates ---- */

static enum ssi_decision invite(struct decision *d)
{
	const struct ssi_node *node = ssi_cluster_node_named(d->c, d->wish->with.name);

	/* It has its id from now on: the certificate will name it. */
	if (!node && d->wish->node_given && check_wanted_id(d, d->wish->with.node) < 0)
		return SSI_DECIDED_REFUSAL;
	if (!node && !d->wish->node_given && find_free_id(d, &d->next->node) < 0)
		return SSI_DECIDED_REFUSAL;
	if (!node)
		return more(d, SSI_CHANGE_NODE_REGISTERED);
	if (d->wish->node_given && d->wish->with.node != node->id)
		return ssi_refuse(d->why, SSI_PROBLEM_EXISTS, "leave id out, or take another name",
				  "node %s has id %u", node->name, node->id);
	d->next->node = node->id;
	return last(d, SSI_CHANGE_NODE_INVITED);
}

/* Who shows a token that is no longer good had it: he may know what is wrong with it. */
static enum ssi_decision certify(struct decision *d)
{
	static const char remedy[] = "ask an administrator for another invitation";
	const struct ssi_node *node = ssi_cluster_node_invited(d->c, d->wish->with.invite);

	if (!node)
		return ssi_refuse(d->why, SSI_PROBLEM_UNAUTHORIZED, remedy,
				  "the token is nobody's");
	if (node->invite_used)
		return ssi_refuse(d->why, SSI_PROBLEM_UNAUTHORIZED, remedy,
				  "the token for node %s was used already", node->name);
	if (d->s->time >= node->invite_expires)
		return ssi_refuse(d->why, SSI_PROBLEM_UNAUTHORIZED, remedy,
				  "the token for node %s is over since %llu s", node->name,
				  (ull)(d->s->time - node->invite_expires) / 1000);
	d->next->node = node->id;
	return last(d, SSI_CHANGE_NODE_CERTIFIED);
}

static enum ssi_decision recertify(struct decision *d)
{
	const struct ssi_node *node = ssi_cluster_node(d->c, d->wish->with.node);

	if (!node || strcmp(node->name, d->wish->with.name) != 0)
		return ssi_refuse(d->why, SSI_PROBLEM_FORBIDDEN,
				  "ask an administrator for an invitation",
				  "there is no node %u of the name %s", d->wish->with.node,
				  d->wish->with.name);
	return last(d, SSI_CHANGE_NODE_CERTIFIED);
}

/* ---- a node goes ---- */

static int may_lose_place(struct decision *d, const struct ssi_node *node,
			  const struct ssi_region *region)
{
	if (d->wish->force || node->state == SSI_NODE_DRAINING)
		return 0;
	if (node->state == SSI_NODE_DEAD)
		return ssi_refuse(d->why, SSI_PROBLEM_IN_USE,
				  "delete the region, or add ?force=true: what only that node had is "
				  "lost",
				  "node %s is dead, and a member of region %s", node->name,
				  region->name);
	return ssi_refuse(d->why, SSI_PROBLEM_IN_USE,
			  "POST /nodes/{id}/drain first, or add ?force=true: what only that node "
			  "has is lost",
			  "node %s is a member of region %s", node->name, region->name);
}

/* The node's part of a region goes to the other members. */
static enum ssi_decision move_place(struct decision *d, const struct ssi_node *node,
				    const struct ssi_region *region)
{
	struct ssi_places *places = &d->next->places;
	uint64_t bytes = ssi_region_place(region, node->id)->bytes, missing;
	uint32_t i;

	if (may_lose_place(d, node, region) < 0)
		return SSI_DECIDED_REFUSAL;
	d->next->region = region->id;
	places->count = 0;
	for (i = 0; i < region->places.count; i++) {
		if (region->places.at[i].node != node->id)
			places->at[places->count++] = region->places.at[i];
	}
	missing = ssi_place_spread(d->c, places, bytes);
	if (missing && !d->wish->force)
		return ssi_refuse(d->why, SSI_PROBLEM_NO_ROOM,
				  "extend the region to another node, or delete it; ?force=true goes "
				  "on without",
				  "the other members of region %s lack %llu bytes for what node %s "
				  "holds",
				  region->name, (ull)missing, node->name);
	if (!places->count)
		return more(d, SSI_CHANGE_REGION_DELETED);
	return more(d, SSI_CHANGE_REGION_PLACED);
}

static enum ssi_decision remove_node(struct decision *d)
{
	const struct ssi_node *node = find_node(d);
	unsigned int i;

	if (!node)
		return SSI_DECIDED_REFUSAL;
	for (i = 0; i < SSI_CLUSTER_REGIONS; i++) {
		if (d->c->region[i] && ssi_region_place(d->c->region[i], node->id))
			return move_place(d, node, d->c->region[i]);
	}
	return last(d, SSI_CHANGE_NODE_REMOVED);
}

/* ---- regions ---- */

static int take_member(struct decision *d, uint32_t id)
{
	struct ssi_places *places = &d->next->places;
	const struct ssi_node *node = ssi_cluster_node(d->c, id);
	uint32_t i;

	if (!node || node->state != SSI_NODE_UP)
		return ssi_refuse(d->why, SSI_PROBLEM_NO_MEMBER,
				  "leave members out, or name nodes that are up",
				  "node %u is not up", id);
	for (i = 0; i < places->count; i++) {
		if (places->at[i].node == id)
			return ssi_refuse(d->why, SSI_PROBLEM_BAD_REQUEST, "name it once",
					  "node %u stands twice among the members", id);
	}
	places->at[places->count++] = (struct ssi_place){ .node = id };
	return 0;
}

static int take_members(struct decision *d)
{
	const struct ssi_ids *wanted = &d->wish->members;
	uint32_t i;

	if (!wanted->count) {
		ssi_place_choose(d->c, d->wish->nodes, &d->next->places);
		return 0;
	}
	d->next->places.count = 0;
	for (i = 0; i < wanted->count; i++) {
		if (take_member(d, wanted->id[i]) < 0)
			return -1;
	}
	ssi_place_sort(&d->next->places);
	return 0;
}

static int check_region(struct decision *d)
{
	const struct ssi_change *with = &d->wish->with;

	if (ssi_cluster_region_named(d->c, with->name))
		return ssi_refuse(d->why, SSI_PROBLEM_EXISTS, "take another name",
				  "there is a region %s", with->name);
	if (with->size % SSI_PLACE_PAGE)
		return ssi_refuse(d->why, SSI_PROBLEM_BAD_REQUEST, "round it up to whole pages",
				  "a size of %llu bytes is no multiple of 4096", (ull)with->size);
	if (d->wish->members.count && d->wish->nodes)
		return ssi_refuse(d->why, SSI_PROBLEM_BAD_REQUEST, "leave one of them out",
				  "both members and nodes are given");
	return 0;
}

static bool region_fits(const struct ssi_cluster *c)
{
	unsigned int i;

	for (i = 0; i < SSI_CLUSTER_REGIONS; i++) {
		if (!c->region[i])
			return true;
	}
	return false;
}

static enum ssi_decision create_region(struct decision *d)
{
	uint64_t missing;

	if (check_region(d) < 0 || take_members(d) < 0)
		return SSI_DECIDED_REFUSAL;
	if (!region_fits(d->c) || d->c->regions == UINT32_MAX)
		return ssi_refuse(d->why, SSI_PROBLEM_FULL, "delete one", "there are %d regions",
				  SSI_CLUSTER_REGIONS);
	if (d->wish->nodes > d->next->places.count)
		return ssi_refuse(d->why, SSI_PROBLEM_NO_ROOM, "let more nodes join",
				  "%u nodes are up and have room, %u are wanted",
				  d->next->places.count, d->wish->nodes);
	missing = ssi_place_spread(d->c, &d->next->places, d->wish->with.size);
	if (missing)
		return ssi_refuse(d->why, SSI_PROBLEM_NO_ROOM,
				  "make it smaller, let nodes join, or let them give larger shares",
				  "%u nodes lack %llu of %llu bytes", d->next->places.count,
				  (ull)missing, (ull)d->wish->with.size);
	d->next->region = d->c->regions + 1;
	return last(d, SSI_CHANGE_REGION_CREATED);
}

static enum ssi_decision delete_region(struct decision *d)
{
	if (!ssi_cluster_region(d->c, d->wish->with.region))
		return ssi_refuse(d->why, SSI_PROBLEM_NOT_FOUND, "GET /regions lists them",
				  "there is no region %u", d->wish->with.region);
	return last(d, SSI_CHANGE_REGION_DELETED);
}

enum ssi_decision ssi_decide(const struct ssi_situation *s, const struct ssi_wish *wish,
			     struct ssi_change *next, struct ssi_refusal *why)
{
	static enum ssi_decision (*const deciders[SSI_WISHES])(struct decision *) = {
		[SSI_WISH_CREATE_CLUSTER] = create_cluster,
		[SSI_WISH_DELETE_CLUSTER] = delete_cluster,
		[SSI_WISH_REGISTER] = register_node,
		[SSI_WISH_JOIN] = join,
		[SSI_WISH_DRAIN] = drain,
		[SSI_WISH_REMOVE] = remove_node,
		[SSI_WISH_EXPIRE] = expire,
		[SSI_WISH_INVITE] = invite,
		[SSI_WISH_CERTIFY] = certify,
		[SSI_WISH_RECERTIFY] = recertify,
		[SSI_WISH_CREATE_REGION] = create_region,
		[SSI_WISH_DELETE_REGION] = delete_region,
	};
	struct decision d = {
		.s = s,
		.c = s->cluster,
		.wish = wish,
		.next = next,
		.why = why,
	};

	*next = wish->with;
	if (!s->cluster->created && wish->type != SSI_WISH_CREATE_CLUSTER)
		return ssi_refuse(why, SSI_PROBLEM_NO_CLUSTER,
				  "POST /cluster, or start a coordinator with --create NAME",
				  "there is no cluster");
	return deciders[wish->type](&d);
}
