"""What is said against words that are not one's own, or were said before."""

from __future__ import annotations

import pytest

from curate.desk.settings import Shares
from curate.shares.sincerity import About, Earlier, Finding, closest, find_hashtags, judge, phrases, source_percent

LINK = "https://dana.example/2026/small-models/"
SAID = "It drafted, a person sent, and two times out of three that saved three minutes."


def found(
    text: str, *earlier: Earlier, network: str = "mastodon", about: About | None = None, rules: Shares | None = None
) -> list[Finding]:
    return judge(
        f"{text}\n\n{LINK}",
        link=LINK,
        network=network,
        about=about or About(),
        earlier=earlier,
        rules=rules or Shares(),
    )


def test_phrases_leave_out_links_hashtags_and_capitals() -> None:
    plain = phrases("one two three four five")
    assert plain == {("one", "two", "three", "four"), ("two", "three", "four", "five")}
    assert phrases(f"One, TWO #Ops three “four”\nfive! {LINK} #Tags dana.dev/x") == plain
    assert phrases("one two three") == frozenset()
    assert len(phrases("故人西辞黄鹤楼")) == 4
    assert phrases("it’s a good thing") == phrases("It's a good thing")


def test_the_nearest_text_is_named_with_its_percent() -> None:
    near = closest("a b c d e f g h", [Earlier("one", "a b c d"), Earlier("two", "a b c d e f x")])
    assert near is not None
    assert (near.percent, near.name) == (60, "two")
    assert closest("a b c d", [Earlier("one", "something else altogether here")]) is None
    assert closest("a b", [Earlier("one", "a b")]) is None


@pytest.mark.parametrize(("warns", "refused", "refuses"), [(61, 100, None), (60, 100, False), (25, 60, True)])
def test_the_settings_say_from_where_on_it_is_too_much(warns: int, refused: int, *, refuses: bool | None) -> None:
    rules = Shares(similar_warns=warns, similar_refused=refused)
    findings = found("a b c d e f g h", Earlier("the text for linkedin", "a b c d e f x"), rules=rules)
    assert [one.refuses for one in findings] == ([] if refuses is None else [refuses])
    if findings:
        assert findings[0].words == "60 % of this text stands in the text for linkedin."
        assert "mastodon" in findings[0].hint


def test_the_sources_words_are_not_ones_own() -> None:
    about = About(passages=("Small models are taking the night shift", SAID))
    assert [one.rule for one in found(f"Small models are taking the night shift. {SAID}", about=about)] == ["source"]
    assert (
        found(f"I doubt the numbers here, and yet I would try it for a month: what breaks? {SAID[:22]}", about=about)
        == []
    )
    assert source_percent("Night shift", ("Night shift",)) == 100
    assert source_percent("Night", ("Night shift",)) == 0


@pytest.mark.parametrize(
    ("text", "network", "refuses"),
    [
        ("Read https://other.example/x too", "mastodon", [True]),
        (f"Here {LINK} it is", "mastodon", [True]),
        ("Read other.dev/x too", "mastodon", []),
        ("Read other.dev/x too", "bluesky", [True]),
        ("Read other.dev/x too", "x", [True]),
        ("Written in ASP.net", "x", [False]),
        ("Written in ASP.net", "bluesky", [False]),
        ("Written in Node.js", "x", []),
        ("Just words", "x", []),
    ],
)
def test_one_link_is_enough(text: str, network: str, refuses: list[bool]) -> None:
    findings = found(text, network=network)
    assert [one.refuses for one in findings] == refuses
    assert all(one.rule == "link" and one.hint for one in findings)


def test_three_hashtags_are_enough() -> None:
    assert find_hashtags(f"#One two#three (#Four) &#39; ＃Fünf #6 {LINK}#part") == ["One", "Four", "Fünf"]
    assert found("So it goes #One #Two #Three") == []
    [finding] = found("So it goes #One #Two #Three #Four")
    assert finding.refuses
    assert "4 hashtags" in finding.words


def test_the_words_of_a_tag_of_the_post_are_told_apart_by_capitals() -> None:
    about = About(tags=("incident response", "on-call", "evaluation"))
    findings = found("So it goes #incidentresponse #oncall #evaluation", about=about)
    assert [(one.hint, one.refuses) for one in findings] == [
        ("Write #IncidentResponse.", False),
        ("Write #OnCall.", False),
    ]
    assert found("So it goes #IncidentResponse #OnCall", about=about) == []
