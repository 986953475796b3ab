"""Evaluation of a language model by its likelihood of text."""

from hagane.artifacts import LanguageModel, Scores, Tokenizer, Tokens
from hagane.core.component import Component, Input, Output, Param, Resources, Result, Source


class EvaluateLanguageModel(Component):
    """Measure perplexity, bits per character and bits per byte, on held-out documents and on given files.

    Every document is scored by itself, after its beginning-of-text token and to its end-of-text token, in fp32.
    """

    environment = "training"
    resources = Resources(cpu=8, memory="16Gi", gpu=1, pool="gpu")

    model: LanguageModel = Input("The model to evaluate.")
    tokenizer: Tokenizer = Input("Its tokenizer.")
    tokens: Tokens = Input("Packed tokens, of which the validation split is scored.")
    scores: Scores = Output("scores.json: the measures of each data set and what they depend on.")

    files: tuple[Source, ...] = Param("UTF-8 texts, each scored as one document of its own.", default=())
    context: int | None = Param("Tokens that the model sees at once; its own context if not given.", default=None)
    stride: int | None = Param("Tokens by which a window moves on; half the context if not given.", default=None)
    limit: int = Param("Score whole documents until so many tokens of a data set are done; 0 for all.", default=0)
    batch_size: int = Param("Windows at once; their number changes the last bits.", default=8)
    threads: int = Param("CPU threads; their number changes the last bits (ours).", default=2)

    def run(self) -> Result:
        from hagane.evaluation.language_model import Settings, evaluate

        settings = Settings(self.context, self.stride, self.limit, self.batch_size, self.threads)
        folders = (self.model.path, self.tokenizer.path, self.tokens.path)
        return evaluate(*folders, self.files, self.scores.path, settings)
