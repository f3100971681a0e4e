/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hello: what two agents tell each other, inside TLS, before they hand the
 * socket to their kernels. Pure bytes: no socket, no TLS, no allocation.
 *
 *	dialer                      acceptor
 *	hello           ------>
 *	                <------     hello, verdict
 *	verdict         ------>
 *
 * Every message is one TLS record of a fixed size. A refusal ends the exchange:
 * whoever reads or writes one closes the socket.
 */
#ifndef SSICTL_HELLO_H
#define SSICTL_HELLO_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/ssi_mem.h>

#define SSI_HELLO_VERSION 1
#define SSI_HELLO_BYTES	  64
#define SSI_VERDICT_BYTES 8

/**
 * enum ssi_verdict - why a link may or may not come to be
 * @SSI_VERDICT_OK: hand the socket over
 * @SSI_VERDICT_MALFORMED: not a hello, or fields outside their range
 * @SSI_VERDICT_VERSION: another version of the hello
 * @SSI_VERDICT_PROTOCOL: the kernel modules speak different protocols
 * @SSI_VERDICT_GEOMETRY: pages or chunks of another size
 * @SSI_VERDICT_SAME_ID: both ends have the same node id
 * @SSI_VERDICT_WRONG_ID: the node that answered is not the one that was dialled
 * @SSI_VERDICT_MODE: one end runs with --plain, the other without
 * @SSI_VERDICT_CHANNEL: the ends name different channels
 * @SSI_VERDICT_DIAL_BACK: both list each other and the acceptor dials
 * @SSI_VERDICT_ID_TAKEN: another node with this id is connected
 * @SSI_VERDICT_NOT_HOLDER: the sender's certificate is that of another node
 * @SSI_VERDICT_COUNT: first number without a meaning
 */
enum ssi_verdict {
	SSI_VERDICT_OK,
	SSI_VERDICT_MALFORMED,
	SSI_VERDICT_VERSION,
	SSI_VERDICT_PROTOCOL,
	SSI_VERDICT_GEOMETRY,
	SSI_VERDICT_SAME_ID,
	SSI_VERDICT_WRONG_ID,
	SSI_VERDICT_MODE,
	SSI_VERDICT_CHANNEL,
	SSI_VERDICT_DIAL_BACK,
	SSI_VERDICT_ID_TAKEN,
	SSI_VERDICT_NOT_HOLDER,
	SSI_VERDICT_COUNT
};

/**
 * struct ssi_hello - one end of a link, as it describes itself
 * @protocol: version of the protocol between nodes, from the kernel module
 * @page_bytes: unit of coherence
 * @chunk_bytes: unit of homes
 * @channel: which of the link's two sockets this is
 * @plain: the socket stays without TLS once it is handed over
 * @features: optional abilities; unknown bits are ignored, none is defined yet
 * @from: node id of the sender
 * @to: node id that the sender expects at the other end
 * @incarnation: the sender's life, drawn by its kernel at join
 */
struct ssi_hello {
	uint32_t protocol;
	uint32_t page_bytes;
	uint32_t chunk_bytes;
	uint8_t channel;
	bool plain;
	uint64_t features;
	uint32_t from;
	uint32_t to;
	uint8_t incarnation[SSI_MEM_INCARNATION_LEN];
};

/**
 * ssi_hello_encode - write a hello as it travels
 * @hello: what to say
 * @wire: SSI_HELLO_BYTES of room
 */
void ssi_hello_encode(const struct ssi_hello *hello, uint8_t *wire);

/**
 * ssi_hello_decode - read a hello from foreign bytes
 * @wire: SSI_HELLO_BYTES from the peer
 * @hello: filled in on SSI_VERDICT_OK, zero otherwise
 *
 * Return: SSI_VERDICT_OK, _MALFORMED or _VERSION.
 */
enum ssi_verdict ssi_hello_decode(const uint8_t *wire, struct ssi_hello *hello);

/**
 * ssi_hello_judge - decide whether two ends fit
 * @mine: what this end says
 * @theirs: what the other end said
 *
 * Return: SSI_VERDICT_OK, or the first reason against the link.
 */
enum ssi_verdict ssi_hello_judge(const struct ssi_hello *mine, const struct ssi_hello *theirs);

/**
 * ssi_hello_dial_back - does the acceptor dial this peer itself?
 * @mine: what the acceptor says
 * @theirs: what the dialer said
 * @listed: bit n is set when the acceptor dials node n
 *
 * When both ends list each other, two dials would race for every channel. The
 * lower id dials; so both ends come to the same answer without talking.
 *
 * Return: true when the dialer has to wait for being dialled.
 */
bool ssi_hello_dial_back(const struct ssi_hello *mine, const struct ssi_hello *theirs,
			 uint64_t listed);

/**
 * ssi_verdict_encode - write a verdict as it travels
 * @verdict: the decision
 * @wire: SSI_VERDICT_BYTES of room
 */
void ssi_verdict_encode(enum ssi_verdict verdict, uint8_t *wire);

/**
 * ssi_verdict_decode - read a verdict from foreign bytes
 * @wire: SSI_VERDICT_BYTES from the peer
 *
 * Return: the verdict; SSI_VERDICT_MALFORMED for what is none. A reason that
 * only a later version knows is returned as its number.
 */
unsigned int ssi_verdict_decode(const uint8_t *wire);

/**
 * ssi_verdict_text - a verdict in words that hold on both ends
 * @verdict: a verdict, or a number from a later version
 *
 * Return: a constant string.
 */
const char *ssi_verdict_text(unsigned int verdict);

#endif /* SSICTL_HELLO_H */
