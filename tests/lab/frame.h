/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What travels between `on`, labd and the host's lab: frames of a header and
 * length bytes. tests/lab/node.py packs and unpacks the same header.
 */
#ifndef LAB_FRAME_H
#define LAB_FRAME_H

#include <assert.h>
#include <stdint.h>

enum frame_type {
	FRAME_HELLO = 'H',	/* node to host: ready for commands */
	FRAME_EXEC = 'X',	/* arg: node; payload: directory, argv, each with its NUL */
	FRAME_STDOUT = 'O',	/* payload: what the command wrote */
	FRAME_STDERR = 'E',
	FRAME_SIGNAL = 'S',	/* arg: signal for the command's process group */
	FRAME_EXIT = 'Q',	/* arg: exit status; the session is over */
	FRAME_KILL_NODE = 'K',	/* arg: node, whose power the host cuts */
	FRAME_SHUTDOWN = 'D',	/* host to node: end; arg: log blocked tasks first */
	FRAME_BYE = 'B',	/* node to host: ended in order, power off follows */
};

struct frame {
	uint32_t session;	/* names one command across all nodes */
	uint32_t length;
	uint8_t type;
	uint8_t arg;
	uint16_t reserved;
};

static_assert(sizeof(struct frame) == 12, "node.py unpacks 12 bytes");

#define FRAME_PAYLOAD_MAX (1U << 20)

#endif
