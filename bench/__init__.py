# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Benchmarks: this addon's billing beside core's own invoices and two other addons.

Run with ``make bench``; see ``README.md`` in this folder.
"""
