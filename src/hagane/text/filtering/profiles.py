"""Named lists of HojiChar filters, and HojiChar's own profile files."""

from collections.abc import Callable, Sequence

import fsspec
from hojichar import Compose, Filter
from hojichar.filters.document_filters import (
    AcceptJapanese,
    CharRepetitionRatioFilter,
    DiscardAds,
    DiscardAdultContentEn,
    DiscardAdultContentJa,
    DiscardBBSComments,
    DiscardDiscriminationContentJa,
    DiscardRareKuten,
    DiscardTooManyEndingEllipsis,
    DiscardTooManySpecialToken,
    DiscardTooShortLines,
    DiscardViolenceContentJa,
    DocumentLengthFilter,
    DocumentNormalizer,
    JSONDumper,
    JSONLoader,
)
from hojichar.utils.load_compose import load_compose

from hagane.core.errors import BadInput, UsageError
from hagane.text.filtering.filters import DiscardRareKana
from hagane.text.filtering.thresholds import set_thresholds


def japanese_web() -> list[Filter]:
    """The usual profile for Japanese web pages, with HojiChar's defaults where no argument is given.

    With JSONLoader before and JSONDumper after, which read and write the JSON lines that documents here do not come
    in, these are 16 steps; decisions and texts are those of that ``Compose``.
    """
    return [
        DocumentNormalizer(),
        DocumentLengthFilter(min_doc_len=200, max_doc_len=50_000),
        AcceptJapanese(),
        DiscardRareKuten(),
        DiscardAdultContentJa(),
        DiscardAdultContentEn(),
        DiscardDiscriminationContentJa(),
        DiscardViolenceContentJa(),
        DiscardBBSComments(),
        DiscardAds(),
        CharRepetitionRatioFilter(),
        DiscardTooManySpecialToken(),
        DiscardTooShortLines(),
        DiscardTooManyEndingEllipsis(),
    ]


def japanese_technical() -> list[Filter]:
    """For manuals: keeps prose that quotes commands and menus, drops English, listings, indexes and tables.

    No lists of bad words and no count of hyphens: of the Japanese bytes of Debian's manuals those for adult content
    reject 70 % (アス, say, in アスペクト), for discrimination 39 %, for violence 18 %, the hyphens 64 %. Here pages may
    be long, many lines menu entries, and 。 rare. All arguments are ours.
    """
    return [
        DocumentNormalizer(),
        DocumentLengthFilter(min_doc_len=100, max_doc_len=2_000_000),
        DiscardRareKana(threshold=0.2),
        DiscardRareKuten(max_average_sentence_length=300),
        DiscardTooShortLines(threshold=0.7),
    ]


def none() -> list[Filter]:
    """Keep everything as it is."""
    return []


PROFILES: dict[str, Callable[[], list[Filter]]] = {
    "japanese-web": japanese_web,
    "japanese-technical": japanese_technical,
    "none": none,
}


def load_profile(profile: str, file: str = "", thresholds: Sequence[str] = ()) -> Compose:
    """The named profile, or HojiChar's own kind of file, a Python module with FILTER or FACTORY, at other thresholds.

    JSONLoader and JSONDumper are left out of a file's filters, for documents come with their text. Filters that draw
    random numbers draw the same ones in every shard. Raises UsageError for an unknown name or threshold, BadInput for a
    file that does not make a ``Compose``.
    """
    if not file and profile not in PROFILES:
        raise UsageError("no such profile", profile, f"choose from {', '.join(PROFILES)}, or give profile_file=FILE.py")
    filters = from_file(file).filters if file else PROFILES[profile]()
    chosen = [each for each in filters if not isinstance(each, JSONLoader | JSONDumper)]
    set_thresholds(chosen, thresholds)
    return Compose(chosen, random_state=0)


def from_file(file: str) -> Compose:
    path = fsspec.open_local(f"simplecache::{file}") if "://" in file else file
    try:
        compose = load_compose(path)
    except Exception as error:  # whatever a user's code raises
        raise BadInput("the profile cannot be loaded", file, repr(error)) from error
    if not isinstance(compose, Compose):
        raise BadInput("the profile's FILTER is no hojichar.Compose", file, f"it is {type(compose).__name__}")
    return compose
