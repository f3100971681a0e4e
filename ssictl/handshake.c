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
	"-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1"
#define PRIORITY_SECRET PRIORITY ":-KX-ALL:+ECDHE-PSK"
/* OU of a node's certificate: what the coordinator lets an agent do. */
#define NODE_ROLE "operate"

/**
 * struct tls - GnuTLS's objects of one handshake
 * @session: the session
 * @client: credentials of a dialer
 * @server: credentials of an acceptor
 * @certificate: credentials of either, with certificates
 */
struct tls {
	gnutls_session_t session;
	gnutls_psk_client_credentials_t client;
	gnutls_psk_server_credentials_t server;
	gnutls_certificate_credentials_t certificate;
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

/* ---- with a secret ---- */

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

static int set_secret(struct ssi_handshake *hs, struct tls *tls)
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

/* ---- with certificates ---- */

static int present(gnutls_session_t session, const gnutls_datum_t *authorities, int count,
		   const gnutls_pk_algorithm_t *algorithms, int algorithms_count,
		   gnutls_pcert_st **chain, unsigned int *length, gnutls_privkey_t *key)
{
	const struct ssi_handshake *hs = gnutls_session_get_ptr(session);

	(void)authorities;
	(void)count;
	(void)algorithms;
	(void)algorithms_count;
	*chain = hs->identity->chain;
	*length = hs->identity->length;
	*key = hs->identity->key;
	return 0;
}

/* Returns NULL, or why a good certificate is no node's. */
static const char *check_holder(const struct ssi_holder *holder)
{
	if (strcmp(holder->role, NODE_ROLE) != 0)
		return "its OU is not \"" NODE_ROLE "\", so it is no node's";
	return holder->node == SSI_NO_NODE ? "it names no node" : NULL;
}

static int verify(gnutls_session_t session)
{
	struct ssi_handshake *hs = gnutls_session_get_ptr(session);
	char why[120];
	const char *wrong = why;

	hs->alert = ssi_identity_peer(hs->identity, session,
				      hs->dialer ? GNUTLS_KP_TLS_WWW_SERVER :
						   GNUTLS_KP_TLS_WWW_CLIENT,
				      &hs->holder, why, sizeof(why));
	if (!hs->alert) {
		wrong = check_holder(&hs->holder);
		hs->alert = wrong ? GNUTLS_A_ACCESS_DENIED : 0;
	}
	if (!hs->alert)
		return 0;
	hs->stranger = true;
	snprintf(hs->why, sizeof(hs->why), "the other end's certificate: %s", wrong);
	return GNUTLS_E_CERTIFICATE_ERROR;
}

static int set_certificate(struct ssi_handshake *hs, struct tls *tls)
{
	int rc = gnutls_certificate_allocate_credentials(&tls->certificate);

	if (rc < 0)
		return rc;
	gnutls_certificate_set_retrieve_function2(tls->certificate, present);
	gnutls_certificate_set_verify_function(tls->certificate, verify);
	if (!hs->dialer)
		gnutls_certificate_server_set_request(tls->session, GNUTLS_CERT_REQUIRE);
	return gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, tls->certificate);
}

/* ---- the session ---- */

static int tls_open(struct ssi_handshake *hs, struct tls *tls)
{
	int rc;

	/* A ticket would reach the peer's kernel as a record that is no data. */
	rc = gnutls_init(&tls->session,
			 (hs->dialer ? GNUTLS_CLIENT : GNUTLS_SERVER) | GNUTLS_NO_TICKETS);
	if (rc < 0)
		return rc;
	rc = gnutls_priority_set_direct(tls->session, hs->identity ? PRIORITY : PRIORITY_SECRET,
					NULL);
	if (rc < 0)
		return rc;
	gnutls_session_set_ptr(tls->session, hs);
	gnutls_transport_set_ptr(tls->session, hs);
	gnutls_transport_set_pull_function(tls->session, pull);
	gnutls_transport_set_push_function(tls->session, push);
	return hs->identity ? set_certificate(hs, tls) : set_secret(hs, tls);
}

static void tls_close(struct tls *tls)
{
	if (tls->session)
		gnutls_deinit(tls->session);
	if (tls->client)
		gnutls_psk_free_client_credentials(tls->client);
	if (tls->server)
		gnutls_psk_free_server_credentials(tls->server);
	if (tls->certificate)
		gnutls_certificate_free_credentials(tls->certificate);
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
	case GNUTLS_E_INSUFFICIENT_CREDENTIALS:
	case GNUTLS_E_NO_COMMON_KEY_SHARE:
		return true;
	default:
		return false;
	}
}

/*
 * An end with a secret and one with certificates find nothing in common. Which of
 * them notices what first depends on who dials.
 */
static bool is_other_kind(gnutls_session_t session, int rc)
{
	switch (rc) {
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		return gnutls_alert_get(session) == GNUTLS_A_HANDSHAKE_FAILURE ||
		       gnutls_alert_get(session) == GNUTLS_A_MISSING_EXTENSION ||
		       gnutls_alert_get(session) == GNUTLS_A_ILLEGAL_PARAMETER;
	case GNUTLS_E_NO_CIPHER_SUITES:
	case GNUTLS_E_NO_COMMON_KEY_SHARE:
	case GNUTLS_E_INSUFFICIENT_CREDENTIALS:
	case GNUTLS_E_NO_CERTIFICATE_FOUND:
	case GNUTLS_E_CERTIFICATE_REQUIRED:
	case GNUTLS_E_MISSING_EXTENSION:
		return true;
	default:
		return false;
	}
}

/*
 * The other end shall read why. What it sent meanwhile is read and dropped, for a
 * socket that is closed with bytes in it throws away what it sent.
 */
static void tell_why(struct ssi_handshake *hs, struct tls *tls, int rc)
{
	char dropped[256];

	if (hs->late || rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return;
	if (!hs->alert) {
		/* GnuTLS does not do it by itself. */
		gnutls_alert_send_appropriate(tls->session, rc);
		return;
	}
	gnutls_alert_send(tls->session, GNUTLS_AL_FATAL, hs->alert);
	shutdown(hs->fd, SHUT_WR);
	while (pull(hs, dropped, sizeof(dropped)) > 0)
		continue;
	/* That took as long as it took, and is not what went wrong. */
	hs->late = false;
}

static int explain_failure(struct ssi_handshake *hs, struct tls *tls, int rc)
{
	const char *what = "TLS handshake";

	/* verify() has said it. */
	if (hs->stranger)
		return -1;
	if (!hs->late && hs->identity && is_other_kind(tls->session, rc))
		what = "one end has certificates and the other a secret, or this is no SSI-HV node";
	else if (!hs->late && !hs->identity && is_wrong_secret(tls->session, rc))
		what = "the secrets differ, or this is no SSI-HV node";
	else
		return fail(hs, what, rc);
	hs->stranger = rc != GNUTLS_E_FATAL_ALERT_RECEIVED;
	return fail(hs, what, rc);
}

/* Whatever else was agreed on, somebody must have proved something. */
static bool is_proved(const struct ssi_handshake *hs, const struct tls *tls)
{
	if (!hs->identity)
		return gnutls_kx_get(tls->session) == GNUTLS_KX_ECDHE_PSK;
	return gnutls_auth_get_type(tls->session) == GNUTLS_CRD_CERTIFICATE && *hs->holder.name;
}

static int prove(struct ssi_handshake *hs, struct tls *tls)
{
	int rc;

	do {
		rc = gnutls_handshake(tls->session);
	} while (rc < 0 && !gnutls_error_is_fatal(rc));
	if (rc < 0) {
		tell_why(hs, tls, rc);
		return explain_failure(hs, tls, rc);
	}
	if (!is_proved(hs, tls))
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

/* A dialer is done before the acceptor has looked at its certificate. */
static int fail_to_receive(struct ssi_handshake *hs, struct tls *tls, int rc)
{
	const char *name = gnutls_alert_get_name(gnutls_alert_get(tls->session));

	if (!hs->identity || rc != GNUTLS_E_FATAL_ALERT_RECEIVED || !name)
		return fail(hs, "waiting for the hello", rc);
	hs->by_peer = true;
	snprintf(hs->why, sizeof(hs->why), "the peer refused this node's certificate: %s", name);
	return -1;
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
		return fail_to_receive(hs, tls, rc);
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
	/* First of all: what others say of themselves counts for nothing else. */
	if (hs->verdict == SSI_VERDICT_OK && hs->identity && hs->theirs.from != hs->holder.node) {
		hs->verdict = SSI_VERDICT_NOT_HOLDER;
		hs->stranger = true;
	}
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
	else if (prove(hs, &tls) < 0)
		rc = -1;
	else if ((hs->dialer ? agree_as_dialer : agree_as_acceptor)(hs, &tls) < 0)
		rc = -1;
	else
		rc = hand_over(hs, &tls);
	tls_close(&tls);
	return rc;
}
