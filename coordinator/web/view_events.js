// SPDX-License-Identifier: Apache-2.0
// Events as they come. The stream goes on after a break where it ended.
import { open } from "./api.js";
import { byId, element, setText } from "./dom.js";
import { describe, EventParser, pause } from "./events.js";
import { clock } from "./format.js";

// So many are asked for at first, and kept.
const BEFORE = 50;
const MOST = 200;
// A stream that is alive says something every 15 seconds.
const SILENCE_MS = 40000;

const stream = { seen: null, failures: 0, state: null, changed: null };

function add(record) {
	const list = byId("event-list");
	const time = new Date(record.time);

	list.prepend(element("li", { value: record.revision },
		element("time", { datetime: time.toISOString() }, clock(record.time)),
		describe(record, stream.state.cluster) + (record.by ? ", by " + record.by : "")));
	while (list.children.length > MOST)
		list.lastElementChild.remove();
}

function take(event) {
	stream.seen = Number(event.id);
	add(JSON.parse(event.data));
	stream.changed();
}

async function read(answer, silence) {
	const reader = answer.body.getReader();
	const decoder = new TextDecoder();
	const parser = new EventParser();
	let timer;

	for (;;) {
		timer = setTimeout(() => silence.abort(), SILENCE_MS);
		const { done, value } = await reader.read();

		clearTimeout(timer);
		if (done)
			return;
		parser.push(decoder.decode(value, { stream: true })).forEach(take);
	}
}

// One connection, from its beginning to its end.
async function connect() {
	const silence = new AbortController();
	const answer = await open("watch?revision=" + stream.seen, silence.signal);

	stream.failures = 0;
	setText(byId("events-status"), "Live, after revision " + stream.seen + ".");
	await read(answer, silence);
}

// What is too old to be told is left out: the stream begins with the newest.
function failed(error) {
	if (error.status === 410)
		stream.seen = stream.state.cluster.revision;
	stream.failures++;
	setText(byId("events-status"), (error.message || "The stream ended") + "; connecting again.");
}

// The state's cluster is the one that is shown; changed is called after each event.
export async function start(state, changed) {
	Object.assign(stream, { state, changed, seen: Math.max(0, state.cluster.revision - BEFORE) });
	for (;;) {
		try {
			await connect();
			setText(byId("events-status"), "The stream ended; connecting again.");
		} catch (error) {
			failed(error);
		}
		await new Promise(resolve => setTimeout(resolve, pause(stream.failures)));
	}
}
