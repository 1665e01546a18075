import { SaleUpdateLineButton } from "@sale_management/interactions/sale_update_line_button";
import { patch } from "@web/core/utils/patch";

patch(SaleUpdateLineButton.prototype, {
    /**
     * Show the quantity again that holds when the one typed is no number or is refused; the reason
     * is told by Odoo's own notification.
     *
     * @override
     */
    async onQuantityChange(ev, currentTargetEl) {
        if (!(parseInt(currentTargetEl.value) >= 0)) {
            currentTargetEl.value = currentTargetEl.defaultValue;
            return;
        }
        try {
            await super.onQuantityChange(...arguments);
        } catch (error) {
            currentTargetEl.value = currentTargetEl.defaultValue;
            throw error;
        }
    },
});
