import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatFloat } from "@web/views/fields/formatters";
import { InvalidNumberError, parseFloat } from "@web/views/fields/parsers";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));

/** The planned quantity of a row in the preview of a fill: whoever may change it types it here, and
 * the other rows and the counters follow at once. Enter and the arrow keys go from row to row. */
export class BackorderPlannedQty extends Component {
    static template = xml`
        <input
            t-if="changeable"
            class="o_input text-end"
            type="text"
            inputmode="decimal"
            autocomplete="off"
            t-att-aria-label="label"
            t-att-data-planned-row="props.record.resId"
            t-att-value="formatted"
            t-on-click.stop="() => {}"
            t-on-focus="(ev) => ev.target.select()"
            t-on-change="(ev) => this.commit(ev.target)"
            t-on-keydown="onKeydown"
        />
        <span t-else="" t-esc="formatted"/>`;
    static props = standardFieldProps;

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.saving = false;
        this.label = _t("Planned");
    }

    get run() {
        return this.props.record.model.root;
    }

    get changeable() {
        return Boolean(this.run.data.can_change_plan);
    }

    get formatted() {
        const { record, name } = this.props;
        return formatFloat(record.data[name], { field: record.fields[name], minDigits: 2 });
    }

    onKeydown(ev) {
        const steps = { Enter: ev.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 };
        if (ev.key in steps) {
            ev.preventDefault();
            ev.stopPropagation();
            const inputs = this.inputs(ev.target);
            const next = inputs[inputs.indexOf(ev.target) + steps[ev.key]];
            this.commit(ev.target, next && next.dataset.plannedRow);
        } else if (ev.key === "Escape") {
            // Undoes what was typed, and does not leave the screen.
            ev.preventDefault();
            ev.stopPropagation();
            ev.target.value = this.formatted;
        } else if (ev.key === "Tab") {
            // Not the list's: from here on to what comes next.
            ev.stopPropagation();
        }
    }

    inputs(element) {
        const view = element.closest(".o_form_view") || document;
        return [...view.querySelectorAll("input[data-planned-row]")];
    }

    /** Send what was typed, show what follows from it, and go to the row `next`. */
    async commit(input, next) {
        if (this.saving) {
            return;
        }
        const { record, name } = this.props;
        const view = input.closest(".o_form_view") || document;
        let quantity;
        try {
            quantity = parseFloat(input.value, { allowOperation: true });
        } catch (error) {
            if (!(error instanceof InvalidNumberError)) {
                throw error;
            }
            this.notification.add(_t("“%s” is not a quantity. Enter a number.", input.value), {
                type: "danger",
            });
            input.value = this.formatted;
            return;
        }
        if (input.value !== this.formatted && quantity !== record.data[name]) {
            this.saving = true;
            try {
                await this.orm.call("backorder.run", "change_plan", [
                    [this.run.resId],
                    { [record.resId]: quantity },
                ]);
            } catch (error) {
                input.value = this.formatted;
                throw error;
            } finally {
                this.saving = false;
            }
            next = next || document.activeElement?.dataset?.plannedRow;
            await this.run.load();
            // The rows are drawn anew.
            await frame();
            await frame();
        }
        if (next) {
            view.querySelector(`input[data-planned-row="${next}"]`)?.focus();
        }
    }
}

registry.category("fields").add("backorder_planned_qty", {
    component: BackorderPlannedQty,
    displayName: _t("Planned Quantity of a Fill"),
    supportedTypes: ["float"],
});
