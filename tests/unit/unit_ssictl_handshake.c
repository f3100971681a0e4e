// SPDX-License-Identifier: Apache-2.0
/*
 * handshake.c over real TCP sockets on the loopback address. The kernel that
 * takes the socket afterwards is played by raw writes and reads.
 */
#include "../../ssictl/handshake.c"

#include <gnutls/x509.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit_ssictl_certs.h"
#include "unit_ssictl_run.h"

#define DEADLINE_MS 2000

static uint8_t key_a[SSI_SECRET_KEYLEN] = { 1, 2, 3 };
static uint8_t key_b[SSI_SECRET_KEYLEN] = { 1, 2, 4 };

/* One end of a test: the handshake, and what the peer's kernel would send. */
struct end {
	struct ssi_handshake hs;
	const char *raw;
	int rc;
};

static void *run_end(void *arg)
{
	struct end *e = arg;

	e->hs.deadline += ssi_handshake_now();
	e->rc = ssi_handshake_run(&e->hs);
	if (e->rc == 0 && e->raw)
		ck_assert_int_eq(write(e->hs.fd, e->raw, strlen(e->raw)), strlen(e->raw));
	if (e->rc < 0)
		shutdown(e->hs.fd, SHUT_RDWR);
	return NULL;
}

static void tcp_pair(int *dialer, int *acceptor)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(listener, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	getsockname(listener, (struct sockaddr *)&sin, &len);
	*dialer = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(*dialer, (struct sockaddr *)&sin, sizeof(sin)), 0);
	*acceptor = accept(listener, NULL, NULL);
	ck_assert_int_ge(*acceptor, 0);
	close(listener);
}

static struct ssi_handshake side(bool dialer, uint32_t id)
{
	struct ssi_handshake hs = {
		.fd = -1,
		.dialer = dialer,
		.key = key_a,
		.deadline = DEADLINE_MS,
		.mine = { .protocol = 1, .page_bytes = 4096, .chunk_bytes = 2 << 20,
			  .plain = true, .from = id },
	};

	memset(hs.mine.incarnation, 0xa0 + id, sizeof(hs.mine.incarnation));
	return hs;
}

static struct end dialer, acceptor;

static void setup(void)
{
	dialer = (struct end){ .hs = side(true, 3) };
	acceptor = (struct end){ .hs = side(false, 5) };
	dialer.hs.mine.to = 5;
	dialer.hs.mine.channel = SSI_MEM_CHANNEL_DATA;
	tcp_pair(&dialer.hs.fd, &acceptor.hs.fd);
}

static void teardown(void)
{
	close(dialer.hs.fd);
	close(acceptor.hs.fd);
}

static void run_both(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, run_end, &dialer);
	run_end(&acceptor);
	pthread_join(thread, NULL);
}

static void expect_raw(int fd, const char *expected)
{
	char buf[64] = "";
	size_t have = 0, want = strlen(expected);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (have < want && poll(&p, 1, 1000) == 1) {
		ssize_t got = read(fd, buf + have, sizeof(buf) - 1 - have);

		ck_assert_int_gt(got, 0);
		have += got;
	}
	ck_assert_str_eq(buf, expected);
}

START_TEST(run__right_secret)
{
	dialer.raw = "dialer's kernel";
	acceptor.raw = "acceptor's kernel";
	run_both();
	ck_assert_msg(dialer.rc == 0, "%s", dialer.hs.why);
	ck_assert_msg(acceptor.rc == 0, "%s", acceptor.hs.why);
	ck_assert_uint_eq(dialer.hs.theirs.from, 5);
	ck_assert_uint_eq(acceptor.hs.theirs.from, 3);
	ck_assert_uint_eq(acceptor.hs.mine.channel, SSI_MEM_CHANNEL_DATA);
	ck_assert_uint_eq(acceptor.hs.theirs.incarnation[7], 0xa3);
	ck_assert_uint_eq(dialer.hs.theirs.incarnation[7], 0xa5);
	expect_raw(acceptor.hs.fd, dialer.raw);
	expect_raw(dialer.hs.fd, acceptor.raw);
}
END_TEST

START_TEST(run__tls_keys)
{
	static const uint8_t two[8] = { [7] = 2 };
	struct tls12_crypto_info_aes_gcm_128 none = { 0 };

	dialer.hs.mine.plain = acceptor.hs.mine.plain = false;
	dialer.raw = "dialer's kernel";
	acceptor.raw = "acceptor's kernel";
	run_both();
	ck_assert_msg(dialer.rc == 0, "%s", dialer.hs.why);
	ck_assert_mem_eq(&dialer.hs.keys.tx, &acceptor.hs.keys.rx, sizeof(none));
	ck_assert_mem_eq(&dialer.hs.keys.rx, &acceptor.hs.keys.tx, sizeof(none));
	ck_assert_mem_ne(&dialer.hs.keys.rx, &dialer.hs.keys.tx, sizeof(none));
	/* A hello and a verdict went each way, nothing else. */
	ck_assert_mem_eq(dialer.hs.keys.tx.rec_seq, two, sizeof(two));
	ck_assert_mem_eq(dialer.hs.keys.rx.rec_seq, two, sizeof(two));
	expect_raw(acceptor.hs.fd, dialer.raw);
	expect_raw(dialer.hs.fd, acceptor.raw);
}
END_TEST

START_TEST(run__plain_exports_no_keys)
{
	struct ssi_tls_keys none = { 0 };

	run_both();
	ck_assert_int_eq(dialer.rc, 0);
	ck_assert_mem_eq(&dialer.hs.keys, &none, sizeof(none));
}
END_TEST

/* Forwards in lumps: what comes within 50 ms leaves in one write. */
struct relay {
	int from;
	int to;
};

static void *run_relay(void *arg)
{
	struct relay *r = arg;
	char buf[65536];
	size_t have = 0;

	for (;;) {
		struct pollfd p = { .fd = r->from, .events = POLLIN };

		if (poll(&p, 1, have ? 50 : 3000) == 0) {
			if (!have)
				return NULL;
			ck_assert_int_eq(write(r->to, buf, have), have);
			have = 0;
			continue;
		}
		ssize_t got = read(r->from, buf + have, sizeof(buf) - have);

		if (got <= 0)
			return NULL;
		have += got;
	}
}

/*
 * The dialer's kernel sends right behind the dialer's verdict, and both reach
 * the acceptor at once: the handshake must leave what is not its own.
 */
START_TEST(run__reads_nothing_ahead)
{
	struct relay up, down;
	pthread_t threads[4];
	int near, far, i;

	/* dialer.fd <-> far, near <-> acceptor.fd */
	far = acceptor.hs.fd;
	tcp_pair(&near, &acceptor.hs.fd);
	up = (struct relay){ far, near };
	down = (struct relay){ near, far };
	dialer.hs.mine.plain = acceptor.hs.mine.plain = _i;
	dialer.raw = "sent before the acceptor has read the verdict";
	pthread_create(&threads[0], NULL, run_relay, &up);
	pthread_create(&threads[1], NULL, run_relay, &down);
	pthread_create(&threads[2], NULL, run_end, &dialer);
	pthread_create(&threads[3], NULL, run_end, &acceptor);
	pthread_join(threads[2], NULL);
	pthread_join(threads[3], NULL);
	ck_assert_msg(dialer.rc == 0, "%s", dialer.hs.why);
	ck_assert_msg(acceptor.rc == 0, "%s", acceptor.hs.why);
	/* No wait here: the bytes arrived together with the verdict. */
	char buf[64] = "";

	ck_assert_int_eq(recv(acceptor.hs.fd, buf, sizeof(buf), MSG_DONTWAIT),
			 strlen(dialer.raw));
	ck_assert_str_eq(buf, dialer.raw);
	shutdown(far, SHUT_RDWR);
	shutdown(near, SHUT_RDWR);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	close(far);
	close(near);
}
END_TEST

START_TEST(run__wrong_secret)
{
	acceptor.hs.key = key_b;
	run_both();
	ck_assert_int_eq(dialer.rc, -1);
	ck_assert_int_eq(acceptor.rc, -1);
	ck_assert_msg(strstr(dialer.hs.why, "secrets differ") != NULL, "%s", dialer.hs.why);
	ck_assert_msg(strstr(acceptor.hs.why, "secrets differ") != NULL, "%s", acceptor.hs.why);
	ck_assert(!dialer.hs.late && !acceptor.hs.late);
}
END_TEST

/* What each end does wrong, and what both then say. */
static const struct refusal {
	enum ssi_verdict verdict;
	bool dialer_decides;
} refusals[] = {
	{ SSI_VERDICT_MODE, false },	 { SSI_VERDICT_SAME_ID, false },
	{ SSI_VERDICT_WRONG_ID, false }, { SSI_VERDICT_PROTOCOL, false },
	{ SSI_VERDICT_GEOMETRY, false }, { SSI_VERDICT_DIAL_BACK, false },
	{ SSI_VERDICT_MALFORMED, false }, { SSI_VERDICT_MALFORMED, true },
};

static void spoil(const struct refusal *r)
{
	struct ssi_handshake *hs = r->dialer_decides ? &acceptor.hs : &dialer.hs;

	switch (r->verdict) {
	case SSI_VERDICT_MODE:
		hs->mine.plain = !hs->mine.plain;
		break;
	case SSI_VERDICT_SAME_ID:
		hs->mine.from = 5;
		break;
	case SSI_VERDICT_WRONG_ID:
		hs->mine.to = 6;
		break;
	case SSI_VERDICT_PROTOCOL:
		hs->mine.protocol++;
		break;
	case SSI_VERDICT_GEOMETRY:
		hs->mine.page_bytes *= 2;
		break;
	case SSI_VERDICT_DIAL_BACK:
		hs->mine.from = 9;
		acceptor.hs.listed = 1ull << 9;
		break;
	default:
		memset(hs->mine.incarnation, 0, sizeof(hs->mine.incarnation));
		break;
	}
}

START_TEST(run__refusal)
{
	const struct refusal *r = &refusals[_i];
	const char *words = ssi_verdict_text(r->verdict);

	spoil(r);
	run_both();
	ck_assert_int_eq(dialer.rc, -1);
	ck_assert_int_eq(acceptor.rc, -1);
	ck_assert_uint_eq(dialer.hs.verdict, r->verdict);
	ck_assert_uint_eq(acceptor.hs.verdict, r->verdict);
	ck_assert(dialer.hs.by_peer == !r->dialer_decides);
	ck_assert(acceptor.hs.by_peer == r->dialer_decides);
	ck_assert_msg(strstr(dialer.hs.why, words) != NULL, "%s", dialer.hs.why);
	ck_assert_msg(strstr(acceptor.hs.why, words) != NULL, "%s", acceptor.hs.why);
}
END_TEST

/* Bytes of somebody who is no SSI-HV node. */
static const struct garbage {
	const char *bytes;
	size_t len;
} garbage[] = {
	{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27 },
	{ "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20 },
	{ "\x16\x03\x01\x00\x04\xff\xff\xff\xff", 9 },
	{ "\x17\x03\x03\xff\xff garbage", 13 },
	{ "\x15\x03\x03\x00\x02\x02\x28", 7 },
};

START_TEST(run__garbage_client)
{
	int64_t start = ssi_handshake_now();

	ck_assert_int_gt(write(dialer.hs.fd, garbage[_i].bytes, garbage[_i].len), 0);
	shutdown(dialer.hs.fd, SHUT_WR);
	run_end(&acceptor);
	ck_assert_int_eq(acceptor.rc, -1);
	ck_assert(acceptor.hs.why[0]);
	ck_assert(!acceptor.hs.late);
	ck_assert_int_lt(ssi_handshake_now() - start, DEADLINE_MS);
}
END_TEST

START_TEST(run__silent_client)
{
	int64_t start = ssi_handshake_now();

	acceptor.hs.deadline = 300;
	run_end(&acceptor);
	ck_assert_int_eq(acceptor.rc, -1);
	ck_assert(acceptor.hs.late);
	ck_assert_int_ge(ssi_handshake_now() - start, 300);
	ck_assert_int_lt(ssi_handshake_now() - start, 1500);
	ck_assert_msg(strstr(acceptor.hs.why, "deadline") != NULL, "%s", acceptor.hs.why);
}
END_TEST

/* Warnings without end: there is always one to read. */
static void *run_flood(void *arg)
{
	static const char warning[] = "\x15\x03\x03\x00\x02\x01\x5a";
	int fd = *(int *)arg;

	while (send(fd, warning, 7, MSG_NOSIGNAL) == 7)
		continue;
	return NULL;
}

START_TEST(run__flooding_client)
{
	int64_t start = ssi_handshake_now();
	pthread_t thread;

	acceptor.hs.deadline = 300;
	pthread_create(&thread, NULL, run_flood, &dialer.hs.fd);
	run_end(&acceptor);
	ck_assert_int_eq(acceptor.rc, -1);
	ck_assert_int_lt(ssi_handshake_now() - start, 1500);
	shutdown(dialer.hs.fd, SHUT_RDWR);
	close(acceptor.hs.fd);
	pthread_join(thread, NULL);
}
END_TEST

/* Whatever GnuTLS puts up with, there is an end to it. */
START_TEST(pull__deadline_with_bytes_at_hand)
{
	char byte;

	ck_assert_int_eq(write(dialer.hs.fd, "xy", 2), 2);
	acceptor.hs.deadline = ssi_handshake_now() + 1000;
	ck_assert_int_eq(pull(&acceptor.hs, &byte, 1), 1);
	ck_assert_int_eq(byte, 'x');
	acceptor.hs.deadline = ssi_handshake_now();
	ck_assert_int_eq(pull(&acceptor.hs, &byte, 1), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	ck_assert(acceptor.hs.late);
	acceptor.hs.late = false;
	ck_assert_int_eq(push(&acceptor.hs, "z", 1), -1);
	ck_assert(acceptor.hs.late);
}
END_TEST

START_TEST(run__client_that_drips)
{
	static const char header[] = "\x16\x03\x01\x01\x00";
	int64_t start = ssi_handshake_now();
	pthread_t thread;
	int i;

	acceptor.hs.deadline = 400;
	pthread_create(&thread, NULL, run_end, &acceptor);
	ck_assert_int_eq(write(dialer.hs.fd, header, 5), 5);
	for (i = 0; i < 60; i++) {
		if (send(dialer.hs.fd, "x", 1, MSG_NOSIGNAL) < 0)
			break;
		usleep(20000);
	}
	pthread_join(thread, NULL);
	ck_assert_int_eq(acceptor.rc, -1);
	ck_assert(acceptor.hs.late);
	ck_assert_int_lt(ssi_handshake_now() - start, 3000);
}
END_TEST

/* A TLS client without the secret, as a browser is one. */
START_TEST(run__client_without_psk)
{
	gnutls_certificate_credentials_t cred;
	gnutls_session_t session;
	pthread_t thread;
	int rc;

	pthread_create(&thread, NULL, run_end, &acceptor);
	gnutls_certificate_allocate_credentials(&cred);
	gnutls_init(&session, GNUTLS_CLIENT);
	gnutls_set_default_priority(session);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, cred);
	gnutls_transport_set_int(session, dialer.hs.fd);
	do {
		rc = gnutls_handshake(session);
	} while (rc < 0 && !gnutls_error_is_fatal(rc));
	pthread_join(thread, NULL);
	ck_assert_int_lt(rc, 0);
	ck_assert_int_eq(acceptor.rc, -1);
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(cred);
}
END_TEST

static void make_certificate(gnutls_certificate_credentials_t cred)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;

	gnutls_x509_privkey_init(&key);
	gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
				     GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	gnutls_x509_crt_init(&crt);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, "\1", 1);
	gnutls_x509_crt_set_activation_time(crt, 0);
	gnutls_x509_crt_set_expiration_time(crt, time(NULL) + 86400);
	gnutls_x509_crt_set_key(crt, key);
	ck_assert_int_eq(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0), 0);
	ck_assert_int_eq(gnutls_certificate_set_x509_key(cred, &crt, 1, key), 0);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

/* A server that offers a certificate instead of the secret. */
START_TEST(run__server_without_psk)
{
	gnutls_certificate_credentials_t cred;
	gnutls_session_t session;
	pthread_t thread;
	int rc;

	pthread_create(&thread, NULL, run_end, &dialer);
	gnutls_certificate_allocate_credentials(&cred);
	make_certificate(cred);
	gnutls_init(&session, GNUTLS_SERVER);
	gnutls_set_default_priority(session);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, cred);
	gnutls_transport_set_int(session, acceptor.hs.fd);
	do {
		rc = gnutls_handshake(session);
	} while (rc < 0 && !gnutls_error_is_fatal(rc));
	pthread_join(thread, NULL);
	ck_assert_int_eq(dialer.rc, -1);
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(cred);
}
END_TEST

/* An acceptor that dies between its verdict and the end. */
START_TEST(run__peer_vanishes)
{
	shutdown(acceptor.hs.fd, SHUT_RDWR);
	run_end(&dialer);
	ck_assert_int_eq(dialer.rc, -1);
	ck_assert(!dialer.hs.late);
}
END_TEST

/* ---- certificates ---- */

static struct ssi_issuer authority, other_authority;

/* Nodes 3 and 5 with certificates of one authority. */
static void setup_certs(void)
{
	struct ssi_issue three = certs_of_node("three", 3), five = certs_of_node("five", 5);

	setup();
	certs_begin();
	authority = certs_authority("ours");
	other_authority = certs_authority("theirs");
	certs_write_cert("ca.crt", authority.cert);
	gnutls_x509_crt_deinit(certs_issue(&authority, &three, "three"));
	gnutls_x509_crt_deinit(certs_issue(&authority, &five, "five"));
	certs_revoke(&authority, NULL, "crl.pem");
	dialer.hs.identity = certs_identity("three", true);
	acceptor.hs.identity = certs_identity("five", true);
	dialer.hs.key = acceptor.hs.key = NULL;
}

static void teardown_certs(void)
{
	ssi_identity_put(dialer.hs.identity);
	ssi_identity_put(acceptor.hs.identity);
	ssi_issuer_free(&authority);
	ssi_issuer_free(&other_authority);
	certs_end();
	teardown();
}

START_TEST(certs__mutual)
{
	dialer.hs.mine.plain = acceptor.hs.mine.plain = false;
	dialer.raw = "dialer's kernel";
	acceptor.raw = "acceptor's kernel";
	run_both();
	ck_assert_msg(dialer.rc == 0, "%s", dialer.hs.why);
	ck_assert_msg(acceptor.rc == 0, "%s", acceptor.hs.why);
	ck_assert_str_eq(dialer.hs.holder.name, "five");
	ck_assert_str_eq(acceptor.hs.holder.name, "three");
	ck_assert_uint_eq(acceptor.hs.holder.node, 3);
	ck_assert(!dialer.hs.stranger && !acceptor.hs.stranger);
	ck_assert_mem_eq(dialer.hs.keys.tx.key, acceptor.hs.keys.rx.key, 16);
	ck_assert_mem_eq(dialer.hs.keys.rx.key, acceptor.hs.keys.tx.key, 16);
	expect_raw(acceptor.hs.fd, dialer.raw);
	expect_raw(dialer.hs.fd, acceptor.raw);
}
END_TEST

/* What is wrong with a certificate, and what both ends say then. */
static const struct bad_cert {
	const char *what;
	const char *refuser; /* part of what the one says who refuses */
	const char *refused; /* part of what the other one says, when it dialled */
} bad_certs[] = {
	{ "other authority", "issuer is unknown", "CA is unknown" },
	{ "expired", "expired", "expired" },
	{ "not yet valid", "not yet valid", "expired" },
	{ "revoked", "revoked", "revoked" },
	{ "no role", "OU is not", "Access was denied" },
	{ "role read", "OU is not", "Access was denied" },
	{ "no node", "names no node", "Access was denied" },
	{ "wrong purpose", "purpose", "Certificate is bad" },
	{ "no name", "CN is no name", "Certificate is bad" },
	{ "another node's", "is for another node", NULL },
};

static void make_bad(struct end *end, const char *what)
{
	struct ssi_issue wanted = certs_of_node("bad", end->hs.mine.from);
	const struct ssi_issuer *issuer = &authority;
	gnutls_x509_crt_t cert;

	if (!strcmp(what, "other authority"))
		issuer = &other_authority;
	if (!strcmp(what, "expired"))
		wanted.until = time(NULL) - 1;
	if (!strcmp(what, "not yet valid"))
		wanted.from = time(NULL) + 3600;
	if (!strcmp(what, "no role"))
		wanted.role = NULL;
	if (!strcmp(what, "role read"))
		wanted.role = "read";
	if (!strcmp(what, "no node"))
		wanted.node = SSI_NO_NODE;
	if (!strcmp(what, "wrong purpose")) {
		wanted.server = end->hs.dialer;
		wanted.client = !end->hs.dialer;
	}
	if (!strcmp(what, "no name"))
		wanted.name = "no name";
	if (!strcmp(what, "another node's"))
		wanted.node = 7;
	cert = certs_issue(issuer, &wanted, "bad");
	if (!strcmp(what, "revoked"))
		certs_revoke(&authority, cert, "crl.pem");
	gnutls_x509_crt_deinit(cert);
}

static void run_bad(struct end *bad, struct end *good, const char *good_name,
		    const struct bad_cert *b)
{
	static const struct ssi_tls_keys none;

	bad->hs.mine.plain = good->hs.mine.plain = false;
	make_bad(bad, b->what);
	ssi_identity_put(bad->hs.identity);
	ssi_identity_put(good->hs.identity);
	bad->hs.identity = certs_identity("bad", false);
	good->hs.identity = certs_identity(good_name, true);
	run_both();
	ck_assert_int_eq(good->rc, -1);
	ck_assert_int_eq(bad->rc, -1);
	ck_assert_msg(good->hs.stranger, "%s: %s", b->what, good->hs.why);
	ck_assert_msg(!bad->hs.stranger, "%s: %s", b->what, bad->hs.why);
	ck_assert_msg(strstr(good->hs.why, b->refuser) != NULL, "%s: %s", b->what, good->hs.why);
	ck_assert(!good->hs.late && !bad->hs.late);
	/* Nothing that a kernel could be given. */
	ck_assert_mem_eq(&good->hs.keys, &none, sizeof(none));
	ck_assert_mem_eq(&bad->hs.keys, &none, sizeof(none));
}

START_TEST(certs__bad_dialer)
{
	const struct bad_cert *b = &bad_certs[_i];

	run_bad(&dialer, &acceptor, "five", b);
	if (b->refused)
		ck_assert_msg(strstr(dialer.hs.why, b->refused) != NULL, "%s: %s", b->what,
			      dialer.hs.why);
	else
		ck_assert_uint_eq(dialer.hs.verdict, SSI_VERDICT_NOT_HOLDER);
}
END_TEST

START_TEST(certs__bad_acceptor)
{
	run_bad(&acceptor, &dialer, "three", &bad_certs[_i]);
	if (!bad_certs[_i].refused)
		ck_assert_uint_eq(acceptor.hs.verdict, SSI_VERDICT_NOT_HOLDER);
}
END_TEST

/* Good certificates, and a hello that names another node: nobody takes its id. */
START_TEST(certs__id_of_another)
{
	dialer.hs.mine.from = 4;
	run_both();
	ck_assert_int_eq(acceptor.rc, -1);
	ck_assert_int_eq(dialer.rc, -1);
	ck_assert_uint_eq(acceptor.hs.verdict, SSI_VERDICT_NOT_HOLDER);
	ck_assert(acceptor.hs.stranger);
	ck_assert_uint_eq(dialer.hs.verdict, SSI_VERDICT_NOT_HOLDER);
	ck_assert(dialer.hs.by_peer && !dialer.hs.stranger);
}
END_TEST

/* The authority's own certificate is no node's, though it is trusted. */
START_TEST(certs__authority_as_node)
{
	certs_write_cert("bad.crt", authority.cert);
	certs_write_key("bad.key", authority.key);
	ssi_identity_put(dialer.hs.identity);
	dialer.hs.identity = certs_identity("bad", false);
	run_both();
	ck_assert_int_eq(acceptor.rc, -1);
	ck_assert_int_eq(dialer.rc, -1);
	ck_assert(!*acceptor.hs.holder.name);
}
END_TEST

START_TEST(certs__against_a_secret)
{
	struct end *with_secret = _i ? &dialer : &acceptor;

	ssi_identity_put(with_secret->hs.identity);
	with_secret->hs.identity = NULL;
	with_secret->hs.key = key_a;
	run_both();
	ck_assert_int_eq(acceptor.rc, -1);
	ck_assert_int_eq(dialer.rc, -1);
	ck_assert_msg(strstr((_i ? &acceptor : &dialer)->hs.why, "the other a secret") != NULL,
		      "%s", (_i ? &acceptor : &dialer)->hs.why);
	ck_assert_msg(strstr(with_secret->hs.why, "no SSI-HV node") != NULL, "%s",
		      with_secret->hs.why);
	ck_assert(!dialer.hs.late && !acceptor.hs.late);
	ck_assert(acceptor.hs.stranger || dialer.hs.stranger);
}
END_TEST

START_TEST(certs__none_shown)
{
	gnutls_certificate_credentials_t cred;
	gnutls_session_t session;
	pthread_t thread;
	char byte;
	int rc;

	pthread_create(&thread, NULL, run_end, &acceptor);
	gnutls_certificate_allocate_credentials(&cred);
	gnutls_init(&session, GNUTLS_CLIENT);
	gnutls_set_default_priority(session);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, cred);
	gnutls_transport_set_int(session, dialer.hs.fd);
	do {
		rc = gnutls_handshake(session);
	} while (rc < 0 && !gnutls_error_is_fatal(rc));
	while (rc == 0)
		rc = gnutls_record_recv(session, &byte, 1);
	pthread_join(thread, NULL);
	ck_assert_int_lt(rc, 0);
	ck_assert_int_eq(acceptor.rc, -1);
	ck_assert(acceptor.hs.stranger);
	ck_assert_msg(strstr(acceptor.hs.why, "certificate") != NULL, "%s", acceptor.hs.why);
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(cred);
}
END_TEST

/* What went from the dialer to the acceptor, as somebody on the way has it. */
struct tape {
	int from, to;
	char bytes[8192];
	size_t len;
};

static void *run_tape(void *arg)
{
	struct tape *t = arg;
	ssize_t got;

	while ((got = read(t->from, t->bytes + t->len, sizeof(t->bytes) - t->len)) > 0) {
		ck_assert_int_eq(write(t->to, t->bytes + t->len, got), got);
		t->len += got;
	}
	return NULL;
}

/* All that a good dialer once said does not make who repeats it that dialer. */
START_TEST(certs__replayed)
{
	static struct tape up, down;
	pthread_t threads[2], ends[2];
	struct end again = acceptor;
	int far = acceptor.hs.fd, near, replay;

	tcp_pair(&near, &acceptor.hs.fd);
	up = (struct tape){ .from = far, .to = near };
	down = (struct tape){ .from = near, .to = far };
	pthread_create(&threads[0], NULL, run_tape, &up);
	pthread_create(&threads[1], NULL, run_tape, &down);
	pthread_create(&ends[0], NULL, run_end, &dialer);
	pthread_create(&ends[1], NULL, run_end, &acceptor);
	pthread_join(ends[0], NULL);
	pthread_join(ends[1], NULL);
	ck_assert_msg(acceptor.rc == 0, "%s", acceptor.hs.why);
	shutdown(far, SHUT_RDWR);
	shutdown(near, SHUT_RDWR);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	ck_assert_uint_gt(up.len, 1000);

	again.hs.deadline = DEADLINE_MS;
	tcp_pair(&replay, &again.hs.fd);
	ck_assert_int_eq(write(replay, up.bytes, up.len), up.len);
	shutdown(replay, SHUT_WR);
	run_end(&again);
	ck_assert_int_eq(again.rc, -1);
	ck_assert(!*again.hs.holder.name && !again.hs.theirs.from);
	close(again.hs.fd);
	close(replay);
	close(far);
	close(near);
}
END_TEST

static void add_certs(TCase *tc)
{
	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, setup_certs, teardown_certs);
	tcase_add_test(tc, certs__mutual);
	tcase_add_loop_test(tc, certs__bad_dialer, 0, COUNT(bad_certs));
	tcase_add_loop_test(tc, certs__bad_acceptor, 0, COUNT(bad_certs));
	tcase_add_test(tc, certs__id_of_another);
	tcase_add_test(tc, certs__authority_as_node);
	tcase_add_loop_test(tc, certs__against_a_secret, 0, 2);
	tcase_add_test(tc, certs__none_shown);
	tcase_add_test(tc, certs__replayed);
}

int main(void)
{
	TCase *tc = tcase_create("run"), *certs = tcase_create("certs");
	int failed;

	add_certs(certs);

	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, run__right_secret);
	tcase_add_test(tc, run__tls_keys);
	tcase_add_test(tc, run__plain_exports_no_keys);
	tcase_add_loop_test(tc, run__reads_nothing_ahead, 0, 2);
	tcase_add_test(tc, run__wrong_secret);
	tcase_add_loop_test(tc, run__refusal, 0, COUNT(refusals));
	tcase_add_loop_test(tc, run__garbage_client, 0, COUNT(garbage));
	tcase_add_test(tc, run__silent_client);
	tcase_add_test(tc, run__flooding_client);
	tcase_add_test(tc, pull__deadline_with_bytes_at_hand);
	tcase_add_test(tc, run__client_that_drips);
	tcase_add_test(tc, run__client_without_psk);
	tcase_add_test(tc, run__server_without_psk);
	tcase_add_test(tc, run__peer_vanishes);
	failed = run_case("ssictl_handshake", tc);
	return run_case("ssictl_handshake_certs", certs) || failed;
}
