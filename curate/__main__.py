"""Run ``python -m curate`` as the command ``curate``."""

from curate.cli.main import run

run()
