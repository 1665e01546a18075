import { registry } from "@web/core/registry";

// A quotation with a seat at 10.00 and storage at 5.00 to add, 10 % tax; visitors have no account.
registry.category("web_tour.tours").add("subscription_quotation_options_tour", {
    steps: () => [
        {
            content: "What comes again is said",
            trigger: "div[name=recurring_totals]:contains(11.00):contains(per month)",
        },
        { trigger: "div[name=subscription_quota]:contains(From 2 to 10.)" },
        {
            content: "Two are the least that is sold; on a phone there is no button for more",
            trigger: "tr:has(div[name=subscription_quota]) input.js_quantity",
            run: "edit 2 && press Tab",
            expectUnloadPage: true,
        },
        {
            content: "The totals follow",
            trigger: "table.o_subscription_totals:contains(22.00)",
        },
        {
            content: "Nothing is cut off on a phone",
            trigger: "body",
            run({ anchor }) {
                const wrap = anchor.querySelector("#wrap") || anchor;
                if (wrap.scrollWidth > window.innerWidth) {
                    console.error("The page is wider than the screen.");
                }
            },
        },
    ],
});
