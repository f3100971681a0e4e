// SPDX-License-Identifier: Apache-2.0
/* What goes wrong below the protocol: bytes, headers, HELLO, sequence. */
#include "badpeer.h"

#include <stdlib.h>
#include <unistd.h>
#include <sys/socket.h>

#define CTL 0u
#define DATA 1u

static struct peer *victim(void)
{
	return peer_of(VICTIM);
}

/* ---- bytes ---- */

static void garbage(void)
{
	u8 bytes[64];

	memset(bytes, 0xa5, sizeof(bytes));
	link_connect(victim(), CTL);
	send_bytes(victim(), CTL, bytes, sizeof(bytes));
}

static void half_header_and_close(void)
{
	struct ssi_wire_hdr hdr = head(SSI_MSG_RESERVE);
	u32 seq = victim()->chan[CTL].tx_seq;

	stamp(victim(), CTL, &hdr);
	send_bytes(victim(), CTL, &hdr, sizeof(hdr) / 2);
	link_close(victim(), CTL);
	link_up(victim());
	if (victim()->chan[CTL].tx_seq != seq)
		fail("half a header counts as a message");
}

static void half_header_and_silence(void)
{
	struct ssi_wire_hdr hdr = head(SSI_MSG_RESERVE);
	struct msg msg;

	stamp(victim(), CTL, &hdr);
	send_bytes(victim(), CTL, &hdr, sizeof(hdr) / 2);
	expect_none(VICTIM, SSI_MSG_ROOM);
	send_bytes(victim(), CTL, (u8 *)&hdr + sizeof(hdr) / 2,
		   sizeof(hdr) / 2);
	expect(VICTIM, SSI_MSG_ROOM, &msg);
}

/* ---- HELLO ---- */

static void no_hello(void)
{
	struct ssi_wire_hdr hdr = head(SSI_MSG_RESERVE);

	link_connect(victim(), CTL);
	send_msg(victim(), &hdr, NULL);
}

static void send_hello(const struct ssi_wire_hello *hello, u32 ack)
{
	struct ssi_wire_hdr hdr = {
		.type = SSI_MSG_HELLO,
		.length = cpu_to_le32(sizeof(*hello)),
	};
	struct {
		struct ssi_wire_hdr hdr;
		struct ssi_wire_hello hello;
	} whole;

	link_connect(victim(), CTL);
	stamp(victim(), CTL, &hdr);
	hdr.ack = cpu_to_le32(ack);
	whole.hdr = hdr;
	whole.hello = *hello;
	send_bytes(victim(), CTL, &whole, sizeof(whole));
}

#define HELLO_CASE(name, field, value)					\
static void name(void)							\
{									\
	struct ssi_wire_hello hello = our_hello(CTL);			\
									\
	hello.field = value;						\
	send_hello(&hello, victim()->chan[CTL].rx_seq);			\
}

HELLO_CASE(hello_protocol, protocol, cpu_to_le32(SSI_WIRE_PROTOCOL + 1))
HELLO_CASE(hello_page_size, page_size, cpu_to_le32(65536))
HELLO_CASE(hello_chunk, chunk_pages, cpu_to_le32(1))
HELLO_CASE(hello_channel, channel, cpu_to_le32(DATA))
HELLO_CASE(hello_no_channel, channel, cpu_to_le32(0xffffffff))
HELLO_CASE(hello_share, share, cpu_to_le64(~0ull))
HELLO_CASE(hello_reserve, reserve, cpu_to_le64(~0ull))
HELLO_CASE(hello_incarnation, incarnation[0], hello.incarnation[0] ^ 1)

static void hello_ack_ahead(void)
{
	struct ssi_wire_hello hello = our_hello(CTL);

	send_hello(&hello, victim()->chan[CTL].rx_seq + 1000);
}

static void hello_ack_behind(void)
{
	struct ssi_wire_hello hello = our_hello(CTL);

	/* There is something to be behind of. */
	ping(victim());
	ping(victim());
	await_acked(victim(), CTL);
	send_hello(&hello, 1);
}

static void hello_twice(void)
{
	link_hello(victim(), CTL);
}

/* ---- headers ---- */

#define HEADER_CASE(name, kind, field, value)				\
static void name(void)							\
{									\
	struct ssi_wire_hdr hdr = head(kind);				\
									\
	stamp(victim(), CTL, &hdr);					\
	hdr.field = value;						\
	send_bytes(victim(), CTL, &hdr, sizeof(hdr));			\
}

HEADER_CASE(bad_magic, SSI_MSG_RESERVE, magic, cpu_to_le16(0x5354))
HEADER_CASE(bad_type, SSI_MSG_RESERVE, type, 255)
HEADER_CASE(no_type, SSI_MSG_RESERVE, type, 0)
HEADER_CASE(bad_flags, SSI_MSG_RESERVE, flags, 0x80)
HEADER_CASE(bad_length, SSI_MSG_RESERVE, length, cpu_to_le32(1))
HEADER_CASE(huge_length, SSI_MSG_RESERVE, length, cpu_to_le32(0xffffffff))
HEADER_CASE(bad_requester, SSI_MSG_GET_READ, requester, 64)
HEADER_CASE(bad_acks, SSI_MSG_GRANT, acks, cpu_to_le16(65))
HEADER_CASE(bad_grant, SSI_MSG_GRANT, arg, cpu_to_le32(0x7fffffff))
HEADER_CASE(bad_end, SSI_MSG_GRANT, flags, SSI_MF_ENDS)
HEADER_CASE(bad_perm, SSI_MSG_DONE, arg, cpu_to_le32(0x7fffffff))
HEADER_CASE(bad_phase, SSI_MSG_REGION_DEL, arg, cpu_to_le32(0x7fffffff))
HEADER_CASE(bad_error, SSI_MSG_REGION_REPLY, arg, cpu_to_le32(0x80000000))
HEADER_CASE(bad_reserved, SSI_MSG_RESERVE, reserved, cpu_to_le32(1))
HEADER_CASE(wrong_sender, SSI_MSG_RESERVE, from, OTHER)
HEADER_CASE(sequence_gap, SSI_MSG_RESERVE, seq,
	    cpu_to_le32(victim()->chan[CTL].tx_seq))
HEADER_CASE(ack_ahead, SSI_MSG_ACK, ack,
	    cpu_to_le32(victim()->chan[CTL].rx_seq + 1000))
HEADER_CASE(ack_far_ahead, SSI_MSG_ACK, ack,
	    cpu_to_le32(victim()->chan[CTL].rx_seq + 0x7fffffff))

static void duplicates(void)
{
	struct counters before = victim_counters(VICTIM);
	struct ssi_wire_hdr hdr = head(SSI_MSG_RESERVE);
	struct msg msg;
	int i;

	stamp(victim(), CTL, &hdr);
	for (i = 0; i < 100; i++)
		send_bytes(victim(), CTL, &hdr, sizeof(hdr));
	expect(VICTIM, SSI_MSG_ROOM, &msg);
	expect_none(VICTIM, SSI_MSG_ROOM);
	if (victim_counters(VICTIM).duplicates != before.duplicates + 99)
		fail("99 duplicates were not counted");
}

/*
 * Acknowledge what the victim has queued, but can not have sent: we have not
 * read, so its socket is full.
 */
static void ack_unsent(void)
{
	struct ssi_wire_hdr hdr = head(SSI_MSG_RESERVE), ack;
	int64_t end = ssi_handshake_now() + patience_ms;
	const unsigned int count = 6000;
	unsigned int i;
	int small = 2048;

	link_close(victim(), CTL);
	link_up(victim());
	setsockopt(victim()->chan[CTL].fd, SOL_SOCKET, SO_RCVBUF, &small,
		   sizeof(small));
	for (i = 0; i < count; i++)
		send_msg(victim(), &hdr, NULL);
	while (victim_unacked(VICTIM) < count && ssi_handshake_now() < end)
		usleep(10000);
	ack = head(SSI_MSG_ACK);
	stamp(victim(), CTL, &ack);
	ack.ack = cpu_to_le32(victim()->chan[CTL].rx_seq + count);
	send_bytes(victim(), CTL, &ack, sizeof(ack));
}

static void data_on_control(void)
{
	struct ssi_wire_hdr hdr = about(SSI_MSG_AHEAD, 0);

	hdr.length = cpu_to_le32(sizeof(struct ssi_wire_ahead));
	send_on(victim(), CTL, &hdr, NULL);
}

static void control_on_data(void)
{
	struct ssi_wire_hdr hdr = about(SSI_MSG_GET_READ, 0);

	send_on(victim(), DATA, &hdr, NULL);
	if (!is_broken(victim(), DATA, patience_ms))
		fail("the data channel is not broken");
	link_up(victim());
}

const struct test_case session_cases[] = {
	{ "random bytes", garbage, true, 1, 0 },
	{ "half a header, then the end", half_header_and_close, false, 0, 0 },
	{ "half a header, then silence", half_header_and_silence, false, 0, 0 },
	{ "no HELLO", no_hello, true, 1, 0 },
	{ "HELLO of another protocol", hello_protocol, true, 1, 0 },
	{ "HELLO of another page size", hello_page_size, true, 1, 0 },
	{ "HELLO of another chunk size", hello_chunk, true, 1, 0 },
	{ "HELLO of the other channel", hello_channel, true, 1, 0 },
	{ "HELLO of no channel", hello_no_channel, true, 1, 0 },
	{ "HELLO with a share that can not be", hello_share, true, 1, 0 },
	{ "HELLO with such a reserve", hello_reserve, true, 1, 0 },
	{ "HELLO of another incarnation", hello_incarnation, true, 1, 0 },
	{ "HELLO that acknowledges too much", hello_ack_ahead, true, 1, 0 },
	{ "HELLO that takes back", hello_ack_behind, true, 1, 0 },
	{ "HELLO a second time", hello_twice, true, 1, 0 },
	{ "another magic", bad_magic, true, 1, 0 },
	{ "an unknown type", bad_type, true, 1, 0 },
	{ "type zero", no_type, true, 1, 0 },
	{ "an unknown flag", bad_flags, true, 1, 0 },
	{ "a body that the type has not", bad_length, true, 1, 0 },
	{ "4 GiB of body", huge_length, true, 1, 0 },
	{ "requester 64", bad_requester, true, 1, 0 },
	{ "65 acknowledgments to come", bad_acks, true, 1, 0 },
	{ "an unknown grant", bad_grant, true, 1, 0 },
	{ "an end of no upgrade", bad_end, true, 1, 0 },
	{ "an unknown permission", bad_perm, true, 1, 0 },
	{ "an unknown phase", bad_phase, true, 1, 0 },
	{ "an error that is none", bad_error, true, 1, 0 },
	{ "reserved bytes", bad_reserved, true, 1, 0 },
	{ "another node's id as sender", wrong_sender, true, 1, 0 },
	{ "a gap in the sequence", sequence_gap, true, 1, 0 },
	{ "an acknowledgment too far", ack_ahead, true, 1, 0 },
	{ "an acknowledgment much too far", ack_far_ahead, true, 1, 0 },
	{ "a hundred times the same", duplicates, false, 0, 0 },
	{ "an acknowledgment of what was not sent", ack_unsent, true, 1, 0 },
	{ "pages ahead on the control channel", data_on_control, true, 1, 0 },
	{ "a request on the data channel", control_on_data, false, 1, 0 },
	{ NULL, NULL, false, 0, 0 },
};

bool is_hurried(const struct test_case *test)
{
	return test->run == ack_unsent;
}
