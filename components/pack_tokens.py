"""Encode documents and lay them out for training."""

from hagane.artifacts import Documents, Tokenizer, Tokens
from hagane.core.component import Component, Input, Output, Param, Resources, Result
from hagane.storage.names import Layout


class PackTokens(Component):
    """Encode documents and lay them out as one stream of tokens for training and one for validation."""

    environment = "text"
    resources = Resources(cpu=8, memory="16Gi")

    documents: Documents = Input("Documents to encode.")
    tokenizer: Tokenizer = Input("Vocabulary to encode them with.")
    tokens: Tokens = Output("Token files of both splits, with the documents' boundaries.")
    layout: Layout = Param(
        "What a sample of a training is: packed, a stretch of the whole stream across documents (GPT-NeoX); "
        "windows, a random window of a single document (rinna's GPT-2).",
        default="packed",
    )
    validation_fraction: float = Param("Share of the documents held out, chosen by their text.", default=0.01)
    workers: int = Param("Processes; 0 for one a core.", default=0, semantic=False)

    def run(self) -> Result:
        from hagane.text.packing import pack_documents

        folders = (self.documents.path, self.tokenizer.path, self.tokens.path, self.work)
        return pack_documents(*folders, self.validation_fraction, self.workers, self.layout)
