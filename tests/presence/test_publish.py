"""Publishing: what is refused, what a failure leaves behind, what is scheduled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate

SENTENCE = "Choosing ten articles a week is easier than reading one of them to its end and saying what it changes. "
ESSAY = SENTENCE * 12 + "\n\nWhich article changed how you work this year?\n"


EARLIER = ("--now", "2026-11-23T11:00:00+00:00")
NOON = ("--now", "2026-11-23T12:00:00+00:00")


def write_essay(curate: Curate, desk: Path, title: str = "Choosing well", text: str = ESSAY) -> tuple[str, Path]:
    """Write a draft that passes every check; return its slug and file."""
    source = desk.parent / "words.md"
    source.write_text(text, encoding="utf-8")
    data = curate(
        "-C", desk, "write", "--kind", "essay", "--title", title, "--from", source, "--no-edit", "--json", *EARLIER
    ).data
    return data["slug"], desk / data["path"] if not str(data["path"]).startswith("/") else _path(data["path"])


def _path(text: str) -> Path:
    from pathlib import Path

    return Path(text)


def page(desk: Path, slug: str, year: str = "2026") -> Path:
    return desk / "output" / year / slug / "index.html"


def test_a_published_post_has_a_page_at_the_address_it_was_promised(curate: Curate, desk: Path) -> None:
    slug, _ = write_essay(curate, desk)
    data = curate("-C", desk, "publish", slug, "--no-deploy", "--json", *NOON).data
    assert data["url"] == f"https://dana.example/2026/{slug}/"
    assert page(desk, slug).is_file()


def test_publishing_draws_the_social_image_and_the_page_names_it(curate: Curate, desk: Path) -> None:
    slug, _ = write_essay(curate, desk)
    curate("-C", desk, "publish", slug, "--no-deploy", *NOON)
    [card] = (desk / "content" / "images" / "social").iterdir()
    assert card.name.startswith(f"{slug}-")
    assert f'content="https://dana.example/images/social/{card.name}"' in page(desk, slug).read_text(encoding="utf-8")
    assert (desk / "output" / "images" / "social" / card.name).read_bytes() == card.read_bytes()
    assert curate("-C", desk, "site", "cards", "--json").data == {"drawn": []}


def test_a_draft_with_errors_is_refused_and_stays_as_it_was(curate: Curate, desk: Path) -> None:
    slug, path = write_essay(curate, desk, text="Too short. Is it?\n")
    before = path.read_bytes()
    result = curate("-C", desk, "publish", slug, "--no-deploy", "--json", *NOON, expect=3)
    assert result.error["code"] == "refused"
    assert any("200" in problem for problem in result.error["problems"])
    assert path.read_bytes() == before
    assert not page(desk, slug).exists()


def test_force_publishes_and_its_reason_is_kept(curate: Curate, desk: Path) -> None:
    slug, _ = write_essay(curate, desk, text="Too short. Is it?\n")
    curate("-C", desk, "publish", slug, "--no-deploy", "--force", "a note to readers", *NOON)
    history = curate("-C", desk, "post", "show", slug, "--json").data["history"]
    assert history == [{"at": "2026-11-23T12:00:00Z", "forced": "a note to readers"}]
    assert "a note to readers" in curate("-C", desk, "post", "show", slug).out


def test_a_build_that_fails_leaves_the_draft_a_draft_and_the_last_site_up(curate: Curate, desk: Path) -> None:
    first, _ = write_essay(curate, desk, "The first")
    curate("-C", desk, "publish", first, "--no-deploy", *NOON)
    second, path = write_essay(curate, desk, "The second", ESSAY.replace("this year", "today"))
    before = path.read_bytes()
    broken = desk / "themes" / "byline" / "templates"
    broken.mkdir(parents=True)
    (broken / "article.html").write_text("{% this is no template %}", encoding="utf-8")
    result = curate("-C", desk, "publish", second, "--no-deploy", *NOON, expect=1)
    assert "Traceback" not in result.err
    assert path.read_bytes() == before
    assert page(desk, first).is_file()
    assert not page(desk, second).exists()


def test_ctrl_c_during_the_build_leaves_the_draft_a_draft(
    curate: Curate, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug, path = write_essay(curate, desk, text="Too short. Is it?\n")
    before = path.read_bytes()

    def interrupted(*_: object, **__: object) -> None:
        assert b"status: published" in path.read_bytes()
        raise KeyboardInterrupt

    monkeypatch.setattr("curate.site.build.build_site", interrupted)
    curate("-C", desk, "publish", slug, "--no-deploy", "--force", "in a hurry", *NOON, expect=130)
    assert path.read_bytes() == before


@pytest.mark.parametrize(("target", "flag", "code"), [("git:origin#pages", "--offline", 5), ("ftp:host", "-q", 2)])
def test_a_target_that_cannot_be_used_is_said_before_anything_is_published(
    curate: Curate, desk: Path, target: str, flag: str, code: int
) -> None:
    curate("-C", desk, "config", "set", "deploy.target", target)
    slug, path = write_essay(curate, desk)
    before = path.read_bytes()
    curate("-C", desk, "publish", slug, "--yes", flag, *NOON, expect=code)
    assert path.read_bytes() == before
    assert not page(desk, slug).exists()


def test_what_is_proposed_next_can_be_typed(curate: Curate, desk: Path) -> None:
    slug, _ = write_essay(curate, desk)
    told = curate("-C", desk, "publish", slug, "--no-deploy", *NOON).out
    assert "           curate account add mastodon     when you want to share\n" in told
    assert "share plan" not in told
    curate("-C", desk, "account", "add", "manual", "--name", "club")
    curate("-C", desk, "config", "set", "deploy.target", "folder:public")
    told = curate("-C", desk, "publish", slug, "--yes", *NOON).out
    [proposed] = [line.removeprefix("Next").strip() for line in told.splitlines() if "curate " in line]
    assert proposed == f"curate share plan {slug} --at next"
    plan = proposed.removeprefix("curate ").split()
    words = desk / "words.txt"
    words.write_text("Four feeds are plenty. Which four are yours?", encoding="utf-8")
    planned = curate("-C", desk, *plan, "--text-file", f"club={words}", "--json", *NOON).data
    assert [one["account"] for one in planned] == ["club"]


def test_nobody_is_asked_about_a_post_that_is_not_there(curate: Curate, desk: Path) -> None:
    curate("-C", desk, "config", "set", "deploy.target", "folder:public")
    assert "There is no post “none”." in curate("-C", desk, "publish", "none", *NOON, expect=2).err


def test_publishing_again_keeps_the_date(curate: Curate, desk: Path) -> None:
    slug, path = write_essay(curate, desk)
    curate("-C", desk, "publish", slug, "--no-deploy", *NOON)
    before = path.read_bytes()
    curate("-C", desk, "publish", slug, "--no-deploy", "--now", "2026-12-24T12:00:00+00:00")
    assert path.read_bytes() == before


def test_a_post_dated_ahead_appears_with_the_tick_of_its_time(curate: Curate, desk: Path) -> None:
    slug, _ = write_essay(curate, desk)
    data = curate("-C", desk, "publish", slug, "--no-deploy", "--json", "--at", "2026-11-24T08:00:00Z", *NOON).data
    assert data["scheduled"] == "2026-11-24T08:00:00Z"
    assert not page(desk, slug).exists()
    early = curate("-C", desk, "tick", "--json", "--now", "2026-11-24T07:59:00Z").data
    assert not early["built"]
    assert not page(desk, slug).exists()
    due = curate("-C", desk, "tick", "--json", "--now", "2026-11-24T08:00:00Z").data
    assert due["built"]
    assert page(desk, slug).is_file()
    assert not curate("-C", desk, "tick", "--json", "--now", "2026-11-24T08:05:00Z").data["built"]


def test_a_notice_is_taken_down_by_the_tick_after_its_end(curate: Curate, desk: Path, tmp_path: Path) -> None:
    curate("-C", desk, "config", "set", "deploy.target", f"folder:{tmp_path / 'public'}")
    slug, path = write_essay(curate, desk, "Out of office")
    text = path.read_text(encoding="utf-8").replace("kind: essay", "kind: notice\nuntil: 2026-11-30T00:00:00+00:00")
    path.write_text(text, encoding="utf-8")
    curate("-C", desk, "publish", slug, "--yes", *NOON)
    public = tmp_path / "public" / "2026" / slug / "index.html"
    assert public.is_file()
    data = curate("-C", desk, "tick", "--json", "--now", "2026-11-30T00:01:00Z").data
    assert data["built"]
    assert data["deployed"]
    assert not public.exists()


@pytest.mark.parametrize("name", ["nobody", "../../etc/passwd"])
def test_a_post_that_does_not_exist_is_a_usage_error(curate: Curate, desk: Path, name: str) -> None:
    assert curate("-C", desk, "publish", name, "--no-deploy", expect=2).out == ""


def test_a_date_without_an_offset_is_meant_where_the_person_lives(curate: Curate, desk: Path) -> None:
    curate("-C", desk, "config", "set", "site.timezone", "Europe/Berlin")
    slug, _ = write_essay(curate, desk)
    data = curate("-C", desk, "publish", slug, "--no-deploy", "--json", "--at", "2026-12-01T08:00", *NOON).data
    assert data["scheduled"] == "2026-12-01T07:00:00Z"


def test_a_published_post_that_no_longer_passes_is_not_called_a_draft(curate: Curate, desk: Path) -> None:
    slug, path = write_essay(curate, desk)
    curate("-C", desk, "publish", slug, "--no-deploy", *NOON)
    path.write_text(path.read_text(encoding="utf-8") + "\nTODO: say more\n", encoding="utf-8")
    assert "1 problem; it stays as readers have it." in curate("-C", desk, "publish", slug, *NOON, expect=3).err
