// SPDX-License-Identifier: Apache-2.0
/*
 * ssictl/handshake.c: whoever calls an agent, or answers it, and does not know the
 * secret. Whatever the bytes are, it ends, says why, and gives nothing away.
 */
#include "../../ssictl/handshake.h"

#include <sys/socket.h>
#include <unistd.h>

#include "../../ssictl/secret.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[SSI_SECRET_KEYLEN] = { 1, 2, 3 };
	static const struct ssi_tls_keys none;
	struct input in = { data, size };
	struct ssi_handshake hs = {
		.dialer = in_u8(&in) & 1,
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
	must(!hs.theirs.from && !hs.theirs.protocol);
	close(ends[0]);
	close(ends[1]);
	return 0;
}
