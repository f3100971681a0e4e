// SPDX-License-Identifier: Apache-2.0
// The page in headless Chromium, from a coordinator that is told what was recorded.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Browser, KEY } from "./browser.mjs";
import { Cluster, TOKEN } from "./cluster.mjs";

const RECORDING = "tests/web/recorded.jsonl";
const AXE = readFileSync("build/web/npm/node_modules/axe-core/axe.min.js", "utf8");
const RECORDED = JSON.parse(readFileSync(RECORDING, "utf8").split("\n", 1)[0]);

let browser, cluster;

before(async () => {
	[browser, cluster] = await Promise.all([Browser.start(), Cluster.start(RECORDING)]);
});

after(async () => {
	await Promise.all([browser && browser.end(), cluster && cluster.end()]);
});

const text = id => browser.run(name => document.getElementById(name).textContent, id);
const rows = id => browser.run(name => [...document.querySelectorAll("#" + name + " tbody tr")].map(row =>
	[...row.children].map(cell => cell.textContent)), id);
const live = () => browser.until("is the page live", () => document.getElementById("status").textContent === "Live");
const scheme = value => browser.devtools("Emulation.setEmulatedMedia", { features: [
	{ name: "prefers-color-scheme", value }] });

// How many colours a canvas has, of those that cover more than a few points.
function coloursOf(selector) {
	const canvas = document.querySelector(selector);
	const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
	const counts = new Map();

	for (let i = 0; i < data.length; i += 4) {
		const colour = data.slice(i, i + 4).join();

		counts.set(colour, (counts.get(colour) || 0) + 1);
	}
	return [...counts.values()].filter(count => count > 8).length;
}

// What axe finds. The page forbids eval, so the script comes by way of the debugger.
async function axe() {
	await browser.devtools("Runtime.evaluate", { expression: AXE });
	return browser.run(() => window.axe.run(document, { resultTypes: ["violations"] }).then(result =>
		result.violations.map(one => one.id + ": " + one.nodes.map(node => node.target.join(" ")).join(", "))));
}

test("all parts show what was recorded", { timeout: 60000 }, async () => {
	const names = RECORDED.nodes.map(node => node.name);

	await browser.open(cluster.url + "/");
	await live();
	await browser.until("are there links with rates", () => /\d [KMG]?i?B\/s/.test(document.getElementById("traffic-table").textContent));
	await browser.until("is there heat", () => /\/s/.test(document.getElementById("cells-table").textContent));
	await browser.until("are there faults a second", () => /\d\/s/.test(document.getElementById("faults-table").textContent));
	await browser.until("are there latencies", () => /\d [mµ]s/.test(document.getElementById("latency-table").textContent));
	await browser.until("are there misses", () => /\d %/.test(document.getElementById("misses-table").textContent));
	assert.equal(await text("cluster-name"), "recorded");
	for (const id of ["node-table", "memory-table", "faults-table", "latency-table", "misses-table", "map-table"])
		assert.deepEqual((await rows(id)).map(row => row[0].split(" ")[0]), names, id);
	assert.ok((await rows("node-table")).every(row => row[1] === "up" && /^\d+\.\d s$/.test(row[2])));
	assert.ok((await rows("memory-table")).every(row => row.slice(1).every(cell => /^[\d.]+ [KMG]?i?B$/.test(cell))));
	assert.equal((await browser.run(() => document.querySelectorAll("#event-list li").length)),
		     1 + 2 * names.length + RECORDED.regions.length);
	assert.match(await text("hot-about"), /Since the nodes joined/);
	for (const chart of ["faults", "latency", "misses"])
		assert.ok(await browser.run(coloursOf, "#" + chart + "-chart canvas") > 3, chart);
	assert.ok(await browser.run(coloursOf, "#map-canvas") >= 3);
	assert.ok(await browser.run(() => [...document.querySelectorAll(".bar .owned")].some(bar => bar.offsetWidth > 2)));
});

test("the map has a colour for heat, and another phase another latency", async () => {
	const legend = await text("map-legend");
	const total = JSON.stringify(await rows("latency-table"));

	await browser.run(() => document.querySelector("input[value=heat]").click());
	await browser.until("has the legend changed", old => document.getElementById("map-legend").textContent !== old, legend);
	await browser.run(() => document.querySelector("input[value=owner]").click());
	await browser.run(() => {
		const phase = document.getElementById("phase");

		phase.value = "wake";
		phase.dispatchEvent(new Event("change"));
	});
	await browser.until("has the phase changed", old => JSON.stringify([...document.querySelectorAll("#latency-table tbody tr")]
		.map(row => [...row.children].map(cell => cell.textContent))) !== old, total);
	assert.match(await text("phase-help"), /thread/);
});

test("the keyboard reaches everything, and what has the focus is seen and named", async () => {
	const reached = [];

	await browser.run(() => { document.activeElement.blur(); window.scrollTo(0, 0); });
	for (let i = 0; i < 40; i++) {
		await browser.keys(KEY.tab);
		reached.push(await browser.run(() => {
			const at = document.activeElement;

			return { id: at.id || at.getAttribute("href") || at.tagName,
				 seen: getComputedStyle(at).outlineStyle !== "none" };
		}));
		if (reached.at(-1).id === "event-log")
			break;
	}
	const ids = reached.map(one => one.id);

	assert.equal(ids[0], "#main");
	for (const id of ["theme", "#map", "docs", "phase", "region", "map-canvas", "event-log"])
		assert.ok(ids.includes(id), id + " of " + ids.join());
	assert.deepEqual(reached.filter(one => !one.seen), []);
	const { nodes } = await browser.devtools("Accessibility.getFullAXTree");
	const nameless = nodes.filter(node => !node.ignored && ["button", "link", "textbox", "combobox", "radio", "application",
		"region", "img", "log"].includes(node.role.value) && !node.name.value);

	assert.deepEqual(nameless.map(node => node.role.value), []);
});

test("arrow keys go from cell to cell, and say where", async () => {
	await browser.run(() => document.getElementById("map-canvas").focus());
	await browser.keys(KEY.home, KEY.right, KEY.right);
	await browser.until("is the cell said", () => document.getElementById("map-said").textContent.startsWith("Cell 2, 0x"));
	await browser.keys(KEY.end);
	await browser.until("is the last cell said", () => !document.getElementById("map-said").textContent.startsWith("Cell 2,"));
});

test("light and dark, by the system and by choice, both without what axe finds", { timeout: 60000 }, async () => {
	const back = () => browser.run(() => getComputedStyle(document.body).backgroundColor);
	const choose = theme => browser.run(name => {
		const select = document.getElementById("theme");

		select.value = name;
		select.dispatchEvent(new Event("change"));
	}, theme);

	await scheme("light");
	const light = await back();

	assert.deepEqual(await axe(), []);
	await scheme("dark");
	const dark = await back();

	assert.notEqual(light, dark);
	assert.deepEqual(await axe(), []);
	await choose("light");
	assert.equal(await back(), light);
	await browser.open(cluster.url + "/");
	assert.equal(await back(), light);
	await choose("auto");
	assert.equal(await back(), dark);
	await scheme("light");
});

test("a narrow window keeps all of it in reach", async () => {
	const size = width => browser.devtools("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: false });

	await size(420);
	await browser.until("is there something to scroll", () => document.querySelector(".wide[tabindex]"));
	assert.equal(await browser.run(() => document.documentElement.scrollWidth <= 420), true);
	assert.deepEqual(await axe(), []);
	await browser.devtools("Emulation.clearDeviceMetricsOverride");
});

test("a coordinator that is killed and started again is found again, and no event is lost or told twice", { timeout: 60000 }, async () => {
	const items = () => browser.run(() => [...document.querySelectorAll("#event-list li")].map(item => item.value));

	await live();
	await browser.until("are there events", () => document.querySelectorAll("#event-list li").length > 2);
	await cluster.kill();
	await browser.until("is its absence told", () => /does not answer/.test(document.getElementById("status").textContent));
	await cluster.run();
	assert.equal(await cluster.post("/nodes", { name: "later", share: 4096 }), 201);
	await live();
	await browser.until("is the event there", () => /later/.test(document.querySelector("#event-list li").textContent));
	assert.equal(await cluster.post("/nodes", { name: "latest", share: 4096 }), 201);
	await browser.until("does the stream go on", () => /latest/.test(document.querySelector("#event-list li").textContent));
	const found = await items();

	assert.deepEqual(found, [...found].map((_, i) => found[0] - i));
	assert.equal(found.at(-1), 1);
	await browser.until("are the nodes there", () => document.getElementById("node-table").textContent.includes("latest"));
});

test("who has no token is asked for one, which stays in the page", { timeout: 60000 }, async () => {
	const closed = await Cluster.start(RECORDING, { tokens: true });
	const enter = async token => {
		await browser.run(() => { document.getElementById("token").value = ""; document.getElementById("token").focus(); });
		await browser.keys(token + KEY.enter);
	};

	try {
		await browser.open(closed.url + "/");
		await browser.until("is a token asked for", () => !document.getElementById("credentials").hidden);
		assert.match(await text("refusal"), /neither a token nor a certificate/);
		assert.deepEqual(await rows("node-table"), []);
		await enter("wrong");
		await browser.until("is it refused", () => /nobody's/.test(document.getElementById("refusal").textContent));
		await enter(TOKEN);
		await live();
		assert.equal(await browser.run(() => document.getElementById("credentials").hidden), true);
		await browser.until("are there nodes", () => document.querySelectorAll("#node-table tbody tr").length > 1);
		await browser.until("are there events", () => document.querySelectorAll("#event-list li").length > 2);
		const kept = await browser.run(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, document.cookie]));

		assert.ok(!kept.includes(TOKEN), kept);
	} finally {
		await closed.end();
	}
});

test("nothing came from elsewhere, and the policy had nothing to forbid", async () => {
	const requests = (await browser.log("performance")).map(entry => JSON.parse(entry.message).message)
		.filter(message => message.method === "Network.requestWillBeSent").map(message => message.params.request.url);
	const policy = (await fetch(cluster.url + "/")).headers.get("content-security-policy");
	const log = (await browser.log("browser")).map(entry => entry.message);

	assert.ok(requests.length > 50);
	assert.deepEqual(requests.filter(url => !/^http:\/\/127\.0\.0\.1:\d+\//.test(url)), []);
	assert.match(policy, /default-src 'none'/);
	assert.ok(!policy.includes("unsafe"));
	/* What was refused and what did not answer was meant to. */
	assert.deepEqual(log.filter(line => !/401 \(Unauthorized\)|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/.test(line)), []);
});
