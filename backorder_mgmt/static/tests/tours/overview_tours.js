/* The app's first page, from a card to its list and back, and the analysis with a favourite. */

import { registry } from "@web/core/registry";

const card = (name, lines) => ({
    content: `the card ${name} says ${lines}`,
    trigger: `.o_backorder_card[data-card=${name}] .o_backorder_card_lines:contains(/^${lines}$/)`,
});

registry.category("web_tour.tours").add("backorder_overview", {
    steps: () => [
        {
            content: "choose the warehouse",
            trigger: ".o_backorder_overview",
        },
        {
            content: "only what is delivered from there",
            trigger: ".o_control_panel select[aria-label=Warehouse]",
            run: "selectByLabel Test Warehouse",
        },
        card("needed", 2),
        card("fillable", 1),
        card("without_vendor", 2),
        {
            content: "the charts are drawn",
            trigger: ".o_backorder_chart[data-chart=by_product] canvas[aria-label*=Nails]",
        },
        {
            content: "open what can be filled",
            trigger: ".o_backorder_card[data-card=fillable]",
            run: "click",
        },
        {
            content: "the list has that one row",
            trigger: ".o_list_view .o_data_row:contains(Hammer):only-of-type",
        },
        {
            content: "back to the overview",
            trigger: ".o_breadcrumb .breadcrumb-item a:contains(Overview), .o_back_button",
            run: "click",
        },
        card("needed", 2),
        {
            content: "from here to a fill of many orders",
            trigger: ".o_control_panel button:contains(Fill Backorders)",
            run: "click",
        },
        {
            content: "its options are there",
            trigger: ".o_form_view [name=fill_mode]",
        },
    ],
});

registry.category("web_tour.tours").add("backorder_overview_empty", {
    steps: () => [
        {
            content: "the first steps are told",
            trigger: ".o_backorder_steps li:contains(Confirm an order)",
        },
        {
            content: "the third leads to the receipts, by Odoo's onboarding",
            trigger: ".o_backorder_steps button:contains(Open Receipts)",
            run: "click",
        },
        {
            content: "the receipts",
            trigger: ".o_breadcrumb:contains(Receipts)",
        },
        {
            content: "back",
            trigger: ".o_breadcrumb .breadcrumb-item a:contains(Overview), .o_back_button",
            run: "click",
        },
        {
            content: "who knows it all closes them",
            trigger: ".o_backorder_steps .btn-close",
            run: "click",
        },
        {
            content: "nothing to see yet leads to the orders",
            trigger: ".o_backorder_overview:not(:has(.o_backorder_steps)) button:contains(Open the Orders)",
            run: "click",
        },
        {
            content: "the list of orders",
            trigger: ".o_breadcrumb:contains(Sales Orders)",
        },
    ],
});

registry.category("web_tour.tours").add("backorder_analysis", {
    steps: () => [
        {
            content: "a chart at first",
            trigger: ".o_graph_view canvas",
        },
        {
            content: "the favourites are in the search menu",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            content: "lost sales",
            trigger: ".o_favorite_menu .o-dropdown-item:contains(Lost Sales), .o_favorite_menu .dropdown-item:contains(Lost Sales)",
            run: "click",
        },
        {
            content: "as a pivot",
            trigger: ".o_switch_view.o_pivot",
            run: "click",
        },
        {
            content: "what was cancelled, and its value",
            trigger: ".o_pivot_view td.o_pivot_cell_value:contains(60.00)",
        },
    ],
});
