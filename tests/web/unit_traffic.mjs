// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import { hottest, kindOf, matrix } from "../../build/web/page/traffic.js";

const link = (peer, more) => ({ peer, state: "up", tls: true, ...more });
const told = (time, links, hot) => ({ told_ms: time, links, hot });

test("bytes are shown where a kernel counts them, else answers, else nothing", () => {
	assert.equal(kindOf(new Map([[0, told(1, [link(1)])], [1, told(1)]])), null);
	assert.equal(kindOf(new Map([[0, told(1, [link(1, { answers: 0 })])]])), "answers");
	assert.equal(kindOf(new Map([[0, told(1, [link(1, { answers: 0, sent_bytes: 0 })])]])), "bytes");
});

test("a rate needs two tellings, and a counter that did not begin anew", () => {
	const now = new Map([[0, told(3000, [link(1, { answers: 50 }), link(2, { answers: 1 }), link(3, { answers: 9 }), link(4)])]]);
	const before = new Map([[0, told(1000, [link(1, { answers: 10 }), link(2, { answers: 5 }), link(4)])]]);
	const row = matrix(now, before, "answers").get(0);

	assert.deepEqual([1, 2, 3, 4].map(peer => row.get(peer).rate), [20, null, null, null]);
	assert.equal(row.get(5), undefined);
	assert.equal(matrix(now, new Map(), "answers").get(0).get(1).rate, null);
	assert.equal(matrix(now, before, null).get(0).get(1).rate, null);
});

test("hot pages are sums over nodes; none counted is not none moved", () => {
	const hot = (page, moves) => ({ region: "r", page, moves });
	const nodes = new Map([[0, told(1, [], [hot(7, 3), hot(8, 9)])], [1, told(1, [], [hot(7, 8)])], [2, told(1)]]);

	assert.deepEqual(hottest(nodes, 9), [hot(7, 11), hot(8, 9)]);
	assert.deepEqual(hottest(nodes, 1), [hot(7, 11)]);
	assert.equal(hottest(new Map([[0, told(1, [])]]), 9), null);
	assert.deepEqual(hottest(new Map([[0, told(1, [], [])]]), 9), []);
});
