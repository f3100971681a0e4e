// SPDX-License-Identifier: Apache-2.0
#include "handshake.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <gnutls/gnutls.h>

#include "secret.h"

#define PSK_USER "ssi-hv"
/*
 * A fresh key exchange always, so that a secret that becomes known later does
 * not open what was recorded before; of itself GnuTLS would choose FFDHE.
 */
#define PRIORITY                                                                                   \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:"                                  \
	"-KX-ALL:+ECDHE-PSK:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1"

/**
 * struct tls - GnuTLS's objects of one handshake
 * @session: the session
 * @client: credentials of a dialer
 * @server: credentials of an acceptor
 */
struct tls {
	gnutls_session_t session;
	gnutls_psk_client_credentials_t client;
	gnutls_psk_server_credentials_t server;
};

int64_t ssi_handshake_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool is_late(struct ssi_handshake *hs)
{
	if (ssi_handshake_now() < hs->deadline)
		return false;
	hs->late = true;
	errno = ETIMEDOUT;
	return true;
}

int ssi_handshake_wait(struct ssi_handshake *hs, short events)
{
	struct pollfd p = { .fd = hs->fd, .events = events };
	int n;

	do {
		if (is_late(hs))
			return -1;
		n = poll(&p, 1, (int)(hs->deadline - ssi_handshake_now()) + 1);
	} while (n == 0 || (n < 0 && errno == EINTR));
	return n < 0 ? -1 : 0;
}

/*
 * GnuTLS asks for a record's header, then for its body: it gets what it asks
 * for and no byte more. The deadline is looked at every time, so that a peer
 * that sends for ever is dropped like one that never sends.
 */
static ssize_t pull(gnutls_transport_ptr_t ptr, void *buf, size_t size)
{
	struct ssi_handshake *hs = ptr;
	ssize_t got;

	for (;;) {
		if (is_late(hs))
			return -1;
		got = recv(hs->fd, buf, size, MSG_DONTWAIT);
		if (got >= 0 || (errno != EAGAIN && errno != EINTR))
			return got;
		if (ssi_handshake_wait(hs, POLLIN) < 0)
			return -1;
	}
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *buf, size_t size)
{
	struct ssi_handshake *hs = ptr;
	ssize_t put;

	for (;;) {
		if (is_late(hs))
			return -1;
		put = send(hs->fd, buf, size, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (put >= 0 || (errno != EAGAIN && errno != EINTR))
			return put;
		if (ssi_handshake_wait(hs, POLLOUT) < 0)
			return -1;
	}
}

static int server_key(gnutls_session_t session, const char *user, gnutls_datum_t *key)
{
	const struct ssi_handshake *hs = gnutls_session_get_ptr(session);

	if (strcmp(user, PSK_USER) != 0)
		return -1;
	key->data = gnutls_malloc(SSI_SECRET_KEYLEN);
	if (!key->data)
		return -1;
	memcpy(key->data, hs->key, SSI_SECRET_KEYLEN);
	key->size = SSI_SECRET_KEYLEN;
	return 0;
}

static int set_credentials(struct ssi_handshake *hs, struct tls *tls)
{
	const gnutls_datum_t key = { .data = (void *)hs->key, .size = SSI_SECRET_KEYLEN };
	int rc;

	if (!hs->dialer) {
		rc = gnutls_psk_allocate_server_credentials(&tls->server);
		if (rc < 0)
			return rc;
		gnutls_psk_set_server_credentials_function(tls->server, server_key);
		return gnutls_credentials_set(tls->session, GNUTLS_CRD_PSK, tls->server);
	}
	rc = gnutls_psk_allocate_client_credentials(&tls->client);
	if (rc < 0)
		return rc;
	rc = gnutls_psk_set_client_credentials(tls->client, PSK_USER, &key, GNUTLS_PSK_KEY_RAW);
	if (rc < 0)
		return rc;
	return gnutls_credentials_set(tls->session, GNUTLS_CRD_PSK, tls->client);
}

static int tls_open(struct ssi_handshake *hs, struct tls *tls)
{
	int rc;

	/* A ticket would reach the peer's kernel as a record that is no data. */
	rc = gnutls_init(&tls->session,
			 (hs->dialer ? GNUTLS_CLIENT : GNUTLS_SERVER) | GNUTLS_NO_TICKETS);
	if (rc < 0)
		return rc;
	rc = gnutls_priority_set_direct(tls->session, PRIORITY, NULL);
	if (rc < 0)
		return rc;
	gnutls_session_set_ptr(tls->session, hs);
	gnutls_transport_set_ptr(tls->session, hs);
	gnutls_transport_set_pull_function(tls->session, pull);
	gnutls_transport_set_push_function(tls->session, push);
	return set_credentials(hs, tls);
}

static void tls_close(struct tls *tls)
{
	if (tls->session)
		gnutls_deinit(tls->session);
	if (tls->client)
		gnutls_psk_free_client_credentials(tls->client);
	if (tls->server)
		gnutls_psk_free_server_credentials(tls->server);
}

static int fail(struct ssi_handshake *hs, const char *what, int rc)
{
	if (hs->late)
		snprintf(hs->why, sizeof(hs->why), "%s: no answer within the deadline", what);
	else
		snprintf(hs->why, sizeof(hs->why), "%s: %s", what, gnutls_strerror(rc));
	return -1;
}

/*
 * What a peer with another secret looks like: the acceptor can not verify the
 * dialer's proof and says so with an alert.
 */
static bool is_wrong_secret(gnutls_session_t session, int rc)
{
	gnutls_alert_description_t alert = gnutls_alert_get(session);

	switch (rc) {
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		return alert == GNUTLS_A_ILLEGAL_PARAMETER || alert == GNUTLS_A_DECRYPT_ERROR ||
		       alert == GNUTLS_A_UNKNOWN_PSK_IDENTITY ||
		       alert == GNUTLS_A_HANDSHAKE_FAILURE;
	case GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER:
	case GNUTLS_E_DECRYPTION_FAILED:
	case GNUTLS_E_NO_COMMON_KEY_SHARE:
		return true;
	default:
		return false;
	}
}

static int prove_secret(struct ssi_handshake *hs, struct tls *tls)
{
	int rc;

	do {
		rc = gnutls_handshake(tls->session);
	} while (rc < 0 && !gnutls_error_is_fatal(rc));
	/* The other end shall know why; GnuTLS does not tell it by itself. */
	if (rc < 0 && !hs->late && rc != GNUTLS_E_FATAL_ALERT_RECEIVED)
		gnutls_alert_send_appropriate(tls->session, rc);
	if (rc < 0 && !hs->late && is_wrong_secret(tls->session, rc))
		return fail(hs, "the secrets differ, or this is no SSI-HV node", rc);
	if (rc < 0)
		return fail(hs, "TLS handshake", rc);
	/* Without a PSK nobody proved anything, whatever else was agreed on. */
	if (gnutls_kx_get(tls->session) != GNUTLS_KX_ECDHE_PSK)
		return fail(hs, "TLS handshake", GNUTLS_E_INSUFFICIENT_SECURITY);
	return 0;
}

static int send_record(struct ssi_handshake *hs, struct tls *tls, const void *buf, size_t size)
{
	ssize_t rc;

	do {
		rc = gnutls_record_send(tls->session, buf, size);
	} while (rc == GNUTLS_E_INTERRUPTED || rc == GNUTLS_E_AGAIN);
	if (rc < 0)
		return fail(hs, "sending the hello", rc);
	/* Small as it is, it is one record: both ends count on that. */
	return (size_t)rc == size ? 0 : fail(hs, "sending the hello", GNUTLS_E_INTERNAL_ERROR);
}

static int recv_record(struct ssi_handshake *hs, struct tls *tls, void *buf, size_t size)
{
	ssize_t rc;

	do {
		rc = gnutls_record_recv(tls->session, buf, size);
	} while (rc == GNUTLS_E_INTERRUPTED || rc == GNUTLS_E_AGAIN);
	if (rc == 0)
		rc = GNUTLS_E_PREMATURE_TERMINATION;
	if (rc < 0)
		return fail(hs, "waiting for the hello", rc);
	if ((size_t)rc != size)
		return fail(hs, "waiting for the hello", GNUTLS_E_UNEXPECTED_PACKET_LENGTH);
	return 0;
}

static int send_hello(struct ssi_handshake *hs, struct tls *tls)
{
	uint8_t wire[SSI_HELLO_BYTES];

	ssi_hello_encode(&hs->mine, wire);
	return send_record(hs, tls, wire, sizeof(wire));
}

static int recv_hello(struct ssi_handshake *hs, struct tls *tls)
{
	uint8_t wire[SSI_HELLO_BYTES];

	if (recv_record(hs, tls, wire, sizeof(wire)) < 0)
		return -1;
	hs->verdict = ssi_hello_decode(wire, &hs->theirs);
	return 0;
}

static int send_verdict(struct ssi_handshake *hs, struct tls *tls)
{
	uint8_t wire[SSI_VERDICT_BYTES];

	ssi_verdict_encode(hs->verdict, wire);
	if (send_record(hs, tls, wire, sizeof(wire)) < 0)
		return -1;
	if (hs->verdict == SSI_VERDICT_OK)
		return 0;
	snprintf(hs->why, sizeof(hs->why), "refused: %s", ssi_verdict_text(hs->verdict));
	return -1;
}

static int recv_verdict(struct ssi_handshake *hs, struct tls *tls)
{
	uint8_t wire[SSI_VERDICT_BYTES];
	unsigned int verdict;

	if (recv_record(hs, tls, wire, sizeof(wire)) < 0)
		return -1;
	verdict = ssi_verdict_decode(wire);
	if (verdict == SSI_VERDICT_OK)
		return 0;
	hs->verdict = verdict;
	hs->by_peer = true;
	snprintf(hs->why, sizeof(hs->why), "refused by the peer: %s", ssi_verdict_text(verdict));
	return -1;
}

static void judge(struct ssi_handshake *hs)
{
	if (hs->verdict == SSI_VERDICT_OK)
		hs->verdict = ssi_hello_judge(&hs->mine, &hs->theirs);
	if (hs->verdict == SSI_VERDICT_OK && hs->lives &&
	    ssi_lives_taken(hs->lives, hs->theirs.from, hs->theirs.incarnation))
		hs->verdict = SSI_VERDICT_ID_TAKEN;
}

static int agree_as_dialer(struct ssi_handshake *hs, struct tls *tls)
{
	if (send_hello(hs, tls) < 0 || recv_hello(hs, tls) < 0)
		return -1;
	/* The acceptor's reason comes first: it has seen both hellos. */
	if (recv_verdict(hs, tls) < 0)
		return -1;
	judge(hs);
	return send_verdict(hs, tls);
}

static int agree_as_acceptor(struct ssi_handshake *hs, struct tls *tls)
{
	if (recv_hello(hs, tls) < 0)
		return -1;
	hs->mine.to = hs->theirs.from;
	hs->mine.channel = hs->theirs.channel;
	judge(hs);
	if (hs->verdict == SSI_VERDICT_OK &&
	    ssi_hello_dial_back(&hs->mine, &hs->theirs, hs->listed))
		hs->verdict = SSI_VERDICT_DIAL_BACK;
	if (send_hello(hs, tls) < 0 || send_verdict(hs, tls) < 0)
		return -1;
	return recv_verdict(hs, tls);
}

static int export_keys(gnutls_session_t session, bool rx, struct tls12_crypto_info_aes_gcm_128 *to)
{
	gnutls_datum_t iv, key;
	uint8_t seq[TLS_CIPHER_AES_GCM_128_REC_SEQ_SIZE];
	int rc;

	rc = gnutls_record_get_state(session, rx, NULL, &iv, &key, seq);
	if (rc < 0)
		return rc;
	if (iv.size != TLS_CIPHER_AES_GCM_128_SALT_SIZE + TLS_CIPHER_AES_GCM_128_IV_SIZE ||
	    key.size != TLS_CIPHER_AES_GCM_128_KEY_SIZE)
		return GNUTLS_E_INTERNAL_ERROR;
	to->info.version = TLS_1_3_VERSION;
	to->info.cipher_type = TLS_CIPHER_AES_GCM_128;
	memcpy(to->salt, iv.data, sizeof(to->salt));
	memcpy(to->iv, iv.data + sizeof(to->salt), sizeof(to->iv));
	memcpy(to->key, key.data, sizeof(to->key));
	memcpy(to->rec_seq, seq, sizeof(to->rec_seq));
	return 0;
}

static int hand_over(struct ssi_handshake *hs, struct tls *tls)
{
	int rc;

	/* A byte that GnuTLS holds back would be missing in the kernel's stream. */
	if (gnutls_record_check_pending(tls->session) != 0)
		return fail(hs, "hand-over", GNUTLS_E_UNEXPECTED_PACKET_LENGTH);
	if (hs->mine.plain)
		return 0;
	rc = export_keys(tls->session, false, &hs->keys.tx);
	if (rc == 0)
		rc = export_keys(tls->session, true, &hs->keys.rx);
	return rc < 0 ? fail(hs, "key export", rc) : 0;
}

int ssi_handshake_run(struct ssi_handshake *hs)
{
	struct tls tls = { 0 };
	int rc;

	rc = tls_open(hs, &tls);
	if (rc < 0)
		rc = fail(hs, "TLS set-up", rc);
	else if (prove_secret(hs, &tls) < 0)
		rc = -1;
	else if ((hs->dialer ? agree_as_dialer : agree_as_acceptor)(hs, &tls) < 0)
		rc = -1;
	else
		rc = hand_over(hs, &tls);
	tls_close(&tls);
	return rc;
}
