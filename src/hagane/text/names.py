"""The names of the filter profiles, apart from ``profiles`` so that a wrong one is told before any work."""

from typing import Literal

ProfileName = Literal["japanese-web", "japanese-technical", "none"]
