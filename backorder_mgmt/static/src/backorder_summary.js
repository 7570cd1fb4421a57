import { registry } from "@web/core/registry";

/** What a fill came to, as a dialog: first the screen on which it stands, then the dialog. */
export async function backorderSummary(env, { params }) {
    if (params.next) {
        await env.services.action.doAction(params.next);
    }
    return params.summary;
}

registry.category("actions").add("backorder_summary", backorderSummary);
