// SPDX-License-Identifier: Apache-2.0
// Asking the coordinator. The token lives in this module alone, until the page is closed.

let token = "";

export function setToken(text) {
	token = text;
}

// A refusal, or no answer at all; status is 0 then.
export class Refusal extends Error {
	constructor(status, problem) {
		super(problem.detail || "no answer");
		this.status = status;
		this.remedy = problem.remedy || "";
		this.kind = (problem.type || "").replace("/docs#problem-", "");
	}
}

async function problemOf(answer) {
	try {
		return await answer.json();
	} catch {
		return { detail: "answer " + answer.status };
	}
}

// The answer, when it is a good one. Another coordinator is not followed: the page
// may only ask the one that it came from.
export async function open(path, signal) {
	const headers = token ? { Authorization: "Bearer " + token } : {};
	let answer;

	try {
		answer = await fetch(path, { headers, signal, cache: "no-store", redirect: "manual" });
	} catch (error) {
		if (error.name === "AbortError")
			throw error;
		throw new Refusal(0, { detail: "The coordinator does not answer" });
	}
	if (answer.type === "opaqueredirect")
		throw new Refusal(307, { type: "not-leader", detail: "Another coordinator leads" });
	if (!answer.ok)
		throw new Refusal(answer.status, await problemOf(answer));
	return answer;
}

export async function get(path) {
	return (await open(path, AbortSignal.timeout(10000))).json();
}
