/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS 1.3 with the cluster's secret as external PSK, or with certificates of both
 * ends, and the hello inside it.
 *
 * Afterwards the socket belongs to the kernel: the next byte from the peer is
 * its kernel's. So nothing is read beyond the last record of the handshake, no
 * ticket and no close_notify is sent.
 */
#ifndef SSICTL_HANDSHAKE_H
#define SSICTL_HANDSHAKE_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/tls.h>

#include "hello.h"
#include "identity.h"
#include "lives.h"

/**
 * struct ssi_tls_keys - what kernel TLS needs to carry on
 * @tx: for TLS_TX
 * @rx: for TLS_RX
 */
struct ssi_tls_keys {
	struct tls12_crypto_info_aes_gcm_128 tx;
	struct tls12_crypto_info_aes_gcm_128 rx;
};

/**
 * struct ssi_handshake - one handshake on one connected socket
 * @fd: the socket
 * @dialer: this end opened the connection: it is the TLS client
 * @key: SSI_SECRET_KEYLEN bytes of ssi_secret_load(); not used with @identity
 * @identity: certificates of this end, and whom it trusts; NULL for a secret
 * @deadline: in milliseconds of CLOCK_MONOTONIC
 * @listed: acceptor: bit n is set when this end dials node n itself
 * @lives: who is connected, or NULL
 * @mine: what this end says; an acceptor's @to and @channel are taken from the
 *	dialer
 * @theirs: what the other end said
 * @verdict: the decision, as far as it came to one
 * @by_peer: the other end decided
 * @keys: for kernel TLS; zero in plain mode
 * @late: the deadline passed
 * @holder: whose certificate the other end has; empty without
 * @stranger: this end refused what the other one proved itself with
 * @alert: what TLS tells it then, or 0
 * @why: reason of a failure, in words
 */
struct ssi_handshake {
	int fd;
	bool dialer;
	const uint8_t *key;
	struct ssi_identity *identity;
	int64_t deadline;
	uint64_t listed;
	struct ssi_lives *lives;
	struct ssi_hello mine;
	struct ssi_hello theirs;
	unsigned int verdict;
	bool by_peer;
	struct ssi_tls_keys keys;
	bool late;
	struct ssi_holder holder;
	bool stranger;
	unsigned int alert;
	char why[160];
};

/**
 * ssi_handshake_run - prove who they are and agree on the link
 * @hs: filled in by the caller down to @mine; the rest by the call
 *
 * Waits, but never beyond the deadline. The caller owns the socket and wipes
 * @hs->keys.
 *
 * Return: 0 when both ends accepted, -1 with @hs->why set otherwise.
 */
int ssi_handshake_run(struct ssi_handshake *hs);

/**
 * ssi_handshake_now - the clock of the deadlines
 *
 * Return: milliseconds of CLOCK_MONOTONIC.
 */
int64_t ssi_handshake_now(void);

/**
 * ssi_handshake_wait - wait for a socket, not beyond the deadline
 * @hs: the handshake; @late is set when the deadline passes
 * @events: POLLIN or POLLOUT
 *
 * Return: 0, or -1 with errno set.
 */
int ssi_handshake_wait(struct ssi_handshake *hs, short events);

#endif /* SSICTL_HANDSHAKE_H */
