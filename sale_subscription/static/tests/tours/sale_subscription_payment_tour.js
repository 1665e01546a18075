import { registry } from "@web/core/registry";

function isDrawn(canvas) {
    const { width, height } = canvas;
    const pixels = width && height && canvas.getContext("2d").getImageData(0, 0, width, height);
    return pixels && pixels.data.some((value) => value);
}

const SIGN = [
    {
        content: "Open the signature",
        trigger: "#sale_order_sidebar_button a[data-bs-target='#modalaccept']:contains(Sign)",
        run: "click",
    },
    {
        content: "Wait until the name can be signed with",
        trigger: "#modalaccept.show input.o_web_sign_name_input",
        run: "edit Bea Kite",
    },
    { trigger: "#modalaccept .o_web_sign_auto_button", run: "click" },
    {
        content: "Wait until the name is drawn",
        trigger: "#modalaccept canvas.o_web_sign_signature",
        run: ({ anchor, waitUntil }) => waitUntil(() => isDrawn(anchor), { timeout: 9000 }),
    },
    {
        trigger: "#modalaccept button.o_portal_sign_submit:enabled",
        run: "click",
        expectUnloadPage: true,
    },
];

function fillCard(state) {
    return [
        { trigger: "#modalaccept.show #customer_input:visible", run: "edit 4242" },
        { trigger: "#modalaccept #simulated_payment_state", run: `select ${state}` },
        {
            trigger: "#modalaccept button[name=o_payment_submit_button]:enabled",
            run: "click",
            expectUnloadPage: true,
        },
    ];
}

// Quotations, customer and prices are made by the Python test; visitors have no account.
registry.category("web_tour.tours").add("sale_subscription_sign_and_pay_tour", {
    steps: () => [
        {
            content: "The page says what is paid now and what comes again",
            trigger: "h2[name=first_amount]:contains(216.70)",
        },
        { trigger: "div[name=recurring_totals]:contains(29.70):contains(per month)" },
        ...SIGN,
        { trigger: ".alert:contains(still needs to be paid)" },
        { trigger: "#o_sale_portal_paynow:contains(Pay Now)", run: "click" },
        { trigger: "#modalaccept.show:contains(By paying):contains(216.70)" },
        { trigger: "p[name=recurring_text]:contains(Your card is saved)" },
        {
            content: "Saving the card is no choice here",
            trigger: "#o_payment_form:not(:has([name=o_payment_tokenize_checkbox]))",
        },
        ...fillCard("done"),
        {
            content: "The order is confirmed",
            trigger: "#introduction:contains(Sales Order)",
        },
        { trigger: "body:not(:has(#o_sale_portal_paynow))" },
    ],
});

registry.category("web_tour.tours").add("sale_subscription_retry_tour", {
    steps: () => [
        { trigger: "#o_sale_portal_paynow:contains(Accept & Pay)", run: "click" },
        ...fillCard("error"),
        {
            content: "The bank says no: the quotation waits for another try",
            trigger: "#o_sale_portal_paynow:contains(Accept & Pay)",
            run: "click",
        },
        {
            content: "The demo provider keeps cards that fail; a visitor isn't offered them",
            trigger:
                "#modalaccept.show #o_payment_form:not(:has([data-payment-option-type=token]))",
        },
        ...fillCard("done"),
        { trigger: "#introduction:contains(Sales Order)" },
    ],
});

registry.category("web_tour.tours").add("sale_subscription_trial_card_tour", {
    steps: () => [
        { trigger: "h2[name=first_amount]:contains(0.00)" },
        ...SIGN,
        { trigger: ".alert:contains(One step is left)" },
        { trigger: "#o_sale_portal_paynow:contains(Save Card & Start)", run: "click" },
        { trigger: "p[name=save_card_text]:contains(You pay nothing now)" },
        ...fillCard("done"),
        { trigger: "#introduction:contains(Sales Order)" },
        { trigger: "body:not(:has(#o_sale_portal_paynow))" },
    ],
});

registry.category("web_tour.tours").add("sale_subscription_remove_card_tour", {
    steps: () => [
        { trigger: "button[name=o_payment_delete_token]", run: "click" },
        {
            content: "The dialog names the contract that depends on the card",
            trigger: ".modal:contains(Are you sure) a[href*='/my/subscriptions/']:contains(SUB-TOUR)",
        },
        {
            trigger: ".modal button:contains(Confirm Deletion)",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: "body:not(:has(button[name=o_payment_delete_token]))" },
    ],
});
