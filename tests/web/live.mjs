// SPDX-License-Identifier: Apache-2.0
// The page in headless Chromium, of a cluster that runs: two nodes, and a guest in a region of theirs.
// usage, while the guest works: node tests/web/live.mjs URL TOKEN-FILE PICTURE
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Browser, KEY } from "./browser.mjs";

const [url, tokenFile, picture] = process.argv.slice(2);
const token = readFileSync(tokenFile, "utf8").trim();
// Machines that are emulated take their time.
const PATIENCE_MS = 180000;

let browser;

before(async () => {
	browser = await Browser.start({ acceptInsecureCerts: true, patience: PATIENCE_MS });
});

after(async () => {
	if (!browser)
		return;
	writeFileSync(picture, await browser.picture());
	await browser.end();
});

// Until all rows of a table are as they should be.
const rows = (what, id, count, call) => browser.until(what, new Function("id", "count", `
	const rows = [...document.querySelectorAll("#" + id + " tbody tr")].map(row =>
		[...row.children].map(cell => cell.textContent));

	return rows.length === count && rows.every(${call}) && rows;`), id, count);

test("the token lets in", { timeout: PATIENCE_MS }, async () => {
	await browser.open(url);
	await browser.until("is a token asked for", () => !document.getElementById("credentials").hidden);
	await browser.run(() => document.getElementById("token").focus());
	await browser.keys(token + KEY.enter);
	await browser.until("is the page live", () => document.getElementById("status").textContent === "Live");
});

test("both nodes are up, with a link", { timeout: PATIENCE_MS }, async () => {
	const nodes = await rows("are both nodes up", "node-table", 2, row => row[1] === "up" && row[3].startsWith("1 of 1"));

	assert.deepEqual(nodes.map(row => row[0].split(" ")[0]).sort(), ["node1", "node2"]);
});

test("the guest is shown, and told to whoever asks", { timeout: PATIENCE_MS }, async () => {
	await rows("is there a guest", "guest-table", 1, row => row[1].startsWith("node1") && row[3] === "2");
	const { vms } = await browser.run(secret => fetch("/vms", { headers: { Authorization: "Bearer " + secret } })
		.then(answer => answer.json()), token);

	assert.equal(vms.length, 1);
	assert.equal(vms[0].vcpus, 2);
});

test("its region is counted, though a node created it", { timeout: PATIENCE_MS }, async () => {
	await browser.until("is there a region", () => [...document.querySelectorAll("#tiles > div")].some(tile =>
		tile.textContent === "Regions1"));
});

test("both have memory of it, and pages travel", { timeout: PATIENCE_MS }, async () => {
	await rows("do both own some", "memory-table", 2, row => /^[1-9]/.test(row[2]));
	await browser.until("are there links with rates", () => /[1-9][\d.]* ?\S*\/s/.test(document.getElementById("traffic-table").textContent));
	await browser.until("are there faults", () => /[1-9][\d.]*\/s/.test(document.getElementById("faults-table").textContent));
});

test("the map has colours for both", { timeout: PATIENCE_MS }, async () => {
	await browser.run(() => document.querySelector("input[value=owner]").click());
	await browser.until("has the map colours", () => {
		const canvas = document.querySelector("#map-canvas");
		const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
		const counts = new Map();

		for (let i = 0; i < data.length; i += 4) {
			const colour = data.slice(i, i + 4).join();

			counts.set(colour, (counts.get(colour) || 0) + 1);
		}
		return [...counts.values()].filter(count => count > 8).length >= 3;
	});
});
