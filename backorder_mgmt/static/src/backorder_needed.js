import { Component, xml } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatFloat } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const BADGES = { filled: "text-bg-success", cancelled: "text-bg-secondary" };

/** What a line of an order needs; where it needs nothing any more, how its backorder ended. One
 * narrow column for both: Odoo's own columns of an order are wider than the screen already. */
export class BackorderNeeded extends Component {
    static template = xml`
        <span t-if="props.record.data[props.name]" t-att-title="label" t-esc="formatted"/>
        <span
            t-elif="badge"
            class="badge rounded-3 o_backorder_ended"
            t-att-class="badge"
            t-esc="label"
        />`;
    static props = standardFieldProps;

    get state() {
        return this.props.record.data.backorder_state;
    }

    get badge() {
        return BADGES[this.state];
    }

    get label() {
        const names = this.props.record.fields.backorder_state.selection;
        return (names.find(([value]) => value === this.state) || [])[1];
    }

    get formatted() {
        const { record, name } = this.props;
        return formatFloat(record.data[name], { field: record.fields[name], minDigits: 2 });
    }
}

registry.category("fields").add("backorder_needed", {
    component: BackorderNeeded,
    displayName: _t("Needed, or how the backorder ended"),
    supportedTypes: ["float"],
    fieldDependencies: [{ name: "backorder_state", type: "selection" }],
});
