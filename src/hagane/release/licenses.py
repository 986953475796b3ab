"""Licenses of the data: what each asks of a release, and the gate that refuses those that forbid one."""

import ast
import re
from collections.abc import Iterable

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from hagane.core.errors import Refused, UsageError
from hagane.storage.tokens import SourceAmount

Terms = frozenset[str]

OBLIGATIONS = {
    "attribution": {"ja": "著作者と出典を示す", "en": "credit the authors and the source"},
    "notice": {"ja": "著作権表示とライセンス文を添える", "en": "keep the copyright notice and the license text"},
    "changes": {"ja": "変更したことを示す", "en": "state the changes"},
    "source": {"ja": "編集できる形のもとの版も提供する", "en": "offer the source form"},
    "network": {"ja": "ネットワーク越しの利用者にも同じ条件で提供する", "en": "offer it to users over a network too"},
    "share-alike": {"ja": "改変したものを同じライセンスで公開する", "en": "share adaptations under the same license"},
}
REFUSALS = {
    "unknown": "no license that is in the table",
    "non-commercial": "non-commercial use only",
    "no-derivatives": "no derivatives",
}
SOURCES_NAMED = 5  # in one message (ours)


def under(licenses: str, *terms: str) -> dict[str, Terms]:
    return {license: frozenset(terms) for license in licenses.split()}


# Conditions and permissions after choosealicense.com (github/choosealicense.com, _licenses/ and _data/rules.yml:
# include-copyright = notice, document-changes = changes, disclose-source = source, network-use-disclose = network,
# same-license = share-alike); of Creative Commons, GFDL, ODC and OPUBL after their own texts. Keys have no suffix
# -only, -or-later, -no-invariants and no country.
LICENSES: dict[str, Terms] = {
    **under("LicenseRef-PublicDomain LicenseRef-Public-Domain CC0-1.0 PDDL-1.0 Unlicense 0BSD MIT-0 WTFPL"),
    **under("MIT ISC BSD-1-Clause BSD-2-Clause BSD-3-Clause BSD-4-Clause PostgreSQL Python-2.0 BSL-1.0", "notice"),
    **under("Unicode-3.0 Unicode-DFS-2015 Unicode-DFS-2016 CDLA-Permissive-2.0 NCSA Latex2e", "notice"),
    **under("Apache-2.0 AFL-3.0 Artistic-2.0 Zlib", "notice", "changes"),
    **under("CC-BY-1.0 CC-BY-2.0 CC-BY-2.5 CC-BY-3.0 CC-BY-4.0", "attribution", "changes"),
    **under("ODC-By-1.0", "attribution", "notice"),
    **under("OPUBL-1.0", "attribution", "notice", "changes"),
    **under("CC-BY-SA-1.0 CC-BY-SA-2.0 CC-BY-SA-2.1", "attribution", "changes", "share-alike"),
    **under("CC-BY-SA-2.5 CC-BY-SA-3.0 CC-BY-SA-4.0", "attribution", "changes", "share-alike"),
    **under("ODbL-1.0", "attribution", "notice", "share-alike"),
    **under("GFDL-1.1 GFDL-1.2 GFDL-1.3", "attribution", "notice", "changes", "share-alike"),
    **under("GPL-1.0 GPL-2.0 GPL-3.0 LGPL-2.0 LGPL-2.1 LGPL-3.0", "notice", "changes", "source", "share-alike"),
    **under("MPL-1.0 MPL-1.1 MPL-2.0 EPL-1.0 EPL-2.0", "notice", "source", "share-alike"),
    **under("AGPL-3.0", "notice", "changes", "source", "network", "share-alike"),
    **under("CC-BY-NC-1.0 CC-BY-NC-2.0 CC-BY-NC-2.5 CC-BY-NC-3.0 CC-BY-NC-4.0", "attribution", "non-commercial"),
    **under(
        "CC-BY-NC-SA-1.0 CC-BY-NC-SA-2.0 CC-BY-NC-SA-2.5 CC-BY-NC-SA-3.0 CC-BY-NC-SA-4.0",
        *("attribution", "share-alike", "non-commercial"),
    ),
    **under("CC-BY-ND-1.0 CC-BY-ND-2.0 CC-BY-ND-2.5 CC-BY-ND-3.0 CC-BY-ND-4.0", "attribution", "no-derivatives"),
    **under("GFDL-1.1-invariants GFDL-1.2-invariants GFDL-1.3-invariants", "attribution", "notice", "no-derivatives"),
    **under(
        "CC-BY-NC-ND-1.0 CC-BY-NC-ND-2.0 CC-BY-NC-ND-2.5 CC-BY-NC-ND-3.0 CC-BY-NC-ND-4.0",
        *("attribution", "non-commercial", "no-derivatives"),
    ),
}
SUFFIX = re.compile(r"(-no-invariants)?(-only|-or-later|\+)?$|(?<=-\d\.\d)-[A-Z]{2,3}$")

# huggingface/hub-docs, docs/hub/repositories-licenses.md, as far as SPDX knows them by the same name
HUB = """
    apache-2.0 mit afl-3.0 artistic-2.0 bsl-1.0 bsd-2-clause bsd-3-clause bsd-3-clause-clear cc0-1.0 cc-by-2.0
    cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0
    cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0
    cdla-permissive-1.0 cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 agpl-3.0 gpl-2.0 gpl-3.0
    lgpl-2.1 lgpl-3.0 isc lppl-1.3c ms-pl mpl-2.0 osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib
"""


def terms(expression: str) -> Terms:
    """The obligations and refusals of an SPDX license expression.

    Of ``A OR B`` the side that refuses and asks least is taken, ``A AND B`` asks both, and an exception (``WITH``),
    which only permits more, is passed over. What is no SPDX expression or not in the table is "unknown".
    """
    try:
        valid = canonicalize_license_expression(expression)
    except InvalidLicenseExpression:
        return frozenset({"unknown"})
    names = re.sub(r" WITH [^\s()]+", "", valid)
    python = re.sub(r"[^\s()]+", lambda word: {"OR": "or", "AND": "and"}.get(word[0], repr(word[0])), names)
    return united(ast.parse(python, mode="eval").body)


def united(tree: ast.expr) -> Terms:
    """``and`` binds closer than ``or`` in Python as in SPDX (SPDX 2.3, annex D.4.5)."""
    if isinstance(tree, ast.BoolOp):
        sides = [united(side) for side in tree.values]
        return frozenset().union(*sides) if isinstance(tree.op, ast.And) else min(sides, key=burden)
    assert isinstance(tree, ast.Constant)
    return LICENSES.get(family(str(tree.value)), frozenset({"unknown"}))


def burden(asked: Terms) -> tuple[int, int, list[str]]:
    return len(asked & REFUSALS.keys()), len(asked), sorted(asked)


def family(license: str) -> str:
    """``GFDL-1.3-no-invariants-or-later`` is of GFDL-1.3, ``CC-BY-3.0-US`` of CC-BY-3.0."""
    return SUFFIX.sub("", license)


def check_data(amounts: Iterable[SourceAmount]) -> None:
    """Refused unless every license of the training data admits a release; data that only measured is not asked."""
    trained = [amount for amount in amounts if amount.split == "train"]
    refused = [amount for amount in trained if terms(amount.license) & REFUSALS.keys()]
    if refused:
        whole = sum(amount.characters for amount in trained)
        named = "; ".join(named_amount(amount, whole) for amount in refused[:SOURCES_NAMED])
        more = len(refused) - SOURCES_NAMED
        raise Refused(
            "not released, for licenses of the training data: " + named + (f"; and {more} more" if more > 0 else ""),
            fix="leave these sources out, or give ingest-corpus their real license as an SPDX id (license=...)",
        )


def named_amount(amount: SourceAmount, whole: int) -> str:
    reasons = ", ".join(REFUSALS[term] for term in REFUSALS if term in terms(amount.license))
    share = 100 * amount.characters / max(1, whole)
    amounts = f"{amount.documents:,} documents, {amount.characters:,} characters, {share:.1f} %"
    return f"{amount.license!r} ({reasons}) of {amount.source!r} ({amounts})"


def hub_license(license: str) -> dict[str, str]:
    """The license of the weights as a card's front matter names it; UsageError if it is no SPDX expression."""
    try:
        valid = canonicalize_license_expression(license)
    except InvalidLicenseExpression as error:
        fix = "see https://spdx.org/licenses, or name your own LicenseRef-NAME"
        raise UsageError("license wants an SPDX id such as Apache-2.0, MIT or CC-BY-SA-4.0", license, fix) from error
    known = family(valid).lower()
    return {"license": known} if known in HUB.split() else {"license": "other", "license_name": valid}
