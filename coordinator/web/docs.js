// SPDX-License-Identifier: Apache-2.0
// Shows openapi.json, and sends requests that one fills in.
"use strict";

const METHODS = ["get", "post", "delete"];

function element(name, attributes, ...children) {
	const made = document.createElement(name);

	for (const [key, value] of Object.entries(attributes || {}))
		made.setAttribute(key, value);
	made.append(...children);
	return made;
}

// What a reference of the description stands for.
function resolve(spec, thing) {
	if (!thing || !thing.$ref)
		return thing || {};
	return thing.$ref.slice(2).split("/").reduce((at, key) => at[key], spec);
}

function typeOf(spec, schema) {
	const real = resolve(spec, schema);

	if (real.enum)
		return real.enum.join(" | ");
	if (real.const !== undefined)
		return JSON.stringify(real.const);
	if (real.type === "array")
		return "list of " + typeOf(spec, real.items);
	return [].concat(real.type || "object").join(" or ");
}

// A line for each field, and fields of fields below it.
function fieldsOf(spec, schema, depth) {
	const real = resolve(spec, schema);
	const list = element("ul");

	if (real.type === "array" && depth < 4)
		return fieldsOf(spec, real.items, depth);
	for (const [name, value] of Object.entries(real.properties || {})) {
		const field = resolve(spec, value);
		const text = [": " + typeOf(spec, value)];
		const inner = depth < 4 ? fieldsOf(spec, value, depth + 1) : null;

		if (!(real.required || []).includes(name))
			text.push("may be left out");
		if (field.default !== undefined)
			text.push("else " + field.default);
		if (field.minimum !== undefined && field.maximum !== undefined)
			text.push(field.minimum + " to " + field.maximum);
		if (field.description)
			text.push(field.description);
		list.append(element("li", {}, element("code", {}, name), text.join(", "),
				    ...(inner && inner.children.length ? [inner] : [])));
	}
	return list;
}

function schemaOf(content) {
	return Object.values(content || {}).map(part => part.schema)[0];
}

async function send(form, method, path, output) {
	const data = new FormData(form);
	const headers = {};
	const query = new URLSearchParams();
	const token = document.getElementById("token").value;
	let target = path;
	let body;

	for (const [name, value] of data) {
		if (name.startsWith("path:"))
			target = target.replace("{" + name.slice(5) + "}", encodeURIComponent(value));
		else if (name.startsWith("query:") && value)
			query.set(name.slice(6), value);
		else if (name === "body")
			body = value;
	}
	if (token)
		headers.Authorization = "Bearer " + token;
	if (method === "post")
		headers["Content-Type"] = "application/json";
	if (query.size)
		target += "?" + query;
	output.className = "";
	output.textContent = "…";
	try {
		const answer = await fetch(target, { method: method.toUpperCase(), headers, body });
		const text = await answer.text();

		output.className = answer.ok ? "" : "failed";
		try {
			output.textContent = answer.status + "\n" + JSON.stringify(JSON.parse(text), null, 2);
		} catch {
			output.textContent = answer.status + "\n" + text;
		}
	} catch (error) {
		output.className = "failed";
		output.textContent = "No answer: " + error.message;
	}
}

function makeForm(spec, method, path, operation, parameters) {
	const output = element("pre", { "aria-live": "polite" });
	const form = element("form", {});
	const body = operation.requestBody;
	const id = operation.operationId;

	for (const parameter of parameters) {
		const name = parameter.in + ":" + parameter.name;

		form.append(element("label", { for: id + name }, parameter.name + " (" +
				    (parameter.description || parameter.in) + ")"),
			    element("input", { id: id + name, name, ...(parameter.required ? { required: "" } : {}) }));
	}
	if (body) {
		const example = body.content["application/json"].example || {};

		form.append(element("label", { for: id + "body" }, "body"),
			    element("textarea", { id: id + "body", name: "body", rows: 4 },
				    JSON.stringify(example, null, 2)));
	}
	form.append(element("button", { type: "submit" }, "Send " + method.toUpperCase() + " " + path));
	form.addEventListener("submit", event => {
		event.preventDefault();
		send(form, method, path, output);
	});
	return [form, output];
}

function makeRoute(spec, method, path, operation) {
	const parameters = [...(spec.paths[path].parameters || []), ...(operation.parameters || [])]
		.map(parameter => resolve(spec, parameter));
	const inside = element("div", {});
	const body = operation.requestBody && schemaOf(operation.requestBody.content);

	if (operation.description)
		inside.append(element("p", { class: "description" }, operation.description));
	if (body)
		inside.append(element("h3", {}, "Body"), fieldsOf(spec, body, 0));
	for (const [status, answer] of Object.entries(operation.responses)) {
		const real = resolve(spec, answer);

		if (status === "default")
			continue;
		inside.append(element("h3", {}, status + ": " + real.description),
			      fieldsOf(spec, schemaOf(real.content), 0));
	}
	// A stream does not end, so it is not for this page.
	if (operation.operationId !== "watch")
		inside.append(...makeForm(spec, method, path, operation, parameters));
	return element("details", { id: operation.operationId },
		       element("summary", {},
			       element("span", { class: "role" }, operation["x-role"] === "none" ?
				       "for everybody" : "role " + operation["x-role"]),
			       element("span", { class: "method" }, method.toUpperCase()),
			       element("code", {}, path), " ", operation.summary),
		       inside);
}

function openTarget() {
	const target = document.getElementById(location.hash.slice(1));

	if (target && target.tagName === "DETAILS")
		target.open = true;
	if (target)
		target.scrollIntoView();
}

async function show() {
	const spec = await (await fetch("openapi.json")).json();
	const routes = document.getElementById("routes");
	const contents = document.getElementById("contents");

	document.getElementById("about").textContent = spec.info.description;
	routes.replaceChildren();
	for (const [path, methods] of Object.entries(spec.paths)) {
		for (const method of METHODS.filter(name => methods[name])) {
			routes.append(makeRoute(spec, method, path, methods[method]));
			contents.append(element("li", {}, element("a", { href: "#" + methods[method].operationId },
				method.toUpperCase() + " " + path)));
		}
	}
	for (const [word, text] of Object.entries(spec["x-problems"]))
		document.getElementById("problems").append(
			element("dt", { id: "problem-" + word }, word), element("dd", {}, text));
	openTarget();
}

document.getElementById("credentials").addEventListener("submit", event => event.preventDefault());
window.addEventListener("hashchange", openTarget);
show();
