import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

/* Odoo's tour for who opens the app for the first time, along the first steps of its overview: an
 * automatic backorder, the purchase order for it, its receipt, and the fill. */

const openApp = (content) => [
    stepUtils.showAppsMenuItem(),
    {
        trigger: ".o_app[data-menu-xmlid='backorder_mgmt.backorder_menu_root']",
        content,
        tooltipPosition: "bottom",
        run: "click",
    },
];
const openStep = (name, content) => ({
    trigger: `.o_backorder_steps [data-step=action_open_step_backorder_${name}] button`,
    content,
    tooltipPosition: "bottom",
    run: "click",
});

registry.category("web_tour.tours").add("backorder_mgmt_tour", {
    url: "/odoo",
    steps: () => [
        ...openApp(_t("What is out of stock goes on backorder here. Let's see how.")),
        openStep("order", _t("First an order for more than is in stock.")),
        {
            trigger: ".o_list_button_add",
            content: _t("A new quotation."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=partner_id] input",
            content: _t("Choose a customer."),
            tooltipPosition: "right",
            run: "edit Tour Customer",
        },
        {
            isActive: ["auto"],
            trigger: ".ui-menu-item > a:contains(Tour Customer)",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=order_line] .o_field_x2many_list_row_add > a, .o_field_widget[name=order_line] .o_field_x2many_list_row_add > button",
            content: _t("Add an item that is kept in stock, and more of it than there is."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".o_selected_row .o_field_widget[name=product_template_id] input, .o_selected_row .o_field_widget[name=product_id] input",
            content: _t("Choose an item."),
            tooltipPosition: "right",
            run: "edit Tour Hammer",
        },
        {
            isActive: ["auto"],
            trigger: ".ui-menu-item > a:contains(Tour Hammer)",
            run: "click",
        },
        {
            isActive: ["auto"],
            trigger: ".o_field_widget[name=tax_totals]:contains(10.00)",
        },
        {
            trigger: "button[name=action_confirm]:visible",
            content: _t("Confirm: what is missing goes on backorder by itself."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            isActive: ["auto"],
            trigger: ".o_field_widget[name=order_line] .o_data_row.text-danger",
        },
        ...openApp(_t("Back to the overview: one item is needed now.")),
        openStep("purchase", _t("Now buy what is needed.")),
        {
            trigger: "button[name=action_add]:visible",
            content: _t("The needed SKUs are proposed: add them."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            isActive: ["auto"],
            trigger: ".o_field_widget[name=line_ids] .o_data_row:contains(Tour Hammer)",
        },
        {
            trigger: "button[name=action_create]:visible",
            content: _t("Create the purchase order."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".modal button[name=action_view_created]:visible",
            content: _t("It is created: open it."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: "button[name=button_confirm]:visible",
            content: _t("Confirm it with the vendor."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: ".o_statusbar_buttons button[name=action_view_picking]:visible, .oe_button_box button[name=action_view_picking]:visible",
            content: _t("The goods come in: open the receipt."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: "button[name=button_validate]:visible",
            content: _t("Validate it. The goods are kept for who has waited longest."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            isActive: ["auto"],
            trigger: ".o_form_view:not(:has(button[name=button_validate]:visible))",
        },
        ...openApp(_t("Back to the overview: now it can be filled.")),
        openStep("fill", _t("Fill the backorders.")),
        {
            trigger: "button[name=action_preview]:visible",
            content: _t("Preview who gets what, and why."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            trigger: "button[name=action_start]:visible",
            content: _t("Start: the filled items ship."),
            tooltipPosition: "bottom",
            run: "click",
        },
        {
            isActive: ["auto"],
            trigger: ".modal:contains(Filled)",
        },
    ],
});
