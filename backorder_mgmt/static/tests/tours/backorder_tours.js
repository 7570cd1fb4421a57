/* One tour for each dialog of an order, as the user guide tells it, and what happens to a quantity
 * that is wrong. They start on the form of the order that test_tours.py made. */

import { registry } from "@web/core/registry";

const row = (product) => `.modal .o_data_row:contains("${product}")`;

function openDialog(button, title) {
    return [
        {
            content: `click “${button}” above the order lines`,
            trigger: `div[name=backorder_buttons] button:contains("${button}")`,
            run: "click",
        },
        {
            content: "the dialog appears",
            trigger: `.modal .modal-title:contains("${title}")`,
        },
    ];
}

function typeQuantity(product, quantity) {
    return [
        {
            content: `click the quantity of ${product}`,
            trigger: `${row(product)} td[name=quantity]`,
            run: "click",
        },
        {
            content: `change it to ${quantity}`,
            trigger: `${row(product)} td[name=quantity] input`,
            run: `edit ${quantity}`,
        },
    ];
}

function press(button) {
    return {
        content: `click “${button}” in the dialog`,
        trigger: `.modal footer button:contains("${button}")`,
        run: "click",
    };
}

function refused(sentence) {
    return [
        {
            content: "one clear sentence says what is wrong",
            trigger: `.modal .modal-body:contains("${sentence}")`,
        },
        {
            content: "close the error",
            trigger: `.modal:has(.modal-body:contains("${sentence}")) footer button:contains("Close")`,
            run: "click",
        },
        {
            content: "only the dialog is open again",
            trigger: "body:not(:has(.modal .modal-body:contains('Enter')))",
        },
    ];
}

const closed = { content: "the dialog is gone", trigger: "body:not(:has(.modal))" };

const summary = (name, count) => ({
    content: `the summary says ${name}: ${count}`,
    trigger: `.modal .o_field_widget[name=${name}]:contains("${count}")`,
});

const needs = (product, quantity) => ({
    content: `${product}: ${quantity} needed`,
    trigger: `.o_field_widget[name=order_line] .o_data_row:contains("${product}") td[name=backorder_qty]:contains("${quantity}")`,
});

// Of an open backorder the state is told on hovering, the badge of a closed one stands in its place.
const shows = (product, state) => {
    const cell = `.o_field_widget[name=order_line] .o_data_row:contains("${product}") td[name=backorder_qty]`;
    return {
        content: `${product} shows “${state}”`,
        trigger: `${cell} [title="${state}"], ${cell} .badge:contains("${state}")`,
    };
};

registry.category("web_tour.tours").add("backorder_force", {
    steps: () => [
        ...openDialog("Force Backorders", "Force Backorders"),
        {
            content: "a service cannot be on backorder, and says why",
            trigger: `${row("Sharpening")} td[name=refusal]:contains("not tracked")`,
        },
        ...typeQuantity("Hammer", "99"),
        press("Confirm"),
        {
            content: "more than was ordered is refused",
            trigger: '.modal .modal-body:contains("only 10 Units can")',
        },
        {
            content: "close the error",
            trigger: '.modal:has(.modal-body:contains("only 10 Units can")) footer button:contains("Close")',
            run: "click",
        },
        ...typeQuantity("Hammer", "7"),
        {
            content: "uncheck the item that is not to be backordered",
            trigger: `${row("Nails")} td[name=selected] .o-checkbox`,
            run: "click",
        },
        {
            content: "it is unchecked",
            trigger: `${row("Nails")} td[name=selected] input:not(:checked)`,
        },
        press("Confirm"),
        closed,
        needs("Hammer", "7.00"),
        shows("Hammer", "On Backorder"),
        {
            content: "the line is highlighted",
            trigger: '.o_field_widget[name=order_line] .o_data_row.text-danger:contains("Hammer")',
        },
        {
            content: "the unchecked item is not on backorder",
            trigger: '.o_field_widget[name=order_line] .o_data_row:not(.text-danger):contains("Nails")',
        },
    ],
});

registry.category("web_tour.tours").add("backorder_fill", {
    steps: () => [
        needs("Hammer", "4.00"),
        ...openDialog("Fill Backorders", "Fill Backorders"),
        {
            content: "typing begins on the quantity: it matches what is needed and on hand",
            trigger: `${row("Hammer")} td[name=quantity] input:value(3.00)`,
        },
        ...typeQuantity("Hammer", "4"),
        press("Fill"),
        ...refused("only 3 Units on hand"),
        {
            content: "what was shown is still there",
            trigger: `${row("Hammer")} td[name=available_qty]:contains("3.00")`,
        },
        ...typeQuantity("Hammer", "2"),
        press("Fill"),
        summary("partial_count", 1),
        {
            content: "the new order is a link",
            trigger: ".modal .o_field_widget[name=new_orders] a[href*='/odoo/orders/']",
        },
        press("Close"),
        closed,
        needs("Hammer", "2.00"),
        shows("Hammer", "Partly Filled"),
        ...openDialog("Fill Backorders", "Fill Backorders"),
        {
            content: "one is left on hand",
            trigger: `${row("Hammer")} td[name=available_qty]:contains("1.00")`,
        },
        {
            content: "leave it",
            trigger: '.modal footer button:contains("Discard")',
            run: "click",
        },
        closed,
        {
            content: "open the new order",
            trigger: "button[name=action_view_backorder_children]:visible",
            run: "click",
        },
        {
            content: "it names its original order",
            trigger: "button[name=action_view_backorder_parent]:visible",
        },
    ],
});

const goesTo = (product, place) => ({
    content: `${product} goes to: ${place}`,
    trigger: `${row(product)} td[name=destination]:contains("${place}")`,
});

/* A fill of everything from the dialog: what moves, what stays and why, and both orders after it. */
function fillFamily(moves, stays, why) {
    return [
        ...openDialog("Fill Backorders", "Fill Backorders"),
        goesTo(moves, "New order"),
        ...(stays ? [goesTo(stays, why)] : []),
        press("Fill"),
        summary("completed_order_count", 1),
        {
            content: "the new order is a link",
            trigger: ".modal .o_field_widget[name=new_orders] a[href*='/odoo/orders/']",
        },
        press("Close"),
        closed,
        ...(stays ? [shows(stays, "Backorder Filled")] : []),
        {
            content: "open the new order",
            trigger: "button[name=action_view_backorder_children]:visible",
            run: "click",
        },
        {
            content: "it names its original order",
            trigger: "button[name=action_view_backorder_parent]:visible",
        },
        {
            content: `it has the ${moves}`,
            trigger: `.o_field_widget[name=order_line] .o_data_row:contains("${moves}")`,
        },
        ...(stays
            ? [
                  {
                      content: `and not the ${stays}`,
                      trigger: `.o_field_widget[name=order_line]:not(:contains("${stays}"))`,
                  },
              ]
            : []),
    ];
}

registry.category("web_tour.tours").add("backorder_fill_gift", {
    steps: () => fillFamily("Hammer", "Mug", "This order: it is given by a promotion"),
});

registry.category("web_tour.tours").add("backorder_fill_combo", {
    steps: () => fillFamily("Nails", "Hammer", "This order: it is part of a combo"),
});

registry.category("web_tour.tours").add("backorder_fill_shop", {
    steps: () => fillFamily("Hammer"),
});

registry.category("web_tour.tours").add("backorder_cancel", {
    steps: () => [
        needs("Hammer", "4.00"),
        ...openDialog("Cancel the Rest", "Cancel the Rest"),
        {
            content: "say why",
            trigger: ".modal .o_field_widget[name=reason] input",
            run: "edit Discontinued",
        },
        ...typeQuantity("Hammer", "5"),
        press("Cancel the Rest"),
        ...refused("only 4 Units on backorder"),
        ...typeQuantity("Hammer", "4"),
        press("Cancel the Rest"),
        closed,
        {
            content: "the ordered quantity is what is not on backorder",
            trigger:
                '.o_field_widget[name=order_line] .o_data_row:contains("Hammer") td[name=product_uom_qty]:contains("6.00")',
        },
        {
            content: "nothing is left to cancel",
            trigger:
                'body:not(:has(div[name=backorder_buttons] button[name=action_cancel_backorders]:visible))',
        },
    ],
});

const processed = (order) => `.o_list_view .o_data_row:contains("${order}")`;

/* Guide, “Multi-Order Processor”: filter, Process Orders, the two toggles, other options, Process. */
registry.category("web_tour.tours").add("backorder_process", {
    steps: () => [
        {
            content: "the list of quotations has its badges",
            trigger: `${processed("Tour Ready")} .badge:contains("All in Stock")`,
        },
        {
            content: "tick the first order",
            trigger: `${processed("Tour Ready")} .o_list_record_selector input`,
            run: "click",
        },
        {
            content: "and the one that lacks something",
            trigger: `${processed("Tour Short")} .o_list_record_selector input`,
            run: "click",
        },
        {
            content: "click “Process Orders”",
            trigger: ".o_control_panel button[name=action_process_orders]",
            run: "click",
        },
        {
            content: "the dialog counts what was chosen",
            trigger: '.modal .o_field_widget[name=order_count]:contains("2")',
        },
        {
            content: "one of them is all in stock",
            trigger: '.modal .o_field_widget[name=complete_count]:contains("1")',
        },
        {
            content: "try to fill the order",
            trigger: '.modal .o_field_widget[name=if_backorders] label:contains("Try to Fill")',
            run: "click",
        },
        {
            content: "leave out who still has to pay? No: do nothing",
            trigger: '.modal .o_field_widget[name=credit_card_mode] input:checked',
        },
        {
            content: "approve",
            trigger: ".modal .o_field_widget[name=approve] input",
            run: "click",
        },
        {
            content: "create invoices",
            trigger: ".modal .o_field_widget[name=create_invoice] input",
            run: "click",
        },
        press("Preview"),
        {
            content: "the preview says what will be done",
            trigger: '.o_field_widget[name=run_order_ids]:visible .o_data_row:contains("Approve, invoice")',
        },
        {
            content: "and why the other one stays",
            trigger:
                '.o_field_widget[name=run_order_ids]:visible .o_data_row:contains("Still has backorders")',
        },
        {
            content: "do it",
            trigger: "button[name=action_start]:visible",
            run: "click",
        },
        {
            content: "the summary counts",
            trigger: '.modal .o_field_widget[name=processed_count]:contains("1")',
        },
        {
            content: "and says why one order stays",
            trigger: '.modal .alert:contains("Still has backorders")',
        },
        press("Close"),
        closed,
        {
            content: "the run says what was done",
            trigger: '.o_field_widget[name=run_order_ids]:visible .o_data_row:contains("Approved.")',
        },
    ],
});

const runLine = (order) => `.o_field_widget[name=line_ids] .o_data_row:contains("${order}")`;

/* Guide, “Fill Backorders Screen”: filters, options, Start, pop-up, report; with a preview before and
 * Take Back in the end. */
registry.category("web_tour.tours").add("backorder_fill_batch", {
    steps: () => [
        {
            content: "the screen says what it does",
            trigger: '.o_form_view h1:contains("Fill Backorders")',
        },
        {
            content: "SKUs: selected ones",
            trigger: ".o_field_widget[name=product_ids] input",
            run: "edit Tour Hammer",
        },
        {
            content: "choose the item",
            trigger: '.o-autocomplete--dropdown-item:contains("Tour Hammer"):not(:contains("Create"))',
            run: "click",
        },
        {
            content: "it is chosen",
            trigger: '.o_field_widget[name=product_ids] .o_tag:contains("Tour Hammer")',
        },
        {
            content: "fill only orders that can be completed",
            trigger: '.o_field_widget[name=fill_mode] label:contains("Only Orders That Can Be Completed")',
            run: "click",
        },
        {
            content: "set the actual ship date",
            trigger: ".o_field_widget[name=set_ship_date] input",
            run: "click",
        },
        {
            content: "it is today",
            trigger: ".o_field_widget[name=ship_date]:visible",
        },
        {
            content: "an e-mail for partly filled orders",
            trigger: ".o_field_widget[name=email_partial_template_id] input",
            run: "edit Backorders",
        },
        {
            content: "choose the template",
            trigger: '.o-autocomplete--dropdown-item:contains("Partly Filled")',
            run: "click",
        },
        {
            content: "these are to be proposed from now on",
            trigger: "button[name=action_save_default]",
            run: "click",
        },
        {
            content: "they are",
            trigger: '.o_notification:contains("Saved as your default")',
        },
        {
            content: "show what would be filled",
            trigger: "button[name=action_preview]:visible",
            run: "click",
        },
        {
            content: "who waits longest cannot be completed, and the sentence says so",
            trigger: `${runLine("TOUR-1")}:contains("cannot be completed")`,
        },
        {
            content: "the other one gets all of it",
            trigger: `${runLine("TOUR-2")} .badge:contains("All of it")`,
        },
        {
            content: "what does the item get in all?",
            trigger: 'button.oe_stat_button:contains("By Product")',
            run: "click",
        },
        {
            content: "8 needed, 3 planned",
            trigger: '.o_group_header:contains("Tour Hammer"):contains("8.00"):contains("3.00")',
        },
        {
            content: "back to the preview",
            trigger: ".breadcrumb .o_back_button a, .breadcrumb .o_back_button",
            run: "click",
        },
        {
            content: "would another policy do better?",
            trigger: "button[name=action_compare]:visible",
            run: "click",
        },
        {
            content: "the policies are side by side, this one marked",
            trigger: '.o_field_widget[name=comparison] tr.fw-bold:contains("Waiting Longest (this fill)")',
        },
        {
            content: "do it",
            trigger: "button[name=action_start]:visible",
            run: "click",
        },
        summary("filled_count", 1),
        summary("not_filled_count", 1),
        summary("completed_order_count", 1),
        summary("approved_count", 1),
        {
            content: "the fill behind it is done",
            trigger: '.o_statusbar_status button.o_arrow_button_current:contains("Done")',
        },
        press("Report"),
        {
            content: "the report shows what was filled",
            trigger: ':iframe .bo_report:contains("TOUR-2")',
        },
        {
            content: "it can be printed",
            trigger: ".o_control_panel button:contains('Print'), .o_control_panel_main_buttons button[title='Print']",
        },
        {
            content: "back to the fill",
            trigger: ".breadcrumb .o_back_button a, .breadcrumb .o_back_button",
            run: "click",
        },
        {
            content: "take it back",
            trigger: "button[name=action_undo]:visible",
            run: "click",
        },
        {
            content: "really",
            trigger: '.modal:contains("goes back on backorder") footer button.btn-primary',
            run: "click",
        },
        {
            content: "it is taken back",
            trigger: '.o_statusbar_status button.o_arrow_button_current:contains("Taken Back")',
        },
    ],
});

/* Which orders hold stock they cannot ship? */
registry.category("web_tour.tours").add("backorder_stuck", {
    steps: () => [
        {
            content: "who needs it and does not get it: ask who holds it",
            trigger: "button[name=action_view_backorder_stuck]:visible",
            run: "click",
        },
        {
            content: "an order holds hammers and waits for nails",
            trigger: '.o_field_widget[name=line_ids] .o_data_row td[name=waits_for]:contains("Nails")',
        },
        {
            content: "nothing is ticked yet: Force says what to do",
            trigger: ".o_statusbar_buttons button[name=action_force], .o_form_statusbar button[name=action_force]",
            run: "click",
        },
        ...refused("Tick the stock"),
        {
            content: "tick it",
            trigger: ".o_field_widget[name=line_ids] .o_data_row td[name=selected] .o-checkbox",
            run: "click",
        },
        {
            content: "one order would be completed with it",
            trigger: '.o_field_widget[name=completed_count]:contains("1")',
        },
        {
            content: "give it up",
            trigger: ".o_form_statusbar button[name=action_force], .o_statusbar_buttons button[name=action_force]",
            run: "click",
        },
        {
            content: "what follows is the fill of these items",
            trigger: '.o_field_widget[name=product_ids] .o_tag:contains("Tour Hammer")',
        },
        {
            content: "fill",
            trigger: "button[name=action_start]:visible",
            run: "click",
        },
        {
            content: "without a preview",
            trigger: '.modal:contains("without a preview") footer button.btn-primary',
            run: "click",
        },
        {
            content: "the order is completed",
            trigger: '.modal .o_field_widget[name=completed_order_count]:contains("1")',
        },
        press("Close"),
        closed,
    ],
});

/* Guide, “Creating a Purchase Order”, from the order that is short to its filled backorder. */
registry.category("web_tour.tours").add("backorder_purchase", {
    steps: () => [
        {
            content: "confirm the order",
            trigger: "button[name=action_confirm]:visible",
            run: "click",
        },
        needs("Hammer", "10.00"),
        {
            content: "open the apps",
            trigger: ".o_navbar_apps_menu button",
            run: "click",
        },
        {
            content: "Purchase: the requests for quotation",
            trigger: '.o_app[data-menu-xmlid="purchase.menu_purchase_root"]',
            run: "click",
        },
        {
            content: "click “Create a New PO”",
            trigger: '.o_control_panel button:contains("Create a New PO")',
            run: "click",
        },
        {
            content: "needed SKUs are proposed",
            trigger: ".o_field_widget[name=choose] input:value(Needed SKUs)",
        },
        {
            content: "a number of days that is none",
            trigger: ".o_field_widget[name=backorder_days] input",
            run: "edit -5",
        },
        {
            content: "click “Add to Order”",
            trigger: "button[name=action_add]",
            run: "click",
        },
        {
            content: "one sentence says what is wrong",
            trigger: '.modal .modal-body:contains("is -5: type a number of days from 0")',
        },
        {
            content: "close the error",
            trigger: '.modal footer button:contains("Close")',
            run: "click",
        },
        closed,
        {
            content: "thirty days",
            trigger: ".o_field_widget[name=backorder_days] input",
            run: "edit 30",
        },
        {
            content: "click “Add to Order”",
            trigger: "button[name=action_add]",
            run: "click",
        },
        {
            content: "the SKU on backorder, with a positive number under “Backorders”",
            trigger: '.o_data_row:contains("Hammer") td[name=backorder_qty]:contains("10.00")',
        },
        {
            content: "what has no vendor is said above the rows",
            trigger: '.alert-danger:visible:contains("Nails has no vendor")',
        },
        {
            content: "how was it worked out?",
            trigger: '.o_data_row:contains("Hammer") button[name=action_how]',
            run: "click",
        },
        {
            content: "as on a receipt",
            trigger: '.modal td:contains("Missing for backorders") + td:contains("10 Units")',
        },
        {
            content: "close it",
            trigger: ".modal .btn-close",
            run: "click",
        },
        closed,
        {
            content: "remove the row that is not needed now",
            trigger: '.o_data_row:contains("Nails") .o_list_record_remove button',
            run: "click",
        },
        {
            content: "it is gone, and the sentence with it",
            trigger: 'body:not(:has(.alert-danger:contains("Nails")))',
        },
        {
            content: "one more than needed",
            trigger: '.o_data_row:contains("Hammer") td[name=quantity]',
            run: "click",
        },
        {
            content: "eleven",
            trigger: ".o_selected_row td[name=quantity] input",
            run: "edit 11",
        },
        {
            content: "click “Create”",
            trigger: "button[name=action_create]:visible",
            run: "click",
        },
        {
            content: "the summary says what was created",
            trigger: '.modal [name=order_count]:contains("1")',
        },
        {
            content: "with a link to each order",
            trigger: '.modal [name=created_links] a[href^="/odoo/purchase.order/"]',
        },
        {
            content: "open it",
            trigger: ".modal button[name=action_view_created]:visible",
            run: "click",
        },
        {
            content: "the request for quotation opens: confirm it",
            trigger: "button[name=button_confirm]:visible",
            run: "click",
        },
        {
            content: "the goods came in: open the receipt",
            trigger: ".o_statusbar_buttons button[name=action_view_picking]:visible, .oe_button_box button[name=action_view_picking]:visible",
            run: "click",
        },
        {
            content: "validate it",
            trigger: "button[name=button_validate]:visible",
            run: "click",
        },
        {
            content: "somebody waits for what came in",
            trigger: "button[name=action_fill_received]:visible",
            run: "click",
        },
        {
            content: "the preview: the line it was bought for",
            trigger: '.o_field_widget[name=line_ids] .o_data_row:contains("Hammer"):contains("(received)")',
        },
        {
            content: "start",
            trigger: "button[name=action_start]:visible",
            run: "click",
        },
        summary("filled_count", 1),
        press("Close"),
        closed,
        {
            content: "the fill says so",
            trigger: '.o_field_widget[name=line_ids] .o_data_row:contains("Hammer") .badge:contains("All of it")',
        },
    ],
});
