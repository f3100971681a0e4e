// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import test from "node:test";
import * as format from "../../build/web/page/format.js";

test("bytes have the largest unit that leaves 1 before it", () => {
	assert.deepEqual([0, 1, 1023, 1024, 1536, 160 << 20, 3 * 2 ** 40].map(format.bytes),
			 ["0 B", "1 B", "1023 B", "1.00 KiB", "1.50 KiB", "160 MiB", "3.00 TiB"]);
});

test("counts, rates and times", () => {
	assert.deepEqual([7, 999, 1000, 12345, 4.5e9].map(format.count), ["7", "999", "1.00 k", "12.3 k", "4.50 G"]);
	assert.equal(format.perSecond(0.25), "0.25/s");
	assert.deepEqual([999, 1441000, 6815000, 2e9].map(format.nanoseconds), ["999 ns", "1.44 ms", "6.82 ms", "2.00 s"]);
	assert.deepEqual([0, 0.0123, 0.336].map(format.percent), ["0.00 %", "1.23 %", "33.6 %"]);
	assert.equal(format.seconds(4700), "4.7 s");
	assert.equal(format.address(0x7e00000), "0x7e00000");
});

test("what is not known is a dash, never a number", () => {
	for (const value of [null, undefined, NaN, Infinity])
		for (const of of [format.bytes, format.count, format.perSecond, format.nanoseconds, format.percent, format.seconds])
			assert.equal(of(value), format.NONE);
});
