"""The names of the filter profiles, apart from ``profiles`` so that a wrong one is told before any work."""

from typing import Literal

FormatName = Literal["auto", "text", "jsonl", "parquet", "aozora", "cc100", "wikipedia", "warc", "html", "man"]
ProfileName = Literal["japanese-web", "japanese-technical", "none"]
DeduplicationMethod = Literal["near", "exact"]
PersonalInformation = Literal[
    "phone", "mail", "address", "credit_card", "my_number", "corporate_number", "passport", "drivers_license"
]
PersonalInformationAction = Literal["mask", "drop", "report"]
Balance = Literal["none", "undersample", "oversample", "custom"]
Grouping = Literal["corpus", "source", "language"]
