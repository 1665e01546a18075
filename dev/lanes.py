# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Work done side by side, each piece in a process of its own.

A process and not a thread, because a piece starts programs, measures what they use and cleans up
behind them: all of that belongs to a process. When the command ends, however it does, its pieces
are told to end, and do so as the command itself would.
"""

import ctypes
import multiprocessing
import os
import signal
import traceback
from multiprocessing.connection import wait

WIDTH = min(2, os.cpu_count() or 1)  # pieces at a time
GRACE = 60  # seconds a piece may clean up when told to end
PR_SET_PDEATHSIG = 1
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

_context = multiprocessing.get_context("fork")


def run(pieces, width=WIDTH):
    """Do pieces of work, a few at a time, begun in the order given.

    :param dict pieces: name -> function without arguments; what it returns must be picklable.
    :param int width: how many at a time.
    :return: name -> what its function returned; a piece that ended without returning is missing.
    :rtype: dict
    """
    waiting, running, results = list(pieces.items()), {}, {}
    try:
        while waiting or running:
            while waiting and len(running) < width:
                name, function = waiting.pop(0)
                answer, process = _start(function)
                running[answer] = name, process
            for answer in wait(list(running)):
                try:
                    result = answer.recv()
                except EOFError:
                    pass
                else:
                    results[running[answer][0]] = result
                _name, process = running.pop(answer)
                process.join()
    finally:
        _end([process for _name, process in running.values()])
    return results


def _start(function):
    answer, writable = _context.Pipe(duplex=False)
    arguments = (os.getpid(), function, writable)
    process = _context.Process(target=_work, args=arguments, daemon=True)
    process.start()
    writable.close()  # so that the piece's end is the end of the answer
    return answer, process


def _work(parent, function, answer):
    """In the piece's process: do the work, and end with the parent at the latest."""
    signal.signal(signal.SIGTERM, _be_ended)
    signal.signal(signal.SIGHUP, _be_ended)
    # Ctrl-C goes to everybody, but it is for the parent to tell. No SIG_IGN: programs inherit it.
    signal.signal(signal.SIGINT, _stay)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return
    try:
        result = function()
    except Exception:
        traceback.print_exc()
        return
    answer.send(result)


def _be_ended(number, _frame):
    for one in SIGNALS:  # another one must not break off the cleaning up
        signal.signal(one, _stay)
    raise SystemExit(128 + number)


def _stay(_number, _frame):
    pass


def _end(processes):
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(GRACE)
        if process.is_alive():
            process.kill()
            process.join()
