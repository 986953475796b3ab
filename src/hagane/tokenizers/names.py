"""The names of the tokenizer recipes, apart from ``recipes`` so that a wrong one is told before any work."""

from typing import Literal

RecipeName = Literal["hagane", "rinna-gpt2", "rinna-gpt-neox", "rinna-bilingual", "line"]
