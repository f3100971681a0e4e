// SPDX-License-Identifier: Apache-2.0
#include "badpeer.h"

#include <errno.h>

#define TRAP "trap"

struct trap trap;

struct ssi_wire_hdr head(u8 type)
{
	return (struct ssi_wire_hdr){ .type = type, .requester = ME };
}

struct ssi_wire_hdr about(u8 type, u32 page)
{
	struct ssi_wire_hdr hdr = head(type);

	hdr.region = cpu_to_le32(trap.id);
	hdr.generation = cpu_to_le32(trap.generation);
	hdr.epoch = cpu_to_le32(trap.epoch);
	hdr.page = cpu_to_le32(page);
	return hdr;
}

struct ssi_wire_hdr answer_to(const struct msg *msg, u8 type)
{
	struct ssi_wire_hdr hdr = head(type);

	hdr.requester = msg->hdr.requester;
	hdr.region = msg->hdr.region;
	hdr.generation = msg->hdr.generation;
	hdr.page = msg->hdr.page;
	hdr.txn = msg->hdr.txn;
	return hdr;
}

u64 next_txn(void)
{
	static u64 serial;

	return (u64)ME << 56 | ++serial << 16;
}

unsigned int home_of(u32 page)
{
	return trap.members.ids[ssi_members_home(&trap.members, trap.id,
						 trap.generation,
						 page / SSI_CHUNK_PAGES)];
}

/* First page of the nth chunk, from 0, that a node is the home of. */
u32 page_homed_at(unsigned int id, unsigned int nth)
{
	u32 page;

	for (page = 0; page < trap.pages; page += SSI_CHUNK_PAGES) {
		if (home_of(page) == id && nth-- == 0)
			return page;
	}
	errno = ERANGE;
	die("too few chunks for this case");
}

/* ---- answers that are right, or at least let the others go on ---- */

static void reply(const struct msg *msg, u8 type, u32 arg)
{
	struct ssi_wire_hdr hdr = answer_to(msg, type);

	hdr.arg = cpu_to_le32(arg);
	send_msg(peer_of(msg->hdr.from), &hdr, NULL);
}

static void to_requester(const struct msg *msg, struct ssi_wire_hdr *hdr)
{
	struct peer *peer = peer_of(msg->hdr.requester);

	if (peer)
		send_msg(peer, hdr, NULL);
}

/* What we own was never written to. */
static void give_zeroes(const struct msg *msg)
{
	struct ssi_wire_hdr hdr = answer_to(msg, SSI_MSG_DATA);

	hdr.flags = SSI_MF_ZERO;
	hdr.arg = cpu_to_le32(SSI_PERM_SOLE);
	hdr.acks = msg->hdr.acks;
	to_requester(msg, &hdr);
}

/* What is asked for ahead need not be given. */
static void give_none(const struct msg *msg)
{
	struct ssi_wire_hdr hdr = answer_to(msg, SSI_MSG_AHEAD);
	struct ssi_wire_ahead none = { .stride = cpu_to_le32(1) };
	struct peer *peer = peer_of(msg->hdr.requester);

	hdr.length = cpu_to_le32(sizeof(none));
	if (peer)
		send_msg(peer, &hdr, &none);
}

static void drop_copy(const struct msg *msg)
{
	struct ssi_wire_hdr hdr = answer_to(msg, SSI_MSG_INVALIDATED);

	to_requester(msg, &hdr);
}

static void take_region(const struct msg *msg)
{
	struct ssi_wire_region body;

	memcpy(&body, msg->body, sizeof(body));
	if (strcmp(body.name, TRAP) == 0) {
		trap.id = le32_to_cpu(msg->hdr.region);
		trap.generation = le32_to_cpu(msg->hdr.generation);
		trap.epoch = le32_to_cpu(msg->hdr.epoch);
		trap.pages = (u32)le64_to_cpu(body.pages);
		ssi_members_init(&trap.members, le64_to_cpu(body.members));
	}
	reply(msg, SSI_MSG_REGION_REPLY, 0);
}

void send_done(const struct msg *msg, enum ssi_perm perm)
{
	struct ssi_wire_hdr hdr = answer_to(msg, SSI_MSG_DONE);
	struct peer *home = peer_of(home_of(le32_to_cpu(msg->hdr.page)));

	hdr.arg = cpu_to_le32(perm);
	if (home)
		send_msg(home, &hdr, NULL);
}

void answer(const struct msg *msg)
{
	switch (msg->hdr.type) {
	case SSI_MSG_REGION_NEW:
		take_region(msg);
		break;
	case SSI_MSG_REGION_DEL:
	case SSI_MSG_CHANGE:
	case SSI_MSG_FORGET:
		reply(msg, SSI_MSG_REGION_REPLY, 0);
		break;
	case SSI_MSG_GET_READ:
	case SSI_MSG_GET_WRITE:
	case SSI_MSG_GET_AHEAD:
		reply(msg, SSI_MSG_GRANT, SSI_GRANT_RETRY);
		break;
	case SSI_MSG_EVICT:
		reply(msg, SSI_MSG_GRANT, SSI_GRANT_GONE);
		break;
	case SSI_MSG_FWD_READ:
	case SSI_MSG_FWD_WRITE:
		give_zeroes(msg);
		break;
	case SSI_MSG_FWD_AHEAD:
		give_none(msg);
		break;
	case SSI_MSG_INVALIDATE:
	case SSI_MSG_RECORD:
		drop_copy(msg);
		break;
	case SSI_MSG_DATA:
		if (msg->hdr.flags & SSI_MF_EVICT)
			send_done(msg, le32_to_cpu(msg->hdr.arg));
		break;
	case SSI_MSG_RESERVE:
		if (!(msg->hdr.flags & SSI_MF_RETURN))
			reply(msg, SSI_MSG_ROOM, 0);
		break;
	}
}

void answer_all(int timeout_ms)
{
	int64_t end = ssi_handshake_now() + timeout_ms;
	struct msg msg;

	while (ssi_handshake_now() < end) {
		if (receive(&msg, 20))
			answer(&msg);
	}
}

static bool await(unsigned int from, u8 type, struct msg *msg, int timeout_ms)
{
	int64_t end = ssi_handshake_now() + timeout_ms;

	while (ssi_handshake_now() < end) {
		if (!receive(msg, 20))
			continue;
		if (msg->hdr.from == from && msg->hdr.type == type)
			return true;
		answer(msg);
	}
	return false;
}

/* Others that come meanwhile are answered. */
bool expect(unsigned int from, u8 type, struct msg *msg)
{
	if (await(from, type, msg, patience_ms))
		return true;
	fail("no %s from node %u", ssi_msg_name(type), from);
	return false;
}

bool expect_none(unsigned int from, u8 type)
{
	struct msg msg;

	if (!await(from, type, &msg, QUIET_MS))
		return true;
	fail("%s from node %u", ssi_msg_name(type), from);
	return false;
}

/* Does the kernel still answer on its control channel? */
bool ping(struct peer *peer)
{
	struct ssi_wire_hdr hdr = head(SSI_MSG_RESERVE);
	struct msg msg;

	send_msg(peer, &hdr, NULL);
	return expect(peer->id, SSI_MSG_ROOM, &msg);
}

/* Own a page, as a node would; also those that come with it by RANGE. */
void acquire(u32 page)
{
	struct ssi_wire_hdr hdr = about(SSI_MSG_GET_WRITE, page);
	int64_t end = ssi_handshake_now() + patience_ms;
	struct msg msg;

	hdr.txn = cpu_to_le64(next_txn());
	send_msg(peer_of(home_of(page)), &hdr, NULL);
	while (ssi_handshake_now() < end) {
		if (!receive(&msg, 20))
			continue;
		if (msg.hdr.txn == hdr.txn && msg.hdr.from != ME) {
			if (!(msg.hdr.flags & SSI_MF_ENDS))
				send_done(&msg, SSI_PERM_SOLE);
			await_acked(peer_of(home_of(page)), 0);
			return;
		}
		answer(&msg);
	}
	fail("page %u can not be had", page);
}
