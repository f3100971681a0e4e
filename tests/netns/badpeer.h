/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A peer that is not a kernel: it proves the secret like an agent, keeps the
 * sockets, and speaks the protocol between nodes by hand, as well or as badly
 * as a test wants. It has links to two nodes that are kernels, and is a member
 * of a region with them.
 *
 *	badpeer.c	  the table of cases, random messages
 *	badpeer_link.c	  sockets and sessions
 *	badpeer_talk.c	  messages, and answers that are right
 *	badpeer_victim.c  the kernels' counters, and touches of their memory
 *	badpeer_session.c, badpeer_region.c, badpeer_page.c	the cases
 */
#ifndef BADPEER_H
#define BADPEER_H

#include <poll.h>
#include "core/member.h"
#include "ssictl/handshake.h"

#define ME 3u
#define VICTIM 1u
#define OTHER 2u
#define LINKS 2

/* Ends a list of pages. */
#define NO_PAGE 0xffffffffu

/* What must not come is waited for so long. */
#define QUIET_MS 300

/**
 * struct chan - one socket of a link, and its session
 * @fd:	    the socket, or -1
 * @tx_seq: of the next message
 * @rx_seq: expected next
 * @acked:  the victim expects this one next
 */
struct chan {
	int fd;
	u32 tx_seq;
	u32 rx_seq;
	u32 acked;
};

/**
 * struct peer - a node that is a kernel
 * @id:	  its id
 * @ip:	  its address
 * @chan: by enum ssi_mem_channel
 * @ended: requests of its that ended here: each when it comes
 */
struct peer {
	u8 id;
	const char *ip;
	u32 ended;
	struct chan chan[2];
};

/**
 * struct msg - a message that came
 * @hdr:  its header
 * @body: its body
 */
struct msg {
	struct ssi_wire_hdr hdr;
	u8 body[SSI_PAGE_SIZE];
};

/**
 * struct trap - the region that we are a member of
 * @id:		of the region
 * @generation: of the region
 * @epoch:	counts the changes of its members
 * @pages:	its size
 * @members:	its members
 */
struct trap {
	u32 id;
	u32 generation;
	u32 epoch;
	u32 pages;
	struct ssi_members members;
};

/**
 * struct test_case - a case of the table
 * @name:      for people
 * @run:       does it
 * @broken:    the control channel to the victim must be broken afterwards;
 *	       otherwise it must answer
 * @malformed: by how much the victim's counter must have grown
 * @stale:     the same
 */
struct test_case {
	const char *name;
	void (*run)(void);
	bool broken;
	unsigned int malformed;
	unsigned int stale;
};

/**
 * struct counters - of a kernel
 * @malformed: messages refused
 * @stale:     replies that matched nothing
 * @duplicates: messages that came again
 */
struct counters {
	u64 malformed;
	u64 stale;
	u64 duplicates;
};

extern struct trap trap;
extern struct peer peers[LINKS];
/* How much room we say that we have. */
extern u32 claimed_room;
/* A message that should come, or a channel that should break, takes no longer. */
#define PATIENCE_MS 20000
extern int patience_ms;

/* badpeer.c */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void die(const char *what) __attribute__((noreturn));
u64 next_random(u64 *state);

/* badpeer_link.c */
void link_setup(const char *secret, const char *const *ips);
struct peer *peer_of(unsigned int id);
void link_connect(struct peer *peer, unsigned int channel);
void link_hello(struct peer *peer, unsigned int channel);
struct ssi_wire_hello our_hello(unsigned int channel);
void link_up(struct peer *peer);
void link_forget(void);
void link_close(struct peer *peer, unsigned int channel);
void send_bytes(struct peer *peer, unsigned int channel, const void *bytes,
		size_t size);
void stamp(struct peer *peer, unsigned int channel, struct ssi_wire_hdr *hdr);
void send_on(struct peer *peer, unsigned int channel,
	     struct ssi_wire_hdr *hdr, const void *body);
void send_msg(struct peer *peer, struct ssi_wire_hdr *hdr, const void *body);
bool receive(struct msg *msg, int timeout_ms);
bool is_broken(struct peer *peer, unsigned int channel, int timeout_ms);
void await_acked(struct peer *peer, unsigned int channel);

/* badpeer_talk.c */
struct ssi_wire_hdr head(u8 type);
struct ssi_wire_hdr about(u8 type, u32 page);
struct ssi_wire_hdr answer_to(const struct msg *msg, u8 type);
void answer(const struct msg *msg);
void answer_all(int timeout_ms);
bool expect(unsigned int from, u8 type, struct msg *msg);
bool expect_none(unsigned int from, u8 type);
bool ping(struct peer *peer);
unsigned int home_of(u32 page);
u32 page_homed_at(unsigned int id, unsigned int nth);
u64 next_txn(void);
void acquire(u32 page);
void send_done(const struct msg *msg, enum ssi_perm perm);

/* badpeer_victim.c */
void victim_setup(void);
struct counters victim_counters(unsigned int id);
u32 victim_unacked(unsigned int id);
int region_call(unsigned int id, const char *name, u64 size);
u64 victim_sockets(unsigned int id, unsigned int peer);
struct touch *touch_begin(unsigned int id, const u32 *pages, bool write);
struct touch *touch_page(unsigned int id, u32 page, bool write);
bool touch_is_done(struct touch *touch, int timeout_ms);
unsigned int touch_dirt(struct touch *touch);
void touch_end(struct touch *touch);

extern const struct test_case session_cases[];

/**
 * is_hurried - is a case one that a slow kernel is too slow for?
 * @test: the case
 *
 * The victim must have answered all of it before it takes us for dead, who take
 * nothing of that.
 *
 * Return: true if it is.
 */
bool is_hurried(const struct test_case *test);

extern const struct test_case region_cases[];
extern const struct test_case page_cases[];

#endif /* BADPEER_H */
