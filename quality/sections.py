"""The sections of a general newspaper with keywords, written for measuring; the first eight of each
list are what somebody types in a minute, all thirty what care gives.
"""

from __future__ import annotations

FEW = 8
NAMES = {
    "business": "Business",
    "scitech": "Science and technology",
    "entertainment": "Entertainment",
    "health": "Health",
}
KEYWORDS = {
    "business": (
        "market|stocks|shares|company|economy|bank|profit|oil|sales|earnings|investors|deal|price"
        "|trade|dollar|euro|merger|quarter|bid|inflation|Fed|ECB|jobs|revenue|exports|CEO"
        "|Wall Street|tax|bankruptcy|billion"
    ),
    "scitech": (
        "technology|software|internet|computer|Google|Apple|space|scientists|Microsoft|Facebook"
        "|Twitter|Samsung|smartphone|iPhone|Android|app|web|online|NASA|research|climate|tablet"
        "|Windows|Xbox|video game|security|data|phone|robot|planet"
    ),
    "entertainment": (
        "film|movie|music|actor|singer|album|celebrity|TV|season|star|show|episode|box office"
        "|Oscar|festival|concert|trailer|Hollywood|song|band|actress|comedy|series|wedding|dating"
        "|premiere|Netflix|Kardashian|Bieber|fans"
    ),
    "health": (
        "health|disease|cancer|patients|doctors|hospital|drug|study|virus|vaccine|flu|outbreak"
        "|diabetes|medical|medicine|obesity|heart|FDA|diet|infection|smoking|brain|measles|autism"
        "|Ebola|surgery|pregnancy|Alzheimer's|treatment|cigarettes"
    ),
}


def sections(*, few: bool) -> list[dict[str, object]]:
    """Return the four sections as category documents, with 8 or 30 keywords each."""
    return [
        {"id": key, "name": name, "keywords": KEYWORDS[key].split("|")[: FEW if few else None]}
        for key, name in NAMES.items()
    ]
