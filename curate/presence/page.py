"""Make one page of a review: HTML that needs nothing else, no script, charts as SVG, light and dark.

Every text goes through MarkupSafe. The page allows itself its one style, by hash, and nothing more. The same
review gives the same bytes.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from curate.presence.balance import Balance
    from curate.presence.report import Report
    from curate.presence.response import Group
    from curate.presence.review import Review

LISTED = 10  # sources
DAYS = 28  # of reading, the latest
STYLE = """
:root{color-scheme:light dark;\
--ink:#1c1b1a;--dim:#5b5853;--paper:#fdfcfa;--line:#dcd8d1;--own:#1d5fa8;--curated:#b0660f}
@media (prefers-color-scheme:dark){:root{--ink:#ecebe8;--dim:#aaa69f;--paper:#171614;--line:#3a3733;--own:#6fb0f5;\
--curated:#e3a04f}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:64rem;padding:1.5rem 1rem 4rem;background:var(--paper);color:var(--ink);\
font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.2;margin:0}
h2{font-size:1.15rem;margin:2.5rem 0 .5rem;border-top:1px solid var(--line);\
padding-top:1rem}
h3{font-size:1rem;margin:1rem 0 .25rem}
p{max-width:42rem;margin:.4rem 0}.dim{color:var(--dim)}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:1rem;margin:1.5rem 0}
dl div{display:flex;flex-direction:column-reverse}dt{color:var(--dim);font-size:.9rem}dd{margin:0;font-size:1.7rem;\
line-height:1.1;font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}caption{text-align:start;font-weight:600;\
padding:1rem 0 .25rem}
th,td{text-align:start;font-weight:400;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);\
vertical-align:top}
thead th{color:var(--dim);font-size:.9rem;vertical-align:bottom}
thead th,td{overflow-wrap:normal}th:first-child{min-width:7rem}
.n{text-align:end}td.n{white-space:nowrap}.bar{width:30%;min-width:2.5rem}
svg{display:block;width:100%}.bar svg{height:.9rem;margin-top:.3rem}.weeks>svg{height:9rem}.own{fill:var(--own)}\
.curated{fill:var(--curated)}.base{stroke:var(--line)}
figure{margin:1rem 0}figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.25rem 1rem;\
color:var(--dim);font-size:.9rem;margin-top:.25rem}.key{width:.8rem;height:.8rem;display:inline-block;margin-inline-end:.3rem}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:0 2.5rem}
@media (max-width:30rem){.bar{width:20%}th,td{padding-inline-end:.5rem}}
""".strip()
PAGE = Markup(
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; "
    "base-uri 'none'; form-action 'none'\">\n"
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    '<meta name="referrer" content="no-referrer">\n'
    '<meta name="robots" content="noindex">\n<title>{title}</title>\n<style>{style}</style>\n</head>\n'
    "<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
)


def page(found: Review, verdicts: Sequence[str]) -> str:
    """Return the page; ``verdicts`` say each of the review's experiments in words."""
    title = f"{found.name}: {_day(found.since)} to {_day(found.until)}".removeprefix(": ")
    parts = [
        Markup("<h1>{}</h1>").format(title),
        _numbers(found),
        _h2("Own and curated"),
        _balance(found.balance),
        _h2("What worked"),
        *_response(found),
        _h2("Sources"),
        _sources(found),
        _h2("Reading"),
        _reading(found.reading),
    ]
    if found.experiments:
        parts.append(_h2("Experiments"))
    for (each, _), words in zip(found.experiments, verdicts, strict=True):
        days = f"{_day(each.started_at)} to {_day(each.until)}"
        parts.append(
            Markup('<h3>{}</h3><p>{}</p><p class="dim">{}</p><p>{}</p>').format(each.name, each.hypothesis, days, words)
        )
    hashed = b64encode(sha256(STYLE.encode()).digest()).decode()
    return str(PAGE.format(hash=Markup(hashed), title=title, style=Markup(STYLE), body=Markup("\n").join(parts)))  # noqa: S704 - our own


def _h2(text: str) -> Markup:
    return Markup("<h2>{}</h2>").format(text)


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"


def _numbers(found: Review) -> Markup:
    reading, balance = found.reading, found.balance
    told = [("items decided on", f"{reading.decided:,}")]
    if reading.decided:
        told.append(("kept of them", f"{reading.kept_share:.0%}"))
    if reading.pace and reading.pace >= 1:
        told.append(("an item took", f"{reading.pace:.0f} s"))
    told += [("own pieces", str(balance.own)), ("curated pieces", str(balance.curated))]
    told += [("shares went out", str(sum(found.sent.values()))), ("sites cited", str(len(found.sources.sites)))]
    rows = Markup("").join(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(name, value) for name, value in told)
    return Markup("<dl>{}</dl>").format(rows)


def _bar(part: float, most: float, kind: str = "own") -> Markup:
    width = round(100 * part / most, 1) if most else 0
    return Markup(
        '<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="{}" width="{}" height="10" rx="1"/></svg>'
    ).format(kind, width)


def _table(caption: str, heads: Sequence[str], rows: Iterable[tuple[str, Markup, str, str]]) -> Markup:
    """Make a table of rows (name, bar, number, remark)."""
    head = Markup('<th scope="col">{}</th><td class="bar"></td><th scope="col" class="n">{}</th>{}').format(
        heads[0], heads[1], Markup('<th scope="col" class="n">{}</th>').format(heads[2]) if heads[2:] else ""
    )
    body = Markup("").join(
        Markup('<tr><th scope="row">{}</th><td class="bar">{}</td><td class="n">{}</td>{}</tr>').format(
            name, drawn, value, Markup('<td class="n">{}</td>').format(remark) if heads[2:] else ""
        )
        for name, drawn, value, remark in rows
    )
    return Markup("<table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(
        caption, head, body
    )


def _balance(found: Balance) -> Markup:
    """Draw a column for each week: own pieces below, curated ones on top."""
    most = max((week.own + week.curated for week in found.weeks), default=0) or 1
    step, columns = 20, []
    for number, week in enumerate(found.weeks):
        own, curated = (round(90 * count / most, 1) for count in (week.own, week.curated))
        for kind, top, height in (("own", 95 - own, own), ("curated", 95 - own - curated, curated)):
            if height:
                columns.append(
                    Markup('<rect class="{}" x="{}" y="{:.1f}" width="14" height="{}"/>').format(
                        kind, number * step + 3, top, height
                    )
                )
    wide = max(len(found.weeks), 1) * step
    words = "; ".join(f"week of {week.first.day} {week.first:%b}: {week.own} own, {week.curated} curated"
                      for week in found.weeks)  # fmt: skip
    key = Markup('<span><svg class="key" viewBox="0 0 10 10" aria-hidden="true">'
                 '<rect class="{}" width="10" height="10"/></svg>{}</span>')  # fmt: skip
    ends = (f"{week.first.day} {week.first:%b %Y}" for week in (found.weeks[0], found.weeks[-1]))
    ratio = f"{found.ratio:.1f} own for each curated." if found.ratio is not None else "Nothing curated."
    return Markup(
        "<p>{}</p>"
        '<figure class="weeks"><svg viewBox="0 0 {} 100" preserveAspectRatio="none" role="img" aria-label="{}">{}'
        '<path class="base" d="M0 95.5H{}" vector-effect="non-scaling-stroke"/></svg>'
        "<figcaption><span>week of {}</span><span>{} {}</span><span>week of {}</span></figcaption></figure>"
    ).format(
        ratio, wide, words, Markup("").join(columns), wide, next(ends), key.format("own", f"own {found.own}"),
        key.format("curated", f"curated {found.curated}"), next(ends),
    )  # fmt: skip


def _response(found: Review) -> list[Markup]:
    response = found.response
    if not response.shares:
        return [Markup("<p>No figures of shares yet.</p>")]
    young = f" {response.young} younger ones are not counted yet." if response.young else ""
    said = f"What {response.shares} shares came to, a week after they went out: likes, reposts and replies.{young}"
    most = max(group.each for group in response.accounts)
    accounts = _table(
        "Accounts",
        ("account", "reactions a share", "shares"),
        ((group.name, _bar(group.each, most), f"{group.each:.1f}", _shares(group)) for group in response.accounts),
    )
    tables = [accounts]
    for title, groups in (("Topics", response.topics), ("Hours", response.hours), ("Kinds", response.kinds)):
        most = max((group.usual or 0 for group in groups), default=0)
        rows = [
            (group.name, _bar(group.usual or 0, most), "–" if group.usual is None else f"{group.usual:.1f} ×",
             _shares(group))
            for group in groups
        ]  # fmt: skip
        tables.append(_table(title, (title.lower()[:-1], "of the usual", "shares"), rows))
    best = Markup("").join(
        Markup('<tr><th scope="row">{}</th><td>{}</td><td class="n">{}</td></tr>').format(
            one.title, one.account, one.reactions
        )
        for one in found.best
    )
    heads = '<th scope="col">post</th><th scope="col">account</th><th scope="col" class="n">reactions</th>'
    table = "<table><caption>Answered most</caption><thead><tr>" + heads + "</tr></thead><tbody>{}</tbody></table>"
    note = Markup('<p class="dim">A number in brackets: fewer than five shares, too few to tell.</p>')
    pair = Markup('<div class="pair">{}</div>').format(
        Markup("").join(Markup("<div>{}</div>").format(t) for t in tables)
    )
    return [Markup("<p>{}</p>").format(said), pair, note, Markup(table).format(best)]  # noqa: S704 - our own


def _shares(group: Group) -> str:
    return f"({group.shares})" if group.few else str(group.shares)


def _sources(found: Review) -> Markup:
    sources = found.sources
    if not sources.cited:
        return Markup("<p>No post of this time cites a source.</p>")
    said = (
        f"{sources.cited} {'post' if sources.cited == 1 else 'posts'}, {len(sources.sites)} "
        f"{'site' if len(sources.sites) == 1 else 'sites'} cited; the first three make up {sources.first_three:.0%}. "
        f"That is as concentrated as {sources.effective:.1f} sites cited alike."
    )
    most = sources.sites[0][1]
    rows = ((name, _bar(number, most), str(number), "") for name, number in sources.sites[:LISTED])
    return Markup("<p>{}</p>{}").format(said, _table("Cited most", ("site", "posts"), rows))


def _reading(reading: Report) -> Markup:
    if not reading.days:
        return Markup("<p>Nothing was decided in this time.</p>")
    most = max(day.decided for day in reading.days)
    rows = (
        (f"{day.day.day} {day.day:%b}", _bar(day.decided, most, "curated"), str(day.decided), str(day.kept))
        for day in reading.days[-DAYS:]
    )
    return _table("Items decided on", ("day", "decided", "kept"), rows)
