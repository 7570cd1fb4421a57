import { Component, onMounted, useRef, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** A dialog of quantities opens where typing begins: on the first quantity that may be changed. */
export class BackorderFirstQuantity extends Component {
    static template = xml`<span t-ref="here" class="d-none"/>`;
    static props = standardWidgetProps;

    setup() {
        const here = useRef("here");
        const ui = useService("ui");
        onMounted(() => {
            if (ui.isSmall) {
                return; // a keyboard would cover the cards
            }
            const form = here.el.closest(".o_form_view, .modal-body");
            // After the dialog has put the focus where it thinks best.
            setTimeout(() => {
                form?.querySelector(
                    ".o_data_row td[name=quantity]:not(.o_readonly_modifier)"
                )?.click();
            }, 50);
        });
    }
}

registry.category("view_widgets").add("backorder_first_quantity", {
    component: BackorderFirstQuantity,
});
