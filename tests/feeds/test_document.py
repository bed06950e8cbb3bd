"""Bytes become text whatever their encoding, and XML loses what a parser would stumble over."""

from __future__ import annotations

import pytest

from curate.feeds.document import NotAFeed, decode, legal, xml_document

TEXT = "<?xml version='1.0'?><rss><title>Größe – 日本</title></rss>"
LATIN = "<rss><title>Größe – “x”</title></rss>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_known_by_its_mark_or_its_first_bytes(encoding: str) -> None:
    assert decode(TEXT.encode(encoding), "") == TEXT


@pytest.mark.parametrize(
    ("encoding", "content_type", "declared"),
    [
        ("cp1252", "text/xml; charset=windows-1252", ""),
        ("cp1252", "", "<?xml version='1.0' encoding='ISO-8859-1'?>"),
        ("cp1252", "", ""),
        ("utf-8", "text/xml; charset=iso-8859-1", ""),
        ("utf-8", "text/xml", "<?xml version='1.0' encoding='iso-8859-1'?>"),
        ("utf-8", "text/xml; charset=no-such-encoding", ""),
        ("utf-8", "text/xml; charset=zip", ""),
        ("utf-8", "text/xml; charset=punycode", ""),
    ],
)
def test_western_text_is_read_as_it_was_meant(encoding: str, content_type: str, declared: str) -> None:
    text = declared + LATIN
    assert decode(text.encode(encoding), content_type) == text


@pytest.mark.parametrize("encoding", ["shift_jis", "euc-jp", "gb2312", "big5", "iso-2022-jp"])
def test_eastern_text_is_read_as_declared(encoding: str) -> None:
    text = f"<?xml version='1.0' encoding='{encoding}'?><rss><title>日本</title></rss>"
    assert decode(text.encode(encoding), "") == text


def test_a_broken_place_does_not_spoil_the_rest() -> None:
    body = ("ä" * 50).encode() + b"\xff" + ("ö" * 50).encode()
    assert decode(body, "text/xml; charset=utf-8") == "ä" * 50 + "\ufffd" + "ö" * 50


def test_what_stands_before_the_root_goes_but_for_harmless_entities() -> None:
    text = (
        "\n \n<?xml version='1.0'?><?xml-stylesheet href='x'?><!-- <rss> --> <!DOCTYPE rss [\n"
        '<!ENTITY nbsp "&#160;"> <!ENTITY name \'it\'>\n<!ENTITY file SYSTEM "file:///etc/passwd">'
        '<!ENTITY many "&nbsp;&nbsp;"> ]>\n<rss version="2.0"></rss>'
    )
    root, document = xml_document(text)
    assert root == "rss"
    assert document == (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        '<!DOCTYPE feed [\n<!ENTITY nbsp "&#160;">\n<!ENTITY name "it">\n]>\n<rss version="2.0"></rss>'
    )


def test_characters_that_xml_forbids_go() -> None:
    _, raw = xml_document("<rss>a\x00\x08b&#0;&#x1F;&#xD800;&#99999999;&#65;</rss>")
    document = legal(raw)
    assert document.endswith("<rss>ab\ufffd\ufffd\ufffd\ufffd&#65;</rss>")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<!DOCTYPE html><html><body>hi</body></html>", "is a web page, not a feed"),
        ("<HTML><body>hi", "is a web page, not a feed"),
        ("just words", "is text, not a feed"),
        ("<!-- never closed", "is text, not a feed"),
        ("<rss>" + "<a>" * 800_001, "has more markup than a feed can need"),
        (
            "<rss " + " ".join(f"a{number}='x'" for number in range(600)) + "></rss>",
            "has more markup than a feed can need",
        ),
    ],
)
def test_what_is_no_feed_is_called_what_it_is(text: str, reason: str) -> None:
    with pytest.raises(NotAFeed) as refused:
        xml_document(text)
    assert refused.value.message == reason


def test_a_warning_printed_before_the_feed_is_skipped() -> None:
    root, document = xml_document("<br/><b>Warning</b>: disk full\n<rss version='2.0'><channel/></rss>")
    assert root == "rss"
    assert document.endswith("<rss version='2.0'><channel/></rss>")


def test_a_feed_without_end_is_cut_and_closed() -> None:
    _, document = xml_document("<rss><channel>" + "<item><title>x</title></item>" * 20_005)
    assert document.count("<item>") == 20_000
    assert document.endswith("</item></channel></rss>")
