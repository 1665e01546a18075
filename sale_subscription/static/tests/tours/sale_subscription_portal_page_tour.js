import { registry } from "@web/core/registry";

function checkWidth() {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) {
        throw new Error(`The page is wider (${scrollWidth}) than the screen (${clientWidth})`);
    }
}

// The visitor came by the secure link and has no account; the contract is made by the Python test.
registry.category("web_tour.tours").add("sale_subscription_portal_page_tour", {
    steps: () => [
        {
            content: "What is paid, when next and until when it is paid stands above everything",
            trigger: "#summary [name=price]:contains(22.00):contains(per month)",
        },
        { trigger: "#summary [name=next]:contains(04/01/2026):contains(27.50)" },
        { trigger: "#summary [name=covered]:contains(03/31/2026)" },
        { trigger: "#lines li:contains(Seat)" },
        { trigger: "#scheduled li:contains(Storage):contains(added)" },
        {
            content: "Nothing sticks out",
            trigger: "#portal_subscription",
            run: checkWidth,
        },
        {
            content: "Write to the salesperson",
            trigger: "#chatterRoot:shadow .o-mail-Composer-input",
            run: "edit Can we have more seats?",
            timeout: 60000, // it is loaded after the page
        },
        {
            trigger: "#chatterRoot:shadow .o-mail-Composer-send:enabled",
            run: "click",
        },
        { trigger: "#chatterRoot:shadow .o-mail-Message:contains(Can we have more seats?)" },
        {
            content: "Open the invoice, still without an account",
            trigger: "#documents ul[name=invoices] li:contains(To pay) a:first",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: ".o_portal_invoice_sidebar h2:contains(22.00)" },
    ],
});

registry.category("web_tour.tours").add("sale_subscription_portal_list_tour", {
    steps: () => [
        {
            content: "The tile shows up once it was counted",
            trigger: ".o_portal_index_card:not(.d-none) a[href='/my/subscriptions']",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: "tr:contains(Seat):contains(22.00)", run: checkWidth },
        {
            trigger: "tr:contains(Seat) a",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: "#summary [name=price]:contains(22.00)" },
        {
            trigger: ".o_portal_submenu a[href='/my/subscriptions']",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: "tr:contains(Seat):contains(22.00)" },
    ],
});

/** On a phone filters and search are folded away. */
function openSearchbar() {
    return {
        trigger: ".o_portal_navbar",
        run: () => {
            const togglerEl = document.querySelector(".o_portal_navbar .navbar-toggler");
            if (togglerEl?.offsetParent) {
                togglerEl.click();
            }
        },
    };
}

function choose(kind, label) {
    return [
        openSearchbar(),
        { trigger: `#portal_searchbar_${kind}`, run: "click" },
        {
            trigger: `.dropdown-menu.show a:contains(${label})`,
            run: "click",
            expectUnloadPage: true,
        },
    ];
}

registry.category("web_tour.tours").add("sale_subscription_portal_choose_tour", {
    steps: () => [
        { trigger: "table:contains(Seat):contains(Storage)", run: checkWidth },
        ...choose("filters", "Paused"),
        { trigger: "table:contains(Storage):not(:contains(Seat))", run: checkWidth },
        ...choose("filters", "Closed"),
        { trigger: "div[name=empty]:contains(No subscription was found)" },
        ...choose("filters", "All"),
        ...choose("groupby", "State"),
        { trigger: "h2:contains(Paused)" },
        { trigger: "h2:contains(Active)", run: checkWidth },
        openSearchbar(),
        { trigger: "input[name=search]", run: "edit seat" },
        {
            trigger: ".o_portal_search_panel button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: "table:contains(Seat):not(:contains(Storage))", run: checkWidth },
    ],
});
