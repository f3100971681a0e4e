// SPDX-License-Identifier: Apache-2.0
// Node-to-node traffic, and the pages that move most.
import { byId, element, makeTable, setClass, setRows, setText } from "./dom.js";
import { address, bytes, count, NONE, perSecond } from "./format.js";
import { hottest, kindOf, matrix } from "./traffic.js";
import { heatColour } from "./theme.js";
import { nodeName } from "./view_nodes.js";

const MOST = 20;
const PAGE_BYTES = 4096;
const ABOUT = {
	bytes: "Bytes a second that the node of the row sends to that of the column.",
	answers: "Requests a second of the node of the row that ended with an answer of the node of the column, " +
		"as their home. No kernel here counts the bytes of a link.",
};

export function start() {
	makeTable(byId("hot-table"), "Pages that nodes handed over most", [{ name: "Region" }, { name: "Page" },
		{ name: "Address" }, { name: "Handed over", number: true }]);
}

// ---- the matrix ----

function textOf(kind, link) {
	if (!link)
		return NONE;
	if (link.state !== "up")
		return link.state;
	if (link.rate === null)
		return "…";
	return kind === "bytes" ? bytes(link.rate) + "/s" : perSecond(link.rate);
}

function headRow(state, ids) {
	return element("tr", {}, element("th", { scope: "col" }, "From \\ to"),
		       ...ids.map(id => element("th", { scope: "col" }, nodeName(state, id))));
}

// As many rows and columns as there are nodes; made anew when these change.
function shape(table, state, ids) {
	const names = ids.map(id => nodeName(state, id)).join("\n");

	if (table.shape === names)
		return;
	table.shape = names;
	table.replaceChildren(element("caption", {}, "Traffic from row to column"),
		element("thead", {}, headRow(state, ids)),
		element("tbody", {}, ...ids.map(id => element("tr", {},
			element("th", { scope: "row" }, nodeName(state, id)), ...ids.map(() => element("td"))))));
}

function showLink(cell, kind, link, most) {
	const part = link && link.rate && most ? link.rate / most : 0;

	setText(cell, textOf(kind, link));
	setClass(cell, link && link.state !== "up" ? "bad" : link ? "" : "none");
	/* Not warmer than text can still be read on. */
	cell.style.background = part ? heatColour(part * 0.4) : "";
}

function showMatrix(state) {
	const { told, before } = state.history;
	const kind = kindOf(told);
	const links = matrix(told, before, kind);
	const ids = [...new Set([...links.keys(), ...[...links.values()].flatMap(row => [...row.keys()])])]
		.sort((a, b) => a - b);
	const most = Math.max(0, ...[...links.values()].flatMap(row => [...row.values()].map(link => link.rate || 0)));
	const table = byId("traffic-table");

	setText(byId("traffic-about"), kind ? ABOUT[kind] : "No node told of traffic on its links.");
	shape(table, state, ids);
	ids.forEach((from, i) => ids.forEach((to, j) => {
		const row = links.get(from);

		showLink(table.tBodies[0].rows[i].cells[j + 1], kind, row && row.get(to), most);
	}));
}

// ---- pages ----

function showHot(state) {
	const pages = hottest(state.history.told, MOST);

	setText(byId("hot-about"), pages ? "Since the nodes joined, counted by who handed the page over." :
		"No kernel here counts how often each page moves.");
	setRows(byId("hot-table"), (pages || []).map(({ region, page, moves }) =>
		[region, String(page), address(page * PAGE_BYTES), count(moves)]), pages ? "No page moved" : "Not counted");
}

export function show(state) {
	showMatrix(state);
	showHot(state);
}
