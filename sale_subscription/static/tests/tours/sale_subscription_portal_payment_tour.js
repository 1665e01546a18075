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
