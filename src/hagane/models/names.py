"""The names of the model shapes, apart from ``shapes`` so that a wrong one is told before any work."""

from typing import Literal

ShapeName = Literal[
    "gpt2-xsmall",
    "gpt2-small",
    "gpt2-medium",
    "gpt-neox-small",
    "gpt2-tiny",
    "gpt-neox-tiny",
    "gpt2-smoke",
    "gpt-neox-smoke",
]
