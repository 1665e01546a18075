{
    "name": "Subscriptions",
    "version": "19.0.1.0.0",
    "category": "Sales/Subscriptions",
    "summary": "Recurring contracts: billing, renewals, portal and recurring revenue",
    "author": "sale_subscription contributors",
    "license": "LGPL-3",
    "depends": [
        "account_payment",
        "base_automation",
        "portal",
        "rating",
        "sale_management",
    ],
    "excludes": ["subscription_oca"],
    "data": [
        # Security.
        "security/ir.model.access.csv",
        "security/sale_subscription_security.xml",
        # Record data.
        "data/ir_sequence_data.xml",
        "data/sale_subscription_plan_data.xml",
        "data/sale_subscription_stage_data.xml",
        "data/sale_subscription_close_reason_data.xml",
        "data/sale_subscription_template_data.xml",
        "data/ir_cron_data.xml",
        # Sales.
        "views/product_views.xml",
        "views/product_pricelist_item_views.xml",
        "views/sale_order_views.xml",
        "views/sale_order_template_views.xml",
        "views/sale_portal_templates.xml",
        "report/sale_order_report_templates.xml",
    ],
    "demo": [],
    "assets": {
        "web.assets_backend": [
            "sale_subscription/static/src/subscription_totals/**/*",
        ],
        "web.assets_tests": [
            "sale_subscription/static/tests/tours/**/*",
        ],
    },
    "application": True,
}
