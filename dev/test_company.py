# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Run on the database that the tests copy: a company like the one core's accounting tests make."""

company = env["res.company"].create({"name": "Company of the Tests"})  # noqa: F821 -- env is given
env["account.chart.template"].try_loading(  # noqa: F821
    "generic_coa", company=company, install_demo=False
)
if not company.account_fiscal_country_id:
    company.account_fiscal_country_id = env.ref("base.us")  # noqa: F821
# It belongs to no module that could be updated, so it stays as it is.
env["ir.model.data"].create(  # noqa: F821
    {
        "module": "__test__",
        "name": "sale_subscription_company",
        "model": "res.company",
        "res_id": company.id,
        "noupdate": True,
    }
)
env.cr.commit()  # noqa: F821
