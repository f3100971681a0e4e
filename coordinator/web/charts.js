// SPDX-License-Identifier: Apache-2.0
// Lines over time, drawn by uPlot.
import uPlot from "./uPlot.esm.js";
import { clock } from "./format.js";
import { colour, onChange } from "./theme.js";

const HEIGHT = 220;
const FONT = "12px system-ui, sans-serif";

// A chart in an element. Its settings: label for who does not see it, format of
// its values, and target, below which a band is drawn.
export class Chart {
	constructor(parent, settings) {
		this.parent = parent;
		this.settings = settings;
		this.lines = [];
		this.shape = null;
		parent.setAttribute("role", "img");
		parent.setAttribute("aria-label", settings.label + "; the table beside it has the last values");
		new ResizeObserver(() => this.resize()).observe(parent);
		onChange(() => this.rebuild());
	}

	// Lines: label, colour, dash, and [times in milliseconds, values].
	show(lines) {
		const shape = lines.map(line => line.label + line.colour).join("\n");

		this.lines = lines;
		if (shape !== this.shape)
			this.rebuild();
		else if (this.plot)
			this.plot.setData(this.data());
	}

	data() {
		if (!this.lines.length)
			return [[]];
		return uPlot.join(this.lines.map(({ series: [times, values] }) =>
			[times.map(time => time / 1000), values]));
	}

	rebuild() {
		this.shape = this.lines.map(line => line.label + line.colour).join("\n");
		if (this.plot)
			this.plot.destroy();
		this.plot = new uPlot(this.options(), this.data(), this.parent);
	}

	resize() {
		if (this.plot && this.parent.clientWidth)
			this.plot.setSize({ width: this.parent.clientWidth, height: HEIGHT });
	}

	options() {
		const { format } = this.settings;
		const axis = { stroke: colour("--fore"), font: FONT, grid: { stroke: colour("--line"), width: 1 },
			       ticks: { stroke: colour("--line"), width: 1 } };
		const lines = this.lines.map(line => ({
			label: line.label, stroke: line.colour, dash: line.dash, width: 2,
			points: { show: false }, value: (plot, value) => format(value),
		}));

		return {
			width: this.parent.clientWidth || 600,
			height: HEIGHT,
			scales: { y: { range: (plot, low, high) => [0, this.top(high)] } },
			axes: [{ ...axis, values: (plot, times) => times.map(time => clock(time * 1000)), space: 90 },
			       { ...axis, size: 80, values: (plot, values) => values.map(format) }],
			series: [{ label: "Time", value: (plot, time) => time ? clock(time * 1000) : "–" }, ...lines],
			hooks: { drawClear: [plot => this.drawBand(plot)] },
			cursor: { drag: { x: false, y: false } },
		};
	}

	top(high) {
		return Math.max(high || 0, this.settings.target ? this.settings.target * 2 : 0) * 1.1 || 1;
	}

	drawBand(plot) {
		const { target } = this.settings;

		if (!target)
			return;
		const { ctx, bbox } = plot;
		const edge = plot.valToPos(target, "y", true);

		ctx.save();
		ctx.fillStyle = colour("--band");
		ctx.fillRect(bbox.left, edge, bbox.width, bbox.top + bbox.height - edge);
		ctx.restore();
	}
}
