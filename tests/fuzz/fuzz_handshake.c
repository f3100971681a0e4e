// SPDX-License-Identifier: Apache-2.0
/*
 * ssictl/handshake.c: whoever calls an agent, or answers it, and does not know the
 * secret, or has no certificate. Whatever the bytes are, it ends, says why, and gives nothing away.
 */
#include "../../ssictl/handshake.h"

#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../ssictl/issue.h"
#include "../../ssictl/secret.h"
#include "fuzz.h"

/* A node's certificate and its authority, made once. */
static struct ssi_identity *make_identity(void)
{
	static struct ssi_identity identity = { .lock = PTHREAD_MUTEX_INITIALIZER };
	const struct ssi_issue what = { .name = "one", .role = "operate", .node = 1,
					.server = true, .client = true, .from = time(NULL) - 86400,
					.until = time(NULL) + 30 * 86400 };
	gnutls_x509_privkey_t key;
	gnutls_x509_crq_t request;
	struct ssi_issuer issuer;
	gnutls_x509_crt_t cert;

	if (identity.length)
		return &identity;
	must(ssi_issuer_create(&issuer, &what) == 0 && ssi_issue_key(&key) == 0);
	must(ssi_issue_request(key, "one", &request) == 0);
	must(ssi_issue(&issuer, &what, request, &cert) == 0);
	must(gnutls_pcert_import_x509(&identity.chain[0], cert, 0) == 0);
	must(gnutls_privkey_init(&identity.key) == 0);
	must(gnutls_privkey_import_x509(identity.key, key, GNUTLS_PRIVKEY_IMPORT_COPY) == 0);
	must(gnutls_x509_trust_list_init(&identity.trust, 0) == 0);
	must(gnutls_x509_trust_list_add_cas(identity.trust, &issuer.cert, 1, 0) == 1);
	issuer.cert = NULL;
	ssi_issuer_free(&issuer);
	gnutls_x509_crt_deinit(cert);
	gnutls_x509_crq_deinit(request);
	gnutls_x509_privkey_deinit(key);
	identity.length = 1;
	return &identity;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[SSI_SECRET_KEYLEN] = { 1, 2, 3 };
	static const struct ssi_tls_keys none;
	struct input in = { data, size };
	uint8_t kind = in_u8(&in);
	struct ssi_handshake hs = {
		.dialer = kind & 1,
		.identity = kind & 2 ? make_identity() : NULL,
		.key = key,
		.deadline = ssi_handshake_now() + 60000,
		.mine = { .protocol = 3, .page_bytes = 4096, .chunk_bytes = 2 << 20,
			  .from = 1, .to = 2 },
	};
	int ends[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	must(send(ends[1], in.at, in.left, MSG_NOSIGNAL) == (ssize_t)in.left);
	shutdown(ends[1], SHUT_WR);
	hs.fd = ends[0];
	must(ssi_handshake_run(&hs) < 0);
	must(!hs.late && *hs.why && memchr(hs.why, 0, sizeof(hs.why)));
	must(!memcmp(&hs.keys, &none, sizeof(none)));
	must(!hs.theirs.from && !hs.theirs.protocol && !*hs.holder.name);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
