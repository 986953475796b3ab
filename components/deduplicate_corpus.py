"""Keep the first of documents with the same text."""

from hagane.artifacts import Documents
from hagane.core.component import Component, Input, Output, Param, Resources, Result


class DeduplicateCorpus(Component):
    """Keep the first of the documents whose texts are equal but for width, case and white space."""

    environment = "text"
    resources = Resources(cpu=8, memory="32Gi")

    documents: Documents = Input("Documents to deduplicate.")
    unique: Documents = Output("The first document of each text, in the documents' order.")
    duplicates: Documents = Output("The others, each with the id of the one that stays as its detail.")
    workers: int = Param("Processes; 0 for one a core.", default=0, semantic=False)

    def run(self) -> Result:
        from hagane.text.deduplication import deduplicate

        folders = (self.documents.path, self.unique.path, self.duplicates.path, self.work)
        return deduplicate(*folders, self.workers)
