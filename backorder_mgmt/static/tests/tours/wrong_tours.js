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
