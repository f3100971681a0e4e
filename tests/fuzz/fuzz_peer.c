// SPDX-License-Identifier: Apache-2.0
/*
 * kmod/link.c and kmod/xport_tcp.c: a link whose peer sends whatever it likes,
 * in whatever pieces. What comes through is what a peer may send, in its order; a
 * message that is refused has changed nothing; and nothing is let go of that the
 * peer has not acknowledged.
 */
#include "link_end.h"

#define STEPS_MAX 2000

/**
 * struct mouth - our end of a channel
 * @sock:     the socket, NULL without one
 * @greeted:  its HELLO was believed
 * @messages: that came through, on all sockets
 * @told:     the most that we have acknowledged
 */
struct mouth {
	struct socket *sock;
	bool greeted;
	u32 messages;
	u32 told;
};

static struct end end;
static struct mouth mouths[SSI_CHANNELS];

/* ---- between the link and its transport ---- */

struct ssi_xport *__real_ssi_xport_tcp_create(struct socket *sock, bool tls,
					      const struct ssi_xport_user *user,
					      void *ctx);
struct ssi_xport *__wrap_ssi_xport_tcp_create(struct socket *sock, bool tls,
					      const struct ssi_xport_user *user,
					      void *ctx);

static const struct ssi_xport_user *link_user;

/* But for its words about it. */
static void must_be_same(struct ssi_chan *before, const struct ssi_chan *chan)
{
	before->refusal = chan->refusal;
	before->rx_cookie = chan->rx_cookie;
	must(!memcmp(before, chan, sizeof(*before)));
}

static int rx_begin(void *ctx, const struct ssi_wire_hdr *hdr, void **body)
{
	struct ssi_chan *chan = ctx;
	struct mouth *mouth = &mouths[chan->channel];
	struct ssi_chan before;
	int ret;

	memcpy(&before, chan, sizeof(*chan));
	ret = link_user->rx_begin(ctx, hdr, body);
	if (ret == -EPROTO)
		must_be_same(&before, chan);
	if (ret)
		return ret;
	must(ssi_wire_check(hdr) == SSI_WIRE_OK && hdr->from == 2);
	must((hdr->type == SSI_MSG_HELLO) == !mouth->greeted);
	/* It may only land where there is room for all of it. */
	must(le32_to_cpu(hdr->length) <= SSI_PAGE_SIZE);
	return 0;
}

static int rx_end(void *ctx, const struct ssi_wire_hdr *hdr, void *body)
{
	struct ssi_chan *chan = ctx;
	struct mouth *mouth = &mouths[chan->channel];
	u32 ack = le32_to_cpu(hdr->ack), told = mouth->told;
	struct ssi_chan before;
	int ret;

	memcpy(&before, chan, sizeof(*chan));
	/* Messages are let go of within the call. */
	if (ssi_seq_before(told, ack))
		mouth->told = ack;
	ret = link_user->rx_end(ctx, hdr, body);
	if (ret) {
		mouth->told = told;
		must_be_same(&before, chan);
		return ret;
	}
	if (hdr->type == SSI_MSG_HELLO)
		mouth->greeted = true;
	must(chan->rx_seq == mouth->messages + 1);
	must(!ssi_seq_before(mouth->told, chan->tx_acked));
	/* Nobody can have what was not made yet. */
	must(!ssi_seq_before(chan->tx_seq, chan->tx_acked));
	return 0;
}

struct ssi_xport *__wrap_ssi_xport_tcp_create(struct socket *sock, bool tls,
					      const struct ssi_xport_user *user,
					      void *ctx)
{
	static struct ssi_xport_user wrapped;

	link_user = user;
	wrapped = *user;
	wrapped.rx_begin = rx_begin;
	wrapped.rx_end = rx_end;
	return __real_ssi_xport_tcp_create(sock, tls, &wrapped, ctx);
}

void end_received(struct end *to, enum ssi_mem_channel channel,
		  const struct ssi_wire_hdr *hdr, const u8 *body)
{
	struct mouth *mouth = &mouths[channel];
	u32 i, sum = 0;

	(void)to;
	must(mouth->greeted);
	must(le32_to_cpu(hdr->seq) == ++mouth->messages);
	must(ssi_msg_is_bulk(hdr) == (channel == SSI_MEM_CHANNEL_DATA));
	/* All of it can be read. */
	for (i = 0; i < le32_to_cpu(hdr->length); i++)
		sum += body[i];
	(void)READ_ONCE(sum);
}

/* ---- what the peer does ---- */

static void hang_up(struct mouth *mouth)
{
	if (!mouth->sock)
		return;
	sockfd_put(mouth->sock);
	mouth->sock = NULL;
}

static void call(enum ssi_mem_channel channel, bool tls)
{
	struct mouth *mouth = &mouths[channel];
	struct socket *socks[2];

	hang_up(mouth);
	make_sockets(socks, tls);
	mouth->sock = socks[1];
	mouth->greeted = false;
	must(ssi_link_attach_tcp(&end.link, channel, socks[0], tls) == 0);
	must(!locks_held);
}

static void say(struct mouth *mouth, const void *bytes, size_t size)
{
	struct msghdr msg = { 0 };
	struct kvec vec = { (void *)bytes, size };

	if (!mouth->sock)
		return;
	kernel_sendmsg(mouth->sock, &msg, &vec, 1, size);
	/* Whatever we are told is not of interest. */
	mouth->sock->sk->sent = 0;
	mouth->sock->sk->come = 0;
}

/* A HELLO or another message, right but for what the input changes of it. */
static void say_message(enum ssi_mem_channel channel, struct input *in, u8 random)
{
	const struct ssi_chan *chan = &end.link.chans[channel];
	struct mouth *mouth = &mouths[channel];
	struct {
		struct ssi_wire_hdr hdr;
		u8 body[SSI_PAGE_SIZE];
	} msg;
	struct ssi_wire_hello hello = {
		.protocol = cpu_to_le32(SSI_WIRE_PROTOCOL),
		.page_size = cpu_to_le32(SSI_PAGE_SIZE),
		.chunk_pages = cpu_to_le32(SSI_CHUNK_PAGES),
		.channel = cpu_to_le32(channel),
	};
	u8 type = channel == SSI_MEM_CHANNEL_DATA ? SSI_MSG_DATA :
		  1 + random % (SSI_MSG_MAX - 1);
	u8 where, what;

	memset(&msg, 0, sizeof(msg));
	if (!mouth->greeted || random == 0xff)
		type = SSI_MSG_HELLO;
	if (type == SSI_MSG_HELLO || type == SSI_MSG_ACK) {
		msg.hdr.type = type;
		msg.hdr.length = cpu_to_le32(type == SSI_MSG_HELLO ? sizeof(hello) : 0);
		memcpy(msg.body, &hello, type == SSI_MSG_HELLO ? sizeof(hello) : 0);
	} else {
		msg.hdr = message_header(channel, type, random);
	}
	msg.hdr.magic = cpu_to_le16(SSI_WIRE_MAGIC);
	msg.hdr.from = 2;
	msg.hdr.seq = cpu_to_le32(chan->rx_seq);
	msg.hdr.ack = cpu_to_le32(chan->tx_acked);
	/* So many bytes are not what they should be. */
	for (what = in_u8(in) % 4; what; what--) {
		where = in_u8(in) % (sizeof(msg.hdr) + sizeof(hello));
		((u8 *)&msg)[where] += in_u8(in);
	}
	what = in_u8(in);
	say(mouth, &msg, sizeof(msg.hdr) +
	    (what & 1 ? what : le32_to_cpu(msg.hdr.length) % (SSI_PAGE_SIZE + 1)));
}

static void say_anything(enum ssi_mem_channel channel, struct input *in, u8 random)
{
	u8 bytes[256];

	in_bytes(in, bytes, random);
	say(&mouths[channel], bytes, random);
}

static void step(struct input *in)
{
	u8 op = in_u8(in), random = in_u8(in);
	enum ssi_mem_channel channel = op >> 4 & 1;

	switch (op & 15) {
	case 0:
		end_send(&end, random, op >> 5);
		break;
	case 1:
		call(channel, random & 1);
		break;
	case 2:
		hang_up(&mouths[channel]);
		break;
	case 3:
		end.starves = true;
		break;
	case 4:
		run_timer(random);
		break;
	case 5: case 6:
		run_work(random);
		break;
	case 7:
		say_anything(channel, in, random);
		break;
	case 8: case 9: case 10: case 11:
		say_message(channel, in, random);
		break;
	case 12:
		cut(random >> 1, random & 1 ? ECONNRESET : 0);
		break;
	default:
		let_come(random & 3, random & 0x80 ? SIZE_MAX : random);
	}
	must(!locks_held);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	unsigned int i, before;

	must(ssi_link_setup() == 0);
	before = pieces;
	end_init(&end, 1, 2);
	memset(mouths, 0, sizeof(mouths));
	for (i = 0; i < SSI_CHANNELS; i++) {
		mouths[i].told = 1;
		call(i, size & 1);
	}
	for (i = 0; in.left && i < STEPS_MAX; i++)
		step(&in);
	/* Whatever it has done, the link can be closed, and all is gone. */
	ssi_link_close(&end.link);
	for (i = 0; i < SSI_CHANNELS; i++) {
		must(end.released[i] == end.sent[i]);
		hang_up(&mouths[i]);
	}
	must(all_is_over() && pieces == before);
	ssi_link_cleanup();
	return 0;
}
