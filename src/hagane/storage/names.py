"""Names that components share with storage, apart from it so that a wrong one is told before any work."""

from typing import Literal

Layout = Literal["packed", "windows"]
