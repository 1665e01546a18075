import { markup } from "@odoo/owl";

import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { setElementContent } from "@web/core/utils/html";
import { addLoadingEffect } from "@web/core/utils/ui";
import { Interaction } from "@web/public/interaction";

const DETAILS = ["country_id", "state_id", "zip", "city", "vat"];

/**
 * Keeps the total of a choice up to date, on the page where the choice is made and on the one
 * where the customer's country and VAT number are asked for. The server does the arithmetic.
 */
export class SubscriptionPublic extends Interaction {
    static selector = ".o_subscription_public";
    dynamicContent = {
        _root: {
            "t-on-change": this.debounced(this.updateTotal, 250),
            "t-on-submit": this.onSubmit,
        },
        _window: { "t-on-pageshow": this.onPageShow },
        "input[type=number]": { "t-on-input": this.debounced(this.updateTotal, 400) },
        ".o_subscription_total": { "t-att-aria-busy": () => (this.isBusy ? "true" : "false") },
    };

    setup() {
        this.isBusy = false;
        this.isSent = false;
        this.keepLast = new KeepLast();
        for (const name of (this.el.dataset.invalid || "").split(",").filter(Boolean)) {
            const input = this.el.elements[name];
            input?.classList.add("is-invalid");
            input?.setAttribute("aria-invalid", "true");
        }
    }

    /** Order once: a second click, or Enter after it, does nothing. */
    onSubmit(ev) {
        if (this.el.method !== "post") {
            return; // a choice, which may be sent as often as one likes
        }
        if (this.isSent) {
            ev.preventDefault();
            ev.stopImmediatePropagation(); // a captcha would send it by itself
            return;
        }
        this.isSent = true;
        const buttonEl = this.el.querySelector("button[type=submit]");
        if (!buttonEl.disabled) {
            this.restoreButton = addLoadingEffect(buttonEl);
        }
    }

    /** A browser that goes back may show the page as it was left. */
    onPageShow(ev) {
        if (ev.persisted) {
            this.isSent = false;
            this.restoreButton?.();
        }
    }

    async updateTotal() {
        this.isBusy = true;
        let answer = {};
        try {
            answer = await this.waitFor(
                this.keepLast.add(rpc(this.el.dataset.totalUrl, this.getChoice()))
            );
        } catch {
            // No connection, or a server that is being restarted.
            answer.error = this.el.dataset.failed;
        }
        this.isBusy = false;
        this.showError(answer.error);
        if (answer.error) {
            return;
        }
        // Rendered by the server, which escapes what people wrote.
        setElementContent(this.el.querySelector(".o_subscription_total"), markup(answer.html));
        for (const [optionId, price] of Object.entries(answer.prices || {})) {
            const priceEl = this.el.querySelector(`[data-option-price="${optionId}"]`);
            if (priceEl) {
                priceEl.textContent = price;
            }
        }
    }

    getChoice() {
        const form = new FormData(this.el);
        const options = {};
        for (const input of this.el.querySelectorAll("input[name^=option_]")) {
            const isOff = input.type === "checkbox" && !input.checked;
            options[input.name.replace("option_", "")] = isOff ? 0 : input.value;
        }
        // Only where the customer tells about themselves.
        const details = form.has("country_id") ? {} : null;
        for (const name of details ? DETAILS : []) {
            details[name] = form.get(name) || "";
        }
        return {
            plan_id: form.get("plan_id"),
            options,
            details,
            address_id: form.get("address_id"),
        };
    }

    showError(text) {
        const errorEl = this.el.querySelector(".o_subscription_error");
        errorEl.replaceChildren();
        if (text) {
            const alertEl = document.createElement("div");
            alertEl.className = "alert alert-danger";
            alertEl.textContent = text;
            errorEl.append(alertEl);
        }
    }
}

registry
    .category("public.interactions")
    .add("sale_subscription.subscription_public", SubscriptionPublic);
