"""Mix corpora by weight."""

from hagane.artifacts import Documents
from hagane.core.component import Component, Input, Output, Param, Resources, Result
from hagane.text.names import Balance, Grouping


class MixCorpora(Component):
    """Mix corpora by weight, in an order drawn at random.

    The balances are rinna's (rinnakk/japanese-pretrained-models, pretrain_gpt2/train.py: undersample, oversample and
    custom_ratio), by the bytes of documents instead of by files. A document that is repeated has copies numbered in
    the column copy, each with an id of its own and the text digest of the first.
    """

    environment = "text"
    resources = Resources(cpu=8, memory="32Gi")

    corpora: tuple[Documents, ...] = Input("Corpora to mix.")
    mixture: Documents = Output("Their documents, each as often as it is asked for.")
    balance: Balance = Param(
        "none takes all once; undersample repeats nothing, oversample leaves nothing out; custom goes by passes.",
        default="none",
    )
    by: Grouping = Param("What is balanced: the corpora, or all documents by source or language.", default="corpus")
    weights: tuple[str, ...] = Param(
        "For custom the passes over each, 2.5 for two and a half; else the shares of the bytes, by default equal. "
        "Numbers in the order of the corpora, or NAME=NUMBER by source or language.",
        default=(),
    )
    limit_megabytes: int | None = Param("Most megabytes of text; all are taken less of alike.", default=None)
    most_epochs: float = Param("Passes over one corpus that are no mistake.", default=40.0, semantic=False)
    shard_megabytes: int = Param("Megabytes of text in a shard, about.", default=128)
    seed: int = Param("Draws the order, and the documents of a broken pass.", default=42)
    workers: int = Param("Processes; 0 for one a core.", default=0, semantic=False)

    def run(self) -> Result:
        from dataclasses import fields

        from hagane.text.mixing.corpus import Recipe, mix

        recipe = Recipe(**{field.name: getattr(self, field.name) for field in fields(Recipe)})
        folders = [corpus.path for corpus in self.corpora]
        return mix(folders, self.mixture.path, self.work, recipe, self.workers)
