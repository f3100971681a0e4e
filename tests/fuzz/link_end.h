/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One end of a link, for the targets of kmod/link.c: messages that can be told
 * apart, and a user of the link that looks at what comes.
 */
#ifndef FUZZ_LINK_END_H
#define FUZZ_LINK_END_H

#include "link.h"

/* In one input, on one channel. */
#define MESSAGES_MAX 200

/**
 * struct end - a link, and what is known of it
 * @link:      the link
 * @types:     of the messages that were sent, by channel and serial number
 * @sent:      how many, by channel
 * @released:  how many of them are acknowledged, or given up
 * @received:  messages that came
 * @malformed: messages that were refused
 * @starves:   the next message that begins finds no memory
 * @closing:   the link is being closed
 */
struct end {
	struct ssi_link link;
	u8 types[SSI_CHANNELS][MESSAGES_MAX];
	unsigned int sent[SSI_CHANNELS];
	unsigned int released[SSI_CHANNELS];
	unsigned int received[SSI_CHANNELS];
	unsigned int malformed;
	bool starves;
	bool closing;
};

extern const struct ssi_link_user end_user;

/* For the target: a message is complete. */
void end_received(struct end *end, enum ssi_mem_channel channel,
		  const struct ssi_wire_hdr *hdr, const u8 *body);

void end_init(struct end *end, u8 self, u8 peer);
/* @how: sent by the caller, by others, or when something else is. */
bool end_send(struct end *end, u8 random, unsigned int how);
/* What a message is, but for what the session fills in. */
struct ssi_wire_hdr message_header(enum ssi_mem_channel channel, u8 type,
				   unsigned int serial);
const u8 *message_body(unsigned int serial);

#endif /* FUZZ_LINK_END_H */
