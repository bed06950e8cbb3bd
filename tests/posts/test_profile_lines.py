"""profile.yaml is the person's: a change touches its own lines, keeps every comment, and proves itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import Conflict
from curate.posts.header import UNREADABLE, PostFault, read_mapping
from curate.posts.profile_lines import add_rows, change_profile, set_value

if TYPE_CHECKING:
    from pathlib import Path

MINE = """# mine
basics:
  name: "Dana"   # as people search for it
  label:
  profiles: []   # none yet
# what I did
work:
- {position: Lead, name: Example}
- position: Engineer
  highlights:
  - fewer pages
# certificates: later

confirmed:
  basics: 2026-01-01   # new year
"""


@pytest.mark.parametrize(
    ("place", "value", "before", "after"),
    [
        (("confirmed", "basics"), "2026-02-02", "basics: 2026-01-01   # new", "basics: 2026-02-02   # new"),
        (("confirmed", "work"), "2026-02-02", "# new year\n", "# new year\n  work: 2026-02-02\n"),
        (("basics", "label"), "Does: things", "label:\n", "label: 'Does: things'\n"),
        (("basics", "name"), "Dana Okafor", '"Dana"   #', "Dana Okafor   #"),
        (("basics", "keywords"), ["a", "b"], "# none yet\n", "# none yet\n  keywords:\n  - a\n  - b\n"),
        (("about", "choosing"), "Slowly.", "# new year\n", "# new year\nabout:\n  choosing: Slowly.\n"),
    ],
)
def test_one_value_changes_and_every_other_line_stays(
    place: tuple[str, ...], value: object, before: str, after: str
) -> None:
    assert before in MINE
    assert set_value(MINE, place, value, "profile.yaml") == MINE.replace(before, after)


def test_the_same_value_again_changes_nothing() -> None:
    assert set_value(MINE, ("basics", "name"), "Dana", "profile.yaml") == MINE


def test_a_row_is_added_where_its_list_ends() -> None:
    changed = add_rows(MINE, "work", [{"position": "Intern", "startDate": "2019"}], "profile.yaml")
    assert changed == MINE.replace("fewer pages\n", "fewer pages\n- position: Intern\n  startDate: '2019'\n")


@pytest.mark.parametrize("text", ["", "talks:\n", "talks: []  # none\n", "talks: [{name: A}]\n", "# only a comment\n"])
def test_a_list_that_is_not_written_in_lines_gets_its_row_all_the_same(text: str) -> None:
    before = read_mapping(text, "x").get("talks") or []
    changed = add_rows(text, "talks", [{"name": "B"}], "x")
    assert read_mapping(changed, "x") == {"talks": [*before, {"name": "B"}]}


def test_what_is_no_list_takes_no_row() -> None:
    with pytest.raises(PostFault, match="talks is no list"):
        add_rows("talks: one\n", "talks", [{"name": "B"}], "x")


@given(st.text().filter(lambda text: not UNREADABLE.search(text)), st.sampled_from(["label", "summary", "new"]))
def test_any_text_comes_back_as_it_was_set(text: str, key: str) -> None:
    changed = set_value(MINE, ("basics", key), text, "x")
    values = read_mapping(changed, "x")
    assert values["basics"][key] == text
    assert {**values, "basics": ""} == {**read_mapping(MINE, "x"), "basics": ""}
    assert "# as people search for it" in changed


def test_line_ends_and_a_byte_order_mark_stay(tmp_path: Path) -> None:
    path = tmp_path / "profile.yaml"
    path.write_bytes("\ufeffbasics:\r\n  name: Dana\r\n".encode())
    assert change_profile(path, lambda text: set_value(text, ("basics", "label"), "x", "p"))
    assert path.read_bytes() == "\ufeffbasics:\r\n  name: Dana\r\n  label: x\r\n".encode()


def test_a_profile_that_would_not_read_any_more_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "profile.yaml"
    path.write_text(MINE, encoding="utf-8")
    with pytest.raises(PostFault, match="cannot be confirmed"):
        change_profile(path, lambda text: set_value(text, ("confirmed", "work"), "someday", "p"))
    assert path.read_text(encoding="utf-8") == MINE


def test_a_change_by_another_hand_meanwhile_wins(tmp_path: Path) -> None:
    path = tmp_path / "profile.yaml"
    path.write_text(MINE, encoding="utf-8")

    def meanwhile(text: str) -> str:
        path.write_text("basics: {name: Somebody}\n", encoding="utf-8")
        return set_value(text, ("basics", "label"), "x", "p")

    with pytest.raises(Conflict):
        change_profile(path, meanwhile)
    assert path.read_text(encoding="utf-8") == "basics: {name: Somebody}\n"
