/* global Chart */

import { Component, onWillUnmount, useEffect, useRef } from "@odoo/owl";
import { cookie } from "@web/core/browser/cookie";
import { getColor, getCustomColor } from "@web/core/colors/colors";
import { _t } from "@web/core/l10n/translation";

/** Letters of a label beside a row that fit in half of a chart's width. */
const ONE_LINE = 30;

/** A label in one or two lines of whole words, of some `width` letters: the second takes the rest, up
 * to half as much again. */
export function inLines(label, width) {
    if (label.length <= width) {
        return label;
    }
    const end = label.lastIndexOf(" ", width);
    const [first, rest] = end > 0 ? [label.slice(0, end), label.slice(end + 1)] : [label.slice(0, width), label.slice(width)];
    const most = Math.ceil(width * 1.5);
    return [first, rest.length > most ? `${rest.slice(0, most - 1)}…` : rest];
}

/** A small chart of points with a label and a value, drawn with the Chart.js that Odoo ships. */
export class BackorderChart extends Component {
    static template = "backorder_mgmt.OverviewChart";
    static props = {
        name: String,
        title: String,
        type: String, // bar, rows, doughnut, line
        points: Array,
        format: Function,
        most: { type: Number, optional: true },
    };

    setup() {
        this.canvas = useRef("canvas");
        this.chart = null;
        useEffect(
            () => this.draw(),
            () => [JSON.stringify(this.props.points)]
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    get isEmpty() {
        // In a line nought is an answer (filled on the same day); elsewhere it is nothing to draw.
        const { type, points } = this.props;
        return !points.some(({ value }) => (type === "line" ? typeof value === "number" : value));
    }

    get hasLongLabels() {
        return this.props.points.some(({ label }) => label.length > ONE_LINE);
    }

    /** Rows whose labels take two lines need the height for it. */
    get height() {
        const { type, points } = this.props;
        const rows = type === "rows" && this.hasLongLabels ? points.length : 0;
        return Math.max(220, 36 + 34 * rows);
    }

    /** What the picture says, for those who do not see it. */
    get words() {
        const { title, points, format } = this.props;
        const parts = points.filter(({ value }) => value !== false);
        return `${title}: ${parts.map(({ label, value }) => `${label} ${format(value)}`).join("; ")}`;
    }

    draw() {
        this.chart?.destroy();
        this.chart = this.isEmpty ? null : new Chart(this.canvas.el, this.config);
    }

    get config() {
        const { type, points, format, most } = this.props;
        const scheme = cookie.get("color_scheme");
        const text = getCustomColor(scheme, "#374151", "#E5E7EB");
        const grid = getCustomColor(scheme, "rgba(0,0,0,.08)", "rgba(255,255,255,.12)");
        const several = type === "doughnut";
        const tones = ["#28a745", "#dc3545", "#adb5bd"];
        const color = getColor(0, scheme, "odoo");
        const values = points.map(({ value }) => (value === false ? null : value));
        const axis = (own = {}) => ({ grid: { color: grid }, ticks: { color: text, ...own } });
        const along = type === "rows" ? "y" : "x";
        const across = along === "y" ? "x" : "y";
        return {
            type: { bar: "bar", rows: "bar", doughnut: "doughnut", line: "line" }[type],
            data: {
                labels: points.map(({ label }) => {
                    const width = { bar: 9, rows: this.hasLongLabels ? 24 : ONE_LINE }[type];
                    return width ? inLines(label, width) : label;
                }),
                datasets: [
                    {
                        data: values,
                        backgroundColor: several ? tones : color,
                        borderColor: several ? undefined : color,
                        borderWidth: type === "line" ? 2 : 0,
                        tension: 0.25,
                        pointRadius: 3,
                        spanGaps: true,
                        maxBarThickness: 28,
                    },
                ],
            },
            options: {
                animation: false,
                maintainAspectRatio: false,
                indexAxis: along,
                plugins: {
                    legend: { display: several, position: "bottom", labels: { color: text } },
                    tooltip: {
                        callbacks: {
                            title: (items) => points[items[0].dataIndex].label,
                            label: ({ dataIndex }) => {
                                const { value, lines } = points[dataIndex];
                                const own = format(value);
                                return lines === undefined ? own : _t("%(value)s, %(lines)s lines", { value: own, lines });
                            },
                        },
                    },
                },
                scales: several
                    ? {}
                    : {
                          [along]: { ...axis({ autoSkip: type === "line" }), grid: { display: false } },
                          [across]: {
                              ...axis({
                                  callback: (value) => format(value, { digits: [16, 0] }),
                                  maxTicksLimit: 5,
                              }),
                              beginAtZero: true,
                              suggestedMax: most,
                          },
                      },
            },
        };
    }
}
