// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import { get, Refusal, setToken } from "../../build/web/page/api.js";

// What fetch answers from now on; the requests that it got.
function answerWith(answer) {
	const asked = [];

	globalThis.fetch = async (path, options) => {
		asked.push({ path, ...options });
		if (answer instanceof Error)
			throw answer;
		return answer;
	};
	return asked;
}

const problem = (status, body) => new Response(body, { status });

test("the token goes with each request, and only when there is one", async () => {
	const asked = answerWith(new Response("{\"a\":1}"));

	assert.deepEqual(await get("nodes"), { a: 1 });
	assert.deepEqual(asked[0].headers, {});
	setToken("secret");
	const more = answerWith(new Response("{}"));

	await get("nodes");
	assert.equal(more[0].headers.Authorization, "Bearer secret");
	assert.equal(more[0].redirect, "manual");
});

test("a refusal says what helps", async () => {
	answerWith(problem(401, JSON.stringify({ type: "/docs#problem-unauthorized", detail: "no token", remedy: "send one" })));
	await assert.rejects(get("nodes"), error => error instanceof Refusal && error.status === 401 &&
		error.kind === "unauthorized" && error.message === "no token" && error.remedy === "send one");
	answerWith(problem(502, "<html>"));
	await assert.rejects(get("nodes"), error => error.status === 502 && error.message === "answer 502");
	answerWith(new TypeError("failed"));
	await assert.rejects(get("nodes"), error => error.status === 0);
	answerWith({ type: "opaqueredirect", ok: false });
	await assert.rejects(get("nodes"), error => error.kind === "not-leader");
});
