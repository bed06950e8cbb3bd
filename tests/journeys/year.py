"""The story of a year: every day's pass, every week's round-up, and what goes wrong or comes due in between.

At each day's end all of ``invariants`` hold; at each turning point ``curate today`` proposes the one thing to do.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys import invariants
from tests.journeys.world import ACTS, EVENING, PASS, SITE, World, remark, words
from tests.presence.test_replies import mention
from tests.real.conftest import call

START = datetime(2026, 11, 23, 7, 40, tzinfo=UTC)  # a Monday, 08:40 in Berlin
DAYS = 365
ASLEEP = range(201, 205)  # days on which the laptop's lid is closed
MONDAY, FRIDAY = 0, 4
CLAIMS = {
    9: ("One pager in three will be answered by a model before spring.", "70%", "2027-03-01"),
    16: ("Nobody will sell a rota planner without a model by August.", "60%", "2027-08-02"),
}
SAID = "Eight weeks with one pager: it woke us 13 times, and nobody had counted before. Do you count yours?"
RIGHT = "My post had the pager wrong: 31 wakings, says the log I should have opened first. Which log do you trust?"


class Year(World):
    """The story, a method for each day on which something turns."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.expected = 0  # the exit code of the day's pass
        self.claimed: dict[int, str] = {}  # slugs of predictions, by the day they were made
        self.linked = self.notice = self.source = ""

    # The routine

    def begin(self, social: str) -> None:
        """Start the desk, with two networks and a feed."""
        self.curate("init", self.desk, "--name", "Dana Okafor", "--url", SITE, "--no-git", "--no-input",
                    "--now", self.now.isoformat())  # fmt: skip
        assert self.next() == "curate feed add URL"
        self.do("config", "set", "site.timezone", "Europe/Berlin")
        self.do("config", "set", "deploy.target", f"folder:{self.public}")
        self.do("account", "add", "mastodon", "--server", social, "--handle", "dana",
                "--token-file", self.file("token", self.mastodon.password), "--no-input")  # fmt: skip
        self.sign_in(self.app_password())
        self.write_feed()
        self.do("feed", "add", f"{self.loopback.url}/feed.json")
        assert self.next() == "curate fetch"

    def sign_in(self, password: str) -> None:
        """Connect the Bluesky account, or give it a new password."""
        self.do("account", "add", "bluesky", "--server", self.sky, "--handle", self.account.handle,
                "--token-file", self.file("password", password), "--no-input")  # fmt: skip

    def routine(self, day: int) -> None:
        """Triage on Mondays, write and share a round-up on Fridays."""
        if day % 7 == MONDAY:
            assert self.next() == "curate triage"
            self.triage(keep=2)
        if day % 7 == FRIDAY:
            self.round_up("mastodon" if day // 7 % 2 == 0 else "bluesky")

    def round_up(self, account: str) -> None:
        """Write the week's round-up, publish it, and plan its share."""
        slug = self.data("write", "--kind", "roundup", "--week", "--no-edit")["slug"]
        assert self.next() == f"curate post check {slug}"
        path = self.path(slug)
        opening, rest = words(f"opening of {slug}", 4), path.read_text(encoding="utf-8")
        path.write_text(re.sub("TODO: .* delete this line", lambda _: opening, rest), encoding="utf-8")
        self.draft(slug)
        assert self.next() == f"curate publish {slug}"
        self.publish(slug)
        assert self.next() == f"curate share plan {slug}"
        share = self.plan(slug, account, remark(slug))
        assert self.next() == f"curate share approve {share}"
        self.approve(share)

    def link_post(self, said: str, account: str, at: str = "next") -> str:
        """Write about what is kept, publish it, and share it; return its slug."""
        item = self.data("item", "list", "--state", "kept", "--limit", "1")[0]["id"]
        slug = str(self.data(
            "write", item, "--no-edit", "--title", f"What a pager taught us, part {len(self.truth.posts)}",
            "--from", self.file("take.md", words(f"take on {item}", 6)), "--question", f"What would {item} cost you?",
        )["slug"])  # fmt: skip
        self.draft(slug)
        assert self.next() == f"curate publish {slug}"
        self.publish(slug)
        self.approve(self.plan(slug, account, said, at))
        return slug

    # What turns, by day

    def day_0(self) -> None:
        assert self.next() == "curate item list --state kept"

    def predict(self, day: int) -> None:
        claim, sure, due = CLAIMS[day]
        text = self.file("why.md", words(claim, 5))
        slug = str(self.data("predict", "add", claim, "--confidence", sure, "--due", due, "--from", text,
                             "--no-edit")["slug"])  # fmt: skip
        self.claimed[day] = slug
        self.draft(slug)
        assert self.next() == f"curate publish {slug}"
        self.publish(slug)
        assert self.next() == f"curate share plan {slug}"
        self.approve(self.plan(slug, "mastodon", remark(slug)))

    def day_9(self) -> None:
        self.predict(9)

    def day_16(self) -> None:
        self.predict(16)

    def day_23(self) -> None:
        self.linked = self.link_post(SAID, "mastodon")

    def morning_30(self) -> None:
        self.mastodon.notifications.append(mention(1, self.now - timedelta(hours=3), answers="1000"))

    def day_30(self) -> None:
        assert self.next() == "curate replies list"
        [reply] = self.data("replies", "list")
        assert reply["text"] == "Would you?"
        self.do("replies", "done", reply["id"])
        assert self.next() != "curate replies list"

    def morning_35(self) -> None:
        self.mastodon.effects = ["drop after"]
        self.expected = 5

    def first_35(self) -> None:
        """The answer to a share was lost: it is looked for and found, not sent again."""
        [lost] = self.today()["shares"]["waiting"]
        assert lost["state"] == "unknown"
        assert self.next() == "curate share queue"
        self.pass_()
        assert self.today()["shares"]["waiting"] == []

    def confirm(self) -> None:
        self.triage()
        assert self.next() == "curate profile confirm basics"
        self.do("profile", "confirm", "basics")
        assert "curate profile confirm basics" not in self.today()["next"]

    day_91 = day_182 = day_273 = day_364 = confirm

    def grade(self, slug: str, *said: str) -> None:
        """Grade a prediction that is due, and let readers know."""
        self.triage()
        assert self.next() == f"curate predict grade {slug}"
        self.do("predict", "grade", slug, "--evidence", "https://example.org/report", *said)
        assert self.next() == f"curate publish {slug}"
        self.publish(slug)
        assert self.next() == "curate item list --state kept"

    def day_98(self) -> None:
        self.grade(self.claimed[9], "--outcome", "right")

    def day_252(self) -> None:
        self.grade(self.claimed[16], "--outcome", "wrong", "--got-wrong", "They sell it as a feature, not a model.")

    def day_107(self) -> None:
        """A correction: the page first, then those who read the error on a network."""
        file = self.file("right.txt", RIGHT)
        done = self.data("post", "correct", self.linked, "--text", "It woke us 31 times, not 13.", "--wrong",
                         "13 times", "--announce", "--text-file", f"mastodon={file}")  # fmt: skip
        assert [(share["state"], share["repeated"]) for share in done["shares"]] == [("sent", True)]
        [planned] = done["planned"]
        assert self.today()["next"][:2] == [f"curate publish {self.linked}", f"curate share approve {planned['id']}"]
        self.publish(self.linked)
        assert self.next() == f"curate share approve {planned['id']}"
        self.approve(planned["id"])
        page = self.public / "2026" / self.linked / "index.html"
        assert "It woke us 31 times, not 13." in page.read_text(encoding="utf-8")

    def day_121(self) -> None:
        """A notice, shared beforehand, that comes down by itself a week later."""
        self.notice = str(self.data(
            "write", "--kind", "notice", "--until", "2027-03-31", "--title", "I speak in Lisbon", "--no-edit",
            "--from", self.file("notice.md", words("notice", 2)),
        )["slug"])  # fmt: skip
        self.draft(self.notice)
        assert self.next() == f"curate publish {self.notice}"
        self.publish(self.notice)
        self.approve(self.plan(self.notice, "mastodon", "I speak in Lisbon about pagers. Will you be there?"))

    def morning_128(self) -> None:
        page = f"2027/{self.notice}/"
        assert (self.public / page / "index.html").is_file()
        self.truth.public.remove(page)
        self.truth.down.add(page)

    def dead_source(self, day: int) -> None:
        """A source that is gone three days in a row is told, with where a copy may be."""
        if day == 141:
            self.source = self.item_url(self.linked)
            self.loopback.pages.pop(self.source.removeprefix(self.loopback.url))
        checked = self.do("site", "check", "--online", expect=3 if day == 143 else 0)
        if day < 143:
            assert f"Strike {day - 140} of 3" in checked.out
            assert f"curate post archive {self.linked}" not in self.today()["next"]
            return
        assert f"https://web.archive.org/web/20261216/{self.source}" in checked.out
        self.triage()
        assert self.next() == f"curate post archive {self.linked}"
        moved = self.loopback.put("/moved", "<title>Here now</title>", Content_Type="text/html")
        path = self.path(self.linked)
        path.write_text(path.read_text(encoding="utf-8").replace(f"url: {self.source}\n", f"url: {moved}\n"),
                        encoding="utf-8")  # fmt: skip
        assert f"curate post archive {self.linked}" not in self.today()["next"]
        self.publish(self.linked)
        self.do("site", "check", "--online")

    def day_141(self) -> None:
        self.dead_source(141)

    def day_142(self) -> None:
        self.dead_source(142)

    def day_143(self) -> None:
        self.dead_source(143)

    def day_173(self) -> None:
        """One more share waits when the backup of tomorrow is made."""
        kept = self.triage(keep=1)
        assert kept
        self.link_post("Twenty alerts, one cause, no owner. Who would you wake?", "bluesky", "2027-05-18T08:40")

    def first_175(self) -> None:
        """The disk dies after the day's share went out; yesterday's backup knows nothing of that."""
        old = sorted(self.saved)[-2]
        self.now += timedelta(minutes=30)
        done = self.data("backup", "restore", old, "--yes")
        self.truth = self.saved[old]
        assert done["unknown"] == 2
        assert self.next() == "curate share queue"
        self.now += timedelta(minutes=10)
        assert self.pass_(expect=5)["sent"] == []
        assert self.next() == "curate share queue"
        for share in self.today()["shares"]["waiting"]:  # nobody but the person can look
            out = [post for post in self.posts(share["account"]) if post.text == self.truth.shares[share["id"]].text]
            if out:
                self.do("share", "resolve", share["id"], "--sent", f"https://social.example/@dana/{out[0].remote_id}")
                self.truth.found.add(share["id"])
                continue
            self.do("share", "resolve", share["id"], "--not-sent")
        assert self.today()["next"][:2] == ["curate doctor --adopt", f"curate share approve {share['id']}"]
        assert self.do("doctor", "--adopt", "--yes", expect=3).out.count("\nlook ") == 1, "see day 365"
        self.approve(share["id"])
        self.do("site", "build")

    def day_205(self) -> None:
        """The laptop wakes: what it missed is asked about."""
        [share] = self.today()["shares"]["waiting"]
        assert (share["state"], share["account"]) == ("missed", "mastodon")
        assert self.next() == "curate share queue"
        self.truth.shares[share["id"]].end = "missed"
        self.triage(keep=2)

    def day_206(self) -> None:
        [share] = self.today()["shares"]["waiting"]  # nobody has given it another time
        moved = self.data("share", "move", share["id"], "--at", "next")
        known = self.truth.shares[share["id"]]
        known.due, known.end = datetime.fromisoformat(moved["at"]), "sent"
        assert "curate share queue" not in self.today()["next"]

    def morning_224(self) -> None:
        call("POST", f"{self.pds.url}/xrpc/com.atproto.server.revokeAppPassword", {"name": "curate"}, self.session())
        self.expected = 4

    def first_224(self) -> None:
        """An app password was revoked: the share is held until there is another."""
        [share] = self.today()["shares"]["waiting"]
        assert (share["state"], share["account"]) == ("held", "bluesky")
        assert self.next() == "curate account add bluesky --name bluesky"
        self.sign_in(self.app_password())
        self.truth.shares[share["id"]].late = timedelta(minutes=30)
        self.now += timedelta(minutes=5)
        assert [sent["id"] for sent in self.pass_()["sent"]] == [share["id"]]

    def look_back(self) -> None:
        """Find nothing wrong at the year's end, and say how the predictions did."""
        score = self.data("predict", "score")
        assert (score["made"], score["hit_rate"], score["brier"]) == (2, 0.5, pytest.approx((0.3**2 + 0.6**2) / 2))
        slugs = [slug for slug in self.truth.posts if slug.startswith("round-up-")]
        keys = [key for slug in slugs for key in self.covered(slug)]
        assert len(slugs) == 52
        assert len(keys) == len(set(keys)) > 52
        assert self.do("site", "check").out == "Nothing is wrong.\n"
        # A personal data server alone, as here, knows no notifications.
        [look] = [line for line in self.do("doctor", expect=3).out.splitlines() if line.startswith("look ")]
        assert "bluesky cannot be asked what became of its shares" in look
        assert "token" not in look
        backups = self.data("backup", "verify")
        assert all(backup["ok"] for backup in backups)
        assert 7 <= len(backups) <= 7 + 4 + 1

    # What it needs

    def session(self) -> str:
        """Sign in to Bluesky as its owner does in the browser; return the session's token."""
        asked = {"identifier": self.account.handle, "password": self.account.password}
        return str(call("POST", f"{self.pds.url}/xrpc/com.atproto.server.createSession", asked)["accessJwt"])

    def app_password(self) -> str:
        made = call("POST", f"{self.pds.url}/xrpc/com.atproto.server.createAppPassword", {"name": "curate"},
                    self.session())  # fmt: skip
        return str(made["password"])

    def item_url(self, slug: str) -> str:
        [url] = re.findall(rf"url: ({re.escape(self.loopback.url)}\S+)", self.path(slug).read_text(encoding="utf-8"))
        return str(url)

    def live(self, day: int) -> None:
        """Live one day, and hold everything at its end."""
        self.expected = 0
        if day:
            self.tomorrow()
        self.at(PASS)
        getattr(self, f"morning_{day}", lambda: None)()
        if day in ASLEEP:
            self.at(EVENING)
            invariants.hold(self, asleep=True)
            return
        self.pass_(expect=self.expected)
        self.at(ACTS)
        getattr(self, f"first_{day}", lambda: None)()
        self.routine(day)
        getattr(self, f"day_{day}", lambda: None)()
        self.at(EVENING)
        invariants.hold(self)
