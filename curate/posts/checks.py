"""Say what a post lacks before strangers see it: one table of rules, by kind.

Pure: a post and the posts before it in, findings out. An error keeps a post from being published,
a warning is said. Every message tells what is there and what is missing. Must not know the site.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from curate.desk.settings import PROMPTS
from curate.feeds.clean import word_count
from curate.posts.draft import OURS
from curate.posts.post import KINDS, PostFault
from curate.posts.predictions import edit_of
from curate.posts.prose import Prose, read_prose, without_code
from curate.posts.results import result_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from curate.posts.post import Post

OWN_WORDS = {"link": 40, "essay": 200}
LONGEST_QUOTE = 90  # words
LONGEST_SUMMARY = 155  # characters
REMEMBERED = 3  # questions of the posts before, which a new one should not repeat
STOCK = {
    *("your thoughts", "thoughts", "any thoughts", "what are your thoughts", "what do you think", "what say you"),
    *("agree", "do you agree", "agree or disagree", "comments", "right", "am i right", "am i wrong", "who else"),
}
REMINDER = re.compile(r"<!--\s*curate:|\b(?:TODO|FIXME):|\bTKTK\b|(?i:\blorem ipsum\b)")
PELICAN = re.compile(r"[{|][^{}|]*[}|](.*)", re.DOTALL)
SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")


@dataclass(frozen=True)
class Finding:
    """One thing a post lacks: the rule's name, a sentence, and the file's line (from 1)."""

    rule: str
    message: str
    line: int


@dataclass(frozen=True)
class Findings:
    """What was found in one post."""

    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class _Case:
    """A post under examination, its body read once, and the questions asked before it, newest first."""

    post: Post
    prose: Prose
    asked: tuple[str, ...]

    def at(self, key: str) -> int:
        """Return the line of a key; where it is missing, the first."""
        return self.post.lines.get(key, 1)

    def in_body(self, line: int) -> int:
        return self.post.body_line + line - 1


Found = tuple[int, str]  # line of the file, message


def check_post(post: Post, *, earlier: Sequence[Post] = ()) -> Findings:
    """Return what the rules of the post's kind find; ``earlier`` are other posts, in any order."""
    case = _Case(post=post, prose=read_prose(post.body), asked=_asked_before(post, earlier))
    found = [
        (rule.warns, Finding(rule.name, message, line))
        for rule in RULES
        if post.kind in rule.kinds
        for line, message in rule.look(case)
    ]
    return Findings(
        errors=tuple(finding for warns, finding in found if not warns),
        warnings=tuple(finding for warns, finding in found if warns),
    )


def findings_of(fault: PostFault) -> Findings:
    """Return as a finding why a file cannot be read as a post."""
    return Findings(errors=(Finding("header", f"{fault.reason} {fault.hint}".strip(), fault.line),), warnings=())


def own_words(post: Post) -> int:
    """Return how many words of the body are the person's own."""
    return read_prose(post.body).own


def _asked_before(post: Post, earlier: Sequence[Post]) -> tuple[str, ...]:
    before = [
        (other.date, other.question)
        for other in earlier
        if other.status == "published" and other.slug != post.slug and other.question and other.date
        if post.status == "draft" or post.date is None or other.date < post.date
    ]
    return tuple(question for _, question in sorted(before, reverse=True)[:REMEMBERED])


def _title(case: _Case) -> Iterator[Found]:
    if not case.post.title:
        yield case.at("title"), "There is no title."


def _own_words(case: _Case) -> Iterator[Found]:
    own, least = case.prose.own, OWN_WORDS[case.post.kind]
    quoted = case.prose.quoted + sum(word_count(quote.text) for quote in case.post.quotes)
    if case.post.kind == "link" and (own < least or own <= quoted):
        yield case.post.body_line, f"{own} words of yours, {quoted} quoted. At least {least}, and more than you quote."
    elif own < least:
        yield case.post.body_line, f"{own} words of yours. At least {least}."


def _source(case: _Case) -> Iterator[Found]:
    source, line = case.post.source, case.at("source")
    if source is None:
        yield line, "The source is missing: its url, title and site or author, in the header under source."
        return
    if not source.title:
        yield line, "The source has no title."
    if not (source.site or source.author):
        yield line, "The source has neither a site nor an author: say whose words these are."
    if not _on_the_web(source.url):
        yield line, f"The source’s url is “{source.url}”. Readers need an http or https address to follow."


def _quotes(case: _Case) -> Iterator[Found]:
    lengths = [(case.at("quotes"), word_count(quote.text)) for quote in case.post.quotes]
    lengths += [(case.in_body(line), words) for line, words in case.prose.quotes]
    for line, words in lengths:
        if words > LONGEST_QUOTE:
            yield line, f"A quote of {words} words. At most {LONGEST_QUOTE}; the rest is theirs to tell."


def _question(case: _Case) -> Iterator[Found]:
    question = case.post.question
    if not question:
        yield case.at("question"), "There is no question to the reader. Write it in the header, under question."
    elif not question.rstrip('"”’)*_ ').endswith(("?", "？", "؟")):
        yield case.at("question"), f"“{question}” is not a question: it has no question mark at its end."


def _question_repeated(case: _Case) -> Iterator[Found]:
    asked = _bare(case.post.question)
    if asked and [_bare(other) for other in case.asked] == [asked] * REMEMBERED:
        yield case.at("question"), "Your last three posts asked this, too. Ask what only this one can."


def _question_again(case: _Case) -> Iterator[Found]:
    asked = _bare(case.post.question)
    if asked and asked in map(_bare, case.asked):
        yield case.at("question"), "You asked this in one of the last three posts. Ask what only this one can."


def _question_stock(case: _Case) -> Iterator[Found]:
    if _bare(case.post.question) in STOCK:
        yield case.at("question"), f"“{case.post.question}” could end any post. Ask something only this one can."


def _claim(case: _Case) -> Iterator[Found]:
    if not case.post.claim:
        yield case.at("claim"), "The claim is missing: one sentence that can turn out wrong."


def _confidence(case: _Case) -> Iterator[Found]:
    if case.post.confidence is None:
        yield case.at("confidence"), "The confidence is missing: a number from 0 to 1, or per cent."


def _due(case: _Case) -> Iterator[Found]:
    if case.post.due is None:
        yield case.at("due"), "The due date is missing: the day on which you will grade it."
    elif case.post.date is not None and case.post.due <= case.post.date.date():
        yield case.at("due"), "The due date is not after the date: what is known by then is no prediction."


def _until(case: _Case) -> Iterator[Found]:
    post = case.post
    if post.until is None:
        yield case.at("until"), "The notice has no end: under until, when it is taken down."
    elif post.date is not None and post.until <= post.date:
        yield case.at("until"), "The notice ends before it begins: until is not after date."


def _grade(case: _Case) -> Iterator[Found]:
    """Find what keeps a build from reading a grade or a result's date, and edits of what was predicted."""
    fault: PostFault | None
    try:
        fault = edit_of(case.post)
        result_of(case.post)
    except PostFault as unread:
        fault = unread
    if fault is not None:
        yield fault.line, f"{fault.reason[0].upper()}{fault.reason[1:]} {fault.hint}"


def _alt_text(case: _Case) -> Iterator[Found]:
    for line, said in case.prose.images:
        if not said:
            yield case.in_body(line), 'An image without alt text. Say what is on it, or <img … alt=""> for decoration.'


def _media(case: _Case) -> Iterator[Found]:
    for line, tag in case.prose.media:
        yield case.in_body(line), f"“<{tag}” is in it, and the pages' own policy plays none. Link to it instead."


def _leftover(case: _Case) -> Iterator[Found]:
    post = case.post
    for key in ("title", "summary", "question", "claim"):
        said = str(post.header.get(key, ""))
        if said and _is_reminder(said):
            yield case.at(key), f"“{said[:60]}” is a reminder of what to write, not yet written."
    for number, line in enumerate(without_code(post.body).split("\n"), 1):
        if _is_reminder(line):
            yield case.in_body(number), f"“{line.strip()[:60]}” is a reminder of what to write, not yet written."


def _links(case: _Case) -> Iterator[Found]:
    for line, target in case.prose.links:
        problem = _link_problem(target, case.post)
        if problem:
            yield case.in_body(line), problem


def _summary_length(case: _Case) -> Iterator[Found]:
    length = len(case.post.summary)
    if length > LONGEST_SUMMARY:
        yield case.at("summary"), f"The summary has {length} characters. At most {LONGEST_SUMMARY}."


def _summary_missing(case: _Case) -> Iterator[Found]:
    if not case.post.summary:
        yield case.at("summary"), "There is no summary; search engines and networks will show the first words instead."


class Rule(NamedTuple):
    """One rule: its name, the kinds it holds for, how it looks, and whether it only warns."""

    name: str
    kinds: Collection[str]
    look: Callable[[_Case], Iterator[Found]]
    warns: bool = False


EVERY = tuple(KINDS)
RULES = (
    Rule("title", EVERY, _title),
    Rule("own-words", ("link", "essay"), _own_words),
    Rule("source", ("link",), _source),
    Rule("quote-length", EVERY, _quotes),
    Rule("question", ("link", "essay"), _question),
    Rule("question-repeated", EVERY, _question_repeated),
    Rule("question-again", EVERY, _question_again, warns=True),
    Rule("question-stock", EVERY, _question_stock, warns=True),
    Rule("claim", ("prediction",), _claim),
    Rule("confidence", ("prediction",), _confidence),
    Rule("due", ("prediction",), _due),
    Rule("until", ("notice",), _until),
    Rule("grade", EVERY, _grade),
    Rule("alt-text", EVERY, _alt_text),
    Rule("media", EVERY, _media, warns=True),
    Rule("leftover", EVERY, _leftover),
    Rule("links", EVERY, _links),
    Rule("summary-length", EVERY, _summary_length),
    Rule("summary-missing", EVERY, _summary_missing, warns=True),
)


def _bare(text: str) -> str:
    """Return the words of ``text`` alone, to compare."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _is_reminder(line: str) -> bool:
    ours = line.strip() in PROMPTS or line.startswith(OURS)
    return ours or REMINDER.search(line) is not None


def _on_the_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _link_problem(target: str, post: Post) -> str:
    """Say what is wrong with a link of the body; "" when nothing is."""
    shown = target[:80]
    plain = unquote(target)
    inside = PELICAN.match(plain)
    if inside:
        if _place(inside[1], post).split("/")[0] == "..":
            return f"The link “{shown}” leads out of content/; curate publishes nothing from there."
        return ""
    scheme = SCHEME.match(re.sub(r"[\x00-\x20]", "", plain))
    if scheme is None or scheme[1].lower() == "mailto":
        return ""
    if scheme[1].lower() not in ("http", "https"):
        return f"The link “{shown}” is not an http or https address."
    return "" if _on_the_web(target) else f"The link “{shown}” names no site."


def _place(link: str, post: Post) -> str:
    """Return where one of Pelican's links leads, seen from content/: it starts with .. when it leaves."""
    folders = post.path.parent.parts
    depth = folders[::-1].index("content") if "content" in folders else 0
    base = "" if link.startswith(("/", "\\")) else posixpath.join(*folders[len(folders) - depth :]) if depth else ""
    path = link.replace("\\", "/").lstrip("/").split("#")[0].split("?")[0]
    return posixpath.normpath(posixpath.join(base, path))
