"""Say how the profile stands: which sections are stale, what lacks proof, how the name is spelled, what is not said.

Reads the profile, the posts and the settings; asks no network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.posts.files import read_posts
from curate.posts.freshness import Section, sections
from curate.posts.header import read_mapping
from curate.posts.profile import Profile, parse_profile, read_profile_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from typing import Any

    from curate.desk.folder import Desk
    from curate.desk.settings import Settings
    from curate.posts.coverage import Spelling, Term


@dataclass(frozen=True, kw_only=True)
class Read:
    """The profile, its file's own values, and its sections with their age."""

    profile: Profile
    values: Mapping[str, Any]
    sections: tuple[Section, ...]

    @property
    def stale(self) -> tuple[Section, ...]:
        """Return the sections to look at again."""
        return tuple(section for section in self.sections if section.stale)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What a check of the profile found. ``unproved`` are results by their place, such as results[0]."""

    read: Read
    unproved: tuple[str, ...]
    spellings: tuple[Spelling, ...]
    terms: tuple[Term, ...]


def read_standing(desk: Desk, today: date) -> Read:
    """Return the profile with the age of its sections. Raises PostFault."""
    text = read_profile_text(desk.profile).removeprefix("\ufeff")
    profile = parse_profile(text, str(desk.profile))
    values = read_mapping(text, str(desk.profile))
    return Read(profile=profile, values=values, sections=tuple(sections(values, profile, today)))


def examine_profile(desk: Desk, settings: Settings, today: date) -> Standing:
    """Look at all of it. Raises PostFault when the profile cannot be read."""
    from curate.posts.coverage import cover, misspelled, profile_texts  # `today` does without

    read = read_standing(desk, today)
    profile = read.profile
    posts, _ = read_posts(desk.content)
    texts = {f"profile.yaml, {place}": text for place, text in profile_texts(profile).items()}
    for post in posts:
        where = post.path.relative_to(desk.root).as_posix()
        texts[where] = f"{post.title}\n{post.summary}\n{post.body}"
    for page in sorted(page for page in (desk.content / "pages").glob("*.md") if page.is_file()):
        texts[page.relative_to(desk.root).as_posix()] = page.read_text(encoding="utf-8", errors="replace")
    handles: dict[str, str] = {
        account.network: account.handle for account in settings.accounts.values() if account.handle
    }
    return Standing(
        read=read,
        unproved=tuple(f"results[{number}]" for number, each in enumerate(profile.results) if not each.proof_url),
        spellings=tuple(misspelled(settings.site.name, profile, texts, handles)),
        terms=tuple(cover([*settings.site.topics, *profile.keywords], posts, profile)),
    )
