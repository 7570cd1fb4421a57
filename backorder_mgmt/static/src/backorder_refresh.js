import { Component, onMounted, onWillUnmount, status, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** The form of a fill, and its summary, move by themselves: the server says on the bus how far it
 * is, and how its payments went. */
export class BackorderRefresh extends Component {
    static template = xml`<t/>`;
    static props = standardWidgetProps;

    setup() {
        const bus = useService("bus_service");
        const onProgress = async ({ run_id }) => {
            const { data, resId } = this.props.record;
            // A summary is of several runs, as of several companies.
            const runs = data.run_ids ? data.run_ids.currentIds : [resId];
            if (!runs.includes(run_id)) {
                return;
            }
            try {
                await this.props.record.load();
            } catch (error) {
                // The form was left, or opened anew, while it was read: nobody looks at it.
                if (status(this) !== "destroyed") {
                    throw error;
                }
            }
        };
        onMounted(() => bus.subscribe("backorder_mgmt/progress", onProgress));
        onWillUnmount(() => bus.unsubscribe("backorder_mgmt/progress", onProgress));
    }
}

registry.category("view_widgets").add("backorder_refresh", { component: BackorderRefresh });
