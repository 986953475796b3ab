"""Learn a subword vocabulary from corpora."""

from hagane.artifacts import Documents, Tokenizer
from hagane.core.component import Component, Input, Output, Param, Resources, Result


class TrainTokenizer(Component):
    """Learn a SentencePiece unigram vocabulary with byte fallback from corpora."""

    environment = "text"
    resources = Resources(cpu=8, memory="16Gi")

    corpora: tuple[Documents, ...] = Input("Corpora to learn from.")
    tokenizer: Tokenizer = Output("The vocabulary, for SentencePiece and for transformers.")
    vocab_size: int = Param("Pieces, with 4 special ones, newline, tab and 256 bytes.", default=32_000)
    character_coverage: float = Param("Share of the characters that get their own piece.", default=0.9995)
    sample_megabytes: int = Param("Text to learn from, drawn evenly; takes 20 times its size in memory.", default=100)
    seed: int = Param("Chooses the sample.", default=42)
    threads: int = Param("Training threads; another number gives other scores.", default=8)

    def run(self) -> Result:
        from hagane.tokenizers.training import train_tokenizer

        return train_tokenizer(
            [corpus.path for corpus in self.corpora],
            self.tokenizer.path,
            vocab_size=self.vocab_size,
            character_coverage=self.character_coverage,
            sample_megabytes=self.sample_megabytes,
            seed=self.seed,
            threads=self.threads,
        )
