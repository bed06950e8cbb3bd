"""What a person types for shares is never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curate.desk.folder import Desk
from curate.errors import CurateError, Refused
from curate.shares.compose import LIMITS, document
from curate.shares.write import typed_texts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DOCUMENT = document("A title", "", "https://dana.example/", {"mastodon": LIMITS["mastodon"]})


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def types(words: str, code: int = 0) -> Callable[[Path], int]:
    """Return an editor that adds ``words`` at the end."""

    def edit(path: Path) -> int:
        with path.open("a", encoding="utf-8") as file:
            file.write(words)
        return code

    return edit


def test_words_that_were_taken_leave_nothing_behind(desk: Desk) -> None:
    with typed_texts(desk, "share-x", DOCUMENT, ["mastodon"], types("My words\n")) as texts:
        assert texts == {"mastodon": "My words"}
    assert list(desk.typed.iterdir()) == []


def test_an_untouched_document_is_no_words_and_leaves_nothing(desk: Desk) -> None:
    with typed_texts(desk, "share-x", DOCUMENT, ["mastodon"], types(""), keep=True) as texts:
        assert texts == {}
    assert list(desk.typed.iterdir()) == []


def test_an_editor_that_fails_keeps_the_words_and_the_next_try_goes_on(desk: Desk) -> None:
    with (
        pytest.raises(CurateError, match="exit code 3") as caught,
        typed_texts(desk, "share-x", DOCUMENT, ["mastodon"], types("First, ", code=3)),
    ):
        pass
    assert str(desk.typed / "share-x.txt") in caught.value.hint
    with typed_texts(desk, "share-x", DOCUMENT, ["mastodon"], types("then more")) as texts:
        assert texts == {"mastodon": "First, then more"}


def test_a_refusal_keeps_the_words_and_says_where(desk: Desk) -> None:
    with pytest.raises(Refused) as caught, typed_texts(desk, "share-x", DOCUMENT, ["mastodon"], types("Too long")):
        raise Refused("Too long.", "Shorten it.")
    assert caught.value.hint.startswith("Shorten it. What you typed is in ")
    assert "Too long" in (desk.typed / "share-x.txt").read_text()


def test_a_dry_run_keeps_the_words(desk: Desk) -> None:
    with typed_texts(desk, "share-x", DOCUMENT, ["mastodon"], types("My words"), keep=True):
        pass
    assert "My words" in (desk.typed / "share-x.txt").read_text()


def test_text_that_is_not_utf8_is_kept_as_it_is(desk: Desk) -> None:
    def edit(path: Path) -> int:
        path.write_bytes(b"=== mastodon\ncaf\xe9\n")
        return 0

    with pytest.raises(CurateError, match="UTF-8"), typed_texts(desk, "share-x", DOCUMENT, ["mastodon"], edit):
        pass
    assert (desk.typed / "share-x.txt").read_bytes().endswith(b"caf\xe9\n")


def test_an_editor_that_removes_the_file_is_told_in_words(desk: Desk) -> None:
    def edit(path: Path) -> int:
        path.unlink()
        return 0

    with (
        pytest.raises(CurateError, match="left no file") as error,
        typed_texts(desk, "share-x", DOCUMENT, ["mastodon"], edit),
    ):
        pass
    assert "What you typed" not in error.value.hint
