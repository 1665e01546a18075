# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The environment: Odoo 19, Python packages, PostgreSQL, and the commands of the Makefile."""
