// SPDX-License-Identifier: Apache-2.0
/*
 * kmod/link.c and kmod/xport_tcp.c: two honest ends and a network that the input
 * makes. Sockets carry bytes in any pieces, end at any byte and are made anew;
 * workers and timers run in any order; memory is short. Every message comes once,
 * in order and as it was sent, and its sender keeps it until then.
 *
 * In every other input it is a node's link to itself, by kmod/xport_loop.c.
 */
#include "link_end.h"

#define STEPS_MAX 2000

static struct end ends[2];
/* ends[0] is the link of a node to itself. */
static bool alone;

static struct end *other(struct end *end)
{
	return alone ? end : &ends[end == &ends[0]];
}

void end_received(struct end *end, enum ssi_mem_channel channel,
		  const struct ssi_wire_hdr *hdr, const u8 *body)
{
	struct end *from = other(end);
	unsigned int serial = end->received[channel];
	struct ssi_wire_hdr sent;

	must(serial < from->sent[channel]);
	must(from->released[channel] <= serial);
	sent = message_header(channel, from->types[channel][serial], serial);
	/* What the session has filled in. */
	sent.magic = cpu_to_le16(SSI_WIRE_MAGIC);
	sent.from = from->link.self;
	sent.seq = cpu_to_le32(serial + 1);
	sent.ack = hdr->ack;
	sent.credit = hdr->credit;
	sent.room = cpu_to_le32(from->link.self * 1000u);
	must(!memcmp(&sent, hdr, sizeof(sent)));
	must(le32_to_cpu(hdr->credit) <= (u32)atomic_read(&from->link.credit));
	must(!memcmp(body, message_body(serial), le32_to_cpu(hdr->length)));
}

/* Each end gets its socket when it gets it; here, one right after the other. */
static void connect_ends(unsigned int first, enum ssi_mem_channel channel, bool tls)
{
	struct socket *socks[2];
	unsigned int i;

	make_sockets(socks, tls);
	for (i = 0; i < 2; i++)
		must(ssi_link_attach_tcp(&ends[(first + i) % 2].link, channel,
					 socks[i], tls) == 0);
	must(!locks_held);
}

/*
 * On another CPU, before the sender goes on: what it has sent comes, and the
 * acknowledgment of that comes back. Workers that close wait for the sender.
 */
static void overtake(void)
{
	unsigned int i;

	meanwhile = NULL;
	for (i = 0; i < 8; i++) {
		let_come(i, SIZE_MAX);
		run_timer(0);
		run_this_work(&ends[i & 1].link.chans[i >> 1 & 1].tx_tasklet.work);
		run_this_work(&ends[i & 1].link.chans[i >> 1 & 1].tx_work);
	}
}

static void step(struct input *in)
{
	u8 op = in_u8(in), random = in_u8(in);
	struct end *end = &ends[alone ? 0 : op >> 4 & 1];

	switch (op & 15) {
	case 0: case 1: case 2:
		/* A node sends itself no pages. */
		end_send(end, alone ? random & ~1 : random, op >> 5);
		break;
	case 3:
		if (!alone)
			connect_ends(op >> 4 & 1, random & 1, random & 2);
		break;
	case 4:
		cut(random >> 1, random & 1 ? ECONNRESET : 0);
		break;
	case 5:
		end->starves = true;
		break;
	case 6:
		ssi_link_give_credit(&end->link);
		break;
	case 7:
		if (random & 1)
			meanwhile = overtake;
		else
			run_timer(random);
		break;
	case 8: case 9: case 10: case 11:
		run_work(random);
		break;
	default:
		/* Bytes, or all of them. */
		let_come(random & 7, random & 0x80 ? SIZE_MAX : random);
	}
	must(!locks_held);
}

/* Let everything come to its end over two sockets that last. */
static void settle(void)
{
	unsigned int i, quiet;

	if (!alone) {
		connect_ends(0, SSI_MEM_CHANNEL_CTL, false);
		connect_ends(1, SSI_MEM_CHANNEL_DATA, true);
	}
	for (i = 0, quiet = 0; quiet < 12; i++) {
		must(i < 100000);
		quiet = wires_are_busy() ? 0 : quiet + 1;
		while (run_work(0))
			quiet = 0;
		let_come(i, SIZE_MAX);
		run_timer(0);
	}
}

/* What came was sent; and all of it, while no socket was lost with what it carried. */
static void check_bytes(const struct end *from, const struct end *to, unsigned int c)
{
	const struct ssi_chan *sender = &from->link.chans[c];
	u64 received = to->link.chans[c].received_bytes;

	must(received >= from->sent[c] * sizeof(struct ssi_wire_hdr));
	must(received <= sender->sent_bytes);
	if (sender->sockets <= 1)
		must(received == sender->sent_bytes);
}

static void check_all(struct end *from)
{
	const struct end *to = other(from);
	unsigned int c;

	for (c = 0; c < SSI_CHANNELS; c++) {
		must(to->received[c] == from->sent[c]);
		must(from->released[c] == from->sent[c]);
		must(!from->link.chans[c].unacked);
		check_bytes(from, to, c);
		must(alone || from->link.chans[c].state == SSI_MEM_LINK_STATE_UP);
	}
	must(!from->malformed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	unsigned int i, before;

	must(ssi_link_setup() == 0);
	before = pieces;
	alone = in_u8(&in) & 1;
	end_init(&ends[0], 1, alone ? 1 : 2);
	end_init(&ends[1], 2, 1);
	if (alone)
		must(ssi_link_attach_loop(&ends[0].link) == 0);
	for (i = 0; in.left && i < STEPS_MAX; i++)
		step(&in);
	meanwhile = NULL;
	settle();
	for (i = 0; i < 2 - (unsigned int)alone; i++)
		check_all(&ends[i]);
	for (i = 0; i < 2; i++)
		ssi_link_close(&ends[i].link);
	must(all_is_over() && pieces == before);
	ssi_link_cleanup();
	return 0;
}
