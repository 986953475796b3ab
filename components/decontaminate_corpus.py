"""Find documents that hold texts of evaluation files."""

from typing import Literal

from hagane.artifacts import Documents
from hagane.core.component import Component, Input, Output, Param, Resources, Result, Source


class DecontaminateCorpus(Component):
    """Find the documents that hold texts of evaluation files, and drop them.

    Texts are compared by n-grams of letters and digits, with width, case, kana, white space and punctuation folded. A
    document is contaminated if it holds 70 % of a text's n-grams of 8 words (PaLM, arXiv 2204.02311, section 8), which
    in the questions of JGLUE are 13 letters; texts under 13 words (GPT-3, arXiv 2005.14165, appendix C), 20 letters,
    are names, dates and answers more often than questions, and not looked for unless shortest is less.
    """

    environment = "text"
    resources = Resources(cpu=8, memory="16Gi")

    documents: Documents = Input("Documents to look through.")
    clean: Documents = Output("Documents that hold no evaluation text, or all of them if action is report.")
    contaminated: Documents = Output("Those that hold one, each with its file, item and overlap as its detail.")
    evaluation: tuple[Source, ...] = Param(
        "Evaluation files, or folders of them: JSON, JSON lines, CSV, TSV or a text a line; without any, all is clean.",
        default=(),
    )
    fields: tuple[str, ...] = Param("Fields whose texts count; all by default.", default=())
    ngram: int = Param("Letters of an n-gram; a text of fewer counts as a whole.", default=13)
    shortest: int = Param("Letters of the shortest text that is looked for.", default=20)
    overlap: float = Param("Least share of a text's n-grams in a document; 0 for any one of them.", default=0.7)
    action: Literal["drop", "report"] = Param("What to do with contaminated documents.", default="drop")
    workers: int = Param("Processes; 0 for one a core.", default=0, semantic=False)

    def run(self) -> Result:
        from hagane.text.decontamination.corpus import Criterion, decontaminate

        folders = (self.documents.path, self.clean.path, self.contaminated.path, self.work)
        criterion = Criterion(self.ngram, self.shortest, self.overlap)
        drop = self.action == "drop"
        return decontaminate(*folders, self.evaluation, self.fields, criterion, drop, self.workers)
