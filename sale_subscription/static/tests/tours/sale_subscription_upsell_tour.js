import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

import tourUtils from "@sale/js/tours/tour_utils";

const cell = (row, name) =>
    `.o_field_widget[name=order_line] .o_data_row:nth-child(${row}) .o_data_cell[name=${name}]`;

// The contract over two seats at 31.00 a month and its customer are made by the Python test.
registry.category("web_tour.tours").add("sale_subscription_upsell_tour", {
    steps: () => [
        {
            content: "Sell more of it",
            trigger: "button[name=action_upsell]",
            run: "click",
        },
        {
            content: "The quotation says what confirming does",
            trigger: ".alert[name=subscription_change]:contains(confirming adds these lines)",
        },
        ...tourUtils.addProduct("Tour Seat", 1),
        { trigger: `${cell(1, "price_unit")} input:value(31.00)` },
        { trigger: cell(1, "product_uom_qty"), run: "click" },
        { trigger: `${cell(1, "product_uom_qty")} input`, run: "edit 3" },
        ...tourUtils.clickSomewhereElse(),
        {
            content: "The full period, and what is due first",
            trigger: ".o_subscription_totals tr:contains(Recurring per month):contains(102.30)",
        },
        { trigger: ".o_subscription_totals tr:contains(Due first):contains(102.30)" },
        { trigger: ".o_subscription_totals tfoot:contains(Due first is the period from)" },
        ...stepUtils.saveForm(),
        {
            content: "Confirm",
            trigger: ".o_statusbar_buttons button[name=action_confirm]:visible",
            run: "click",
        },
        { trigger: ".alert[name=subscription_change]:contains(added to the contract)" },
        {
            content: "Back to the contract",
            trigger: "button[name=action_view_changed_contract]",
            run: "click",
        },
        {
            content: "Five seats from today on",
            trigger: ".o_field_widget[name=current_line_ids] .o_data_row:contains(5.00):contains(155.00)",
        },
        { trigger: ".nav-link[name=orders]", run: "click" },
        {
            trigger: ".o_field_widget[name=order_chain_ids] .o_data_row:contains(Upsell)",
        },
    ],
});

registry.category("web_tour.tours").add("sale_subscription_renewal_tour", {
    steps: () => [
        {
            content: "It is to be renewed",
            trigger: "button.btn-primary[name=action_renew]",
            run: "click",
        },
        {
            content: "The quotation says from when until when",
            trigger: ".alert[name=subscription_change]:contains(confirming renews the contract)",
        },
        { trigger: `${cell(1, "price_unit")}:contains(31.00)` },
        { trigger: cell(1, "price_unit"), run: "click" },
        { trigger: `${cell(1, "price_unit")} input`, run: "edit 29" },
        ...tourUtils.clickSomewhereElse(),
        {
            trigger: ".o_subscription_totals tr:contains(Recurring per month):contains(63.80)",
        },
        { trigger: ".o_subscription_totals tfoot:contains(Nothing is due now)" },
        ...stepUtils.saveForm(),
        {
            content: "Confirm",
            trigger: ".o_statusbar_buttons button[name=action_confirm]:visible",
            run: "click",
        },
        { trigger: ".alert[name=subscription_change]:contains(was renewed from)" },
        { trigger: "button[name=action_view_changed_contract]", run: "click" },
        {
            content: "Nothing is left to renew",
            trigger: "button.btn-secondary[name=action_renew]",
        },
        { trigger: ".nav-link[name=orders]", run: "click" },
        {
            trigger: ".o_field_widget[name=order_chain_ids] .o_data_row:contains(Renewal)",
        },
    ],
});
