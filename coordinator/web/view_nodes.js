// SPDX-License-Identifier: Apache-2.0
// Overview, nodes, guests and memory.
import { byId, element, fit, makeTable, setLegend, setRows, setText } from "./dom.js";
import { bytes, count, nanoseconds, NONE, percent, perSecond, seconds } from "./format.js";
import { latest, MISS_TARGET, missRatios, quantiles, rates, REMOTE } from "./series.js";
import { colour } from "./theme.js";

const PARTS = [["owned", "owned"], ["copies", "copies (shared)"], ["transit", "in transit"], ["free", "free of the share"]];

export function start() {
	makeTable(byId("node-table"), "Nodes and their health", [
		{ name: "Node" }, { name: "State" }, { name: "Lease left", number: true }, { name: "Links" },
		{ name: "Share", number: true }, { name: "Version" }, { name: "Address" }]);
	makeTable(byId("guest-table"), "Guests, as their nodes told", [
		{ name: "Guest" }, { name: "Node" }, { name: "Region" }, { name: "vCPUs", number: true }, { name: "State" }]);
	makeTable(byId("memory-table"), "Memory by node", [
		{ name: "Node" }, { name: "Share", number: true }, { name: "Owned", number: true },
		{ name: "Copies", number: true }, { name: "In transit", number: true }, { name: "Free", number: true },
		{ name: "Peak", number: true }, { name: "Reserve", number: true }]);
}

export function nodeName(state, id) {
	const node = state.nodes.find(one => one.id === id);

	return node ? node.name + " (" + id + ")" : "node " + id;
}

function isMember(node) {
	return node.state === "up" || node.state === "draining";
}

// ---- health ----

function leaseOf(state, node) {
	if (!isMember(node) || node.lease_left_ms === undefined)
		return NONE;
	return { text: node.lease_left_ms ? seconds(node.lease_left_ms) : "ran out",
		 class: node.lease_left_ms ? "" : "bad" };
}

function linksOf(state, node) {
	const told = state.history.told.get(node.id);

	if (!told || !told.links)
		return { text: "not told", class: "none" };
	const up = told.links.filter(link => link.state === "up").length;
	const plain = told.links.filter(link => !link.tls).length;
	const text = up + " of " + told.links.length + " up" + (plain ? ", " + plain + " not encrypted" : "");

	return { text, class: up < told.links.length || plain ? "bad" : "good" };
}

function showNodes(state) {
	setRows(byId("node-table"), state.nodes.map(node => [
		nodeName(state, node.id),
		{ text: node.state, class: node.state === "up" ? "good" : node.state === "dead" ? "bad" : "" },
		leaseOf(state, node), linksOf(state, node), bytes(node.share), node.version || NONE,
		node.address || NONE]), "No node is registered");
	const guests = [...state.history.told.values()].flatMap(node =>
		(node.vms || []).map(vm => [vm.name, nodeName(state, node.node), vm.region, String(vm.vcpus), vm.state]));

	setRows(byId("guest-table"), guests, "No node told of a guest");
}

// ---- memory ----

// The share of a node in parts; null when it did not tell. What is held beyond the
// share, in the reserve, is in transit.
export function memoryOf(state, node) {
	const told = state.history.told.get(node.id);
	const stats = told && told.stats || {};

	if (stats.owned_bytes === undefined)
		return null;
	const { owned_bytes: owned, copies_bytes: copies = 0, transit_bytes: transit = 0 } = stats;

	return { share: node.share, owned, copies, transit, free: Math.max(node.share - owned - copies - transit, 0),
		 peak: stats.peak_bytes, reserve: node.reserve };
}

function makeBar() {
	return element("div", { class: "bar" }, ...PARTS.map(([name]) => element("span", { class: name })));
}

function showBar(bar, memory) {
	const whole = memory ? Math.max(memory.share, memory.owned + memory.copies + memory.transit, 1) : 1;

	PARTS.forEach(([name], i) => {
		bar.children[i].style.width = (memory ? memory[name] / whole * 100 : 0) + "%";
	});
}

function showMemory(state) {
	const members = state.nodes.filter(isMember);
	const bars = byId("memory-bars");

	setLegend(byId("memory-legend"), PARTS.map(([name, text]) => [text, colour("--" + name)]));
	fit(bars, members.length * 2, () => bars.children.length % 2 ? makeBar() : element("span"));
	members.forEach((node, i) => {
		setText(bars.children[2 * i], nodeName(state, node.id));
		showBar(bars.children[2 * i + 1], memoryOf(state, node));
	});
	setRows(byId("memory-table"), members.map(node => {
		const memory = memoryOf(state, node);
		const parts = memory ? [memory.owned, memory.copies, memory.transit, memory.free, memory.peak] :
			new Array(5).fill(null);

		return [nodeName(state, node.id), bytes(node.share), ...parts.map(bytes), bytes(node.reserve)];
	}), "No node is a member");
}

// ---- overview ----

function total(values) {
	const known = values.filter(value => value !== null);

	return known.length ? known.reduce((a, b) => a + b, 0) : null;
}

function worst(values) {
	const known = values.filter(value => value !== null);

	return known.length ? Math.max(...known) : null;
}

function tilesOf(state) {
	const { history, nodes } = state;
	const each = of => history.nodes().map(id => latest(of(history.rows.get(id)), history.now));
	const memory = nodes.filter(isMember).map(node => memoryOf(state, node)).filter(one => one);
	const used = total(memory.map(one => one.owned + one.copies + one.transit));
	const ratio = worst(each(missRatios));
	// Those that were created without the coordinator as well.
	const regions = new Set([...history.told.values()].flatMap(node => node.regions || [])
		.concat(state.cluster.regions.map(region => region.name)));

	return [
		["Members", nodes.filter(isMember).length + " of " + nodes.length],
		["Guests", String([...history.told.values()].flatMap(node => node.vms || []).length)],
		["Memory used", bytes(used) + " of " + bytes(total(nodes.filter(isMember).map(node => node.share)))],
		["Remote faults", perSecond(total(each(rows => rates(rows, REMOTE))))],
		["Worst p99", nanoseconds(worst(each(rows => quantiles(rows, "total", "p99"))))],
		["Worst miss ratio", percent(ratio) + (ratio === null ? "" : ratio < MISS_TARGET ? ", in target" : ", above target")],
		["Regions", count(regions.size)],
		["Revision", String(state.cluster.revision)],
	];
}

function showTiles(state) {
	const tiles = tilesOf(state);
	const parent = byId("tiles");

	fit(parent, tiles.length, () => element("div", {}, element("dt"), element("dd")));
	tiles.forEach(([name, value], i) => {
		setText(parent.children[i].children[0], name);
		setText(parent.children[i].children[1], value);
	});
}

export function show(state) {
	showTiles(state);
	showNodes(state);
	showMemory(state);
}
