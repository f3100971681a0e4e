// SPDX-License-Identifier: Apache-2.0
// The stream of changes: GET /watch, read by fetch, as EventSource sends no token.

// Makes events of the stream's text, however it was cut into pieces.
export class EventParser {
	constructor() {
		this.rest = "";
	}

	push(text) {
		const blocks = (this.rest + text).split("\n\n");

		this.rest = blocks.pop();
		return blocks.map(block => this.event(block)).filter(event => event.data !== undefined);
	}

	event(block) {
		const event = {};

		for (const line of block.split("\n")) {
			const colon = line.indexOf(":");

			if (colon > 0)
				event[line.slice(0, colon)] = line.slice(colon + 1).replace(/^ /, "");
		}
		return event;
	}
}

function nameOf(list, id) {
	const found = list.find(item => item.id === id);

	return found ? found.name + " (" + id + ")" : String(id);
}

// What a record says, as a sentence. Names are those that the cluster has now.
export function describe(record, cluster) {
	const node = () => "Node " + nameOf(cluster.nodes, record.node);
	const region = () => "Region " + nameOf(cluster.regions, record.region);
	const sentences = {
		"cluster-created": () => "Cluster " + record.name + " was created",
		"cluster-deleted": () => "The cluster was deleted",
		"node-registered": () => "Node " + record.name + " (" + record.node + ") was registered",
		"node-joined": () => node() + " joined at " + record.address,
		"node-draining": () => node() + (record.draining ? " is being emptied" : " is no longer being emptied"),
		"node-dead": () => node() + " was declared dead",
		"node-removed": () => node() + " left",
		"region-created": () => "Region " + record.name + " (" + record.region + ") was created",
		"region-placed": () => region() + " has other places",
		"region-deleted": () => region() + " was deleted",
	};

	return (sentences[record.type] || (() => record.type))();
}

// How long to wait before connecting again: longer each time, to half a minute.
export function pause(failures) {
	return Math.min(500 * 2 ** Math.min(failures, 6), 30000);
}
