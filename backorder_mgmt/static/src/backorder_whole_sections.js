import { Component, useEffect, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** What Odoo itself shows of an order at once. */
const ODOO_LIMIT = 200;

/** An order's lines come in pages, as drawing 200 takes a browser seconds. Odoo adds up sections, and
 * keeps combos together, over the lines of a page only: orders with such come as Odoo shows them. */
export class BackorderWholeSections extends Component {
    static template = xml`<t/>`;
    static props = standardWidgetProps;

    setup() {
        useEffect(
            (list, whole) => {
                if (whole && list && list.limit < ODOO_LIMIT && list.count > list.limit) {
                    list.load({ limit: ODOO_LIMIT, offset: 0 });
                }
            },
            () => {
                const { order_line, backorder_has_sections } = this.props.record.data;
                return [order_line, backorder_has_sections];
            }
        );
    }
}

registry.category("view_widgets").add("backorder_whole_sections", {
    component: BackorderWholeSections,
});
