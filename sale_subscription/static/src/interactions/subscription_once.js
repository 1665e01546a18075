import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

/**
 * A form that does something at once: it is sent once, however often the button is clicked. Core's
 * `js_website_submit_form` isn't used: it leaves the button dead when the browser goes back.
 */
export class SubscriptionOnce extends Interaction {
    static selector = "form.o_subscription_once";
    dynamicContent = {
        _root: {
            "t-on-submit": this.onSubmit,
            "t-att-aria-busy": () => (this.isSent ? "true" : "false"),
        },
        _window: { "t-on-pageshow": this.onPageShow },
    };

    setup() {
        this.isSent = false;
    }

    onSubmit(ev) {
        if (this.isSent) {
            ev.preventDefault();
            return;
        }
        this.isSent = true;
    }

    /** A browser that goes back may show the page as it was left. */
    onPageShow(ev) {
        if (ev.persisted) {
            this.isSent = false;
        }
    }
}

registry.category("public.interactions").add("sale_subscription.once", SubscriptionOnce);
