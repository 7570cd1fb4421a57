/* A force, a fill and a purchase order from the menu to the summary, with keys alone: what is
 * pressed here is a key or text that is typed where the cursor is. */

import { registry } from "@web/core/registry";

const keys = (content, trigger, run) => ({ content, trigger, run: `press ${run}` });

const seen = (content, trigger) => ({ content, trigger });

/** A menu by Odoo's command palette: its name, and Enter. Keys are heard once the screen is there. */
function openMenu(name, screen) {
    return [
        keys("open the palette", ".o_backorder_overview .o_backorder_card", "ctrl+k"),
        {
            content: `type “/${name}”`,
            trigger: ".o_command_palette_search input",
            run: `edit /${name}`,
        },
        seen("the menu is the first choice", `.o_command.focused:contains("${name}")`),
        keys("take it", ".o_command_palette_search input", "Enter"),
        seen("its screen opens", screen),
    ];
}

registry.category("web_tour.tours").add("backorder_keys_force_and_fill", {
    steps: () => [
        keys("force: Alt+Shift+B on the order", ".o_form_view", "Alt+Shift+b"),
        seen("the dialog", '.modal-title:contains("Force Backorders")'),
        keys("confirm it", ".modal", "Alt+q"),
        seen("the dialog is gone", "body:not(:has(.modal))"),
        seen(
            "all ten are on backorder",
            '.o_field_widget[name=order_line] .o_data_row:contains("Hammer") td[name=backorder_qty]:contains("10")'
        ),
        keys("fill: Alt+Shift+F", ".o_form_view", "Alt+Shift+f"),
        seen("the dialog", '.modal-title:contains("Fill Backorders")'),
        {
            content: "the cursor is in the first quantity: six of them",
            trigger: ".modal .o_data_row td[name=quantity] input:focus",
            run: "edit 6",
        },
        keys("fill", ".modal", "Alt+q"),
        seen("the summary", ".modal .o_field_widget[name=partial_count]:contains('1')"),
        keys("close it", ".modal", "Alt+x"),
        seen("back on the order", "body:not(:has(.modal))"),
    ],
});

registry.category("web_tour.tours").add("backorder_keys_fill_batch", {
    steps: () => [
        ...openMenu("Fill Backorders", "button[name=action_preview]:visible"),
        keys("preview", ".o_form_view", "Alt+q"),
        seen(
            "who gets what",
            '.o_field_widget[name=line_ids] .o_data_row:contains("Tour Hammer")'
        ),
        seen("it can be started", "button[name=action_start]:visible"),
        keys("start", ".o_form_view", "Alt+q"),
        seen("the summary", ".modal .o_field_widget[name=filled_count]"),
        keys("close it", ".modal", "Alt+x"),
        seen("the fill", "body:not(:has(.modal))"),
    ],
});

registry.category("web_tour.tours").add("backorder_keys_purchase", {
    steps: () => [
        ...openMenu("Create Purchase Orders", "button[name=action_add]:visible"),
        keys("add what is needed", ".o_form_view", "Alt+q"),
        seen(
            "it is proposed",
            '.o_field_widget[name=line_ids] .o_data_row:contains("Tour Hammer")'
        ),
        keys("create", ".o_form_view", "Alt+w"),
        seen("the summary", '.modal [name=order_count]:contains("1")'),
        keys("close it", ".modal", "Alt+x"),
        seen("the screen", "body:not(:has(.modal))"),
    ],
});
