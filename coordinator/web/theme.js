// SPDX-License-Identifier: Apache-2.0
// Light, dark, or as the system has it; and the colours of either for canvases.

const KEY = "ssi-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const watchers = [];
const cache = new Map();

function changed() {
	cache.clear();
	watchers.forEach(watcher => watcher());
}

export function onChange(watcher) {
	watchers.push(watcher);
}

function apply(theme) {
	document.documentElement.dataset.theme = theme;
	changed();
}

export function start(select) {
	select.value = localStorage.getItem(KEY) || "auto";
	apply(select.value);
	select.addEventListener("change", () => {
		localStorage.setItem(KEY, select.value);
		apply(select.value);
	});
	dark.addEventListener("change", changed);
}

export function isDark() {
	const theme = document.documentElement.dataset.theme;

	return theme === "dark" || (theme !== "light" && dark.matches);
}

// What a variable of the style sheet is now, as rgb(). A canvas knows no variables.
export function colour(name) {
	if (!cache.has(name)) {
		const probe = document.createElement("span");

		probe.style.color = "var(" + name + ")";
		document.body.append(probe);
		cache.set(name, getComputedStyle(probe).color);
		probe.remove();
	}
	return cache.get(name);
}

const NAMED = 8;

// Each node has its colour everywhere; beyond the first ones, spread over the circle.
export function nodeColour(id) {
	if (id < NAMED)
		return colour("--node-" + id);
	return "hsl(" + Math.round(id * 137.5) % 360 + " 55% " + (isDark() ? 70 : 35) + "%)";
}

// Between cold and warm.
export function heatColour(part) {
	const numbers = name => colour(name).match(/[\d.]+/g).map(Number);
	const from = numbers("--cold"), to = numbers("--warm");

	return "rgb(" + [0, 1, 2].map(i => Math.round(from[i] + (to[i] - from[i]) * part)).join(" ") + ")";
}
