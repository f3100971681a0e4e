// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them. What is not known is a dash.

export const NONE = "–";

const known = value => value !== null && value !== undefined && Number.isFinite(value);

// Three digits of a number, and the largest unit that leaves at least 1 before it.
function scaled(value, factor, units) {
	let unit = 0;

	while (Math.abs(value) >= factor && unit < units.length - 1) {
		value /= factor;
		unit++;
	}
	const digits = value === 0 || Math.abs(value) >= 100 || (unit === 0 && Number.isInteger(value)) ? 0 :
		Math.abs(value) >= 10 ? 1 : 2;

	return value.toFixed(digits) + units[unit];
}

export function bytes(value) {
	return known(value) ? scaled(value, 1024, [" B", " KiB", " MiB", " GiB", " TiB", " PiB"]) : NONE;
}

export function count(value) {
	return known(value) ? scaled(value, 1000, ["", " k", " M", " G", " T"]) : NONE;
}

export function perSecond(value) {
	return known(value) ? count(value) + "/s" : NONE;
}

export function nanoseconds(value) {
	return known(value) ? scaled(value, 1000, [" ns", " µs", " ms", " s"]) : NONE;
}

export function percent(value) {
	return known(value) ? (value * 100).toFixed(value < 0.1 ? 2 : 1) + " %" : NONE;
}

export function seconds(milliseconds) {
	return known(milliseconds) ? (milliseconds / 1000).toFixed(1) + " s" : NONE;
}

export function address(value) {
	return "0x" + value.toString(16);
}

export function clock(milliseconds) {
	return new Date(milliseconds).toLocaleTimeString(undefined, { hour12: false });
}
