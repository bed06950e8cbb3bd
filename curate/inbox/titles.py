"""Read what a title names: the words that tell one story from another, and the numbers that must not be mixed up.

Pure. Knows nothing of items. Words are folded and cut to their stems, roughly, as both sides of a comparison are.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Words that tell no story from another.
EMPTY = frozenset(
    """a about after again against all also am amid an and any are as at be because been before being between but by
    can could day days did do does during each for from get gets got had has have he her here him his how i if in into
    is it its just last like live ll made make makes many may me more most much my nearly not now of off on one only or
    other our out over own re s same say says said she should so some still such t than that the their them then there
    these they this those through to too two under until up update updates us ve very via was watch we week were what
    when where which who why will with would year years yet you your""".split()  # noqa: SIM905 - prose reads better
)
# Words that stand in many titles of the trade and of the news: they weigh less however rare they are here.
COMMON = """access accessible agent agents ahead analysis announce announced announcement announces announcing api app
    apps available award back behind best better beyond big blog book brief briefing bring bringing brings bug bugs
    build building builds built business call calls case change changed changelog changes changing chief city claim
    claims cloud code coding comes coming community companies company complete conference country create creating
    crisis data database deal deals death deep design developer developers development die died dies digest easy edition
    end engine engineer engineering engineers episode event every everything expect experience explained explains face
    faces fails fast faster feature features find first fix fixes fixed found four five framework free future game games
    getting github global good government great group growing guide head help helps high home house human inside
    interview introduces introducing introduction issue issues it's join joins journey keep key kill killed kills know
    language large late latest launch launched launches law lead leader leaders learn learned learning lessons let life
    line link links list little long look looking low man manage management manager market may meet meeting members
    million model models modern month need network never new news newsletter next night note notes number offer official
    officials old online open opens part patch people performance personal plan plans platform play podcast point police
    political popular post posts power powerful president preview price problem problems product production productivity
    program programming project projects public python question questions quick rate reach read real really record
    release released releases releasing report reports research review right rise rule rules run running science search
    second secrets secure security senior server service services set share short show shows simple six small social
    software source stack start started startup state status stop stories story strategy student studio study support
    supports system systems take takes talk talks team teams tech technical technology test testing tests thing things
    think three tips today tomorrow tool tools top training trial tutorial understanding upgrade upgraded use used user
    users using value version versions video view vote vs want war warns way ways web website weekly weekend win winner
    wins woman women won work working works world write writing wrong""".split()  # noqa: SIM905
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
INITIALS = re.compile(r"\b([^\W\d_])\.([^\W\d_])\.(?:([^\W\d_])\.)?")
WIDE = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # written without spaces between words
ENDINGS = ("ing", "ed", "es", "s", "n", "al")
STEM = 7  # letters of a word that count
WORDED = dict(
    zip(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
        range(1, 13),
        strict=True,
    )
)
COUNTED = re.compile(
    r"(?:#|№|\b(?:v|ver|version|release|rc|beta|alpha|issue|no|nr|ep|episode|part|vol|volume|week|day|chapter|season|act"
    r"|round|level|lesson|edition|number|update|series|build|patch|sprint|session)(?![^\W\d_]))\.?\s*#?\s*([0-9][\w.\-]*)"
)
ROMAN = re.compile(r"\b(?:part|vol|volume|chapter|episode|season|act|book|series)\.?\s+([ivxlc]+)\b")
NUMBER = re.compile(
    r"(?<![^\W\d_])[0-9]+(?:[.,:/\-][0-9]+)*(?:-?(?:alpha|beta|rc|pre|dev|post|[abprs])[.\-]?[0-9]*)?\b"
)
ATTACHED = re.compile(r"[^\W\d_]-?([0-9]+(?:\.[0-9]+)*)\b")  # gpt4, log4j2
STAGE = re.compile(r"\b(?:alpha|beta|rc|preview|nightly|lts|snapshot|prerelease|hotfix)(?=[\d\s.\-:,)]|$)")
DATED = re.compile(
    r"\b(?:(jan|feb|apr|jun|jul|aug|sep|sept|oct|nov|dec)(?:uary|ruary|il|e|y|ust|tember|ober|ember)?"
    r"|(mar(?:ch)?|may)(?=\.?\s*[0-9])|(?<=[0-9] )(mar(?:ch)?|may)|((?:mon|tues|wednes|thurs|fri|satur|sun)day))\b"
)
VERSION = re.compile(r"(?<![\w.])v?([0-9]+(?:\.[0-9]+)+(?:-?(?:alpha|beta|rc|pre|dev|post|[abp])\.?[0-9]*)?)(?![\w])")


@dataclass(frozen=True)
class Numbers:
    """What a title counts and dates: ``strict`` are versions, issues, parts and stages, ``loose`` all other numbers."""

    strict: frozenset[str]
    loose: frozenset[str]


def folded(text: str) -> str:
    """Return ``text`` in one spelling of letters and apostrophes; initials lose their full stops."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    return plain if "." not in plain else INITIALS.sub(lambda match: "".join(filter(None, match.groups())), plain)


def spoken(text: str) -> list[str]:
    """Return the words of ``text`` in order, folded; two letters at a time where a script knows no spaces."""
    words: list[str] = []
    for word in WORD.findall(folded(text)):
        if not word.isascii() and len(word) > 2 and WIDE.search(word):
            words += [word[at : at + 2] for at in range(len(word) - 1)]
        else:
            words.append(word)
    return words


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return what tells ``word`` from others, roughly; "" when it tells nothing."""
    word = word.removesuffix("'s").replace("'", "")
    if word in EMPTY or word[:1].isdigit() or (len(word) < 2 and word.isascii()):
        return ""
    ending = next((each for each in ENDINGS if len(word) > 4 and word.endswith(each) and len(word) - len(each) > 3), "")
    return word.removesuffix(ending)[:STEM]


def telling(words: list[str]) -> frozenset[str]:
    """Return the stems of those of ``words`` that tell something."""
    return frozenset(filter(None, map(stem, words)))


STOCK = telling(COMMON)  # the stems that weigh less


@lru_cache(maxsize=8192)
def numbers(title: str) -> Numbers:
    """Return the numbers of ``title``, the small ones written in words included."""
    plain = folded(title)
    strict = {_plain(found[1]) for found in COUNTED.finditer(plain)} | set(STAGE.findall(plain))
    strict |= set(ROMAN.findall(plain))
    loose: set[str] = set()
    for found in (*(each[0] for each in NUMBER.finditer(plain)), *(each[1] for each in ATTACHED.finditer(plain))):
        (strict if re.search(r"[0-9]\.[0-9]|[a-z]", found) else loose).add(_plain(found))
    loose |= {str(WORDED[word]) for word in WORD.findall(plain) if word in WORDED}
    loose |= {next(filter(None, found))[:3] for found in DATED.findall(plain)}
    return Numbers(frozenset(strict), frozenset(loose - strict))


@lru_cache(maxsize=8192)
def versions(text: str) -> frozenset[str]:
    """Return the versions that ``text`` names: numbers with a full stop inside."""
    return frozenset(_plain(found) for found in VERSION.findall(folded(text)))


def agree(one: Numbers, other: Numbers) -> bool:
    """Say whether two titles may be about one thing: neither counts what the other counts otherwise."""
    if (one.strict or one.loose) and (other.strict or other.loose):
        if not one.strict <= (other.strict | other.loose) or not other.strict <= (one.strict | one.loose):
            return False
        every, also = one.strict | one.loose, other.strict | other.loose
        return every <= also or also <= every
    return True


def _plain(number: str) -> str:
    """Return ``number`` in one spelling: no v, no leading zeros, no commas between thousands."""
    number = number.strip(".-").removeprefix("v")
    number = re.sub(r"(?<=[0-9]),(?=[0-9]{3}\b)", "", number)
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", number)
