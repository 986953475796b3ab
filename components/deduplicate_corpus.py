"""Keep the first of documents with the same or nearly the same text."""

from hagane.artifacts import Clusters, Documents
from hagane.core.component import Component, Input, Output, Param, Resources, Result
from hagane.text.names import DeduplicationMethod


class DeduplicateCorpus(Component):
    """Keep the first of the documents whose texts are alike, across all corpora.

    Texts are compared without width, case and white space. The method exact removes a document whose text is equal to
    that of an earlier one; near also one whose set of character n-grams is similar to that of an earlier one that
    stays. Candidates are found by signatures (at the default threshold 99.7 % of the pairs that just reach it); what
    is removed was compared exactly.
    """

    environment = "text"
    resources = Resources(cpu=8, memory="32Gi")

    corpora: tuple[Documents, ...] = Input("Documents to deduplicate, those that should stay first.")
    unique: Documents = Output("The documents that stay, in their order and with their columns.")
    duplicates: Documents = Output(
        "The others, each with exact_duplicate or near_duplicate as its rule, the id of the one that stays for it as "
        "its detail, and their similarity."
    )
    clusters: Clusters = Output("The removed documents' ids and similarities, by the one that stays for them.")
    method: DeduplicationMethod = Param("Which documents are alike: nearly equal texts, or equal ones.", default="near")
    threshold: float = Param("Jaccard similarity from which texts are nearly equal, above 0, up to 1.", default=0.8)
    ngram: int = Param("Characters of the n-grams that are compared; a shorter text is one n-gram.", default=5)
    workers: int = Param("Processes; 0 for one a core.", default=0, semantic=False)

    def run(self) -> Result:
        from hagane.text.deduplication.corpus import deduplicate

        corpora = [corpus.path for corpus in self.corpora]
        outputs = (self.unique.path, self.duplicates.path, self.clusters.path)
        settings = (self.method, self.threshold, self.ngram)
        return deduplicate(corpora, *outputs, self.work, *settings, self.workers)
