"""A person with five roles, results, corrections and predictions of every outcome, as a desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.site.conftest import LINK, PIXEL, new_site

if TYPE_CHECKING:
    from pathlib import Path

    from tests.site.conftest import Site

PROFILE = (
    """basics:
  name: Dana Okafor
  label: I make on-call boring, and say how
  summary: >-
    Reliability lead for teams that carry pagers. In the last three years the nights my teams were
    woken fell from 31 a week to 4, with the same people and twice the traffic.
  email: dana@dana.example
  phone: "+351 555 0199"
  image: images/dana.png
  pronunciation: DAH-nah oh-KAH-for
  spellings: [Dana Ọkafor, D. Okafor]
  location: {city: Lisbon, countryCode: PT}
  profiles:
    - {network: Mastodon, username: dana, url: "https://social.example/@dana"}
    - {network: Codeberg, username: dana, url: "https://forge.example/dana"}
results:
  - outcome: Restoring the order database was practised monthly, and then needed once.
    metric: minutes to restore
    before: "340"
    after: "22"
    role: Wrote the runbook and led each drill
    team: 4 engineers
    period: 2021 to 2022
    proof_url: https://proof.example/restore?a=1&b=2
    topic: Recovery
    confirmed: 2026-10-01
work:
"""
    + "".join(
        f"""  - position: {position}
    name: {name}
    url: https://{name.split()[0].lower()}.example
    location: Lisbon
    startDate: "{start}"
    {f'endDate: "{end}"' if end else "summary: now"}
    highlights:
      - Took the pager rota from one tired team of six to three teams that share it, without hiring anyone for it.
      - Made every alert name the person who can act on it and the page that says how; four in five alerts were deleted.
      - Taught the incident review that asks what the system allowed, and not who did it; it is still held every Monday.
      - A fourth line that the résumé leaves out.
"""
        for position, name, start, end in (
            ("Head of Reliability", "Northpier Freight", "2023-03", ""),
            ("Staff Engineer, On-call", "Brightbank", "2020-01", "2023-02"),
            ("Site Reliability Engineer", "Ferrolux Energy", "2017-06", "2019-12"),
            ("Systems Engineer", "Oakline Press", "2014", "2017-05"),
            ("Support Engineer", "Harbour Mail", "2011-09-01", "2013-12-31"),
        )
    )
    + """talks:
  - {name: Nobody should be woken by a graph, event: Opsdays Porto, date: 2025-05, url: "https://talks.example/graph"}
  - {name: Deleting alerts in public, event: Reliable Lisbon, date: 2024-10-12}
certificates:
  - {name: Incident commander, issuer: Example Response Institute, date: 2024, url: "https://cert.example/dana"}
education:
  - {institution: University of Porto, area: Informatics, studyType: BSc, startDate: 2007, endDate: 2011}
about:
  choosing: I read about forty feeds a day and link to four, when I can add what I have seen myself.
  correcting: What was wrong stays visible, dated, with the right thing beside it.
  disclosure: I work for Northpier Freight. Nobody pays for a link.
confirmed:
  basics: 2026-11-15
  results: 2026-10-01
  work: 2026-11-15
  talks: 2026-09-01
  credentials: 2025-10-01
  education: 2026-11-15
  about: 2026-11-14
"""
)
PREDICTIONS = (  # slug, made, confidence, due, outcome
    ("pagers-stay", "2023-02-01", "0.9", "2024-02-01", "right"),
    ("one-cloud-fails-a-week", "2023-05-01", "0.95", "2024-05-01", "wrong"),
    ("reviews-get-a-law", "2023-09-10", "0.3", "2025-01-01", "wrong"),
    ("half-of-alerts-die", "2024-01-20", "70 %", "2025-01-20", "partly"),
    ("status-pages-tell", "2024-03-02", "0.6", "2025-06-01", "right"),
    ("the-vendor-folds", "2024-06-01", "0.55", "2025-06-01", "void"),
    ("rota-software-merges", "2025-02-01", "0.75", "2026-02-01", "right"),
    ("nobody-reads-dashboards", "2025-04-01", "0.8", "2026-04-01", "right"),
    ("drills-are-bought", "2025-08-01", "0.85", "2026-11-01", "pending"),
    ("no-model-wakes-people", "2025-09-01", "0.85", "2027-12-01", "pending"),
)


def build_profile_sample(root: Path) -> Site:
    """Make the desk and build its site."""
    site = new_site(root)
    site.desk.profile.write_text(PROFILE, encoding="utf-8")
    site.file("images/dana.png", PIXEL)
    for slug, made, confidence, due, outcome in PREDICTIONS:
        graded = {"outcome": outcome, "graded": due} if outcome != "pending" else {}
        if outcome == "wrong":
            graded["got_wrong"] = "I took a year of headlines for a trend."
        if outcome in ("right", "wrong"):
            graded["evidence"] = f"https://evidence.example/{slug}"
        words = slug.replace("-", " ")
        claim = f"By {due} it will be seen by everybody who carries a pager that {words}."
        site.write(
            slug, "Why I think so.\n", folder="predictions", kind="prediction", title=words.capitalize(),
            date=made, claim=claim, confidence=confidence, due=due, topic="Evaluation", **graded,
        )  # fmt: skip
    site.write(
        "pages-a-week", "# Method\n\nCounted from the pager's log.\n\n# Limits\n\nOne company.\n",
        folder="results", kind="result", title="Fewer nights awake", topic="Reliability", outcome="Three teams sleep.",
        metric="pages a week", before="31", after="4", role="Led it, deleted most alerts myself", team="3 teams of 6",
        period="2023 to 2025", proof_url="https://proof.example/pages", confirmed="2026-11-01",
    )  # fmt: skip
    site.write(
        "cost-of-alerts", "Counted.\n", folder="results", kind="result", title="A cheaper bill", topic="Reliability",
        metric="€ a month for monitoring", before="18,400", after="6,100", role="Found what nobody looked at",
    )  # fmt: skip
    site.write("small-models-on-call", folder="links", **LINK)
    for number in range(7):
        fix = {"date": f"2026-11-{10 + number}", "wrong": "twelve weeks", "right": "eight weeks", "by": "R. Lindqvist"}
        site.write(
            f"essay-{number}", f"Words of essay {number}.\n", title=f"Pagers taught me, part {number}",
            date=f"2026-{number + 1:02}-05T08:00:00+00:00", topic="Reliability",
            corrections=[fix] if number == 5 else [],
        )  # fmt: skip
    site.build()
    return site
