import { Component, onMounted, onWillUnmount, status, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

/** The form of a fill, its summary, and purchase orders that are created in the background move by
 * themselves: the server says on the bus how far it is, and how its payments went. */
export class BackorderRefresh extends Component {
    static template = xml`<t/>`;
    static props = standardWidgetProps;

    setup() {
        const bus = useService("bus_service");
        const load = async () => {
            try {
                await this.props.record.load();
            } catch (error) {
                // The form was left, or opened anew, while it was read: nobody looks at it.
                if (status(this) !== "destroyed") {
                    throw error;
                }
            }
        };
        const onProgress = async ({ run_id, purchase_id }) => {
            const { data, resId, resModel } = this.props.record;
            if (purchase_id || resModel === "backorder.purchase") {
                if (resModel !== "backorder.purchase" || purchase_id !== resId) {
                    return;
                }
                await load();
                return;
            }
            // A summary is of several runs, as of several companies.
            const runs = data.run_ids ? data.run_ids.currentIds : [resId];
            if (!runs.includes(run_id)) {
                return;
            }
            await load();
        };
        onMounted(() => bus.subscribe("backorder_mgmt/progress", onProgress));
        onWillUnmount(() => bus.unsubscribe("backorder_mgmt/progress", onProgress));
    }
}

registry.category("view_widgets").add("backorder_refresh", { component: BackorderRefresh });
