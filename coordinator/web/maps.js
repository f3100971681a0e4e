// SPDX-License-Identifier: Apache-2.0
// Who has which pages of a region: GET /maps, put together from all nodes.

export const CHUNK_BYTES = 2 << 20;
const CHUNK_PAGES = 512;

// A list of cells with a coarser step: each is the sum of those that it covers.
export function coarsen(list, factor) {
	const coarse = new Array(Math.ceil(list.length / factor)).fill(0);

	list.forEach((value, i) => { coarse[Math.floor(i / factor)] += value; });
	return coarse;
}

// One map of all nodes. Nodes may choose different steps: the largest one counts.
// A cell: pages by node that owns them, copies of all nodes, faults or null.
export function merge(maps) {
	if (!maps.length)
		return null;
	const step = Math.max(...maps.map(map => map.step));
	const size = Math.max(...maps.map(map => map.size));
	const length = Math.ceil(Math.ceil(size / CHUNK_BYTES) / step);
	const counted = maps.some(map => map.heat);
	const cells = Array.from({ length }, () => ({ owned: new Map(), copies: 0, faults: counted ? 0 : null }));

	for (const map of maps) {
		const factor = step / map.step;

		coarsen(map.owned, factor).forEach((pages, i) => pages && cells[i].owned.set(map.node, pages));
		coarsen(map.copies, factor).forEach((pages, i) => { cells[i].copies += pages; });
		coarsen(map.heat || [], factor).forEach((faults, i) => { cells[i].faults += faults; });
	}
	return { step, size, cells, counted, told: Math.max(...maps.map(map => map.told_ms)),
		 nodes: maps.map(map => map.node).sort((a, b) => a - b), maps };
}

export function bytesOf(map, index) {
	return Math.min(map.step * CHUNK_BYTES, map.size - index * map.step * CHUNK_BYTES);
}

export function pagesOf(map) {
	return map.step * CHUNK_PAGES;
}

// The node that owns most of a cell, and how many pages; null for a cell that
// nobody wrote to.
export function ownerOf(cell) {
	let best = null;

	for (const [node, pages] of cell.owned) {
		if (!best || pages > best.pages || (pages === best.pages && node < best.node))
			best = { node, pages };
	}
	return best;
}

// What one node's list says of each cell has changed so much.
function differences(before, after, key) {
	return after[key].map((value, i) => Math.abs(value - before[key][i]));
}

// How hot each cell is, a second, from two tellings of every node: its remote
// faults where kernels count them; else how many pages more or fewer nodes have,
// which is the least that can have moved. Null without two tellings that fit.
export function heatOf(before, after) {
	if (!before || before.size !== after.size)
		return null;
	const heat = new Array(after.cells.length).fill(0);
	let compared = 0;

	for (const map of after.maps) {
		const old = before.maps.find(other => other.node === map.node);

		if (!old || old.told_ms >= map.told_ms || old.step !== map.step)
			continue;
		const lists = after.counted ? [differences({ heat: old.heat || map.heat }, map, "heat")] :
			[differences(old, map, "owned"), differences(old, map, "copies")];
		const each = 1000 / (map.told_ms - old.told_ms);

		compared++;
		for (const list of lists)
			coarsen(list, after.step / map.step).forEach((value, i) => { heat[i] += value * each; });
	}
	return compared ? heat : null;
}

// Heat that fades: so that what was hot a moment ago is still seen.
export function fade(shown, heat, rest) {
	return heat.map((value, i) => Math.max(value, (shown && shown[i] || 0) * rest));
}

// How a grid is laid out: square cells, as large as the width lets them be.
export function layout(length, width) {
	const size = Math.max(6, Math.min(20, Math.floor(Math.sqrt(width * 220 / Math.max(length, 1)))));
	const columns = Math.max(1, Math.min(length, Math.floor(width / size)));

	return { size, columns, rows: Math.ceil(length / columns) };
}

// Where the keyboard moves a cell's cursor; the same cell for other keys.
export function moved(index, key, columns, length) {
	const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns,
			Home: -index, End: length - 1 - index };
	const next = index + (steps[key] || 0);

	return next < 0 || next >= length ? index : next;
}
