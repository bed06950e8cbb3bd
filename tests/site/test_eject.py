"""Taking the theme over: a whole copy, never over another, and the site is then built with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curate.desk.locks import hold
from curate.errors import Conflict
from curate.site.build import shipped_theme
from curate.site.manifest import list_files
from curate.site.theme import eject_theme

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Curate
    from tests.site.conftest import Site


def test_the_copy_is_whole_and_the_site_is_built_with_it(curate: Curate, site: Site) -> None:
    site.write("one")
    site.build()
    before = {name: (site.output / name).read_bytes() for name in list_files(site.output)}
    told = curate("-C", site.desk.root, "theme", "eject")
    own = site.desk.root / "themes" / "byline"
    assert told.out.startswith("Copied ")
    assert list_files(own) == list_files(shipped_theme())
    site.build()
    assert {name: (site.output / name).read_bytes() for name in list_files(site.output)} == before
    article = own / "templates" / "article.html"
    article.write_text(article.read_text(encoding="utf-8").replace("{{ article.preface }}", "MINE"), encoding="utf-8")
    site.build()
    assert "MINE" in site.page("2026/one")


def test_a_theme_that_is_there_is_never_overwritten(curate: Curate, site: Site, tmp_path: Path) -> None:
    own = site.desk.root / "themes" / "byline"
    own.mkdir(parents=True)
    (own / "mine.html").write_text("mine", encoding="utf-8")
    curate("-C", site.desk.root, "theme", "eject", expect=6)
    assert list_files(own) == ["mine.html"]
    (own / "mine.html").unlink()
    own.rmdir()
    own.symlink_to(tmp_path)
    with pytest.raises(Conflict, match="already"):
        eject_theme(site.desk)
    assert list(tmp_path.glob("templates")) == []


def test_of_two_at_once_one_copies_and_the_other_says_so(curate: Curate, site: Site) -> None:
    with hold(site.desk, "theme"):
        told = curate("-C", site.desk.root, "theme", "eject", expect=6)
    assert "busy with theme" in told.err
    assert not (site.desk.root / "themes").exists()
