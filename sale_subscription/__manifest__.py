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
    ],
    "demo": [],
    "application": True,
}
