"""Be PyPI's `reader` for bench/fetch.py: ``peer_reader.py DATABASE add FILE | update WORKERS | count``.

Runs in the environment of the peers, which curate is not part of.
"""

from __future__ import annotations

import sys
from pathlib import Path

from reader import make_reader


def main() -> None:
    """Do one of the three."""
    database, action, *more = sys.argv[1:]
    with make_reader(database) as reader:
        if action == "add":
            for url in Path(more[0]).read_text(encoding="utf-8").split():
                reader.add_feed(url)
        elif action == "update":
            reader.update_feeds(scheduled=False, workers=int(more[0]))
        else:
            print(reader.get_entry_counts().total)


if __name__ == "__main__":
    main()
