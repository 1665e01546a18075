import { registry } from "@web/core/registry";

// Made by the Python test: a contract with two open invoices of 22.00; visitors have no account.
function fillCard(state) {
    return [
        { trigger: "#o_payment_form #customer_input:visible", run: "edit 4242" },
        { trigger: "#o_payment_form #simulated_payment_state", run: `select ${state}` },
        {
            trigger: "button[name=o_payment_submit_button]:enabled",
            run: "click",
            expectUnloadPage: true,
        },
    ];
}

function fitsTheScreen() {
    if (document.documentElement.scrollWidth > window.innerWidth) {
        throw new Error("The page scrolls to the side");
    }
}

registry.category("web_tour.tours").add("sale_subscription_portal_pay_all_tour", {
    steps: () => [
        { trigger: "#subscription_payment:contains(2 invoices are open)", run: fitsTheScreen },
        {
            trigger: "a[name=pay_all]:contains(44.00)",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: "ul[name=invoices_to_pay] span[name=total]:contains(44.00)", run: fitsTheScreen },
        ...fillCard("error"),
        {
            content: "The bank says no: nothing was paid, and there is another try",
            trigger: "div[name=payment_outcome]:contains(Nothing was paid) a[name=try_again]",
            run: "click",
            expectUnloadPage: true,
        },
        ...fillCard("done"),
        { trigger: "div[name=payment_outcome]:contains(Thank you)", run: fitsTheScreen },
        { trigger: "#subscription_payment:contains(Nothing is open)" },
    ],
});

registry.category("web_tour.tours").add("sale_subscription_portal_other_card_tour", {
    steps: () => [
        {
            content: "The page says why, and until when",
            trigger: "p[name=invoice_notice]:contains(Insufficient funds)",
        },
        { trigger: "p[name=card_problem]:contains(declined)", run: fitsTheScreen },
        { trigger: "a[name=change_card]", run: "click", expectUnloadPage: true },
        { trigger: "div[name=current_card]:contains(1881)", run: fitsTheScreen },
        ...fillCard("cancel"),
        {
            content: "Not accepted: nothing has changed",
            trigger: "div[name=payment_outcome]:contains(nothing has changed) a[name=try_again]",
            run: "click",
            expectUnloadPage: true,
        },
        ...fillCard("done"),
        { trigger: "div[name=payment_outcome]:contains(has been saved)" },
        {
            trigger: "div[name=payment_outcome]:contains(Your open invoices are charged)",
            run: fitsTheScreen,
        },
        { trigger: "div[name=payment_method]:contains(4242)" },
    ],
});

registry.category("web_tour.tours").add("sale_subscription_portal_details_tour", {
    steps: () => [
        { trigger: "a[name=change_details]", run: "click", expectUnloadPage: true },
        { trigger: "input[name=street]", run: "edit Harbour 7" },
        { trigger: "input[name=email]", run: "edit nothing" },
        { trigger: "input[name=email]", run: "edit bills@example.com" },
        { trigger: "#save_address", run: "click", expectUnloadPage: true },
        { trigger: "div[name=payment_outcome]:contains(Your data are saved)", run: fitsTheScreen },
    ],
});

registry.category("web_tour.tours").add("sale_subscription_portal_saved_card_tour", {
    steps: () => [
        { trigger: "a[name=change_card]:contains(Save a card)", run: "click", expectUnloadPage: true },
        {
            content: "A card saved before is chosen",
            trigger: "#o_payment_form input[data-payment-option-type=token]",
            run: "click",
        },
        {
            trigger: "button[name=o_payment_submit_button]:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: "div[name=payment_outcome]:contains(has been changed)", run: fitsTheScreen },
        {
            trigger: "div[name=payment_method]:contains(4242)",
            run: () => {
                if (!document.activeElement.matches("div[name=payment_outcome]")) {
                    throw new Error("What became of it hasn't got the focus");
                }
            },
        },
        { trigger: "a[name=change_card]:contains(Change card)", run: "click", expectUnloadPage: true },
        {
            content: "And taken off again",
            trigger: "summary[name=ask_remove]",
            run: "click",
        },
        { trigger: "details[open] button[name=remove]", run: fitsTheScreen },
        { trigger: "button[name=remove]", run: "click", expectUnloadPage: true },
        { trigger: "div[name=payment_outcome]:contains(The card was taken off)" },
        { trigger: "div[name=payment_method]:contains(By invoice)" },
    ],
});

registry.category("web_tour.tours").add("sale_subscription_portal_pay_one_tour", {
    steps: () => [
        {
            content: "One of two, on its own page",
            trigger: "ul[name=open_invoices] li:first a[name=pay_invoice]",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: ".o_portal_invoice_sidebar h2:contains(22.00)" },
        ...fillCard("done"),
        { trigger: ".o_portal_invoice_sidebar :contains(Paid)" },
    ],
});

registry.category("web_tour.tours").add("sale_subscription_portal_pay_later_tour", {
    steps: () => [
        { trigger: "a[name=pay_all]", run: "click", expectUnloadPage: true },
        ...fillCard("pending"),
        {
            trigger: "div[name=o_payment_status_alert] a:contains(Skip)",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: "div[name=payment_outcome]", run: fitsTheScreen },
        {
            content: "Nothing is to be paid as long as the money is on its way",
            trigger: "#subscription_payment:contains(Your payment is on its way):not(:has(a[name=pay_all]))",
        },
    ],
});
