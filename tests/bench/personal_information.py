"""Masking personal information, beside HojiChar's filter for phone numbers and mail; what they mask differs."""

from collections.abc import Collection
from functools import partial

from hojichar import Document
from hojichar.filters.document_filters import MaskPersonalInformation
from measure import corpora, paired, rates

from hagane.text.personal_information.detection import KINDS, find, mask


def ours(texts: list[str], kinds: Collection[str]) -> list[str]:
    return [mask(text, find(text, kinds, reserved=True)) for text in texts]


def theirs(texts: list[str]) -> list[str]:
    each = MaskPersonalInformation()
    return [each.apply(Document(text)).text for text in texts]


def main() -> None:
    for corpus in corpora():
        for what, kinds in (("phone numbers and mail", ("phone", "mail")), ("all kinds", KINDS)):
            pair = paired(partial(ours, corpus.texts, kinds), partial(theirs, corpus.texts))
            rates(f"mask personal information, {what}", corpus, pair, "MaskPersonalInformation")
