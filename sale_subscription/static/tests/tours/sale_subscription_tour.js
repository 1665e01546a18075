import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

/** Choose a record in a many2one field. */
function chooseRecord(field, text) {
    return [
        {
            content: `Search ${text}`,
            trigger: `.o_field_widget[name='${field}'] input`,
            run: `edit ${text}`,
        },
        {
            content: `Choose ${text}`,
            trigger: `.ui-autocomplete > li > a:not(:has(i.fa)):contains('${text}')`,
            run: "click",
        },
    ];
}

/** Choose a record in the row of a list that is being edited. */
function chooseInRow(list, field, text) {
    return [
        {
            content: `Search ${text}`,
            trigger: `.o_field_widget[name='${list}'] .o_selected_row [name='${field}'] input`,
            run: `edit ${text}`,
        },
        {
            content: `Choose ${text}`,
            trigger: `.ui-autocomplete > li > a:not(:has(i.fa)):contains('${text}')`,
            run: "click",
        },
    ];
}

registry.category("web_tour.tours").add("sale_subscription_catalog_tour", {
    url: "/odoo/action-sale_subscription.sale_subscription_plan_action",
    steps: () => [
        {
            content: "Create a plan",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Name it",
            trigger: ".o_field_widget[name='name'] input",
            run: "edit Every two months",
        },
        {
            content: "Two of them",
            trigger: ".o_field_widget[name='interval_count'] input",
            run: "edit 2",
        },
        ...stepUtils.saveForm(),
        {
            content: "Open the configuration",
            trigger: "button[data-menu-xmlid='sale_subscription.sale_subscription_menu_configuration']",
            run: "click",
        },
        {
            content: "Go on to the templates",
            trigger: "a[data-menu-xmlid='sale_subscription.sale_subscription_menu_templates']",
            run: "click",
        },
        {
            content: "The templates are there",
            trigger: ".o_breadcrumb .active:contains('Templates')",
        },
        {
            content: "Create a template",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "Name it",
            trigger: ".o_field_widget[name='name'] input",
            run: "edit Tour membership",
        },
        ...chooseRecord("plan_ids", "Every two months"),
        {
            content: "The plan is offered",
            trigger: ".o_field_widget[name='plan_ids'] .o_tag:contains('Every two months')",
        },
        {
            content: "Add a product",
            trigger: ".o_field_widget[name='line_ids'] .o_field_x2many_list_row_add a",
            run: "click",
        },
        ...chooseInRow("line_ids", "product_id", "Tour Seat"),
        {
            content: "Three of them",
            trigger: ".o_field_widget[name='line_ids'] .o_selected_row [name='quantity'] input",
            run: "edit 3",
        },
        {
            content: "See how it is invoiced",
            trigger: ".nav-link[name='invoicing']",
            run: "click",
        },
        {
            content: "Confirm invoices without sending them",
            trigger: ".o_field_widget[name='invoicing_mode'] .o_radio_item:contains('Create and confirm') input:not(:checked)",
            run: "click",
        },
        ...stepUtils.saveForm(),
    ],
});

registry.category("web_tour.tours").add("sale_subscription_contract_tour", {
    url: "/odoo/subscriptions",
    steps: () => [
        {
            content: "Create a contract",
            trigger: ".o-kanban-button-new",
            run: "click",
        },
        ...chooseRecord("partner_id", "Tour Customer"),
        ...chooseRecord("template_id", "Tour membership"),
        {
            content: "The template's product is there at once",
            trigger: ".o_field_widget[name='line_ids'] .o_data_row:contains('Tour Seat')",
        },
        {
            content: "The summary reads like a contract: three seats for two months each",
            trigger: ".o_sale_subscription_summary:contains('2 months'):contains('69.00')",
        },
        {
            content: "Start it",
            trigger: "button[name='action_activate']",
            run: "click",
        },
        {
            content: "It is active",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Active')",
        },
        {
            content: "See what comes next",
            trigger: "button[name='action_preview_billing']",
            run: "click",
        },
        {
            content: "Two invoices of the next months",
            trigger: ".modal .o_data_row:eq(1):contains('60.00')",
        },
        {
            content: "Close the preview",
            trigger: ".modal footer button:contains('Close')",
            run: "click",
        },
        {
            content: "Invoice what is due",
            trigger: "body:not(:has(.modal)) button.btn-primary[name='action_invoice_now']",
            run: "click",
        },
        {
            content: "The invoice is posted",
            trigger: ".o_statusbar_status .o_arrow_button_current:contains('Posted')",
        },
        {
            content: "It bills the seats",
            trigger: ".o_field_widget[name='invoice_line_ids'] .o_data_row:contains('Tour Seat')",
        },
        {
            content: "Back to the contract",
            trigger: "button[name='action_view_subscriptions']",
            run: "click",
        },
        {
            content: "It has one invoice, and nothing more is due",
            trigger: "button[name='action_view_invoices']:contains('1')",
        },
        {
            content: "See its charges",
            trigger: ".nav-link[name='charges']",
            run: "click",
        },
        {
            content: "One charge, invoiced",
            trigger: ".o_field_widget[name='charge_ids'] .o_data_row:contains('INV/')",
        },
        {
            content: "Close it",
            trigger: ".o_statusbar_buttons button:contains('Close')",
            run: "click",
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
            content: "Close at the end of what is paid",
            trigger: ".modal footer button[name='action_close']",
            run: "click",
        },
        {
            content: "The closing is announced, and withdrawn",
            trigger: ".alert:contains('Closes on') button:contains('Withdraw')",
            run: "click",
        },
        {
            content: "It goes on",
            trigger: ".o_form_view:not(:has(.alert:contains('Closes on')))",
        },
    ],
});
