"""Pretraining of decoder-only language models."""

from typing import Literal

from hagane.artifacts import LanguageModel, Tokenizer, Tokens
from hagane.core.component import Component, Input, Output, Param, Resources, Result
from hagane.models.names import ShapeName


class PretrainLanguageModel(Component):
    """Pretrain a decoder-only language model from scratch.

    The defaults are rinna's for japanese-gpt2-xsmall (rinnakk/japanese-pretrained-models, train.py and README),
    with its micro-steps counted as optimizer updates. GPT-NeoX (configs/125M.yml) takes learning_rate 6e-4,
    minimum_learning_rate 0.1, cosine, warmup_steps of 1 % of the steps, weight_decay 0.1 and no dropout.
    """

    environment = "training"
    resources = Resources(cpu=8, memory="32Gi", gpu=1, pool="gpu")
    reuse = "version"
    version = 1

    tokens: Tokens = Input("Packed tokens: the train split trains, the validation split validates.")
    tokenizer: Tokenizer = Input("The tokenizer that they were packed with.")
    model: LanguageModel = Output("Hugging Face model folder with training.json, the record of recipe and data.")

    shape: ShapeName = Param("Named shape of the model.", default="gpt2-xsmall")
    context: int | None = Param("Tokens of a sample; the shape's own if not given.", default=None)
    steps: int | None = Param("Optimizer updates; if not given, as many as the epochs take.", default=None)
    epochs: int = Param("Passes over the train split, unless steps are given.", default=3)
    batch_size: int = Param("Sequences of a micro-batch.", default=20)
    accumulation: int = Param("Micro-batches of an optimizer update.", default=3)
    learning_rate: float = Param("Peak learning rate.", default=7e-4)
    minimum_learning_rate: float = Param("Where the schedule ends, as a share of the peak.", default=0.0)
    warmup_steps: int = Param("Updates in which the learning rate rises linearly.", default=667)
    schedule: Literal["linear", "cosine"] = Param("How the learning rate falls after the warm-up.", default="linear")
    beta1: float = Param("AdamW's decay of the mean gradient.", default=0.9)
    beta2: float = Param("AdamW's decay of the mean squared gradient.", default=0.95)
    weight_decay: float = Param("AdamW's weight decay; biases and norms are spared.", default=0.01)
    clip: float = Param("Largest global norm of the gradient.", default=1.0)
    dropout: float = Param("Dropout of attention, embeddings and residuals.", default=0.1)
    seed: int = Param("Seed of weights, order and dropout.", default=42)
    precision: Literal["auto", "bf16", "fp32"] = Param("auto: bf16 where the device computes in it.", default="auto")
    threads: int = Param("CPU threads; their number changes the last bits (ours).", default=2)
    activation_checkpointing: bool = Param("Recompute activations: less memory, more time.", default=False)
    validate_every: int = Param("Updates between validations; 0 for only one at the end.", default=1_000)
    checkpoint_every: int = Param("Updates between checkpoints; 0 for on request only.", default=100, semantic=False)
    peak_tflops: float | None = Param("The device's peak, to report utilization.", default=None, semantic=False)

    def run(self) -> Result:
        from dataclasses import fields

        from hagane.training.language_model import Recipe, pretrain

        recipe = Recipe(**{field.name: getattr(self, field.name) for field in fields(Recipe)})
        folders = (self.tokens.path, self.tokenizer.path, self.model.path, self.work)
        return pretrain(*folders, recipe, self.checkpoint_every, self.peak_tflops)
