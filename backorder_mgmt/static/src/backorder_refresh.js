import { Component, onWillUnmount, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** The form of a fill moves by itself: the server says on the bus how far it is, and how its
 * payments went. */
export class BackorderRefresh extends Component {
    static template = xml`<t/>`;
    static props = standardWidgetProps;

    setup() {
        const bus = useService("bus_service");
        const onProgress = ({ run_id }) => {
            if (run_id === this.props.record.resId) {
                this.props.record.load();
            }
        };
        bus.subscribe("backorder_mgmt/progress", onProgress);
        onWillUnmount(() => bus.unsubscribe("backorder_mgmt/progress", onProgress));
    }
}

registry.category("view_widgets").add("backorder_refresh", { component: BackorderRefresh });
