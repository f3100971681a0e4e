// SPDX-License-Identifier: Apache-2.0
// A coordinator for the tests of the page, and nodes that tell it what was recorded.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";

// The lab's machines are emulated: seconds between two samples of a node.
const SPEED = "10";
export const TOKEN = "a-token-that-is-known-to-this-test-alone-0123456789";

function freePort() {
	return new Promise(resolve => {
		const server = createServer().listen(0, "127.0.0.1", () => {
			const { port } = server.address();

			server.close(() => resolve(port));
		});
	});
}

export class Cluster {
	static async start(recording, { tokens = false } = {}) {
		const cluster = new Cluster();

		cluster.folder = mkdtempSync("/tmp/web.");
		cluster.port = await freePort();
		cluster.url = "http://127.0.0.1:" + cluster.port;
		cluster.tokens = tokens;
		writeFileSync(cluster.folder + "/tokens", "admin test " +
			createHash("sha256").update(TOKEN).digest("hex") + "\n", { mode: 0o600 });
		writeFileSync(cluster.folder + "/token", TOKEN + "\n", { mode: 0o600 });
		await cluster.run();
		cluster.replay = spawn("tests/web/replay.py", [recording, cluster.url, SPEED,
			...(tokens ? [cluster.folder + "/token"] : [])], { stdio: ["ignore", "ignore", "inherit"] });
		return cluster;
	}

	async run() {
		this.program = spawn("build/ssi-coordinator", ["--listen", "127.0.0.1:" + this.port,
			"--store", "sqlite:" + this.folder + "/db", "--create", "recorded",
			...(this.tokens ? ["--tokens", this.folder + "/tokens"] : ["--open"])],
			{ stdio: ["ignore", "ignore", "ignore"] });
		this.ended = new Promise(resolve => this.program.on("exit", resolve));
		for (let tries = 0; tries < 200; tries++) {
			if (await fetch(this.url + "/health").then(() => true, () => false))
				return;
			await new Promise(resolve => setTimeout(resolve, 50));
		}
		throw new Error("the coordinator did not start");
	}

	// Killed in the middle of whatever it does.
	async kill() {
		this.program.kill("SIGKILL");
		await this.ended;
	}

	async post(path, body) {
		const headers = { "Content-Type": "application/json",
				  ...(this.tokens ? { Authorization: "Bearer " + TOKEN } : {}) };
		const answer = await fetch(this.url + path, { method: "POST", headers, body: JSON.stringify(body) });

		return answer.status;
	}

	async end() {
		this.replay.kill();
		await this.kill();
		rmSync(this.folder, { recursive: true, force: true });
	}
}
