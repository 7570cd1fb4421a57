import { Component, markup, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** What each policy would fill, side by side; *Use This* previews by that one. */
export class BackorderComparison extends Component {
    static template = xml`<div t-on-click="onClick" t-out="table"/>`;
    static props = standardFieldProps;

    setup() {
        this.orm = useService("orm");
    }

    get table() {
        // Sanitized by the server, as every Html field is.
        return markup(this.props.record.data[this.props.name] || "");
    }

    async onClick(ev) {
        const link = ev.target.closest(".o_backorder_use");
        if (link) {
            ev.preventDefault();
            ev.stopPropagation();
            const { record } = this.props;
            const policy = link.getAttribute("href").split("#").pop();
            await this.orm.call("backorder.run", "use_policy", [[record.resId], policy]);
            await record.load();
        }
    }
}

registry.category("fields").add("backorder_comparison", {
    component: BackorderComparison,
    supportedTypes: ["html"],
});
