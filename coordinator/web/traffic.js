// SPDX-License-Identifier: Apache-2.0
// Node-to-node traffic: from what nodes tell of their links.

const KINDS = {
	bytes: "sent_bytes",
	answers: "answers",
};

// Bytes, if any kernel counts them; else answers of homes; else nothing.
export function kindOf(told) {
	const links = [...told.values()].flatMap(node => node.links || []);

	return Object.keys(KINDS).find(kind => links.some(link => link[KINDS[kind]] !== undefined)) || null;
}

function rateOf(before, node, link, key) {
	const old = before && (before.links || []).find(other => other.peer === link.peer);

	if (!old || old[key] === undefined || link[key] === undefined || link[key] < old[key])
		return null;
	return (link[key] - old[key]) * 1000 / (node.told_ms - before.told_ms);
}

// By node and peer: the rate a second, null where it is not known; no entry where
// there is no link.
export function matrix(told, before, kind) {
	const rows = new Map();

	for (const [id, node] of told) {
		const row = new Map();

		for (const link of node.links || [])
			row.set(link.peer, { rate: kind ? rateOf(before.get(id), node, link, KINDS[kind]) : null,
					     state: link.state, tls: link.tls });
		rows.set(id, row);
	}
	return rows;
}

// Pages that all nodes together handed over most; null when no kernel counts it.
export function hottest(told, most) {
	const lists = [...told.values()].map(node => node.hot).filter(list => list);
	const pages = new Map();

	if (!lists.length)
		return null;
	for (const { region, page, moves } of lists.flat()) {
		const key = region + " " + page;
		const entry = pages.get(key) || { region, page, moves: 0 };

		entry.moves += moves;
		pages.set(key, entry);
	}
	return [...pages.values()].sort((a, b) => b.moves - a.moves).slice(0, most);
}
