"""Every way to write a share meets the same rules: plan, edit, approve, and what share check tells of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace as changed

from curate.errors import Refused, Unknown
from curate.shares import ledger, plan
from curate.shares.check import Checked, check_shares, warnings_of
from curate.shares.compose import tagged
from tests.shares.conftest import LINK
from tests.shares.servers import START

if TYPE_CHECKING:
    from curate.shares.ledger import Share
    from curate.shares.plan import Planned
    from tests.shares.conftest import Ledger

POST = """---
title: Small models are taking the night shift
slug: small-models
date: 2026-11-22T08:40:00Z
kind: link
status: published
tags: [incident response]
summary: A small model drafts the page, a person still sends it
question: Would you?
source: {url: https://other.example/x, title: Night shifts for small models in practice}
quotes: [{text: It drafted and a person sent and two times of three that saved minutes}]
---
Words
"""
SOON = (START + timedelta(hours=3)).isoformat()
OWN = "Eight weeks of one pager: what I keep coming back to is not whether it was right"


@pytest.fixture
def planner(book: Ledger) -> Ledger:
    book.desk.content.mkdir(exist_ok=True)
    (book.desk.content / "small-models.md").write_text(POST, encoding="utf-8")
    for name in ("mastodon", "bluesky", "x"):
        book.account(name, name, server="https://social.example", handle="dana.test")
    return book


def planned(book: Ledger, **texts: str) -> Planned:
    return plan.plan_shares(book.desk, book.settings, book.connection, "small-models", texts, at=SOON, now=START)


def refusal(book: Ledger, **texts: str) -> str:
    """Return why a plan is refused; nothing is planned then."""
    before = ledger.list_shares(book.connection)
    with pytest.raises(Refused) as caught:
        planned(book, **texts)
    assert ledger.list_shares(book.connection) == before
    [problem] = caught.value.problems
    return problem


def checked(book: Ledger, *ids: str) -> list[Checked]:
    return check_shares(book.desk, book.settings, book.connection, ids, now=START)


def words(one: Checked, name: str) -> str:
    return next(check.words for check in one.checks if check.name == name)


def test_the_variants_of_one_plan_may_not_be_one_text(planner: Ledger) -> None:
    problem = refusal(planner, mastodon=OWN, bluesky=f"Hello! {OWN}")
    assert problem.startswith("bluesky: ")
    assert "% of this text stands in the text for mastodon." in problem


def test_what_was_said_within_90_days_on_any_account_is_not_said_again(planner: Ledger) -> None:
    other = "https://dana.example/2026/another/"
    old = planner.share("bluesky", OWN, link=other, due=START - timedelta(days=89))
    assert f"({old.id})" in refusal(planner, mastodon=OWN)
    planner.connection.execute("UPDATE shares SET due_at = due_at - 2 * 86400")
    assert planned(planner, mastodon=OWN).shares


def test_what_never_went_out_may_be_said_elsewhere(planner: Ledger) -> None:
    plan.cancel_shares(planner.connection, [planned(planner, mastodon=OWN).shares[0].id])
    assert planned(planner, bluesky=OWN).shares


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Night shifts for small models in practice", "the source's own words"),
        ("See: it drafted and a person sent and two times of three that saved minutes", "the source's own words"),
        ("A small model drafts the page, a person still sends it", "stands in the post's summary"),
        ("Words of mine https://other.example/x", "One link is enough"),
        ("Words of mine #a1 #b2 #c3 #d4", "4 hashtags"),
    ],
)
def test_each_refusal_says_why_in_a_plan_in_an_edit_and_at_the_approval(planner: Ledger, text: str, why: str) -> None:
    assert why in refusal(planner, mastodon=text)
    share = planned(planner, mastodon=OWN).shares[0]
    with pytest.raises(Refused) as caught:
        plan.edit_share(planner.desk, planner.settings, planner.connection, share.id, text)
    assert why in caught.value.message
    assert planner.find(share) == share
    planner.connection.execute("UPDATE shares SET text = ?", (f"{text}\n\n{LINK}",))
    with pytest.raises(Refused) as caught:
        plan.approve_shares(planner.desk, planner.settings, planner.connection, [share.id], now=START)
    assert why in caught.value.message
    [one] = checked(planner)
    assert not one.ok
    assert f"curate share edit {share.id}" in next(check.words for check in one.checks if not check.ok)


def test_a_little_alike_is_a_warning_everywhere(planner: Ledger) -> None:
    text = f"{OWN[:36]}: would you let it wake somebody at night"
    done = planned(planner, mastodon=OWN, bluesky=text)
    [warning] = done.warnings
    assert warning.startswith("bluesky: ")
    share = done.shares[1]
    [said] = warnings_of(planner.connection, planner.settings, share, planner.desk)
    assert said.startswith(f"{share.id}: ")
    approved = plan.approve_shares(planner.desk, planner.settings, planner.connection, [share.id], now=START)
    assert len(approved.warnings) == 1
    one = checked(planner, share.id)[0]
    assert one.ok
    assert [check.name for check in one.checks if check.doubtful] == ["phrases"]


def test_a_tag_of_the_post_in_small_letters_is_a_warning(planner: Ledger) -> None:
    done = planned(planner, mastodon=f"{OWN} #incidentresponse")
    assert done.warnings == ("mastodon: A screen reader cannot part #incidentresponse. Write #IncidentResponse.",)


def test_a_post_that_is_gone_does_not_stop_its_shares(planner: Ledger) -> None:
    share = planned(planner, mastodon=OWN).shares[0]
    (planner.desk.content / "small-models.md").unlink()
    assert plan.approve_shares(planner.desk, planner.settings, planner.connection, [share.id], now=START).shares
    assert checked(planner)[0].ok


def test_an_approval_counts_again(planner: Ledger) -> None:
    share = planned(planner, mastodon=OWN).shares[0]
    planner.account("mastodon", "mastodon", server="https://social.example", characters=50)
    with pytest.raises(Refused, match="too long"):
        plan.approve_shares(planner.desk, planner.settings, planner.connection, [share.id], now=START)


def test_an_image_needs_words(planner: Ledger) -> None:
    share = planned(planner, mastodon=OWN).shares[0]
    planner.connection.execute("UPDATE shares SET image = 'content/images/a.png', image_hash = 'x'")
    with pytest.raises(Refused, match="what its image shows"):
        plan.approve_shares(planner.desk, planner.settings, planner.connection, [share.id], now=START)
    [one] = checked(planner)
    assert not one.ok
    assert "Nothing says what content/images/a.png shows" in words(one, "image")
    planner.connection.execute("UPDATE shares SET alt = 'A pager on a night table'")
    [one] = checked(planner)
    assert one.ok
    assert words(one, "image") == "A pager on a night table"


# What share check tells


def test_a_good_share_is_told_rule_by_rule(planner: Ledger) -> None:
    planned(planner, mastodon=f"{OWN} #OnCall", bluesky="Would you let it wake somebody in the middle of the night?")
    first, second = checked(planner)
    assert first.ok
    assert second.ok
    assert [check.name for check in first.checks] == [
        "length", "link", "hashtags", "source", "phrases", "again", "pace",
    ]  # fmt: skip
    assert "of 500 characters" in words(first, "length")
    assert "of 300 characters" in words(second, "length")
    assert "of 3000 bytes" in words(second, "length")
    assert words(first, "link") == LINK
    assert words(first, "hashtags") == "1 of 3"
    assert words(first, "phrases") == "0 % said before"


def test_what_is_out_is_not_checked_unless_named(planner: Ledger) -> None:
    share = planned(planner, mastodon=OWN).shares[0]
    planner.connection.execute("UPDATE shares SET state = 'sent'")
    assert checked(planner) == []
    assert checked(planner, share.id)[0].ok
    with pytest.raises(Unknown):
        checked(planner, "zzzz")


def test_a_chosen_time_that_crowds_is_doubted_not_refused(planner: Ledger) -> None:
    planned(planner, mastodon=OWN)
    share = planner.share("mastodon", "Other words", due=START + timedelta(hours=3))
    planner.connection.execute("UPDATE shares SET post = 'another' WHERE id = ?", (share.id,))
    one = checked(planner, share.id)[0]
    assert one.ok
    assert "less than 90 minutes away" in words(one, "pace")
    assert f"curate share move {share.id} --at next" in words(one, "pace")


def test_too_long_the_same_again_and_an_account_that_is_gone_are_refused(planner: Ledger) -> None:
    share = planner.share("mastodon", "Word " * 101)
    other = planner.share("mastodon", "More of it", due=START + timedelta(days=1))
    del planner.settings.accounts["mastodon"]
    one = checked(planner, share.id)[0]
    assert [check.name for check in one.checks if not check.ok] == ["account", "length", "again"]
    assert "530 of 500 characters" in words(one, "length")
    assert other.id in words(one, "again")


def test_what_x_takes_is_told_and_a_share_it_would_never_get_is_refused(planner: Ledger) -> None:
    planned(planner, x=OWN)
    [one] = checked(planner)
    assert words(one, "cost") == "0.200 US dollars; 0.00 of 5.00 are spent in 30 days"
    assert "by weight" in words(one, "length")
    planner.account("x", "x", budget=0.1)
    [one] = checked(planner)
    assert [check.name for check in one.checks if not check.ok] == ["cost"]
    assert "accounts.x.budget" in words(one, "cost")


def test_a_share_without_its_link_is_refused(planner: Ledger) -> None:
    share = planned(planner, mastodon=OWN).shares[0]
    planner.connection.execute("UPDATE shares SET text = ?", (OWN,))
    [one] = checked(planner)
    assert [check.name for check in one.checks if not check.ok] == ["link"]
    assert f"curate share edit {share.id}" in words(one, "link")


# Tagged links


def utm(book: Ledger, *, on: bool = True) -> None:
    book.settings = changed(book.settings, shares=changed(book.settings.shares, utm=on))


def test_the_link_that_goes_out_is_tagged_and_the_page_stays_the_page(planner: Ledger) -> None:
    utm(planner)
    shares = planned(planner, mastodon=OWN, bluesky=f"Would you let it wake somebody? {LINK}").shares
    assert [share.link for share in shares] == [LINK, LINK]
    assert shares[0].text == f"{OWN}\n\n{tagged(LINK, 'mastodon')}"
    assert shares[1].text == f"Would you let it wake somebody? {tagged(LINK, 'bluesky')}"
    assert all(one.ok for one in checked(planner))
    assert words(checked(planner)[0], "link") == tagged(LINK, "mastodon")


def test_an_edit_follows_the_setting_of_its_day(planner: Ledger) -> None:
    utm(planner)
    share = planned(planner, mastodon=OWN).shares[0]

    def edited(text: str) -> Share:
        return plan.edit_share(planner.desk, planner.settings, planner.connection, share.id, text)[0]

    assert edited(share.text) == share
    utm(planner, on=False)
    assert edited(share.text) == replace(share, text=f"{OWN}\n\n{LINK}")
