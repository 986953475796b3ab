"""Mail addresses, their at sign written as such or, against harvesters, as a word in brackets or a star."""

import re
from collections.abc import Iterator

from hagane.text.personal_information.surroundings import Span

AT = re.compile(r"[@★☆\[(<{](?:(?<=[@★☆])| ?(?:@|[Aa][Tt]|アット(?:マ-ク)?) ?[\])>}])")
DOT = re.compile(r" ?[\[(<{] ?(?:dot|ドット) ?[\])>}] ?", re.IGNORECASE)
LOCAL = re.compile(r"([A-Za-z0-9_][A-Za-z0-9._%+-]{0,63})( ?)\Z")  # RFC 5321: 64 octets; RFC 5322's usual characters
# Generic top-level domains that mail comes from, of IANA's 1,400 (https://data.iana.org/TLD/), and any two letters,
# which are countries. Not all, because units and pictures are called getty@tty1.service and icon@2x.png.
TOP_LEVEL = (
    "com|net|org|edu|gov|mil|int|info|biz|name|pro|aero|coop|museum|asia|jobs|mobi|tel|travel|post|dev|app|cloud|online"
    "|site|website|shop|store|tokyo|osaka|nagoya|yokohama|okinawa|ryukyu|tech|xyz|blog|email|club|life|work|world|live"
    "|media|news|design|company|group|team|space|art|academy|school|clinic|legal|[a-z]{2}"
)
LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(
    rf"( ?)((?:{LABEL}(?:\.|{DOT.pattern})){{1,8}}(?:{TOP_LEVEL}))(?![a-z0-9_]|[-.][a-z0-9])", re.IGNORECASE
)
# Names that nobody has: RFC 2606 and, with a digit or without, JPRS (https://jprs.jp/info/faq.html); those of RFC 2606
# under .example or .test have no top-level domain of the list.
RESERVED = re.compile(r"(?:.*\.)?(?:example\.(?:com|net|org)|example\d?\.(?:[a-z]{2}\.)?jp)", re.IGNORECASE)
LOGIN = re.compile(r":[A-Za-z/~:]")  # after git@example.com:path, root@example.com:/path
HANDLE = re.compile(r"(?:@|//(?:[\w.-]{1,32}:)?)\Z")  # before @user@example.com, https://user:word@example.com


def mails(narrowed: str, reserved: bool) -> Iterator[Span]:
    """Addresses in a narrowed text; those at names reserved for documentation only if asked for."""
    place = 0
    for at in AT.finditer(narrowed):
        local = LOCAL.search(narrowed, max(place, at.start() - 65), at.start())
        domain = DOMAIN.match(narrowed, at.end()) if local else None
        if not (local and domain) or (at[0] in "@★☆" and local[2] != domain[1]):
            continue
        place = domain.end()
        if HANDLE.search(narrowed, max(0, local.start() - 35), local.start()) or LOGIN.match(narrowed, place):
            continue
        if reserved or not RESERVED.fullmatch(DOT.sub(".", domain[2])):
            yield local.start(), domain.end()
