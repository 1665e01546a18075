import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";

// The pages a visitor was led through: this file is loaded with each of them.
const PAGES = "sale_subscription_public_pages";
const visited = JSON.parse(sessionStorage.getItem(PAGES) || "null");
if (visited) {
    sessionStorage.setItem(PAGES, JSON.stringify([...visited, location.pathname]));
}

function assertFits() {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) {
        throw new Error(`${location.pathname} is ${scrollWidth} wide on ${clientWidth} pixels`);
    }
}

function assertPages() {
    // The provider's waiting page goes on by itself, to the page that was paid on.
    const pages = JSON.parse(sessionStorage.getItem(PAGES)).filter(
        (path) => !path.startsWith("/payment/status")
    );
    const different = [...new Set(pages)];
    if (different.length !== 4 || pages.length > 5) {
        throw new Error(`The way led over ${pages.join(", ")}`);
    }
    sessionStorage.removeItem(PAGES);
}

/** Choose something while the server can't be reached: the page says so, and is alive afterwards. */
function losesTheConnection() {
    const callServer = rpc._rpc;
    const yearly = "label:contains(By the year)";
    return [
        {
            trigger: yearly,
            run: () => {
                rpc._rpc = () => Promise.reject(new Error("No connection"));
            },
        },
        { trigger: yearly, run: "click" },
        {
            trigger: ".o_subscription_error:contains(check your connection)",
            run: () => {
                rpc._rpc = callServer;
            },
        },
        { trigger: ".o_subscription_total[aria-busy=false]" },
        { trigger: "label:contains(By the month)", run: "click" },
        { trigger: "form.o_subscription_public:not(:has(.o_subscription_error .alert))" },
    ];
}

// Template, prices and provider are made by the Python test; the visitor has no account.
registry.category("web_tour.tours").add("sale_subscription_public_tour", {
    steps: () => [
        {
            content: "The list names the price of the shortest plan",
            trigger: "article:contains(Team Space):contains(10.00):contains(per month)",
            run() {
                sessionStorage.setItem(PAGES, JSON.stringify([location.pathname]));
                assertFits();
            },
        },
        {
            trigger: "article:contains(Team Space) a:contains(Choose)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The longer plan says what it saves",
            trigger: "label:contains(By the year):contains(Save 16 %):contains(20.00)",
            run: assertFits,
        },
        { trigger: "strong[name=due_today]:contains(11.00)" },
        ...losesTheConnection(),
        { trigger: "label:contains(By the year) input[type=radio]", run: "click" },
        { trigger: "strong[name=due_today]:contains(110.00)" },
        {
            content: "Options cost what they cost with the plan",
            trigger: "label:contains(Storage):contains(60.00 per year)",
        },
        { trigger: "input[type=number][name^=option_]", run: "edit 11" },
        {
            content: "More than the quota is refused in words",
            trigger: ".o_subscription_error .alert:contains(from 0 to 10)",
        },
        { trigger: "input[type=number][name^=option_]", run: "edit 2" },
        { trigger: "strong[name=due_today]:contains(242.00)" },
        { trigger: "form.o_subscription_public:not(:has(.o_subscription_error .alert))" },
        { trigger: "input[role=switch]", run: "click" },
        { trigger: "strong[name=due_today]:contains(281.60)" },
        {
            trigger: "button:contains(Continue)",
            run: "click",
            expectUnloadPage: true,
        },
        { trigger: "h1:contains(Your details)", run: assertFits },
        { trigger: "strong[name=due_today]:contains(281.60)" },
        { trigger: "input[name=name]", run: "edit Nora Quill" },
        { trigger: "input[name=email]", run: "edit nora@example.com" },
        { trigger: "input[name=phone]", run: "edit +32 2 555 55 55" },
        { trigger: "input[name=street]", run: "edit Rue Haute 1" },
        { trigger: "select[name=country_id]", run: "selectByLabel Belgium" },
        {
            content: "Belgium has other taxes",
            trigger: "strong[name=due_today]:contains(309.76)",
        },
        {
            content: "and no states that have to be chosen",
            trigger: "form:has(select[name=state_id]:not([required]))",
        },
        { trigger: "input[name=zip]", run: "edit 1000" },
        { trigger: "input[name=city]", run: "edit Brussels" },
        {
            content: "Sent once, the form can't be sent again; back on the page it can",
            trigger: "button:contains(Continue to payment)",
            run: async ({ anchor }) => {
                let sent = 0;
                anchor.form.submit = () => sent++; // how a captcha sends, some time later
                const count = (ev) => {
                    sent += ev.defaultPrevented ? 0 : 1;
                    ev.preventDefault();
                };
                window.addEventListener("submit", count);
                anchor.click();
                anchor.click();
                anchor.form.requestSubmit();
                window.removeEventListener("submit", count);
                await new Promise((resolve) => setTimeout(resolve, 500));
                delete anchor.form.submit;
                if (sent !== 1 || !anchor.disabled) {
                    throw new Error(`Sent ${sent} times, disabled: ${anchor.disabled}`);
                }
                window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
            },
        },
        { trigger: "button:contains(Continue to payment):enabled" },
        {
            trigger: "button:contains(Continue to payment)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The dialog to pay is open",
            trigger: "#modalaccept.show #customer_input:visible",
            run: "edit 4242",
        },
        { trigger: "#modalaccept #simulated_payment_state", run: "select done" },
        {
            trigger: "#modalaccept button[name=o_payment_submit_button]:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Thank you",
            timeout: 60000, // paying, confirming, invoicing and printing the order take their time
            trigger: "div[name=started_contracts]:contains(Your subscription is active)",
            run() {
                assertPages();
                assertFits();
            },
        },
        {
            trigger: "div[name=started_contracts] a:contains(Your subscription)",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "The contract opens without an account", trigger: "#portal_subscription" },
    ],
});
