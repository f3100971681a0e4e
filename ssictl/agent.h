/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent: one process per node that keeps the node's links connected. The
 * node itself lives in the kernel and does not need it for anything else.
 */
#ifndef SSICTL_AGENT_H
#define SSICTL_AGENT_H

#include <stdbool.h>

#include "keeper.h"
#include "link.h"
#include "nl.h"
#include "opts.h"

/**
 * struct ssi_agent_cfg - what the agent starts with
 * @node: the node, as the kernel made it
 * @peers: nodes to dial; with a coordinator it says who they are
 * @self: the node for the handshakes; @done_fd and @lives are set by the agent
 * @lives: who is connected; set by the agent
 * @listener: bound socket
 * @nl: connection for requests
 * @events: connection for events, subscribed before the node existed
 * @coordinator: whom to ask for the members; without URLs nobody is
 * @address: where the listener is, for others
 * @foreground: log to stderr instead of syslog
 * @log_json: lines of the log are JSON objects
 * @joined: called once, when the first attempts are over or have taken too long
 * @arg: passed to @joined
 */
struct ssi_agent_cfg {
	struct ssi_nl_node node;
	struct ssi_peers peers;
	struct ssi_link_self self;
	struct ssi_lives lives;
	int listener;
	struct ssi_nl *nl;
	struct ssi_nl *events;
	struct ssi_rest_cfg coordinator;
	const char *address;
	bool foreground;
	bool log_json;
	void (*joined)(const struct ssi_agent_cfg *cfg, const char *const *trouble, void *arg);
	void *arg;
};

/**
 * ssi_agent_run - keep the links until the node or the agent is told to go
 * @cfg: stays the caller's; must outlive the call
 *
 * @cfg->joined gets for every listed node NULL when it is connected, else why
 * not yet.
 *
 * Return: 0 when the node is gone or SIGTERM came; -EINTR when a signal came
 * before @cfg->joined was called; another negative errno when the agent could
 * not start.
 */
int ssi_agent_run(struct ssi_agent_cfg *cfg);

#endif /* SSICTL_AGENT_H */
