// SPDX-License-Identifier: Apache-2.0
#include "hello.h"

#include <endian.h>
#include <stddef.h>
#include <string.h>

#define HELLO_MAGIC   0x48495353u /* "SSIH" on the wire */
#define VERDICT_MAGIC 0x56495353u /* "SSIV" on the wire */

/* Little-endian. @magic and @version keep their place in every later version. */
struct wire_hello {
	uint32_t magic;
	uint16_t version;
	uint8_t channel;
	uint8_t plain;
	uint32_t protocol;
	uint32_t page_bytes;
	uint32_t chunk_bytes;
	uint32_t from;
	uint32_t to;
	uint32_t reserved0;
	uint64_t features;
	uint8_t incarnation[SSI_MEM_INCARNATION_LEN];
	uint64_t reserved1;
};

struct wire_verdict {
	uint32_t magic;
	uint16_t version;
	uint16_t code;
};

_Static_assert(sizeof(struct wire_hello) == SSI_HELLO_BYTES, "hello size");
_Static_assert(offsetof(struct wire_hello, from) == 20, "hello layout");
_Static_assert(offsetof(struct wire_hello, features) == 32, "hello layout");
_Static_assert(offsetof(struct wire_hello, incarnation) == 40, "hello layout");
_Static_assert(sizeof(struct wire_verdict) == SSI_VERDICT_BYTES, "verdict size");

void ssi_hello_encode(const struct ssi_hello *hello, uint8_t *wire)
{
	struct wire_hello w = {
		.magic = htole32(HELLO_MAGIC),
		.version = htole16(SSI_HELLO_VERSION),
		.channel = hello->channel,
		.plain = hello->plain,
		.protocol = htole32(hello->protocol),
		.page_bytes = htole32(hello->page_bytes),
		.chunk_bytes = htole32(hello->chunk_bytes),
		.from = htole32(hello->from),
		.to = htole32(hello->to),
		.features = htole64(hello->features),
	};

	memcpy(w.incarnation, hello->incarnation, sizeof(w.incarnation));
	memcpy(wire, &w, sizeof(w));
}

static bool well_formed(const struct wire_hello *w)
{
	static const uint8_t no_life[SSI_MEM_INCARNATION_LEN];

	return w->channel <= SSI_MEM_CHANNEL_DATA && w->plain <= 1 &&
	       le32toh(w->from) <= SSI_MEM_NODE_ID_MAX &&
	       le32toh(w->to) <= SSI_MEM_NODE_ID_MAX &&
	       w->reserved0 == 0 && w->reserved1 == 0 &&
	       memcmp(w->incarnation, no_life, sizeof(no_life)) != 0;
}

enum ssi_verdict ssi_hello_decode(const uint8_t *wire, struct ssi_hello *hello)
{
	struct wire_hello w;

	memset(hello, 0, sizeof(*hello));
	memcpy(&w, wire, sizeof(w));
	if (le32toh(w.magic) != HELLO_MAGIC)
		return SSI_VERDICT_MALFORMED;
	if (le16toh(w.version) != SSI_HELLO_VERSION)
		return SSI_VERDICT_VERSION;
	if (!well_formed(&w))
		return SSI_VERDICT_MALFORMED;
	hello->protocol = le32toh(w.protocol);
	hello->page_bytes = le32toh(w.page_bytes);
	hello->chunk_bytes = le32toh(w.chunk_bytes);
	hello->channel = w.channel;
	hello->plain = w.plain;
	hello->features = le64toh(w.features);
	hello->from = le32toh(w.from);
	hello->to = le32toh(w.to);
	memcpy(hello->incarnation, w.incarnation, sizeof(hello->incarnation));
	return SSI_VERDICT_OK;
}

enum ssi_verdict ssi_hello_judge(const struct ssi_hello *mine, const struct ssi_hello *theirs)
{
	if (mine->protocol != theirs->protocol)
		return SSI_VERDICT_PROTOCOL;
	if (mine->page_bytes != theirs->page_bytes || mine->chunk_bytes != theirs->chunk_bytes)
		return SSI_VERDICT_GEOMETRY;
	/*
	 * The secret is the same in both directions, so a third party could
	 * connect a node with itself. The ids inside TLS are what stops that.
	 */
	if (mine->from == theirs->from)
		return SSI_VERDICT_SAME_ID;
	if (mine->from != theirs->to || mine->to != theirs->from)
		return SSI_VERDICT_WRONG_ID;
	if (mine->plain != theirs->plain)
		return SSI_VERDICT_MODE;
	if (mine->channel != theirs->channel)
		return SSI_VERDICT_CHANNEL;
	return SSI_VERDICT_OK;
}

bool ssi_hello_dial_back(const struct ssi_hello *mine, const struct ssi_hello *theirs,
			 uint64_t listed)
{
	return mine->from < theirs->from && (listed >> theirs->from & 1);
}

void ssi_verdict_encode(enum ssi_verdict verdict, uint8_t *wire)
{
	struct wire_verdict w = {
		.magic = htole32(VERDICT_MAGIC),
		.version = htole16(SSI_HELLO_VERSION),
		.code = htole16(verdict),
	};

	memcpy(wire, &w, sizeof(w));
}

unsigned int ssi_verdict_decode(const uint8_t *wire)
{
	struct wire_verdict w;

	/* No test of the version: a refusal for its sake must be readable. */
	memcpy(&w, wire, sizeof(w));
	if (le32toh(w.magic) != VERDICT_MAGIC)
		return SSI_VERDICT_MALFORMED;
	return le16toh(w.code);
}

const char *ssi_verdict_text(unsigned int verdict)
{
	static const char *const text[SSI_VERDICT_COUNT] = {
		[SSI_VERDICT_OK] = "accepted",
		[SSI_VERDICT_MALFORMED] = "malformed hello",
		[SSI_VERDICT_VERSION] = "the two ends have different versions of ssictl",
		[SSI_VERDICT_PROTOCOL] = "the two ends have ssi_mem modules of different protocols",
		[SSI_VERDICT_GEOMETRY] = "the two ends have pages or chunks of different sizes",
		[SSI_VERDICT_SAME_ID] = "both ends have the same node id; every node needs its own",
		[SSI_VERDICT_WRONG_ID] = "another node answers at this address than --peer names",
		[SSI_VERDICT_MODE] = "one end runs with --plain and the other without",
		[SSI_VERDICT_CHANNEL] = "the two ends name different channels",
		[SSI_VERDICT_DIAL_BACK] = "both ends list each other; the lower node id dials",
		[SSI_VERDICT_ID_TAKEN] =
			"another node with this id is connected; every node needs its own",
		[SSI_VERDICT_NOT_HOLDER] = "the certificate is for another node than the hello",
	};

	return verdict < SSI_VERDICT_COUNT ? text[verdict] : "a reason of a later version";
}
