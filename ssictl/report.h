/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an agent knows and its kernel does not, for ssictl status: who was refused,
 * and what links proved themselves with. One file for each agent, named by the
 * incarnation of its node, since nodes of several network namespaces can have one
 * name.
 */
#ifndef SSICTL_REPORT_H
#define SSICTL_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "opts.h"

#ifndef SSI_REPORT_DIR
#define SSI_REPORT_DIR "/run/ssi-hv"
#endif

/* Room for the name of a file there. */
#define SSI_REPORT_PATH (sizeof(SSI_REPORT_DIR) + 2 * SSI_MEM_INCARNATION_LEN + 16)

#define SSI_REPORT_WHY	       160
#define SSI_REPORT_COORDINATOR 512

/**
 * struct ssi_report - what an agent tells
 * @trying: bit n is set while node n is listed and not connected
 * @why: why not, by node id
 * @refused: callers that were refused since the agent began
 * @caller: address of the last of them; empty when there was none
 * @refusal: why it was refused
 * @coordinator: "answers", or what is wrong with it; empty where there is none
 * @dead: the coordinator declared this life of the node dead
 * @fenced: its lease is over and a link is down: programs are stopped
 * @strangers: handshakes since the agent began that ended because of what the
 *	other end proved itself with
 * @proof: what this agent's links prove themselves with: "tls-cert" or "tls-psk"
 * @proved: bit n is set while both sockets to node n are of this agent
 * @expires: when its certificate is over, seconds since 1970; 0 without
 * @stale: why changed credentials were not taken; empty when they were
 */
struct ssi_report {
	uint64_t trying;
	char why[SSI_NODES][SSI_REPORT_WHY];
	uint64_t refused;
	char caller[SSI_ADDR_TEXT];
	char refusal[SSI_REPORT_WHY];
	char coordinator[SSI_REPORT_COORDINATOR];
	bool dead;
	bool fenced;
	uint64_t strangers;
	char proof[16];
	uint64_t proved;
	int64_t expires;
	char stale[SSI_REPORT_WHY];
};

/**
 * ssi_report_name - a file that belongs to one life of a node
 * @incarnation: of the node
 * @ending: of the file's name
 * @path: gets the name
 */
void ssi_report_name(const uint8_t *incarnation, const char *ending, char path[SSI_REPORT_PATH]);

/**
 * ssi_report_write - tell
 * @incarnation: of the node
 * @report: what there is to be told
 * @fd: -1 at first; holds the file until the next call, and tells readers that
 *	the agent lives
 *
 * Without the directory or room nothing is told, and nothing else is wrong.
 */
void ssi_report_write(const uint8_t *incarnation, const struct ssi_report *report, int *fd);

/**
 * ssi_report_end - take back what was told
 * @incarnation: of the node
 * @fd: of ssi_report_write()
 */
void ssi_report_end(const uint8_t *incarnation, int *fd);

/**
 * ssi_report_read - what does the agent of a node tell?
 * @incarnation: of the node
 * @report: filled in
 *
 * Return: 0; -ENOENT when there is no agent, or it tells nothing.
 */
int ssi_report_read(const uint8_t *incarnation, struct ssi_report *report);

#endif /* SSICTL_REPORT_H */
