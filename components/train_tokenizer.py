"""Learn a subword vocabulary from corpora."""

from hagane.artifacts import Documents, Tokenizer
from hagane.core.component import Component, Input, Output, Param, Resources, Result
from hagane.tokenizers.names import RecipeName


class TrainTokenizer(Component):
    """Learn a SentencePiece unigram vocabulary from corpora, after the recipe of a published model or our own.

    The report tells what the vocabulary costs on held-out sentences, and which hard texts it loses.
    """

    environment = "text"
    resources = Resources(cpu=8, memory="16Gi")

    corpora: tuple[Documents, ...] = Input("Corpora to learn from.")
    tokenizer: Tokenizer = Output("The vocabulary, for SentencePiece and for transformers.")
    recipe: RecipeName = Param(
        "Special pieces and their ids, bytes for rare characters, white space and normalizer.", default="hagane"
    )
    extra_symbols: tuple[str, ...] = Param("Emoji and signs that get a piece of their own in any case.", default=())
    vocab_size: int | None = Param(
        "Pieces, the recipe's fixed ones included; its own number if not given.", default=None
    )
    character_coverage: float = Param("Share of the characters that get their own piece.", default=0.9995)
    sample_megabytes: int = Param(
        "Text to learn from, drawn evenly; takes 30 times its size in memory (ours).", default=100
    )
    seed: int = Param("Chooses the sample.", default=42)
    threads: int = Param("Training threads; another number gives other scores.", default=8)

    def run(self) -> Result:
        from hagane.tokenizers.training import train_tokenizer

        return train_tokenizer(
            [corpus.path for corpus in self.corpora],
            self.tokenizer.path,
            recipe=self.recipe,
            extra_symbols=self.extra_symbols,
            vocab_size=self.vocab_size,
            character_coverage=self.character_coverage,
            sample_megabytes=self.sample_megabytes,
            seed=self.seed,
            threads=self.threads,
        )
