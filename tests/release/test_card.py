"""The model card: what it says, and that no name from the data can break out of its cell."""

from dataclasses import replace
from typing import Any

import pytest
import yaml
from huggingface_hub.repocard import REGEX_YAML_BLOCK
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from release_inputs import HELD_OUT, MANUALS, NOVELS, record, scores_of

from hagane.release.card import Facts, escape, model_card
from hagane.release.licenses import OBLIGATIONS
from hagane.storage.tokens import SourceAmount

HOSTILE = [
    "a|b\\|c\\",
    "<script>alert(1)</script>",
    "x | y |\n| z |\n\n# 見出し",
    "---\nlicense: mit\n---",
    "[押して](javascript:alert)",
    "`code` *強調* __太字__ ~~消す~~ &lt; $name ${data}",
    "https://example.com/?a=<b>",
    "\u202e逆\u2066向き\x00\x1b[31m",
    "```\n閉じない",
    "![絵](http://example.com/x.png)",
    "- [ ] : {a: b} 'x' \"y\" %TAG !!python/object:os.system",
]


def facts(*amounts: SourceAmount, **changes: Any) -> Facts:
    whole = Facts(
        name="japanese-gpt",
        license="Apache-2.0",
        config={"model_type": "gpt2"},
        tokenizer={"model": {"type": "Unigram", "byte_fallback": True}},
        training=record(amounts or (MANUALS, NOVELS, HELD_OUT)),
        scores=scores_of("validation"),
        amounts=amounts or (MANUALS, NOVELS, HELD_OUT),
    )
    return replace(whole, **changes)


def shown(name: str) -> str:
    """On one line, without what cannot be printed."""
    return "".join(c for c in " ".join(name.split()) if c.isprintable())


def front_matter(card: str) -> dict[str, Any]:
    block = REGEX_YAML_BLOCK.search(card)
    assert block and card.startswith("---\n")
    content: dict[str, Any] = yaml.safe_load(block[2])
    return content


def tables(card: str) -> list[list[list[str]]]:
    """Each table's rows of cells, as a Markdown parser sees and unescapes them."""
    found: list[list[list[str]]] = []
    in_cell = False
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(card[card.index("\n---\n") + 5 :]):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type in ("th_open", "td_open", "th_close", "td_close"):
            in_cell = token.type.endswith("open")
        elif token.type == "inline" and in_cell:
            found[-1][-1].append("".join(child.content for child in token.children or []))
    return found


def test_the_front_matter_is_the_hubs() -> None:
    front = front_matter(model_card(facts()))
    results = front["model-index"][0]["results"][0]
    assert front["language"] == ["ja"]
    assert front["license"] == "apache-2.0"
    assert front["library_name"] == "transformers"
    assert front["pipeline_tag"] == "text-generation"
    assert results["dataset"]["name"] == "validation"
    assert {m["type"]: m["value"] for m in results["metrics"]} == {
        "perplexity": 33.115,
        "bits_per_character": 3.2461,
        "bits_per_byte": 1.1084,
    }


def test_results_of_several_data_sets_stay_apart() -> None:
    front = front_matter(model_card(facts(scores=scores_of("validation", "小説.txt"))))
    assert [r["dataset"]["name"] for r in front["model-index"][0]["results"]] == ["validation", "小説.txt"]


def test_a_license_that_the_hub_does_not_list_is_named_as_other() -> None:
    front = front_matter(model_card(facts(license="LicenseRef-House")))
    assert (front["license"], front["license_name"]) == ("other", "LicenseRef-House")


def test_both_languages_have_the_same_tables() -> None:
    found = tables(model_card(facts()))
    japanese, english = found[:4], found[4:]
    assert len(found) == 8
    for ours, theirs in zip(japanese, english, strict=True):
        assert len(ours) == len(theirs)
        assert ours[0] != theirs[0]
    assert japanese[0][1:] == english[0][1:]


def test_the_data_table_counts_training_data_only_and_adds_up() -> None:
    data = tables(model_card(facts()))[0][1:]
    assert data == [
        [
            *("青空文庫", "LicenseRef-PublicDomain", "ja"),
            *("2,098", "41,000,000", "14,000,000", "9,000,000", "2.00", "97.3 %"),
        ],
        [
            *("debian-reference-ja", "GPL-2.0-or-later", "ja"),
            *("30", "900,000", "400,000", "250,000", "1.00", "2.7 %"),
        ],
    ]
    assert sum(float(row[-1].removesuffix(" %")) for row in data) == pytest.approx(100, abs=0.1)


def test_obligations_are_those_of_each_license_with_its_sources() -> None:
    wikipedia = replace(NOVELS, source="ウィキペディア", license="CC-BY-SA-4.0")
    obligations = tables(model_card(facts(NOVELS, wikipedia, replace(wikipedia, source="ウィキブックス"))))
    japanese, english = obligations[1], obligations[5]
    assert english[1] == [
        "CC-BY-SA-4.0",
        "ウィキブックス, ウィキペディア",
        "credit the authors and the source; state the changes; share adaptations under the same license",
    ]
    assert japanese[2] == ["LicenseRef-PublicDomain", "青空文庫", "なし"]
    assert OBLIGATIONS["attribution"]["ja"] in japanese[1][2]


def test_perplexity_never_stands_without_its_tokenizer() -> None:
    card = model_card(facts())
    assert "このトークナイザ（語彙数 420）" in card
    assert "per token of this tokenizer (420 pieces)" in card
    for result in front_matter(card)["model-index"][0]["results"]:
        assert "tokenizer" in result["metrics"][0]["name"]


def test_a_model_that_was_not_validated_says_so() -> None:
    training = record((NOVELS,)) | {"validation_loss": []}
    assert "検証データで - でした" in model_card(facts(NOVELS, training=training))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_source_stays_in_its_cell(name: str) -> None:
    card = model_card(facts(replace(NOVELS, source=name, license=name, language=name), MANUALS))
    plain = model_card(facts(replace(NOVELS, source="無害", license="無害", language="無害"), MANUALS))
    assert [[len(row) for row in table] for table in tables(card)] == [
        [len(row) for row in table] for table in tables(plain)
    ]
    assert tables(card)[0][1][:3] == [shown(name)] * 3
    assert front_matter(card).keys() == front_matter(plain).keys()
    assert front_matter(card)["license"] == "apache-2.0"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_data_set_stays_in_its_cell_and_its_yaml_string(name: str) -> None:
    card = model_card(facts(scores=scores_of(name)))
    assert len(tables(card)[3][1]) == 6
    found = front_matter(card)["model-index"][0]["results"][0]["dataset"]["name"]
    assert found == shown(name)


@pytest.mark.parametrize("name", HOSTILE)
def test_escaped_text_renders_as_no_html_but_itself(name: str) -> None:
    render = MarkdownIt("gfm-like", {"linkify": False, "html": True}).render
    cell = "| x |\n|:--|\n| {} |\n"
    assert render(cell.format(escape(name))) == render(cell.format("HERE")).replace("HERE", escapeHtml(shown(name)))


def test_the_card_depends_on_nothing_but_its_facts() -> None:
    shuffled = (HELD_OUT, NOVELS, MANUALS)
    assert model_card(facts()) == model_card(facts(*shuffled))
