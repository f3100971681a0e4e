// SPDX-License-Identifier: Apache-2.0
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include "core/wire.h"

/* ---- what a legal header is, said once more and independently ---- */

struct kind {
	u8 type;
	const char *name;
	enum ssi_msg_class class;
	u8 flags;
	u32 length;
	u32 arg_max;
};

static const struct kind kinds[] = {
	{ SSI_MSG_HELLO, "hello", SSI_CLASS_SESSION, 0, 48, 0 },
	{ SSI_MSG_ACK, "ack", SSI_CLASS_SESSION, 0, 0, 0 },
	{ SSI_MSG_GET_READ, "get-read", SSI_CLASS_REQUEST, 0, 0, 0 },
	{ SSI_MSG_GET_WRITE, "get-write", SSI_CLASS_REQUEST, 1, 0, 0 },
	{ SSI_MSG_EVICT, "evict", SSI_CLASS_REQUEST, 0, 0, 63 },
	{ SSI_MSG_FWD_READ, "fwd-read", SSI_CLASS_FORWARD, 0, 0, 0 },
	{ SSI_MSG_FWD_WRITE, "fwd-write", SSI_CLASS_FORWARD, 0, 0, 0 },
	{ SSI_MSG_FWD_EVICT, "fwd-evict", SSI_CLASS_FORWARD, 0, 0, 63 },
	{ SSI_MSG_INVALIDATE, "invalidate", SSI_CLASS_FORWARD, 0, 0, 0 },
	{ SSI_MSG_DATA, "data", SSI_CLASS_REPLY, 2 | 4 | 16 | 64 | 128,
	  4096, 3 },
	{ SSI_MSG_GRANT, "grant", SSI_CLASS_REPLY, 16, 0, 4 },
	{ SSI_MSG_RANGE, "range", SSI_CLASS_REPLY, 0, 64, 0 },
	{ SSI_MSG_INVALIDATED, "invalidated", SSI_CLASS_REPLY, 0, 0, 0 },
	{ SSI_MSG_DONE, "done", SSI_CLASS_REPLY, 0, 0, 3 },
	{ SSI_MSG_RESERVE, "reserve", SSI_CLASS_MANAGE, 8, 0, 0xffffffff },
	{ SSI_MSG_ROOM, "room", SSI_CLASS_MANAGE, 0, 0, 0xffffffff },
	{ SSI_MSG_REGION_NEW, "region-new", SSI_CLASS_MANAGE, 16, 64, 0 },
	{ SSI_MSG_REGION_DEL, "region-del", SSI_CLASS_MANAGE, 0, 0, 2 },
	{ SSI_MSG_REGION_REPLY, "region-reply", SSI_CLASS_MANAGE, 0, 0, 4095 },
	{ SSI_MSG_LEAVE, "leave", SSI_CLASS_MANAGE, 0, 0, 0 },
	{ SSI_MSG_RECORD, "record", SSI_CLASS_FORWARD, 0, 64, 0 },
	{ SSI_MSG_CHANGE, "change", SSI_CLASS_MANAGE, 32, 32, 7 },
	{ SSI_MSG_REPORT, "report", SSI_CLASS_MANAGE, 0, 64, 4 },
	{ SSI_MSG_ADOPT, "adopt", SSI_CLASS_MANAGE, 0, 0, 0 },
	{ SSI_MSG_FORGET, "forget", SSI_CLASS_MANAGE, 0, 0, 63 },
	{ SSI_MSG_GET_AHEAD, "get-ahead", SSI_CLASS_REQUEST, 1, 32, 0 },
	{ SSI_MSG_FWD_AHEAD, "fwd-ahead", SSI_CLASS_FORWARD, 1, 32, 0 },
	{ SSI_MSG_AHEAD, "ahead", SSI_CLASS_REPLY, 0, 32, 0 },
	{ SSI_MSG_DONE_AHEAD, "done-ahead", SSI_CLASS_REPLY, 0, 32, 0 },
};

static u32 legal_length(const struct kind *kind, u8 flags, u32 arg)
{
	if (kind->type == SSI_MSG_DATA &&
	    (flags & (SSI_MF_ZERO | SSI_MF_BLANK) || !arg))
		return 0;
	return kind->length;
}

/* What may come with the word that no DONE is owed. */
static bool end_is_legal(const struct ssi_wire_hdr *hdr)
{
	u16 acks = le16toh(hdr->acks);

	if (!(hdr->flags & 16))
		return true;
	switch (hdr->type) {
	case SSI_MSG_DATA:
		return acks == 0;
	case SSI_MSG_GRANT:
		return acks == 1 && le32toh(hdr->arg) == SSI_GRANT_UPGRADE;
	default:
		return true;
	}
}

/* Which permissions go with which flags of DATA. */
static bool data_is_legal(u8 flags, u32 arg)
{
	switch (flags) {
	case 0:
	case SSI_MF_ENDS:
		return arg == SSI_PERM_NONE || arg == SSI_PERM_SHARED ||
		       arg == SSI_PERM_SOLE;
	case SSI_MF_ZERO:
	case SSI_MF_ZERO | SSI_MF_ENDS:
		return arg == SSI_PERM_SOLE;
	case SSI_MF_BLANK:
	case SSI_MF_BLANK | SSI_MF_ENDS:
	case SSI_MF_AHEAD:
		return arg == SSI_PERM_SHARED || arg == SSI_PERM_SOLE;
	case SSI_MF_EVICT:
	case SSI_MF_EVICT | SSI_MF_BLANK:
		return arg == SSI_PERM_OWNED || arg == SSI_PERM_SOLE;
	default:
		return false;
	}
}

static bool is_legal(const struct ssi_wire_hdr *hdr)
{
	const struct kind *kind = NULL;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].type == hdr->type)
			kind = &kinds[i];
	}
	return kind && le16toh(hdr->magic) == 0x5353 &&
	       !(hdr->flags & ~kind->flags) && hdr->from < 64 &&
	       hdr->requester < 64 && le16toh(hdr->acks) <= 64 &&
	       le32toh(hdr->arg) <= kind->arg_max && !hdr->reserved &&
	       end_is_legal(hdr) &&
	       (hdr->type != SSI_MSG_DATA ||
		data_is_legal(hdr->flags, le32toh(hdr->arg))) &&
	       le32toh(hdr->length) == legal_length(kind, hdr->flags,
						    le32toh(hdr->arg));
}

/* The most that may be announced. */
static u16 most_acks(const struct kind *kind, u8 flags)
{
	bool ends = kind->flags & flags & SSI_MF_ENDS;

	if (ends && kind->type == SSI_MSG_DATA)
		return 0;
	return ends && kind->type == SSI_MSG_GRANT ? 1 : 64;
}

static struct ssi_wire_hdr legal_header(const struct kind *kind, u8 flags,
					u32 arg)
{
	return (struct ssi_wire_hdr){
		.magic = htole16(0x5353), .type = kind->type, .flags = flags,
		.from = 63, .requester = 63, .acks = htole16(most_acks(kind, flags)),
		.seq = 0xffffffff, .ack = 0xffffffff, .epoch = 0xffffffff,
		.region = 0xffffffff, .generation = 0xffffffff,
		.page = 0xffffffff, .txn = ~0ull, .version = 0xffff,
		.map_version = 0xffff, .credit = 0xffffffff,
		.room = 0xffffffff, .arg = htole32(arg),
		.length = htole32(legal_length(kind, flags, arg)),
	};
}

/* ---- layout ---- */

START_TEST(wire_layout__sizes_and_offsets)
{
	static const struct {
		size_t is, must;
	} field[] = {
		{ sizeof(struct ssi_wire_hdr), 64 },
		{ offsetof(struct ssi_wire_hdr, magic), 0 },
		{ offsetof(struct ssi_wire_hdr, type), 2 },
		{ offsetof(struct ssi_wire_hdr, flags), 3 },
		{ offsetof(struct ssi_wire_hdr, from), 4 },
		{ offsetof(struct ssi_wire_hdr, requester), 5 },
		{ offsetof(struct ssi_wire_hdr, acks), 6 },
		{ offsetof(struct ssi_wire_hdr, seq), 8 },
		{ offsetof(struct ssi_wire_hdr, ack), 12 },
		{ offsetof(struct ssi_wire_hdr, epoch), 16 },
		{ offsetof(struct ssi_wire_hdr, region), 20 },
		{ offsetof(struct ssi_wire_hdr, generation), 24 },
		{ offsetof(struct ssi_wire_hdr, page), 28 },
		{ offsetof(struct ssi_wire_hdr, txn), 32 },
		{ offsetof(struct ssi_wire_hdr, version), 40 },
		{ offsetof(struct ssi_wire_hdr, map_version), 42 },
		{ offsetof(struct ssi_wire_hdr, credit), 44 },
		{ offsetof(struct ssi_wire_hdr, room), 48 },
		{ offsetof(struct ssi_wire_hdr, length), 52 },
		{ offsetof(struct ssi_wire_hdr, arg), 56 },
		{ offsetof(struct ssi_wire_hdr, reserved), 60 },
		{ sizeof(struct ssi_wire_hello), 48 },
		{ offsetof(struct ssi_wire_hello, share), 32 },
		{ sizeof(struct ssi_wire_region), 64 },
		{ offsetof(struct ssi_wire_region, members), 40 },
		{ offsetof(struct ssi_wire_region, uid), 52 },
		{ sizeof(struct ssi_wire_range), 64 },
		{ sizeof(struct ssi_wire_change), 32 },
		{ offsetof(struct ssi_wire_change, authority), 24 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(field); i++)
		ck_assert_uint_eq(field[i].is, field[i].must);
}
END_TEST

START_TEST(wire_layout__bodies_fit_a_small_message)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].type != SSI_MSG_DATA)
			ck_assert_uint_le(kinds[i].length, SSI_WIRE_BODY_MAX);
	}
}
END_TEST

/* ---- ssi_msg_class(), ssi_msg_name() ---- */

START_TEST(msg_class__of_every_type)
{
	unsigned int i;

	ck_assert_uint_eq(ARRAY_SIZE(kinds), SSI_MSG_MAX - 1);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		ck_assert_int_eq(ssi_msg_class(kinds[i].type), kinds[i].class);
}
END_TEST

START_TEST(msg_name__of_anything)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		ck_assert_str_eq(ssi_msg_name(kinds[i].type), kinds[i].name);
	ck_assert_str_eq(ssi_msg_name(0), "unknown");
	for (i = SSI_MSG_MAX; i < 256; i++)
		ck_assert_str_eq(ssi_msg_name((u8)i), "unknown");
}
END_TEST

/* ---- ssi_wire_check() ---- */

static void check_arguments(const struct kind *kind, u8 flags)
{
	const u32 most = kind->arg_max;
	struct ssi_wire_hdr hdr;
	u32 arg;

	for (arg = 0; arg <= min(most, 100u); arg++) {
		hdr = legal_header(kind, flags, arg);
		if (!is_legal(&hdr))
			continue;
		ck_assert_msg(ssi_wire_check(&hdr) == SSI_WIRE_OK,
			      "%s, flags %x, arg %u: %s", kind->name, flags,
			      arg, ssi_wire_error_name(ssi_wire_check(&hdr)));
	}
	hdr = legal_header(kind, flags, most);
	ck_assert(!is_legal(&hdr) || ssi_wire_check(&hdr) == SSI_WIRE_OK);
}

START_TEST(wire_check__accepts_every_legal_header)
{
	unsigned int i, flags;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (flags = 0; flags < 256; flags++) {
			if (!(flags & ~kinds[i].flags))
				check_arguments(&kinds[i], (u8)flags);
		}
	}
}
END_TEST

static const struct {
	const char *what;
	struct ssi_wire_hdr hdr;
	enum ssi_wire_error error;
} malformed[] = {
#define HEADER(what, error, magic_, type_, ...) \
	{ what, { .magic = (magic_), .type = (type_), __VA_ARGS__ }, error }
#define BAD(what, error, type, ...) \
	HEADER(what, error, 0x5353, SSI_MSG_##type, __VA_ARGS__)
	HEADER("nothing but zeroes", SSI_WIRE_EMAGIC, 0, 0, .flags = 0),
	HEADER("another magic", SSI_WIRE_EMAGIC, 0x5354, SSI_MSG_ACK,
	       .flags = 0),
	HEADER("type zero", SSI_WIRE_ETYPE, 0x5353, 0, .flags = 0),
	HEADER("type 255", SSI_WIRE_ETYPE, 0x5353, 255, .flags = 0),
	BAD("type behind the last", SSI_WIRE_ETYPE, MAX, .flags = 0),
	BAD("a copy for a read", SSI_WIRE_EFLAGS, GET_READ, .flags = 1),
	BAD("a flag of nobody", SSI_WIRE_EFLAGS, DATA, .flags = 0x20),
	BAD("room given back by ROOM", SSI_WIRE_EFLAGS, ROOM, .flags = 8),
	BAD("sender 64", SSI_WIRE_ENODE, GET_READ, .from = 64),
	BAD("requester 64", SSI_WIRE_ENODE, GET_READ, .requester = 64),
	BAD("65 acks", SSI_WIRE_ENODE, GET_READ, .acks = 65),
	BAD("eviction to node 64", SSI_WIRE_EARG, EVICT, .arg = 64),
	BAD("an argument where there is none", SSI_WIRE_EARG, ACK, .arg = 1),
	BAD("permission 4", SSI_WIRE_EARG, DONE, .arg = 4),
	BAD("grant 5", SSI_WIRE_EARG, GRANT, .arg = 5),
	BAD("step 8", SSI_WIRE_EARG, CHANGE, .arg = 8),
	BAD("report 5", SSI_WIRE_EARG, REPORT, .arg = 5),
	BAD("node 64 is dead", SSI_WIRE_EARG, FORGET, .arg = 64),
	BAD("CHANGE cut short", SSI_WIRE_ELENGTH, CHANGE, .length = 31),
	BAD("phase 3", SSI_WIRE_EARG, REGION_DEL, .arg = 3),
	BAD("error 4096", SSI_WIRE_EARG, REGION_REPLY, .arg = 4096),
	BAD("an evicted copy", SSI_WIRE_EARG, DATA, .flags = SSI_MF_EVICT,
	    .arg = SSI_PERM_SHARED, .length = 4096),
	BAD("an eviction that is refused", SSI_WIRE_EARG, DATA,
	    .flags = SSI_MF_EVICT),
	BAD("evicted zeroes", SSI_WIRE_EARG, DATA,
	    .flags = SSI_MF_EVICT | SSI_MF_ZERO, .arg = SSI_PERM_SOLE),
	BAD("shared zeroes", SSI_WIRE_EARG, DATA, .flags = SSI_MF_ZERO,
	    .arg = SSI_PERM_SHARED),
	BAD("ownership beside copies", SSI_WIRE_EARG, DATA,
	    .arg = SSI_PERM_OWNED, .length = 4096),
	BAD("a body where there is none", SSI_WIRE_ELENGTH, GET_READ,
	    .length = 1),
	BAD("DATA without body", SSI_WIRE_ELENGTH, DATA, .arg = SSI_PERM_SOLE),
	BAD("DATA longer than a page", SSI_WIRE_ELENGTH, DATA,
	    .arg = SSI_PERM_SOLE, .length = 4097),
	BAD("DATA of 4 GiB", SSI_WIRE_ELENGTH, DATA, .arg = SSI_PERM_SOLE,
	    .length = 0xffffffff),
	BAD("zeroes with a body", SSI_WIRE_ELENGTH, DATA, .flags = SSI_MF_ZERO,
	    .arg = SSI_PERM_SOLE, .length = 4096),
	BAD("content left out, with a body", SSI_WIRE_ELENGTH, DATA,
	    .flags = SSI_MF_BLANK, .arg = SSI_PERM_SOLE, .length = 4096),
	BAD("a refusal with content left out", SSI_WIRE_EARG, DATA,
	    .flags = SSI_MF_BLANK),
	BAD("untouched, and written with zeroes", SSI_WIRE_EARG, DATA,
	    .flags = SSI_MF_BLANK | SSI_MF_ZERO, .arg = SSI_PERM_SOLE),
	BAD("a refusal of one of several", SSI_WIRE_EARG, DATA,
	    .flags = SSI_MF_AHEAD),
	BAD("one of several, evicted", SSI_WIRE_EARG, DATA,
	    .flags = SSI_MF_AHEAD | SSI_MF_EVICT, .arg = SSI_PERM_SOLE),
	BAD("a copy that was left out", SSI_WIRE_EFLAGS, GRANT,
	    .flags = SSI_MF_BLANK),
	BAD("an end by who waits for acks", SSI_WIRE_EARG, DATA, .acks = 1,
	    .flags = SSI_MF_ENDS, .arg = SSI_PERM_SOLE, .length = 4096),
	BAD("an end of zeroes, with acks", SSI_WIRE_EARG, DATA, .acks = 1,
	    .flags = SSI_MF_ENDS | SSI_MF_ZERO, .arg = SSI_PERM_SOLE),
	BAD("an eviction that its owner ends", SSI_WIRE_EARG, DATA,
	    .flags = SSI_MF_ENDS | SSI_MF_EVICT, .arg = SSI_PERM_SOLE,
	    .length = 4096),
	BAD("one of several, the end of it", SSI_WIRE_EARG, DATA,
	    .flags = SSI_MF_ENDS | SSI_MF_AHEAD, .arg = SSI_PERM_SHARED,
	    .length = 4096),
	BAD("an upgrade of a lonely page, ended", SSI_WIRE_EARG, GRANT,
	    .flags = SSI_MF_ENDS, .arg = SSI_GRANT_UPGRADE),
	BAD("an upgrade with two acks, ended", SSI_WIRE_EARG, GRANT,
	    .flags = SSI_MF_ENDS, .arg = SSI_GRANT_UPGRADE, .acks = 2),
	BAD("a page to keep, ended", SSI_WIRE_EARG, GRANT, .acks = 1,
	    .flags = SSI_MF_ENDS, .arg = SSI_GRANT_KEEP),
	BAD("a refusal, ended", SSI_WIRE_EARG, GRANT, .acks = 1,
	    .flags = SSI_MF_ENDS, .arg = SSI_GRANT_RETRY),
	BAD("an end of a range", SSI_WIRE_EFLAGS, RANGE,
	    .flags = SSI_MF_ENDS, .length = 64),
	BAD("an end of an acknowledgment", SSI_WIRE_EFLAGS, INVALIDATED,
	    .flags = SSI_MF_ENDS),
	BAD("a refusal with a body", SSI_WIRE_ELENGTH, DATA, .length = 4096),
	BAD("HELLO without body", SSI_WIRE_ELENGTH, HELLO, .flags = 0),
	BAD("RANGE cut short", SSI_WIRE_ELENGTH, RANGE, .length = 63),
	BAD("REGION_NEW too long", SSI_WIRE_ELENGTH, REGION_NEW, .length = 57),
	BAD("reserved bytes", SSI_WIRE_ERESERVED, GET_READ, .reserved = 1),
};

START_TEST(wire_check__refuses_each_breach)
{
	struct ssi_wire_hdr hdr = malformed[_i].hdr;

	hdr.magic = htole16(hdr.magic);
	hdr.acks = htole16(hdr.acks);
	hdr.arg = htole32(hdr.arg);
	hdr.length = htole32(hdr.length);
	hdr.reserved = htole32(hdr.reserved);
	ck_assert_msg(ssi_wire_check(&hdr) == malformed[_i].error, "%s: %s",
		      malformed[_i].what,
		      ssi_wire_error_name(ssi_wire_check(&hdr)));
	ck_assert(!is_legal(&hdr));
}
END_TEST

#define FUZZ_SEED 0x55142026cafef00dull
#define FUZZ_HEADERS 1000000

static u64 next_random(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/*
 * Random bytes alone never get past the magic number: half of the headers are
 * legal ones of which a few bytes were changed.
 */
static void random_header(struct ssi_wire_hdr *hdr, u64 *state)
{
	const struct kind *kind;
	unsigned int i;
	u64 bits;

	for (i = 0; i < sizeof(*hdr); i += sizeof(bits)) {
		bits = next_random(state);
		memcpy((u8 *)hdr + i, &bits, sizeof(bits));
	}
	bits = next_random(state);
	if (bits & 1)
		return;
	kind = &kinds[(bits >> 8) % ARRAY_SIZE(kinds)];
	*hdr = legal_header(kind, bits >> 16 & kind->flags,
			    bits >> 24 & kind->arg_max & 3);
	for (i = bits >> 32 & 3; i; i--) {
		bits = next_random(state);
		((u8 *)hdr)[bits % sizeof(*hdr)] = (u8)(bits >> 8);
	}
}

/* On the heap: a read beyond the header is a read that ASan sees. */
START_TEST(wire_check__random_bytes)
{
	struct ssi_wire_hdr *hdr = malloc(sizeof(*hdr));
	u64 state = FUZZ_SEED;
	unsigned int i, legal = 0;
	bool ok;

	ck_assert_ptr_nonnull(hdr);
	for (i = 0; i < FUZZ_HEADERS; i++) {
		random_header(hdr, &state);
		ok = ssi_wire_check(hdr) == SSI_WIRE_OK;
		legal += ok;
		ck_assert_msg(ok == is_legal(hdr), "header %u of seed %llx", i,
			      (unsigned long long)FUZZ_SEED);
		if (ok)
			ck_assert_uint_le(le32toh(hdr->length), SSI_PAGE_SIZE);
	}
	printf("wire: seed %llx: %u of %u headers are legal\n",
	       (unsigned long long)FUZZ_SEED, legal, i);
	ck_assert_uint_gt(legal, 0);
	free(hdr);
}
END_TEST

/* ---- ssi_wire_error_name() ---- */

START_TEST(wire_error_name__of_anything)
{
	unsigned int i;

	for (i = 0; i < SSI_WIRE_ERROR_MAX; i++)
		ck_assert_ptr_nonnull(ssi_wire_error_name(i));
	ck_assert_str_eq(ssi_wire_error_name(SSI_WIRE_ERROR_MAX),
			 "unknown error");
}
END_TEST

/* ---- ssi_wire_hello_check() ---- */

static struct ssi_wire_hello hello(void)
{
	return (struct ssi_wire_hello){
		.protocol = htole32(SSI_WIRE_PROTOCOL),
		.page_size = htole32(4096), .chunk_pages = htole32(512),
		.channel = htole32(1), .share = htole64(1ull << 34),
		.reserve = htole64(1ull << 34),
	};
}

START_TEST(wire_hello_check__accepts)
{
	struct ssi_wire_hello body = hello();

	ck_assert_ptr_null(ssi_wire_hello_check(&body, 1));
	body.share = 0;
	ck_assert_ptr_null(ssi_wire_hello_check(&body, 1));
}
END_TEST

START_TEST(wire_hello_check__refuses)
{
	struct ssi_wire_hello body = hello();

	ck_assert_str_eq(ssi_wire_hello_check(&body, 0), "another channel");
	body.protocol = htole32(SSI_WIRE_PROTOCOL + 1);
	ck_assert_str_eq(ssi_wire_hello_check(&body, 1),
			 "another protocol version");
	body = hello();
	body.page_size = htole32(65536);
	ck_assert_str_eq(ssi_wire_hello_check(&body, 1),
			 "another page or chunk size");
	body = hello();
	body.chunk_pages = htole32(1);
	ck_assert_str_eq(ssi_wire_hello_check(&body, 1),
			 "another page or chunk size");
	body = hello();
	body.share = htole64((1ull << 34) + 1);
	ck_assert_str_eq(ssi_wire_hello_check(&body, 1),
			 "more memory than there is");
	body = hello();
	body.reserve = ~0ull;
	ck_assert_str_eq(ssi_wire_hello_check(&body, 1),
			 "more memory than there is");
}
END_TEST

/* ---- ssi_wire_name_check() ---- */

START_TEST(wire_name_check__of_names)
{
	static const char *const good[] = { "a", "Z9", "0", "_", "r0.b-c_d" };
	static const char *const bad[] = {
		"", "-a", ".a", "a b", "a/b", "a\n", "\033[2J", "\xc3\xa4",
		"a\"b", "%s",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		ck_assert(ssi_wire_name_check(good[i]));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert(!ssi_wire_name_check(bad[i]));
}
END_TEST

/* ---- ssi_wire_region_check() ---- */

static struct ssi_wire_region region(void)
{
	return (struct ssi_wire_region){
		.name = "r0", .pages = htole64(1), .members = htole64(2 | 4),
		.authority = htole32(1),
	};
}

START_TEST(wire_region_check__accepts)
{
	struct ssi_wire_region body = region();

	ck_assert(ssi_wire_region_check(&body));
	memset(body.name, 'x', sizeof(body.name) - 1);
	body.pages = htole64(0xfffffe00);
	body.members = htole64(1ull << 63);
	body.authority = htole32(63);
	body.uid = body.gid = htole32(0xfffffffe);
	body.mode = htole32(0777);
	ck_assert(ssi_wire_region_check(&body));
}
END_TEST

START_TEST(wire_region_check__refuses)
{
	struct ssi_wire_region body = region();

	body.name[0] = 0;
	ck_assert(!ssi_wire_region_check(&body));
	body = region();
	memset(body.name, 'x', sizeof(body.name));
	ck_assert(!ssi_wire_region_check(&body));
	body = region();
	body.name[1] = '\n';
	ck_assert(!ssi_wire_region_check(&body));
	body = region();
	body.pages = 0;
	ck_assert(!ssi_wire_region_check(&body));
	/* One page more, and rounding up to whole chunks wraps. */
	body.pages = htole64(0xfffffe01);
	ck_assert(!ssi_wire_region_check(&body));
	body.pages = htole64(0x100000000ull);
	ck_assert(!ssi_wire_region_check(&body));
	body = region();
	body.authority = htole32(64);
	ck_assert(!ssi_wire_region_check(&body));
	body.authority = 0;
	ck_assert(!ssi_wire_region_check(&body));
	body = region();
	body.uid = htole32(0xffffffff);
	ck_assert(!ssi_wire_region_check(&body));
	body = region();
	body.gid = htole32(0xffffffff);
	ck_assert(!ssi_wire_region_check(&body));
	body = region();
	body.mode = htole32(01000);
	ck_assert(!ssi_wire_region_check(&body));
}
END_TEST

/* ---- ssi_wire_change_check() ---- */

static struct ssi_wire_change change(void)
{
	return (struct ssi_wire_change){
		.members = htole64(2 | 4), .dead = htole64(8),
		.leaving = htole64(16), .authority = htole32(2),
	};
}

START_TEST(wire_change_check__accepts)
{
	struct ssi_wire_change body = change();

	ck_assert(ssi_wire_change_check(&body));
	body.dead = 0;
	body.leaving = 0;
	ck_assert(ssi_wire_change_check(&body));
}
END_TEST

START_TEST(wire_change_check__refuses)
{
	struct ssi_wire_change body = change();

	body.members = 0;
	ck_assert(!ssi_wire_change_check(&body));
	body = change();
	body.dead = htole64(4);
	ck_assert(!ssi_wire_change_check(&body));
	body = change();
	body.leaving = htole64(2);
	ck_assert(!ssi_wire_change_check(&body));
	body = change();
	body.authority = htole32(3);
	ck_assert(!ssi_wire_change_check(&body));
	body.authority = htole32(64);
	ck_assert(!ssi_wire_change_check(&body));
	body = change();
	body.reserved = htole32(1);
	ck_assert(!ssi_wire_change_check(&body));
}
END_TEST

/* ---- ssi_wire_range_has(), ssi_wire_range_add() ---- */

START_TEST(wire_range__has_what_was_added)
{
	struct ssi_wire_range range = {};
	u32 i;

	ssi_wire_range_add(&range, 0);
	ssi_wire_range_add(&range, 100);
	ssi_wire_range_add(&range, 511);
	for (i = 0; i < SSI_CHUNK_PAGES; i++)
		ck_assert(ssi_wire_range_has(&range, i) ==
			  (i == 0 || i == 100 || i == 511));
	ck_assert(range.map[1] == htole64(1ull << 36));
}
END_TEST

/* ---- ssi_seq_before() ---- */

START_TEST(seq_before__wraps)
{
	ck_assert(ssi_seq_before(1, 2));
	ck_assert(!ssi_seq_before(2, 1));
	ck_assert(!ssi_seq_before(7, 7));
	ck_assert(ssi_seq_before(0xffffffff, 0));
	ck_assert(ssi_seq_before(0xfffffff0, 0x10));
	ck_assert(!ssi_seq_before(0x10, 0xfffffff0));
}
END_TEST

/* ---- ssi_wire_ahead_check(), ssi_wire_ahead_find() ---- */

static const struct {
	bool good;
	u8 type;
	u32 page;
	u64 pages, sole, blank;
	s32 stride;
	u32 reserved;
} aheads[] = {
	{ true, SSI_MSG_GET_AHEAD, 0, ~0ull, 0, 0, 1, 0 },
	{ true, SSI_MSG_GET_AHEAD, 448, ~0ull, 0, 0, 1, 0 },
	{ true, SSI_MSG_FWD_AHEAD, 511, ~0ull, 0, 0, -8, 0 },
	{ true, SSI_MSG_GET_AHEAD, 511, 1, 0, 0, 511, 0 },
	{ true, SSI_MSG_GET_AHEAD, 0xfffffdff, 1, 0, 0, 1, 0 },
	{ true, SSI_MSG_AHEAD, 5, 7, 3, 6, 1, 0 },
	{ true, SSI_MSG_AHEAD, 5, 0, 0, 0, 1, 0 },
	{ true, SSI_MSG_DONE_AHEAD, 5, 7, 4, 0, 1, 0 },
	/* Nothing is asked for, or something of the next chunk. */
	{ false, SSI_MSG_GET_AHEAD, 0, 0, 0, 0, 1, 0 },
	{ false, SSI_MSG_GET_AHEAD, 449, ~0ull, 0, 0, 1, 0 },
	{ false, SSI_MSG_FWD_AHEAD, 1024, 2, 0, 0, -1, 0 },
	{ false, SSI_MSG_GET_AHEAD, 0, 2, 0, 0, -1, 0 },
	{ false, SSI_MSG_GET_AHEAD, 0xffffffff, 2, 0, 0, 1, 0 },
	/* All the same page, or pages of another chunk each. */
	{ false, SSI_MSG_GET_AHEAD, 0, 3, 0, 0, 0, 0 },
	{ false, SSI_MSG_AHEAD, 0, 1, 0, 0, 512, 0 },
	{ false, SSI_MSG_AHEAD, 0, 1, 0, 0, -512, 0 },
	{ false, SSI_MSG_AHEAD, 0, 1, 0, 0, INT32_MIN, 0 },
	/* What is said of pages that are not among them, or not there. */
	{ false, SSI_MSG_AHEAD, 0, 1, 2, 0, 1, 0 },
	{ false, SSI_MSG_AHEAD, 0, 1, 0, 2, 1, 0 },
	{ false, SSI_MSG_GET_AHEAD, 0, 1, 1, 0, 1, 0 },
	{ false, SSI_MSG_DONE_AHEAD, 0, 1, 0, 1, 1, 0 },
	{ false, SSI_MSG_AHEAD, 0, 1, 0, 0, 1, 1 },
};

START_TEST(wire_ahead_check__of_pages)
{
	struct ssi_wire_hdr hdr = {
		.type = aheads[_i].type, .page = htole32(aheads[_i].page),
	};
	struct ssi_wire_ahead body = {
		.pages = htole64(aheads[_i].pages),
		.sole = htole64(aheads[_i].sole),
		.blank = htole64(aheads[_i].blank),
		.stride = htole32((u32)aheads[_i].stride),
		.reserved = htole32(aheads[_i].reserved),
	};

	ck_assert_int_eq(ssi_wire_ahead_check(&hdr, &body), aheads[_i].good);
}
END_TEST

START_TEST(wire_ahead_find__finds_those_and_no_others)
{
	static const s32 strides[] = { 1, 3, -2 };
	struct ssi_wire_ahead body = {
		.pages = htole64(0x8000000000000405ull),
		.stride = htole32((u32)strides[_i]),
	};
	unsigned int n, found = 0;
	u32 page;

	for (n = 0; n < 64; n++) {
		page = ssi_wire_ahead_page(&body, 300, n);
		ck_assert_int_eq(ssi_wire_ahead_find(&body, 300, page),
				 n == 0 || n == 2 || n == 10 || n == 63 ?
				 (int)n : -1);
	}
	for (page = 0; page < 1000; page++)
		found += ssi_wire_ahead_find(&body, 300, page) >= 0;
	ck_assert_uint_eq(found, 4);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wire");
	TCase *tcase = tcase_create("wire");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, wire_layout__sizes_and_offsets);
	tcase_add_test(tcase, wire_layout__bodies_fit_a_small_message);
	tcase_add_test(tcase, msg_class__of_every_type);
	tcase_add_test(tcase, msg_name__of_anything);
	tcase_add_test(tcase, wire_check__accepts_every_legal_header);
	tcase_add_loop_test(tcase, wire_check__refuses_each_breach, 0,
			    ARRAY_SIZE(malformed));
	tcase_add_test(tcase, wire_check__random_bytes);
	tcase_add_test(tcase, wire_error_name__of_anything);
	tcase_add_test(tcase, wire_hello_check__accepts);
	tcase_add_test(tcase, wire_hello_check__refuses);
	tcase_add_test(tcase, wire_name_check__of_names);
	tcase_add_test(tcase, wire_region_check__accepts);
	tcase_add_test(tcase, wire_region_check__refuses);
	tcase_add_test(tcase, wire_change_check__accepts);
	tcase_add_test(tcase, wire_change_check__refuses);
	tcase_add_test(tcase, wire_range__has_what_was_added);
	tcase_add_loop_test(tcase, wire_ahead_check__of_pages, 0,
			    ARRAY_SIZE(aheads));
	tcase_add_loop_test(tcase, wire_ahead_find__finds_those_and_no_others,
			    0, 3);
	tcase_add_test(tcase, seq_before__wraps);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
