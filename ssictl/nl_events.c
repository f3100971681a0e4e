// SPDX-License-Identifier: Apache-2.0
#include "nl_inner.h"

#include <errno.h>
#include <linux/genetlink.h>

#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>

/* Room for a burst of events while the agent is busy with something else. */
#define EVENT_BUFFER (1 << 20)

static int parse_event(struct nlattr **a, void *arg)
{
	struct ssi_nl_event *e = arg;

	if (!a[SSI_MEM_A_EVENT])
		return -EBADMSG;
	e->type = nla_get_u32(a[SSI_MEM_A_EVENT]);
	get_text(a[SSI_MEM_A_NODE], e->node, sizeof(e->node));
	e->id = get_u32(a[SSI_MEM_A_ID]);
	get_text(a[SSI_MEM_A_REGION], e->region, sizeof(e->region));
	e->page = get_u64(a[SSI_MEM_A_PAGE]);
	e->peer = a[SSI_MEM_A_PEER] ? nla_get_u32(a[SSI_MEM_A_PEER]) : SSI_NL_NONE;
	e->channel = a[SSI_MEM_A_CHANNEL] ? nla_get_u32(a[SSI_MEM_A_CHANNEL]) : SSI_NL_NONE;
	return 0;
}

static int no_seq_check(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

static int subscribe(struct ssi_nl *nl)
{
	int group = genl_ctrl_resolve_grp(nl->sock, SSI_MEM_FAMILY_NAME, SSI_MEM_MCGRP_EVENTS);
	int rc;

	if (group < 0)
		return ssi_nl_errno(group);
	nl_cb_set(nl->cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, no_seq_check, NULL);
	nl_socket_set_buffer_size(nl->sock, EVENT_BUFFER, 0);
	nl_socket_set_nonblocking(nl->sock);
	/* The controller's one group tells when families come and go. */
	rc = nl_socket_add_memberships(nl->sock, group, GENL_ID_CTRL, 0);
	return rc < 0 ? ssi_nl_errno(rc) : 0;
}

int ssi_nl_events_open(struct ssi_nl **out)
{
	int rc = ssi_nl_open(out);

	if (rc < 0)
		return rc;
	rc = subscribe(*out);
	if (rc < 0) {
		ssi_nl_close(*out);
		*out = NULL;
	}
	return rc;
}

int ssi_nl_events_fd(const struct ssi_nl *nl)
{
	return nl_socket_get_fd(nl->sock);
}

struct event_walk {
	ssi_nl_event_fn fn;
	void *arg;
};

static int take_event(struct nlattr **a, void *arg)
{
	struct event_walk *w = arg;
	struct ssi_nl_event event;

	/* An event that makes no sense must not hide the ones behind it. */
	if (parse_event(a, &event) == 0)
		w->fn(&event, w->arg);
	return 0;
}

static int take_in(struct ssi_nl *nl, take_fn take, void *arg)
{
	int rc;

	nl->take = take;
	nl->arg = arg;
	do {
		nl->rc = 0;
		rc = nl_recvmsgs(nl->sock, nl->cb);
	} while (rc >= 0);
	nl->take = NULL;
	nl->arg = NULL;
	if (nl->gone)
		return -ENODEV;
	return rc == -NLE_AGAIN ? 0 : ssi_nl_errno(rc);
}

int ssi_nl_events_read(struct ssi_nl *nl, ssi_nl_event_fn fn, void *arg)
{
	struct event_walk walk = { .fn = fn, .arg = arg };

	return take_in(nl, take_event, &walk);
}
