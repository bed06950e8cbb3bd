"""Know where well-known sites keep the feed of a profile, a project or a topic.

Pure: an address in, candidates out. Whether there is a feed is for whoever asks for them to see.

=============  ==================================  =================================================================
site           rule                                told in
=============  ==================================  =================================================================
YouTube        channel, user, playlist             https://gist.github.com/tracend/d70ce06e3fe2683b6ade
GitHub         releases, tags, commits, user       https://wwsun.github.io/wiki/Github
GitLab         releases, tags                      https://gitlab.com/gitlab-org/gitlab/-/merge_requests/151062 and
                                                   https://gitlab.com/gitlab-org/gitlab-foss/-/merge_requests/12079
Forgejo        Codeberg's releases, project, user  https://github.com/go-gitea/gitea/pull/21696
Mastodon       /@user                               https://gist.github.com/Nitrousoxide/10cf5e78bc965887ba723a63d1daf0fa
GoToSocial     /@user                               https://docs.gotosocial.org/en/latest/user_guide/rss/
Bluesky        profile                             https://github.com/bluesky-social/atproto/discussions/1662
Substack       publication                         https://github.com/api-evangelist/substack
Medium         user, publication                   https://www.github.com/engineerchange/rss
Reddit         r/…, user/…                         https://github.com/Alafazam/feedreader
WordPress      NAME.wordpress.com                  https://perishablepress.com/what-is-my-wordpress-feed-url/
Blogger        NAME.blogspot.com                   https://libraries.io/pypi/grabfeed/0.4
Tumblr         NAME.tumblr.com                     https://gist.github.com/rmdes/dba6f262efaa6bee18406fb489a03adf
Ghost, dev.to  NAME.ghost.io; user, tag            https://github.com/Akagi201/rss
Hashnode       NAME.hashnode.dev                   https://blog.birk-jensen.dk/hashnoderss (that there is one)
Stack Exchange a tag's questions                   https://github.com/Soarez/stack-overflow-rss (that there is one)
PyPI           a project's releases                https://pypi.org/rss/project/releasing/releases.xml
arXiv          a category's listing                https://info.arxiv.org/help/rss.html
Hacker News    front page                          https://gist.github.com/gkmngrgn/791e0bb3816071d8f8dc3cf94d8637ae
Lobsters       front page, tag                     the same
=============  ==================================  =================================================================
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

FEED_ALREADY = re.compile(
    r".*\.(?:atom|rss|xml|rdf|json)|.*/(?:feed|rss|atom|rdf)(?:/\w+)?|.*/feeds/.*|.*\?format=(?:atom|rss)",
    re.IGNORECASE,
)
NAME = r"[\w.-]+"
GITHUB = r"(?:www\.)?github\.com"
NOBODY = "about|apps|collections|explore|features|login|marketplace|orgs|pricing|settings|sponsors|topics|trending"
STACKS = r"stackoverflow\.com|serverfault\.com|superuser\.com|askubuntu\.com|[\w-]+\.stackexchange\.com"


class Rule(NamedTuple):
    """Which addresses (host and path, no slash at the end) a rule is for, and their feeds, the likeliest first."""

    pattern: str
    feeds: tuple[str, ...]


RULES = (
    Rule(r"(?:www\.|m\.)?youtube\.com/channel/(?P<id>UC[\w-]+)(?:/\w+)?", ("https://www.youtube.com/feeds/videos.xml?channel_id={id}",)),
    Rule(r"(?:www\.|m\.)?youtube\.com/user/(?P<id>[\w-]+)(?:/\w+)?", ("https://www.youtube.com/feeds/videos.xml?user={id}",)),
    Rule(r"(?:www\.|m\.)?youtube\.com/playlist\?(?:.*&)?list=(?P<id>[\w-]+)(?:&.*)?", ("https://www.youtube.com/feeds/videos.xml?playlist_id={id}",)),
    Rule(rf"{GITHUB}/(?P<user>(?!(?:{NOBODY})$)[\w-]+)", ("https://github.com/{user}.atom",)),
    Rule(
        rf"{GITHUB}/(?P<repo>(?!(?:{NOBODY})/)[\w-]+/{NAME})",
        tuple(f"https://github.com/{{repo}}/{what}.atom" for what in ("releases", "tags", "commits")),
    ),
    Rule(rf"{GITHUB}/(?P<repo>[\w-]+/{NAME})/(?P<what>releases|tags)(?:/.*)?", ("https://github.com/{repo}/{what}.atom",)),
    Rule(rf"{GITHUB}/(?P<repo>[\w-]+/{NAME})/commits(?P<branch>/{NAME})?", ("https://github.com/{repo}/commits{branch}.atom",)),
    Rule(
        rf"gitlab\.com/(?P<repo>{NAME}(?:/(?!-/){NAME})+?)(?:/-/releases)?",
        tuple(f"https://gitlab.com/{{repo}}/-/{what}" for what in ("releases.atom", "tags?format=atom")),
    ),
    Rule(rf"gitlab\.com/(?P<repo>{NAME}(?:/(?!-/){NAME})+?)/-/tags", ("https://gitlab.com/{repo}/-/tags?format=atom",)),
    Rule(rf"codeberg\.org/(?P<repo>{NAME}/{NAME})(?:/releases)?", ("https://codeberg.org/{repo}/releases.rss", "https://codeberg.org/{repo}.rss")),
    Rule(rf"codeberg\.org/(?P<user>(?!(?:explore|user)$){NAME})", ("https://codeberg.org/{user}.rss",)),
    Rule(rf"bsky\.app/profile/(?P<who>did:[\w:.-]+|{NAME})", ("https://bsky.app/profile/{who}/rss",)),
    Rule(r"(?P<name>(?!www\.)[\w-]+)\.substack\.com(?:/.*)?", ("https://{name}.substack.com/feed",)),
    Rule(r"medium\.com/(?P<who>@[\w.-]+|(?!(?:feed|m|me|search|tag)(?:/|$))[\w-]+)", ("https://medium.com/feed/{who}",)),
    Rule(r"medium\.com/tag/(?P<tag>[\w-]+)", ("https://medium.com/feed/tag/{tag}",)),
    Rule(r"(?P<who>(?!(?:www|help|policy)\.)[\w-]+)\.medium\.com", ("https://{who}.medium.com/feed",)),
    Rule(r"(?:(?:www|old|new)\.)?reddit\.com/r/(?P<name>[\w+]+)(?P<sort>/(?:new|top|hot|rising))?", ("https://www.reddit.com/r/{name}{sort}/.rss",)),
    Rule(r"(?:(?:www|old|new)\.)?reddit\.com/(?:user|u)/(?P<name>[\w-]+)(?:/submitted)?", ("https://www.reddit.com/user/{name}/.rss",)),
    Rule(r"(?P<name>(?!(?:www|en)\.)[\w-]+)\.wordpress\.com(?:/.*)?", ("https://{name}.wordpress.com/feed/",)),
    Rule(r"(?P<name>(?!www\.)[\w-]+)\.tumblr\.com(?:/.*)?", ("https://{name}.tumblr.com/rss",)),
    Rule(r"(?P<host>[\w-]+\.blogspot\.[a-z.]+)(?:/.*)?", ("https://{host}/feeds/posts/default",)),
    Rule(r"(?P<name>(?!www\.)[\w-]+)\.ghost\.io(?:/.*)?", ("https://{name}.ghost.io/rss/",)),
    Rule(r"(?P<name>(?!www\.)[\w-]+)\.hashnode\.dev(?:/.*)?", ("https://{name}.hashnode.dev/rss.xml",)),
    Rule(r"dev\.to/t/(?P<tag>\w+)", ("https://dev.to/feed/tag/{tag}",)),
    Rule(r"dev\.to/(?P<user>(?!(?:feed|t|top|search)$)\w+)", ("https://dev.to/feed/{user}",)),
    Rule(rf"(?P<host>{STACKS})/questions/tagged/(?P<tag>[\w.#+%-]+)", ("https://{host}/feeds/tag?tagnames={tag}&sort=newest",)),
    Rule(rf"pypi\.org/project/(?P<name>{NAME})(?:/.*)?", ("https://pypi.org/rss/project/{name}/releases.xml",)),
    Rule(r"(?:www\.)?arxiv\.org/list/(?P<name>[\w.-]+)(?:/\w+)?", ("https://rss.arxiv.org/rss/{name}",)),
    Rule(r"news\.ycombinator\.com(?:/news)?", ("https://news.ycombinator.com/rss",)),
    Rule(r"lobste\.rs(?P<tag>/t/[\w,-]+)", ("https://lobste.rs{tag}.rss",)),
    Rule(r"lobste\.rs", ("https://lobste.rs/rss",)),
    # Servers of the fediverse have any name; these come last.
    Rule(rf"{NAME}/@(?P<user>\w+)@(?P<server>[a-z0-9.-]+\.[a-z]+)", ("https://{server}/@{user}.rss",)),
    Rule(rf"(?P<host>(?!(?:www\.)?(?:youtube|tiktok|threads)\.){NAME})/@(?P<user>\w+)", ("https://{host}/@{user}.rss", "https://{host}/@{user}/feed.rss")),
)  # fmt: skip
COMPILED = tuple((re.compile(rule.pattern, re.IGNORECASE), rule.feeds) for rule in RULES)


def profile_feeds(url: str) -> list[str]:
    """Return where the feed of the profile at ``url`` should be, the likeliest first; nothing for other addresses."""
    try:
        parts = urlsplit(url)
        usual = parts.port is None
    except ValueError:
        return []
    path = parts.path.rstrip("/")
    plain = f"{parts.hostname or ''}{path}"
    if not usual or FEED_ALREADY.fullmatch(f"{path}?{parts.query}".rstrip("?")):
        return []
    for pattern, feeds in COMPILED:
        found = pattern.fullmatch(plain) or pattern.fullmatch(f"{plain}?{parts.query}")
        if found:
            said = {name: value or "" for name, value in found.groupdict().items()}
            return [feed.format(**said) for feed in feeds]
    return []
