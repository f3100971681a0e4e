// SPDX-License-Identifier: Apache-2.0
#include "badpeer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/ssi_mem_dev.h>
#include "ssictl/secret.h"

#define PORT 7000

struct peer peers[LINKS];
u32 claimed_room;

static u8 key[SSI_SECRET_KEYLEN];
static u8 incarnation[SSI_MEM_INCARNATION_LEN];
int patience_ms = PATIENCE_MS;

void link_setup(const char *secret, const char *const *ips)
{
	const char *patience = getenv("PATIENCE");
	char why[128];
	int i, c;

	if (patience)
		patience_ms *= atoi(patience);
	if (ssi_secret_load(secret, key, why, sizeof(why)) < 0) {
		fprintf(stderr, "badpeer: %s: %s\n", secret, why);
		exit(1);
	}
	if (getrandom(incarnation, sizeof(incarnation), 0) < 0)
		die("getrandom");
	for (i = 0; i < LINKS; i++) {
		peers[i].id = VICTIM + i;
		peers[i].ip = ips[i];
		for (c = 0; c < 2; c++)
			peers[i].chan[c] = (struct chan){ -1, 1, 1, 1 };
	}
}

struct peer *peer_of(unsigned int id)
{
	return id == VICTIM || id == OTHER ? &peers[id - VICTIM] : NULL;
}

void link_close(struct peer *peer, unsigned int channel)
{
	struct chan *chan = &peer->chan[channel];

	if (chan->fd >= 0)
		close(chan->fd);
	chan->fd = -1;
}

/* In a child: a socket that it has does not close when its parent closes it. */
void link_forget(void)
{
	int i;

	for (i = 0; i < 2 * LINKS; i++)
		link_close(&peers[i / 2], i % 2);
}

static int dial(const char *ip)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(PORT),
	};
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, ip, &to.sin_addr);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		die(ip);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

/* A socket that the victim's kernel has, and no HELLO on it. */
void link_connect(struct peer *peer, unsigned int channel)
{
	struct ssi_handshake hs = {
		.dialer = true,
		.key = key,
		.deadline = ssi_handshake_now() + patience_ms,
		.mine = {
			.protocol = SSI_WIRE_PROTOCOL,
			.page_bytes = SSI_PAGE_BYTES,
			.chunk_bytes = SSI_CHUNK_BYTES,
			.channel = channel,
			.plain = true,
			.from = ME,
			.to = peer->id,
		},
	};

	link_close(peer, channel);
	memcpy(hs.mine.incarnation, incarnation, sizeof(incarnation));
	hs.fd = dial(peer->ip);
	if (ssi_handshake_run(&hs)) {
		fprintf(stderr, "badpeer: node %u: %s\n", peer->id, hs.why);
		exit(1);
	}
	peer->chan[channel].fd = hs.fd;
}

struct ssi_wire_hello our_hello(unsigned int channel)
{
	struct ssi_wire_hello hello = {
		.protocol = cpu_to_le32(SSI_WIRE_PROTOCOL),
		.page_size = cpu_to_le32(SSI_PAGE_SIZE),
		.chunk_pages = cpu_to_le32(SSI_CHUNK_PAGES),
		.channel = cpu_to_le32(channel),
		.share = cpu_to_le64(32768),
		.reserve = cpu_to_le64(1024),
	};

	memcpy(hello.incarnation, incarnation, sizeof(incarnation));
	return hello;
}

/* ---- sending ---- */

/* The victim may have broken the channel: that shows when we read. */
void send_bytes(struct peer *peer, unsigned int channel, const void *bytes,
		size_t size)
{
	int fd = peer->chan[channel].fd;
	ssize_t put;

	while (size && fd >= 0) {
		put = send(fd, bytes, size, MSG_NOSIGNAL);
		if (put < 0)
			return;
		bytes = (const char *)bytes + put;
		size -= put;
	}
}

/* What the session adds to a header. */
void stamp(struct peer *peer, unsigned int channel, struct ssi_wire_hdr *hdr)
{
	struct chan *chan = &peer->chan[channel];

	hdr->magic = cpu_to_le16(SSI_WIRE_MAGIC);
	hdr->from = ME;
	hdr->ack = cpu_to_le32(chan->rx_seq);
	hdr->credit = cpu_to_le32(peer->ended);
	hdr->room = cpu_to_le32(claimed_room);
	if (hdr->type < SSI_MSG_MAX &&
	    ssi_msg_class(hdr->type) != SSI_CLASS_SESSION)
		hdr->seq = cpu_to_le32(chan->tx_seq++);
}

void send_on(struct peer *peer, unsigned int channel,
	     struct ssi_wire_hdr *hdr, const void *body)
{
	u8 whole[sizeof(*hdr) + SSI_PAGE_SIZE];
	u32 length = body ? le32_to_cpu(hdr->length) : 0;

	stamp(peer, channel, hdr);
	memcpy(whole, hdr, sizeof(*hdr));
	if (body)
		memcpy(whole + sizeof(*hdr), body, length);
	send_bytes(peer, channel, whole, sizeof(*hdr) + length);
}

void send_msg(struct peer *peer, struct ssi_wire_hdr *hdr, const void *body)
{
	send_on(peer, ssi_msg_is_bulk(hdr), hdr, body);
}

static void send_ack(struct peer *peer, unsigned int channel)
{
	struct ssi_wire_hdr hdr = { .type = SSI_MSG_ACK };

	send_on(peer, channel, &hdr, NULL);
}

/* ---- receiving ---- */

/* Return: false when the channel broke. */
static bool read_whole(struct peer *peer, unsigned int channel, void *to,
		       size_t size)
{
	ssize_t got = recv(peer->chan[channel].fd, to, size, MSG_WAITALL);

	if (got == (ssize_t)size)
		return true;
	link_close(peer, channel);
	return false;
}

/* The victim has got what comes before its position, and no more. */
static void take_hello(struct chan *chan, const struct ssi_wire_hdr *hdr)
{
	chan->tx_seq = le32_to_cpu(hdr->ack);
}

/* Return: true when there is a message for those above the session. */
static bool read_msg(struct peer *peer, unsigned int channel, struct msg *msg)
{
	struct chan *chan = &peer->chan[channel];
	u32 length;

	if (!read_whole(peer, channel, &msg->hdr, sizeof(msg->hdr)))
		return false;
	if (ssi_wire_check(&msg->hdr) != SSI_WIRE_OK)
		die("the victim sends a malformed message");
	length = le32_to_cpu(msg->hdr.length);
	if (length && !read_whole(peer, channel, msg->body, length))
		return false;
	chan->acked = le32_to_cpu(msg->hdr.ack);
	if (msg->hdr.type == SSI_MSG_HELLO)
		take_hello(chan, &msg->hdr);
	if (ssi_msg_class(msg->hdr.type) == SSI_CLASS_SESSION ||
	    le32_to_cpu(msg->hdr.seq) != chan->rx_seq)
		return false;
	chan->rx_seq++;
	peer->ended += ssi_msg_class(msg->hdr.type) == SSI_CLASS_REQUEST;
	send_ack(peer, channel);
	return true;
}

/* In turns: one may send more than is read, for as long as others are waited for. */
static bool read_any(struct msg *msg, const struct pollfd *fds)
{
	static unsigned int last;
	unsigned int turn, i;

	for (turn = 1; turn <= 2 * LINKS; turn++) {
		i = (last + turn) % (2 * LINKS);
		if (fds[i].revents && read_msg(&peers[i / 2], i % 2, msg)) {
			last = i;
			return true;
		}
	}
	return false;
}

/* The next message from anybody; false when none came in time. */
bool receive(struct msg *msg, int timeout_ms)
{
	int64_t end = ssi_handshake_now() + timeout_ms;
	struct pollfd fds[2 * LINKS];
	int64_t left;
	int i;

	for (;;) {
		for (i = 0; i < 2 * LINKS; i++)
			fds[i] = (struct pollfd){
				.fd = peers[i / 2].chan[i % 2].fd,
				.events = POLLIN,
			};
		left = end - ssi_handshake_now();
		if (poll(fds, 2 * LINKS, left > 0 ? (int)left : 0) > 0 &&
		    read_any(msg, fds))
			return true;
		if (left <= 0)
			return false;
	}
}

void link_hello(struct peer *peer, unsigned int channel)
{
	struct ssi_wire_hello hello = our_hello(channel);
	struct ssi_wire_hdr hdr = {
		.type = SSI_MSG_HELLO,
		.length = cpu_to_le32(sizeof(hello)),
	};

	send_on(peer, channel, &hdr, &hello);
}

/* Wait for the victim's HELLO, which tells where it stands. */
static void await_hello(struct peer *peer, unsigned int channel)
{
	struct chan *chan = &peer->chan[channel];
	struct msg msg;

	if (!read_whole(peer, channel, &msg.hdr, sizeof(msg.hdr)) ||
	    msg.hdr.type != SSI_MSG_HELLO ||
	    !read_whole(peer, channel, msg.body, le32_to_cpu(msg.hdr.length)))
		die("the victim sends no HELLO");
	take_hello(chan, &msg.hdr);
}

/* Make each channel that is down anew. */
void link_up(struct peer *peer)
{
	unsigned int channel;

	for (channel = 0; channel < 2; channel++) {
		if (peer->chan[channel].fd >= 0)
			continue;
		link_connect(peer, channel);
		link_hello(peer, channel);
		await_hello(peer, channel);
	}
}

bool is_broken(struct peer *peer, unsigned int channel, int timeout_ms)
{
	int64_t end = ssi_handshake_now() + timeout_ms;
	struct msg msg;

	while (peer->chan[channel].fd >= 0 && ssi_handshake_now() < end) {
		if (receive(&msg, 50))
			answer(&msg);
	}
	return peer->chan[channel].fd < 0;
}

/* Until the victim has taken in all that was sent on a channel. */
void await_acked(struct peer *peer, unsigned int channel)
{
	struct chan *chan = &peer->chan[channel];
	int64_t end = ssi_handshake_now() + patience_ms;
	struct msg msg;

	while (chan->acked != chan->tx_seq && chan->fd >= 0) {
		if (receive(&msg, 10))
			answer(&msg);
		if (ssi_handshake_now() > end) {
			fail("the victim acknowledges nothing");
			return;
		}
	}
}
