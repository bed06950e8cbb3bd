"""The address of a profile leads to its feed by rule, and other addresses to none."""

from __future__ import annotations

import pytest

from curate.feeds.profiles import profile_feeds
from curate.web.guard import check_url

KNOWN = {
    "https://www.youtube.com/channel/UCa_b-1/videos": "https://www.youtube.com/feeds/videos.xml?channel_id=UCa_b-1",
    "https://youtube.com/user/dana": "https://www.youtube.com/feeds/videos.xml?user=dana",
    "https://www.youtube.com/playlist?si=x&list=PL1-a&t=2": "https://www.youtube.com/feeds/videos.xml?playlist_id=PL1-a",
    "https://github.com/dana": "https://github.com/dana.atom",
    "https://www.github.com/dana/tool/": "https://github.com/dana/tool/releases.atom",
    "https://github.com/dana/tool/releases/tag/v1": "https://github.com/dana/tool/releases.atom",
    "https://github.com/dana/tool/tags": "https://github.com/dana/tool/tags.atom",
    "https://github.com/dana/tool/commits/main": "https://github.com/dana/tool/commits/main.atom",
    "https://github.com/dana/tool/commits": "https://github.com/dana/tool/commits.atom",
    "https://gitlab.com/group/sub/tool": "https://gitlab.com/group/sub/tool/-/releases.atom",
    "https://gitlab.com/group/tool/-/tags": "https://gitlab.com/group/tool/-/tags?format=atom",
    "https://codeberg.org/dana/tool": "https://codeberg.org/dana/tool/releases.rss",
    "https://codeberg.org/dana": "https://codeberg.org/dana.rss",
    "https://hachyderm.example/@dana": "https://hachyderm.example/@dana.rss",
    "https://other.example/@dana@hachyderm.example": "https://hachyderm.example/@dana.rss",
    "https://bsky.app/profile/dana.example": "https://bsky.app/profile/dana.example/rss",
    "https://bsky.app/profile/did:plc:abc123": "https://bsky.app/profile/did:plc:abc123/rss",
    "https://dana.substack.com/p/a-post": "https://dana.substack.com/feed",
    "https://medium.com/@dana": "https://medium.com/feed/@dana",
    "https://medium.com/night-shift": "https://medium.com/feed/night-shift",
    "https://medium.com/tag/reliability": "https://medium.com/feed/tag/reliability",
    "https://dana.medium.com": "https://dana.medium.com/feed",
    "https://old.reddit.com/r/sre/": "https://www.reddit.com/r/sre/.rss",
    "https://www.reddit.com/r/sre/top/?t=month": "https://www.reddit.com/r/sre/top/.rss",
    "https://www.reddit.com/u/dana": "https://www.reddit.com/user/dana/.rss",
    "https://dana.wordpress.com/about/": "https://dana.wordpress.com/feed/",
    "https://dana.tumblr.com/": "https://dana.tumblr.com/rss",
    "http://dana.blogspot.co.uk/2020/": "https://dana.blogspot.co.uk/feeds/posts/default",
    "https://dana.ghost.io": "https://dana.ghost.io/rss/",
    "https://dana.hashnode.dev": "https://dana.hashnode.dev/rss.xml",
    "https://dev.to/dana": "https://dev.to/feed/dana",
    "https://dev.to/t/sre": "https://dev.to/feed/tag/sre",
    "https://stackoverflow.com/questions/tagged/c%2B%2B": "https://stackoverflow.com/feeds/tag?tagnames=c%2B%2B&sort=newest",
    "https://dba.stackexchange.com/questions/tagged/index": "https://dba.stackexchange.com/feeds/tag?tagnames=index&sort=newest",
    "https://pypi.org/project/click/8.1/": "https://pypi.org/rss/project/click/releases.xml",
    "https://arxiv.org/list/cs.DC/recent": "https://rss.arxiv.org/rss/cs.DC",
    "https://news.ycombinator.com/": "https://news.ycombinator.com/rss",
    "https://lobste.rs/t/go": "https://lobste.rs/t/go.rss",
    "https://lobste.rs": "https://lobste.rs/rss",
}


@pytest.mark.parametrize(("url", "feed"), KNOWN.items())
def test_the_rule_of_a_site_gives_its_feed_first(url: str, feed: str) -> None:
    found = profile_feeds(url)
    assert found[0] == feed
    assert len(found) <= 3
    for each in found:
        assert str(check_url(each)) == each  # an address as it is asked for
        assert profile_feeds(each) == []  # a feed has no other


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/blog",
        "https://github.com/topics/sre",
        "https://github.com/about",
        "https://github.com/dana/tool/issues",
        "https://github.com/dana/tool/releases.atom",
        "https://medium.com/feed/@dana",
        "https://dana.wordpress.com/category/ops/feed/",
        "https://www.youtube.com/@dana",  # its page names its feed
        "https://www.youtube.com/watch?v=x",
        "https://www.tiktok.com/@dana",
        "https://example.org:8080/@dana",
        "https://notgithub.com/dana",
        "https://github.com.evil.example/dana/tool",
        "http://[",
        "",
    ],
)
def test_other_addresses_have_no_rule(url: str) -> None:
    assert profile_feeds(url) == []
