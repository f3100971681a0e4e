// SPDX-License-Identifier: Apache-2.0
#include "ssictl.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cgroup.h"
#include "lock.h"
#include "nodes.h"
#include "out.h"
#include "report.h"

/**
 * struct status - a status under way
 * @out: the printer
 * @nl: connection
 * @nodes: all nodes, read before their peers: one dump at a time
 * @report: of a node's agent
 */
struct status {
	struct ssi_out out;
	struct ssi_nl *nl;
	struct ssi_nodes nodes;
	struct ssi_report report;
};

static void print_state(struct ssi_out *out, const char *key, uint32_t state)
{
	static const enum ssi_color color[] = {
		[SSI_MEM_LINK_STATE_DOWN] = SSI_COLOR_BAD,
		[SSI_MEM_LINK_STATE_RESUMING] = SSI_COLOR_WARN,
		[SSI_MEM_LINK_STATE_UP] = SSI_COLOR_GOOD,
	};

	ssi_out_str(out, key, ssi_link_state_name(state),
		    state <= SSI_MEM_LINK_STATE_UP ? color[state] : SSI_COLOR_BAD);
}

/* The kernel knows whether a link is encrypted; what it was proved with, the agent. */
static void print_proof(struct ssi_out *out, const struct ssi_report *report,
			const struct ssi_nl_peer *peer)
{
	bool known = report->proved >> peer->id & 1;

	if (!peer->tls)
		ssi_out_str(out, "authentication", "plain", SSI_COLOR_BAD);
	else
		ssi_out_str(out, "authentication", known ? report->proof : "unknown",
			    known ? SSI_COLOR_GOOD : SSI_COLOR_NONE);
}

static int print_peer(const struct ssi_nl_peer *peer, void *arg)
{
	struct status *s = arg;
	struct ssi_out *out = &s->out;

	ssi_out_item_id(out, "peer", peer->id);
	print_state(out, "control_link", peer->state[SSI_MEM_CHANNEL_CTL]);
	print_state(out, "data_link", peer->state[SSI_MEM_CHANNEL_DATA]);
	ssi_out_str(out, "transport", peer->tls ? "TLS" : "PLAIN",
		    peer->tls ? SSI_COLOR_GOOD : SSI_COLOR_BAD);
	print_proof(out, &s->report, peer);
	ssi_out_hex(out, "incarnation", peer->incarnation, sizeof(peer->incarnation));
	ssi_out_size(out, "share", peer->share);
	ssi_out_size(out, "reserve", peer->reserve);
	ssi_out_u64(out, "sockets", peer->sockets);
	ssi_out_u64(out, "unacknowledged", peer->unacked);
	if (peer->has_bytes) {
		ssi_out_size(out, "sent_bytes", peer->sent_bytes);
		ssi_out_size(out, "received_bytes", peer->received_bytes);
	}
	ssi_out_close(out);
	return 0;
}

static void print_memory(struct ssi_out *out, const struct ssi_nl_node *node)
{
	ssi_out_size(out, "share", node->share);
	ssi_out_size(out, "reserve", node->reserve);
	ssi_out_size(out, "used", node->used);
	ssi_out_size(out, "peak", node->peak);
	ssi_out_u64(out, "pages_owned", node->owned);
	ssi_out_u64(out, "pages_copied", node->copies);
	ssi_out_u64(out, "pages_untouched", node->untouched);
	ssi_out_u64(out, "pages_in_transit", node->transit);
}

static void print_coordinator(struct ssi_out *out, const struct ssi_report *report)
{
	bool answers = !strcmp(report->coordinator, "answers");

	if (!*report->coordinator)
		return;
	ssi_out_str(out, "coordinator", report->coordinator,
		    answers ? SSI_COLOR_GOOD : SSI_COLOR_WARN);
	if (report->fenced)
		ssi_out_str(out, "fenced", report->dead ?
			    "yes: programs with regions are stopped: kill -KILL ends them" :
			    "yes: programs with regions are stopped until the coordinator, or all "
			    "members, are there", SSI_COLOR_BAD);
	if (report->dead)
		ssi_out_str(out, "declared_dead",
			    "yes: end its guests, ssictl leave, and join again", SSI_COLOR_BAD);
}

static void print_credentials(struct ssi_out *out, const struct ssi_report *report)
{
	char text[32] = "";
	time_t expires = report->expires;
	struct tm tm;

	ssi_out_str(out, "credentials", report->proof, SSI_COLOR_NONE);
	if (expires && gmtime_r(&expires, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		ssi_out_str(out, "certificate_expires", text,
			    expires < time(NULL) ? SSI_COLOR_BAD : SSI_COLOR_NONE);
	if (*report->stale)
		ssi_out_str(out, "credentials_not_taken", report->stale, SSI_COLOR_BAD);
}

/* What the kernel can not know, since nobody proved anything to it. */
static void print_trouble(struct ssi_out *out, const struct ssi_report *report)
{
	uint32_t id;

	ssi_out_u64(out, "refused_credentials", report->strangers);
	ssi_out_u64(out, "refused_callers", report->refused);
	if (report->refused) {
		ssi_out_str(out, "last_refused_caller", report->caller, SSI_COLOR_NONE);
		ssi_out_str(out, "last_refusal", report->refusal, SSI_COLOR_WARN);
	}
	ssi_out_list(out, "trying");
	for (id = 0; id < SSI_NODES; id++) {
		if (!(report->trying >> id & 1))
			continue;
		ssi_out_item_id(out, "peer", id);
		ssi_out_str(out, "reason", report->why[id], SSI_COLOR_WARN);
		ssi_out_close(out);
	}
	ssi_out_close(out);
}

/* The cluster, as a coordinator made it known to the kernel. */
static void print_roster(struct ssi_out *out, const struct ssi_nl_node *node)
{
	if (!node->epoch)
		return;
	ssi_out_u64(out, "epoch", node->epoch);
	ssi_out_ids(out, "members", node->members);
}

/* Who pays for what the node holds. */
static void print_charges(struct ssi_out *out, const struct ssi_nl_node *node)
{
	char name[PATH_MAX];
	unsigned int i;

	ssi_out_list(out, "charges");
	for (i = 0; i < node->charge_count; i++) {
		ssi_cgroup_name(node->charges[i].cgroup, name, sizeof(name));
		ssi_out_item(out, "cgroup", name);
		ssi_out_size(out, "charged", node->charges[i].bytes);
		ssi_out_close(out);
	}
	ssi_out_close(out);
}

static void print_agent(struct ssi_out *out, const struct ssi_nl_node *node)
{
	pid_t agent;

	if (ssi_lock_holder(node->name, &agent) == 0)
		ssi_out_pid(out, "agent", agent,
			    "none: links that break stay down; run its ssictl join again, with "
			    "--adopt");
}

static int print_node(struct status *s, const struct ssi_nl_node *node)
{
	struct ssi_out *out = &s->out;
	int rc;

	ssi_out_item(out, "node", node->name);
	ssi_out_u64(out, "id", node->id);
	ssi_out_hex(out, "incarnation", node->incarnation, sizeof(node->incarnation));
	print_agent(out, node);
	print_memory(out, node);
	ssi_out_u64(out, "hold_us", node->hold_us);
	ssi_out_count(out, "stalled_faults", node->stalled);
	ssi_out_str(out, "state", node->draining ? "draining" : "member",
		    node->draining ? SSI_COLOR_WARN : SSI_COLOR_GOOD);
	print_roster(out, node);
	print_charges(out, node);
	if (ssi_report_read(node->incarnation, &s->report) == 0) {
		print_coordinator(out, &s->report);
		print_credentials(out, &s->report);
		print_trouble(out, &s->report);
	}
	ssi_out_list(out, "peers");
	rc = ssi_nl_peer_each(s->nl, node->name, print_peer, s);
	ssi_out_close(out);
	ssi_out_close(out);
	return rc;
}

static int run(struct status *s, const struct ssi_args *args)
{
	unsigned int i;
	int rc = ssi_nodes_read(s->nl, args->node, &s->nodes);

	if (rc)
		return ssi_cmd_fail("status", s->nl, rc, NULL);
	ssi_out_begin(&s->out, stdout, args->json);
	if (!s->nodes.count)
		ssi_out_note(&s->out, "no node has joined here");
	ssi_out_list(&s->out, "nodes");
	for (i = 0; i < s->nodes.count && rc == 0; i++)
		rc = print_node(s, &s->nodes.node[i]);
	ssi_out_close(&s->out);
	rc = ssi_out_end(&s->out, rc);
	return rc ? ssi_cmd_fail("status", s->nl, rc, NULL) : SSI_EXIT_OK;
}

int ssi_cmd_status(const struct ssi_args *args)
{
	struct status s = { 0 };
	int rc = ssi_cmd_open("status", &s.nl);

	if (rc)
		return rc;
	rc = run(&s, args);
	free(s.nodes.node);
	ssi_nl_close(s.nl);
	return rc;
}
