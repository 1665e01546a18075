# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""``python3 -m dev COMMAND``: what the Makefile calls."""

import sys

if sys.version_info < (3, 11):  # before any import that an older Python cannot read
    sys.exit(
        "This needs Python 3.11, 3.12 or 3.13; %s is Python %d.%d.\n"
        "  What to do: install one of them and name it: make PYTHON=python3.11 ..."
        % (sys.executable, sys.version_info[0], sys.version_info[1])
    )

import signal

from .errors import DevError, explain_os_error


def main(arguments):
    """Run one command; return the exit code."""
    from . import commands

    name = arguments[0].replace("-", "_") if arguments else "help"
    command = getattr(commands, f"command_{name}", None)
    if command is None:
        known = sorted(n[8:].replace("_", "-") for n in dir(commands) if n.startswith("command_"))
        raise DevError(f"There is no command {name}.", f"choose one of: {', '.join(known)}")
    return command(*arguments[1:])


def end(number, _frame):
    """Let a polite kill run the clean-up code, too."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    try:
        sys.exit(main(sys.argv[1:]))
    except DevError as error:
        sys.exit(f"\nError: {error}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; the same command can be started again.")
    except OSError as error:
        explained = explain_os_error(error)
        if explained is None:
            raise
        sys.exit(f"\nError: {explained}")
