import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

const SELECTOR = ".o_subscription_announce";

/**
 * What became of the visitor's last click. Screen readers don't announce what a page holds from its
 * beginning, and on a phone it may be out of sight: it gets the focus.
 */
export class SubscriptionAnnounce extends Interaction {
    static selector = SELECTOR;

    start() {
        if (document.querySelector(SELECTOR) === this.el) {
            // An anchor has its own place to scroll to.
            this.el.focus({ preventScroll: Boolean(window.location.hash) });
        }
    }
}

registry
    .category("public.interactions")
    .add("sale_subscription.announce", SubscriptionAnnounce);
