"""The search page: its form without scripts, its index, its one script, and what the audit lets it have."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import lxml.html
import pytest

from curate.desk.settings import load_settings, set_setting
from curate.errors import UsageError
from curate.site.audit import audit_site
from curate.site.plugin.report import Report
from curate.site.plugin.search import read_engine, search_index
from tests.site.conftest import new_site

if TYPE_CHECKING:
    from pathlib import Path

    from tests.site.conftest import Site

WORDS = ("pager model incident budget alert runbook night shift error question review drill " * 40).split()


def search_page(site: Site, name: str = "search/index.html") -> lxml.html.HtmlElement:
    return lxml.html.fromstring((site.output / name).read_bytes())


def policy(page: lxml.html.HtmlElement) -> str:
    return str(page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0])


def test_without_scripts_the_form_asks_an_engine_for_this_site_alone(sample: Site) -> None:
    page = search_page(sample)
    [form] = page.forms
    assert (form.method, form.action) == ("GET", "https://duckduckgo.com/")
    assert dict(form.fields) == {"q": None, "sites": "dana.example"}
    assert "form-action https://duckduckgo.com;" in policy(page)


def test_a_page_that_is_not_there_leads_to_the_search_where_no_engine_is_asked(tmp_path: Path) -> None:
    site = new_site(tmp_path / "desk")
    set_setting(site.desk.settings, "site.search_engine", "")
    set_setting(site.desk.settings, "site.url", "https://dana.example/blog")
    site.build()
    page = search_page(site, "404.html")
    [form] = page.forms
    assert (form.method, form.action, dict(form.fields)) == ("GET", "/blog/search/", {"q": None})
    assert policy(page).endswith("form-action 'self'")
    assert page.xpath("//label[@for='words']")


def test_the_page_holds_one_script_that_its_policy_knows_by_hash(sample: Site) -> None:
    page = search_page(sample)
    [script] = page.xpath("//script[not(@type)]/text()")
    assert f"script-src 'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" in policy(page)
    assert len(gzip.compress(script.encode(), mtime=0)) <= 3 * 1024
    assert page.xpath("//*[@role='status']")
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]


def test_no_other_page_holds_a_script_or_may(sample: Site) -> None:
    for path in sample.output.rglob("*.html"):
        if path.parent.name != "search":
            page = lxml.html.fromstring(path.read_bytes())
            assert page.xpath("//script[not(@type)]") == []
            assert "script-src" not in policy(page)


def test_the_index_has_every_post_and_leads_to_it(sample: Site) -> None:
    index = json.loads((sample.output / "index.json").read_bytes())
    assert sorted(post["url"].rstrip("/") for post in index) == sample.pages()
    assert all((sample.output / post["url"] / "index.html").is_file() for post in index)
    [link] = [post for post in index if post["url"] == "2026/small-models-on-call/"]
    assert link["title"] == "Small models are taking the night shift"
    assert link["tags"] == ["Reliability", "incident response", "evaluation"]
    assert link["summary"].startswith("A model that only drafts")


def test_a_site_without_an_address_asks_no_engine(tmp_path: Path) -> None:
    site = new_site(tmp_path / "desk", url="")
    site.write("one")
    site.build()
    [form] = search_page(site).forms
    assert form.get("action") == "../search/"
    assert "form-action 'self';" in policy(search_page(site))


@pytest.mark.parametrize(
    ("address", "action", "name", "hidden"),
    [
        ("https://duckduckgo.com/?q=&sites={site}", "https://duckduckgo.com/", "q", (("sites", "dana.example"),)),
        ("https://kagi.com/search?q=", "https://kagi.com/search", "q", ()),
        ("https://münchen.example:81/?q=", "https://xn--mnchen-3ya.example:81/", "q", ()),  # as a policy can name it
        (
            "https://s.example/find?as_sitesearch={site}&hl=en&query=",
            "https://s.example/find",
            "query",
            (("as_sitesearch", "dana.example"), ("hl", "en")),
        ),
    ],
)
def test_any_engine_that_takes_a_form_will_do(
    address: str, action: str, name: str, hidden: tuple[tuple[str, str], ...]
) -> None:
    engine = read_engine(address, "https://dana.example/blog")
    assert engine is not None
    assert (engine.action, engine.name, engine.hidden) == (action, name, hidden)


def test_no_engine_is_none() -> None:
    assert read_engine("", "https://dana.example") is None
    assert read_engine("https://duckduckgo.com/?q=", "") is None


@pytest.mark.parametrize(
    "value",
    [
        "duckduckgo.com/?q=",
        "javascript:alert(1)?q=",
        "https://x.example/",
        "https://x.example/?q=v",
        "https://x;y/?q=",
        "https://a@x.example/?q=",
        "https://..x/?q=",
    ],
)
def test_what_is_no_engine_is_refused(site: Site, value: str) -> None:
    with pytest.raises(UsageError, match="search_engine"):
        set_setting(site.desk.settings, "site.search_engine", value)
    assert load_settings(site.desk.settings).site.search_engine.startswith("https://duckduckgo.com/")


@dataclass
class Listed:
    """An article as the index asks for it."""

    searched: tuple[str, list[str]]
    summary: str
    url: str


def test_the_index_of_a_thousand_posts_keeps_its_budget_by_cutting_summaries() -> None:
    def words(seed: int, count: int) -> str:
        return " ".join(f"{WORDS[seed * 7919 * n % 97]}{seed * 31 * n % 89:x}" for n in range(1, count))

    tags = ["Topic", "a", "b"]
    posts = [Listed((words(n, 8), tags), words(n + 1, 30), f"2026/post-{n}/") for n in range(1000)]
    raw = search_index(posts)
    assert len(gzip.compress(raw, mtime=0)) <= 60 * 1024
    index = json.loads(raw)
    assert len(index) == 1000
    assert all(len(post["summary"]) <= 155 for post in index)
    assert json.loads(search_index(posts[:3]))[2]["summary"].startswith(posts[2].summary[:100])


POLICY = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; script-src 'sha256-{}'\">"
KNOWN = b64encode(sha256(b"mine()").digest()).decode()


@pytest.mark.parametrize(
    ("name", "script", "said"),
    [
        ("search/index.html", "<script>mine()</script>", []),
        ("search/index.html", "<script>other()</script>", ["there is a script"]),
        ("search/index.html", "<script src='x.js'>mine()</script>", ["there is a script"]),
        ("search/index.html", "<p onclick='x()'>", ["there is a script in the attribute"]),
        ("index.html", "<script>mine()</script>", ["its policy allows scripts", "there is a script"]),
    ],
)
def test_the_audit_lets_the_search_page_have_that_script_and_no_other(
    tmp_path: Path, name: str, script: str, said: list[str]
) -> None:
    path = tmp_path / "site" / name
    path.parent.mkdir(parents=True)
    (tmp_path / "content").mkdir()
    path.write_text(POLICY.format(KNOWN) + script, encoding="utf-8")
    problems = audit_site(tmp_path / "site", Report(written=[name]), tmp_path / "content", {})
    assert [
        re.sub(r"^[^:]+: ", "", problem)[: len(words)] for problem, words in zip(problems, said, strict=True)
    ] == said
