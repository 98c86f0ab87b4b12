"""Brand colours: whatever a user picks can be read, in light, in dark and turned inside out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopilot.pipeline.render.palette import MIN_CONTRAST, Tones, contrast, inverted, palette_of

COLORS = st.integers(min_value=0, max_value=0xFFFFFF).map("#{:06x}".format)
NAMED = ["#000000", "#ffffff", "#ffe600", "#777777", "#0f766e", "#ff66ff", "#ff0000", "#00ff00"]


def _pairs(tones: Tones) -> list[tuple[str, str]]:
    on_card = [(color, tones.card) for color in (tones.ink, tones.muted, tones.accent)]
    return [*on_card, (tones.band_ink, tones.band)]


def _check(color: str) -> None:
    palette = palette_of(color)
    for tones in (palette.light, palette.dark):
        for text, ground in _pairs(tones):
            assert contrast(text, ground) >= MIN_CONTRAST
            assert contrast(inverted(text), inverted(ground)) >= MIN_CONTRAST
        for shade in (tones.page, tones.card, tones.ink, tones.accent, tones.band, tones.band_ink):
            assert shade not in ("#000000", "#ffffff")


@given(COLORS)
def test_every_brand_colour_gives_text_that_can_be_read(color: str) -> None:
    _check(color)


@pytest.mark.parametrize("color", NAMED)
def test_the_hard_colours_can_be_read(color: str) -> None:
    _check(color)


def test_a_readable_brand_colour_is_used_as_it_is() -> None:
    assert palette_of("#0f766e").light.band == "#0f766e"
    assert palette_of("#0f766e").light.accent == "#0f766e"


def test_a_colour_without_hue_leaves_the_accent_to_the_ink() -> None:
    palette = palette_of("#ffffff")
    assert palette.light.accent == palette.light.ink
    assert palette.dark.accent == palette.dark.ink


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1.0)],
)
def test_contrast_is_that_of_the_accessibility_guidelines(
    one: str, other: str, ratio: float
) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)
