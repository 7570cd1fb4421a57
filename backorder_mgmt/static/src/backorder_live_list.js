import { onMounted, onWillUnmount } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { ListController } from "@web/views/list/list_controller";
import { listView } from "@web/views/list/list_view";

/** A list whose rows move by a job: it looks again when the server says so. */
export class BackorderLiveListController extends ListController {
    setup() {
        super.setup();
        const bus = useService("bus_service");
        const reload = () => {
            // Not under the hands of somebody who ticks rows.
            if (!this.model.root.selection?.length) {
                this.model.load();
            }
        };
        onMounted(() => bus.subscribe("backorder_mgmt/charge", reload));
        onWillUnmount(() => bus.unsubscribe("backorder_mgmt/charge", reload));
    }
}

registry.category("views").add("backorder_live_list", {
    ...listView,
    Controller: BackorderLiveListController,
});
