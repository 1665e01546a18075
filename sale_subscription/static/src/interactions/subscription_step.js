import { markup } from "@odoo/owl";
import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { setElementContent } from "@web/core/utils/html";
import { Interaction } from "@web/public/interaction";

/**
 * A form on which a customer changes, pauses or closes a subscription: beside it the server says
 * what that means, and only what it said can be confirmed.
 */
export class SubscriptionStep extends Interaction {
    static selector = ".o_subscription_step";
    dynamicContent = {
        _root: { "t-on-input": this.onInput, "t-on-submit": this.onSubmit },
        _window: { "t-on-pageshow": this.onPageShow },
        ".o_subscription_panel": { "t-att-aria-busy": () => (this.isBusy ? "true" : "false") },
        ".o_subscription_less": {
            "t-on-click": (ev) => this.onClickQuantity(ev, "stepDown"),
            "t-att-disabled": (el) => {
                const inputEl = this.getQuantityInput(el);
                return inputEl.valueAsNumber <= Number(inputEl.min);
            },
        },
        ".o_subscription_more": {
            "t-on-click": (ev) => this.onClickQuantity(ev, "stepUp"),
            "t-att-disabled": (el) => {
                const inputEl = this.getQuantityInput(el);
                return inputEl.valueAsNumber >= Number(inputEl.max);
            },
        },
        "button[name=confirm]": { "t-att-disabled": () => !this.canConfirm },
    };

    setup() {
        this.panelEl = this.el.querySelector(".o_subscription_panel");
        this.fingerprintEl = this.el.querySelector("input[name=fingerprint]");
        this.previewLater = this.debounced(this.preview, 300);
        this.previewCount = 0;
        this.isSubmitting = false;
        this.isBusy = false;
        this.canConfirm = Boolean(this.fingerprintEl.value);
    }

    start() {
        // A browser that goes back fills in what was chosen before.
        const inputs = [...this.el.elements].filter((el) => el.name && el.type !== "hidden");
        if (inputs.some((el) => el.defaultValue !== undefined && this.isTouched(el))) {
            this.preview();
        }
    }

    isTouched(el) {
        if (el.type === "radio") {
            return el.checked !== el.defaultChecked;
        }
        return el.value !== el.defaultValue;
    }

    onInput() {
        this.canConfirm = false;
        this.previewCount++;
        this.previewLater();
    }

    onSubmit(ev) {
        if (!this.canConfirm || this.isSubmitting) {
            ev.preventDefault();
            return;
        }
        this.isSubmitting = true; // a second click does nothing
    }

    /** A browser that goes back may show the page as it was left; the contract is another by now. */
    onPageShow(ev) {
        if (ev.persisted) {
            this.isSubmitting = false;
            this.canConfirm = false;
            this.preview();
        }
    }

    onClickQuantity(ev, method) {
        const buttonEl = ev.currentTarget;
        const inputEl = this.getQuantityInput(buttonEl);
        inputEl[method]();
        const least = Number(inputEl.dataset.least); // who has none of it yet takes so much at least
        if (inputEl.valueAsNumber < least) {
            inputEl.value = method === "stepUp" ? least : inputEl.min;
        }
        inputEl.dispatchEvent(new Event("input", { bubbles: true }));
        this.updateContent();
        if (buttonEl.disabled) {
            // The keyboard goes on from here, not from the top of the page.
            buttonEl.parentElement.querySelector("button:not(:disabled)")?.focus();
        }
    }

    getQuantityInput(buttonEl) {
        return buttonEl.parentElement.querySelector("input");
    }

    /** Ask the server what it means; an answer that is overtaken is left out. */
    async preview() {
        const count = ++this.previewCount;
        const values = {};
        let accessToken = null;
        for (const [name, value] of new FormData(this.el)) {
            if (name === "access_token") {
                accessToken = value;
            } else if (!["csrf_token", "fingerprint"].includes(name)) {
                values[name] = value;
            }
        }
        this.isBusy = true;
        this.updateContent();
        let answer = null;
        try {
            answer = await this.waitFor(
                rpc(this.el.dataset.previewUrl, {
                    step: this.el.dataset.step,
                    access_token: accessToken,
                    values,
                })
            );
        } catch {
            // No connection, or a server that is being restarted: the panel says so.
        }
        if (count !== this.previewCount) {
            return;
        }
        this.isBusy = false;
        this.showAnswer(answer);
        this.updateContent();
    }

    /** Show what the server said; without an answer nothing can be confirmed. */
    showAnswer(answer) {
        this.fingerprintEl.value = answer?.fingerprint || "";
        this.canConfirm = Boolean(answer?.fingerprint);
        if (answer) {
            // Rendered by the server, which escapes what people wrote.
            setElementContent(this.panelEl, markup(answer.html));
            return;
        }
        const alertEl = document.createElement("p");
        alertEl.className = "alert alert-warning mb-0";
        alertEl.setAttribute("name", "panel_failed");
        alertEl.textContent = this.panelEl.dataset.failed;
        this.panelEl.replaceChildren(alertEl);
    }
}

registry.category("public.interactions").add("sale_subscription.step", SubscriptionStep);
