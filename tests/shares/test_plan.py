"""Planning: whole or not at all, within limits, never the same again; and who may change what when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from curate.desk.folder import fingerprint
from curate.errors import Conflict, Refused, Unknown, UsageError
from curate.posts.files import read_posts
from curate.posts.social import card_place
from curate.shares import evergreen, ledger, place, plan
from curate.shares.limits import AGAIN_AFTER
from curate.shares.pictures import Attached
from tests.shares.servers import START

if TYPE_CHECKING:
    from curate.desk.settings import Settings
    from curate.shares.ledger import Share
    from curate.shares.plan import Planned
    from tests.shares.conftest import Ledger

POST = """---
title: Small models are taking the night shift
slug: {slug}
date: {date}
kind: essay
status: {status}
summary: Mine
question: Would you?
---
Words
"""
SOON = (START + timedelta(hours=3)).isoformat()


def write_post(
    book: Ledger, slug: str = "small-models", status: str = "published", date: str = "2026-11-22T08:40:00Z"
) -> None:
    book.desk.content.mkdir(exist_ok=True)
    (book.desk.content / f"{slug}.md").write_text(POST.format(slug=slug, status=status, date=date), encoding="utf-8")


@pytest.fixture
def planner(book: Ledger) -> Ledger:
    """A desk with a published post and three accounts."""
    write_post(book)
    for name, network in (("mastodon", "mastodon"), ("bluesky", "bluesky"), ("work", "mastodon")):
        book.account(name, network, server="https://social.example", handle="dana.test")
    return book


def planned(
    book: Ledger,
    texts: dict[str, str] | None = None,
    *,
    slug: str = "small-models",
    at: str = SOON,
    wish: plan.Wish = plan.NO_WISH,
    dry_run: bool = False,
) -> Planned:
    texts = texts or {"mastodon": "For peers", "bluesky": "The doubt"}
    return plan.plan_shares(
        book.desk, book.settings, book.connection, slug, texts, at=at, wish=wish, now=START, dry_run=dry_run
    )


def test_a_plan_is_one_draft_for_each_account_with_its_link_and_card(planner: Ledger) -> None:
    done = planned(planner)
    assert [(share.account, share.network, share.state) for share in done.shares] == [
        ("mastodon", "mastodon", "draft"),
        ("bluesky", "bluesky", "draft"),
    ]
    first = done.shares[0]
    assert first.text == "For peers\n\nhttps://dana.example/2026/small-models/"
    assert (first.title, first.summary) == ("Small models are taking the night shift", "Mine")
    assert first.due_at == START + timedelta(hours=3)
    assert len(first.id) == 4


def test_next_gives_each_share_its_own_slot(planner: Ledger) -> None:
    write_post(planner, "another")
    first = planned(planner, at="next").shares
    second = planned(planner, {"mastodon": "Other words"}, slug="another", at="next").shares
    assert [share.wall for share in first] == ["2026-11-23T08:40", "2026-11-23T08:40"]
    assert second[0].wall == "2026-11-24T08:40"


def test_one_bad_text_plans_nothing_and_names_every_problem(planner: Ledger) -> None:
    with pytest.raises(Refused) as caught:
        planned(planner, {"mastodon": "Fine", "bluesky": "x" * 400, "work": "  "})
    assert len(caught.value.problems) == 2
    assert "of 300 characters" in caught.value.problems[0]
    assert "work" in caught.value.problems[1]
    assert ledger.list_shares(planner.connection) == []


def test_a_dry_run_answers_the_same_and_keeps_nothing(planner: Ledger) -> None:
    before = list(planner.connection.iterdump())
    dry = planned(planner, dry_run=True)
    assert list(planner.connection.iterdump()) == before
    assert [replace(share, id="") for share in dry.shares] == [
        replace(share, id="") for share in planned(planner).shares
    ]


@pytest.mark.parametrize(("status", "date"), [("draft", "2026-11-22T08:40:00Z"), ("published", "''")])
def test_only_a_published_post_is_shared(planner: Ledger, status: str, date: str) -> None:
    write_post(planner, "not-yet", status, date)
    with pytest.raises(Refused, match="not published"):
        planned(planner, slug="not-yet")


def test_a_site_without_an_address_has_nothing_to_share(planner: Ledger) -> None:
    planner.settings = replace_url(planner, "")
    with pytest.raises(Refused, match="no address") as caught:
        planned(planner)
    assert "config set site.url" in caught.value.hint


def replace_url(book: Ledger, url: str) -> Settings:
    from msgspec.structs import replace as changed

    return changed(book.settings, site=changed(book.settings.site, url=url))


def test_a_post_that_appears_later_is_planned_with_a_warning(planner: Ledger) -> None:
    write_post(planner, "later", date="2026-12-24T08:40:00Z")
    done = planned(planner, {"mastodon": "Soon"}, slug="later")
    assert any("before its page appears" in warning for warning in done.warnings)


def test_a_chosen_time_wins_and_is_warned(planner: Ledger) -> None:
    write_post(planner, "another")
    assert planned(planner, {"mastodon": "One"}).warnings == ()
    done = planned(planner, {"mastodon": "Two"}, slug="another")
    assert len(done.shares) == 1
    assert done.warnings == ("mastodon at 2026-11-23T11:00: another share is less than 90 minutes away.",)


def test_the_same_text_is_refused_on_one_account_and_not_on_another(planner: Ledger) -> None:
    planned(planner, {"mastodon": "The same words"})
    with pytest.raises(Refused) as caught:
        planned(planner, {"mastodon": "the SAME   words"}, at=(START + timedelta(days=30)).isoformat())
    assert "Write it anew" in caught.value.problems[0]
    assert planned(planner, {"work": "The same words"}).shares


def test_the_same_post_waits_21_days_and_comes_at_most_twice(planner: Ledger) -> None:
    first = planned(planner, {"mastodon": "One"}).shares[0]
    with pytest.raises(Refused) as caught:
        planned(planner, {"mastodon": "Two"}, at=(first.due_at + timedelta(days=20)).isoformat())
    assert f"curate share cancel {first.id}" in caught.value.problems[0]
    again = (first.due_at + AGAIN_AFTER).isoformat()
    assert planned(planner, {"mastodon": "Two"}, at=again).shares
    with pytest.raises(Refused) as caught:
        planned(planner, {"mastodon": "Three"}, at=(first.due_at + timedelta(days=100)).isoformat())
    assert "Twice is enough" in caught.value.problems[0]
    plan.cancel_shares(planner.connection, [first.id])
    assert planned(planner, {"mastodon": "Three"}, at=(first.due_at + timedelta(days=100)).isoformat()).shares


def test_accounts_are_named_by_name_or_by_network(planner: Ledger) -> None:
    assert list(plan.find_accounts(planner.settings, ["work", "mastodon", "bluesky"])) == [
        "work",
        "mastodon",
        "bluesky",
    ]
    del planner.settings.accounts["mastodon"]
    assert list(plan.find_accounts(planner.settings, ["mastodon"])) == ["work"]
    with pytest.raises(UsageError, match="twice"):
        plan.find_accounts(planner.settings, ["work", "mastodon"])
    with pytest.raises(Unknown):
        plan.find_accounts(planner.settings, ["threads"])
    with pytest.raises(UsageError, match="No account"):
        plan.find_accounts(planner.settings, [])


def in_state(book: Ledger, state: str) -> Share:
    """Return a share that was approved and is now in ``state``."""
    share = book.share(text=f"Words for {state}", due=START + timedelta(hours=1), approve=state != "draft")
    book.connection.execute("UPDATE shares SET state = ? WHERE id = ?", (state, share.id))
    return book.find(share)


def test_an_edit_takes_the_approval_back(planner: Ledger) -> None:
    share = in_state(planner, "approved")
    changed, taken_back = plan.edit_share(planner.desk, planner.settings, planner.connection, share.id, "Better words")
    assert (changed.state, taken_back, changed.seal) == ("draft", True, "")
    assert plan.edit_share(planner.desk, planner.settings, planner.connection, share.id, "Better words") == (
        changed,
        False,
    )


@pytest.mark.parametrize("state", ["sending", "sent", "unknown", "handed_over", "cancelled"])
def test_what_is_or_may_be_out_is_never_edited_moved_or_approved(planner: Ledger, state: str) -> None:
    share = in_state(planner, state)
    with pytest.raises(Refused, match="cannot be edited"):
        plan.edit_share(planner.desk, planner.settings, planner.connection, share.id, "Better words")
    with pytest.raises(Refused, match="cannot be moved"):
        plan.move_share(planner.settings, planner.connection, share.id, at="next", now=START)
    with pytest.raises(Refused, match="cannot be approved"):
        plan.approve_shares(planner.desk, planner.settings, planner.connection, [share.id], now=START)
    if state != "handed_over":
        with pytest.raises(Refused, match="cannot be cancelled"):
            plan.cancel_shares(planner.connection, [share.id])
    assert planner.find(share) == share or state == "handed_over"


def test_what_is_missed_is_moved_or_sent_and_the_refusal_says_so(planner: Ledger) -> None:
    share = in_state(planner, "missed")
    with pytest.raises(Refused) as error:
        plan.approve_shares(planner.desk, planner.settings, planner.connection, [share.id], now=START)
    assert f"share move {share.id}" in error.value.hint
    assert f"share send {share.id}" in error.value.hint


@pytest.mark.parametrize(
    ("state", "moved"),
    [("draft", "draft"), ("approved", "approved"), ("held", "approved"), ("missed", "approved"), ("retry", "retry")],
)
def test_moving_keeps_the_approval(planner: Ledger, state: str, moved: str) -> None:
    share = in_state(planner, state)
    done = plan.move_share(planner.settings, planner.connection, share.id, at="2026-11-25T17:30", now=START)
    assert (done.shares[0].state, done.shares[0].wall) == (moved, "2026-11-25T17:30")


def test_approving_is_for_all_or_none(planner: Ledger) -> None:
    first, second = in_state(planner, "draft"), in_state(planner, "sent")
    with pytest.raises(Refused):
        plan.approve_shares(planner.desk, planner.settings, planner.connection, [first.id, second.id], now=START)
    assert planner.find(first).state == "draft"
    done = plan.approve_shares(planner.desk, planner.settings, planner.connection, [first.id], now=START)
    assert done.shares[0].seal == done.shares[0].public
    assert plan.approve_shares(planner.desk, planner.settings, planner.connection, [first.id], now=START).warnings == (
        f"{first.id} was approved already.",
    )
    assert len(plan.cancel_shares(planner.connection, [first.id, first.id]).shares) == 1  # named twice, meant once


def test_approving_what_is_long_past_offers_another_time(planner: Ledger) -> None:
    share = in_state(planner, "draft")
    with pytest.raises(Refused, match="which is past") as caught:
        plan.approve_shares(
            planner.desk, planner.settings, planner.connection, [share.id], now=START + timedelta(hours=4)
        )
    assert caught.value.hint == f"curate share move {share.id} --at next"


def test_a_share_that_changed_underneath_is_a_conflict(planner: Ledger) -> None:
    share = in_state(planner, "draft")
    plan.edit_share(planner.desk, planner.settings, planner.connection, share.id, "Somebody was faster")
    with pytest.raises(Conflict):
        ledger.set_approved(planner.connection, share, now=START)


def test_an_approval_covers_all_that_the_public_sees(planner: Ledger) -> None:
    share = in_state(planner, "approved")
    for field in ("account", "link", "title", "summary", "text"):
        changed = replace(share, **{field: "something else"})  # type: ignore[arg-type] # text fields all
        assert changed.public != share.public, field
    assert replace(share, reason="x", due_at=START).public == share.public


NEWS = """---
title: Notice
slug: {slug}
date: 2026-11-22T08:40:00Z
kind: {kind}
status: published
topic: Reliability
summary: Mine
question: Would you?
source: {{url: "https://www.Example.org/a?b", title: A, site: Example}}
{more}
---
Words
"""


def write_news(book: Ledger, slug: str, kind: str = "link", more: str = "item: kfmt") -> None:
    (book.desk.content / f"{slug}.md").write_text(NEWS.format(slug=slug, kind=kind, more=more), encoding="utf-8")


def test_a_share_knows_its_source_its_topic_and_its_end(planner: Ledger) -> None:
    write_news(planner, "notice", "notice", "until: 2026-12-01T12:00:00Z")
    [share] = planned(planner, {"mastodon": "Words"}, slug="notice").shares
    assert (share.source, share.topic) == ("example.org", "Reliability")
    assert share.expires_at == datetime(2026, 12, 1, 12, tzinfo=UTC)
    early = datetime(2026, 11, 25, tzinfo=UTC)
    [sooner] = planned(planner, {"work": "Words"}, slug="notice", wish=plan.Wish(expires=early)).shares
    assert sooner.expires_at == early
    with pytest.raises(UsageError, match="past"):
        planned(planner, {"bluesky": "Words"}, slug="notice", wish=plan.Wish(expires=START))


def test_a_source_whose_address_is_none_is_known_by_its_name(planner: Ledger) -> None:
    write_news(planner, "odd")
    file = planner.desk.content / "odd.md"
    text = file.read_text(encoding="utf-8").replace("https://www.Example.org", "http://[oops")
    file.write_text(text, encoding="utf-8")
    [share] = planned(planner, {"mastodon": "Words"}, slug="odd").shares
    assert share.source == "Example"


def test_one_source_is_spaced_on_one_account_and_a_chosen_time_is_warned(planner: Ledger) -> None:
    write_news(planner, "one")
    write_news(planner, "two")
    write_news(planner, "three")
    assert planned(planner, {"mastodon": "Words about the first"}, slug="one", at="2026-11-23T18:00").shares
    assert (
        planned(planner, {"mastodon": "The second is another matter"}, slug="two", at="next").shares[0].wall
        == "2026-11-25T08:40"
    )
    done = planned(planner, {"mastodon": "Thirdly, I would not"}, slug="three", at="2026-11-23T23:00")
    assert done.warnings == (
        "mastodon at 2026-11-23T23:00: 21:30-06:30 are quiet hours.",
        "mastodon at 2026-11-23T23:00: another share about example.org is less than 24 hours away.",
        "mastodon at 2026-11-23T23:00: another share under Reliability is less than 24 hours away.",
    )


def test_times_are_those_of_the_accounts_zone_or_of_the_one_that_is_named(planner: Ledger) -> None:
    planner.account("ny", "mastodon", server="https://ny.example", handle="d", timezone="America/New_York")
    [share] = planned(planner, {"ny": "Words"}, at="2026-11-24T08:40").shares
    assert (share.wall, share.zone) == ("2026-11-24T08:40", "America/New_York")
    assert share.due_at == datetime(2026, 11, 24, 13, 40, tzinfo=UTC)
    moved = plan.move_share(
        planner.settings, planner.connection, share.id, at="2026-11-24T08:40", zone="Asia/Tokyo", now=START
    )
    assert (moved.shares[0].zone, moved.shares[0].due_at) == (
        "Asia/Tokyo",
        datetime(2026, 11, 23, 23, 40, tzinfo=UTC),
    )
    write_post(planner, "another")
    [other] = planned(planner, {"ny": "Other"}, slug="another", at="next").shares
    assert (other.wall, other.zone) == ("2026-11-23T08:40", "America/New_York")


def test_a_spread_gives_each_account_its_turn(planner: Ledger) -> None:
    texts = {name: f"For {name}" for name in ("mastodon", "bluesky", "work")}
    done = planned(planner, texts, at="next", wish=plan.Wish(spread=6))
    assert [share.wall for share in done.shares] == ["2026-11-23T08:40", "2026-11-25T08:40", "2026-11-27T08:40"]
    with pytest.raises(UsageError, match="spread"):
        planned(planner, texts, wish=plan.Wish(spread=6))


def test_an_image_goes_where_it_is_used(planner: Ledger) -> None:
    planner.account("x", "x", handle="dana")
    image = Attached(path="content/images/a.png", hash="0" * 64, alt="A curve")
    done = planned(planner, {"mastodon": "One", "x": "Two"}, wish=plan.Wish(image=image))
    assert [(share.image, share.image_hash, share.alt) for share in done.shares] == [
        ("content/images/a.png", "0" * 64, "A curve"),
        ("", "", ""),
    ]
    assert done.warnings == ("x: the image is not used, x makes its card from the page or has none.",)


def test_the_cards_we_send_get_the_posts_social_image_and_an_image_that_is_wished_wins(planner: Ledger) -> None:
    [post] = read_posts(planner.desk.content)[0]
    place = f"content/{card_place(post, planner.settings.site.name)}"
    data = b"\x89PNG\r\n\x1a\n a card"
    (planner.desk.root / place).parent.mkdir(parents=True)
    (planner.desk.root / place).write_bytes(data)
    planner.account("x", "x", handle="dana")
    planner.account("li", "linkedin", handle="dana")
    done = planned(planner, {"mastodon": "One", "x": "Two", "bluesky": "Three", "li": "Four"})
    card = (place, fingerprint(data), f"{post.title} – {planner.settings.site.name}")
    none = ("", "", "")
    assert [(share.image, share.image_hash, share.alt) for share in done.shares] == [none, none, card, card]
    assert done.warnings == ()
    image = Attached(path="content/images/a.png", hash="0" * 64, alt="A curve")
    write_post(planner, "another")
    [other] = planned(planner, {"bluesky": "Other words"}, slug="another", wish=plan.Wish(image=image)).shares
    assert other.image == "content/images/a.png"


def test_what_is_evergreen_may_come_as_often_as_it_was_meant_to(planner: Ledger) -> None:
    one = evergreen.Evergreen(post="small-models", account="mastodon", days=30, times=3)
    evergreen.set_evergreens(planner.connection, [one], now=START)
    for turn in range(3):
        assert planned(planner, {"mastodon": f"Words {turn}"}, at=(START + turn * AGAIN_AFTER).isoformat()).shares
    with pytest.raises(Refused) as caught:
        planned(planner, {"mastodon": "Words 3"}, at=(START + 3 * AGAIN_AFTER).isoformat())
    assert "3 times are enough" in caught.value.problems[0]


def test_changed_rules_of_a_time_zone_move_what_waits_and_say_so(planner: Ledger) -> None:
    share = in_state(planner, "approved")
    sent = in_state(planner, "sent")
    # As if the zone had been an hour behind when these were planned.
    planner.connection.execute("UPDATE shares SET wall = '2026-11-23T10:00', zone = 'Europe/Berlin'")
    planner.connection.execute("UPDATE shares SET due_at = due_at + 3600")
    [said] = place.resolve_times(planner.connection)
    assert said.startswith(f"{share.id} on mastodon moved from 23 Nov 2026 10:00 to 23 Nov 2026 09:00 (UTC)")
    assert "Europe/Berlin" in said
    moved = planner.find(share)
    assert (moved.due_at, moved.state, moved.seal) == (share.due_at, "approved", share.seal)
    assert planner.find(sent).due_at == sent.due_at + timedelta(hours=1)
    assert place.resolve_times(planner.connection) == []


def test_a_zone_that_is_known_no_more_leaves_the_share_where_it_is(planner: Ledger) -> None:
    share = in_state(planner, "draft")
    planner.connection.execute("UPDATE shares SET zone = 'Mars/Olympus'")
    [said] = place.resolve_times(planner.connection)
    assert share.id in said
    assert "Mars/Olympus" in said
    assert planner.find(share).due_at == share.due_at
