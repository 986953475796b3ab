"""Licenses of the data: expressions, the gate, and the names of the Hub."""

import re

import pytest
from packaging.licenses import canonicalize_license_expression

from hagane.core.errors import Refused, UsageError
from hagane.release.licenses import HUB, LICENSES, OBLIGATIONS, REFUSALS, check_data, hub_license, terms
from hagane.storage.tokens import SourceAmount


def amount(license: str, source: str = "青空文庫", split: str = "train", characters: int = 1000) -> SourceAmount:
    return SourceAmount(split, source, license, "ja", 10, 10, characters, 3 * characters, characters // 2)


@pytest.mark.parametrize("license", LICENSES)
def test_every_license_of_the_table_is_an_spdx_id(license: str) -> None:
    suffix = "-only" if license.endswith("-invariants") else "-JP" if license == "CC-BY-SA-2.1" else ""
    assert canonicalize_license_expression(license + suffix) == license + suffix


def test_the_table_uses_known_terms_only() -> None:
    assert frozenset().union(*LICENSES.values()) <= {*OBLIGATIONS, *REFUSALS} - {"unknown"}


@pytest.mark.parametrize(
    ("license", "asked"),
    [
        ("CC0-1.0", set()),
        ("LicenseRef-PublicDomain", set()),
        ("mit", {"notice"}),
        ("CC-BY-SA-4.0", {"attribution", "changes", "share-alike"}),
        ("GPL-2.0-or-later", {"notice", "changes", "source", "share-alike"}),
        ("GPL-1.0+", {"notice", "changes", "source", "share-alike"}),
        ("GFDL-1.3-no-invariants-or-later", {"attribution", "notice", "changes", "share-alike"}),
        ("GFDL-1.2-invariants-only", {"attribution", "notice", "no-derivatives"}),
        ("CC-BY-3.0-US", {"attribution", "changes"}),
        ("CC-BY-SA-2.1-JP", {"attribution", "changes", "share-alike"}),
        ("CC-BY-NC-SA-4.0", {"attribution", "share-alike", "non-commercial"}),
        ("CC-BY-ND-4.0", {"attribution", "no-derivatives"}),
    ],
)
def test_terms_of_one_license(license: str, asked: set[str]) -> None:
    assert terms(license) == asked


@pytest.mark.parametrize(
    ("expression", "same_as"),
    [
        ("GPL-2.0-or-later OR MPL-1.1", "MPL-1.1"),  # three obligations, not four
        ("MPL-1.1 OR GPL-2.0-or-later", "MPL-1.1"),
        ("CC-BY-NC-4.0 OR CC-BY-SA-4.0", "CC-BY-SA-4.0"),  # the admissible side, although it asks more
        ("unknown-license OR MIT", "unknown"),  # no SPDX expression at all
        ("LicenseRef-House OR MIT", "MIT"),
        ("MIT AND Apache-2.0", "Apache-2.0"),
        ("MIT OR CC-BY-NC-4.0 AND Apache-2.0", "MIT"),  # AND binds closer
        ("(MIT OR CC-BY-NC-4.0) AND Apache-2.0", "Apache-2.0"),
        ("GPL-3.0-only WITH Classpath-exception-2.0", "GPL-3.0-only"),
        ("(GPL-3.0-only WITH Classpath-exception-2.0) AND CC0-1.0", "GPL-3.0-only"),
    ],
)
def test_terms_of_an_expression(expression: str, same_as: str) -> None:
    assert terms(expression) == terms(same_as)


def test_and_unites_obligations_and_refusals() -> None:
    assert terms("MIT AND CC-BY-NC-4.0") == {"notice", "attribution", "non-commercial"}


@pytest.mark.parametrize(
    "license", ["", "unknown", "free", "MIT AND", "(MIT", "__import__('os')", "(" * 300, "SSPL-1.0"]
)
def test_what_is_not_in_the_table_is_unknown(license: str) -> None:
    assert terms(license) == {"unknown"}


def test_the_gate_lets_free_data_through() -> None:
    check_data([amount("CC0-1.0"), amount("GPL-2.0-or-later OR MPL-1.1"), amount("CC-BY-SA-3.0")])


@pytest.mark.parametrize(
    ("license", "reason"),
    [
        ("CC-BY-NC-4.0", "non-commercial use only"),
        ("CC-BY-ND-4.0", "no derivatives"),
        ("unknown", "no license that is in the table"),
        ("MIT AND CC-BY-NC-ND-4.0", "non-commercial use only, no derivatives"),
    ],
)
def test_the_gate_names_license_reason_source_and_amount(license: str, reason: str) -> None:
    amounts = [amount("CC0-1.0", characters=3000), amount(license, "ニュース記事")]
    with pytest.raises(Refused) as refused:
        check_data(amounts)
    message = str(refused.value)
    assert refused.value.exit_code == 6
    for part in (
        repr(license),
        reason,
        "'ニュース記事'",
        "10 documents, 1,000 characters, 25.0 %",
        "leave these sources out",
    ):
        assert part in message


def test_the_gate_names_some_of_many_and_counts_the_rest() -> None:
    with pytest.raises(Refused, match="and 3 more") as refused:
        check_data([amount("unknown", f"s{number}") for number in range(8)])
    assert len(re.findall("'unknown'", str(refused.value))) == 5


def test_data_that_only_measured_is_not_asked() -> None:
    check_data([amount("MIT"), amount("CC-BY-NC-4.0", split="validation")])


@pytest.mark.parametrize(
    ("license", "named"),
    [
        ("Apache-2.0", {"license": "apache-2.0"}),
        ("cc-by-sa-4.0", {"license": "cc-by-sa-4.0"}),
        ("GPL-3.0-only", {"license": "gpl-3.0"}),
        ("LicenseRef-House", {"license": "other", "license_name": "LicenseRef-House"}),
    ],
)
def test_the_hubs_name_of_the_weights_license(license: str, named: dict[str, str]) -> None:
    assert hub_license(license) == named


def test_the_weights_license_must_be_spdx() -> None:
    with pytest.raises(UsageError, match=r"got 'free for all'.*spdx\.org"):
        hub_license("free for all")


@pytest.mark.parametrize("name", HUB.split())
def test_every_license_of_the_hub_is_an_spdx_id_in_lower_case(name: str) -> None:
    version = "-only" if "gpl" in name else ""
    assert hub_license(canonicalize_license_expression(name + version)) == {"license": name}
