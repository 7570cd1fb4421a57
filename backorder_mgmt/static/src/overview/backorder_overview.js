import { Component, onMounted, onWillStart, onWillUnmount, status, useState } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { formatMonetary } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { BackorderChart } from "./backorder_chart";

/** Milliseconds between two looks: while a large fill runs, every batch says that something moved. */
const PAUSE = 5000;
const WAREHOUSE = "backorder_mgmt.overview.warehouse";

/** The app's first page: one request, and again when the bus says that backorders changed. */
export class BackorderOverview extends Component {
    static template = "backorder_mgmt.Overview";
    static components = { Layout, BackorderChart };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.display = { controlPanel: {} };
        this.state = useState({ data: null, warehouse: "" });
        this.state.warehouse = browser.sessionStorage.getItem(WAREHOUSE) || "";
        this.timer = null;
        const bus = useService("bus_service");
        const onChanged = () => this.readLater();
        onWillStart(async () => {
            await Promise.all([loadBundle("web.chartjs_lib"), this.read()]);
        });
        onMounted(() => {
            bus.subscribe("backorder_mgmt/changed", onChanged);
            bus.subscribe("backorder_mgmt/progress", onChanged);
        });
        onWillUnmount(() => {
            bus.unsubscribe("backorder_mgmt/changed", onChanged);
            bus.unsubscribe("backorder_mgmt/progress", onChanged);
            browser.clearTimeout(this.timer);
        });
    }

    get warehouseIds() {
        return this.state.warehouse ? [Number(this.state.warehouse)] : [];
    }

    async read() {
        if (status(this) === "destroyed") {
            return; // somebody clicked on while it was to look again
        }
        const data = await this.orm.call("backorder.overview", "retrieve_overview", [], {
            warehouse_ids: this.warehouseIds,
        });
        if (this.state.warehouse && !data.warehouses.some(({ id }) => id === this.warehouseIds[0])) {
            // It was chosen when another company was switched on.
            this.state.warehouse = "";
            browser.sessionStorage.removeItem(WAREHOUSE);
            return this.read();
        }
        this.state.data = data;
    }

    readLater() {
        if (!this.timer) {
            this.timer = browser.setTimeout(async () => {
                this.timer = null;
                await this.read();
            }, this.state.data ? PAUSE * (0.5 + Math.random()) : 0);
        }
    }

    async onWarehouse(ev) {
        this.state.warehouse = ev.target.value;
        browser.sessionStorage.setItem(WAREHOUSE, ev.target.value);
        await this.read();
    }

    get cards() {
        const data = this.state.data;
        const card = (name, label, icon, tone, hint) => ({ name, label, icon, tone, hint, ...data[name] });
        return [
            card("needed", _t("Needed"), "fa-hourglass-half", "primary", _t("Everything that waits to be filled")),
            card("fillable", _t("Can Be Filled Now"), "fa-check", "success", _t("Stock is there: fill it")),
            card("late", _t("Late"), "fa-clock-o", "danger", _t("Later than promised, overdue, or without a date for longer than usual")),
            card("waiting_po", _t("Waiting for a Purchase Order"), "fa-shopping-cart", "warning", _t("Nothing is on its way that covers it")),
            card("without_vendor", _t("Without Vendor"), "fa-question-circle", "warning", _t("Nobody is known who sells it to you")),
            card("payment_problems", _t("Payment Problems"), "fa-credit-card", "danger", _t("Cards that could not be charged")),
            card("set_aside", _t("Set Aside"), "fa-archive", "info", _t("Stock kept for filled quotations")),
        ].filter((card) => !card.hidden);
    }

    get charts() {
        const data = this.state.data;
        const money = (value, options) => this.money(value, options);
        const number = (value) => String(value);
        return [
            { name: "by_age", title: _t("Value by Age"), type: "bar", points: data.by_age, format: money },
            { name: "by_product", title: _t("Value by Product"), type: "rows", points: data.by_product, format: money },
            { name: "by_vendor", title: _t("Value by Vendor"), type: "rows", points: data.by_vendor, format: money },
            { name: "value_at_risk", title: _t("Value at Risk"), type: "doughnut", points: data.value_at_risk, format: money },
            { name: "fill_rate", title: _t("Fill Rate by Week (%)"), type: "line", points: data.fill_rate, format: number, most: 100 },
            { name: "days_to_fill", title: _t("Days to Fill by Week"), type: "line", points: data.days_to_fill, format: number },
        ];
    }

    get isEmpty() {
        const data = this.state.data;
        return !data.ever && !data.needed.lines && !data.set_aside.lines;
    }

    money(value, options = {}) {
        return formatMonetary(value, {
            currencyId: this.state.data.currency_id,
            humanReadable: Math.abs(value) >= 100000,
            ...options,
        });
    }

    async openCard(name) {
        const action = await this.orm.call("backorder.overview", "open_card", [name], {
            warehouse_ids: this.warehouseIds,
        });
        await this.action.doAction(action);
    }

    async openStep(method) {
        const action = await this.orm.call("onboarding.onboarding.step", method, []);
        await this.action.doAction(action);
    }

    async closeSteps() {
        await this.orm.call("backorder.overview", "close_first_steps", []);
        this.state.data.first_steps = [];
    }

    async open(action) {
        await this.action.doAction(`backorder_mgmt.${action}`);
    }
}

registry.category("actions").add("backorder_mgmt.overview", BackorderOverview);
