// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import { busiest, History, latest, missRatios, quantiles, rates, rowsOf } from "../../build/web/page/series.js";

const samples = (at, stats, times = {}) => ({ at_ms: at, ...stats, times });
const answer = (now, ...nodes) => ({ now_ms: now, nodes });
const node = (id, told, part) => ({ node: id, told_ms: told, regions: [], samples: part });
const row = (at, stats, times = {}) => ({ at, stats, times });

test("lists become rows", () => {
	const rows = rowsOf(samples([1, 2], { a: [3, null] }, { total: { count: [1, 2], p50_ns: [5, null], p99_ns: [7, 8] } }));

	assert.deepEqual(rows[0], { at: 1, stats: { a: 3 }, times: { total: { count: 1, p50: 5, p99: 7 } } });
	assert.deepEqual(rows[1], { at: 2, stats: { a: null }, times: { total: { count: 2, p50: null, p99: 8 } } });
});

test("history takes each sample once, and asks for the last moment again", () => {
	const history = new History();

	assert.equal(history.since(), 0);
	history.add(answer(1000, node(4, 900, samples([800, 900], { a: [1, 2] }))));
	assert.equal(history.since(), 999);
	history.add(answer(2000, node(4, 1900, samples([900, 1900], { a: [2, 3] }))));
	assert.deepEqual(history.rows.get(4).map(one => one.stats.a), [1, 2, 3]);
	assert.equal(history.before.get(4).told_ms, 900);
});

test("history keeps the telling before, however often one asks", () => {
	const history = new History();

	history.add(answer(1000, node(4, 900)));
	history.add(answer(1100, node(4, 900)));
	assert.equal(history.before.get(4), undefined);
	history.add(answer(2000, node(4, 1900)));
	history.add(answer(2100, node(4, 1900)));
	assert.equal(history.before.get(4).told_ms, 900);
});

test("history forgets nodes that are gone, samples that are old, and another clock", () => {
	const history = new History();

	history.add(answer(1000, node(4, 900, samples([900], { a: [1] })), node(5, 900)));
	history.add(answer(2000, node(5, 1900)));
	assert.deepEqual(history.nodes(), [5]);
	history.add(answer(3000, node(4, 2900, samples([2900], { a: [1] }))));
	history.add(answer(3000 + 16 * 60000, node(4, 2900)));
	assert.deepEqual(history.rows.get(4), []);
	history.add(answer(3100 + 16 * 60000, node(4, 3050 + 16 * 60000, samples([3050 + 16 * 60000], { a: [1] }))));
	history.add(answer(50, node(4, 40, samples([40], { a: [5] }))));
	assert.deepEqual(history.rows.get(4).map(one => one.stats.a), [5]);
	assert.equal(history.before.get(4), undefined);
});

test("rates are growth a second; what began anew or is not known is a gap", () => {
	const rows = [row(0, { a: 10, b: 1 }), row(2000, { a: 30, b: 2 }), row(3000, { a: 5, b: 3 }),
		      row(4000, { a: null, b: 4 }), row(5000, { a: 7, b: 5 }), row(6000, { a: 8, b: 6 })];

	assert.deepEqual(rates(rows, ["a"]), [[2000, 3000, 4000, 5000, 6000], [10, null, null, null, 1]]);
	assert.deepEqual(rates(rows.slice(0, 2), ["a", "b"])[1], [10.5]);
	assert.deepEqual(rates(rows.slice(0, 2), ["c"])[1], [null]);
	assert.deepEqual(rates([], ["a"]), [[], []]);
});

test("the miss ratio is remote faults by local ones, in each interval", () => {
	const stats = (local, read, write, upgrades) => ({ faults_local: local, faults_read: read, faults_write: write, upgrades });
	const rows = [row(0, stats(100, 5, 5, 5)), row(1000, stats(300, 9, 8, 8)), row(2000, stats(300, 10, 8, 8)),
		      row(3000, stats(400, 10, 8, 8))];

	assert.deepEqual(missRatios(rows), [[1000, 2000, 3000], [0.05, null, 0]]);
});

test("quantiles of a phase that a node did not tell are gaps", () => {
	const rows = [row(1, {}, { total: { count: 1, p50: 2, p99: 3 } }), row(2, {}, {})];

	assert.deepEqual(quantiles(rows, "total", "p99"), [[1, 2], [3, null]]);
});

test("the latest value is not an old one", () => {
	assert.equal(latest([[1000, 2000], [5, null]], 2500), 5);
	assert.equal(latest([[1000, 2000], [5, null]], 11500), null);
	assert.equal(latest([[], []], 1), null);
});

test("the busiest nodes are those with most remote faults, in the order of ids", () => {
	const history = new History();
	const of = (id, faults) => node(id, 2000, samples([1000, 2000], { faults_read: [0, faults], faults_write: [0, 0], upgrades: [0, 0] }));

	history.add(answer(2000, of(1, 5), of(2, 50), of(3, 20)));
	assert.deepEqual(busiest(history, 2), [2, 3]);
	assert.deepEqual(busiest(history, 9), [1, 2, 3]);
});
