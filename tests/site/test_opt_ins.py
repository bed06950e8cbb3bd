"""What a site has only when its owner asks: the choice of light or dark, a newsletter's form, a licence."""

from __future__ import annotations

import gzip
import re
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import extruct
import lxml.html
import pytest

from curate.desk.settings import load_settings, set_setting
from curate.errors import UsageError
from curate.site.audit import audit_site
from curate.site.budget import CSS, CSS_GZ, TOGGLE_GZ
from curate.site.check import check_site
from curate.site.plugin.report import Report
from curate.site.plugin.settings import licence_name
from tests.site.conftest import LINK, NOON, Site, new_site
from tests.site.sample import fill

if TYPE_CHECKING:
    from pathlib import Path

ASKED = {
    "theme_toggle": "true",
    "newsletter": "https://news.example/subscribe?list=7&email=",
    "licence": "https://creativecommons.org/licenses/by-sa/4.0/",
}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The sample site of somebody who wants all of them."""
    made = new_site(tmp_path_factory.mktemp("asked") / "desk")
    fill(made)
    for name, value in ASKED.items():
        set_setting(made.desk.settings, f"site.{name}", value)
    made.build()
    return made


def pages(site: Site) -> dict[str, Any]:
    return {
        path.relative_to(site.output).as_posix(): lxml.html.document_fromstring(path.read_bytes())
        for path in sorted(site.output.rglob("*.html"))
    }


def policy(page: Any) -> str:
    return str(page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0])


def digest(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def test_the_choice_of_colours_is_one_small_script_before_the_page_that_its_policy_knows(asked: Site) -> None:
    for name, page in pages(asked).items():
        script, *more = page.xpath("//script[not(@type)]/text()")
        assert len(gzip.compress(script.encode(), mtime=0)) <= TOGGLE_GZ
        assert page.xpath("//head/style/following-sibling::script/text()") == [script], name  # before anything is shown
        assert bool(more) == (name == "search/index.html")
        known = re.findall(r"'sha256-[^']+'", policy(page).partition("script-src")[2])
        assert sorted(known) == sorted(map(digest, [script, *more])), name
        [button] = page.xpath("//footer//button")
        assert button.get("hidden") is not None  # until the script has its say
        style = page.xpath("string(//style)").encode()
        assert len(style) <= CSS, name
        assert len(gzip.compress(style, mtime=0)) <= CSS_GZ, name
    problems = check_site(asked.desk, load_settings(asked.desk.settings))
    assert [str(said) for said in problems if said.rule != "card"] == []  # no social images were drawn


def test_unasked_there_is_no_script_no_button_and_no_form_to_send(whole: Site) -> None:
    for name, page in pages(whole).items():
        assert not page.xpath("//footer//button | //form[@method='post'] | //*[@rel='license']")
        if name not in ("search/index.html", "404.html"):
            assert policy(page).endswith("; form-action 'none'"), name
        if name != "search/index.html":
            assert not page.xpath("//script[not(@type)]"), name


def test_the_audit_lets_every_page_have_that_script_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "content").mkdir()
    path = tmp_path / "site" / "index.html"
    for script, allowed in (("mine()", True), ("other()", False)):
        rule = f"default-src 'none'; script-src {digest(script)}"
        path.write_text(f'<meta http-equiv="Content-Security-Policy" content="{rule}"><script>{script}</script>')
        report = Report(written=["index.html"], script=digest("mine()")[8:-1])
        assert (audit_site(tmp_path / "site", report, tmp_path / "content", {}) == []) is allowed


def test_only_the_page_about_feeds_may_send_an_address_and_only_there(asked: Site) -> None:
    for name, page in pages(asked).items():
        forms = [form for form in page.forms if form.method == "POST"]
        if name != "subscribe/index.html":
            assert forms == []
            assert "news.example" not in policy(page)
            continue
        [form] = forms
        assert form.action == "https://news.example/subscribe"
        assert dict(form.fields) == {"list": "7", "email": None}
        [field] = form.xpath(".//input[@type='email']")
        assert field.get("autocomplete") == "email"
        assert "required" in field.attrib
        assert page.xpath(f"string(//label[@for='{field.get('id')}'])") == "Your email address"
        assert "; form-action https://news.example;" in policy(page)


@pytest.mark.parametrize(
    "value",
    ["http://news.example/?email=", "https://news.example/subscribe", "javascript:alert(1)?email=", "https://x;y/?e="],
)
def test_what_is_no_form_of_a_newsletter_is_refused(site: Site, value: str) -> None:
    with pytest.raises(UsageError, match="newsletter"):
        set_setting(site.desk.settings, "site.newsletter", value)


def test_the_licence_stands_on_every_page_and_in_a_posts_data(asked: Site) -> None:
    for name, page in pages(asked).items():
        assert page.xpath("//footer//a[@rel='license']/@href") == [ASKED["licence"]], name
        assert page.xpath("string(//footer//a[@rel='license'])") == "CC BY-SA 4.0"
    [posting] = extruct.extract(asked.page("2026/small-models-on-call"), syntaxes=["json-ld"])["json-ld"]
    assert posting["license"] == ASKED["licence"]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://creativecommons.org/licenses/by/4.0/", "CC BY 4.0"),
        ("https://creativecommons.org/licenses/by-nc-nd/3.0/de/", "CC BY-NC-ND 3.0"),
        ("https://dana.example/terms", "the licence at dana.example"),
    ],
)
def test_a_licence_is_called_by_its_name_or_its_place(address: str, name: str) -> None:
    assert licence_name(address) == name


def test_what_is_asked_for_later_comes_with_the_next_build_as_if_it_had_been_there_always(site: Site) -> None:
    site.write("small-models-on-call", folder="links", **LINK)
    site.build()
    for name, value in ASKED.items():
        set_setting(site.desk.settings, f"site.{name}", value)
    site.build()
    after = {path: path.read_bytes() for path in site.output.rglob("*.html")}
    for cache in site.desk.private.glob("build.cache*"):
        cache.unlink()
    site.build(NOON)
    assert after == {path: path.read_bytes() for path in site.output.rglob("*.html")}
    assert b"news.example" in (site.output / "subscribe" / "index.html").read_bytes()
    assert all(b"<button" in page for page in after.values())
