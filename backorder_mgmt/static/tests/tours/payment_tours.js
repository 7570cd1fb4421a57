/* A customer saves his card with the payment provider's own form, then a clerk fills his backorder:
 * the dialog names the card, the order waits for the payment and says so. */

import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("backorder_save_card", {
    steps: () => [
        {
            content: "type the card of the demo provider",
            trigger: "input[name=customer_input]",
            run: "edit 4111 2222 3333 4444",
        },
        {
            content: "which always pays",
            trigger: "select#simulated_payment_state",
            run: "select done",
        },
        {
            content: "save it",
            trigger: "button[name=o_payment_submit_button]:not(:disabled)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "it is among the saved ones",
            trigger: "#wrapwrap:contains('Your payment methods'):contains('4444')",
        },
    ],
});

registry.category("web_tour.tours").add("backorder_charge", {
    steps: () => [
        {
            content: "click “Fill Backorders” above the order lines",
            trigger: "div[name=backorder_buttons] button:contains('Fill Backorders')",
            run: "click",
        },
        {
            content: "the dialog says which card will be charged, and how much",
            trigger: ".modal div[name=charge]:contains('4444'):contains('40.00')",
        },
        {
            content: "the new order is confirmed when it is paid",
            trigger: ".modal .alert:contains('confirmed when it is paid')",
        },
        {
            content: "fill",
            trigger: ".modal footer button:contains('Fill')",
            run: "click",
        },
        {
            content: "the summary says that it waits for the payment",
            trigger: ".modal .o_field_widget[name=payment_waiting_count]:contains('1')",
        },
        {
            content: "close it",
            trigger: ".modal footer button:contains('Close')",
            run: "click",
        },
        {
            content: "open the new order",
            trigger: "button[name=action_view_backorder_children]",
            run: "click",
        },
        {
            content: "it says that it waits for the payment",
            trigger: "div[name=backorder_charge_waiting]:contains('Waiting for payment')",
        },
    ],
});

registry.category("web_tour.tours").add("backorder_payment_problem", {
    steps: () => [
        {
            content: "the list of payment problems names the order and the reason",
            trigger: ".o_data_row:contains('Payment Failed'):contains('refused')",
        },
        {
            content: "retry with one button",
            trigger: ".o_data_row:contains('Payment Failed') button[name=action_retry]",
            run: "click",
        },
        {
            content: "it waits for the payment again",
            trigger: ".o_data_row:contains('Waiting for Payment')",
        },
    ],
});
