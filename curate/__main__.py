"""Be the program ``curate``, also as ``python -m curate``.

Until all is loaded Ctrl-C ends it at once and without a trace: nothing was begun.
"""

from __future__ import annotations

import signal


def start() -> None:
    """Load the command line, then run it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored, in the background
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from curate.cli.main import run

    run()


if __name__ == "__main__":
    start()
