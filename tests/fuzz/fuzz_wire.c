// SPDX-License-Identifier: Apache-2.0
/*
 * kmod/core/wire.c: a header and a body from a peer. What passes the checks is
 * what the rest of the module counts on without looking again.
 */
#include "core/wire.h"
#include "fuzz.h"

#define NODES_MAX 64

static bool is_session(const struct ssi_wire_hdr *hdr)
{
	return hdr->type == SSI_MSG_HELLO || hdr->type == SSI_MSG_ACK;
}

/* Bodies land in a page, in a job, or in the session. */
static void check_length(const struct ssi_wire_hdr *hdr)
{
	uint32_t length = le32toh(hdr->length);

	if (hdr->type == SSI_MSG_DATA)
		must(length == 0 || length == 4096);
	else
		must(length <= (is_session(hdr) ? 4096 : 64));
}

static void check_data(const struct ssi_wire_hdr *hdr)
{
	uint32_t perm = le32toh(hdr->arg);

	must(perm < SSI_PERM_MAX);
	/* No bytes: it is a word for zeroes, or a refusal. */
	must(!hdr->length == (hdr->flags & (SSI_MF_ZERO | SSI_MF_BLANK) ||
			      perm == SSI_PERM_NONE));
	if (hdr->flags & SSI_MF_EVICT)
		must(!(hdr->flags & SSI_MF_ZERO) && perm >= SSI_PERM_OWNED);
	if (hdr->flags & SSI_MF_AHEAD)
		must(hdr->length && !(hdr->flags & SSI_MF_EVICT));
	if (hdr->flags & SSI_MF_BLANK)
		must(!(hdr->flags & SSI_MF_ZERO) && perm != SSI_PERM_NONE);
	/* Who owes no DONE waits for nobody, and the page took the same channel. */
	if (hdr->flags & SSI_MF_ENDS)
		must(!hdr->acks && !ssi_msg_is_bulk(hdr));
}

static void check_grant(const struct ssi_wire_hdr *hdr)
{
	must(le32toh(hdr->arg) < SSI_GRANT_MAX);
	if (hdr->flags & SSI_MF_ENDS)
		must(le32toh(hdr->arg) == SSI_GRANT_UPGRADE &&
		     le16toh(hdr->acks) == 1);
}

static void check_header(const struct ssi_wire_hdr *hdr)
{
	must(le16toh(hdr->magic) == 0x5353);
	must(hdr->type > 0 && hdr->type < SSI_MSG_MAX);
	must(strcmp(ssi_msg_name(hdr->type), "unknown"));
	must(ssi_msg_class(hdr->type) <= SSI_CLASS_MANAGE);
	must((ssi_msg_class(hdr->type) == SSI_CLASS_SESSION) == is_session(hdr));
	must(hdr->from < NODES_MAX && hdr->requester < NODES_MAX);
	must(le16toh(hdr->acks) <= NODES_MAX);
	must(!hdr->reserved);
	check_length(hdr);
	if (hdr->type == SSI_MSG_DATA)
		check_data(hdr);
	/* Shifted by and used as an index where they land. */
	if (hdr->type == SSI_MSG_EVICT || hdr->type == SSI_MSG_FWD_EVICT ||
	    hdr->type == SSI_MSG_FORGET)
		must(le32toh(hdr->arg) < NODES_MAX);
	if (hdr->type == SSI_MSG_DONE)
		must(le32toh(hdr->arg) < SSI_PERM_MAX);
	if (hdr->type == SSI_MSG_GRANT)
		check_grant(hdr);
	if (hdr->type == SSI_MSG_CHANGE)
		must(le32toh(hdr->arg) < SSI_CHANGE_MAX);
	if (hdr->type == SSI_MSG_REPORT)
		must(le32toh(hdr->arg) < SSI_REPORT_MAX);
}

static void check_region(const struct ssi_wire_region *body)
{
	if (!ssi_wire_region_check(body))
		return;
	must(strnlen(body->name, sizeof(body->name)) < sizeof(body->name));
	must(*body->name && !strpbrk(body->name, "/ \n\"'\\%"));
	must(body->name[0] != '.' && body->name[0] != '-');
	must(le64toh(body->pages) && le64toh(body->pages) <= 0xfffffe00);
	must(le32toh(body->authority) < NODES_MAX);
	must(le64toh(body->members) >> le32toh(body->authority) & 1);
	must(!(le32toh(body->mode) & ~0777u));
	must(body->uid != 0xffffffff && body->gid != 0xffffffff);
}

static void check_change(const struct ssi_wire_change *body)
{
	uint64_t members = le64toh(body->members);

	if (!ssi_wire_change_check(body))
		return;
	must(members >> le32toh(body->authority) & 1);
	must(!(members & le64toh(body->dead)));
	must(!(members & le64toh(body->leaving)));
}

/* What passes is of one chunk, and each of its pages is found again. */
static void check_ahead(const struct ssi_wire_hdr *hdr,
			const struct ssi_wire_ahead *body)
{
	uint32_t first = le32toh(hdr->page), page;
	uint64_t pages = le64toh(body->pages);
	unsigned int n;

	if (!ssi_wire_ahead_check(hdr, body))
		return;
	must(!((le64toh(body->sole) | le64toh(body->blank)) & ~pages));
	must(body->stride);
	for (n = 0; n < SSI_AHEAD_MAX; n++) {
		page = ssi_wire_ahead_page(body, first, n);
		must((pages >> n & 1) ==
		     (ssi_wire_ahead_find(body, first, page) == (int)n) ||
		     page > UINT32_MAX - 64 * 512 || page < 64 * 512);
		if (pages >> n & 1 && (hdr->type == SSI_MSG_GET_AHEAD ||
				       hdr->type == SSI_MSG_FWD_AHEAD))
			must(page / SSI_CHUNK_PAGES == first / SSI_CHUNK_PAGES);
	}
}

static void check_hello(const struct ssi_wire_hello *body)
{
	/* Nodes' sums of these must fit. */
	if (!ssi_wire_hello_check(body, 0) || !ssi_wire_hello_check(body, 1))
		must(le64toh(body->share) <= UINT64_MAX / 64 / 4096 &&
		     le64toh(body->reserve) <= UINT64_MAX / 64 / 4096);
	must(ssi_wire_hello_check(body, 0) || ssi_wire_hello_check(body, 1));
}

static void check_range(struct ssi_wire_range *body, unsigned int i)
{
	struct ssi_wire_range before = *body;
	unsigned int k;

	ssi_wire_range_add(body, i);
	for (k = 0; k < SSI_CHUNK_PAGES; k++)
		must(ssi_wire_range_has(body, k) ==
		     (k == i || ssi_wire_range_has(&before, k)));
}

/*
 * One byte of a header is judged by itself: put right what is refused, and it
 * must come to an end that is accepted.
 */
static void check_errors(struct ssi_wire_hdr hdr)
{
	enum ssi_wire_error error = ssi_wire_check(&hdr), last = SSI_WIRE_OK;
	int steps = 0;

	must(error < SSI_WIRE_ERROR_MAX);
	must(strcmp(ssi_wire_error_name(error), "unknown error"));
	for (; error != SSI_WIRE_OK; error = ssi_wire_check(&hdr)) {
		must(steps++ < 8 && (error != last || steps == 1));
		last = error;
		if (error == SSI_WIRE_EMAGIC)
			hdr.magic = htole16(0x5353);
		else if (error == SSI_WIRE_ETYPE)
			hdr.type = SSI_MSG_ACK;
		else if (error == SSI_WIRE_ERESERVED)
			hdr.reserved = 0;
		else if (error == SSI_WIRE_ENODE)
			hdr.from = hdr.requester = 0, hdr.acks = 0;
		else
			hdr.type = SSI_MSG_ACK, hdr.flags = 0, hdr.length = 0,
			hdr.arg = 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	union {
		struct ssi_wire_hello hello;
		struct ssi_wire_region region;
		struct ssi_wire_range range;
		struct ssi_wire_change change;
		struct ssi_wire_ahead ahead;
	} body;
	struct ssi_wire_hdr hdr, before;

	in_bytes(&in, &hdr, sizeof(hdr));
	in_bytes(&in, &body, sizeof(body));
	before = hdr;
	if (ssi_wire_check(&hdr) == SSI_WIRE_OK)
		check_header(&hdr);
	must(!memcmp(&hdr, &before, sizeof(hdr)));
	check_errors(hdr);
	check_hello(&body.hello);
	check_region(&body.region);
	check_change(&body.change);
	check_ahead(&hdr, &body.ahead);
	check_range(&body.range, in_u8(&in) * 2u);
	return 0;
}
