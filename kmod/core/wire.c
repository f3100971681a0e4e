// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * The messages as a table: class, legal flags, body length, argument range.
 * Everything that arrives passes ssi_wire_check() before anyone looks at it.
 */
#include "core/wire.h"

#define ANY_ARG 0xffffffffu
/* As far as errno values go. */
#define ERROR_MAX 4095u

const struct ssi_msg_kind ssi_msg_kinds[SSI_MSG_MAX] = {
	[SSI_MSG_HELLO]	       = { "hello", SSI_CLASS_SESSION, 0,
				   sizeof(struct ssi_wire_hello), 0 },
	[SSI_MSG_ACK]	       = { "ack", SSI_CLASS_SESSION, 0, 0, 0 },
	[SSI_MSG_GET_READ]     = { "get-read", SSI_CLASS_REQUEST, 0, 0, 0 },
	[SSI_MSG_GET_WRITE]    = { "get-write", SSI_CLASS_REQUEST,
				   SSI_MF_HAVE_COPY, 0, 0 },
	[SSI_MSG_EVICT]	       = { "evict", SSI_CLASS_REQUEST, 0, 0,
				   SSI_NODES_MAX - 1 },
	[SSI_MSG_FWD_READ]     = { "fwd-read", SSI_CLASS_FORWARD, 0, 0, 0 },
	[SSI_MSG_FWD_WRITE]    = { "fwd-write", SSI_CLASS_FORWARD, 0, 0, 0 },
	[SSI_MSG_FWD_EVICT]    = { "fwd-evict", SSI_CLASS_FORWARD, 0, 0,
				   SSI_NODES_MAX - 1 },
	[SSI_MSG_INVALIDATE]   = { "invalidate", SSI_CLASS_FORWARD, 0, 0, 0 },
	[SSI_MSG_DATA]	       = { "data", SSI_CLASS_REPLY,
				   SSI_MF_ZERO | SSI_MF_EVICT | SSI_MF_BLANK |
				   SSI_MF_AHEAD | SSI_MF_ENDS, SSI_PAGE_SIZE,
				   SSI_PERM_MAX - 1 },
	[SSI_MSG_GRANT]	       = { "grant", SSI_CLASS_REPLY, SSI_MF_ENDS, 0,
				   SSI_GRANT_MAX - 1 },
	[SSI_MSG_RANGE]	       = { "range", SSI_CLASS_REPLY, 0,
				   sizeof(struct ssi_wire_range), 0 },
	[SSI_MSG_INVALIDATED]  = { "invalidated", SSI_CLASS_REPLY, 0, 0, 0 },
	[SSI_MSG_DONE]	       = { "done", SSI_CLASS_REPLY, 0, 0,
				   SSI_PERM_MAX - 1 },
	[SSI_MSG_RESERVE]      = { "reserve", SSI_CLASS_MANAGE, SSI_MF_RETURN,
				   0, ANY_ARG },
	[SSI_MSG_ROOM]	       = { "room", SSI_CLASS_MANAGE, 0, 0, ANY_ARG },
	[SSI_MSG_REGION_NEW]   = { "region-new", SSI_CLASS_MANAGE,
				   SSI_MF_JOINING,
				   sizeof(struct ssi_wire_region), 0 },
	[SSI_MSG_REGION_DEL]   = { "region-del", SSI_CLASS_MANAGE, 0, 0,
				   SSI_REGION_PHASE_MAX - 1 },
	[SSI_MSG_REGION_REPLY] = { "region-reply", SSI_CLASS_MANAGE, 0, 0,
				   ERROR_MAX },
	[SSI_MSG_LEAVE]	       = { "leave", SSI_CLASS_MANAGE, 0, 0, 0 },
	[SSI_MSG_RECORD]       = { "record", SSI_CLASS_FORWARD, 0,
				   sizeof(struct ssi_wire_range), 0 },
	[SSI_MSG_CHANGE]       = { "change", SSI_CLASS_MANAGE, SSI_MF_LOSSY,
				   sizeof(struct ssi_wire_change),
				   SSI_CHANGE_MAX - 1 },
	[SSI_MSG_REPORT]       = { "report", SSI_CLASS_MANAGE, 0,
				   sizeof(struct ssi_wire_range),
				   SSI_REPORT_MAX - 1 },
	[SSI_MSG_ADOPT]	       = { "adopt", SSI_CLASS_MANAGE, 0, 0, 0 },
	[SSI_MSG_FORGET]       = { "forget", SSI_CLASS_MANAGE, 0, 0,
				   SSI_NODES_MAX - 1 },
	[SSI_MSG_GET_AHEAD]    = { "get-ahead", SSI_CLASS_REQUEST, SSI_MF_OWN,
				   sizeof(struct ssi_wire_ahead), 0 },
	[SSI_MSG_FWD_AHEAD]    = { "fwd-ahead", SSI_CLASS_FORWARD, SSI_MF_OWN,
				   sizeof(struct ssi_wire_ahead), 0 },
	[SSI_MSG_AHEAD]	       = { "ahead", SSI_CLASS_REPLY, 0,
				   sizeof(struct ssi_wire_ahead), 0 },
	[SSI_MSG_DONE_AHEAD]   = { "done-ahead", SSI_CLASS_REPLY, 0,
				   sizeof(struct ssi_wire_ahead), 0 },
};

static_assert(sizeof(struct ssi_wire_hdr) == 64, "header is 64 bytes");
static_assert(offsetof(struct ssi_wire_hdr, txn) == 32, "txn is aligned");
static_assert(sizeof(struct ssi_wire_hello) == 48, "hello is 48 bytes");
static_assert(sizeof(struct ssi_wire_region) == 64, "region is 64 bytes");
static_assert(sizeof(struct ssi_wire_range) == 64, "range is 64 bytes");
static_assert(sizeof(struct ssi_wire_change) == 32, "change is 32 bytes");
static_assert(sizeof(struct ssi_wire_ahead) == 32, "ahead is 32 bytes");

static bool type_is_known(u8 type)
{
	return type < SSI_MSG_MAX && ssi_msg_kinds[type].name;
}

/**
 * ssi_msg_name() - the name of a message type, for people
 * @type: enum ssi_msg_type, or anything
 *
 * Return: a constant string.
 */
const char *ssi_msg_name(u8 type)
{
	return type_is_known(type) ? ssi_msg_kinds[type].name : "unknown";
}

/* DATA travels without a body where there is nothing to carry. */
static u32 expected_length(const struct ssi_wire_hdr *hdr)
{
	if (hdr->type == SSI_MSG_DATA &&
	    ((hdr->flags & (SSI_MF_ZERO | SSI_MF_BLANK)) ||
	     le32_to_cpu(hdr->arg) == SSI_PERM_NONE))
		return 0;
	return ssi_msg_kinds[hdr->type].length;
}

/*
 * An evicted page comes owned, and was touched; who did not write a page has no
 * sharers of it; only an eviction leaves copies behind when ownership moves; what
 * does not come has no content; and what is asked for ahead comes, or is not sent.
 */
static bool data_fits(const struct ssi_wire_hdr *hdr)
{
	u32 perm = le32_to_cpu(hdr->arg);

	if (hdr->flags & SSI_MF_AHEAD &&
	    (hdr->flags != SSI_MF_AHEAD || perm == SSI_PERM_NONE))
		return false;
	if (hdr->flags & SSI_MF_BLANK &&
	    (hdr->flags & SSI_MF_ZERO || perm == SSI_PERM_NONE))
		return false;
	if (hdr->flags & SSI_MF_EVICT)
		return !(hdr->flags & SSI_MF_ZERO) && perm >= SSI_PERM_OWNED;
	if (hdr->flags & SSI_MF_ZERO)
		return perm == SSI_PERM_SOLE;
	return perm != SSI_PERM_OWNED;
}

/*
 * Who says that no DONE is owed has sent all that belongs to it, or will on the same
 * channel: the page alone, or the right to write and the end of one's own copy.
 */
static bool end_fits(const struct ssi_wire_hdr *hdr)
{
	u16 acks = le16_to_cpu(hdr->acks);

	if (hdr->type == SSI_MSG_GRANT)
		return le32_to_cpu(hdr->arg) == SSI_GRANT_UPGRADE && acks == 1;
	return !(hdr->flags & (SSI_MF_EVICT | SSI_MF_AHEAD)) && !acks;
}

static bool may_end(const struct ssi_wire_hdr *hdr)
{
	return hdr->flags & SSI_MF_ENDS &&
	       (hdr->type == SSI_MSG_DATA || hdr->type == SSI_MSG_GRANT);
}

/**
 * ssi_wire_check() - may this header be believed?
 * @hdr: bytes from a peer
 *
 * Checks what the header alone can tell: the state of pages and regions is
 * checked by those who know them.
 *
 * Return: SSI_WIRE_OK, or what is wrong.
 */
enum ssi_wire_error ssi_wire_check(const struct ssi_wire_hdr *hdr)
{
	const struct ssi_msg_kind *kind;

	if (le16_to_cpu(hdr->magic) != SSI_WIRE_MAGIC)
		return SSI_WIRE_EMAGIC;
	if (!type_is_known(hdr->type))
		return SSI_WIRE_ETYPE;
	kind = &ssi_msg_kinds[hdr->type];
	if (hdr->flags & ~kind->flags)
		return SSI_WIRE_EFLAGS;
	if (hdr->from >= SSI_NODES_MAX || hdr->requester >= SSI_NODES_MAX ||
	    le16_to_cpu(hdr->acks) > SSI_NODES_MAX)
		return SSI_WIRE_ENODE;
	if (kind->arg_max != ANY_ARG && le32_to_cpu(hdr->arg) > kind->arg_max)
		return SSI_WIRE_EARG;
	if (hdr->type == SSI_MSG_DATA && !data_fits(hdr))
		return SSI_WIRE_EARG;
	if (may_end(hdr) && !end_fits(hdr))
		return SSI_WIRE_EARG;
	if (le32_to_cpu(hdr->length) != expected_length(hdr))
		return SSI_WIRE_ELENGTH;
	if (hdr->reserved)
		return SSI_WIRE_ERESERVED;
	return SSI_WIRE_OK;
}

/**
 * ssi_wire_error_name() - say what ssi_wire_check() found
 * @error: its result
 *
 * Return: a constant string.
 */
const char *ssi_wire_error_name(enum ssi_wire_error error)
{
	static const char *const names[SSI_WIRE_ERROR_MAX] = {
		[SSI_WIRE_OK]	     = "no error",
		[SSI_WIRE_EMAGIC]    = "bad magic",
		[SSI_WIRE_ETYPE]     = "unknown type",
		[SSI_WIRE_EFLAGS]    = "flag not of this type",
		[SSI_WIRE_ELENGTH]   = "wrong length",
		[SSI_WIRE_ENODE]     = "node id out of range",
		[SSI_WIRE_EARG]	     = "argument out of range",
		[SSI_WIRE_ERESERVED] = "reserved bytes in use",
	};

	return error < SSI_WIRE_ERROR_MAX ? names[error] : "unknown error";
}

/**
 * ssi_wire_hello_check() - does a peer speak as we do?
 * @hello:   of the peer
 * @channel: that it came on
 *
 * Return: NULL, or what it speaks of instead.
 */
const char *ssi_wire_hello_check(const struct ssi_wire_hello *hello,
				 u32 channel)
{
	if (le32_to_cpu(hello->protocol) != SSI_WIRE_PROTOCOL)
		return "another protocol version";
	if (le32_to_cpu(hello->page_size) != SSI_PAGE_SIZE ||
	    le32_to_cpu(hello->chunk_pages) != SSI_CHUNK_PAGES)
		return "another page or chunk size";
	if (le32_to_cpu(hello->channel) != channel)
		return "another channel";
	if (le64_to_cpu(hello->share) > SSI_SHARE_PAGES_MAX ||
	    le64_to_cpu(hello->reserve) > SSI_SHARE_PAGES_MAX)
		return "more memory than there is";
	return NULL;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/**
 * ssi_wire_name_check() - can this be the name of a node or a region?
 * @name: zero terminated
 *
 * A name is shown, logged and typed: no surprises in it.
 *
 * Return: true when it can.
 */
bool ssi_wire_name_check(const char *name)
{
	unsigned int i;

	for (i = 0; name[i]; i++) {
		if (!is_name_char(name[i]))
			return false;
	}
	return i && name[0] != '-' && name[0] != '.';
}

/**
 * ssi_wire_region_check() - is this a region that can be?
 * @body: body of a REGION_NEW
 *
 * Return: true when name, size, owner, mode and members make sense.
 */
bool ssi_wire_region_check(const struct ssi_wire_region *body)
{
	u64 pages = le64_to_cpu(body->pages);
	u32 authority = le32_to_cpu(body->authority);

	if (body->name[sizeof(body->name) - 1] ||
	    !ssi_wire_name_check(body->name))
		return false;
	if (!pages || pages > SSI_REGION_PAGES_MAX)
		return false;
	/* The last number stands for nobody. */
	if (le32_to_cpu(body->uid) == ~0u || le32_to_cpu(body->gid) == ~0u ||
	    le32_to_cpu(body->mode) > 0777)
		return false;
	if (authority >= SSI_NODES_MAX)
		return false;
	return le64_to_cpu(body->members) >> authority & 1;
}

/**
 * ssi_wire_change_check() - is this a change of members that can be?
 * @body: body of a CHANGE
 *
 * Return: true when somebody stays, and nobody stays who goes.
 */
bool ssi_wire_change_check(const struct ssi_wire_change *body)
{
	u64 members = le64_to_cpu(body->members);
	u32 authority = le32_to_cpu(body->authority);

	if (members & (le64_to_cpu(body->dead) | le64_to_cpu(body->leaving)))
		return false;
	if (authority >= SSI_NODES_MAX || body->reserved)
		return false;
	return members >> authority & 1;
}

/* All up to the last page are of one chunk. */
static bool is_of_chunk(s64 page, s64 stride, u64 pages)
{
	s64 last = page + (fls64(pages) - 1) * stride;

	return last >= 0 && last / SSI_CHUNK_PAGES == page / SSI_CHUNK_PAGES;
}

/**
 * ssi_wire_ahead_check() - are these pages that can be?
 * @hdr:  of GET_AHEAD, FWD_AHEAD, AHEAD or DONE_AHEAD
 * @body: of it
 *
 * Return: true when all pages are of the chunk of the first, and what is said of
 * some is said of pages that are among them.
 */
bool ssi_wire_ahead_check(const struct ssi_wire_hdr *hdr,
			  const struct ssi_wire_ahead *body)
{
	s64 stride = (s32)le32_to_cpu(body->stride);
	u64 pages = le64_to_cpu(body->pages);
	u64 kinds = le64_to_cpu(body->sole) | le64_to_cpu(body->blank);

	if (!stride || stride >= (s64)SSI_CHUNK_PAGES ||
	    -stride >= (s64)SSI_CHUNK_PAGES || kinds & ~pages || body->reserved)
		return false;
	if (hdr->type != SSI_MSG_AHEAD && body->blank)
		return false;
	if (hdr->type == SSI_MSG_GET_AHEAD || hdr->type == SSI_MSG_FWD_AHEAD)
		return pages && !body->sole &&
		       is_of_chunk(le32_to_cpu(hdr->page), stride, pages);
	return true;
}

/**
 * ssi_wire_ahead_find() - which of some pages is this?
 * @body:  passed ssi_wire_ahead_check()
 * @first: the header's page
 * @page:  page index
 *
 * Return: its number, or -1 when it is not among them.
 */
int ssi_wire_ahead_find(const struct ssi_wire_ahead *body, u32 first, u32 page)
{
	s32 stride = (s32)le32_to_cpu(body->stride);
	s64 n = ((s64)page - first) / stride;

	if (n < 0 || n >= SSI_AHEAD_MAX || first + n * stride != page)
		return -1;
	return le64_to_cpu(body->pages) >> n & 1 ? (int)n : -1;
}
