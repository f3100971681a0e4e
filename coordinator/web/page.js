// SPDX-License-Identifier: Apache-2.0
// Asks the coordinator each second, and lets the views show what it says.
import { get, setToken } from "./api.js";
import { byId, setText, watchWidth } from "./dom.js";
import { History } from "./series.js";
import * as theme from "./theme.js";
import * as events from "./view_events.js";
import * as faults from "./view_faults.js";
import * as map from "./view_map.js";
import * as nodes from "./view_nodes.js";
import * as traffic from "./view_traffic.js";

const EVERY_MS = 1000;

const state = {
	cluster: null,
	nodes: [],
	history: new History(),
	// Times of the coordinator's clock as times of this machine's.
	offset: 0,
	onWall: ([times, values]) => [times.map(time => time + state.offset), values],
};
let started = false;
let stale = true;
// Who was refused is not asked for again until there is a token.
let waiting = false;

async function refreshCluster() {
	state.cluster = await get("cluster");
	stale = false;
	setText(byId("cluster-name"), state.cluster.cluster ? state.cluster.cluster.name : "(none was created)");
}

async function refresh() {
	if (stale)
		await refreshCluster();
	const [list, told] = await Promise.all([get("nodes"), get("stats?since=" + state.history.since())]);

	state.nodes = list.nodes;
	state.history.add(told);
	state.offset = Date.now() - told.now_ms;
	const region = map.regionOf(state.history);
	const maps = region && await get("maps?region=" + encodeURIComponent(region));

	showAll();
	map.show(state, maps);
}

function showAll() {
	for (const view of [nodes, faults, traffic])
		view.show(state);
}

function ask(error) {
	waiting = true;
	byId("credentials").hidden = false;
	setText(byId("refusal"), error.message + ". " + error.remedy);
}

function refused(error) {
	const leader = state.cluster && state.cluster.leader;

	stale = true;
	if (error.status === 401 || error.status === 403)
		ask(error);
	setText(byId("status"), error.kind === "not-leader" && leader ?
		"This coordinator does not lead: open the page of " + leader :
		error.message + (error.remedy ? ": " + error.remedy : ""));
}

// A stream once the first answer is there; it goes on by itself from then on.
function begin() {
	started = true;
	events.start(state, () => { stale = true; });
}

async function round() {
	try {
		await refresh();
		byId("credentials").hidden = true;
		setText(byId("status"), "Live");
		if (!started)
			begin();
	} catch (error) {
		refused(error);
	}
}

// One after the other: a slow coordinator is not asked faster than it answers.
// Nobody looks at a page that is hidden.
async function run() {
	for (;;) {
		if (!document.hidden && !waiting)
			await round();
		await new Promise(resolve => setTimeout(resolve, EVERY_MS));
	}
}

byId("credentials").addEventListener("submit", event => {
	event.preventDefault();
	setToken(byId("token").value.trim());
	setText(byId("refusal"), "");
	waiting = false;
});
document.querySelectorAll(".wide").forEach(watchWidth);
theme.start(byId("theme"));
theme.onChange(() => state.cluster && showAll());
for (const view of [nodes, faults, map, traffic])
	view.start();
run();
