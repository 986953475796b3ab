"""Drop documents that the profile's rules reject."""

from hagane.artifacts import Documents, DocumentScores
from hagane.core.component import Component, Input, Output, Param, Resources, Result, Source
from hagane.text.names import ProfileName


class FilterCorpus(Component):
    """Drop documents that the rules of a HojiChar profile reject."""

    environment = "text"
    resources = Resources(cpu=8, memory="32Gi")

    documents: Documents = Input("Documents to filter.")
    kept: Documents = Output("Documents that every rule accepted, as the rules left them.")
    rejected: Documents = Output("Rejected documents, each with the rule that rejected it.")
    scores: DocumentScores = Output("What each filter compared with its limits, by document.", replayed=True)
    profile: ProfileName = Param("HojiChar profile.", default="japanese-web")
    profile_file: Source | None = Param(
        "A HojiChar profile of one's own instead: a Python file with FILTER or FACTORY, complete in itself.",
        default=None,
    )
    thresholds: tuple[str, ...] = Param(
        "Other limits, as FILTER.ARGUMENT=NUMBER in HojiChar's names; to change only them reads scores, not text.",
        default=(),
        replayed=True,
    )
    workers: int = Param("Processes; 0 for one a core.", default=0, semantic=False)

    def run(self) -> Result:
        from hagane.text.filtering.corpus import filter_documents

        folders = (self.documents.path, self.kept.path, self.rejected.path, self.scores.path, self.work)
        profile = (self.profile, self.profile_file or "", self.thresholds)
        return filter_documents(*folders, *profile, self.earlier.get("scores"), self.workers)
