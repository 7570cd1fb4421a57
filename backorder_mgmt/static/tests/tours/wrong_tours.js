/* What a clerk types wrong, and what the screen says to it. */

import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("backorder_mistyped_sku", {
    steps: () => [
        {
            content: "a SKU that there is not",
            trigger: ".o_field_widget[name=product_ids] input",
            run: "edit zzzzqq",
        },
        {
            content: "nothing is found, and nothing can be made of it",
            trigger:
                '.o-autocomplete--dropdown-menu:contains("No records"), .o-autocomplete--dropdown-menu:not(:contains("Create"))',
        },
        {
            content: "on to the next",
            trigger: ".o_field_widget[name=product_ids] input",
            run: "press Tab",
        },
        {
            content: "it is said which text is none",
            trigger: '.o_notification:contains("zzzzqq"):contains("not found or not chosen")',
        },
        {
            content: "press Preview all the same",
            trigger: "button[name=action_preview]:visible",
            run: "click",
        },
        {
            content: "the screen stays, and the field is red",
            trigger: '.o_form_view h1:contains("Fill Backorders")',
        },
        {
            trigger: ".o_field_widget[name=product_ids].o_field_invalid",
        },
        {
            content: "leave it",
            trigger: ".o_form_button_cancel",
            run: "click",
        },
        {
            trigger: "body:not(:has(.o_field_invalid))",
        },
    ],
});

const planned = (order) =>
    `.o_field_widget[name=line_ids] .o_data_row:contains("${order}") input[data-planned-row]`;

registry.category("web_tour.tours").add("backorder_change_plan", {
    steps: () => [
        {
            content: "the older order gets all five",
            trigger: planned("PLAN-OLD"),
            run() {
                if (Number(this.anchor.value) !== 5) {
                    throw new Error(`planned is ${this.anchor.value}`);
                }
            },
        },
        {
            content: "give it two, and go to the next row with Enter",
            trigger: planned("PLAN-OLD"),
            run: "edit 2",
        },
        {
            trigger: planned("PLAN-OLD"),
            run: "press Enter",
        },
        {
            content: "the other one gets the rest at once",
            trigger: '.o_data_row:contains("PLAN-NEW") .badge:contains("All of it")',
        },
        {
            content: "its row says what",
            trigger: planned("PLAN-NEW"),
            run() {
                if (Number(this.anchor.value) !== 3) {
                    throw new Error(`planned is ${this.anchor.value}`);
                }
            },
        },
        {
            content: "the counters follow: one line whole, one in part",
            trigger: '.o_field_widget[name=partial_count]:contains("1")',
        },
        {
            content: "who changed it is said",
            trigger: '.o_data_row:contains("PLAN-OLD"):contains("hanged by")',
        },
        {
            content: "start",
            trigger: "button[name=action_start]:visible",
            run: "click",
        },
        {
            content: "the summary says what was done",
            trigger: '.modal .o_field_widget[name=filled_count]:contains("1")',
        },
        {
            content: "all new orders are there",
            trigger: '.modal .o_field_widget[name=new_order_count]:contains("2")',
        },
        {
            content: "the report is one click away",
            trigger: ".modal button[name=action_report]",
        },
        {
            content: "close it",
            trigger: '.modal footer button:contains("Close")',
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
    ],
});

const line = (name) => `.o_field_widget[name=order_line] .o_data_row:contains("${name}")`;

registry.category("web_tour.tours").add("backorder_order_in_pages", {
    steps: () => [
        // Sixty rows and more take a busy machine longer than a tour waits for a step.
        { trigger: line("Part 1"), timeout: 40000 },
        {
            content: "a page of sixty",
            trigger: `.o_field_widget[name=order_line]:not(:has(.o_data_row:contains("Part 70")))`,
        },
        {
            content: "on to the next page",
            trigger: ".o_field_widget[name=order_line] .o_pager_next",
            run: "click",
        },
        { trigger: line("Part 70"), timeout: 40000 },
    ],
});

registry.category("web_tour.tours").add("backorder_sections_are_whole", {
    steps: () => [
        { trigger: line("Part 1"), timeout: 40000 },
        {
            content: "the whole section, as Odoo adds it up over what it shows",
            trigger: line("Part 70"),
        },
        {
            content: "its sum is that of all seventy",
            trigger: '.o_field_widget[name=order_line] .o_is_line_section:contains("700.00")',
        },
    ],
});
