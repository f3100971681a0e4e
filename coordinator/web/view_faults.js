// SPDX-License-Identifier: Apache-2.0
// Faults over time: rate, latency by phase, remote miss ratio.
import { Chart } from "./charts.js";
import { byId, makeTable, setOptions, setRows, setText } from "./dom.js";
import { nanoseconds, percent, perSecond } from "./format.js";
import { busiest, FIRST, latest, LOCAL, MISS_TARGET, missRatios, PHASES, quantiles, rates, REMOTE } from "./series.js";
import { nodeColour } from "./theme.js";
import { nodeName } from "./view_nodes.js";

// So many nodes can be told apart in a chart.
const MOST = 8;
const HELP = {
	total: "from the request until it ended",
	answer: "request sent until its answer came",
	acks: "answer until the last acknowledgment of an invalidation",
	wake: "request ended until the waiting thread went on",
	queue: "at the home: request arrived until the home decided",
	unmap: "at the owner: removing or write-protecting mappings",
	hold: "at the owner: while the page was held",
	serve: "at the owner: forward arrived until its answer was on its way",
};

let charts;

export function start() {
	charts = {
		faults: new Chart(byId("faults-chart"), { label: "Remote faults a second over time", format: perSecond }),
		latency: new Chart(byId("latency-chart"), { label: "Latency of remote faults over time", format: nanoseconds }),
		misses: new Chart(byId("misses-chart"), { label: "Remote miss ratio over time", format: percent,
							  target: MISS_TARGET }),
	};
	setOptions(byId("phase"), PHASES);
	makeTable(byId("faults-table"), "Faults a second, last sample", [{ name: "Node" }, { name: "Local", number: true },
		{ name: "First touch", number: true }, { name: "Remote", number: true }, { name: "Evictions", number: true }]);
	makeTable(byId("latency-table"), "Latency in the phase, last sample", [{ name: "Node" },
		{ name: "Faults", number: true }, { name: "p50", number: true }, { name: "p99", number: true }]);
	makeTable(byId("misses-table"), "Remote miss ratio, last sample", [{ name: "Node" },
		{ name: "Ratio", number: true }, { name: "Target" }]);
}

function showRates(state, ids) {
	const { history } = state;
	const value = (rows, names) => perSecond(latest(rates(rows, names), history.now));

	charts.faults.show(ids.map(id => ({ label: nodeName(state, id), colour: nodeColour(id),
					    series: state.onWall(rates(history.rows.get(id), REMOTE)) })));
	setText(byId("faults-most"), ids.length < history.nodes().length ?
		"; the " + MOST + " nodes with most of them" : "");
	setRows(byId("faults-table"), history.nodes().map(id => {
		const rows = history.rows.get(id);

		return [nodeName(state, id), value(rows, LOCAL), value(rows, FIRST), value(rows, REMOTE),
			value(rows, ["evictions"])];
	}), "No node told");
}

function showLatency(state, ids) {
	const { history } = state;
	const phase = byId("phase").value;
	const line = (id, which, dash) => ({ label: nodeName(state, id) + " " + which, colour: nodeColour(id), dash,
					     series: state.onWall(quantiles(history.rows.get(id), phase, which)) });
	const value = (id, which) => latest(quantiles(history.rows.get(id), phase, which), history.now);

	setText(byId("phase-help"), HELP[phase]);
	charts.latency.show(ids.flatMap(id => [line(id, "p50", [4, 4]), line(id, "p99")]));
	setRows(byId("latency-table"), history.nodes().map(id => [nodeName(state, id), String(value(id, "count") ?? 0),
		nanoseconds(value(id, "p50")), nanoseconds(value(id, "p99"))]), "No node told");
}

function verdict(ratio) {
	if (ratio === null)
		return { text: "no local faults", class: "none" };
	return ratio < MISS_TARGET ? { text: "in target", class: "good" } : { text: "above 5 %", class: "bad" };
}

function showMisses(state, ids) {
	const { history } = state;

	charts.misses.show(ids.map(id => ({ label: nodeName(state, id), colour: nodeColour(id),
					    series: state.onWall(missRatios(history.rows.get(id))) })));
	setRows(byId("misses-table"), history.nodes().map(id => {
		const ratio = latest(missRatios(history.rows.get(id)), history.now);

		return [nodeName(state, id), percent(ratio), verdict(ratio)];
	}), "No node told");
}

export function show(state) {
	const ids = busiest(state.history, MOST);

	showRates(state, ids);
	showLatency(state, ids);
	showMisses(state, ids);
}
