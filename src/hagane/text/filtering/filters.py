"""HojiChar filters that HojiChar lacks."""

import re
from typing import Any

from hojichar import Document, Filter

KANA = re.compile("[ぁ-んァ-ヴー]+")


class DiscardRareKana(Filter):  # type: ignore[misc]  # hojichar is not typed for mypy
    """Discard documents with less than ``threshold`` (ours) of kana among their characters, spaces not counted.

    Japanese prose is half kana or more, manuals that quote commands, menus and English names have less, and English,
    program listings and man pages that nobody translated have next to none.
    """

    def __init__(self, threshold: float = 0.2, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.threshold = threshold

    def apply(self, document: Document) -> Document:
        kana, visible = "".join(KANA.findall(document.text)), "".join(document.text.split())
        if len(kana) / max(len(visible), 1) < self.threshold:
            document.is_rejected = True
        return document
