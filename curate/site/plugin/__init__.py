"""What runs inside Pelican: our reader, the citation in the content, the feed, what templates need.

Pelican calls ``register``. This file stays light, because whoever reads a build's report passes it.
"""

from __future__ import annotations


def register() -> None:
    """Connect to Pelican's signals."""
    from curate.site.plugin.hooks import connect

    connect()
