"""Judge whether feeds failed by themselves, or the network failed them: a dead line, a sign-in page in their place.

Pure. Knows what failures look like and what they have in common; nothing of how feeds are asked or what is
then held against them.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from curate.feeds.addresses import host_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from curate.web.client import BadAnswer, NotSent, Reply, Unanswered

NO_NETWORK = "not reached: there seems to be no network"
PORTAL = "not reached: the network answers in its place"
FEW = 5  # feeds; fewer can all fail by chance
HOSTS = 3  # of one host or two, all feeds may well fail in one way by themselves
# Signs that an outcome may not be the feed's own: nothing came, the way is barred; else what page came.
SILENT, BARRED = "silent", "barred"
OWN = frozenset({404, 410, 429})  # speaks of the feed, whoever else says the same
NETWORKS = frozenset({407, 511})  # the network wants a sign-in
VARYING = re.compile(rb"[0-9a-f]{4,}|[0-9]+")
BEGINNING = 4096  # bytes by which two pages are told apart


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What was heard of one feed.

    ``sign`` is what its failure has in common with others when the network made it, "" when it is the feed's
    own or none; ``answered`` when a server said anything. ``before`` is what came of it the last time.
    """

    url: str
    sign: str
    answered: bool
    before: Literal["", "read", "failed"]


def judge(heard: Sequence[Heard], *, down: bool = False) -> tuple[str, frozenset[str]]:
    """Return what is wrong with the network, in words, and the addresses of the feeds it failed; "" when nothing is.

    It failed them when five or more were asked and over four in five of those that bear witness failed
    without a sign of their own: silent, or barred or answered with one and the same page at several hosts.
    A feed that failed the last time bears no witness. Nor does one that was never read, once another that was
    read before answers again: dead from the first, it says nothing of a network that is known to work.
    ``down`` says that there is known to be no network.
    """
    page = _commonest(heard)
    signs = {sign for sign in (SILENT, BARRED, page) if len(_hosts(heard, sign)) >= (2 if sign == SILENT else HOSTS)}
    answered = any(each.answered and each.sign not in signs for each in heard)
    works = any(each.before == "read" and each.answered and each.sign not in signs for each in heard)
    witnesses = [each for each in heard if each.before == "read" or not (each.before or works)]
    failed = [each for each in witnesses if each.sign in signs]
    few = len(failed if answered else heard) < FEW
    if not down and (few or len(failed) * 5 <= len(witnesses) * 4):
        return "", frozenset()
    portal = not down and any(each.sign == page for each in failed)
    innocent = frozenset(each.url for each in heard if each.sign in {SILENT, BARRED, page} - {""})
    return PORTAL if portal else NO_NETWORK, innocent


def sign_of_silence(url: str, error: NotSent | Unanswered | BadAnswer) -> str:
    """Return the sign of a feed at ``url`` that gave no answer, or none of use."""
    if host_of(error.url) != host_of(url):
        return f"to {host_of(error.url)}"
    return SILENT if error.silent else BARRED if error.barred else ""


def sign_of_answer(url: str, reply: Reply) -> str:
    """Return the sign of a feed at ``url`` that was answered with something else than itself."""
    if reply.status in NETWORKS:
        return f"answered {reply.words}"
    if reply.status in OWN:
        return ""
    host = host_of(url)
    if host_of(reply.url) != host:
        return f"to {host_of(reply.url)}"
    # Such a page may repeat what was asked for, and number each answer.
    page = reply.body[:BEGINNING].lower()
    for part in (url, host, url.partition(host)[2]):
        page = page.replace(part.lower().encode(), b"") if len(part) > 1 else page
    page = VARYING.sub(b"", page).strip()
    return f"{reply.status} {sha256(page).hexdigest()}" if page else ""


def _commonest(heard: Sequence[Heard]) -> str:
    """Return the sign of the page that most feeds were answered with; "" when none was."""
    pages = Counter(each.sign for each in heard if each.sign not in {"", SILENT, BARRED})
    return max(pages, key=pages.__getitem__, default="")


def _hosts(heard: Sequence[Heard], sign: str) -> set[str]:
    return {host_of(each.url) for each in heard if sign and each.sign == sign}
