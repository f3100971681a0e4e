// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import { describe, EventParser, pause } from "../../build/web/page/events.js";

const TEXT = ": after revision 3\n\nid: 4\nevent: node-dead\ndata: {\"a\":\"b: c\"}\n\n: revision 4\n\nid: 5\nevent: x\ndata: {}\n\n";
const EXPECTED = [{ id: "4", event: "node-dead", data: "{\"a\":\"b: c\"}" }, { id: "5", event: "x", data: "{}" }];

test("events come whole, wherever the stream is cut", () => {
	for (let size = 1; size <= TEXT.length; size++) {
		const parser = new EventParser();
		const found = [];

		for (let at = 0; at < TEXT.length; at += size)
			found.push(...parser.push(TEXT.slice(at, at + size)));
		assert.deepEqual(found, EXPECTED);
	}
});

test("half an event is none", () => {
	assert.deepEqual(new EventParser().push("id: 4\nevent: x\ndata: {}\n"), []);
});

test("each change has a sentence; an unknown one its word", () => {
	const cluster = { nodes: [{ id: 1, name: "one" }], regions: [{ id: 2, name: "guest" }] };

	assert.equal(describe({ type: "node-joined", node: 1, address: "192.0.2.1:1" }, cluster), "Node one (1) joined at 192.0.2.1:1");
	assert.equal(describe({ type: "node-removed", node: 9 }, cluster), "Node 9 left");
	assert.equal(describe({ type: "node-draining", node: 1, draining: false }, cluster), "Node one (1) is no longer being emptied");
	assert.equal(describe({ type: "region-placed", region: 2 }, cluster), "Region guest (2) has other places");
	assert.equal(describe({ type: "moon-risen" }, cluster), "moon-risen");
});

test("the pause grows, and ends growing", () => {
	assert.deepEqual([0, 1, 2, 6, 60].map(pause), [500, 1000, 2000, 30000, 30000]);
});
