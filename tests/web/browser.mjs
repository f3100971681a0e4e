// SPDX-License-Identifier: Apache-2.0
// A headless Chromium, led by chromedriver: the W3C's WebDriver protocol over HTTP.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";

// As root in a sandbox of somebody else; and nothing is asked of Google's hosts.
const ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync",
	"--disable-dev-shm-usage", "--force-device-scale-factor=1"];

async function portOf(driver) {
	for await (const line of createInterface({ input: driver.stdout })) {
		const match = /started successfully on port (\d+)/.exec(line);

		if (match)
			return Number(match[1]);
	}
	throw new Error("chromedriver did not start");
}

export class Browser {
	// acceptInsecureCerts: of an authority that nobody told the browser of; patience: ms
	static async start({ acceptInsecureCerts = false, patience = 20000 } = {}) {
		const browser = new Browser();

		browser.patience = patience;
		browser.driver = spawn("chromedriver", ["--port=0"], { stdio: ["ignore", "pipe", "inherit"] });
		browser.folder = mkdtempSync("/tmp/web-profile.");
		browser.url = "http://127.0.0.1:" + await portOf(browser.driver);
		const { sessionId } = await browser.ask("POST", "/session", { capabilities: { alwaysMatch: {
			browserName: "chrome", acceptInsecureCerts,
			"goog:loggingPrefs": { browser: "ALL", performance: "ALL" },
			"goog:chromeOptions": { args: [...ARGUMENTS, "--user-data-dir=" + browser.folder,
						       "--window-size=1280,900"] },
		} } });

		browser.url += "/session/" + sessionId;
		/* What it asked for by itself as it began is of no interest. */
		await browser.open("about:blank");
		await browser.log("performance");
		return browser;
	}

	async ask(method, path, body) {
		const answer = await fetch(this.url + path, { method, body: body && JSON.stringify(body) });
		const { value } = await answer.json();

		if (!answer.ok)
			throw new Error(method + " " + path + ": " + value.message);
		return value;
	}

	async end() {
		await this.ask("DELETE", "").catch(() => {});
		this.driver.kill();
		rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
	}

	open(url) {
		return this.ask("POST", "/url", { url });
	}

	// What a function of the page returns; it may return a promise.
	run(call, ...args) {
		return this.ask("POST", "/execute/sync", { script: "return (" + call + ")(...arguments)", args });
	}

	devtools(cmd, params) {
		return this.ask("POST", "/goog/cdp/execute", { cmd, params: params || {} });
	}

	log(type) {
		return this.ask("POST", "/se/log", { type });
	}

	// Keys go to what has the focus. Names of keys as WebDriver numbers them.
	keys(...texts) {
		const actions = texts.flatMap(text => [...text].flatMap(value =>
			[{ type: "keyDown", value }, { type: "keyUp", value }]));

		return this.ask("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
	}

	async picture() {
		return Buffer.from(await this.ask("GET", "/screenshot"), "base64");
	}

	// Until a function of the page returns something; what it returned.
	async until(what, call, ...args) {
		const end = Date.now() + this.patience;

		for (;;) {
			const value = await this.run(call, ...args);

			if (value)
				return value;
			if (Date.now() > end)
				throw new Error("never " + what);
			await new Promise(resolve => setTimeout(resolve, 100));
		}
	}
}

export const KEY = { tab: "\uE004", enter: "\uE007", left: "\uE012", up: "\uE013", right: "\uE014", down: "\uE015",
		     end: "\uE010", home: "\uE011" };
