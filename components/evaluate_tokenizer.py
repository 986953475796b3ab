"""Comparison of tokenizers by what they cost."""

from hagane.artifacts import Documents, Tokenizer, TokenizerScores
from hagane.core.component import Component, Input, Output, Param, Resources, Result, Source


class EvaluateTokenizer(Component):
    """Measure what a tokenizer and others spend on the same documents, by class of characters, and what they lose.

    Tokens, bits under the pieces' own frequencies, unknown characters and bytes; and which hard texts survive encoding
    and decoding.
    """

    environment = "text"
    resources = Resources(cpu=2, memory="8Gi")

    documents: Documents = Input("Documents to measure on, best such as the tokenizer was not trained on.")
    tokenizer: Tokenizer = Input("The tokenizer.")
    scores: TokenizerScores = Output("tokenizers.json: the measures of every tokenizer, whole and by class.")
    others: tuple[Source, ...] = Param(
        "Tokenizers beside it: SentencePiece models, tokenizer.json, folders of either, hf://OWNER/NAME.", default=()
    )
    sample_megabytes: int = Param("Text to measure on, drawn evenly.", default=10)
    seed: int = Param("Chooses the sample.", default=42)

    def run(self) -> Result:
        from hagane.tokenizers.comparison import compare

        folders = (self.documents.path, self.tokenizer.path)
        return compare(*folders, self.others, self.scores.path, self.sample_megabytes, self.seed)
