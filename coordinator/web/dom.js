// SPDX-License-Identifier: Apache-2.0
// Elements and tables. What did not change is left alone, so that nothing moves
// under who reads or listens.

export function byId(id) {
	return document.getElementById(id);
}

export function element(name, attributes, ...children) {
	const made = document.createElement(name);

	for (const [key, value] of Object.entries(attributes || {}))
		made.setAttribute(key, value);
	made.append(...children);
	return made;
}

export function setText(node, text) {
	if (node.textContent !== text)
		node.textContent = text;
}

export function setClass(node, name) {
	if (node.className !== name)
		node.className = name;
}

// As many children as there are things, each made once.
export function fit(parent, count, make) {
	while (parent.children.length > count)
		parent.lastElementChild.remove();
	while (parent.children.length < count)
		parent.append(make());
}

// What is wider than its place can be reached by the keyboard, to scroll it.
export function watchWidth(place) {
	new ResizeObserver(() => {
		if (place.scrollWidth > place.clientWidth)
			place.tabIndex = 0;
		else
			place.removeAttribute("tabindex");
	}).observe(place);
}

// The columns and the caption of a table, once. A column: name, and whether it is
// a number. The first one names the row.
export function makeTable(table, caption, columns) {
	const titles = columns.map(({ name, number }) =>
		element("th", { scope: "col", ...(number ? { class: "number" } : {}) }, name));

	table.replaceChildren(element("caption", {}, caption),
			      element("thead", {}, element("tr", {}, ...titles)), element("tbody", {}));
	table.columns = columns;
}

function makeRow(columns) {
	return element("tr", {}, ...columns.map((column, i) =>
		element(i ? "td" : "th", i ? {} : { scope: "row" })));
}

// A cell is a text, or an object of text and class.
function setCell(cell, value, column) {
	const text = typeof value === "object" ? value.text : value;
	const name = [column.number ? "number" : "", value.class || ""].join(" ").trim();

	setText(cell, text);
	setClass(cell, name);
}

export function setRows(table, rows, empty) {
	const body = table.tBodies[0];

	if (!rows.length)
		rows = [[empty, ...table.columns.slice(1).map(() => "")]];
	fit(body, rows.length, () => makeRow(table.columns));
	rows.forEach((row, i) => row.forEach((value, j) =>
		setCell(body.children[i].children[j], value, table.columns[j])));
}

// The options of a list, and the chosen one as long as it is there.
export function setOptions(select, values) {
	if ([...select.options].map(option => option.value).join("\n") === values.join("\n"))
		return;
	const chosen = select.value;

	select.replaceChildren(...values.map(value => element("option", { value }, value)));
	if (values.includes(chosen))
		select.value = chosen;
}

// A legend: pairs of a text and a colour.
export function setLegend(parent, entries) {
	fit(parent, entries.length, () => element("span", {}, element("span", { class: "swatch" }), ""));
	entries.forEach(([text, colour], i) => {
		const [swatch, label] = parent.children[i].childNodes;

		swatch.style.background = colour;
		setText(label, text);
	});
}
