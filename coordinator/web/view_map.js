// SPDX-License-Identifier: Apache-2.0
// The heat map of a region: which node owns what, or where pages move.
import { byId, makeTable, setLegend, setOptions, setRows, setText } from "./dom.js";
import { address, bytes, count, NONE, percent, perSecond } from "./format.js";
import { bytesOf, CHUNK_BYTES, fade, heatOf, layout, merge, moved, ownerOf, pagesOf } from "./maps.js";
import { colour, heatColour, nodeColour, onChange } from "./theme.js";
import { nodeName } from "./view_nodes.js";

const PAGE_BYTES = 4096;
const HOTTEST = 8;
// What is left of heat after another telling. Who wants less motion gets no afterglow.
const REST = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 0.8;

const view = { map: null, heat: null, shown: null, cursor: 0, grid: null, state: null };

export function start() {
	const canvas = byId("map-canvas");

	makeTable(byId("map-table"), "Who has the region's pages", [{ name: "Node" }, { name: "Owned", number: true },
		{ name: "Part of the region", number: true }, { name: "Copies", number: true }]);
	makeTable(byId("cells-table"), "Hottest cells", [{ name: "From" }, { name: "Heat", number: true },
		{ name: "Owner" }]);
	byId("region").addEventListener("change", forget);
	byId("map-form").addEventListener("submit", event => event.preventDefault());
	byId("map-form").addEventListener("change", draw);
	canvas.addEventListener("keydown", event => goTo(event, moved(view.cursor, event.key,
		view.grid ? view.grid.columns : 1, view.map ? view.map.cells.length : 1)));
	canvas.addEventListener("click", event => goTo(event, cellAt(event)));
	new ResizeObserver(draw).observe(canvas.parentElement);
	onChange(draw);
}

function forget() {
	Object.assign(view, { map: null, heat: null, shown: null, cursor: 0 });
}

// The region that is asked for, of those that any node told of; null without one.
export function regionOf(history) {
	const names = [...new Set([...history.told.values()].flatMap(node => node.regions))].sort();

	setOptions(byId("region"), names);
	return byId("region").value || null;
}

function cellAt(event) {
	const { size, columns } = view.grid;
	const index = Math.floor(event.offsetY / size) * columns + Math.floor(event.offsetX / size);

	return Math.min(index, view.map.cells.length - 1);
}

function goTo(event, index) {
	if (!view.map || !view.grid || index === view.cursor)
		return;
	event.preventDefault();
	view.cursor = index;
	draw();
	/* Only what somebody moved to is read out, not what changes by itself. */
	setText(byId("map-said"), byId("map-cell").textContent);
}

// ---- drawing ----

function byHeat() {
	return byId("map-form").elements.colour.value === "heat";
}

// What is a tenth as hot is still seen.
function scale(value, most) {
	return most ? Math.log1p(9 * value / most) / Math.log(10) : 0;
}

function cellColour(index, most) {
	const owner = ownerOf(view.map.cells[index]);

	if (byHeat())
		return view.shown && view.shown[index] ? heatColour(scale(view.shown[index], most)) : null;
	return owner && nodeColour(owner.node);
}

function drawCells(context, most) {
	const { size, columns } = view.grid;

	view.map.cells.forEach((cell, i) => {
		const fill = cellColour(i, most);
		const x = i % columns * size, y = Math.floor(i / columns) * size;

		context.fillStyle = fill || colour("--soft");
		context.fillRect(x, y, size - 1, size - 1);
	});
	context.strokeStyle = colour("--fore");
	context.lineWidth = 2;
	context.strokeRect(view.cursor % columns * size, Math.floor(view.cursor / columns) * size, size - 1, size - 1);
}

function draw() {
	const canvas = byId("map-canvas");

	canvas.hidden = !view.map;
	if (!view.map)
		return;
	const ratio = window.devicePixelRatio || 1;
	const grid = layout(view.map.cells.length, canvas.parentElement.clientWidth - 2);
	const width = grid.columns * grid.size, height = grid.rows * grid.size;

	view.grid = grid;
	if (canvas.width !== width * ratio || canvas.height !== height * ratio) {
		Object.assign(canvas, { width: width * ratio, height: height * ratio });
		Object.assign(canvas.style, { width: width + "px", height: height + "px" });
	}
	const context = canvas.getContext("2d");

	context.setTransform(ratio, 0, 0, ratio, 0, 0);
	context.clearRect(0, 0, width, height);
	drawCells(context, view.shown ? Math.max(...view.shown) : 0);
	showLegend();
	showCell();
}

// ---- words ----

function heatUnit() {
	return view.map.counted ? "remote faults a second" : "pages that came or went, a second, at least";
}

function showLegend() {
	if (!byHeat()) {
		setLegend(byId("map-legend"), [...view.map.nodes.map(id => [nodeName(view.state, id), nodeColour(id)]),
					       ["nobody: never written", colour("--soft")]]);
		return;
	}
	const most = view.shown ? Math.max(...view.shown) : 0;

	setLegend(byId("map-legend"), [["cold", colour("--soft")],
		...[0.01, 0.1, 1].map(part => [perSecond(part * most), heatColour(scale(part, 1))]), [heatUnit(), "transparent"]]);
}

function showCell() {
	const cell = view.map.cells[view.cursor];
	const from = view.cursor * view.map.step * CHUNK_BYTES;
	const owners = [...cell.owned].sort((a, b) => b[1] - a[1]).map(([node, pages]) =>
		nodeName(view.state, node) + " owns " + pages);

	setText(byId("map-cell"), "Cell " + view.cursor + ", " + address(from) + " to " +
		address(from + bytesOf(view.map, view.cursor) - 1) + ": " +
		(owners.join(", ") || "nobody owns a page") + ", " + cell.copies + " copies" +
		(view.shown ? ", heat " + perSecond(view.shown[view.cursor]) : "") + ".");
}

function showTables() {
	const { map, state } = view;
	const pages = map.cells.length && map.size / PAGE_BYTES;
	const of = (node, key) => map.maps.find(one => one.node === node)[key].reduce((a, b) => a + b, 0);
	const hot = (view.shown || []).map((value, i) => [value, i]).filter(([value]) => value)
		.sort((a, b) => b[0] - a[0]).slice(0, HOTTEST);

	setRows(byId("map-table"), map.nodes.map(id => [nodeName(state, id), bytes(of(id, "owned") * PAGE_BYTES),
		percent(of(id, "owned") / pages), bytes(of(id, "copies") * PAGE_BYTES)]), "");
	setRows(byId("cells-table"), hot.map(([value, i]) => {
		const owner = ownerOf(map.cells[i]);

		return [address(i * map.step * CHUNK_BYTES), perSecond(value), owner ? nodeName(state, owner.node) : NONE];
	}), view.heat ? "Nothing moves" : "Not known before a second telling");
}

function about() {
	const { map, state } = view;
	const guests = [...state.history.told.values()].flatMap(node => node.vms || [])
		.filter(vm => vm.region === byId("region").value).map(vm => vm.name);

	return bytes(map.size) + (guests.length ? ", memory of guest " + guests.join(", ") : "") + ". " +
		count(map.cells.length) + " cells of " + bytes(map.step * CHUNK_BYTES) + " (" + pagesOf(map) +
		" pages), from left to right and from top to bottom. Heat is " + heatUnit() +
		(map.counted ? "." : ": no kernel here counts faults by place.");
}

// What GET /maps answered; null when there is no region.
export function show(state, answer) {
	const next = answer && merge(answer.maps);

	view.state = state;
	if (!next) {
		forget();
		setText(byId("map-about"), "No node told of a region's pages.");
		setRows(byId("map-table"), [], "No node told");
		setRows(byId("cells-table"), [], "No node told");
		draw();
		return;
	}
	if (!view.map || next.told !== view.map.told) {
		const heat = heatOf(view.map, next);

		if (heat)
			view.shown = fade(view.shown, heat, REST);
		Object.assign(view, { map: next, heat: heat || view.heat,
				      cursor: Math.min(view.cursor, next.cells.length - 1) });
		setText(byId("map-about"), about());
		showTables();
		draw();
	}
}
