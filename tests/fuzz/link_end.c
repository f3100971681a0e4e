// SPDX-License-Identifier: Apache-2.0
#include "link_end.h"

/* A message under way, or one that begins to come. */
struct piece {
	struct ssi_msg msg;
	struct end *end;
	enum ssi_mem_channel channel;
	unsigned int serial;
	u8 body[];
};

static struct end *end_of(struct ssi_link *link)
{
	return container_of(link, struct end, link);
}

static enum ssi_mem_channel channel_of(const struct ssi_wire_hdr *hdr)
{
	return ssi_msg_is_bulk(hdr) ? SSI_MEM_CHANNEL_DATA : SSI_MEM_CHANNEL_CTL;
}

/* ---- sending ---- */

struct ssi_wire_hdr message_header(enum ssi_mem_channel channel, u8 type,
				   unsigned int serial)
{
	static const u8 lengths[SSI_MSG_MAX] = {
		[SSI_MSG_RANGE] = 64, [SSI_MSG_RECORD] = 64,
		[SSI_MSG_REPORT] = 64, [SSI_MSG_REGION_NEW] = 64,
		[SSI_MSG_CHANGE] = 32, [SSI_MSG_GET_AHEAD] = 32,
		[SSI_MSG_FWD_AHEAD] = 32, [SSI_MSG_AHEAD] = 32,
		[SSI_MSG_DONE_AHEAD] = 32,
	};
	u32 some = (serial + 1) * 2654435761u;
	struct ssi_wire_hdr hdr = {
		.type = type, .requester = some % SSI_NODES_MAX,
		.acks = cpu_to_le16(some >> 8 & 31), .epoch = cpu_to_le32(some),
		.region = cpu_to_le32(~some), .generation = cpu_to_le32(some >> 3),
		.page = cpu_to_le32(some >> 5), .txn = cpu_to_le64(serial),
		.version = cpu_to_le16(some >> 7 & 0xffff),
		.length = cpu_to_le32(lengths[type]),
	};

	if (type == SSI_MSG_DATA) {
		hdr.arg = cpu_to_le32(SSI_PERM_SOLE);
		hdr.flags = channel == SSI_MEM_CHANNEL_DATA ? SSI_MF_AHEAD :
			    serial % 3 ? 0 : SSI_MF_ZERO;
		hdr.length = cpu_to_le32(hdr.flags == SSI_MF_ZERO ? 0 :
								    SSI_PAGE_SIZE);
	}
	return hdr;
}

const u8 *message_body(unsigned int serial)
{
	static u8 bytes[SSI_PAGE_SIZE + MESSAGES_MAX];
	unsigned int i;

	for (i = 0; !bytes[1] && i < sizeof(bytes); i++)
		bytes[i] = (u8)(i * i >> 4 ^ (i + 4) >> 1 ^ i >> 7);
	return bytes + serial % MESSAGES_MAX;
}

static void release(struct ssi_msg *msg)
{
	struct piece *piece = container_of(msg, struct piece, msg);
	struct end *end = piece->end;

	/* In order, each once. */
	must(piece->serial == end->released[piece->channel]++);
	must(piece->serial < end->sent[piece->channel]);
	kfree(piece);
}

/* Pages on the data channel, all the others on the other one. */
static u8 type_of(const struct end *end, u8 random)
{
	u8 type = SSI_MSG_GET_READ +
		  random / 2 % (SSI_MSG_MAX - SSI_MSG_GET_READ);

	if (random & 1)
		return random % 16 == 15 ? SSI_MSG_AHEAD : SSI_MSG_DATA;
	/* A node sends itself no pages. */
	if (type == SSI_MSG_DATA && end->link.self == end->link.peer)
		return SSI_MSG_GRANT;
	return type == SSI_MSG_AHEAD ? SSI_MSG_GRANT : type;
}

bool end_send(struct end *end, u8 random, unsigned int how)
{
	static void (*const ways[])(struct ssi_link *link, struct ssi_msg *msg) = {
		ssi_link_send, ssi_link_post, ssi_link_post_later, ssi_link_post,
	};
	u8 type = type_of(end, random);
	enum ssi_mem_channel channel = random & 1 ? SSI_MEM_CHANNEL_DATA :
						    SSI_MEM_CHANNEL_CTL;
	unsigned int serial = end->sent[channel];
	struct ssi_wire_hdr hdr;
	struct piece *piece;
	u32 length;

	if (serial == MESSAGES_MAX)
		return false;
	end->types[channel][end->sent[channel]++] = type;
	hdr = message_header(channel, type, serial);
	length = le32_to_cpu(hdr.length);
	piece = kzalloc(sizeof(*piece) + length, 0);
	piece->end = end;
	piece->channel = channel;
	piece->serial = serial;
	piece->msg.hdr = hdr;
	memcpy(piece->body, message_body(serial), length);
	piece->msg.body = length ? piece->body : NULL;
	piece->msg.length = length;
	piece->msg.release = release;
	ways[how % ARRAY_SIZE(ways)](&end->link, &piece->msg);
	return true;
}

/* ---- receiving ---- */

static int on_hello(struct ssi_link *link, enum ssi_mem_channel channel,
		    const struct ssi_wire_hello *hello)
{
	(void)link;
	return ssi_wire_hello_check(hello, channel) ? -EPROTO : 0;
}

/* Every other body has a place of its exact size. */
static int on_begin(struct ssi_link *link, const struct ssi_wire_hdr *hdr,
		    void **body, void **cookie)
{
	struct end *end = end_of(link);
	u32 length = le32_to_cpu(hdr->length);

	must(ssi_wire_check(hdr) == SSI_WIRE_OK);
	must(hdr->from == link->peer);
	must(ssi_msg_class(hdr->type) != SSI_CLASS_SESSION);
	if (end->starves)
		return -ENOMEM;
	*cookie = kmalloc(length + 1, 0);
	if (length && le64_to_cpu(hdr->txn) & 1)
		*body = *cookie;
	return 0;
}

static void on_end(struct ssi_link *link, const struct ssi_wire_hdr *hdr,
		   void *body, void *cookie)
{
	must(cookie);
	end_received(end_of(link), channel_of(hdr), hdr, body);
	end_of(link)->received[channel_of(hdr)]++;
	kfree(cookie);
}

static void on_abort(struct ssi_link *link, void *cookie)
{
	(void)link;
	kfree(cookie);
}

static void on_note(struct ssi_link *link, const struct ssi_wire_hdr *hdr)
{
	must(hdr->from == link->peer);
}

static void on_starved(struct ssi_link *link, enum ssi_mem_channel channel)
{
	(void)channel;
	end_of(link)->starves = false;
}

static void on_changed(struct ssi_link *link, enum ssi_mem_channel channel,
		       const char *why)
{
	(void)link;
	must(channel < SSI_CHANNELS && (!why || *why));
}

static void on_count(struct ssi_link *link, unsigned int stat, u32 more)
{
	must(more);
	if (stat == SSI_MEM_S_MALFORMED)
		end_of(link)->malformed++;
}

static u32 on_room(struct ssi_link *link)
{
	return link->self * 1000u;
}

const struct ssi_link_user end_user = {
	.hello = on_hello,
	.begin = on_begin,
	.end = on_end,
	.abort = on_abort,
	.note = on_note,
	.starved = on_starved,
	.changed = on_changed,
	.count = on_count,
	.room = on_room,
};

void end_init(struct end *end, u8 self, u8 peer)
{
	static struct workqueue_struct queue;
	const struct ssi_wire_hello hello = {
		.incarnation = { self },
		.protocol = cpu_to_le32(SSI_WIRE_PROTOCOL),
		.page_size = cpu_to_le32(SSI_PAGE_SIZE),
		.chunk_pages = cpu_to_le32(SSI_CHUNK_PAGES),
	};

	memset(end, 0, sizeof(*end));
	ssi_link_init(&end->link, &end_user, self, peer, &queue, &hello);
}
