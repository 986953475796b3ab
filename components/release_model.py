"""Release a language model."""

from hagane.artifacts import LanguageModel, Release, Scores, Tokenizer
from hagane.core.component import Component, Input, Output, Param, Resources, Result


class ReleaseModel(Component):
    """Release a language model as a Hugging Face folder, unless its data's licenses forbid it."""

    environment = "training"
    resources = Resources(cpu=2, memory="8Gi")

    model: LanguageModel = Input("The model, with training.json, its recipe and data.")
    tokenizer: Tokenizer = Input("The tokenizer that the model was trained with.")
    scores: Scores = Input("What the model scored.")
    release: Release = Output("Hugging Face folder with a model card in Japanese and English and SHA256SUMS.")
    model_name: str = Param("The model's name, as on the Hugging Face Hub: NAME or OWNER/NAME.", default="japanese-gpt")
    license: str = Param("License of the weights, as an SPDX id.", default="Apache-2.0")
    destination: str = Param(
        "A folder or fsspec URL to publish to as well; a reused task does not publish again.", default=""
    )

    def run(self) -> Result:
        from hagane.release.bundle import build_release
        from hagane.release.publish import publish

        inputs = (self.model.path, self.tokenizer.path, self.scores.path)
        result = build_release(*inputs, self.release.path, self.model_name, self.license)
        if self.destination:
            publish(self.release.path, self.destination)
        return result
