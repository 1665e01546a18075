import { rpc } from "@web/core/network/rpc";
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

/** Choose something while the server can't be reached. */
function losesTheConnection() {
    const callServer = rpc._rpc;
    return [
        {
            trigger: "div[name^=option_] input",
            run: () => {
                rpc._rpc = () => Promise.reject(new Error("No connection"));
            },
        },
        { trigger: "div[name^=option_] input", run: "edit 3" },
        { trigger: "button[name=confirm]:disabled" },
        {
            content: "The panel says so, and nothing can be confirmed",
            trigger: "[aria-busy=false] p[name=panel_failed]:contains(check your connection)",
            run: () => {
                rpc._rpc = callServer;
            },
        },
        { trigger: "button[name=confirm]:disabled" },
    ];
}

function clicksTwiceAndGoesBack() {
    return {
        content: "Two clicks confirm once; after Back the button works again",
        trigger: "button[name=confirm]:enabled",
        run: () => {
            const buttonEl = document.querySelector("button[name=confirm]");
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
    };
}

registry.category("web_tour.tours").add("subscription_portal_change_tour", {
    steps: () => [
        {
            content: "Somebody with the link opens the form",
            trigger: "#change a[name=change_button]",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: ".o_subscription_panel:contains(Nothing is changed yet)" },
        {
            content: "As long as nothing is chosen there is nothing to confirm",
            trigger: "button[name=confirm]:disabled",
        },
        fitsTheScreen(),
        {
            content: "One seat more",
            trigger: "div[name^=line_] button.o_subscription_more",
            run: "click",
        },
        { trigger: "dd[name=panel_due]:contains(33.00)" },
        {
            content: "More storage than there is",
            trigger: "div[name^=option_] input",
            run: "edit 11",
        },
        { trigger: "p[name=panel_problem]:contains(at most 10)" },
        { trigger: "button[name=confirm]:disabled" },
        { trigger: "div[name^=option_] input", run: "edit 2" },
        { trigger: "dd[name=panel_due]:contains(44.00)" },
        ...losesTheConnection(),
        { trigger: "div[name^=option_] input", run: "edit 2" },
        { trigger: "dd[name=panel_due]:contains(44.00)" },
        { trigger: "dd[name=panel_recurring]:contains(110.00):contains(so far):contains(66.00)" },
        { trigger: "dd[name=panel_next]:contains(110.00)" },
        fitsTheScreen(),
        clicksTwiceAndGoesBack(),
        {
            trigger: "button[name=confirm]:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: "[name=notice]:contains(Your subscription was changed):contains(is paid)" },
        { trigger: "[name=notice_links] a:contains(View)" },
        fitsTheScreen(),
    ],
});

registry.category("web_tour.tours").add("subscription_portal_raise_tour", {
    steps: () => [
        { trigger: "#change a[name=change_button]", run: "click", expectUnloadPage: true },
        {
            content: "What is only raised begins at what there is",
            trigger: "div[name^=line_]:has(button.o_subscription_less:disabled) input[min='2']",
        },
        { trigger: "div[name^=line_] button.o_subscription_more", run: "click" },
        { trigger: "div[name^=line_] button.o_subscription_less:enabled", run: "click" },
        {
            content: "Back at the bound the other button has the keyboard",
            trigger: "div[name^=line_]:has(button.o_subscription_less:disabled) input",
            run: () => {
                const focused = document.activeElement;
                if (!focused.matches("div[name^=line_] button.o_subscription_more")) {
                    throw new Error(`The focus is on ${focused.outerHTML.slice(0, 200)}`);
                }
            },
        },
        { trigger: "div[name^=line_] input", run: "edit 1" },
        { trigger: "div[name^=line_] button.o_subscription_less:disabled" },
        { trigger: "p[name=panel_problem]:contains(can be raised here, but not lowered)" },
        { trigger: "div[name^=option_]:contains(From 3) button.o_subscription_more", run: "click" },
        {
            content: "Who has none of it yet takes the least that is sold",
            trigger: "div[name^=option_]:contains(From 3) input:value(3)",
        },
        { trigger: "div[name^=option_]:contains(From 3) button.o_subscription_less", run: "click" },
        { trigger: "div[name^=option_]:contains(From 3) input:value(0)" },
    ],
});

registry.category("web_tour.tours").add("subscription_portal_close_tour", {
    steps: () => [
        { trigger: "#actions a[name=close]", run: "click", expectUnloadPage: true },
        {
            content: "A pause and less of it are offered first",
            trigger: "body:has(a[name=offer_pause]):has(a[name=offer_downgrade]) a[name=close_anyway]",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: "select[name=reason_id]", run: "selectByLabel Moved away" },
        { trigger: "textarea[name=message]", run: "edit It was nice." },
        { trigger: "[name=panel_effect]:contains(its last day)" },
        fitsTheScreen(),
        { trigger: "button[name=confirm]:enabled", run: "click", expectUnloadPage: true },
        { trigger: "[name=notice]:contains(its last day)" },
        { trigger: "#actions p[name=close_scheduled]" },
        fitsTheScreen(),
    ],
});

registry.category("web_tour.tours").add("subscription_portal_pause_tour", {
    steps: () => [
        { trigger: "#actions a[name=pause]", run: "click", expectUnloadPage: true },
        {
            content: "The end of the pause is proposed",
            trigger: "[name=panel_effect]:contains(goes on by itself):contains(is credited)",
        },
        { trigger: "textarea[name=reason]", run: "edit Holidays" },
        fitsTheScreen(),
        { trigger: "button[name=confirm]:enabled", run: "click", expectUnloadPage: true },
        { trigger: "[name=notice]:contains(rests from)" },
        { trigger: "#actions a[name=resume]", run: "click", expectUnloadPage: true },
        { trigger: "[name=panel_effect]:contains(goes on at once)" },
        { trigger: "button[name=confirm]:enabled", run: "click", expectUnloadPage: true },
        { trigger: "[name=notice]:contains(Your subscription goes on)" },
        { trigger: "#actions a[name=pause]" },
    ],
});
