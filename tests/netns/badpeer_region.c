// SPDX-License-Identifier: Apache-2.0
/* What goes wrong between nodes that manage regions and room. */
#include "badpeer.h"

#include <errno.h>
#include <stdio.h>

static struct peer *victim(void)
{
	return peer_of(VICTIM);
}

/* ---- REGION_NEW ---- */

static struct ssi_wire_region good_region(void)
{
	return (struct ssi_wire_region){
		.name = "bad",
		.pages = cpu_to_le64(512),
		.members = cpu_to_le64(1u << ME | 1u << VICTIM | 1u << OTHER),
		.authority = cpu_to_le32(ME),
	};
}

/* It tells which node has created the region. */
static unsigned int id_of(unsigned int serial, unsigned int creator)
{
	return serial * SSI_NODES_MAX + creator;
}

static u32 region_id(void)
{
	static u32 serial;

	return id_of(++serial, ME);
}

/* Return: the errno that the victim answers. */
static unsigned int create(const struct ssi_wire_region *body, u32 id)
{
	struct ssi_wire_hdr hdr = head(SSI_MSG_REGION_NEW);
	struct msg msg;

	hdr.region = cpu_to_le32(id);
	hdr.generation = cpu_to_le32(1);
	hdr.length = cpu_to_le32(sizeof(*body));
	send_msg(victim(), &hdr, body);
	if (!expect(VICTIM, SSI_MSG_REGION_REPLY, &msg))
		return 0;
	return le32_to_cpu(msg.hdr.arg);
}

static void must_refuse(const struct ssi_wire_region *body, unsigned int error)
{
	unsigned int told = create(body, region_id());

	if (told != error)
		fail("the answer is error %u, not %u", told, error);
}

#define REGION_CASE(name, error, ...)					\
static void name(void)							\
{									\
	struct ssi_wire_region body = good_region();			\
									\
	__VA_ARGS__;							\
	must_refuse(&body, error);					\
}

REGION_CASE(name_without_end, EINVAL, memset(body.name, 'x', 32))
REGION_CASE(name_empty, EINVAL, body.name[0] = 0)
REGION_CASE(name_escape, EINVAL, memcpy(body.name, "\033[2J", 5))
REGION_CASE(without_victim, EINVAL,
	    body.members = cpu_to_le64(1u << ME | 1u << OTHER))
REGION_CASE(without_authority, EINVAL,
	    body.members = cpu_to_le64(1u << VICTIM | 1u << OTHER))
REGION_CASE(foreign_authority, EINVAL, body.authority = cpu_to_le32(OTHER))
REGION_CASE(no_authority, EINVAL, body.authority = cpu_to_le32(64))
REGION_CASE(no_pages, EINVAL, body.pages = 0)
REGION_CASE(too_many_pages, EINVAL, body.pages = cpu_to_le64(1ull << 32))
REGION_CASE(pages_that_wrap, EINVAL, body.pages = cpu_to_le64(0xffffffff))
REGION_CASE(owned_by_nobody, EINVAL, body.uid = cpu_to_le32(~0u))
REGION_CASE(group_of_nobody, EINVAL, body.gid = cpu_to_le32(~0u))
REGION_CASE(set_uid, EINVAL, body.mode = cpu_to_le32(04660))
REGION_CASE(huge, ENOSPC, body.pages = cpu_to_le64(0xfffffe00))
REGION_CASE(unknown_member, ENOTCONN, body.members |= cpu_to_le64(1ull << 40))
REGION_CASE(same_name, EEXIST, memcpy(body.name, "trap", 5))

static void foreign_id(void)
{
	struct ssi_wire_region body = good_region();
	unsigned int told = create(&body, id_of(77, OTHER));

	if (told != EINVAL)
		fail("the answer is error %u", told);
}

/* ---- REGION_DEL, REGION_REPLY, LEAVE ---- */

static unsigned int end_region(u32 id, u32 generation, u32 phase)
{
	struct ssi_wire_hdr hdr = head(SSI_MSG_REGION_DEL);
	struct msg msg;

	hdr.region = cpu_to_le32(id);
	hdr.generation = cpu_to_le32(generation);
	hdr.arg = cpu_to_le32(phase);
	send_msg(victim(), &hdr, NULL);
	if (!expect(VICTIM, SSI_MSG_REGION_REPLY, &msg))
		return 0;
	return le32_to_cpu(msg.hdr.arg);
}

/* The trap belongs to the victim, and we are a member: we may not end it. */
static void end_by_stranger(void)
{
	u32 phase;

	for (phase = 0; phase < SSI_REGION_PHASE_MAX; phase++) {
		if (end_region(trap.id, trap.generation, phase) != EINVAL)
			fail("phase %u is not refused", phase);
	}
}

static void end_nothing(void)
{
	u32 phase;

	for (phase = 0; phase < SSI_REGION_PHASE_MAX; phase++) {
		if (end_region(id_of(0xffffff, ME), 1, phase) != 0)
			fail("phase %u is refused", phase);
	}
}

/* A region of ours is freed without having been closed, and twice. */
static void end_at_once(void)
{
	struct ssi_wire_region body = good_region();
	u32 id = region_id();

	body.members = cpu_to_le64(1u << ME | 1u << VICTIM);
	if (create(&body, id) != 0)
		fail("a good region is refused");
	if (end_region(id, 1, SSI_REGION_FREE) != 0 ||
	    end_region(id, 1, SSI_REGION_FREE) != 0)
		fail("it is not freed");
}

static void replies_unasked(void)
{
	struct ssi_wire_hdr hdr = head(SSI_MSG_REGION_REPLY);
	int i;

	for (i = 0; i < 100; i++) {
		hdr.txn = cpu_to_le64(i);
		hdr.arg = cpu_to_le32(EINTR);
		send_msg(victim(), &hdr, NULL);
	}
	ping(victim());
	answer_all(QUIET_MS);
}

static void leave_and_stay(void)
{
	struct ssi_wire_hdr hdr = head(SSI_MSG_LEAVE);

	send_msg(victim(), &hdr, NULL);
	await_acked(victim(), 0);
	link_close(victim(), 0);
	link_close(victim(), 1);
	answer_all(QUIET_MS);
	link_up(victim());
}

/* ---- changes of members ---- */

/* Return: the errno that a node answers. */
static unsigned int ask(struct peer *peer, struct ssi_wire_hdr *hdr,
			const void *body)
{
	struct msg msg;

	send_msg(peer, hdr, body);
	if (!expect(peer->id, SSI_MSG_REGION_REPLY, &msg))
		return 0;
	return le32_to_cpu(msg.hdr.arg);
}

static struct ssi_wire_change good_change(void)
{
	return (struct ssi_wire_change){
		.members = cpu_to_le64(1u << ME | 1u << VICTIM | 1u << OTHER),
		.authority = cpu_to_le32(VICTIM),
	};
}

static unsigned int change(struct peer *peer, u32 step, u32 epoch,
			   const struct ssi_wire_change *body)
{
	struct ssi_wire_hdr hdr = about(SSI_MSG_CHANGE, 0);

	hdr.arg = cpu_to_le32(step);
	hdr.epoch = cpu_to_le32(epoch);
	hdr.length = cpu_to_le32(sizeof(*body));
	return ask(peer, &hdr, body);
}

#define CHANGE_CASE(name, error, step, epoch, ...)			\
static void name(void)							\
{									\
	struct ssi_wire_change body = good_change();			\
	unsigned int told;						\
									\
	__VA_ARGS__;							\
	told = change(victim(), step, epoch, &body);			\
	if (told != (error))						\
		fail("the answer is error %u, not %u", told, error);	\
}

CHANGE_CASE(dead_member, EINVAL, SSI_CHANGE_FREEZE, trap.epoch + 1,
	    body.dead = cpu_to_le64(1u << OTHER))
CHANGE_CASE(no_member_owns, EINVAL, SSI_CHANGE_FREEZE, trap.epoch + 1,
	    body.authority = cpu_to_le32(40))
CHANGE_CASE(reserved_change, EINVAL, SSI_CHANGE_FREEZE, trap.epoch + 1,
	    body.reserved = cpu_to_le32(1))
CHANGE_CASE(without_a_word, EINVAL, SSI_CHANGE_FREEZE, trap.epoch + 1,
	    body.members = cpu_to_le64(1u << VICTIM))
CHANGE_CASE(with_strangers, ENOTCONN, SSI_CHANGE_FREEZE, trap.epoch + 1,
	    body.members |= cpu_to_le64(~0xffull))
CHANGE_CASE(victim_is_dead, EINVAL, SSI_CHANGE_FREEZE, trap.epoch + 1,
	    body.members = cpu_to_le64(1u << ME | 1u << OTHER);
	    body.authority = cpu_to_le32(ME);
	    body.dead = cpu_to_le64(1u << VICTIM))
CHANGE_CASE(other_is_not_dead, EISCONN, SSI_CHANGE_FREEZE, trap.epoch + 1,
	    body.members = cpu_to_le64(1u << ME | 1u << VICTIM);
	    body.dead = cpu_to_le64(1u << OTHER))
CHANGE_CASE(same_epoch, ESTALE, SSI_CHANGE_FREEZE, trap.epoch,)

/* Steps of a change that nobody has begun. */
static void steps_of_nothing(void)
{
	struct ssi_wire_change body = good_change();
	u32 step;

	for (step = SSI_CHANGE_SETTLE; step < SSI_CHANGE_ABORT; step++) {
		if (change(victim(), step, trap.epoch + 1, &body) != ESTALE)
			fail("step %u is done", step);
	}
	if (change(victim(), SSI_CHANGE_ABORT, trap.epoch, &body) != ESTALE)
		fail("the past is taken back");
}

/* A change that is begun everywhere, goes on in the wrong order, and ends. */
static void change_in_disorder(void)
{
	struct ssi_wire_change body = good_change();
	u32 epoch = trap.epoch + 1;

	if (change(victim(), SSI_CHANGE_FREEZE, epoch, &body) ||
	    change(peer_of(OTHER), SSI_CHANGE_FREEZE, epoch, &body))
		fail("a good change is refused");
	if (change(victim(), SSI_CHANGE_COMMIT, epoch, &body) != ESTALE ||
	    change(victim(), SSI_CHANGE_BUILD, epoch, &body) != ESTALE ||
	    change(victim(), SSI_CHANGE_REPORT, epoch, &body) != ESTALE)
		fail("a step is left out");
	if (change(victim(), SSI_CHANGE_ABORT, epoch, &body) ||
	    change(peer_of(OTHER), SSI_CHANGE_ABORT, epoch, &body))
		fail("it is not taken back");
	trap.epoch = epoch;
}

static void report_nothing(void)
{
	struct ssi_wire_hdr hdr = about(SSI_MSG_REPORT, 0);
	struct ssi_wire_range range;
	u32 kind;

	memset(&range, 0xff, sizeof(range));
	hdr.length = cpu_to_le32(sizeof(range));
	for (kind = 0; kind < SSI_REPORT_MAX; kind++) {
		hdr.arg = cpu_to_le32(kind);
		send_msg(victim(), &hdr, &range);
	}
}

static void forget_the_living(void)
{
	struct ssi_wire_hdr hdr = head(SSI_MSG_FORGET);
	unsigned int id;

	for (id = VICTIM; id <= ME; id++) {
		hdr.arg = cpu_to_le32(id);
		if (ask(victim(), &hdr, NULL) != EISCONN)
			fail("node %u is dead now", id);
	}
}

/* We invite the victim, and only we, or another member, may take that back. */
static void invite(void)
{
	struct ssi_wire_hdr hdr = head(SSI_MSG_REGION_NEW);
	struct ssi_wire_region body = good_region();
	u32 id = region_id();

	hdr.region = cpu_to_le32(id);
	hdr.generation = cpu_to_le32(1);
	hdr.flags = SSI_MF_JOINING;
	hdr.length = cpu_to_le32(sizeof(body));
	body.authority = cpu_to_le32(OTHER);
	if (ask(victim(), &hdr, &body) != 0)
		fail("an invitation is refused");
	if (end_region(id, 1, SSI_REGION_CLOSE) != EINVAL ||
	    end_region(id, 1, SSI_REGION_REOPEN) != EINVAL)
		fail("it is opened or closed before it is one");
	if (end_region(id, 1, SSI_REGION_FREE) != 0)
		fail("the invitation is not taken back");
	body.members = cpu_to_le64(1u << VICTIM | 1u << OTHER);
	hdr.region = cpu_to_le32(region_id());
	if (ask(victim(), &hdr, &body) != EINVAL)
		fail("a stranger invites");
}

/* ---- room ---- */

static u32 reserve(u32 pages, u8 flags)
{
	struct ssi_wire_hdr hdr = head(SSI_MSG_RESERVE);
	struct msg msg;

	hdr.flags = flags;
	hdr.arg = cpu_to_le32(pages);
	send_msg(victim(), &hdr, NULL);
	if (flags || !expect(VICTIM, SSI_MSG_ROOM, &msg))
		return 0;
	return le32_to_cpu(msg.hdr.arg);
}

static void reserve_all(void)
{
	u32 got = 0, i;

	for (i = 0; i < 100; i++)
		got += reserve(0xffffffff, 0);
	if (!got || got > 128)
		fail("%u pages of room were promised", got);
	/* Far more than was promised is given back. */
	for (i = 0; i < 100; i++)
		reserve(0xffffffff, SSI_MF_RETURN);
	ping(victim());
	if (!reserve(64, 0))
		fail("no room any more");
	reserve(64, SSI_MF_RETURN);
}

static void room_unasked(void)
{
	struct ssi_wire_hdr hdr = head(SSI_MSG_ROOM);
	int i;

	hdr.arg = cpu_to_le32(0xffffffff);
	for (i = 0; i < 10; i++)
		send_msg(victim(), &hdr, NULL);
}

const struct test_case region_cases[] = {
	{ "a region whose name has no end", name_without_end, false, 1, 0 },
	{ "a region without a name", name_empty, false, 1, 0 },
	{ "a region with an escape sequence", name_escape, false, 1, 0 },
	{ "a region without the victim", without_victim, false, 1, 0 },
	{ "a region without its authority", without_authority, false, 1, 0 },
	{ "a region of another authority", foreign_authority, false, 1, 0 },
	{ "a region of authority 64", no_authority, false, 1, 0 },
	{ "a region of no pages", no_pages, false, 1, 0 },
	{ "a region of 2^32 pages", too_many_pages, false, 1, 0 },
	{ "a region of 2^32 - 1 pages", pages_that_wrap, false, 1, 0 },
	{ "a region owned by nobody", owned_by_nobody, false, 1, 0 },
	{ "a region of no group", group_of_nobody, false, 1, 0 },
	{ "a region that sets user ids", set_uid, false, 1, 0 },
	{ "a region with an id of another node", foreign_id, false, 1, 0 },
	{ "a region of 16 TiB", huge, false, 0, 0 },
	{ "a region with a member out of reach", unknown_member, false, 0, 0 },
	{ "a region whose name is taken", same_name, false, 0, 0 },
	{ "the end of another's region", end_by_stranger, false, 3, 0 },
	{ "the end of no region", end_nothing, false, 0, 0 },
	{ "the end of a region at once, twice", end_at_once, false, 0, 0 },
	{ "answers that nobody asked for", replies_unasked, false, 0, 100 },
	{ "a change with a dead member", dead_member, false, 1, 0 },
	{ "a change with a stranger as authority", no_member_owns, false, 1, 0 },
	{ "a change with reserved bytes", reserved_change, false, 1, 0 },
	{ "a change that leaves members out", without_a_word, false, 0, 0 },
	{ "a change with members out of reach", with_strangers, false, 0, 0 },
	{ "a change that says the victim is dead", victim_is_dead, false, 0, 0 },
	{ "a change that says a living node is dead", other_is_not_dead, false,
	  0, 0 },
	{ "a change of this epoch", same_epoch, false, 0, 0 },
	{ "steps of no change", steps_of_nothing, false, 0, 0 },
	{ "steps of a change in disorder", change_in_disorder, false, 0, 0 },
	{ "reports that nobody waits for", report_nothing, false, 0,
	  SSI_REPORT_MAX },
	{ "the death of the living", forget_the_living, false, 0, 0 },
	{ "an invitation", invite, false, 3, 0 },
	{ "room for everything", reserve_all, false, 0, 0 },
	{ "room that nobody asked for", room_unasked, false, 10, 0 },
	{ "LEAVE, while a region spans us", leave_and_stay, false, 0, 0 },
	{ NULL, NULL, false, 0, 0 },
};
