"""Predictions, corrections, results, résumé and about: what they say, in which order, and when they are there."""

from __future__ import annotations

import gzip
import json
import re
from datetime import date
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import lxml.html
import mf2py
import pytest

from curate.posts.header import dump
from curate.posts.predictions import Band, terms_hash
from curate.posts.profile import Link, Profile
from curate.site.plugin.boxes import EDITED
from curate.site.plugin.chart import calibration_chart
from curate.site.plugin.identity import vcard
from tests.site.conftest import new_site
from tests.site.profile_sample import PREDICTIONS, build_profile_sample

if TYPE_CHECKING:
    from pathlib import Path

    from tests.site.conftest import Site

PLACES = ("predictions", "corrections", "results", "resume", "about")
WRONG = "2023/one-cloud-fails-a-week"


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The built site of somebody with a whole profile; for tests that only look at it."""
    return build_profile_sample(tmp_path_factory.mktemp("person") / "desk")


def parsed(site: Site, place: str) -> lxml.html.HtmlElement:
    return lxml.html.document_fromstring(site.page(place))


def words(element: Any) -> str:
    return " ".join(element.text_content().split())


def table(page: lxml.html.HtmlElement, name: str) -> list[list[str]]:
    """Return the rows of the table in the region of that name, its header first."""
    [found] = page.xpath(f'//div[@aria-label="{name}"]/table')
    return [[words(cell) for cell in row.xpath("./th|./td")] for row in found.iter("tr")]


def structured(page: lxml.html.HtmlElement) -> Any:
    [data] = page.xpath('//script[@type="application/ld+json"]/text()')
    return json.loads(data)


def test_a_graded_prediction_says_what_became_of_it_and_keeps_its_hash(person: Site) -> None:
    page = parsed(person, WRONG)
    [box] = page.find_class("claim")
    claim = "By 2024-05-01 it will be seen by everybody who carries a pager that one cloud fails a week."
    said = words(box)
    assert said.startswith(f"{claim}Very likely, 95 % confident, due 1 May 2024")
    assert "Outcome: Wrong, graded on 1 May 2024" in said
    assert "What I got wrong: I took a year of headlines for a trend." in said
    kept = terms_hash(claim, 0.95, date(2024, 5, 1))
    assert f"No hash was kept when it was published. SHA-256 of what it says now: {kept}" in said
    assert box.xpath(".//a/@href") == ["https://evidence.example/one-cloud-fails-a-week"]
    assert box.xpath('string(.//strong[@class="wrong"])') == "Wrong"
    assert "../../predictions/" in page.xpath('//footer[@class="foot"]//a/@href')
    assert kept in person.feed().decode()


def test_an_open_prediction_is_pending(person: Site) -> None:
    [box] = parsed(person, "2025/no-model-wakes-people").find_class("claim")
    assert box.xpath('string(.//strong[@class="pending"])') == "Pending"
    assert "Evidence" not in words(box)


def test_the_scorecard_counts_each_year_and_says_what_its_numbers_are(person: Site) -> None:
    page = parsed(person, "predictions")
    assert "10 made, 7 graded, 2 open, 1 void. 64.3 % came true; Brier score 0.19." in words(page)
    assert "Brier score: the mean squared distance between how sure I was and what happened" in words(page)
    header, *rows = table(page, "Totals by year")
    assert header == ["Made in", "Made", "Right", "Partly", "Wrong", "Void", "Open", "Hit rate", "Brier"]
    assert rows == [
        ["2025", "4", "2", "0", "0", "0", "2", "100 %", "0.05"],
        ["2024", "3", "1", "1", "0", "1", "0", "75 %", "0.10"],
        ["2023", "3", "1", "0", "2", "0", "0", "33.3 %", "0.33"],
    ]


def test_calibration_stands_in_a_table_and_a_picture_with_words(person: Site) -> None:
    page = parsed(person, "predictions")
    header, *rows = table(page, "Calibration")
    assert header == ["Band", "Said", "Happened", "Count"]
    assert rows == [
        ["30 to 40 %", "30 %", "0 %", "1"],
        ["60 to 70 %", "60 %", "100 %", "1"],
        ["70 to 80 %", "72.5 %", "75 %", "2"],
        ["80 to 90 %", "80 %", "100 %", "1"],
        ["90 to 100 %", "92.5 %", "50 %", "2"],
    ]
    [chart] = page.xpath("//figure/svg")
    assert "said 92.5 %, happened 50 %" in chart.get("aria-label")
    assert len(chart.xpath(".//circle")) == len(rows)


def test_the_picture_is_drawn_in_whole_pixels_where_the_numbers_are() -> None:
    bands = [
        Band(low=0.3, high=0.4, said=1 / 3, happened=0.0, count=1),
        Band(low=0.9, high=1, said=1, happened=1, count=9),
    ]
    drawn = calibration_chart(bands)
    assert re.findall(r'<circle cx="(\d+)" cy="(\d+)" r="(\d+)"/>', drawn) == [("146", "312", "5"), ("346", "12", "12")]
    assert not re.search(r"\d\.\d", re.sub(r'aria-label="[^"]*"', "", drawn))


def test_all_predictions_stand_in_one_table_by_date_and_open_ones_by_due_day(person: Site) -> None:
    page = parsed(person, "predictions")
    _, *rows = table(page, "All predictions")
    assert [row[4].lower() for row in rows] == [outcome for *_, outcome in reversed(PREDICTIONS)]
    assert rows[-1][0] == "1 Feb 2023"
    opened = [words(item) for item in page.find_class("open")[0].iter("li")]
    assert [re.search(r"due .*", said)[0] for said in opened] == [  # type: ignore[index]
        "due 1 November 2026. Not graded yet",
        "due 1 December 2027",
    ]


def test_corrections_come_newest_first_and_lead_to_their_posts(person: Site) -> None:
    items = parsed(person, "corrections").xpath('//ol[@class="posts"]/li')
    assert [words(item) for item in items] == [
        "23 November 2026 Small models are taking the night shift It ran eight weeks, not twelve.",
        "15 November 2026 Pagers taught me, part 5 It saidtwelve weeks Right iseight weeks Noticed byR. Lindqvist",
    ]
    assert items[0].xpath(".//a/@href") == ["../2026/small-models-on-call/"]
    assert "It said: twelve weeks. Right is: eight weeks." in words(parsed(person, "2026/essay-5"))


def test_results_put_the_number_first_below_their_topics(person: Site) -> None:
    page = parsed(person, "results")
    assert page.xpath("//header//ul[@class='years']//a/@href") == ["#topic-1", "#topic-2"]
    sections = page.xpath("//section")
    assert [section.get("id") for section in sections] == ["topic-1", "topic-2"]
    assert [words(section.find("h2")) for section in sections] == ["Reliability", "Recovery"]
    cards = [words(card) for card in page.find_class("result")]
    assert cards[0] == (
        "4 pages a week, before: 31 Fewer nights awake Three teams sleep. My partLed it, deleted most alerts myself"
        "Team3 teams of 6Period2023 to 2025Proofproof.exampleConfirmed1 November 2026"
    )
    assert cards[2].startswith("22 minutes to restore, before: 340 Restoring the order database")
    assert "../2026/pages-a-week/" in page.xpath("//h3/a/@href")
    own = parsed(person, "2026/pages-a-week")
    assert words(own.find_class("result")[0]).startswith("4 pages a week, before: 31Three teams sleep.")
    assert [words(heading) for heading in own.xpath('//div[@class="text e-content"]//h2')] == ["Method", "Limits"]


def test_the_resume_leads_with_results_and_dates_every_section(person: Site) -> None:
    page = parsed(person, "resume")
    assert [words(heading) for heading in page.iter("h1", "h2")] == [
        *("Dana Okafor", "Results", "Roles", "Talks and writing", "Credentials", "Education"),
    ]
    dates = [words(part) for part in page.xpath('//div[@class="over"]/p')]
    assert dates == [
        f"Confirmed on {day}"
        for day in ("1 October 2026", "15 November 2026", "1 September 2026", "1 October 2025", "15 November 2026")
    ]
    roles = page.find_class("role")
    assert len(roles) == 5
    assert {len(role.xpath(".//li")) for role in roles} == {3}
    assert "March 2023 – now · Lisbon" in words(roles[0])
    rows = [words(row) for row in page.find_class("rows")[0].iter("li")]
    assert rows[0] == "Nobody should be woken by a graph, Opsdays Porto May 2025"
    assert rows[2:] == [f"Pagers taught me, part {n} 5 {month} 2026" for n, month in enumerate_months()]


def enumerate_months() -> list[tuple[int, str]]:
    return [(6, "July"), (5, "June"), (4, "May"), (3, "April"), (2, "March")]


def test_the_resume_is_there_for_programs(person: Site) -> None:
    resume = json.loads((person.output / "resume" / "resume.json").read_text(encoding="utf-8"))
    assert list(resume) == [
        *("$schema", "basics", "work", "education", "certificates", "publications", "projects", "meta"),
    ]
    assert resume["basics"]["location"] == {"city": "Lisbon", "countryCode": "PT"}
    assert resume["basics"]["url"] == "https://dana.example/"
    assert resume["basics"]["image"] == "https://dana.example/images/dana.png"
    assert [role["startDate"] for role in resume["work"]] == ["2023-03", "2020-01", "2017-06", "2014", "2011-09-01"]
    assert "endDate" not in resume["work"][0]
    assert resume["publications"][0]["url"] == "https://dana.example/2026/essay-6/"
    assert [project["type"] for project in resume["projects"]] == ["result"] * 3 + ["talk"] * 2
    days = re.findall(r'"(?:start|end|release)Date": "([^"]*)"|"date": "([^"]*)"', json.dumps(resume))
    form = r"([1-2][0-9]{3}-[0-1][0-9]-[0-3][0-9]|[1-2][0-9]{3}-[0-1][0-9]|[1-2][0-9]{3})"  # the schema's own
    assert days
    assert all(re.fullmatch(form, "".join(day)) for day in days)


def test_the_card_of_the_person_is_a_vcard_whose_lines_are_short(person: Site) -> None:
    raw = (person.output / "resume" / "contact.vcf").read_bytes()
    assert raw.startswith(b"BEGIN:VCARD\r\nVERSION:4.0\r\n")
    assert raw.endswith(b"\r\nEND:VCARD\r\n")
    assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
    lines = raw.decode().replace("\r\n ", "").split("\r\n")
    assert "FN:Dana Okafor" in lines
    assert "NICKNAME:Dana Ọkafor" in lines
    assert "ADR:;;;Lisbon;;;PT" in lines
    assert "EMAIL:dana@dana.example" in lines
    assert any(line.startswith("NOTE:") and "31 a week to 4\\, with the same people" in line for line in lines)


def test_a_card_cannot_be_made_to_say_more_lines() -> None:
    profile = Profile(name="A;B,C\\D", label="x", links=(Link("n", "u", "https://a.example/"),))
    said = vcard({"PROFILE": profile, "SITE_ADDRESS": "", "SITENAME": "S"})
    assert said == (
        "BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:individual\r\nFN:A\\;B\\,C\\\\D\r\nTITLE:x\r\n"
        "URL:https://a.example/\r\nEND:VCARD\r\n"
    )


def test_about_is_the_card_that_represents_the_person(person: Site) -> None:
    address = "https://dana.example/about/"
    items = mf2py.parse(doc=person.page("about"), url=address)
    card = next(item["properties"] for item in items["items"] if item["type"] == ["h-card"])
    assert card["uid"] == [address]
    assert card["url"][0] == address
    assert card["name"] == ["Dana Okafor"]
    assert card["nickname"] == ["Dana Ọkafor", "D. Okafor"]
    assert card["email"] == ["mailto:dana@dana.example"]
    assert card["photo"] == [{"value": "https://dana.example/images/dana.png", "alt": "Dana Okafor"}]
    assert set(items["rels"]["me"]) == {"https://social.example/@dana", "https://forge.example/dana"}
    page = parsed(person, "about")
    assert page.xpath("//*[@id='me']/@class") == ["h-card card"]
    assert "DAH-nah oh-KAH-for" in words(page)
    headings = [words(heading) for heading in page.iter("h2")]
    assert headings == ["How I choose links", "How I correct", "Disclosure"]
    assert "I read widely about Reliability" in words(page)  # the page the person wrote is in it


@pytest.mark.parametrize("place", ["about", "resume"])
def test_a_profile_page_says_for_machines_who_it_is_about_and_how_fresh(person: Site, place: str) -> None:
    said = structured(parsed(person, place))
    assert said["@type"] == "ProfilePage"
    assert said["dateModified"] == "2026-11-15"
    main = said["mainEntity"]
    assert main["@id"] == "https://dana.example/about/#me"
    assert main["sameAs"] == ["https://social.example/@dana", "https://forge.example/dana"]
    assert main["knowsAbout"] == ["Reliability"]
    assert main["jobTitle"] == "I make on-call boring, and say how"
    assert main["alternateName"] == ["Dana Ọkafor", "D. Okafor"]
    assert main["image"] == "https://dana.example/images/dana.png"


def test_the_navigation_leads_to_the_pages_that_are_there(person: Site) -> None:
    for place in PLACES:
        page = parsed(person, place)
        assert [words(link) for link in page.xpath("//nav//a")][:4] == ["Results", "Résumé", "Predictions", "About"]
        if place != "corrections":
            assert page.xpath('//nav//a[@aria-current="page"]/@href') == [f"../{place}/"]
        assert "../corrections/" in page.xpath('//footer[@class="bottom"]//a/@href')


def test_every_profile_page_keeps_the_budget_and_the_structure(person: Site) -> None:
    for place in (*PLACES, WRONG, "2026/pages-a-week"):
        page = parsed(person, place)
        [style] = page.xpath("//style/text()")
        assert len(style.encode()) <= 8 * 1024, place
        assert len(gzip.compress(style.encode())) <= 3 * 1024, place
        assert len(gzip.compress(person.page(place).encode())) <= 8 * 1024, place
        assert len(page.xpath("//h1")) == 1
        levels = [int(heading.tag[1]) for heading in page.iter("h1", "h2", "h3", "h4")]
        assert all(after - before <= 1 for before, after in pairwise(levels)), place
        assert all(cell.get("scope") for cell in page.iter("th"))
        assert not page.xpath("//@style")


def test_the_same_content_gives_the_same_bytes(person: Site) -> None:
    def everything() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in person.output.rglob("*") if path.is_file()}

    before = everything()
    person.build()
    assert everything() == before


def test_a_new_desk_has_no_empty_pages(site: Site) -> None:
    site.desk.profile.unlink()
    (site.desk.content / "pages" / "about.md").unlink()
    site.build()
    assert [place for place in PLACES if (site.output / place).exists()] == ["corrections"]
    assert "None so far. Tell me." in words(parsed(site, "corrections"))
    assert parsed(site, "").xpath("//nav//a") == []


def test_nothing_graded_yet_shows_what_is_open(site: Site) -> None:
    header = {"kind": "prediction", "claim": "It will.", "confidence": "0.7", "due": "2027-03-01"}
    site.write("first", folder="predictions", **header)
    site.write("ungiven", folder="predictions", kind="prediction", claim="Perhaps.")
    site.build()
    page = parsed(site, "predictions")
    assert "2 made, 0 graded, 2 open. The first is due on 1 March 2027." in words(page)
    assert [words(heading) for heading in page.iter("h2")] == ["Open, by the day they are due", "All, newest first"]
    assert not page.xpath("//figure")


def test_what_was_edited_after_it_was_published_is_shown_as_edited_everywhere(site: Site) -> None:
    kept = terms_hash("It will.", 0.7, date(2027, 3, 1))
    same = {"folder": "predictions", "kind": "prediction", "claim": "It will.", "due": "2027-03-01"}
    graded = {"outcome": "right", "graded": "2026-11-20"}
    site.write("held", **same, confidence="0.7", claim_hash=kept, **graded)
    site.write("moved", **same, confidence="0.99", claim_hash=kept, **graded)
    site.write("older", **same, confidence="0.6", claim_hash=sha256(b"It will.").hexdigest())
    site.build()
    page = parsed(site, "predictions")
    assert "3 made, 2 graded, 1 open. 100 % came true; Brier score 0.09. 1 edited after publication" in words(page)
    [_, year] = table(page, "Totals by year")
    assert year[-3:] == ["1", "100 %", "0.09"]
    rows = {row[2]: row[-1] for row in table(page, "All predictions")[1:]}
    assert rows == {"70 %": "Right", "99 %": "Right Edited", "60 %": "Pending"}
    moved = parsed(site, "2026/moved")
    assert "was edited after it was published. It counts in no score." in words(moved)
    assert f"SHA-256 as published, which it no longer has: {kept}" in words(moved)
    assert [said["text"] for said in structured(moved)["correction"]] == [EDITED]
    assert "correction" not in structured(parsed(site, "2026/held"))
    assert f"its due date, as published: {kept}" in words(parsed(site, "2026/held"))
    assert "No hash holds its confidence and due date." in words(parsed(site, "2026/older"))
    assert EDITED in site.feed().decode()
    assert "99 % confident, due 1 March 2027, edited after it was published" in words(parsed(site, "2026/11"))


def test_a_prediction_that_was_taken_down_is_counted_as_that(site: Site) -> None:
    header = {
        "folder": "predictions",
        "kind": "prediction",
        "claim": "It will.",
        "confidence": "0.7",
        "due": "2027-03-01",
    }
    site.write("stays", **header)
    site.build()
    assert "taken down" not in words(parsed(site, "predictions"))
    site.write("wrong", **header, outcome="wrong", status="gone", modified="2026-11-20", gone="it was wrong")
    site.build()
    page = words(parsed(site, "predictions"))
    assert "1 made, 0 graded, 1 open." in page
    assert "1 taken down: not among these, and in no number here." in page


def test_a_page_of_ones_own_takes_the_place_of_ours(person: Site, tmp_path: Path) -> None:
    site = new_site(tmp_path / "desk")
    site.desk.profile.write_bytes(person.desk.profile.read_bytes())
    site.file("pages/resume.md", "---\ntitle: My own\nslug: resume\nstatus: published\n---\nWords.\n")
    built = site.build()
    assert "Words." in words(parsed(site, "resume"))
    assert not (site.output / "resume" / "resume.json").exists()
    assert any("dana.png" in said for said in built.warnings)  # the picture is not in this desk
    assert not parsed(site, "about").xpath("//img")


def test_hostile_texts_stay_texts_on_every_page(site: Site) -> None:
    evil = "\"><script>alert(1)</script>'&{attach}x"
    row = {"name": evil, "position": evil, "institution": evil, "outcome": evil, "after": evil, "network": evil}
    row |= {"url": "javascript:alert(1)", "proof_url": "javascript:alert(1)"}
    basics = {
        "name": evil,
        "label": evil,
        "image": "../../secret",
        "email": evil,
        "spellings": [evil],
        "profiles": [row],
    }
    lists = {name: [row] for name in ("work", "talks", "certificates", "results", "education")}
    site.desk.profile.write_text(dump({"basics": basics, **lists, "about": {"choosing": evil}}), encoding="utf-8")
    site.write(
        "guess", folder="predictions", kind="prediction", title=evil, claim=evil, outcome="wrong", got_wrong=evil,
        evidence=["javascript:alert(1)", evil], confidence="1", corrections=[{"wrong": evil, "by": evil, "date": evil}],
    )  # fmt: skip
    site.write("won", folder="results", kind="result", title=evil, outcome=evil, metric=evil, after=evil, role=evil)
    site.build()
    for place in (*PLACES, "2026/guess", "2026/won"):
        page = parsed(site, place)
        assert {script.get("type") for script in page.iter("script")} <= {"application/ld+json"}, place
        assert "alert(1)</script>" in page.text_content(), place
        assert not [link for link in page.xpath("//@href|//@src") if link.startswith("javascript")], place
    assert json.loads((site.output / "resume" / "resume.json").read_text())["basics"]["name"] == evil


@pytest.mark.parametrize(
    ("folder", "header", "line"),
    [
        ("predictions", {"kind": "prediction", "claim": "It will.", "outcome": "perhaps"}, 8),
        ("results", {"kind": "result", "confirmed": "lately"}, 7),
    ],
)
def test_a_post_with_a_grade_or_day_that_means_nothing_is_left_out_and_its_line_named(
    site: Site, folder: str, header: dict[str, str], line: int
) -> None:
    path = site.write("bad", folder=folder, **header)
    [said] = site.left_out()
    assert said.startswith(f"{path}:{line}: ")


def test_a_theme_of_somebody_else_goes_without_these_pages(site: Site) -> None:
    with site.desk.pelicanconf.open("a", encoding="utf-8") as conf:
        conf.write('THEME = "simple"\n')
    site.write("guess", folder="predictions", kind="prediction", claim="It will.", confidence="0.9", due="2027-01-01")
    site.build()
    assert not [place for place in PLACES if place != "about" and (site.output / place).exists()]
    assert "Very likely, 90 % confident, due 1 January 2027" in words(parsed(site, "2026/guess"))
