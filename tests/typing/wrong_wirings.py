"""Each marked line must be refused by mypy --strict with the error named; the others must pass."""

from components.evaluate_language_model import EvaluateLanguageModel
from components.filter_corpus import FilterCorpus
from components.ingest_corpus import IngestCorpus
from components.pack_tokens import PackTokens
from components.train_tokenizer import TrainTokenizer
from hagane.core.component import Source

raw = IngestCorpus(source=Source("corpus.txt"))
clean = FilterCorpus(documents=raw.documents, profile="none")
trained = TrainTokenizer(corpora=(clean.kept, raw.documents), vocab_size=8_000)
packed = PackTokens(documents=clean.kept, tokenizer=trained.tokenizer)

FilterCorpus(documents=trained.tokenizer)  # wrong: arg-type
FilterCorpus(documents=raw.quarantine)  # wrong: arg-type
FilterCorpus(documents=raw)  # wrong: arg-type
FilterCorpus(documents=raw.documents, profil="none")  # wrong: call-arg
FilterCorpus(documents=raw.documents, profile=3)  # wrong: arg-type
FilterCorpus()  # wrong: call-arg
FilterCorpus(documents=raw.documents, kept=raw.documents)  # wrong: call-arg
FilterCorpus(raw.documents)  # wrong: call-arg
IngestCorpus(source="corpus.txt")  # wrong: arg-type
IngestCorpus(source=Source("corpus.txt"), format="pdf")  # wrong: arg-type
TrainTokenizer(corpora=clean.kept)  # wrong: arg-type
EvaluateLanguageModel(model=packed.tokens, tokenizer=trained.tokenizer, tokens=packed.tokens)  # wrong: arg-type
print(clean.filtered)  # wrong: attr-defined
clean.kept = raw.documents  # wrong: misc
