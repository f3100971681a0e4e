/* SPDX-License-Identifier: Apache-2.0 */
/* What a coordinator says to a node's agent: its lease, the members, questions. */
#ifndef SSICTL_LEASE_H
#define SSICTL_LEASE_H

#include <jansson.h>

#include "nl.h"
#include "opts.h"

#define SSI_LEASE_QUESTIONS 64

/**
 * struct ssi_member - a node, as the coordinator knows it
 * @incarnation: of its life
 * @addr: where its links are accepted
 */
struct ssi_member {
	uint8_t incarnation[SSI_MEM_INCARNATION_LEN];
	struct ssi_addr addr;
};

/**
 * struct ssi_question - about a page
 * @id: of the question
 * @region: its name
 * @address: bytes from the region's beginning
 */
struct ssi_question {
	uint64_t id;
	char region[SSI_NL_NAME];
	uint64_t address;
};

/**
 * struct ssi_lease - an answer to a heartbeat
 * @revision: of what the coordinator knows
 * @epoch: of the members
 * @lease_ms: how long the node may be silent
 * @has_members: the answer tells who is a member and who is dead
 * @members: bit n is set when node n is a member
 * @dead: bit n is set when node n was declared dead
 * @node: by id, of members and the dead
 * @questions: how many
 * @question: to be answered with the next heartbeat
 */
struct ssi_lease {
	uint64_t revision;
	uint64_t epoch;
	uint32_t lease_ms;
	bool has_members;
	uint64_t members;
	uint64_t dead;
	struct ssi_member node[SSI_NODES];
	unsigned int questions;
	struct ssi_question question[SSI_LEASE_QUESTIONS];
};

/**
 * ssi_lease_read - take in an answer
 * @root: of the coordinator
 * @lease: filled in; only where this succeeds
 * @why: filled with what is wrong
 * @size: bytes of @why
 *
 * Fields that are not known are those of a later coordinator, and left alone;
 * so are nodes whose ids no kernel takes.
 *
 * Return: 0, or -1 with @why set.
 */
int ssi_lease_read(const json_t *root, struct ssi_lease *lease, char *why, size_t size);

/**
 * ssi_lease_id - the id that the coordinator gave a host
 * @root: answer to its registration
 * @id: filled in
 * @why: filled with what is wrong
 * @size: bytes of @why
 *
 * Return: 0, or -1 with @why set.
 */
int ssi_lease_id(const json_t *root, uint32_t *id, char *why, size_t size);

/**
 * ssi_lease_hex - an incarnation as the coordinator has it
 * @incarnation: of a node
 * @hex: room for 2 * SSI_MEM_INCARNATION_LEN characters and a zero
 */
void ssi_lease_hex(const uint8_t *incarnation, char *hex);

#endif /* SSICTL_LEASE_H */
