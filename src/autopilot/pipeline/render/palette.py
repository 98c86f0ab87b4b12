"""Turns any brand colour into colours that can be read: light, dark, and turned inside out.

Contrast is that of WCAG 2.2 (relative luminance); every pair reaches 4.5:1, also after a mail
program has inverted it. No colour is pure black or white, which forced dark modes treat specially.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

MIN_CONTRAST = 4.5
_STEPS = 50
_GREY_SPREAD = 12  # between channels; below, a colour has no hue that could accent anything
_TARGET = MIN_CONTRAST + 0.05  # rounding to whole channel values must not fall below

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tones:
    """The colours of one scheme, as #rrggbb."""

    page: str
    card: str
    ink: str
    muted: str
    rule: str
    accent: str
    band: str
    band_ink: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours of a page in light and in dark surroundings."""

    light: Tones
    dark: Tones


_NIGHT: Rgb = (22, 24, 29)
_PAPER: Rgb = (249, 248, 245)
_LIGHT = {
    "page": "#f1efe9",
    "card": "#fdfcf9",
    "ink": "#22262b",
    "muted": "#585f68",
    "rule": "#e2dfd6",
}
_DARK = {
    "page": "#15171a",
    "card": "#1e2125",
    "ink": "#e7e5e0",
    "muted": "#a9afb7",
    "rule": "#3a3e44",
}


@lru_cache(maxsize=64)
def palette_of(brand_color: str) -> Palette:
    """Return the palette for a brand colour given as #rrggbb, keeping its hue where it can be read."""
    brand = _parsed(brand_color)
    band, band_ink = _band(brand)
    if max(brand) - min(brand) <= _GREY_SPREAD:
        light_accent, dark_accent = _parsed(_LIGHT["ink"]), _parsed(_DARK["ink"])
        dark_band = _parsed(_DARK["rule"])
    else:
        light_accent = _until_readable(brand, _NIGHT, on=_parsed(_LIGHT["card"]))
        dark_accent = _until_readable(brand, _PAPER, on=_parsed(_DARK["card"]))
        dark_band = _until_readable(brand, _NIGHT, on=_PAPER)
    return Palette(
        light=Tones(
            **_LIGHT,
            accent=_written(light_accent),
            band=_written(band),
            band_ink=_written(band_ink),
        ),
        dark=Tones(
            **_DARK,
            accent=_written(dark_accent),
            band=_written(dark_band),
            band_ink=_written(_PAPER),
        ),
    )


def contrast(one: str, other: str) -> float:
    """Return the WCAG contrast ratio of two #rrggbb colours, 1 to 21."""
    return _ratio(_parsed(one), _parsed(other))


def inverted(color: str) -> str:
    """Return the colour as a mail program shows it that inverts every channel."""
    return _written(_inverse(_parsed(color)))


def _band(brand: Rgb) -> tuple[Rgb, Rgb]:
    """The shade nearest to the brand that carries light or dark text, and that text's colour."""
    soft = _softened(brand)
    lighter, darker = _shades(soft, _PAPER), _shades(soft, _NIGHT)
    for light, dark in zip(lighter, darker, strict=True):
        if _reads(_PAPER, dark):
            return dark, _PAPER
        if _reads(_NIGHT, light):
            return light, _NIGHT
    return _NIGHT, _PAPER


def _until_readable(color: Rgb, goal: Rgb, *, on: Rgb) -> Rgb:
    return next((shade for shade in _shades(color, goal) if _reads(shade, on)), goal)


def _shades(color: Rgb, goal: Rgb) -> Iterator[Rgb]:
    for step in range(_STEPS + 1):
        share = step / _STEPS
        red, green, blue = (round(a + (b - a) * share) for a, b in zip(color, goal, strict=True))
        yield red, green, blue


def _reads(one: Rgb, other: Rgb) -> bool:
    straight = _ratio(one, other)
    return straight >= _TARGET and _ratio(_inverse(one), _inverse(other)) >= _TARGET


def _softened(color: Rgb) -> Rgb:
    """Pure black and white moved to what the page uses for them."""
    if max(color) <= max(_NIGHT):
        return _NIGHT
    return _parsed(_LIGHT["page"]) if min(color) >= min(_PAPER) else color


def _ratio(one: Rgb, other: Rgb) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(color: Rgb) -> float:
    red, green, blue = (_linear(channel / 255) for channel in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _inverse(color: Rgb) -> Rgb:
    red, green, blue = color
    return 255 - red, 255 - green, 255 - blue


def _parsed(color: str) -> Rgb:
    digits = color.removeprefix("#")
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def _written(color: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
