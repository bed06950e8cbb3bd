"""LinkedIn: the contract where nothing can be read back, its grammar, cards, versions, sign-ins that end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.desk.settings import Account
from curate.shares.networks import linkedin
from curate.shares.networks.base import (
    AlreadySent,
    CannotTell,
    Frozen,
    NeedsLogin,
    Picture,
    Ready,
    Rejected,
    RetryAt,
    Sent,
    Unknown,
)
from curate.shares.networks.linkedin import VERSION, little_text, version_ends
from curate.shares.tokens import secret_of
from tests.shares.linkedin_server import RESERVED, LinkedInServer, read_little
from tests.shares.networks.contract import LINK, NOW, TEXT, Fails, Place, make_attempt, make_share
from tests.shares.servers import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from curate.shares.networks.base import Channel

IMAGE = Picture(data=b"\x89PNG\r\n\x1a\n and so on", alt="A pager")


@pytest.fixture
def server() -> LinkedInServer:
    return LinkedInServer(now=NOW)


@pytest.fixture
def place(server: LinkedInServer, tmp_path: Path) -> Iterator[Place]:
    with serve(server) as url:
        account = Account(network="linkedin", server=url, handle="Dana Example")
        secret = secret_of(token=server.password, expires_at=(NOW + timedelta(days=60)).isoformat())
        yield Place(account, secret, server.posts, tmp_path, server.effects)


class TestLinkedIn(Fails):
    """The contract, on loopback."""

    readable = searchable = False
    spelled = (
        "Eight weeks, a 3B model, one pager 👩‍🚒. Would you let it wake someone? "
        "{hashtag|\\#|OnCall}\n\nI would \\<not\\> & why:"
    )


# Words


def test_the_words_are_escaped_and_the_card_is_not(place: Place) -> None:
    share = replace(make_share("linkedin", f"Dear (all) [of] you\n\n{LINK}"), title="A (short) #title", summary="It_is")
    request = place.freeze(share).payload
    assert request["json"]["commentary"] == r"Dear \(all\) \[of\] you"
    assert request["json"]["content"]["article"] == {
        "source": LINK, "title": "A (short) #title", "description": "It_is",
    }  # fmt: skip
    assert request["headers"]["LinkedIn-Version"] == VERSION


@given(st.text(st.sampled_from(RESERVED + "a 1\n.:/é👩‍🚒") | st.characters(codec="utf-8"), max_size=80))
def test_any_text_reads_on_linkedin_as_it_was_written(text: str) -> None:
    assert read_little(little_text(text)) == text


@given(
    st.text(st.sampled_from(RESERVED + "a /.\n"), max_size=30), st.text(st.sampled_from(RESERVED + "a /"), max_size=30)
)
def test_links_and_tags_among_reserved_characters_cut_nothing(before: str, after: str) -> None:
    text = f"{before} https://a.example/x_(y)#z {after} #Tag_1 {before}"
    assert read_little(little_text(text)) == text


def test_an_unescaped_character_would_cut_the_text() -> None:
    assert read_little("Dear (all) of you") == "Dear "


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("#OnCall, #Ünïcode #a_1", r"{hashtag|\#|OnCall}, {hashtag|\#|Ünïcode} {hashtag|\#|a\_1}"),
        ("C# and #1 and a#b", r"C\# and \#1 and a\#b"),
        ("https://a.example/#part", r"https://a.example/\#part"),
        ("@Dana a|b {c} *d* ~e~ \\", r"\@Dana a\|b \{c\} \*d\* \~e\~ \\"),
    ],
)
def test_tags_become_templates_and_nothing_else_does(text: str, written: str) -> None:
    assert little_text(text) == written


# Images


def staged(place: Place) -> Any:
    async def work(channel: Channel) -> Any:
        ready = await channel.ready(now=NOW)
        assert isinstance(ready, Ready)
        return await channel.stage(channel.freeze(make_share("linkedin"), now=NOW), IMAGE, now=NOW)

    return place.use(work)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give LinkedIn no time to look at an image."""
    monkeypatch.setattr(linkedin, "GRACE", 0)


@pytest.mark.usefixtures("at_once")
def test_an_image_is_uploaded_and_named_in_the_card(place: Place, server: LinkedInServer) -> None:
    frozen = staged(place)
    assert isinstance(frozen, Frozen)
    [(name, data)] = server.images.items()
    assert data == IMAGE.data
    assert frozen.payload["json"]["content"]["article"]["thumbnail"] == name
    assert frozen.payload["json"]["author"] == "urn:li:person:-f_Ut43FoQ"
    assert isinstance(place.send(make_attempt(frozen)), Sent)
    assert place.texts() == [TEXT]


class Listener(LinkedInServer):
    """Another server, which notes who asks."""

    def answer(self, *args: Any) -> Any:
        self.heard.append(("Authorization", args[2].get("Authorization", "")))
        return 201, {}, b""


@pytest.mark.usefixtures("at_once")
def test_the_token_does_not_go_along_to_another_server(place: Place, server: LinkedInServer) -> None:
    listener = Listener()
    with serve(listener) as url:
        server.elsewhere = url
        assert isinstance(staged(place), Frozen)
    assert listener.heard == [("Authorization", "")]


@pytest.mark.parametrize("nowhere", ["http://127.0.0.1:9", "https://[", "ftp://a.example"])
def test_an_upload_that_fails_leaves_nothing_out(place: Place, server: LinkedInServer, nowhere: str) -> None:
    server.elsewhere = nowhere
    assert isinstance(staged(place), RetryAt)
    assert server.posts() == []


def test_an_upload_under_a_version_that_has_ended_names_the_setting(place: Place, server: LinkedInServer) -> None:
    server.versions = ("202701",)
    assert isinstance(staged(place), NeedsLogin)


# Versions


@pytest.mark.parametrize(
    ("version", "ends"),
    [
        ("202601", date(2027, 1, 15)),
        ("202512", date(2026, 12, 15)),
        (VERSION, date(2027, 8, 15)),
        ("202613", None),
        ("latest", None),
        ("20260801", None),
        ("", None),
    ],
)
def test_a_version_ends_a_year_after_its_month(version: str, ends: date | None) -> None:
    assert version_ends(version) == ends


def test_a_version_that_has_ended_names_the_setting_to_change(place: Place, server: LinkedInServer) -> None:
    server.versions = ("202701",)
    answer = place.send(place.attempt())
    assert isinstance(answer, NeedsLogin)
    assert "curate config set accounts.one.version YYYYMM" in answer.reason
    assert VERSION in answer.reason
    account = place.account
    place.account = Account(network="linkedin", server=account.server, handle=account.handle, version="202701")
    assert isinstance(place.send(place.attempt()), Sent)


# The same words again


def test_words_that_are_out_are_this_share_only_when_it_was_tried_before(place: Place) -> None:
    attempt = place.attempt()
    sent = place.send(attempt)
    assert isinstance(sent, Sent)
    assert sent.url == f"https://www.linkedin.com/feed/update/{sent.remote_id}/"
    refused = place.send(attempt)
    assert isinstance(refused, Rejected)
    assert sent.url in refused.reason
    there = place.send(replace(attempt, again=True))
    assert isinstance(there, AlreadySent)
    assert (there.remote_id, there.url) == (sent.remote_id, sent.url)


def test_a_duplicate_without_a_name_is_for_the_person_to_judge(place: Place, server: LinkedInServer) -> None:
    server.names_duplicates = False
    attempt = place.attempt()
    place.send(attempt)
    assert isinstance(place.send(attempt), Rejected)
    assert isinstance(place.send(replace(attempt, again=True)), Unknown)


def test_a_doubt_is_left_to_the_person_with_the_command_to_settle_it(place: Place) -> None:
    answer = place.confirm(make_attempt(place.freeze()), after=timedelta(days=3))
    assert isinstance(answer, CannotTell)
    assert "curate share resolve ID" in answer.reason


# Signing in


def test_a_sign_in_says_who_until_when_and_what_time_it_is(place: Place) -> None:
    answer = place.ready()
    assert isinstance(answer, Ready)
    assert (answer.handle, answer.at, answer.expires_at) == ("Dana Example", NOW, NOW + timedelta(days=60))


@pytest.mark.parametrize(
    ("left", "meaning"),
    [
        (timedelta(minutes=11), Ready),
        (timedelta(minutes=9), NeedsLogin),
        (timedelta(days=-1), NeedsLogin),
    ],
)
def test_a_sign_in_that_is_about_to_end_is_not_used(
    place: Place, server: LinkedInServer, left: timedelta, meaning: type
) -> None:
    place.secret = secret_of(token=server.password, expires_at=(NOW + left).isoformat())
    answer = place.ready()
    assert type(answer) is meaning
    if isinstance(answer, NeedsLogin):
        assert answer.reason.endswith("curate account add linkedin --name one")
        assert server.heard == []


def test_the_bare_token_of_an_application_works_too(place: Place, server: LinkedInServer) -> None:
    assert isinstance(place.ready(secret=server.password), Ready)
