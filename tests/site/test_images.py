"""Images: the social ones that are drawn, and those in posts, in sizes that pages need."""

from __future__ import annotations

import io
import os
import re
from typing import TYPE_CHECKING, Any

import lxml.html
import pytest
from PIL import Image, features

from curate.desk.settings import load_settings
from curate.posts.checks import check_post
from curate.posts.files import find_post, read_posts
from curate.posts.social import SIZE, Card, card_place
from curate.site.cards import ACCENT, BAR, LEFT, PAPER, TOP, draw_card, draw_missing
from curate.site.check import check_site
from curate.site.lettering import FONT, fonts_in, set_words
from curate.site.manifest import list_files
from curate.site.plugin.scale import NoImage, scale
from tests.site.conftest import PIXEL, drawing, new_site, photo

if TYPE_CHECKING:
    from pathlib import Path

    from tests.site.conftest import Site

TITLES = (
    "Small models are taking the night shift",
    "x",
    "A long title that goes on and on " * 20,
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenverordnungsamtsleiterwitwenverein" * 2,
    "Почему маленькие модели не спят 🚀",
    "<script>alert(1)</script> & \u202e \x00",
)
RTL = ("لماذا لا توقظ النماذج الصغيرة أحدا في الليل", "למה מודלים קטנים לא מעירים אף אחד בלילה")


def card(title: str, topic: str = "Reliability") -> Image.Image:
    data, _ = draw_card(Card(author="Dana Okafor", title=title, topic=topic), [FONT])
    return Image.open(io.BytesIO(data)).convert("RGB")


def ink(image: Image.Image) -> tuple[int, int, int, int]:
    """Return the rectangle of all that is drawn beside the bar at the edge."""
    inner = image.crop((BAR, 0, SIZE[0] - BAR, SIZE[1]))
    paper = inner.getpixel((0, 0))
    box = inner.point(lambda shade: shade).convert("L").point(lambda shade: 255 * (shade < 225)).getbbox()
    assert paper is not None
    assert box is not None
    return box[0] + BAR, box[1], box[2] + BAR, box[3]


@pytest.mark.parametrize("title", [*TITLES, *RTL])
def test_a_card_is_small_keeps_its_margin_and_is_the_same_each_time(title: str) -> None:
    words = Card(author="Dana Okafor", title=title, topic="Reliability")
    data, _ = draw_card(words, [FONT])
    assert data == draw_card(words, [FONT])[0]
    assert len(data) < 120_000
    image = card(title)
    assert image.size == SIZE
    left, top, right, bottom = ink(image)
    assert (left >= LEFT - 8, top >= TOP, right <= SIZE[0] - LEFT + 8, bottom <= SIZE[1] - TOP + 8) == (True,) * 4


def test_a_long_title_is_set_small_and_cut_with_an_ellipsis() -> None:
    short = set_words("One", [FONT], width=960, height=370, sizes=(84, 48))
    long = set_words("one two three " * 40, [FONT], width=960, height=370, sizes=(84, 48))
    assert short is not None
    assert long is not None
    assert (short.font.size, long.font.size) == (84, 48)
    assert long.height <= 370
    assert long.lines[-1].endswith("…")
    assert all(long.font.getlength(line) <= 960 for line in long.lines)


@pytest.mark.skipif(not features.check("raqm"), reason="Pillow finds no FriBiDi here")
@pytest.mark.parametrize("title", RTL)
def test_scripts_from_the_right_begin_at_the_right(title: str) -> None:
    image = card(title)
    edge = image.getpixel((SIZE[0] - 2, 300))
    assert edge == tuple(bytes.fromhex(ACCENT[1:]))
    assert image.getpixel((2, 300)) == tuple(bytes.fromhex(PAPER[1:]))


def test_letters_that_no_font_has_are_left_out_and_said() -> None:
    title = "小さなモデルが夜勤を引き受ける"
    _, unset = draw_card(Card(author="Dana Okafor", title=title, topic="Ops"), [FONT])
    assert unset == (title,)


def test_a_font_of_the_desk_is_taken_where_ours_lacks_letters(tmp_path: Path) -> None:
    assert fonts_in(tmp_path / "none") == (FONT,)
    (tmp_path / "b.ttf").write_bytes(b"not a font")
    (tmp_path / "a.otf").write_bytes(FONT.read_bytes())
    (tmp_path / "readme.txt").write_bytes(b"")
    assert fonts_in(tmp_path) == (FONT, tmp_path / "a.otf", tmp_path / "b.ttf")
    found = set_words("Words", [tmp_path / "b.ttf", tmp_path / "a.otf"], width=900, height=300, sizes=(48,))
    assert found is not None
    assert found.lines == ("Words",)


def test_chinese_and_japanese_break_between_signs_but_not_before_a_full_stop() -> None:
    from curate.site.lettering import _pieces

    assert _pieces("夜勤。One two「三」") == ["夜", "勤。", "One ", "two", "「三」"]


def test_cards_are_drawn_for_published_posts_that_lack_one_and_kept(site: Site) -> None:
    site.write("first", title="First")
    site.write("hidden", title="Hidden", status="draft")
    posts, _ = read_posts(site.desk.content)
    [path] = draw_missing(site.desk, "Dana Okafor", posts).paths
    assert re.fullmatch(r"first-[0-9a-f]{12}\.png", path.name)
    assert draw_missing(site.desk, "Dana Okafor", posts).paths == ()
    site.write("first", title="Another")
    [other] = draw_missing(site.desk, "Dana Okafor", read_posts(site.desk.content)[0]).paths
    assert other != path
    assert path.is_file()


def test_the_site_has_the_cards_its_pages_name_and_none_of_a_draft(furnished: Site) -> None:
    hidden = find_post(furnished.desk.content, "hidden")
    place = furnished.file(card_place(hidden, "Dana Okafor"), PIXEL)
    old = furnished.file("images/social/error-budgets-0123456789ab.png", PIXEL)
    own = furnished.file("images/social/mine.png", PIXEL)
    furnished.build()
    built = {path.name for path in (furnished.output / "images" / "social").iterdir()}
    assert not built & {place.name, old.name}
    assert own.name in built
    assert len(built) == 3


def shown(site: Site) -> Any:
    return lxml.html.document_fromstring(site.page("2026/error-budgets"))


def test_a_photograph_is_shown_in_fitting_sizes_with_room_kept_for_it(furnished: Site) -> None:
    [figure] = shown(furnished).xpath("//figure")
    assert figure.xpath("string(figcaption)") == "Photo: R. Lindqvist & co."
    [image] = figure.xpath(".//img")
    assert image.get("alt") == "The night shift & its screens"
    assert (image.get("width"), image.get("height")) == ("2000", "1200")
    [source] = figure.xpath("picture/source")
    assert source.get("type") == "image/avif"
    named = [part.split() for part in source.get("srcset").split(", ")] + [[image.get("src"), "760w"]]
    for address, width in named:
        path = (furnished.output / "2026" / "error-budgets" / address).resolve()
        data = path.read_bytes()
        with Image.open(io.BytesIO(data)) as opened:
            assert f"{opened.width}w" == width
            assert not opened.getexif()
        assert b"CANARY" not in data
        assert len(data) <= 100_000
    assert [width for _, width in named] == ["760w", "1520w", "760w"]


def test_only_images_after_the_first_wait_until_they_are_reached(furnished: Site) -> None:
    images = shown(furnished).xpath("//main//img")
    assert [image.get("loading") for image in images] == [None, "lazy", "lazy", "lazy"]
    assert images[0].get("src") == "/images/elsewhere.jpg"
    assert (images[2].get("width"), images[2].get("height")) == ("500", "300")
    assert images[3].get("alt") == ""


def test_a_drawing_keeps_what_can_be_seen_through(furnished: Site) -> None:
    image = shown(furnished).xpath("//img[@alt='a plan']")[0]
    with Image.open(furnished.output / "2026" / "error-budgets" / image.get("src")) as opened:
        assert opened.format == "PNG"
        assert opened.convert("RGBA").getpixel((0, 0)) == (0, 0, 0, 0)


def test_an_image_is_worked_on_once_and_gives_the_same_bytes_from_nothing(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(photo(1000, 700))
    first, second = tmp_path / "one", tmp_path / "two"
    scaled = scale(path, first)
    assert scale(path, second) == scaled
    assert scaled.names
    for name in scaled.names:
        assert (first / name).read_bytes() == (second / name).read_bytes()
        os.utime(first / name, (1, 1))
    assert scale(path, first) == scaled
    assert {(first / name).stat().st_mtime for name in scaled.names} == {1}


@pytest.mark.parametrize("data", [drawing(60, 40), PIXEL, b"GIF89a", b"<svg/>", b""])
def test_small_images_stay_as_they_are_and_what_is_none_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(data)
    if data == drawing(60, 40):
        scaled = scale(path, tmp_path / "cache")
        assert (scaled.width, scaled.height, scaled.names) == (60, 40, ())
    else:
        with pytest.raises(NoImage):
            scale(path, tmp_path / "cache")


def test_a_photograph_taken_sideways_is_turned_upright(tmp_path: Path) -> None:
    noted = Image.Exif()
    noted[0x0112] = 6
    path = tmp_path / "sideways.jpg"
    Image.effect_noise((1200, 900), 90).convert("RGB").save(path, exif=noted)
    scaled = scale(path, tmp_path / "cache")
    assert (scaled.width, scaled.height) == (900, 1200)
    with Image.open(tmp_path / "cache" / scaled.fallback) as opened:
        assert opened.height > opened.width


def test_an_image_that_cannot_be_read_is_shown_as_it_is_and_said(site: Site) -> None:
    site.file("images/broken.png", b"\x89PNG nothing more")
    site.write("broken", "![Nothing]({static}/images/broken.png)\n")
    built = site.build()
    assert any("broken.png is shown as it is" in warning for warning in built.warnings)
    assert 'src="../../images/broken.png"' in site.page("2026/broken")


def test_a_picture_the_person_wrote_is_theirs(site: Site) -> None:
    markup = '<picture><source srcset="/a.webp"><img src="{static}/images/photo.jpg" alt="A"></picture>'
    site.file("images/photo.jpg", photo(1600, 900))
    site.write("mine", f"{markup}\n")
    site.build()
    page: Any = lxml.html.document_fromstring(site.page("2026/mine"))
    assert page.xpath("//picture/source/@srcset") == ["/a.webp"]
    assert page.xpath("//picture//img/@src") == ["../../images/photo.jpg"]


def test_two_builds_from_nothing_are_the_same(tmp_path: Path) -> None:
    trees = []
    for name in ("one", "two"):
        site = new_site(tmp_path / name)
        site.file("images/photo.jpg", PHOTO)
        site.write("pictured", "![A]({static}/images/photo.jpg 'By me')\n", title="Pictured", topic="Reliability")
        draw_missing(site.desk, "Dana Okafor", read_posts(site.desk.content)[0])
        site.build()
        files = (path for path in site.output.rglob("*") if path.is_file())
        trees.append({path.relative_to(site.output).as_posix(): path.read_bytes() for path in files})
    assert trees[0] == trees[1]
    assert {"feeds/all.json", "sitemap.xml", "robots.txt"} <= trees[0].keys()


PHOTO = photo(900, 600)


def test_an_image_without_alt_text_keeps_a_post_from_being_published(site: Site) -> None:
    site.write("bare", "![]({static}/images/a.png)\n")
    findings = check_post(find_post(site.desk.content, "bare"))
    assert "alt-text" in {finding.rule for finding in findings.errors}


def test_what_a_camera_noted_reaches_nobody(site: Site) -> None:
    large = photo(2000, 1200)
    for name, image in (("large.jpg", large), ("small.jpg", photo(120, 80)), ("unlinked.jpg", photo(64, 64))):
        site.file(f"images/{name}", image)
    site.file("essays/near.jpg", photo(160, 80))
    site.file("images/raw.tif", b"II*\0CANARY")
    texts = "![A]({static}/images/small.jpg)\n\n[B]({static}/images/large.jpg)\n\n![C]({attach}near.jpg)\n"
    site.write("pictures", f"{texts}\n[D]({{static}}/images/raw.tif)\n")
    site.draw_cards()
    built = site.build()
    pictures = {name for name in list_files(site.output) if name.endswith(".jpg") and "sized" not in name}
    assert pictures == {"images/large.jpg", "images/small.jpg", "images/unlinked.jpg", "2026/pictures/near.jpg"}
    assert [name for name in list_files(site.output) if b"CANARY" in (site.output / name).read_bytes()] == []
    [warning] = built.warnings
    assert warning.startswith(f"{site.desk.content / 'images' / 'raw.tif'}: it is not on the site")
    with Image.open(site.output / "images" / "large.jpg") as shown_, Image.open(io.BytesIO(large)) as taken:
        assert shown_.tobytes() == taken.tobytes()


def test_what_only_a_draft_shows_is_not_published_before_it_is(site: Site) -> None:
    now_shown = ["drawn.png", "both.png", "free.png", "me.png"]
    hidden = ["draft.png", "future.png", "ended.png", "gone.png"]
    for name in (*now_shown, *hidden):
        site.file(f"images/{name}", PIXEL)
    site.file("essays/attached.png", PIXEL)
    site.desk.profile.write_text("basics: {label: On call, image: images/me.png}\n", encoding="utf-8")
    site.write("public", "![A]({static}/images/drawn.png) ![B]({static}/images/both.png)\n")
    texts = "![C]({static}/images/draft.png) ![B]({static}/images/both.png) ![M]({static}/images/me.png)"
    draft = site.write("draft", f"{texts} ![T]({{attach}}attached.png)\n", status="draft")
    site.write("future", "[D](<{static}/images/future.png>)\n", date="2026-12-01")
    site.write("ended", "![E]({static}/images/ended.png)\n", kind="notice", until="2026-11-22T09:00:00+00:00")
    site.write("gone", '<img alt="" src="{static}../images/gone.png">\n', status="gone")
    site.build()
    public = {f"images/{name}" for name in now_shown}
    assert {name for name in list_files(site.output) if name.endswith(".png")} == public
    draft.write_text(draft.read_text(encoding="utf-8").replace("status: draft", "status: published"), encoding="utf-8")
    site.build()
    public |= {"images/draft.png", "2026/draft/attached.png"}
    assert {name for name in list_files(site.output) if name.endswith(".png")} == public


def test_the_preview_of_a_draft_shows_its_images(site: Site) -> None:
    site.file("images/draft.png", PIXEL)
    site.write("draft", "![C]({static}/images/draft.png)\n", status="draft")
    preview = site.build(drafts=True)
    assert (preview.output / "images" / "draft.png").is_file()


def test_a_social_image_that_says_another_title_is_told_of_and_drawn_anew(site: Site) -> None:
    path = site.write("pager", title="The first title")
    site.write("draft", status="draft")
    for title in ("The first title", "Another one"):
        path.write_text(path.read_text(encoding="utf-8").replace("The first title", title), encoding="utf-8")
        [warning] = site.build().warnings
        assert warning.startswith("pager: no social image shows the title")
        assert "curate site cards" in warning
        assert [(one.page, one.rule) for one in check_site(site.desk, load_settings(site.desk.settings))] == [
            ("2026/pager/index.html", "card")
        ]
        assert "og:image" not in site.page("2026/pager")
        site.draw_cards()
        assert site.build().warnings == ()
        assert check_site(site.desk, load_settings(site.desk.settings)) == []
        assert "og:image" in site.page("2026/pager")


def test_a_site_without_an_address_asks_for_no_social_image(tmp_path: Path) -> None:
    site = new_site(tmp_path / "desk", url="")
    site.write("pager")
    assert not any("social image" in warning for warning in site.build().warnings)


SPOILT = {"gone avif": None, "half avif": b"\0\0\0 ftyp", "empty jpg": b"", "odd json": b"{", "list json": b"[]"}


@pytest.mark.parametrize("how", SPOILT)
def test_copies_that_went_missing_or_bad_are_made_again(site: Site, how: str) -> None:
    site.file("images/a.jpg", photo(1600, 900))
    site.write("one", "![A]({static}/images/a.jpg)\n")
    site.build()

    def copies() -> dict[str, bytes]:
        return {name: (site.output / name).read_bytes() for name in list_files(site.output) if "sized" in name}

    before = copies()
    spoilt = list((site.desk.private / "images").glob(f"*.{how.split()[1]}"))
    for path in spoilt:
        path.unlink()
        if SPOILT[how] is not None:
            path.write_bytes(SPOILT[how] or b"")
    site.write("two")
    assert site.build().left_out == ()
    assert copies() == before
    assert (len(before) > 1, bool(spoilt)) == (True, True)
