"""Measure how well the article is found in saved pages: words against those of an expected text.

Reads folders that hold source.html, expected.html and expected-metadata.json (readability's test pages are
laid out so). F1 is of the bags of words of two texts: what both have, against what each has. Prints curate's
and trafilatura's own defaults side by side, and how often title, author and date are as expected.

    python bench/fulltext.py FOLDER
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import trafilatura
from bs4 import BeautifulSoup

from curate.errors import CurateError
from curate.feeds.fulltext import Page, read_page

WORD = re.compile(r"\w+")


def f1(found: str, expected: str) -> float:
    """Return the F1 of the words of ``found`` against those of ``expected``, each counted as often as it stands."""
    one, other = Counter(WORD.findall(found.lower())), Counter(WORD.findall(expected.lower()))
    both = (one & other).total()
    return 2 * both / (one.total() + other.total()) if one or other else 1.0


def pages(folder: Path) -> list[Path]:
    """Return the folders of pages below ``folder``, in order."""
    return sorted(file.parent for file in folder.rglob("source.html") if (file.parent / "expected.html").is_file())


def expected(page: Path) -> tuple[str, dict[str, Any]]:
    """Return the text and the metadata a page should give."""
    text = BeautifulSoup((page / "expected.html").read_text(encoding="utf-8"), "lxml").get_text(" ")
    file = page / "expected-metadata.json"
    return text, json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def ours(page: Path) -> Page | None:
    """Return what curate reads in a page; None when it reads nothing."""
    try:
        return read_page((page / "source.html").read_bytes(), "http://fakehost.example/test/page.html")
    except CurateError:
        return None


def theirs(page: Path) -> str:
    """Return the text trafilatura finds by its defaults."""
    return trafilatura.extract((page / "source.html").read_bytes()) or ""


def same(found: str, wanted: str) -> bool:
    """Say whether two lines are equal but for case, spaces and punctuation."""
    plain = [" ".join(WORD.findall(text.lower())) for text in (found, wanted)]
    return plain[0] == plain[1]


def main() -> int:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--worst", type=int, default=0, help="name so many pages that curate reads worst")
    told = parser.parse_args()
    scores: dict[str, list[float]] = {"curate": [], "trafilatura": []}
    seconds: dict[str, float] = dict.fromkeys(scores, 0.0)
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    names = []
    for page in pages(told.folder):
        text, about = expected(page)
        start = time.process_time()
        found = ours(page)
        seconds["curate"] += time.process_time() - start
        start = time.process_time()
        other = theirs(page)
        seconds["trafilatura"] += time.process_time() - start
        scores["curate"].append(f1(found.content_text if found else "", text))
        scores["trafilatura"].append(f1(other, text))
        names.append(page.name)
        wanted = {"title": about.get("title"), "author": about.get("byline"), "date": about.get("publishedTime")}
        for name, value in wanted.items():
            if value and found:
                asked[name] += 1
                if name == "date":
                    right[name] += bool(found.published and found.published.date().isoformat() == value[:10])
                else:
                    got = found.title if name == "title" else found.author
                    right[name] += same(got, re.sub(r"^by\s+", "", value, flags=re.IGNORECASE))
    print(f"{len(names)} pages\n{'':14}{'mean F1':>9}{'median':>9}{'below 0.5':>11}{'seconds':>9}")
    for name, values in scores.items():
        low = sum(value < 0.5 for value in values)
        middle = statistics.median(values)
        print(f"{name:14}{statistics.mean(values):9.4f}{middle:9.4f}{low:11}{seconds[name]:9.1f}")
    print("  ".join(f"{name} {right[name]} of {asked[name]}" for name in asked))
    for score, other, name in sorted(zip(*scores.values(), names, strict=True))[: told.worst]:
        print(f"  {score:.3f} (trafilatura {other:.3f})  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
