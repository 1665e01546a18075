import { registry } from "@web/core/registry";

/** Open one of the contract's dialogs. */
function openDialog(label) {
    return {
        content: `Open the dialog "${label}"`,
        trigger: `.o_statusbar_buttons button:contains('${label}')`,
        run: "click",
    };
}

/** Change the quantity of the first line in the change dialog. */
function editQuantity(quantity) {
    return [
        {
            content: "Choose the line",
            trigger: ".modal .o_field_widget[name='line_ids'] .o_data_row:first td[name='quantity']",
            run: "click",
        },
        {
            content: `Want ${quantity}`,
            trigger: ".modal .o_selected_row [name='quantity'] input",
            run: `edit ${quantity}`,
        },
        {
            content: "Leave the line",
            trigger: ".modal .o_subscription_effect",
            run: "click",
        },
    ];
}

const CONFIRM = {
    content: "Confirm",
    trigger: ".modal footer button[name='action_apply']",
    run: "click",
};

const FORM = "body:not(:has(.modal)) .o_sale_subscription_form";

registry.category("web_tour.tours").add("sale_subscription_upgrade_tour", {
    steps: () => [
        openDialog("Change"),
        {
            content: "Nothing is changed yet",
            trigger: ".modal .o_subscription_effect:contains('here you see what it costs')",
        },
        ...editQuantity(5),
        {
            content: "It says what is changed, and from when: now",
            trigger: ".modal [name='changes_html']:contains('2.00 → 5.00')",
        },
        {
            content: "The price of a period",
            trigger: ".modal .o_subscription_effect [name='untaxed_after']:contains('155.00')",
        },
        {
            content: "The MRR",
            trigger: ".modal .o_subscription_effect [name='mrr_change']:contains('93.00')",
        },
        {
            content: "The whole month is to be paid: it began today",
            trigger: ".modal .o_subscription_effect [name='due_total']:contains('106.95')",
        },
        CONFIRM,
        {
            content: "The second invoice is there",
            trigger: `${FORM} button[name='action_view_invoices']:contains('2')`,
        },
        {
            content: "See the changes",
            trigger: ".nav-link[name='changes']",
            run: "click",
        },
        {
            content: "It is in effect",
            trigger: "[name='change_ids'] .o_data_row:contains('2.00 → 5.00'):contains('In effect')",
        },
    ],
});

registry.category("web_tour.tours").add("sale_subscription_downgrade_tour", {
    steps: () => [
        openDialog("Change"),
        ...editQuantity(1),
        {
            content: "Nothing is charged nor credited now",
            trigger: ".modal .o_subscription_effect [name='due_total']:contains('0.00')",
        },
        {
            content: "It costs less later",
            trigger: ".modal .o_subscription_effect [name='mrr_change']:contains('31.00')",
        },
        CONFIRM,
        {
            content: "It is scheduled",
            trigger: `${FORM} .o_sale_subscription_scheduled .o_data_row:contains('2.00 → 1.00')`,
        },
        {
            content: "Both versions are listed with their days",
            trigger: "[name='current_line_ids'] .o_data_row:eq(1):contains('31.00')",
        },
        {
            content: "Withdraw it",
            trigger: ".o_sale_subscription_scheduled button[name='action_withdraw']",
            run: "click",
        },
        {
            content: "Nothing is scheduled any more",
            trigger: ".o_sale_subscription_form:not(:has(.o_sale_subscription_scheduled))",
        },
        {
            content: "The line goes on as before",
            trigger: "[name='line_ids'] .o_data_row:contains('62.00')",
        },
    ],
});

registry.category("web_tour.tours").add("sale_subscription_pause_tour", {
    steps: () => [
        openDialog("Pause"),
        {
            content: "It says what is credited",
            trigger: ".modal .alert-info:contains('is credited with the next invoice')",
        },
        {
            content: "Not now, but on a day",
            trigger: ".modal .o_field_widget[name='when'] .o_radio_item:contains('On a date') input",
            run: "click",
        },
        {
            content: "It asks for the day",
            trigger: ".modal .alert-danger:contains('Choose the first day')",
        },
        {
            content: "In two months",
            trigger: ".modal .o_field_widget[name='date'] input, .modal .o_field_widget[name='date'] button",
            run: "click",
        },
        {
            content: "In two months",
            trigger: ".modal .o_field_widget[name='date'] input",
            run: "edit +2m && press Enter",
        },
        {
            content: "Nothing of it was invoiced ahead",
            trigger: ".modal .alert-info:contains('nothing is credited')",
        },
        {
            content: "Say why",
            trigger: ".modal .o_field_widget[name='reason'] textarea",
            run: "edit Closed for the summer",
        },
        {
            content: "Pause",
            trigger: ".modal footer button[name='action_pause']",
            run: "click",
        },
        {
            content: "The pause is announced, and withdrawn",
            trigger: `${FORM} .alert:contains('Pauses on') button:contains('Withdraw')`,
        },
    ],
});

registry.category("web_tour.tours").add("sale_subscription_close_tour", {
    steps: () => [
        openDialog("Close"),
        {
            content: "Nothing is to be credited at the period's end",
            trigger: ".modal .alert-info:contains('nothing to credit')",
        },
        {
            content: "Close it now",
            trigger: ".modal .o_field_widget[name='when'] .o_radio_item:contains('Now') input",
            run: "click",
        },
        {
            content: "The whole month is given back",
            trigger: ".modal .alert-info:contains('71.30')",
        },
        {
            content: "Open the reasons",
            trigger: ".modal .o_field_widget[name='reason_id'] input",
            run: "edit Too expensive",
        },
        {
            content: "Say why",
            trigger: ".ui-autocomplete > li > a:contains('Too expensive')",
            run: "click",
        },
        {
            content: "In the customer's words",
            trigger: ".modal .o_field_widget[name='message'] textarea",
            run: "edit We found a cheaper one.",
        },
        {
            content: "Close",
            trigger: ".modal footer button[name='action_close']",
            run: "click",
        },
        {
            content: "It is closed",
            trigger: "body:not(:has(.modal)) .o_statusbar_status .o_arrow_button_current:contains('Closed')",
        },
    ],
});
