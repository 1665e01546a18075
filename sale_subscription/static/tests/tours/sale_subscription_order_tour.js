import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

import tourUtils from "@sale/js/tours/tour_utils";

const cell = (row, name) =>
    `.o_field_widget[name=order_line] .o_data_row:nth-child(${row}) .o_data_cell[name=${name}]`;

function editNumber(row, name, value) {
    return [
        { trigger: `${cell(row, name)}`, run: "click" },
        { trigger: `${cell(row, name)} input`, run: `edit ${value}` },
    ];
}

// The customer, the products and their prices are made by the Python test.
registry.category("web_tour.tours").add("sale_subscription_order_tour", {
    steps: () => [
        ...tourUtils.selectCustomer("Blue Kite"),
        ...tourUtils.addProduct("Tour Seat", 1),
        {
            content: "The line proposes the plan of the product and the price of the price list",
            trigger: `${cell(1, "price_unit")} input:value(9.00)`,
        },
        ...editNumber(1, "product_uom_qty", 3),
        ...editNumber(1, "discount", 10),
        ...tourUtils.clickSomewhereElse(),
        { trigger: `${cell(1, "subscription_plan_id")}:contains(By the month)` },
        { trigger: `${cell(1, "price_subtotal")}:contains(24.30)` },
        ...tourUtils.addProduct("Tour Support", 2),
        { trigger: `${cell(2, "price_unit")} input:value(120.00)` },
        ...tourUtils.clickSomewhereElse(),
        { trigger: `${cell(2, "subscription_plan_id")}:contains(By the year)` },
        ...tourUtils.addProduct("Tour Setup", 3),
        { trigger: `${cell(3, "price_unit")} input:value(50.00)` },
        ...tourUtils.clickSomewhereElse(),
        {
            content: "The totals say what recurs how often, and what is due first",
            trigger: ".o_subscription_totals tr:contains(Recurring per month):contains(26.73)",
        },
        { trigger: ".o_subscription_totals tr:contains(Recurring per year):contains(132.00)" },
        { trigger: ".o_subscription_totals tr:contains(One-time):contains(55.00)" },
        { trigger: ".o_subscription_totals tr:contains(Due first):contains(213.73)" },
        {
            content: "Another plan of the order changes recurring prices, but nothing set by hand",
            trigger: ".o_field_widget[name=subscription_plan_id] input",
            run: "edit By the quarter",
        },
        { trigger: "ul.ui-autocomplete a:contains(By the quarter)", run: "click" },
        { trigger: `${cell(1, "price_unit")}:contains(30.00)` },
        { trigger: `${cell(1, "discount")}:contains(10.00)` },
        { trigger: `${cell(3, "price_unit")}:contains(50.00)` },
        {
            trigger: ".o_field_widget[name=subscription_plan_id] input:value(By the quarter)",
            run: "clear",
        },
        { trigger: "a[name=order_lines]", run: "click" },
        { trigger: `${cell(1, "price_unit")}:contains(9.00)` },
        { trigger: `${cell(2, "price_unit")}:contains(120.00)` },
        ...stepUtils.saveForm(),
        {
            content: "Confirm",
            trigger: ".o_statusbar_buttons button[name=action_confirm]:visible",
            run: "click",
        },
        { trigger: ".o_statusbar_status .o_arrow_button_current:contains(Sales Order)" },
        {
            content: "Two contracts came out of it",
            trigger: "button[name=action_view_subscriptions]:contains(2)",
            run: "click",
        },
        { trigger: ".breadcrumb-item:contains(S)" },
        { trigger: ".o_list_view .o_data_row:nth-child(2)" },
    ],
});
