// SPDX-License-Identifier: Apache-2.0
/*
 * What goes wrong between home, owner and requester. Pages that a case makes
 * us the owner of are ours for good: other cases take others.
 */
#include "badpeer.h"

#include <stdio.h>
#include <unistd.h>

#define CTL  0u
#define DATA 1u

static struct peer *victim(void)
{
	return peer_of(VICTIM);
}

static struct peer *other(void)
{
	return peer_of(OTHER);
}

/* ---- to a home ---- */

/* Return: the argument of the GRANT that comes. */
static u32 granted(const struct ssi_wire_hdr *ask)
{
	struct ssi_wire_hdr hdr = *ask;
	struct msg msg;

	hdr.txn = cpu_to_le64(next_txn());
	send_msg(victim(), &hdr, NULL);
	if (!expect(VICTIM, SSI_MSG_GRANT, &msg))
		return SSI_GRANT_MAX;
	if (msg.hdr.txn != hdr.txn)
		fail("the answer is for another request");
	return le32_to_cpu(msg.hdr.arg);
}

static void must_retry(const struct ssi_wire_hdr *ask)
{
	if (granted(ask) != SSI_GRANT_RETRY)
		fail("%s is not refused", ssi_msg_name(ask->type));
}

static void ask_unknown_region(void)
{
	struct ssi_wire_hdr hdr = about(SSI_MSG_GET_READ, 0);

	hdr.region = cpu_to_le32(0xdead);
	must_retry(&hdr);
	hdr = about(SSI_MSG_GET_WRITE, 0);
	hdr.generation = cpu_to_le32(trap.generation + 1);
	must_retry(&hdr);
}

static void ask_beyond_end(void)
{
	struct ssi_wire_hdr hdr = about(SSI_MSG_GET_READ, trap.pages);

	must_retry(&hdr);
	hdr = about(SSI_MSG_GET_WRITE, 0xffffffff);
	must_retry(&hdr);
}

static void ask_wrong_home(void)
{
	struct ssi_wire_hdr hdr = about(SSI_MSG_GET_READ,
					page_homed_at(OTHER, 0));

	must_retry(&hdr);
	hdr = about(SSI_MSG_GET_WRITE, page_homed_at(ME, 0));
	must_retry(&hdr);
}

/* The answer must come to us, and not to the node in whose name we ask. */
static void ask_for_another(void)
{
	struct counters before = victim_counters(OTHER);
	struct ssi_wire_hdr hdr = about(SSI_MSG_GET_READ,
					page_homed_at(VICTIM, 0));

	hdr.requester = OTHER;
	must_retry(&hdr);
	if (victim_counters(OTHER).stale != before.stale)
		fail("the other node got the answer");
}

static void evict_wrong_target(void)
{
	struct ssi_wire_hdr hdr = about(SSI_MSG_EVICT,
					page_homed_at(VICTIM, 0));

	hdr.arg = cpu_to_le32(40);
	must_retry(&hdr);
	hdr.arg = cpu_to_le32(ME);
	must_retry(&hdr);
}

static void evict_unowned(void)
{
	struct ssi_wire_hdr hdr = about(SSI_MSG_EVICT,
					page_homed_at(VICTIM, 0));

	hdr.arg = cpu_to_le32(OTHER);
	if (granted(&hdr) != SSI_GRANT_GONE)
		fail("the eviction goes on");
}

static void done_unknown(void)
{
	struct ssi_wire_hdr hdr = about(SSI_MSG_DONE, page_homed_at(VICTIM, 0));

	hdr.txn = cpu_to_le64(next_txn());
	send_msg(victim(), &hdr, NULL);
	hdr.page = cpu_to_le32(0xffffffff);
	send_msg(victim(), &hdr, NULL);
	hdr.region = cpu_to_le32(0xdead);
	send_msg(victim(), &hdr, NULL);
}

/* ---- pages ahead ---- */

static void send_ahead(u8 type, u32 page, u64 txn,
		       const struct ssi_wire_ahead *body)
{
	struct ssi_wire_hdr hdr = about(type, page);

	hdr.txn = cpu_to_le64(txn);
	hdr.length = cpu_to_le32(sizeof(*body));
	send_msg(victim(), &hdr, body);
}

static void expect_retry(void)
{
	struct msg msg;

	if (expect(VICTIM, SSI_MSG_GRANT, &msg) &&
	    msg.hdr.arg != cpu_to_le32(SSI_GRANT_RETRY))
		fail("pages ahead are not refused");
}

/* None, of the next chunk, all the same, and ours already. */
static void ahead_that_can_not_be(void)
{
	struct ssi_wire_ahead none = { .stride = cpu_to_le32(1) };
	struct ssi_wire_ahead beyond = {
		.pages = ~0ull, .stride = cpu_to_le32(100),
	};
	struct ssi_wire_ahead same = { .pages = ~0ull };
	struct ssi_wire_ahead ours = {
		.pages = cpu_to_le64(1), .sole = cpu_to_le64(1),
		.stride = cpu_to_le32(1),
	};
	u32 page = page_homed_at(VICTIM, 0);

	send_ahead(SSI_MSG_GET_AHEAD, page, next_txn(), &none);
	expect_retry();
	send_ahead(SSI_MSG_GET_AHEAD, page, next_txn(), &beyond);
	expect_retry();
	send_ahead(SSI_MSG_GET_AHEAD, page, next_txn(), &same);
	expect_retry();
	send_ahead(SSI_MSG_GET_AHEAD, page, next_txn(), &ours);
	expect_retry();
	/* A forward of such pages, and by who is not their home. */
	send_ahead(SSI_MSG_FWD_AHEAD, page_homed_at(ME, 0), next_txn(), &same);
	ours.sole = 0;
	send_ahead(SSI_MSG_FWD_AHEAD, page_homed_at(OTHER, 0), next_txn(),
		   &ours);
	ping(victim());
	expect_none(VICTIM, SSI_MSG_AHEAD);
}

static void ahead_unasked(void)
{
	struct ssi_wire_ahead some = {
		.pages = cpu_to_le64(3), .sole = cpu_to_le64(1),
		.stride = cpu_to_le32(1),
	};
	u32 page = page_homed_at(VICTIM, 0);

	send_ahead(SSI_MSG_DONE_AHEAD, page, next_txn(), &some);
	send_ahead(SSI_MSG_AHEAD, page, (u64)VICTIM << 56 | 512, &some);
	send_ahead(SSI_MSG_AHEAD, page, (u64)VICTIM << 56 | 543, &some);
	send_ahead(SSI_MSG_AHEAD, page, (u64)VICTIM << 56 | 544, &some);
	send_ahead(SSI_MSG_AHEAD, page, ~0ull, &some);
	some.stride = 0;
	send_ahead(SSI_MSG_DONE_AHEAD, page, next_txn(), &some);
	ping(victim());
}

static void send_flagged(struct peer *to, const struct msg *msg,
			 enum ssi_perm perm, u8 flags)
{
	struct ssi_wire_hdr hdr = answer_to(msg, SSI_MSG_DATA);
	u8 body[SSI_PAGE_SIZE] = { 0 };

	hdr.flags = flags;
	hdr.arg = cpu_to_le32(perm);
	hdr.length = cpu_to_le32(sizeof(body));
	send_msg(to, &hdr, body);
}

static void send_page(struct peer *to, const struct msg *msg,
		      enum ssi_perm perm)
{
	send_flagged(to, msg, perm, 0);
}

/* The victim gives us what it owns and is the home of: we owe it no DONE. */
static void done_of_ended(void)
{
	u32 page = page_homed_at(VICTIM, 3);
	struct ssi_wire_hdr hdr = about(SSI_MSG_GET_READ, page);
	struct touch *touch = touch_page(VICTIM, page, true);
	struct msg msg;

	if (!touch_is_done(touch, patience_ms))
		fail("the access does not end");
	hdr.txn = cpu_to_le64(next_txn());
	send_msg(victim(), &hdr, NULL);
	if (!expect(VICTIM, SSI_MSG_DATA, &msg))
		return;
	if (!(msg.hdr.flags & SSI_MF_ENDS))
		fail("the home waits for DONE");
	send_done(&msg, SSI_PERM_SOLE);
	/* It did not count: the victim still has the page, and gives it. */
	hdr.txn = cpu_to_le64(next_txn());
	send_msg(victim(), &hdr, NULL);
	if (expect(VICTIM, SSI_MSG_DATA, &msg) &&
	    msg.hdr.arg == cpu_to_le32(SSI_PERM_NONE))
		fail("the page does not come a second time");
	touch_end(touch);
}

/* The other node reads what we own; we tell the home that it is ours now. */
static void done_of_another(void)
{
	u32 page = page_homed_at(VICTIM, 0) + 10;
	struct touch *touch;
	struct msg msg;

	acquire(page);
	touch = touch_page(OTHER, page, false);
	if (!expect(VICTIM, SSI_MSG_FWD_READ, &msg))
		return;
	send_done(&msg, SSI_PERM_SOLE);
	ping(victim());
	send_page(other(), &msg, SSI_PERM_SHARED);
	if (!touch_is_done(touch, patience_ms))
		fail("the other node's access does not end");
	touch_end(touch);
}

static bool is_grant(const struct msg *msg)
{
	return msg->hdr.type == SSI_MSG_GRANT || msg->hdr.type == SSI_MSG_RANGE;
}

static bool next_grant(struct msg *msg)
{
	int64_t end = ssi_handshake_now() + patience_ms;

	while (ssi_handshake_now() < end) {
		link_up(victim());
		if (!receive(msg, 20))
			continue;
		if (is_grant(msg))
			return true;
		answer(msg);
	}
	fail("a request is not answered");
	return false;
}

/*
 * The victim breaks the channel. A grant that comes before must not be answered
 * before: what we send is not sent again. Return: whether one came.
 */
static bool grant_before_break(struct msg *msg)
{
	int64_t end = ssi_handshake_now() + patience_ms;
	struct msg next;
	bool came = false;

	while (victim()->chan[0].fd >= 0 && ssi_handshake_now() < end) {
		if (!receive(&next, 20))
			continue;
		if (!is_grant(&next)) {
			answer(&next);
			continue;
		}
		*msg = next;
		came = true;
	}
	link_up(victim());
	return came;
}

/* All are for one page: each waits for the end of the one before. */
static void too_many_requests(void)
{
	u32 page = page_homed_at(VICTIM, 1), i;
	struct ssi_wire_hdr hdr;
	struct msg msg;
	bool granted;

	for (i = 0; i < 257; i++) {
		hdr = about(SSI_MSG_GET_READ, page);
		hdr.txn = cpu_to_le64(next_txn());
		send_msg(victim(), &hdr, NULL);
	}
	granted = grant_before_break(&msg);
	for (i = 0; i < 256 && (granted || next_grant(&msg)); i++) {
		granted = false;
		send_done(&msg, SSI_PERM_SOLE);
	}
	await_acked(victim(), 0);
}

/* The second is said to be done while it queues, or is being answered. */
static void done_early(void)
{
	u32 page = page_homed_at(VICTIM, 1) + 20, i;
	struct msg second, msg;

	for (i = 0; i < 2; i++) {
		second.hdr = about(SSI_MSG_GET_READ, page);
		second.hdr.txn = cpu_to_le64(next_txn());
		send_msg(victim(), &second.hdr, NULL);
	}
	if (!next_grant(&msg))
		return;
	send_done(&msg, SSI_PERM_SOLE);
	send_done(&second, SSI_PERM_SOLE);
	if (next_grant(&msg))
		send_done(&msg, SSI_PERM_SOLE);
}

/* ---- to an owner or sharer ---- */

static void forward_by_stranger(void)
{
	struct ssi_wire_range range = { { ~0ull } };
	struct ssi_wire_hdr hdr = about(SSI_MSG_FWD_READ,
					page_homed_at(OTHER, 0));

	send_msg(victim(), &hdr, NULL);
	hdr = about(SSI_MSG_INVALIDATE, page_homed_at(VICTIM, 0));
	send_msg(victim(), &hdr, NULL);
	hdr = about(SSI_MSG_RECORD, page_homed_at(OTHER, 0));
	hdr.length = cpu_to_le32(sizeof(range));
	send_msg(victim(), &hdr, &range);
	/* Even the home may have a copy adopted in a change of members only. */
	hdr = about(SSI_MSG_ADOPT, page_homed_at(ME, 0));
	send_msg(victim(), &hdr, NULL);
	ping(victim());
	expect_none(VICTIM, SSI_MSG_DATA);
}

/* It would send itself what it has. */
static void forward_to_itself(void)
{
	struct ssi_wire_hdr hdr = about(SSI_MSG_FWD_READ,
					page_homed_at(ME, 0));

	hdr.requester = VICTIM;
	send_msg(victim(), &hdr, NULL);
	ping(victim());
}

static void forward_nowhere(void)
{
	struct ssi_wire_hdr hdr = about(SSI_MSG_FWD_WRITE, trap.pages);

	send_msg(victim(), &hdr, NULL);
	hdr = about(SSI_MSG_FWD_READ, page_homed_at(ME, 0));
	hdr.requester = 40;
	send_msg(victim(), &hdr, NULL);
	hdr.requester = ME;
	hdr.region = cpu_to_le32(0xdead);
	send_msg(victim(), &hdr, NULL);
	ping(victim());
}

/* The victim does not have the page: whoever asks is told to ask again. */
static void forward_unowned(void)
{
	u8 types[] = { SSI_MSG_FWD_READ, SSI_MSG_FWD_WRITE };
	struct ssi_wire_hdr hdr;
	struct msg msg;
	int i;

	for (i = 0; i < 2; i++) {
		hdr = about(types[i], page_homed_at(ME, 0));
		send_msg(victim(), &hdr, NULL);
		if (expect(VICTIM, SSI_MSG_DATA, &msg) &&
		    msg.hdr.arg != cpu_to_le32(SSI_PERM_NONE))
			fail("a page came from who has none");
	}
}

static void forward_no_eviction(void)
{
	struct ssi_wire_hdr hdr = about(SSI_MSG_FWD_EVICT,
					page_homed_at(ME, 0));

	hdr.requester = VICTIM;
	hdr.arg = cpu_to_le32(OTHER);
	send_msg(victim(), &hdr, NULL);
	hdr.txn = cpu_to_le64((u64)VICTIM << 56 | 77 << 16 | 5);
	send_msg(victim(), &hdr, NULL);
	hdr.txn = cpu_to_le64((u64)VICTIM << 56 | 77 << 16 | 0xffff);
	send_msg(victim(), &hdr, NULL);
}

static void invalidate_storm(void)
{
	struct ssi_wire_hdr hdr;
	struct msg msg;
	int i;

	for (i = 0; i < 5000; i++) {
		hdr = about(SSI_MSG_INVALIDATE, page_homed_at(ME, 0));
		hdr.txn = cpu_to_le64(next_txn());
		send_msg(victim(), &hdr, NULL);
	}
	for (i = 0; i < 5000; i++) {
		if (!expect(VICTIM, SSI_MSG_INVALIDATED, &msg))
			return;
	}
}

/* ---- to a requester ---- */

static void grant_range(const struct msg *ask)
{
	struct ssi_wire_hdr hdr = answer_to(ask, SSI_MSG_RANGE);
	struct ssi_wire_range range;
	struct msg msg;

	/* Pages beyond the region's end among them, in its last chunk. */
	memset(&range, 0xff, sizeof(range));
	hdr.length = cpu_to_le32(sizeof(range));
	send_msg(peer_of(ask->hdr.from), &hdr, &range);
	expect(ask->hdr.from, SSI_MSG_DONE, &msg);
}

/* Invalidate the victim's only copy: it must stay. */
static void invalidate_sole(void)
{
	u32 page = page_homed_at(ME, 1);
	struct ssi_wire_hdr hdr;
	struct touch *touch;
	struct msg msg;

	touch = touch_page(VICTIM, page, true);
	if (expect(VICTIM, SSI_MSG_GET_WRITE, &msg))
		grant_range(&msg);
	if (!touch_is_done(touch, patience_ms))
		fail("the access does not end");
	hdr = about(SSI_MSG_INVALIDATE, page);
	send_msg(victim(), &hdr, NULL);
	ping(victim());
	expect_none(VICTIM, SSI_MSG_INVALIDATED);
	hdr = about(SSI_MSG_FWD_READ, page);
	send_msg(victim(), &hdr, NULL);
	if (expect(VICTIM, SSI_MSG_DATA, &msg) && msg.body[0] != 0x5a)
		fail("the content is lost");
	touch_end(touch);
}

/* Grants of what the victim has not got; it asks again each time. */
static void grant_nothing(void)
{
	struct touch *touch = touch_page(VICTIM, page_homed_at(ME, 2) + 100,
					 false);
	struct ssi_wire_hdr hdr;
	struct msg msg;
	u32 grant;

	for (grant = 0; grant < SSI_GRANT_MAX; grant++) {
		if (!expect(VICTIM, SSI_MSG_GET_READ, &msg))
			break;
		hdr = answer_to(&msg, SSI_MSG_GRANT);
		hdr.arg = cpu_to_le32(grant);
		send_msg(victim(), &hdr, NULL);
	}
	touch_end(touch);
}

/*
 * Half of the page, then the request ends otherwise, and its folio serves the
 * next page that the victim touches; then the other half.
 */
static void half_page(unsigned int nth)
{
	u32 page = page_homed_at(ME, 2) + nth;
	u32 clean = page_homed_at(VICTIM, 2) + nth;
	struct touch *touch = touch_page(VICTIM, page, false);
	struct ssi_wire_hdr data, hdr;
	u8 body[SSI_PAGE_SIZE];
	struct msg msg;

	memset(body, 0xee, sizeof(body));
	if (!expect(VICTIM, SSI_MSG_GET_READ, &msg))
		return;
	data = answer_to(&msg, SSI_MSG_DATA);
	/* By the other channel, so that the answer need not wait for all of it. */
	data.flags = SSI_MF_AHEAD;
	data.arg = cpu_to_le32(SSI_PERM_SOLE);
	data.length = cpu_to_le32(sizeof(body));
	stamp(victim(), DATA, &data);
	send_bytes(victim(), DATA, &data, sizeof(data));
	send_bytes(victim(), DATA, body, sizeof(body) / 2);
	usleep(20000);
	hdr = answer_to(&msg, SSI_MSG_GRANT);
	hdr.arg = cpu_to_le32(SSI_GRANT_RETRY);
	send_msg(victim(), &hdr, NULL);
	touch_end(touch);
	ping(victim());
	touch = touch_page(VICTIM, clean, true);
	if (!touch_is_done(touch, patience_ms))
		fail("the next access does not end");
	send_bytes(victim(), DATA, body, sizeof(body) / 2);
	await_acked(victim(), DATA);
	if (touch_dirt(touch))
		fail("the rest of the page went to another one");
	touch_end(touch);
}

static void half_pages(void)
{
	unsigned int i;

	for (i = 0; i < 10; i++)
		half_page(i);
}

/* The victim waits for a page that we own, and another node is the home of. */
static void answers_by_stranger(void)
{
	struct ssi_wire_range range = { { 0 } };
	u32 page = page_homed_at(OTHER, 1);
	struct ssi_wire_hdr hdr;
	struct touch *touch;
	struct msg msg;
	u32 grant;

	acquire(page);
	touch = touch_page(VICTIM, page, false);
	if (!expect(OTHER, SSI_MSG_FWD_READ, &msg))
		return;
	for (grant = 0; grant < SSI_GRANT_MAX; grant++) {
		hdr = answer_to(&msg, SSI_MSG_GRANT);
		hdr.arg = cpu_to_le32(grant);
		send_msg(victim(), &hdr, NULL);
	}
	hdr = answer_to(&msg, SSI_MSG_RANGE);
	hdr.length = cpu_to_le32(sizeof(range));
	send_msg(victim(), &hdr, &range);
	ping(victim());
	send_page(victim(), &msg, SSI_PERM_SHARED);
	send_page(victim(), &msg, SSI_PERM_SHARED);
	await_acked(victim(), CTL);
	if (!touch_is_done(touch, patience_ms))
		fail("the access does not end");
	touch_end(touch);
}

/* Who is not the home can not tell that it needs no DONE. */
static void end_by_stranger(void)
{
	u32 page = page_homed_at(OTHER, 2);
	struct touch *touch;
	struct msg msg;

	acquire(page);
	touch = touch_page(VICTIM, page, false);
	if (!expect(OTHER, SSI_MSG_FWD_READ, &msg))
		return;
	send_flagged(victim(), &msg, SSI_PERM_SHARED, SSI_MF_ENDS);
	ping(victim());
	if (touch_is_done(touch, 0))
		fail("the page was believed");
	send_page(victim(), &msg, SSI_PERM_SHARED);
	if (!touch_is_done(touch, patience_ms))
		fail("the access does not end");
	touch_end(touch);
}

static void invalidated_storm(void)
{
	struct ssi_wire_hdr hdr;
	int i;

	for (i = 0; i < 1000; i++) {
		hdr = about(SSI_MSG_INVALIDATED, i);
		hdr.txn = cpu_to_le64((u64)VICTIM << 56 | i);
		send_msg(victim(), &hdr, NULL);
	}
}

static void data_unasked(void)
{
	struct msg msg = { .hdr = about(SSI_MSG_FWD_READ, 0) };

	send_page(victim(), &msg, SSI_PERM_SOLE);
	msg.hdr.txn = cpu_to_le64((u64)VICTIM << 56 | 0xffff);
	send_page(victim(), &msg, SSI_PERM_SHARED);
	await_acked(victim(), CTL);
}

/* ---- evictions ---- */

static struct ssi_wire_hdr evicted(u32 page, enum ssi_perm perm)
{
	struct ssi_wire_hdr hdr = about(SSI_MSG_DATA, page);

	hdr.flags = SSI_MF_EVICT;
	hdr.arg = cpu_to_le32(perm);
	hdr.length = cpu_to_le32(SSI_PAGE_SIZE);
	return hdr;
}

static void must_break_data(struct ssi_wire_hdr *hdr)
{
	u8 body[SSI_PAGE_SIZE] = { 0 };

	send_msg(victim(), hdr, body);
	if (!is_broken(victim(), DATA, patience_ms))
		fail("the data channel is not broken");
	link_up(victim());
}

static void evict_without_room(void)
{
	struct ssi_wire_hdr hdr = evicted(page_homed_at(VICTIM, 0) + 20,
					  SSI_PERM_SOLE);

	must_break_data(&hdr);
}

static void evict_copy(void)
{
	struct ssi_wire_hdr hdr = evicted(page_homed_at(VICTIM, 0) + 20,
					  SSI_PERM_SHARED);

	must_break_data(&hdr);
}

static void reserve_one(void)
{
	struct ssi_wire_hdr hdr = head(SSI_MSG_RESERVE);
	struct msg msg;

	hdr.arg = cpu_to_le32(1);
	send_msg(victim(), &hdr, NULL);
	expect(VICTIM, SSI_MSG_ROOM, &msg);
	if (msg.hdr.arg != cpu_to_le32(1))
		fail("no room was promised");
}

/* A page of no region, of which half comes first, then all on a new socket. */
static void evict_nowhere(void)
{
	struct ssi_wire_hdr hdr = evicted(trap.pages, SSI_PERM_SOLE);
	u8 body[SSI_PAGE_SIZE] = { 0 };

	reserve_one();
	stamp(victim(), DATA, &hdr);
	send_bytes(victim(), DATA, &hdr, sizeof(hdr));
	send_bytes(victim(), DATA, body, sizeof(body) / 2);
	answer_all(QUIET_MS);
	link_close(victim(), DATA);
	link_up(victim());
	hdr = evicted(trap.pages, SSI_PERM_SOLE);
	send_msg(victim(), &hdr, body);
	await_acked(victim(), DATA);
	answer_all(QUIET_MS);
	if (victim()->chan[DATA].fd < 0)
		fail("the promise did not come back with half a page");
}

/* Chunks of others behind one of ours: more than the victim's share. */
static unsigned int fill_pages(u32 *pages, u32 ours)
{
	unsigned int count = 0, chunks = 0;
	u32 page, i;

	for (i = 0; i < SSI_CHUNK_PAGES; i++)
		pages[count++] = ours + i;
	for (page = ours; page < trap.pages && chunks < 6;
	     page += SSI_CHUNK_PAGES) {
		if (home_of(page) == ME)
			continue;
		for (i = 0; i < SSI_CHUNK_PAGES; i++)
			pages[count++] = page + i;
		chunks++;
	}
	pages[count] = NO_PAGE;
	return chunks;
}

/* As its home, send the page of an eviction to a node without room for it. */
static void evict_elsewhere(const struct msg *ask)
{
	struct ssi_wire_hdr hdr = answer_to(ask, SSI_MSG_FWD_EVICT);
	struct msg msg;

	hdr.arg = cpu_to_le32(OTHER);
	send_msg(victim(), &hdr, NULL);
	hdr.arg = ask->hdr.arg;
	send_msg(victim(), &hdr, NULL);
	while (expect(VICTIM, SSI_MSG_DATA, &msg) &&
	       msg.hdr.page != ask->hdr.page)
		answer(&msg);
}

static void give_room(const struct msg *ask)
{
	struct ssi_wire_hdr hdr = answer_to(ask, SSI_MSG_ROOM);

	hdr.arg = ask->hdr.arg;
	if (!(ask->hdr.flags & SSI_MF_RETURN))
		send_msg(peer_of(ask->hdr.from), &hdr, NULL);
}

static void evict_to_another(void)
{
	static u32 pages[7 * SSI_CHUNK_PAGES + 1];
	u64 sockets = victim_sockets(VICTIM, OTHER);
	struct touch *touch;
	struct msg msg;

	if (fill_pages(pages, page_homed_at(ME, 0)) < 6)
		fail("too few chunks");
	claimed_room = 1 << 20;
	ping(victim());
	touch = touch_begin(VICTIM, pages, true);
	if (expect(VICTIM, SSI_MSG_GET_WRITE, &msg))
		grant_range(&msg);
	while (receive(&msg, patience_ms) && msg.hdr.type != SSI_MSG_EVICT) {
		if (msg.hdr.type == SSI_MSG_RESERVE)
			give_room(&msg);
		else
			answer(&msg);
	}
	if (msg.hdr.type == SSI_MSG_EVICT)
		evict_elsewhere(&msg);
	else
		fail("the victim evicts nothing that we are the home of");
	claimed_room = 0;
	touch_end(touch);
	answer_all(QUIET_MS);
	if (victim_sockets(VICTIM, OTHER) != sockets)
		fail("the link between the other nodes broke");
}

const struct test_case page_cases[] = {
	{ "requests for an unknown region", ask_unknown_region, false, 0, 0 },
	{ "requests beyond the end", ask_beyond_end, false, 2, 0 },
	{ "requests to the wrong home", ask_wrong_home, false, 2, 0 },
	{ "a request in another's name", ask_for_another, false, 1, 0 },
	{ "an eviction to no member", evict_wrong_target, false, 2, 0 },
	{ "an eviction by who owns nothing", evict_unowned, false, 0, 0 },
	{ "DONE for nothing", done_unknown, false, 0, 3 },
	{ "pages ahead that can not be", ahead_that_can_not_be, false, 6, 0 },
	{ "pages ahead that nobody asked for", ahead_unasked, false, 1, 5 },
	{ "DONE for another's transaction", done_of_another, false, 0, 1 },
	{ "DONE for what is not answered", done_early, false, 0, 1 },
	{ "DONE for what its home has ended", done_of_ended, false, 0, 1 },
	{ "more requests than credit", too_many_requests, false, 1, 0 },
	{ "forwards by who is not the home", forward_by_stranger, false, 4, 0 },
	{ "a forward in the owner's own name", forward_to_itself, false, 1, 0 },
	{ "forwards for nothing", forward_nowhere, false, 3, 0 },
	{ "forwards to who owns nothing", forward_unowned, false, 0, 0 },
	{ "FWD_EVICT for no eviction", forward_no_eviction, false, 0, 3 },
	{ "5000 invalidations", invalidate_storm, false, 0, 0 },
	{ "INVALIDATE of the only copy", invalidate_sole, false, 0, 0 },
	{ "grants of nothing", grant_nothing, false, 0, 0 },
	{ "half a page, GRANT, the other half", half_pages, false, 0, 10 },
	{ "answers by who is not the home", answers_by_stranger, false, 0,
	  SSI_GRANT_MAX + 2 },
	{ "an end by who is not the home", end_by_stranger, false, 0, 1 },
	{ "1000 acknowledgments for nothing", invalidated_storm, false, 0, 1000 },
	{ "DATA that nobody asked for", data_unasked, false, 0, 2 },
	{ "a page without room for it", evict_without_room, false, 1, 0 },
	{ "a copy that is evicted", evict_copy, false, 1, 0 },
	{ "an evicted page of nowhere", evict_nowhere, false, 1, 0 },
	{ "an eviction to who was not asked", evict_to_another, false, 0, 1 },
	{ NULL, NULL, false, 0, 0 },
};
