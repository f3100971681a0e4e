// SPDX-License-Identifier: Apache-2.0
// What nodes told over time: GET /stats, put together from its answers.

// Remote faults by local ones; docs/operations.md says what it means.
export const MISS_TARGET = 0.05;
export const REMOTE = ["faults_read", "faults_write", "upgrades"];
export const LOCAL = ["faults_local"];
export const FIRST = ["faults_first"];
export const PHASES = ["total", "answer", "acks", "wake", "queue", "unmap", "hold", "serve"];

const KEEP_MS = 15 * 60 * 1000;

// The lists of an answer as rows: one for each sample, in the order of time.
export function rowsOf(samples) {
	const names = Object.keys(samples).filter(name => name !== "at_ms" && name !== "times");

	return samples.at_ms.map((at, i) => ({
		at,
		stats: Object.fromEntries(names.map(name => [name, samples[name][i]])),
		times: Object.fromEntries(Object.entries(samples.times).map(([phase, lists]) =>
			[phase, { count: lists.count[i], p50: lists.p50_ns[i], p99: lists.p99_ns[i] }])),
	}));
}

// All samples of all nodes that answers brought. A coordinator's clock that goes
// backwards is another clock: then all begins anew.
export class History {
	constructor() {
		this.reset();
	}

	reset() {
		this.rows = new Map();
		this.told = new Map();
		this.before = new Map();
		this.now = 0;
	}

	// What to ask for next: once more the last moment, as it may not have been over.
	since() {
		return Math.max(this.now - 1, 0);
	}

	add(answer) {
		if (answer.now_ms < this.now)
			this.reset();
		this.now = answer.now_ms;
		for (const id of [...this.told.keys()].filter(id => !answer.nodes.some(node => node.node === id))) {
			this.told.delete(id);
			this.before.delete(id);
			this.rows.delete(id);
		}
		for (const node of answer.nodes)
			this.addNode(node);
	}

	addNode(node) {
		const last = this.told.get(node.node);
		const rows = this.rows.get(node.node) || [];
		const newest = rows.length ? rows[rows.length - 1].at : 0;

		if (last && last.told_ms < node.told_ms)
			this.before.set(node.node, last);
		this.told.set(node.node, node);
		if (node.samples)
			rows.push(...rowsOf(node.samples).filter(row => row.at > newest));
		this.rows.set(node.node, rows.filter(row => row.at > this.now - KEEP_MS));
	}

	nodes() {
		return [...this.told.keys()].sort((a, b) => a - b);
	}
}

function sum(row, names) {
	const values = names.map(name => row.stats[name]);

	return values.some(value => value === null || value === undefined) ? null :
		values.reduce((a, b) => a + b, 0);
}

// How much counters grew from one row to the next; null where one is not known or
// began anew.
function growth(before, row, names) {
	const a = sum(before, names), b = sum(row, names);

	return a === null || b === null || b < a ? null : b - a;
}

// [times, values]: the counters' growth a second.
export function rates(rows, names) {
	const later = rows.slice(1);

	return [later.map(row => row.at), later.map((row, i) => {
		const grown = growth(rows[i], row, names);

		return grown === null ? null : grown * 1000 / (row.at - rows[i].at);
	})];
}

// [times, values]: remote faults by local ones, of each interval with local faults.
export function missRatios(rows) {
	const later = rows.slice(1);

	return [later.map(row => row.at), later.map((row, i) => {
		const remote = growth(rows[i], row, REMOTE), local = growth(rows[i], row, LOCAL);

		return remote === null || !local ? null : remote / local;
	})];
}

// [times, values]: a quantile of a phase, p50 or p99.
export function quantiles(rows, phase, which) {
	return [rows.map(row => row.at), rows.map(row => row.times[phase] ? row.times[phase][which] : null)];
}

// The last value of a series that is one, and no older than 10 s.
export function latest([times, values], now) {
	for (let i = values.length - 1; i >= 0 && times[i] > now - 10000; i--) {
		if (values[i] !== null)
			return values[i];
	}
	return null;
}

// Nodes with most remote faults first, as many as a chart can show.
export function busiest(history, most) {
	const weight = id => latest(rates(history.rows.get(id), REMOTE), history.now) || 0;

	return history.nodes().map(id => [id, weight(id)]).sort((a, b) => b[1] - a[1] || a[0] - b[0])
		.slice(0, most).map(([id]) => id).sort((a, b) => a - b);
}
