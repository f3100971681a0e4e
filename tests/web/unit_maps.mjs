// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import { bytesOf, coarsen, fade, heatOf, layout, merge, moved, ownerOf } from "../../build/web/page/maps.js";

const MIB = 1 << 20;
const map = (node, told, owned, more) => ({ node, told_ms: told, region: "r", size: 2 * MIB * owned.length, step: 1, owned,
					     copies: owned.map(() => 0), ...more });

test("coarser cells are sums", () => {
	assert.deepEqual(coarsen([1, 2, 3, 4, 5], 2), [3, 7, 5]);
	assert.deepEqual(coarsen([1, 2], 1), [1, 2]);
});

test("maps of nodes become one, with the coarsest step", () => {
	const merged = merge([map(0, 5, [512, 0, 7]), map(3, 6, [10, 1], { step: 2, size: 6 * MIB, copies: [1, 2] })]);

	assert.equal(merged.step, 2);
	assert.equal(merged.cells.length, 2);
	assert.deepEqual([...merged.cells[0].owned], [[0, 512], [3, 10]]);
	assert.deepEqual([...merged.cells[1].owned], [[0, 7], [3, 1]]);
	assert.equal(merged.cells[1].copies, 2);
	assert.equal(merged.cells[0].faults, null);
	assert.equal(merged.told, 6);
	assert.deepEqual([bytesOf(merged, 0), bytesOf(merged, 1)], [4 * MIB, 2 * MIB]);
	assert.equal(merge([]), null);
});

test("a cell's owner has most of its pages; nobody owns what nobody wrote", () => {
	const cell = owned => ({ owned: new Map(owned) });

	assert.deepEqual(ownerOf(cell([[2, 5], [1, 9]])), { node: 1, pages: 9 });
	assert.deepEqual(ownerOf(cell([[2, 5], [1, 5]])), { node: 1, pages: 5 });
	assert.equal(ownerOf(cell([])), null);
});

test("heat is what came or went, of each node's own two tellings", () => {
	const before = merge([map(0, 1000, [100, 0]), map(1, 1500, [0, 50])]);
	const after = merge([map(0, 3000, [90, 0], { copies: [4, 0] }), map(1, 1500, [0, 50])]);

	assert.deepEqual(heatOf(before, after), [7, 0]);
	assert.equal(heatOf(null, after), null);
	assert.equal(heatOf(after, after), null);
	assert.equal(heatOf(merge([map(0, 1000, [1])]), after), null);
});

test("heat is what the kernel counts, where it does", () => {
	const before = merge([map(0, 1000, [100, 0], { heat: [10, 10] })]);
	const after = merge([map(0, 2000, [0, 0], { heat: [10, 40] })]);

	assert.equal(after.counted, true);
	assert.deepEqual(heatOf(before, after), [0, 30]);
});

test("heat fades", () => {
	assert.deepEqual(fade([10, 1], [0, 5], 0.5), [5, 5]);
	assert.deepEqual(fade(null, [3], 0.5), [3]);
	assert.deepEqual(fade([10], [3], 0), [3]);
});

test("every cell has a place, whatever the width", () => {
	for (const [length, width] of [[1, 1000], [128, 1200], [1024, 300], [2048, 1200], [2048, 10]]) {
		const { columns, rows, size } = layout(length, width);

		assert.ok(columns >= 1 && columns * rows >= length && columns * (rows - 1) < length);
		assert.ok(columns * size <= Math.max(width, size));
	}
});

test("keys move the cursor within the cells", () => {
	assert.equal(moved(5, "ArrowRight", 4, 10), 6);
	assert.equal(moved(5, "ArrowUp", 4, 10), 1);
	assert.equal(moved(1, "ArrowUp", 4, 10), 1);
	assert.equal(moved(9, "ArrowRight", 4, 10), 9);
	assert.equal(moved(7, "ArrowDown", 4, 10), 7);
	assert.equal(moved(5, "Home", 4, 10), 0);
	assert.equal(moved(5, "End", 4, 10), 9);
	assert.equal(moved(5, "Tab", 4, 10), 5);
});
