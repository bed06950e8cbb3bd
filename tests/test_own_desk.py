"""This repository is a desk: its settings load, its feeds read, its posts pass their own checks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from curate.desk.folder import find_desk
from curate.desk.settings import load_settings
from curate.feeds.opml import read_feeds
from curate.posts.checks import check_post
from curate.posts.files import read_posts
from curate.posts.profile import load_profile

ROOT = Path(__file__).parents[1]
DESK = find_desk(ROOT)


def test_the_repository_is_a_desk_with_settings() -> None:
    assert DESK.root == ROOT
    site = load_settings(DESK.settings).site
    assert (site.name, site.url) == ("curate", "https://curate.example")


def test_the_starter_list_has_about_forty_feeds_in_four_folders() -> None:
    feeds = read_feeds(DESK.feeds)
    assert 38 <= len(feeds) <= 45
    assert set(Counter(feed.folder for feed in feeds)) == {"Publishing", "Software", "Leadership", "Careers"}
    assert len({feed.url for feed in feeds}) == len(feeds)
    for feed in feeds:
        assert feed.title
        assert feed.url.startswith("https://")
        assert feed.site_url.startswith("https://")


def test_our_own_posts_pass_our_own_checks() -> None:
    posts, faults = read_posts(DESK.content)
    assert faults == []
    assert {post.kind for post in posts} == {"link", "essay", "prediction"}
    for post in posts:
        findings = check_post(post, earlier=[other for other in posts if other is not post])
        assert (findings.errors, findings.warnings) == ((), ()), post.slug
        assert post.status == "published"
        assert len(post.summary) <= 155


def test_the_prediction_speaks_of_the_list_as_it_is() -> None:
    posts, _ = read_posts(DESK.content)
    prediction = next(post for post in posts if post.kind == "prediction")
    assert f"of the {len(read_feeds(DESK.feeds))} feeds" in prediction.claim


def test_the_desks_profile_reads() -> None:
    profile = load_profile(DESK.profile)
    assert profile.name == "curate"
