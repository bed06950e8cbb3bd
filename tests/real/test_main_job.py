"""The main job, end to end, on feeds nobody here wrote and servers nobody here wrote."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import feedparser
import pytest
from mastodon import Mastodon

from tests.conftest import CORPORA

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Curate, Loopback
    from tests.real.conftest import MastodonServer, Pds

TAKE = """The part worth copying is not the tool but the habit behind it: somebody wrote down what they expected
before they looked, and then looked. Most teams I have worked with do it the other way round, and then wonder why every
chart agrees with them. I would start smaller than the author does, with one page and one number, and I would let
somebody who did not write the page read the number out loud.

Which number would you be afraid to write down in advance?
"""
REAL = ("kagi-feeds", "feedjira", "netnewswire")
SAID = {
    "mastodon": (
        "Write down what you expect before you look. Would you dare? #Habits",
        "Three teams tried it while I was away; whose version would you have kept? #Habits",
        "The rota is fair on paper alone. Who pays for yours? #Habits",
    ),
    "bluesky": (
        "One doubt is left, and I would like to hear that it is silly. Is it? #Habits",
        "Nobody missed the meeting until the minutes were gone. Did you? #Habits",
        "Somebody has to read the old alerts aloud. When did you last? #Habits",
    ),
}


def real_feeds(count: int) -> list[tuple[str, bytes]]:
    """Return (path, body) of real feeds with several entries, the smallest first."""
    listing = CORPORA / "real-feeds.tsv"
    if not listing.is_file():
        pytest.skip("the corpora are not beside this checkout")
    with listing.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["bozo"] in ("", "0", "False")]
    rows = [row for row in rows if int(row["entries"] or 0) >= 5 and row["set"] in REAL]
    rows.sort(key=lambda row: int(row["bytes"]))
    return [(f"/{number}/feed", (CORPORA / row["path"]).read_bytes()) for number, row in enumerate(rows[:count])]


def opml(urls: list[str]) -> str:
    rows = "".join(f'<outline type="rss" text="f" xmlUrl="{url}"/>' for url in urls)
    return f'<opml version="2.0"><head/><body>{rows}</body></opml>'


@pytest.mark.system
@pytest.mark.xdist_group("servers")
def test_real_items_become_pages_and_shares_once_each(  # noqa: PLR0915 - one story from end to end
    tmp_path: Path,
    curate: Curate,
    loopback: Loopback,
    pds: Pds,
    mastodon: MastodonServer,
    vnu: Callable[[Path], list[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three real items become posts with commentary; each page is valid, each share is out once."""
    monkeypatch.setenv("CURATE_ALLOW_PRIVATE", "127.0.0.0/8")
    desk = tmp_path / "desk"
    curate("init", desk, "--name", "Dana Okafor", "--url", "https://dana.example", "--no-input")
    urls = [loopback.put(path, body, Content_Type="application/xml") for path, body in real_feeds(12)]
    listing = tmp_path / "feeds.opml"
    listing.write_text(opml(urls), encoding="utf-8")
    assert len(curate("-C", desk, "feed", "import", listing, "--json").data["added"]) == len(urls)
    fetched = curate("-C", desk, "fetch", "--json").data
    assert fetched["failed"] == []
    assert fetched["new_items"] > 50

    items = curate("-C", desk, "item", "list", "--state", "new", "--limit", "0", "--json").data
    chosen = list({item["feed_url"]: item for item in items if item["url"].startswith("http")}.values())[:3]
    token = tmp_path / "token"
    token.write_text(mastodon.token, encoding="utf-8")
    account = pds.account("dana")
    password = tmp_path / "password"
    password.write_text(account.password, encoding="utf-8")
    curate("-C", desk, "account", "add", "mastodon", "--server", mastodon.url, "--handle", "dana",
           "--token-file", token, "--name", "mastodon", "--no-input")  # fmt: skip
    curate("-C", desk, "account", "add", "bluesky", "--server", pds.url, "--handle", account.handle,
           "--token-file", password, "--name", "bluesky", "--no-input")  # fmt: skip

    slugs = []
    for number, item in enumerate(chosen):
        curate("-C", desk, "item", "keep", item["id"])
        curate("-C", desk, "item", "note", item["id"], "expect first, look second")
        text = curate("-C", desk, "item", "show", item["id"], "--json").data["content_text"]
        curate("-C", desk, "item", "quote", item["id"], " ".join(text.split()[:12]) or item["title"])
        words = tmp_path / f"words{number}.md"
        words.write_text(TAKE.replace("Which number", f"On day {number}, which number"), encoding="utf-8")
        draft = curate("-C", desk, "write", item["id"], "--from", words, "--no-edit", "--json").data
        assert draft["status"] == "draft"
        slugs.append(draft["slug"])
        assert curate("-C", desk, "post", "check", draft["slug"], "--json").data["errors"] == []
        published = curate("-C", desk, "publish", draft["slug"], "--no-deploy", "--json").data
        assert published["url"].startswith("https://dana.example/")

    site = desk / "output"
    posts = {post["slug"]: post for post in curate("-C", desk, "post", "list", "--json").data}
    for slug, item in zip(slugs, chosen, strict=True):
        page = (site / posts[slug]["date"][:4] / slug / "index.html").read_text(encoding="utf-8")
        assert item["url"].replace("&", "&amp;") in page
    feed = feedparser.parse((site / "feeds" / "all.atom.xml").read_bytes())
    assert not feed.bozo
    assert len(feed.entries) == 3
    for item in chosen:
        assert any(item["url"].replace("&", "&amp;") in entry.content[0].value for entry in feed.entries)
    assert vnu(site) == []

    curate("-C", desk, "site", "deploy", "--target", tmp_path / "public", "--yes")
    now = datetime.now(UTC).replace(microsecond=0)  # the servers have the real time, too
    for number, slug in enumerate(slugs):
        files = []
        for network in ("mastodon", "bluesky"):
            text = tmp_path / f"{network}{number}.txt"
            text.write_text(SAID[network][number], encoding="utf-8")
            files += ["--text-file", f"{network}={text}"]
        planned = curate("-C", desk, "share", "plan", slug, "--to", "mastodon,bluesky", *files, "--json",
                         "--at", now.isoformat(), "--now", now.isoformat()).data  # fmt: skip
        assert {share["state"] for share in planned} == {"draft"}
        curate("-C", desk, "share", "approve", *[share["id"] for share in planned])

    moment = ("--now", (now + timedelta(minutes=1)).isoformat())
    first = curate("-C", desk, "tick", "--no-fetch", "--json", *moment).data
    assert len(first["sent"]) == 6, first
    assert first["held"] == first["unknown"] == first["missed"] == []
    second = curate("-C", desk, "tick", "--no-fetch", "--json", *moment).data
    assert second["sent"] == []

    reader = Mastodon(access_token=mastodon.token, api_base_url=mastodon.url, version_check_mode="none")
    statuses = [status.content for status in reader.account_statuses(reader.me()["id"])]
    for slug in slugs:
        link = f"https://dana.example/{posts[slug]['date'][:4]}/{slug}/"
        assert sum(link in status for status in statuses) == 1
    records = records_of(pds.url, account.did)
    for slug in slugs:
        link = f"https://dana.example/{posts[slug]['date'][:4]}/{slug}/"
        [record] = [record for record in records if link in record["text"]]
        facets = [
            (record["text"].encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(), feature)
            for facet in record["facets"]
            for feature in facet["features"]
        ]
        assert (link, {"$type": "app.bsky.richtext.facet#link", "uri": link}) in facets
        assert ("#Habits", {"$type": "app.bsky.richtext.facet#tag", "tag": "Habits"}) in facets


def records_of(url: str, did: str) -> list[dict[str, Any]]:
    query = f"{url}/xrpc/com.atproto.repo.listRecords?repo={did}&collection=app.bsky.feed.post&limit=100"
    with urlopen(query, timeout=10) as answer:  # noqa: S310 - our own server on loopback
        return [record["value"] for record in json.load(answer)["records"]]
