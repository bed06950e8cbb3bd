"""Checks say what a post lacks, kind by kind, in words that tell what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.desk.settings import PROMPTS
from curate.posts.checks import RULES, Finding, check_post, findings_of, own_words
from curate.posts.draft import MARKER
from curate.posts.post import KINDS, Post, PostFault, parse_post

PATH = Path("/desk/content/links/2026-11-22-small.md")
WORDS = " ".join(["The model drafts and a human sends, which is the half that I would copy."] * 4)
SOURCE = "source: {url: 'https://example.org/a', title: Theirs, site: Review}\n"
LINK = f"""title: Small models
date: 2026-11-22
kind: link
summary: Mine.
question: Would you let it page you?
{SOURCE}quotes: [{{text: We stopped asking whether it was right.}}]
"""


def post(header: str, body: str = f"{WORDS}\n") -> Post:
    return parse_post(f"---\n{header}---\n{body}", PATH)


def errors(found: Post, *earlier: Post) -> dict[str, Finding]:
    return {finding.rule: finding for finding in check_post(found, earlier=earlier).errors}


def warnings(post: Post, *earlier: Post) -> set[str]:
    return {finding.rule for finding in check_post(post, earlier=earlier).warnings}


def essay(words: int, header: str = "question: Why not?\nsummary: Mine.\n") -> Post:
    return post(f"title: T\nkind: essay\n{header}", "word " * words)


def test_a_whole_link_passes_every_check() -> None:
    found = check_post(post(LINK))
    assert (found.errors, found.warnings) == ((), ())


def test_a_take_must_have_forty_words_and_more_than_it_quotes() -> None:
    quote = "quotes: [{text: " + "theirs " * 34 + "}]\n"
    short = post(LINK.replace("quotes: [{text: We stopped asking whether it was right.}]\n", quote), "mine " * 38)
    assert errors(short)["own-words"].message == "38 words of yours, 34 quoted. At least 40, and more than you quote."
    assert errors(short)["own-words"].line == 10
    assert "own-words" not in errors(post(LINK, "mine " * 40))
    assert "own-words" in errors(post(LINK, "mine " * 39))
    body = "> " + "theirs " * 60 + "\n\n" + "mine " * 60
    assert "60 words of yours, 67 quoted" in errors(post(LINK, body))["own-words"].message
    assert "67 words of yours, 67 quoted" in errors(post(LINK, body + "mine " * 7))["own-words"].message
    assert "own-words" not in errors(post(LINK, body + "mine " * 8))


def test_an_essay_needs_two_hundred_words_and_a_question() -> None:
    assert errors(essay(200)) == {}
    assert errors(essay(199))["own-words"].message == "199 words of yours. At least 200."
    assert "question" in errors(essay(200, "summary: Mine.\n"))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "source is missing"),
        ("source: {url: 'https://example.org', site: S}\n", "no title"),
        ("source: {url: 'https://example.org', title: T}\n", "neither a site nor an author"),
        ("source: {title: T, author: A}\n", "http or https"),
        ("source: {url: 'ftp://example.org', title: T, author: A}\n", "ftp://example.org"),
        ("source: {url: 'https:///x', title: T, author: A}\n", "http or https"),
    ],
)
def test_a_link_names_its_source_and_leads_to_it(source: str, said: str) -> None:
    assert said in errors(post(LINK.replace(SOURCE, source)))["source"].message


def test_no_quote_is_longer_than_ninety_words() -> None:
    long = post(LINK.replace("We stopped asking whether it was right.", "theirs " * 91), "mine " * 100)
    assert errors(long)["quote-length"].message.startswith("A quote of 91 words.")
    assert errors(long)["quote-length"].line == 8
    exact = post(LINK.replace("We stopped asking whether it was right.", "theirs " * 90), "mine " * 100)
    assert errors(exact) == {}
    inline = post(LINK, "mine " * 200 + "\n\n> " + "theirs " * 91)
    assert errors(inline)["quote-length"].line == 12


def test_a_question_is_asked_with_a_question_mark_and_not_asked_again() -> None:
    assert "no question mark" in errors(post(LINK.replace("page you?", "page you.")))["question"].message
    asked = [
        post(f"date: 2026-11-0{day}\nslug: p{day}\nstatus: published\nquestion: {question}\n")
        for day, question in ((5, "Five?"), (4, "Four?"), (3, "“Would” you let it page  you"), (2, "Two?"))
    ]
    assert "question-again" in warnings(post(LINK), *asked)
    assert errors(post(LINK), *asked) == {}
    newer = post("date: 2026-11-06\nslug: p6\nstatus: published\nquestion: Six?\n")
    assert "question-again" not in warnings(post(LINK), newer, *asked)  # it is the fourth before by now
    drafts = [parse_post(f"---\nslug: d\nquestion: Would you let it page you?\n---\n{WORDS}", PATH)]
    assert "question-again" not in warnings(post(LINK), *drafts, post(LINK))  # neither drafts nor the post itself count


def test_a_question_that_the_last_three_posts_asked_is_refused() -> None:
    asked = [
        post(f"date: 2026-11-0{day}\nslug: p{day}\nstatus: published\nquestion: Would you let it page you?\n")
        for day in (5, 4, 3)
    ]
    assert errors(post(LINK), *asked)["question-repeated"].line == 6
    assert "question-repeated" not in errors(post(LINK), *asked[:2])


def test_a_published_post_is_compared_with_those_before_it() -> None:
    published = LINK + "status: published\nslug: a\n"
    later = post("date: 2026-11-23\nslug: b\nstatus: published\nquestion: Would you let it page you?\n")
    assert errors(post(published), later) == {}


@pytest.mark.parametrize("stock", ["Your thoughts?", "what do you think??", "Thoughts?", "Agree?"])
def test_a_stock_phrase_alone_is_a_warning(stock: str) -> None:
    found = post(LINK.replace("Would you let it page you?", stock))
    assert errors(found) == {}
    assert warnings(found) == {"question-stock"}


def test_a_prediction_has_a_claim_a_confidence_and_a_due_date() -> None:
    assert set(errors(post("title: T\nkind: prediction\n"))) == {"claim", "confidence", "due"}
    whole = "title: T\nkind: prediction\nclaim: It rains.\nconfidence: 70 %\ndue: 2027-06-30\nsummary: Mine.\n"
    assert (check_post(post(whole)).errors, check_post(post(whole)).warnings) == ((), ())


@pytest.mark.parametrize(("due", "wrong"), [("2026-11-30", True), ("2026-12-01", True), ("2026-12-02", False)])
def test_a_prediction_is_due_after_the_day_it_is_made(due: str, *, wrong: bool) -> None:
    told = f"title: T\nkind: prediction\nclaim: It rains.\nconfidence: 0.7\ndate: 2026-12-01T20:00:00Z\ndue: {due}\n"
    assert ("due" in errors(post(told))) == wrong


def test_what_the_pages_do_not_play_is_named_with_its_line() -> None:
    body = f"{'mine ' * 200}\n\n<Video src='a.mp4'></Video>\n\n`<audio>` <!-- <audio src='c'> -->\n\n<audio\nsrc='b'>\n"
    found = check_post(post("title: T\nsummary: Mine.\nquestion: Why?\n", body))
    assert [(one.rule, one.line) for one in found.warnings] == [("media", 8), ("media", 12)]
    assert found.errors == ()
    assert "“<video”" in found.warnings[0].message


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_needs_a_title_alt_texts_and_no_reminders(kind: str) -> None:
    body = f"{'mine ' * 200}\n\n![](a.png)\n\n{PROMPTS[0]}\n"
    told = "claim: c\nconfidence: 1\ndue: 2027-01-01\nuntil: 2027-01-01\n"
    found = errors(post(f"kind: {kind}\nquestion: Why?\n{SOURCE}{told}", body))
    assert set(found) == {"title", "alt-text", "leftover"}
    assert (found["alt-text"].line, found["leftover"].line) == (12, 14)


@pytest.mark.parametrize(
    ("header", "wrong"),
    [("", True), ("until: 2026-12-01\n", False), ("date: 2026-12-01\nuntil: 2026-12-01\n", True)],
)
def test_a_notice_has_an_end_that_comes_after_its_beginning(header: str, *, wrong: bool) -> None:
    assert ("until" in errors(post(f"title: Away\nkind: notice\n{header}"))) == wrong


@pytest.mark.parametrize("left", [MARKER, *PROMPTS, "TODO: say more", "so lorem ipsum dolor", "a TKTK figure"])
def test_reminders_left_in_the_text_are_errors(left: str) -> None:
    assert "leftover" in errors(post(LINK, f"{WORDS}\n{left}\n"))


@pytest.mark.parametrize("fine", ["My todo list", "TODO lists are a trap", "`TODO:` in code", "```\n# TODO: x\n```"])
def test_words_that_only_look_like_reminders_pass(fine: str) -> None:
    assert errors(post(LINK, f"{WORDS}\n\n{fine}\n")) == {}


def test_a_reminder_in_the_header_is_an_error_on_its_line() -> None:
    assert errors(post(LINK.replace("summary: Mine.", "summary: 'TODO: write it'")))["leftover"].line == 5


def test_a_summary_is_wanted_and_has_at_most_155_characters() -> None:
    assert warnings(post(LINK.replace("summary: Mine.\n", ""))) == {"summary-missing"}
    assert errors(post(LINK.replace("Mine.", "x" * 155))) == {}
    assert errors(post(LINK.replace("Mine.", "x" * 156)))["summary-length"].line == 5


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org/a",
        "http://example.org",
        "mailto:me@example.org",
        "#part",
        "/2026/other/",
        "other.html",
        "{static}/images/a.png",
        "{attach}a.png",
        "{filename}../essays/x.md",
        "{attach}/images/../a.png",
        "//example.org/x",
    ],
)
def test_links_to_the_web_and_inside_the_site_pass(target: str) -> None:
    assert errors(post(LINK, f"{WORDS} [x]({target})\n")) == {}


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://example.org",
        "https://",
        "{attach}../../secret.txt",
        "{static}/../secret.txt",
        "|attach|../../../x",
        "%7Battach%7D/../x",
        "&#123;attach&#125;/../x",
        "{attach}images/../../../x",
        "{static}..\\..\\secret",
        "java%0ascript:x",
    ],
)
def test_links_out_of_content_or_to_other_schemes_are_errors(target: str) -> None:
    assert errors(post(LINK, f"{WORDS}\n\n[x](<{target}>)\n"))["links"].line == 12
    assert "links" in errors(post(LINK, f"{WORDS}\n\n<img alt='' src=\"{target}\">\n"))


def test_a_file_that_is_no_post_is_a_finding_of_the_header() -> None:
    found = findings_of(PostFault("x.md", 3, "“title” is there twice."))
    assert (found.errors[0].rule, found.errors[0].line) == ("header", 3)
    assert found.errors[0].message.startswith("“title” is there twice.")


def test_every_rule_has_one_name_and_kinds_that_exist() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(set(rule.kinds) <= set(KINDS) for rule in RULES)


def test_own_words_are_those_of_the_body() -> None:
    assert own_words(post(LINK, "> theirs\n\nthree words mine\n")) == 3
