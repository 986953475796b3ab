"""Mask, drop or count documents' personal information."""

from typing import get_args

from hagane.artifacts import Documents
from hagane.core.component import Component, Input, Output, Param, Resources, Result
from hagane.text.names import PersonalInformation, PersonalInformationAction


class DetectPersonalInformation(Component):
    """Mask the personal information of documents, or drop or count the documents that hold it.

    Written in full-width, half-width or kanji digits: Japanese phone numbers, mail addresses, postal addresses with a
    block number, and, by check digit and format or context, numbers of credit cards, persons (マイナンバー),
    corporations, passports and driving licences. What each kind is, and how often it is right, stands in
    src/hagane/text/personal_information/README.md.
    """

    environment = "text"
    resources = Resources(cpu=8, memory="16Gi")

    documents: Documents = Input("Documents to look through.")
    kept: Documents = Output("The documents masked, or those without findings, or all of them if action is report.")
    rejected: Documents = Output("Dropped documents, each with its findings, counted by kind, as its detail.")
    kinds: tuple[PersonalInformation, ...] = Param(
        "Kinds to look for; all by default.", default=get_args(PersonalInformation)
    )
    action: PersonalInformationAction = Param("What to do with documents that hold some.", default="mask")
    reserved: bool = Param("Also mail addresses at names reserved for documentation, as example.com.", default=False)
    workers: int = Param("Processes; 0 for one a core.", default=0, semantic=False)

    def run(self) -> Result:
        from hagane.text.personal_information.corpus import Settings, detect_personal_information

        folders = (self.documents.path, self.kept.path, self.rejected.path, self.work)
        return detect_personal_information(*folders, Settings(self.kinds, self.action, self.reserved), self.workers)
