// SPDX-License-Identifier: Apache-2.0
// Takes the pictures of docs/: the page with what was recorded, light and dark.
// usage, from the top folder and after tests/web/run: node tests/web/pictures.mjs
import { writeFileSync } from "node:fs";
import { Browser } from "./browser.mjs";
import { Cluster } from "./cluster.mjs";

const WIDTH = 1200;
const SCALE = 0.75;
// Until the recording was told once, and the lines have something to show.
const WAIT_MS = 16000;

const [browser, cluster] = await Promise.all([Browser.start(), Cluster.start("tests/web/recorded.jsonl")]);
const wait = time => new Promise(resolve => setTimeout(resolve, time));

async function picture(theme) {
	await browser.devtools("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme }] });
	await wait(3000);
	writeFileSync("docs/page-" + theme + ".png", await browser.picture());
}

try {
	await browser.open(cluster.url + "/");
	await wait(WAIT_MS);
	await browser.run(() => {
		document.querySelector("nav").style.position = "static";
		document.querySelector("input[value=owner]").click();
	});
	const height = await browser.run(() => document.documentElement.scrollHeight);

	await browser.devtools("Emulation.setDeviceMetricsOverride", { width: WIDTH, height, deviceScaleFactor: SCALE, mobile: false });
	await picture("light");
	await browser.run(() => document.querySelector("input[value=heat]").click());
	await picture("dark");
} finally {
	await Promise.all([browser.end(), cluster.end()]);
}
