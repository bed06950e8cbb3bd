"""Judge and spell web addresses: which are any, when two mean one page, where a redirector leads.

Pure: touches no disk and no network. Every function is total (any text in, a text out) and takes
time in proportion to the length of its input.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, unquote_plus, urljoin, urlsplit

from curate.feeds.characters import tidy

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_URL = 2048
UNSAFE = re.compile(r'[\s"<>\\^`{|}]')
AWKWARD_HOST = re.compile(r'[\s"<>\\^`{|}%\']')
MAIL = re.compile(r"mailto:[^\s\"<>\\^`{|}]+", re.IGNORECASE)
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
ENCODED = re.compile(r'%([0-9A-Fa-f]{2})?|[^\x21-\x7e]|["<>\\^`{|}]')
DEFAULT_PORTS = {"http": 80, "https": 443}
AMBIGUOUS = frozenset("ßς\u200c\u200d")  # letters of which the two standards for names make two different hosts

# Parameters that tell a site where its reader came from, and change nothing of what it shows. A star stands
# for any ending. What opens an article (a gift link's code) is not among them, nor what pays the person who
# recommends something.
EVERYWHERE = """
    utm_* mtm_* matomo_* pk_* piwik_* hsa_* otm_* itm_campaign itm_medium itm_source itm_term itm_content
    hmb_campaign hmb_medium hmb_source ga_source ga_medium ga_term ga_content ga_campaign ga_place
    at_medium at_campaign at_creation at_recipient_id at_send_date at_custom1 at_custom2 at_custom3 at_custom4 xtor
    fbclid gclid gclsrc dclid gbraid wbraid gad_source gad_campaignid msclkid yclid ysclid ymclid twclid ttclid
    rb_clickid li_fat_id epik irclickid irgwc sznclid wickedid srsltid igshid igsh mibextid _openstat _ga _gl gs_l
    _ke _kx _branch_match_id _branch_referrer
    fb_action_ids fb_action_types fb_source fb_ref action_object_map action_type_map action_ref_map
    __twitter_impression mc_cid mc_eid mc_tc mkt_tok _hsenc _hsmi __hssc __hstc __hsfp hsctatracking
    vero_id vero_conv oly_anon_id oly_enc_id ml_subscriber ml_subscriber_hash _bhlid __s ss_email_id ck_subscriber_id
    spmailingid spuserid spjobid spreportid elqtrackid elqtrack elqaid elqat elqcampaignid dm_i nr_email_referer
    cmpid s_cid s_kwcid ef_id sc_cid wt_mc wt_zmc wtmc wtzmc wtrid os_ehash cm_mmc cm_mmca1 cm_mmca2 echobox spm
    ns_mchannel ns_source ns_campaign ns_linkname ns_fee vn_* tracking_source ceneo_spo dop_* hootpostid
    guccounter guce_referrer guce_referrer_sig
"""
HERE = {  # on these sites and below them; “name.*” is a site of that name in any country
    "airbnb.*": "federated_search_id source_impression_id",
    "aktualne.cz novinky.cz seznamzpravy.cz": "seq_no",
    "aliexpress.*": "algo_expid algo_pvid btsid ws_ab_test scm* gps-id aff_*",
    "amazon.*": "pd_rd_* pf_rd_* qid sr srs ref ref_ refrid sprefix crid spia ms3_c __mk_* colid coliid linkcode"
    " creativeasin ascsubtag cv_ct_* dib dib_tag smid _encoding content-id",
    "apnews.com": "taid",
    "bbc.co.uk bbc.com": "at_* ocid pinned_post_* intlink_from_url intlink_from_ts",
    "bilibili.com": "spm_id_from from_source vd_source share_* unique_k seid msource refer_from up_id buvid plat_id"
    " is_story_h5 from_spmid",
    "bing.com": "cvid sk sp sc qs qp form",
    "bloomberg.com": "srnd sref",
    "change.org": "source_location psf_variant share_intent",
    "cnbc.com": "__source",
    "cnet.com gamespot.com zdnet.com": "ftag",
    "cnn.com": "hpt iref",
    "docs.google.com": "usp",
    "dw.com": "maca",
    "ebay.*": "_trkparms _trksid _from mkevt mkcid mkrid toolid customid",
    "economist.com": "fsrc",
    "epicgames.com": "epic_affiliate epic_gameid",
    "etsy.com": "click_key click_sum organic_search_click",
    "facebook.com": "__tn__ __xts__* __cft__* hc_* fref refsrc refid ref eid comment_tracking dti rdid sfnsn eav paipv"
    " ls_ref referral_code referral_story_type action_history",
    "forbes.com": "sh ss ctpv",
    "ft.com": "sharetype segmentid ftcamp",
    "giphy.com 9gag.com": "ref",
    "github.com": "email_token email_source",
    "goodreads.com": "from_search from_srp ac",
    "google.*": "ved ei sa usg gs_* sxsrf rlz oq aqs uact sourceid sei iflsig fbs sca_esv sca_upv gws_* gfe_* vet"
    " pcampaignid esrc cad",
    "imdb.com": "ref_ pf_rd_*",
    "instagram.com": "ig_rid ig_mid",
    "linkedin.com": "trk trackingid refid lipi licu lici midtoken midsig trkemail rcm eid otptoken",
    "medium.com": "source",
    "meetup.com": "rv _xtd",
    "mozilla.org": "redirect_source",
    "msn.com": "cvid ocid",
    "netflix.com": "trackid tctx jb*",
    "newyorker.com vanityfair.com vogue.com wired.com": "bxid cndid esrc mbid intcid source hasha hashb hashc",
    "nikkei.com nikkei.co.jp": "i_cid n_cid waad adid",
    "npr.org": "ft f sc",
    "nytimes.com": "smid smtyp partner emc campaign_id instance_id regi_id segment_id nl te referringsource rref _r",
    "reddit.com": "share_id rdt ref_source ref_campaign correlation_id $deep_link $3p $original_url rdt_*",
    "reuters.com": "taid feedname feedtype",
    "slashdot.org": "from sbsrc",
    "snapchat.com": "sc_referrer sc_ua",
    "shopee.* lazada.*": "publish_id sp_atk xptdk clicktrackinfo abid",
    "sohu.com": "scm",
    "spiegel.de": "sara_ecid sara_ref",
    "spotify.com": "si",
    "steampowered.com": "snr",
    "substack.com": "r showwelcomeonshare isfreemail triedredirect publication_id post_id",
    "taobao.com tmall.com": "ali_* algo_* scm* utparam* utkn ut_sk sp_tk share_crt_v abbucket pvid suid spm_*",
    "techcrunch.com": "ncid sr sr_share",
    "theguardian.com": "cmp cmp_tu intcmp",
    "tiktok.com": "_t _d _r u_code preview_pb is_from_webapp sender_device is_copy_url share_app_name share_iid"
    " share_link_id tt_from refer",
    "twitch.tv": "tt_medium tt_content",
    "twitter.com x.com": "s t cn ref_src ref_url src",
    "walmart.com": "athcpid athpgid athznid athieid athstid athguid athancid athena",
    "washingtonpost.com": "wpisrc wpmk wprss itid",
    "weibo.com weibo.cn": "weibo_id dt_dapp",
    "wsj.com": "mod reflink",
    "yandex.*": "redircnt",
    "youtube.com youtu.be": "si feature pp ab_channel kw",
}
# “ref” names the site a link stood on where its value is the name of one; where code lives it is a branch.
REFERRER = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}/?|rss|feed", re.IGNORECASE)
CODE = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "sr.ht")


def _table(names: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Cut a line of names into those that are whole and the beginnings of others."""
    every = names.split()
    return (
        frozenset(name for name in every if not name.endswith("*")),
        tuple(name[:-1] for name in every if name.endswith("*")),
    )


TRACKING = _table(EVERYWHERE)
TRACKING_ON = {site: _table(names) for sites, names in HERE.items() for site in sites.split()}

# Sites that show one page under two hosts, for small screens and for large ones.
TWINS = (
    (
        re.compile(r"([a-z-]+)\.m\.(wik(?:ipedia|tionary|iquote|isource|ibooks|inews|iversity|ivoyage))\.org"),
        r"\1.\2.org",
    ),
    (re.compile(r"m\.youtube\.com"), "www.youtube.com"),
    (re.compile(r"mobile\.(twitter|x)\.com"), r"\1.com"),
    (re.compile(r"(?:old|new|np|m|amp)\.reddit\.com"), "www.reddit.com"),
    (re.compile(r"amp\.theguardian\.com"), "www.theguardian.com"),
)

# Redirectors whose address holds where they lead: host and path, and the parameter; "" is the whole query.
WRAPPED = tuple(
    (re.compile(pattern), names.split())
    for pattern, names in {
        r"(?:www\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?/url": "url q",
        r"(?:www\.)?youtube\.com/redirect": "q",
        r"(?:lm?|www)\.facebook\.com/l\.php|l\.messenger\.com/l\.php|l\.instagram\.com/|l\.threads\.(?:net|com)/": "u",
        r"out\.reddit\.com/.*|click\.redditmail\.com/.*": "url",
        r"t\.umblr\.com/redirect": "z",
        r"(?:www\.)?getpocket\.com/redirect|(?:www\.)?slack-redir\.net/link": "url",
        r"(?:www\.)?steamcommunity\.com/linkfilter/?": "u url",
        r"(?:www\.)?medium\.com/r/?|(?:exit|gate)\.sc/": "url",
        r"(?:[a-z0-9-]+\.)?safelinks\.protection\.outlook\.com/.*": "url",
        r"(?:www\.)?linkedin\.com/(?:redir/redirect|safety/go)/?": "url",
        r"(?:www\.)?duckduckgo\.com/l/": "uddg",
        r"(?:www\.)?vk\.com/away\.php": "to",
        r"go\.skimresources\.com/": "url",
        r"redirect\.viglink\.com/": "u",
        r"click\.linksynergy\.com/.*": "murl",
        r"href\.li/|(?:www\.)?deviantart\.com/users/outgoing": "",
    }.items()
)
# Copies of pages kept for quick delivery: the page's own address is in the path.
COPIES = re.compile(
    r"(?:www\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?/amp/(s/)?(.+)|[a-z0-9-]+\.cdn\.ampproject\.org/[cv]/(s/)?(.+)"
)
# Redirectors that only their own server can resolve.
OPAQUE = frozenset(
    {"t.co", "lnkd.in", "bit.ly", "buff.ly", "ow.ly", "dlvr.it", "ift.tt", "trib.al", "tinyurl.com", "goo.gl", "is.gd"}
    | {"feedproxy.google.com", "rss.feedsportal.com", "news.google.com", "apple.news", "flip.it", "amzn.to", "fb.me"}
    | {"wp.me", "nyti.ms", "cutt.ly", "rb.gy", "t.ly", "shorturl.at", "hubs.ly", "hubs.la"}
)
FEEDBURNER = re.compile(r"https?://[^/?#\[]+/~r/", re.IGNORECASE)  # on whatever host


# What most addresses look like: whole already, with nothing to resolve or to encode.
PLAIN = re.compile(
    r"https?://(?:[a-z0-9][a-z0-9-]*\.)+(?:[a-z]{2,24}|[0-9]{1,3})(?::[1-5]?[1-9][0-9]{0,3})?(?:/[A-Za-z0-9._~/+,:@-]*)?"
    r"(?:\?[A-Za-z0-9._~/+,:@&=-]+)?(?:#[A-Za-z0-9._-]+)?"
)


# What most addresses look like that are canonical already: a host without a port, a path without escapes.
CANONICAL = re.compile(r"https?://([a-z0-9][a-z0-9.-]*\.[a-z]{2,24})/(?![^#]*(?:/\.|amp))[A-Za-z0-9._~/+,:@-]*")
HOST = re.compile(r"https?://([a-z0-9.-]+)(?:[/?#]|\Z)")


def web_url(url: str, base: str = "") -> str:
    """Return ``url``, resolved against ``base``, when it is an http(s) address of at most 2,048 characters; else "".

    Characters that no address may hold, and braces and bars, come back percent-encoded.
    """
    if PLAIN.fullmatch(url) and len(url) <= LONGEST_URL:
        return url
    url = re.sub(r"[\t\n\r]", "", tidy(url).strip())
    if not url or url[0] in "{|" or len(url) > 2 * LONGEST_URL:
        return ""
    if url[:4].lower() == "www.":
        url = f"https://{url}"
    try:
        whole = urljoin(base, url) if base else url
        parts = urlsplit(whole)
        host = parts.hostname if parts.port != 0 else None  # asking for the port checks it
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host or AWKWARD_HOST.search(parts.netloc):
        return ""
    whole = parts.scheme + UNSAFE.sub(lambda match: _percent(match[0]), whole[len(parts.scheme) :])
    return whole if len(whole) <= LONGEST_URL else ""


def link_url(url: str, base: str = "") -> str:
    """Return ``url`` as ``web_url`` does, or as it is when it is a mail address's; else ""."""
    if PLAIN.fullmatch(url):
        return web_url(url, base)
    mail = MAIL.fullmatch(tidy(url).strip())
    if mail:
        return mail[0] if len(mail[0]) <= LONGEST_URL else ""
    return web_url(url, base)


def canonical_url(url: str) -> str:
    """Return ``url`` without what does not change the page meant: two links to one article become equal.

    The fragment goes (unless it is a route of an application: ``#/``, ``#!``), known tracking
    parameters and a default port, too; scheme and host become lower case, escapes are spelled in one
    way, dot segments resolved. A redirector that names its target is replaced by it. Parameters keep
    their order: some sites read it. What is no web address comes back as it is.
    """
    return _led(url)[1]


def unwrapped(url: str) -> str:
    """Return where ``url`` leads when it is a redirector that says so in its address; else ``url`` as it is."""
    return _led(url)[0]


def opaque(url: str) -> bool:
    """Say whether ``url`` is a redirector's that does not tell where it leads: only fetching it does."""
    return host_of(url).removeprefix("www.") in OPAQUE or FEEDBURNER.match(url) is not None


def host_of(url: str) -> str:
    """Return the host of ``url`` in lower case; "" when there is none."""
    plain = HOST.match(url)
    if plain:
        return plain[1]
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _led(url: str) -> tuple[str, str]:
    """Follow what addresses say of themselves; return (the last address, its canonical form)."""
    url = url.strip()
    if len(url) > 2 * LONGEST_URL:
        return url, url
    plain = CANONICAL.fullmatch(url)
    if plain and _host(plain[1]) == plain[1]:
        return url, url
    normal = _normal(url)
    while target := _target(normal):  # each is shorter than the one that held it
        url, normal = target, _normal(target)
    return url, normal


def _target(url: str) -> str:
    """Return the address inside ``url``, which is in normal form; "" when it is no redirector's."""
    scheme, _, rest = url.partition("://")
    place, _, query = rest.partition("?")
    if scheme not in DEFAULT_PORTS:
        return ""
    copy = COPIES.fullmatch(place)
    if copy:
        secure, page = copy[1] or copy[3], copy[2] or copy[4]
        page += f"?{query}" if query else ""
        return web_url(f"http{'s' if secure else ''}://{page}") if "." in page.partition("/")[0] else ""
    for pattern, names in WRAPPED:
        if query and pattern.fullmatch(place):
            said = [query] if not names else [value for name in names for value in _values(query, name)]
            return next(filter(None, (web_url(unquote(value)) for value in said if _whole(unquote(value)))), "")
    return ""


def _values(query: str, name: str) -> Iterator[str]:
    """Yield what the parameter ``name`` is in ``query``, as it is written there."""
    for piece in query.split("&"):
        key, _, value = piece.partition("=")
        if key == name:
            yield value


def _whole(url: str) -> bool:
    return url[:8].lower().startswith(("http://", "https://"))


def _normal(url: str) -> str:
    """Return ``url`` in the one spelling that all its harmless variants share; what is no web address as it is."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    if parts.scheme not in DEFAULT_PORTS or not parts.netloc:
        return url
    user, _, place = parts.netloc.rpartition("@")
    host = _host(place if place.endswith("]") else re.sub(r":\d*$", "", place))
    if port is not None and port != DEFAULT_PORTS[parts.scheme]:
        host = f"{host}:{port}"
    path = _without_dots(_spelled(parts.path)) or "/"
    fragment = _spelled(parts.fragment) if parts.fragment.startswith(("!", "/")) else ""
    query = _spelled(_query(parts.query, host)).replace("'", "%27") if parts.query else ""
    user = user.removesuffix(":")
    return SplitResult(parts.scheme, f"{user}@{host}" if user else host, path, query, fragment).geturl()


@lru_cache(maxsize=1024)  # a feed's addresses are of few hosts
def _host(host: str) -> str:
    """Return ``host`` in lower case and ASCII, under the one name of its site where that has several."""
    host = host.lower()
    if not host.isascii() and not AMBIGUOUS & set(host):
        try:
            host = host.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return host
    for pattern, name in TWINS:
        twin = pattern.fullmatch(host)
        if twin:
            return twin.expand(name)
    return host


def _query(query: str, host: str) -> str:
    """Return ``query`` without tracking parameters and empty ones."""
    tables = [TRACKING, *(TRACKING_ON[site] for site in _sites(host) if site in TRACKING_ON)]
    referred = not f".{host}".endswith(tuple(f".{site}" for site in CODE))
    return "&".join(piece for piece in query.split("&") if piece and not _tracks(piece, tables, referred=referred))


def _tracks(piece: str, tables: list[tuple[frozenset[str], tuple[str, ...]]], *, referred: bool) -> bool:
    key, _, value = piece.partition("=")
    name = unquote_plus(key).lower().removeprefix("amp;").removeprefix("?")  # slips of those who build links
    if any(name in names or (starts and name.startswith(starts)) for names, starts in tables):
        return True
    return referred and name == "ref" and REFERRER.fullmatch(unquote_plus(value)) is not None


def _sites(host: str) -> Iterator[str]:
    """Yield ``host`` and the sites above it, as the table names them."""
    labels = host.rpartition(":")[0].split(".") if ":" in host else host.split(".")
    labels = labels[-6:]
    for place in range(len(labels) - 1):
        yield ".".join(labels[place:])
        country = labels[place + 1 :]
        if len(country) <= 2 and all(len(label) <= 3 for label in country):
            yield f"{labels[place]}.*"


def _spelled(text: str) -> str:
    """Return ``text`` of an address with each character in its one spelling, escaped or not."""
    return ENCODED.sub(_one, text)


def _one(match: re.Match[str]) -> str:
    if match[0][0] != "%":
        return _percent(match[0])
    if not match[1]:
        return "%25"
    character = chr(int(match[1], 16))
    return character if character in UNRESERVED else match[0].upper()


def _without_dots(path: str) -> str:
    """Return ``path`` with its ``.`` and ``..`` segments resolved."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))
