# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The arithmetic of subscriptions: plain Python, no Odoo, no clock, no database.

Everything here is a pure function or a frozen dataclass. Dates are ``datetime.date``, periods are
half-open ``(start, end)`` pairs, amounts and fractions are exact, a bad value is a ``ValueError``.
The rules, with a worked example, are in ``docs/engine.md``.
"""
