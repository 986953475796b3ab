from pathlib import Path

import pytest
from tokenizer_inputs import rows, write_documents

from hagane.core.errors import BadInput
from hagane.storage.documents import document
from hagane.tokenizers.sampling import passages, sample, sentences

LONG = "吾輩は猫である。名前はまだ無い。どこで生れたか頓と見当がつかぬ！" * 200


def test_no_sentence_is_lost_or_too_long_for_sentencepiece() -> None:
    text = f"短い行\n\n{LONG}\n{'区切りのない長い行' * 700}\n進捗▅▅▅ 50%"
    found = list(sentences(text))
    assert "".join(found) == text.replace("\n", "").replace("▅", "")
    assert max(len(sentence.encode()) for sentence in found) <= 4_192
    assert found[0] == "短い行"


def test_long_lines_are_cut_at_the_ends_of_sentences() -> None:
    assert set(sentences(LONG)) == {
        "吾輩は猫である。",
        "名前はまだ無い。",
        "どこで生れたか頓と見当がつかぬ！",
    }


def test_a_corpus_within_the_limit_is_drawn_whole(tmp_path: Path) -> None:
    corpus = write_documents(tmp_path, rows(60))
    drawn = sample([corpus], megabytes=1, seed=1)
    whole = [sentence for row in rows(60) for sentence in sentences(row["text"])]
    assert sorted(drawn.training + drawn.held_out) == sorted(whole)
    assert 0 < len(drawn.held_out) < len(whole) / 20


def test_the_limit_holds_over_all_corpora_and_the_seed_chooses(tmp_path: Path) -> None:
    some = [dict(row, text=row["text"] * 20) for row in rows(60)]
    corpora = [write_documents(tmp_path / "a", some[:30]), write_documents(tmp_path / "b", some[30:])]
    drawn = sample(corpora, megabytes=1, seed=1)
    assert sum(len(line.encode()) for line in drawn.training) == pytest.approx(1_000_000, rel=0.1)
    assert drawn == sample(corpora, megabytes=1, seed=1)
    assert drawn != sample(corpora, megabytes=1, seed=2)


def test_the_draw_does_not_depend_on_shards(tmp_path: Path) -> None:
    one, three = write_documents(tmp_path / "1", rows(30)), write_documents(tmp_path / "3", rows(30), shards=3)
    assert sample([one], 1, 42) == sample([three], 1, 42)


def test_corpora_without_text_are_refused(tmp_path: Path) -> None:
    corpus = write_documents(tmp_path, [document("", "青空文庫", "1", "CC0-1.0")])
    with pytest.raises(BadInput, match="no text to train a tokenizer on"):
        sample([corpus], 1, 42)


def test_passages_are_the_documents_and_long_ones_are_cut_at_line_ends(tmp_path: Path) -> None:
    book = "\n".join(["吾輩は猫である。名前はまだ無い。"] * 2_000)
    corpus = write_documents(tmp_path / "book", [document(book, "青空文庫", "1", "CC0-1.0")])
    found = passages(corpus, 1, 1)
    assert "".join(found) == book
    assert all(10_000 < len(passage) < 10_020 and passage.endswith("\n") for passage in found[:-1])
    whole = write_documents(tmp_path / "whole", rows(60), shards=2)
    assert "".join(passages(whole, 1, 1)) == "".join(row["text"] for row in rows(60))


def test_passages_are_drawn_evenly_by_the_seed(tmp_path: Path) -> None:
    corpus = write_documents(tmp_path, [dict(row, text=row["text"] * 9) for row in rows(60)])
    drawn = passages(corpus, 1, 1)
    assert sum(len(passage.encode()) for passage in drawn) == pytest.approx(1_000_000, rel=0.2)
    assert drawn == passages(corpus, 1, 1) != passages(corpus, 1, 2)


def test_documents_without_text_are_refused(tmp_path: Path) -> None:
    corpus = write_documents(tmp_path, [document("", "青空文庫", "1", "CC0-1.0")])
    with pytest.raises(BadInput, match="no text to measure tokenizers on"):
        passages(corpus, 1, 42)
