import { registry } from "@web/core/registry";

// Contracts are made by the Python test. The same tours are run on a desktop and on a phone.

function fitsTheScreen() {
    return {
        content: "Nothing sticks out of the screen",
        trigger: "#wrap",
        run: () => {
            const { scrollWidth, clientWidth } = document.documentElement;
            if (scrollWidth > clientWidth) {
                throw new Error(`The page is ${scrollWidth} wide on a screen of ${clientWidth}`);
            }
        },
    };
}

function open(trigger) {
    return { trigger, run: "click", expectUnloadPage: true };
}

function confirm(notice) {
    return [open("button[name=confirm]:enabled"), { trigger: `[name=notice]:contains(${notice})` }];
}

function hasFocus(trigger) {
    return {
        content: "Screen readers read what became of it",
        trigger,
        run: () => {
            const focused = document.activeElement;
            if (!focused.matches(trigger)) {
                throw new Error(`The focus is on ${focused.outerHTML.slice(0, 200)}`);
            }
        },
    };
}

/** Click a button that does something at once: twice, and again after going back. */
function clickTwice(name) {
    const button = `button[name=${name}]`;
    return [
        {
            content: "Two clicks send the form once; who goes back can send it again",
            trigger: button,
            run: () => {
                const buttonEl = document.querySelector(button);
                let sent = 0;
                const count = (ev) => {
                    sent += ev.defaultPrevented ? 0 : 1;
                    ev.preventDefault();
                };
                buttonEl.form.addEventListener("submit", count);
                buttonEl.click();
                buttonEl.click();
                buttonEl.form.removeEventListener("submit", count);
                if (sent !== 1) {
                    throw new Error(`The form was sent ${sent} times`);
                }
                window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
            },
        },
        open(button),
    ];
}

registry.category("web_tour.tours").add("subscription_portal_plan_tour", {
    steps: () => [
        open("#change a[name=change_button]"),
        {
            trigger: "fieldset label:contains(your plan now)",
        },
        {
            content: "Another plan",
            trigger: "fieldset label:contains(By the year)",
            run: "click",
        },
        { trigger: "ul[name=panel_changes]:contains(By the year)" },
        { trigger: "dd[name=panel_due]:contains(Your saved payment method)" },
        fitsTheScreen(),
        ...confirm("Your subscription was changed"),
        { trigger: "#summary [name=price]:contains(By the year)" },
        fitsTheScreen(),
    ],
});

registry.category("web_tour.tours").add("subscription_portal_take_back_tour", {
    steps: () => [
        open("#change a[name=change_button]"),
        { trigger: "div[name^=line_] button.o_subscription_less", run: "click" },
        { trigger: "ul[name=panel_changes]:contains(2.00 → 1.00)" },
        ...confirm("it holds from"),
        hasFocus("[name=notice] .alert"),
        ...clickTwice("withdraw_change"),
        { trigger: "[name=notice]:contains(The change was taken back)" },
        { trigger: "body:not(:has(#scheduled))" },

        open("#actions a[name=pause]"),
        { trigger: "input[name=when][value=period_end]", run: "click" },
        {
            content: "From then on for some weeks; dates aren't typed the same everywhere",
            trigger: "input[name=until]",
            run: () => {
                const untilEl = document.querySelector("input[name=until]");
                untilEl.valueAsNumber += 30 * 24 * 3600 * 1000;
                untilEl.dispatchEvent(new Event("input", { bubbles: true }));
            },
        },
        { trigger: "[name=panel_effect]:contains(nothing is credited)" },
        ...confirm("rests from"),
        { trigger: "p[name=pause_scheduled]" },
        fitsTheScreen(),
        ...clickTwice("withdraw_pause"),
        { trigger: "[name=notice]:contains(The pause was taken back)" },

        open("#actions a[name=close]"),
        open("a[name=close_anyway]"),
        { trigger: "select[name=reason_id]", run: "selectByLabel Moved away" },
        ...confirm("its last day"),
        ...clickTwice("withdraw_close"),
        { trigger: "[name=notice]:contains(your subscription goes on)" },
        hasFocus("[name=notice] .alert"),
        { trigger: "#actions a[name=close]" },
        fitsTheScreen(),
    ],
});

registry.category("web_tour.tours").add("subscription_portal_renew_tour", {
    steps: () => [
        { trigger: "#actions form:contains(The agreed time ends on)" },
        fitsTheScreen(),
        ...clickTwice("renew"),
        {
            content: "The quotation that renews it, to be signed or paid",
            trigger: "#portal_sale_content:contains(Seat)",
        },
    ],
});

registry.category("web_tour.tours").add("subscription_portal_offers_tour", {
    steps: () => [
        open("#actions a[name=close]"),
        fitsTheScreen(),
        {
            content: "When it would end stands beside the button that closes anyway",
            trigger: "span[name=close_day]:contains(ends)",
        },
        open("a[name=offer_downgrade]"),
        { trigger: "h1:contains(Change your subscription)" },
        open("a:contains(Keep as it is)"),
        open("#actions a[name=close]"),
        open("a[name=offer_pause]"),
        { trigger: "h1:contains(Pause your subscription)" },
        ...confirm("rests from"),
        {
            content: "Who pauses isn't offered a pause, nor less of what rests",
            ...open("#actions a[name=close]"),
        },
        { trigger: "select[name=reason_id]" },
    ],
});
