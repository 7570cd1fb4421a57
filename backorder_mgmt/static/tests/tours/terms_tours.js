/* What is agreed with a customer, on their order, and a fill by rules. They start on the form of the
 * order, or of the fill, that test_terms_tours.py made. */

import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("backorder_terms", {
    steps: () => [
        {
            content: "the terms stand with the other information",
            trigger: '.o_notebook .nav-link:contains("Other Info")',
            run: "click",
        },
        {
            content: "choose what fills may give",
            trigger: ".o_field_widget[name=backorder_policy] input",
            run: "click",
        },
        {
            content: "complete lines only",
            trigger: '.o_select_menu_item:contains("Only complete lines")',
            run: "click",
        },
        {
            content: "two shipments at most",
            trigger: ".o_field_widget[name=backorder_max_shipments] input",
            run: "edit 2",
        },
        {
            content: "save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "it is saved",
            trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_button_save:visible))",
        },
        {
            content: "back to the items",
            trigger: '.o_notebook .nav-link:contains("Order Lines")',
            run: "click",
        },
        {
            content: "fill it",
            trigger: 'div[name=backorder_buttons] button:contains("Fill Backorders")',
            run: "click",
        },
        {
            content: "the dialog says what is agreed",
            trigger: '.modal:contains("complete lines only: everything that is needed of an item")',
        },
        {
            content: "and why nothing is proposed",
            trigger: '.modal .o_data_row:contains("there is not enough for all of this one")',
        },
    ],
});

registry.category("web_tour.tours").add("backorder_rules", {
    steps: () => [
        {
            content: "preview",
            trigger: "button[name=action_preview]",
            run: "click",
        },
        {
            content: "the row says which rule it met",
            trigger: '.o_data_row:contains("Tour Hospitals")',
        },
        {
            content: "and whose reserved stock it takes",
            trigger: '.o_data_row:contains("Given up by a fill rule")',
        },
        {
            content: "start",
            trigger: 'button[name=action_start]:contains("Start")',
            run: "click",
        },
        {
            content: "it is done",
            trigger: '.o_statusbar_status [aria-checked=true]:contains("Done"), .modal:contains("Backorders filled")',
        },
    ],
});
