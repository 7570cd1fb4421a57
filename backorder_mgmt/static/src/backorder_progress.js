import { onWillUnmount } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { ProgressBarField, progressBarField } from "@web/views/fields/progress_bar/progress_bar_field";

/** A progress bar that moves by itself: the server says on the bus how far the fill is. */
export class BackorderProgress extends ProgressBarField {
    setup() {
        super.setup();
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

registry.category("fields").add("backorder_progress", {
    ...progressBarField,
    component: BackorderProgress,
});
