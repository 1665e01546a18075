# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""The template of the terms to translate."""

from . import testkit
from .errors import DevError
from .paths import LOGS, ODOO_CONFIG


def export(environment, target):
    """Export the addon's terms from a fresh database."""
    log = LOGS / "pot.log"
    with testkit.database() as name:
        options = ("-c", ODOO_CONFIG, "-d", name, "-o", target, "sale_subscription")
        command = environment.odoo_command("i18n", "export", *options)
        if environment.run_to_end(command, log, doing="exporting the terms"):
            raise DevError("The terms could not be exported.", f"read {log}.")


def read_terms(path):
    """The terms of a template: ``{(context, text)}``."""
    import polib

    return {(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(path))}


def describe_difference(old, new):
    """What a template lacks, and what it has too much; None when it is up to date."""
    missing = [text for _context, text in sorted(new - old, key=str)]
    needless = [text for _context, text in sorted(old - new, key=str)]
    if not (missing or needless):
        return None
    lines = [f"    missing: {text!r}" for text in missing[:10]]
    lines += [f"    no longer used: {text!r}" for text in needless[:10]]
    return "\n".join(["i18n/sale_subscription.pot is not up to date (make pot):", *lines])
