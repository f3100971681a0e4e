// SPDX-License-Identifier: Apache-2.0
#include "nl_inner.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/family.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

/* How long to wait for an answer that the kernel has given, but that may be lost. */
#define ANSWER_S 10
/* As far as errno values go. */
#define ERRNO_MAX 4095
static struct nla_policy policy[SSI_MEM_A_MAX + 1] = {
	[SSI_MEM_A_NODE] = { .type = NLA_STRING },
	[SSI_MEM_A_ID] = { .type = NLA_U32 },
	[SSI_MEM_A_INCARNATION] = { .minlen = SSI_MEM_INCARNATION_LEN },
	[SSI_MEM_A_SHARE] = { .type = NLA_U64 },
	[SSI_MEM_A_RESERVE] = { .type = NLA_U64 },
	[SSI_MEM_A_USED] = { .type = NLA_U64 },
	[SSI_MEM_A_PEAK] = { .type = NLA_U64 },
	[SSI_MEM_A_OWNED] = { .type = NLA_U64 },
	[SSI_MEM_A_COPIES] = { .type = NLA_U64 },
	[SSI_MEM_A_UNTOUCHED] = { .type = NLA_U64 },
	[SSI_MEM_A_TRANSIT] = { .type = NLA_U64 },
	[SSI_MEM_A_HOLD_US] = { .type = NLA_U32 },
	[SSI_MEM_A_STALLED] = { .type = NLA_U32 },
	[SSI_MEM_A_PEER] = { .type = NLA_U32 },
	[SSI_MEM_A_CHANNEL] = { .type = NLA_U32 },
	[SSI_MEM_A_TLS] = { .type = NLA_FLAG },
	[SSI_MEM_A_STATE] = { .type = NLA_U32 },
	[SSI_MEM_A_STATE_DATA] = { .type = NLA_U32 },
	[SSI_MEM_A_SOCKETS] = { .type = NLA_U64 },
	[SSI_MEM_A_UNACKED] = { .type = NLA_U32 },
	[SSI_MEM_A_REGION] = { .type = NLA_STRING },
	[SSI_MEM_A_REGION_ID] = { .type = NLA_U32 },
	[SSI_MEM_A_SIZE] = { .type = NLA_U64 },
	[SSI_MEM_A_MEMBERS] = { .type = NLA_U64 },
	[SSI_MEM_A_UID] = { .type = NLA_U32 },
	[SSI_MEM_A_GID] = { .type = NLA_U32 },
	[SSI_MEM_A_MODE] = { .type = NLA_U32 },
	[SSI_MEM_A_AUTHORITY] = { .type = NLA_U32 },
	[SSI_MEM_A_HOMED] = { .type = NLA_U32 },
	[SSI_MEM_A_ATTACHED] = { .type = NLA_U32 },
	[SSI_MEM_A_CGROUP] = { .type = NLA_U64 },
	[SSI_MEM_A_CHARGES] = { .type = NLA_NESTED },
	[SSI_MEM_A_EVENT] = { .type = NLA_U32 },
	[SSI_MEM_A_MODULE_VERSION] = { .type = NLA_STRING },
	[SSI_MEM_A_PROTOCOL] = { .type = NLA_U32 },
	[SSI_MEM_A_STATS] = { .type = NLA_NESTED },
	[SSI_MEM_A_EPOCH] = { .type = NLA_U32 },
	[SSI_MEM_A_FROZEN] = { .type = NLA_FLAG },
	[SSI_MEM_A_DRAINING] = { .type = NLA_FLAG },
	[SSI_MEM_A_LOST] = { .type = NLA_U64 },
	[SSI_MEM_A_HIST_PHASE] = { .type = NLA_U32 },
	[SSI_MEM_A_HIST_KIND] = { .type = NLA_U32 },
	[SSI_MEM_A_PAGE] = { .type = NLA_U64 },
	[SSI_MEM_A_PAGES] = { .type = NLA_U64 },
	[SSI_MEM_A_HOME] = { .type = NLA_U32 },
	[SSI_MEM_A_PAGE_STATE] = { .type = NLA_U32 },
	[SSI_MEM_A_PAGE_FLAGS] = { .type = NLA_U32 },
	[SSI_MEM_A_OWNER] = { .type = NLA_U32 },
	[SSI_MEM_A_SHARERS] = { .type = NLA_U64 },
	[SSI_MEM_A_MOVING] = { .type = NLA_U32 },
	[SSI_MEM_A_GRANTED] = { .type = NLA_U32 },
	[SSI_MEM_A_TRANSACTIONS] = { .type = NLA_U32 },
	[SSI_MEM_A_PREFETCH] = { .type = NLA_U32 },
	[SSI_MEM_A_PREFETCH_NOW] = { .type = NLA_U32 },
	[SSI_MEM_A_PREFETCH_ASKED] = { .type = NLA_U64 },
	[SSI_MEM_A_PREFETCH_USED] = { .type = NLA_U64 },
	[SSI_MEM_A_PREFETCH_LATE] = { .type = NLA_U64 },
	[SSI_MEM_A_PREFETCH_UNUSED] = { .type = NLA_U64 },
	[SSI_MEM_A_PREFETCH_REFUSED] = { .type = NLA_U64 },
	[SSI_MEM_A_ROSTER_EPOCH] = { .type = NLA_U64 },
};

/* Parsing: a missing attribute reads as zero or empty, as from an older module. */

static void get_incarnation(const struct nlattr *a, uint8_t *to)
{
	memset(to, 0, SSI_MEM_INCARNATION_LEN);
	if (a)
		memcpy(to, nla_data(a), SSI_MEM_INCARNATION_LEN);
}

/* What is left out at the end of an array is zero. */
static void get_array(const struct nlattr *a, void *to, size_t size)
{
	size_t len = a ? nla_len(a) : 0;

	memset(to, 0, size);
	if (len)
		memcpy(to, nla_data(a), len < size ? len : size);
}


static int parse_version(struct nlattr **a, void *arg)
{
	struct ssi_nl_version *v = arg;

	get_text(a[SSI_MEM_A_MODULE_VERSION], v->module, sizeof(v->module));
	v->protocol = get_u32(a[SSI_MEM_A_PROTOCOL]);
	return 0;
}

static void parse_stats(struct nlattr *nest, struct ssi_nl_stats *stats)
{
	struct nlattr *a[SSI_MEM_S_MAX + 1];
	unsigned int i;

	memset(stats, 0, sizeof(*stats));
	if (!nest || nla_parse_nested(a, SSI_MEM_S_MAX, nest, NULL) < 0)
		return;
	for (i = 1; i <= SSI_MEM_S_MAX; i++) {
		if (a[i] && nla_len(a[i]) == sizeof(uint64_t))
			stats->counter[i] = nla_get_u64(a[i]);
	}
}

/* A list of nests; what stands in one that is not well formed reads as zero. */
static void parse_charges(struct nlattr *list, struct ssi_nl_node *n)
{
	struct nla_policy charge[SSI_MEM_C_MAX + 1] = {
		[SSI_MEM_C_CGROUP] = { .type = NLA_U64 },
		[SSI_MEM_C_BYTES] = { .type = NLA_U64 },
	};
	struct nlattr *nest, *a[SSI_MEM_C_MAX + 1];
	int left;

	n->charge_count = 0;
	if (!list)
		return;
	nla_for_each_nested(nest, list, left) {
		if (n->charge_count == SSI_NL_CHARGES ||
		    nla_parse_nested(a, SSI_MEM_C_MAX, nest, charge) < 0)
			return;
		n->charges[n->charge_count++] = (struct ssi_nl_charge){
			.cgroup = get_u64(a[SSI_MEM_C_CGROUP]),
			.bytes = get_u64(a[SSI_MEM_C_BYTES]),
		};
	}
}

static int parse_node(struct nlattr **a, void *arg)
{
	struct ssi_nl_node *n = arg;

	get_text(a[SSI_MEM_A_NODE], n->name, sizeof(n->name));
	n->id = get_u32(a[SSI_MEM_A_ID]);
	get_incarnation(a[SSI_MEM_A_INCARNATION], n->incarnation);
	n->share = get_u64(a[SSI_MEM_A_SHARE]);
	n->reserve = get_u64(a[SSI_MEM_A_RESERVE]);
	n->used = get_u64(a[SSI_MEM_A_USED]);
	n->peak = get_u64(a[SSI_MEM_A_PEAK]);
	n->owned = get_u64(a[SSI_MEM_A_OWNED]);
	n->copies = get_u64(a[SSI_MEM_A_COPIES]);
	n->untouched = get_u64(a[SSI_MEM_A_UNTOUCHED]);
	n->transit = get_u64(a[SSI_MEM_A_TRANSIT]);
	n->hold_us = get_u32(a[SSI_MEM_A_HOLD_US]);
	n->stalled = get_u32(a[SSI_MEM_A_STALLED]);
	n->draining = a[SSI_MEM_A_DRAINING] != NULL;
	n->epoch = get_u64(a[SSI_MEM_A_ROSTER_EPOCH]);
	n->members = get_u64(a[SSI_MEM_A_MEMBERS]);
	parse_charges(a[SSI_MEM_A_CHARGES], n);
	parse_stats(a[SSI_MEM_A_STATS], &n->stats);
	return 0;
}

static int parse_hist(struct nlattr **a, void *arg)
{
	struct ssi_nl_hist *h = arg;

	h->phase = get_u32(a[SSI_MEM_A_HIST_PHASE]);
	h->kind = get_u32(a[SSI_MEM_A_HIST_KIND]);
	h->peer = a[SSI_MEM_A_PEER] ? nla_get_u32(a[SSI_MEM_A_PEER]) : SSI_NL_NONE;
	get_array(a[SSI_MEM_A_BUCKETS], h->bucket, sizeof(h->bucket));
	return 0;
}

static int parse_peer(struct nlattr **a, void *arg)
{
	struct ssi_nl_peer *p = arg;

	get_text(a[SSI_MEM_A_NODE], p->node, sizeof(p->node));
	p->id = get_u32(a[SSI_MEM_A_PEER]);
	get_incarnation(a[SSI_MEM_A_INCARNATION], p->incarnation);
	p->share = get_u64(a[SSI_MEM_A_SHARE]);
	p->reserve = get_u64(a[SSI_MEM_A_RESERVE]);
	p->state[SSI_MEM_CHANNEL_CTL] = get_u32(a[SSI_MEM_A_STATE]);
	p->state[SSI_MEM_CHANNEL_DATA] = get_u32(a[SSI_MEM_A_STATE_DATA]);
	p->tls = a[SSI_MEM_A_TLS] != NULL;
	p->sockets = get_u64(a[SSI_MEM_A_SOCKETS]);
	p->unacked = get_u32(a[SSI_MEM_A_UNACKED]);
	p->has_bytes = a[SSI_MEM_A_SENT_BYTES] && a[SSI_MEM_A_RECEIVED_BYTES];
	p->sent_bytes = get_u64(a[SSI_MEM_A_SENT_BYTES]);
	p->received_bytes = get_u64(a[SSI_MEM_A_RECEIVED_BYTES]);
	return 0;
}

static int parse_region(struct nlattr **a, void *arg)
{
	struct ssi_nl_region *r = arg;

	get_text(a[SSI_MEM_A_NODE], r->node, sizeof(r->node));
	get_text(a[SSI_MEM_A_REGION], r->name, sizeof(r->name));
	r->id = get_u32(a[SSI_MEM_A_REGION_ID]);
	r->size = get_u64(a[SSI_MEM_A_SIZE]);
	r->members = get_u64(a[SSI_MEM_A_MEMBERS]);
	r->uid = get_u32(a[SSI_MEM_A_UID]);
	r->gid = get_u32(a[SSI_MEM_A_GID]);
	r->mode = get_u32(a[SSI_MEM_A_MODE]);
	r->authority = get_u32(a[SSI_MEM_A_AUTHORITY]);
	r->homed = get_u32(a[SSI_MEM_A_HOMED]);
	r->attached = get_u32(a[SSI_MEM_A_ATTACHED]);
	r->cgroup = get_u64(a[SSI_MEM_A_CGROUP]);
	r->owned = get_u64(a[SSI_MEM_A_OWNED]);
	r->copies = get_u64(a[SSI_MEM_A_COPIES]);
	r->untouched = get_u64(a[SSI_MEM_A_UNTOUCHED]);
	r->epoch = get_u32(a[SSI_MEM_A_EPOCH]);
	r->frozen = a[SSI_MEM_A_FROZEN] != NULL;
	r->lost = get_u64(a[SSI_MEM_A_LOST]);
	r->transit = get_u64(a[SSI_MEM_A_TRANSIT]);
	get_array(a[SSI_MEM_A_HOMES], r->homes, sizeof(r->homes));
	r->prefetch = get_u32(a[SSI_MEM_A_PREFETCH]);
	r->prefetch_now = get_u32(a[SSI_MEM_A_PREFETCH_NOW]);
	r->prefetch_asked = get_u64(a[SSI_MEM_A_PREFETCH_ASKED]);
	r->prefetch_used = get_u64(a[SSI_MEM_A_PREFETCH_USED]);
	r->prefetch_late = get_u64(a[SSI_MEM_A_PREFETCH_LATE]);
	r->prefetch_unused = get_u64(a[SSI_MEM_A_PREFETCH_UNUSED]);
	r->prefetch_refused = get_u64(a[SSI_MEM_A_PREFETCH_REFUSED]);
	return 0;
}

static int parse_run(struct nlattr **a, void *arg)
{
	struct ssi_nl_run *r = arg;

	r->range.first = get_u64(a[SSI_MEM_A_PAGE]);
	r->range.pages = get_u64(a[SSI_MEM_A_PAGES]);
	r->home = get_u32(a[SSI_MEM_A_HOME]);
	r->state = get_u32(a[SSI_MEM_A_PAGE_STATE]);
	r->flags = get_u32(a[SSI_MEM_A_PAGE_FLAGS]);
	r->owner = a[SSI_MEM_A_OWNER] ? nla_get_u32(a[SSI_MEM_A_OWNER]) : SSI_NL_NONE;
	r->sharers = get_u64(a[SSI_MEM_A_SHARERS]);
	r->homed_here = a[SSI_MEM_A_SHARERS] != NULL;
	return 0;
}

static int parse_chunk(struct nlattr **a, void *arg)
{
	struct ssi_nl_chunk *c = arg;

	c->range.first = get_u64(a[SSI_MEM_A_PAGE]);
	c->range.pages = get_u64(a[SSI_MEM_A_PAGES]);
	c->home = get_u32(a[SSI_MEM_A_HOME]);
	get_array(a[SSI_MEM_A_PAGE_STATES], c->states, sizeof(c->states));
	c->moving = get_u32(a[SSI_MEM_A_MOVING]);
	c->has_faults = a[SSI_MEM_A_FAULTS] != NULL;
	c->faults = get_u64(a[SSI_MEM_A_FAULTS]);
	c->homed_here = a[SSI_MEM_A_GRANTED] != NULL;
	c->granted = get_u32(a[SSI_MEM_A_GRANTED]);
	c->transactions = get_u32(a[SSI_MEM_A_TRANSACTIONS]);
	return 0;
}

static int parse_region_new(struct nlattr **a, void *arg)
{
	struct ssi_nl_region *r = arg;

	r->id = get_u32(a[SSI_MEM_A_REGION_ID]);
	r->members = get_u64(a[SSI_MEM_A_MEMBERS]);
	return 0;
}

/* Finds the extack text among the attributes from @at to the message's end. */
static void take_text(struct ssi_nl *nl, struct nlmsghdr *nlh, size_t at)
{
	struct nlattr *a;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || at >= nlh->nlmsg_len)
		return;
	a = nla_find((struct nlattr *)((char *)nlh + at), nlh->nlmsg_len - at, NLMSGERR_ATTR_MSG);
	if (a)
		nla_strlcpy(nl->text, a, sizeof(nl->text));
}

/* Not all numbers are errors, and callers turn the sign of what is one. */
static int take_errno(int error)
{
	return error < 0 && error >= -ERRNO_MAX ? error : -EBADMSG;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *err, void *arg)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)err - 1;
	struct ssi_nl *nl = arg;
	size_t at = NLMSG_HDRLEN + sizeof(*err);

	(void)from;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		at += NLMSG_ALIGN(err->msg.nlmsg_len) - NLMSG_HDRLEN;
	nl->rc = take_errno(err->error);
	nl->done = true;
	take_text(nl, nlh, at);
	return NL_STOP;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct ssi_nl *nl = arg;

	(void)msg;
	nl->done = true;
	return NL_STOP;
}

/* The end of a dump carries its result, which libnl itself does not look at. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct ssi_nl *nl = arg;
	int error = 0;

	if (nlmsg_datalen(nlh) >= (int)sizeof(error))
		memcpy(&error, nlmsg_data(nlh), sizeof(error));
	if (error) {
		nl->rc = take_errno(error);
		take_text(nl, nlh, NLMSG_HDRLEN + sizeof(error));
	}
	nl->done = true;
	return NL_STOP;
}

/* A subscriber also gets what the controller of families tells: is it about ours? */
static void on_control(struct ssi_nl *nl, struct nlmsghdr *nlh)
{
	struct nla_policy id[CTRL_ATTR_MAX + 1] = { [CTRL_ATTR_FAMILY_ID] = { .type = NLA_U16 } };
	struct nlattr *a[CTRL_ATTR_MAX + 1];

	/* Parsed before the look at the header: that it is there is seen then. */
	if (nlh->nlmsg_type == GENL_ID_CTRL && genlmsg_parse(nlh, 0, a, CTRL_ATTR_MAX, id) == 0 &&
	    genlmsg_hdr(nlh)->cmd == CTRL_CMD_DELFAMILY && a[CTRL_ATTR_FAMILY_ID] &&
	    nla_get_u16(a[CTRL_ATTR_FAMILY_ID]) == nl->family)
		nl->gone = true;
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct nlattr *a[SSI_MEM_A_MAX + 1];
	struct ssi_nl *nl = arg;
	int rc;

	if (nlmsg_hdr(msg)->nlmsg_type != nl->family) {
		on_control(nl, nlmsg_hdr(msg));
		return NL_OK;
	}
	if (!nl->take || nl->rc)
		return NL_OK;
	rc = genlmsg_parse(nlmsg_hdr(msg), 0, a, SSI_MEM_A_MAX, policy);
	nl->rc = rc < 0 ? -EBADMSG : nl->take(a, nl->arg);
	return NL_OK;
}

/* libnl's own failures, as far as a caller can do something about them. */
int ssi_nl_errno(int rc)
{
	switch (-rc) {
	case NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case NLE_AGAIN:
		return -ETIMEDOUT;
	case NLE_NOMEM:
		return -ENOBUFS;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_DUMP_INTR:
		return -EINTR;
	default:
		return -EIO;
	}
}

/* Between two versions nothing is sure, not even what a refusal means. */
static int check_version(struct ssi_nl *nl, unsigned int version)
{
	if (version == SSI_MEM_FAMILY_VERSION)
		return 0;
	snprintf(nl->text, sizeof(nl->text),
		 "the module speaks version %u of the netlink family, this ssictl version %d; "
		 "install both of one release",
		 version, SSI_MEM_FAMILY_VERSION);
	return -EPROTONOSUPPORT;
}

static int find_family(struct ssi_nl *nl)
{
	struct genl_family *family;
	struct nl_cache *cache;
	unsigned int version;
	int rc;

	/* Asked by name, the kernel loads the module if it can. */
	nl->family = genl_ctrl_resolve(nl->sock, SSI_MEM_FAMILY_NAME);
	if (nl->family < 0)
		return ssi_nl_errno(nl->family);
	rc = genl_ctrl_alloc_cache(nl->sock, &cache);
	if (rc < 0)
		return ssi_nl_errno(rc);
	family = genl_ctrl_search(cache, nl->family);
	version = family ? genl_family_get_version(family) : 0;
	genl_family_put(family);
	nl_cache_free(cache);
	return check_version(nl, version);
}

static int setup_socket(struct ssi_nl *nl)
{
	const struct timeval tv = { .tv_sec = ANSWER_S };
	int one = 1, fd, rc;

	nl->sock = nl_socket_alloc();
	nl->cb = nl_cb_alloc(NL_CB_DEFAULT);
	if (!nl->sock || !nl->cb)
		return -ENOMEM;
	rc = genl_connect(nl->sock);
	if (rc < 0)
		return ssi_nl_errno(rc);
	fd = nl_socket_get_fd(nl->sock);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	nl_cb_err(nl->cb, NL_CB_CUSTOM, on_error, nl);
	nl_cb_set(nl->cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, nl);
	nl_cb_set(nl->cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, nl);
	nl_cb_set(nl->cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, nl);
	return find_family(nl);
}

int ssi_nl_open(struct ssi_nl **out)
{
	struct ssi_nl *nl = calloc(1, sizeof(*nl));
	int rc = nl ? setup_socket(nl) : -ENOMEM;

	if (rc < 0 && rc != -EPROTONOSUPPORT) {
		ssi_nl_close(nl);
		nl = NULL;
	}
	*out = nl;
	return rc;
}

void ssi_nl_close(struct ssi_nl *nl)
{
	if (!nl)
		return;
	nl_cb_put(nl->cb);
	nl_socket_free(nl->sock);
	free(nl);
}

const char *ssi_nl_text(const struct ssi_nl *nl)
{
	return nl ? nl->text : "";
}

static struct nl_msg *request(const struct ssi_nl *nl, int cmd, const char *node)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (!msg)
		return NULL;
	if (genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, nl->family, 0, 0, cmd,
			SSI_MEM_FAMILY_VERSION) &&
	    (!node || nla_put_string(msg, SSI_MEM_A_NODE, node) == 0))
		return msg;
	nlmsg_free(msg);
	return NULL;
}

/*
 * Sends @msg, frees it and takes in the reply. The kernel carries the request
 * out inside sendmsg(), in this thread, so what bounds it is the deadline in
 * @msg. When sendmsg() returns the reply is queued, or the begin of a dump; the
 * socket's timeout is for one that was lost.
 */
static int call(struct ssi_nl *nl, struct nl_msg *msg, take_fn take, void *arg)
{
	int rc;

	if (!msg)
		return -ENOMEM;
	nl->text[0] = 0;
	nl->rc = 0;
	nl->done = false;
	nl->take = take;
	nl->arg = arg;
	rc = nl_send_auto(nl->sock, msg);
	nlmsg_free(msg);
	while (rc >= 0 && !nl->done)
		rc = nl_recvmsgs(nl->sock, nl->cb);
	nl->take = NULL;
	nl->arg = NULL;
	return nl->done ? nl->rc : ssi_nl_errno(rc);
}

/* Frees a request whose attributes did not all fit. */
static int put_failed(struct nl_msg *msg, int failed)
{
	if (!failed)
		return 0;
	nlmsg_free(msg);
	return -ENOMEM;
}

int ssi_nl_version_get(struct ssi_nl *nl, struct ssi_nl_version *version)
{
	memset(version, 0, sizeof(*version));
	return call(nl, request(nl, SSI_MEM_CMD_VERSION_GET, NULL), parse_version, version);
}

int ssi_nl_node_new(struct ssi_nl *nl, const struct ssi_nl_node_cfg *cfg, struct ssi_nl_node *node)
{
	struct nl_msg *msg = request(nl, SSI_MEM_CMD_NODE_NEW, cfg->name);
	int rc;

	if (!msg)
		return -ENOMEM;
	rc = put_failed(msg, nla_put_u32(msg, SSI_MEM_A_ID, cfg->id) ||
			     nla_put_u64(msg, SSI_MEM_A_SHARE, cfg->share) ||
			     nla_put_u64(msg, SSI_MEM_A_RESERVE, cfg->reserve) ||
			     (cfg->has_hold &&
			      nla_put_u32(msg, SSI_MEM_A_HOLD_US, cfg->hold_us)));
	if (rc)
		return rc;
	memset(node, 0, sizeof(*node));
	return call(nl, msg, parse_node, node);
}

static int parse_lost(struct nlattr **a, void *arg)
{
	uint64_t *lost = arg;

	*lost = get_u64(a[SSI_MEM_A_LOST]);
	return 0;
}

int ssi_nl_node_del(struct ssi_nl *nl, const char *node, bool force, uint32_t timeout_ms,
		    uint64_t *lost)
{
	struct nl_msg *msg = request(nl, SSI_MEM_CMD_NODE_DEL, node);
	int rc;

	if (!msg)
		return -ENOMEM;
	rc = put_failed(msg, nla_put_u32(msg, SSI_MEM_A_TIMEOUT_MS, timeout_ms) ||
			     (force && nla_put_flag(msg, SSI_MEM_A_FORCE)));
	if (rc)
		return rc;
	return call(nl, msg, parse_lost, lost);
}

int ssi_nl_node_drain(struct ssi_nl *nl, const char *node, bool stop)
{
	struct nl_msg *msg = request(nl, SSI_MEM_CMD_NODE_DRAIN, node);
	int rc;

	if (!msg)
		return -ENOMEM;
	rc = put_failed(msg, stop && nla_put_flag(msg, SSI_MEM_A_STOP));
	if (rc)
		return rc;
	return call(nl, msg, NULL, NULL);
}

int ssi_nl_members_set(struct ssi_nl *nl, const char *node, uint64_t epoch, uint64_t members)
{
	struct nl_msg *msg = request(nl, SSI_MEM_CMD_MEMBERS_SET, node);
	int rc;

	if (!msg)
		return -ENOMEM;
	rc = put_failed(msg, nla_put_u64(msg, SSI_MEM_A_ROSTER_EPOCH, epoch) ||
			     nla_put_u64(msg, SSI_MEM_A_MEMBERS, members));
	return rc ? rc : call(nl, msg, NULL, NULL);
}

int ssi_nl_peer_forget(struct ssi_nl *nl, const char *node, uint32_t dead, uint32_t timeout_ms,
		       uint64_t *lost)
{
	struct nl_msg *msg = request(nl, SSI_MEM_CMD_PEER_FORGET, node);
	int rc;

	if (!msg)
		return -ENOMEM;
	rc = put_failed(msg, nla_put_u32(msg, SSI_MEM_A_PEER, dead) ||
			     nla_put_flag(msg, SSI_MEM_A_FORCE) ||
			     nla_put_u32(msg, SSI_MEM_A_TIMEOUT_MS, timeout_ms));
	if (rc)
		return rc;
	return call(nl, msg, parse_lost, lost);
}

int ssi_nl_link_set(struct ssi_nl *nl, const char *node, const struct ssi_nl_link *link)
{
	struct nl_msg *msg = request(nl, SSI_MEM_CMD_LINK_SET, node);
	int rc;

	if (!msg)
		return -ENOMEM;
	rc = put_failed(msg, nla_put_u32(msg, SSI_MEM_A_PEER, link->peer) ||
			     nla_put_u32(msg, SSI_MEM_A_CHANNEL, link->channel) ||
			     nla_put_u32(msg, SSI_MEM_A_FD, link->fd) ||
			     nla_put(msg, SSI_MEM_A_INCARNATION, SSI_MEM_INCARNATION_LEN,
				     link->incarnation) ||
			     (link->tls && nla_put_flag(msg, SSI_MEM_A_TLS)));
	if (rc)
		return rc;
	return call(nl, msg, NULL, NULL);
}

int ssi_nl_peer_get(struct ssi_nl *nl, const char *node, uint32_t id, struct ssi_nl_peer *peer)
{
	struct nl_msg *msg = request(nl, SSI_MEM_CMD_PEER_GET, node);
	int rc;

	if (!msg)
		return -ENOMEM;
	rc = put_failed(msg, nla_put_u32(msg, SSI_MEM_A_PEER, id));
	if (rc)
		return rc;
	memset(peer, 0, sizeof(*peer));
	return call(nl, msg, parse_peer, peer);
}

int ssi_nl_region_new(struct ssi_nl *nl, const char *node, struct ssi_nl_region *region,
		      uint32_t timeout_ms)
{
	struct nl_msg *msg = request(nl, SSI_MEM_CMD_REGION_NEW, node);
	int rc;

	if (!msg)
		return -ENOMEM;
	rc = put_failed(msg, nla_put_string(msg, SSI_MEM_A_REGION, region->name) ||
			     nla_put_u64(msg, SSI_MEM_A_SIZE, region->size) ||
			     nla_put_u32(msg, SSI_MEM_A_UID, region->uid) ||
			     nla_put_u32(msg, SSI_MEM_A_GID, region->gid) ||
			     nla_put_u32(msg, SSI_MEM_A_MODE, region->mode) ||
			     nla_put_u32(msg, SSI_MEM_A_TIMEOUT_MS, timeout_ms));
	if (rc)
		return rc;
	return call(nl, msg, parse_region_new, region);
}

int ssi_nl_region_del(struct ssi_nl *nl, const char *node, const char *region, uint32_t timeout_ms)
{
	struct nl_msg *msg = request(nl, SSI_MEM_CMD_REGION_DEL, node);
	int rc;

	if (!msg)
		return -ENOMEM;
	rc = put_failed(msg, nla_put_string(msg, SSI_MEM_A_REGION, region) ||
			     nla_put_u32(msg, SSI_MEM_A_TIMEOUT_MS, timeout_ms));
	if (rc)
		return rc;
	return call(nl, msg, NULL, NULL);
}

int ssi_nl_region_extend(struct ssi_nl *nl, const char *node, const char *region, uint32_t peer,
			 uint32_t timeout_ms)
{
	struct nl_msg *msg = request(nl, SSI_MEM_CMD_REGION_EXTEND, node);
	int rc;

	if (!msg)
		return -ENOMEM;
	rc = put_failed(msg, nla_put_string(msg, SSI_MEM_A_REGION, region) ||
			     nla_put_u32(msg, SSI_MEM_A_PEER, peer) ||
			     nla_put_u32(msg, SSI_MEM_A_TIMEOUT_MS, timeout_ms));
	if (rc)
		return rc;
	return call(nl, msg, NULL, NULL);
}

int ssi_nl_region_set(struct ssi_nl *nl, const char *node, const char *region, uint32_t prefetch)
{
	struct nl_msg *msg = request(nl, SSI_MEM_CMD_REGION_SET, node);
	int rc = -ENOMEM;

	if (msg)
		rc = put_failed(msg, nla_put_string(msg, SSI_MEM_A_REGION, region) ||
				     nla_put_u32(msg, SSI_MEM_A_PREFETCH, prefetch));
	return rc ? rc : call(nl, msg, NULL, NULL);
}

static int each(struct ssi_nl *nl, struct nl_msg *msg, take_fn take, void *arg)
{
	if (!msg)
		return -ENOMEM;
	nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_DUMP;
	return call(nl, msg, take, arg);
}

struct node_walk {
	ssi_nl_node_fn fn;
	void *arg;
	struct ssi_nl_node node;
};

static int take_node(struct nlattr **a, void *arg)
{
	struct node_walk *w = arg;

	parse_node(a, &w->node);
	return w->fn(&w->node, w->arg);
}

int ssi_nl_node_each(struct ssi_nl *nl, const char *node, ssi_nl_node_fn fn, void *arg)
{
	struct node_walk walk = { .fn = fn, .arg = arg };

	/* The dump of nodes has no filter; one node is a plain request. */
	if (!node)
		return each(nl, request(nl, SSI_MEM_CMD_NODE_GET, NULL), take_node, &walk);
	return call(nl, request(nl, SSI_MEM_CMD_NODE_GET, node), take_node, &walk);
}

struct hist_walk {
	ssi_nl_hist_fn fn;
	void *arg;
};

static int take_hist(struct nlattr **a, void *arg)
{
	struct hist_walk *w = arg;
	struct ssi_nl_hist hist;

	parse_hist(a, &hist);
	return w->fn(&hist, w->arg);
}

int ssi_nl_hist_each(struct ssi_nl *nl, const char *node, ssi_nl_hist_fn fn, void *arg)
{
	struct hist_walk walk = { .fn = fn, .arg = arg };

	return each(nl, request(nl, SSI_MEM_CMD_HIST_GET, node), take_hist, &walk);
}

int ssi_nl_stats_reset(struct ssi_nl *nl, const char *node)
{
	return call(nl, request(nl, SSI_MEM_CMD_STATS_RESET, node), NULL, NULL);
}

struct peer_walk {
	ssi_nl_peer_fn fn;
	void *arg;
};

static int take_peer(struct nlattr **a, void *arg)
{
	struct peer_walk *w = arg;
	struct ssi_nl_peer peer;

	parse_peer(a, &peer);
	return w->fn(&peer, w->arg);
}

int ssi_nl_peer_each(struct ssi_nl *nl, const char *node, ssi_nl_peer_fn fn, void *arg)
{
	struct peer_walk walk = { .fn = fn, .arg = arg };

	return each(nl, request(nl, SSI_MEM_CMD_PEER_GET, node), take_peer, &walk);
}

struct region_walk {
	ssi_nl_region_fn fn;
	void *arg;
};

static int take_region(struct nlattr **a, void *arg)
{
	struct region_walk *w = arg;
	struct ssi_nl_region region;

	parse_region(a, &region);
	return w->fn(&region, w->arg);
}

int ssi_nl_region_each(struct ssi_nl *nl, const char *node, ssi_nl_region_fn fn, void *arg)
{
	struct region_walk walk = { .fn = fn, .arg = arg };

	return each(nl, request(nl, SSI_MEM_CMD_REGION_GET, node), take_region, &walk);
}

int ssi_nl_region_get(struct ssi_nl *nl, const char *node, const char *name,
		      struct ssi_nl_region *region)
{
	struct nl_msg *msg = request(nl, SSI_MEM_CMD_REGION_GET, node);
	int rc;

	if (!msg)
		return -ENOMEM;
	rc = put_failed(msg, nla_put_string(msg, SSI_MEM_A_REGION, name));
	if (rc)
		return rc;
	memset(region, 0, sizeof(*region));
	return call(nl, msg, parse_region, region);
}

/* Dumps of pages and chunks have the same request. */
static int each_page(struct ssi_nl *nl, int cmd, const struct ssi_nl_region *region,
		     const struct ssi_nl_range *range, take_fn take, void *arg)
{
	struct nl_msg *msg = request(nl, cmd, region->node);
	int rc;

	if (!msg)
		return -ENOMEM;
	rc = put_failed(msg,
			nla_put_string(msg, SSI_MEM_A_REGION, region->name) ||
				nla_put_u64(msg, SSI_MEM_A_PAGE, range->first) ||
				(range->pages && nla_put_u64(msg, SSI_MEM_A_PAGES, range->pages)));
	return rc ? rc : each(nl, msg, take, arg);
}

struct run_walk {
	ssi_nl_run_fn fn;
	void *arg;
};

static int take_run(struct nlattr **a, void *arg)
{
	struct run_walk *w = arg;
	struct ssi_nl_run run;

	parse_run(a, &run);
	return w->fn(&run, w->arg);
}

int ssi_nl_run_each(struct ssi_nl *nl, const struct ssi_nl_region *region,
		    const struct ssi_nl_range *range, ssi_nl_run_fn fn, void *arg)
{
	struct run_walk walk = { .fn = fn, .arg = arg };

	return each_page(nl, SSI_MEM_CMD_PAGE_GET, region, range, take_run, &walk);
}

struct chunk_walk {
	ssi_nl_chunk_fn fn;
	void *arg;
};

static int take_chunk(struct nlattr **a, void *arg)
{
	struct chunk_walk *w = arg;
	struct ssi_nl_chunk chunk;

	parse_chunk(a, &chunk);
	return w->fn(&chunk, w->arg);
}

int ssi_nl_chunk_each(struct ssi_nl *nl, const struct ssi_nl_region *region,
		      const struct ssi_nl_range *range, ssi_nl_chunk_fn fn, void *arg)
{
	struct chunk_walk walk = { .fn = fn, .arg = arg };

	return each_page(nl, SSI_MEM_CMD_CHUNK_GET, region, range, take_chunk, &walk);
}

struct hot_walk {
	const struct ssi_nl_region *region;
	ssi_nl_hot_fn fn;
	void *arg;
};

static int take_hot(struct nlattr **a, void *arg)
{
	struct hot_walk *w = arg;
	struct ssi_nl_hot hot = {
		.page = get_u64(a[SSI_MEM_A_PAGE]),
		.moves = get_u64(a[SSI_MEM_A_MOVES]),
	};

	memcpy(hot.region, w->region->name, sizeof(hot.region));
	return w->fn(&hot, w->arg);
}

int ssi_nl_hot_each(struct ssi_nl *nl, const struct ssi_nl_region *region, ssi_nl_hot_fn fn,
		    void *arg)
{
	struct hot_walk walk = { .region = region, .fn = fn, .arg = arg };
	struct nl_msg *msg = request(nl, SSI_MEM_CMD_HOT_GET, region->node);
	int rc;

	if (!msg)
		return -ENOMEM;
	rc = put_failed(msg, nla_put_string(msg, SSI_MEM_A_REGION, region->name));
	return rc ? rc : each(nl, msg, take_hot, &walk);
}
