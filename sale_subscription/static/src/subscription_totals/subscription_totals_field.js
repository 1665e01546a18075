import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatMonetary } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * What a quotation costs per cadence and once, and what is due first.
 *
 * The server computes everything (`sale.order._get_subscription_totals`), so that the form, the
 * portal and the printed quotation can never disagree.
 */
export class SubscriptionTotalsField extends Component {
    static template = "sale_subscription.SubscriptionTotalsField";
    static props = { ...standardFieldProps };

    get totals() {
        return this.props.record.data[this.props.name];
    }

    format(amount) {
        return formatMonetary(amount, { currencyId: this.totals.currency_id });
    }
}

export const subscriptionTotalsField = {
    component: SubscriptionTotalsField,
    displayName: _t("Recurring Totals"),
    supportedTypes: ["json"],
};

registry.category("fields").add("subscription_totals", subscriptionTotalsField);
