// SPDX-License-Identifier: Apache-2.0
/* ssictl/hello.c: what an agent is told inside TLS, before its kernel gets the socket. */
#include "../../ssictl/hello.h"
#include "fuzz.h"

static void check_accepted(const uint8_t *wire, const struct ssi_hello *hello)
{
	uint8_t again[SSI_HELLO_BYTES];

	/* Nothing that was not understood: it can be said in no other way. */
	ssi_hello_encode(hello, again);
	must(!memcmp(wire, again, sizeof(again)));
	must(hello->from <= SSI_MEM_NODE_ID_MAX && hello->to <= SSI_MEM_NODE_ID_MAX);
	must(hello->channel <= SSI_MEM_CHANNEL_DATA);
}

/* Both ends come to the same verdict, and to who dials. */
static void check_agreement(const struct ssi_hello *mine, const struct ssi_hello *theirs)
{
	enum ssi_verdict verdict = ssi_hello_judge(mine, theirs);

	must(verdict == ssi_hello_judge(theirs, mine));
	must(strcmp(ssi_verdict_text(verdict), "a reason of a later version"));
	if (verdict != SSI_VERDICT_OK)
		return;
	must(mine->from != theirs->from && mine->from == theirs->to);
	must(ssi_hello_dial_back(mine, theirs, ~0ull) != ssi_hello_dial_back(theirs, mine, ~0ull));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t wire[SSI_HELLO_BYTES], second[SSI_HELLO_BYTES], verdict[SSI_VERDICT_BYTES];
	static const struct ssi_hello nothing;
	struct ssi_hello hello, other;
	unsigned int code;

	in_bytes(&in, wire, sizeof(wire));
	in_bytes(&in, second, sizeof(second));
	in_bytes(&in, verdict, sizeof(verdict));
	if (ssi_hello_decode(wire, &hello) == SSI_VERDICT_OK) {
		check_accepted(wire, &hello);
		if (ssi_hello_decode(second, &other) == SSI_VERDICT_OK)
			check_agreement(&hello, &other);
	} else {
		must(hello.from == nothing.from && !hello.protocol && !hello.features);
	}
	code = ssi_verdict_decode(verdict);
	must(code <= UINT16_MAX && *ssi_verdict_text(code));
	if (code < SSI_VERDICT_COUNT && code != SSI_VERDICT_MALFORMED) {
		ssi_verdict_encode(code, second);
		must(ssi_verdict_decode(second) == code);
	}
	return 0;
}
