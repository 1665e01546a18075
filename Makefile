# The environment of the addon. Everything is done by the package dev/, which needs Python only.
#
#   make run            a browsable Odoo with the addon and its demo data    (PORT=8069 DB=...)
#   make test           every kind of test                                   (T=name for a single one)
#   make durations      share the tests out by what they took in the last whole run
#   make lint           the style checks only
#   make mutants        break the code on purpose: does a test notice?   (ARGS="engine")
#   make format         rewrite the Python files in the project's style
#   make bench          the side-by-side benchmarks                          (ARGS="...")
#   make shell          an Odoo shell on the demo database
#   make pot            export the terms to translate
#   make setup          fetch everything, start nothing
#   make clean          remove this clone's databases, logs and other leftovers
#   make clean-cache    remove what all clones share: Odoo, Python packages, downloads
#
# Settings, all optional: ODOO_PATH (an Odoo 19 checkout), DATABASE_URL (an existing PostgreSQL),
# XDG_CACHE_HOME (where downloads are kept), PYTHON (3.11 to 3.13).

PYTHON ?= python3
export PORT DB T ARGS ODOO_PATH DATABASE_URL

COMMANDS = run test durations lint mutants format bench shell pot setup clean clean-cache

.PHONY: help $(COMMANDS)

help:
	@sed -n 's/^#  //p' Makefile

$(COMMANDS):
	@$(PYTHON) -m dev $@
