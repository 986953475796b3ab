"""The kinds of artifacts that flow between components."""

from hagane.core.artifact import Artifact


class Documents(Artifact):
    """Parquet shards of documents, one document a row."""

    kind = "documents"


class DocumentScores(Artifact):
    """Parquet shards beside those of documents: a row a document, a column a filter."""

    kind = "document_scores"


class Clusters(Artifact):
    """clusters.parquet: each removed document beside the one that stays for it, and how similar they are."""

    kind = "clusters"


class Quarantine(Artifact):
    """What could not be read, each with its file, offset and reason."""

    kind = "quarantine"


class Tokenizer(Artifact):
    """A subword model: spiece.model and the tokenizer.json made from it."""

    kind = "tokenizer"


class Tokens(Artifact):
    """Memory-mapped token ids with an index of the documents they came from."""

    kind = "tokens"
    version = 2


class LanguageModel(Artifact):
    """A Hugging Face model folder and training.json, the recipe that made it."""

    kind = "language_model"


class Scores(Artifact):
    """scores.json: what an evaluation measured, on what."""

    kind = "scores"
    headline = True


class TokenizerScores(Artifact):
    """tokenizers.json: what tokenizers cost on the same text."""

    kind = "tokenizer_scores"
    headline = True


class Release(Artifact):
    """A Hugging Face folder with its model card and checksums."""

    kind = "release"
    usage = "{hagane} generate {path} '日本の'"
