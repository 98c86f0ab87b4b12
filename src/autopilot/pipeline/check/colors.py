"""CSS colours as numbers, and the contrast of two of them (WCAG 2.2, relative luminance)."""

from __future__ import annotations

import colorsys
import re
from functools import lru_cache

Rgb = tuple[float, float, float]
Rgba = tuple[float, float, float, float]

BLACK: Rgb = (0.0, 0.0, 0.0)
WHITE: Rgb = (255.0, 255.0, 255.0)
LINK_BLUE: Rgb = (0.0, 0.0, 238.0)
LINK_BLUE_AT_NIGHT: Rgb = (158.0, 158.0, 255.0)
_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]{1,80})\)")
_NUMBER = re.compile(r"([+-]?\d*\.?\d+)(%|deg)?")
_MOST_CHARACTERS = 100
# The named colours of CSS Color 4.
_NAMED = """
aliceblue f0f8ff antiquewhite faebd7 aqua 00ffff aquamarine 7fffd4 azure f0ffff beige f5f5dc
bisque ffe4c4 black 000000 blanchedalmond ffebcd blue 0000ff blueviolet 8a2be2 brown a52a2a
burlywood deb887 cadetblue 5f9ea0 chartreuse 7fff00 chocolate d2691e coral ff7f50
cornflowerblue 6495ed cornsilk fff8dc crimson dc143c cyan 00ffff darkblue 00008b darkcyan 008b8b
darkgoldenrod b8860b darkgray a9a9a9 darkgreen 006400 darkgrey a9a9a9 darkkhaki bdb76b
darkmagenta 8b008b darkolivegreen 556b2f darkorange ff8c00 darkorchid 9932cc darkred 8b0000
darksalmon e9967a darkseagreen 8fbc8f darkslateblue 483d8b darkslategray 2f4f4f
darkslategrey 2f4f4f darkturquoise 00ced1 darkviolet 9400d3 deeppink ff1493 deepskyblue 00bfff
dimgray 696969 dimgrey 696969 dodgerblue 1e90ff firebrick b22222 floralwhite fffaf0
forestgreen 228b22 fuchsia ff00ff gainsboro dcdcdc ghostwhite f8f8ff gold ffd700 goldenrod daa520
gray 808080 green 008000 greenyellow adff2f grey 808080 honeydew f0fff0 hotpink ff69b4
indianred cd5c5c indigo 4b0082 ivory fffff0 khaki f0e68c lavender e6e6fa lavenderblush fff0f5
lawngreen 7cfc00 lemonchiffon fffacd lightblue add8e6 lightcoral f08080 lightcyan e0ffff
lightgoldenrodyellow fafad2 lightgray d3d3d3 lightgreen 90ee90 lightgrey d3d3d3 lightpink ffb6c1
lightsalmon ffa07a lightseagreen 20b2aa lightskyblue 87cefa lightslategray 778899
lightslategrey 778899 lightsteelblue b0c4de lightyellow ffffe0 lime 00ff00 limegreen 32cd32
linen faf0e6 magenta ff00ff maroon 800000 mediumaquamarine 66cdaa mediumblue 0000cd
mediumorchid ba55d3 mediumpurple 9370db mediumseagreen 3cb371 mediumslateblue 7b68ee
mediumspringgreen 00fa9a mediumturquoise 48d1cc mediumvioletred c71585 midnightblue 191970
mintcream f5fffa mistyrose ffe4e1 moccasin ffe4b5 navajowhite ffdead navy 000080 oldlace fdf5e6
olive 808000 olivedrab 6b8e23 orange ffa500 orangered ff4500 orchid da70d6 palegoldenrod eee8aa
palegreen 98fb98 paleturquoise afeeee palevioletred db7093 papayawhip ffefd5 peachpuff ffdab9
peru cd853f pink ffc0cb plum dda0dd powderblue b0e0e6 purple 800080 rebeccapurple 663399
red ff0000 rosybrown bc8f8f royalblue 4169e1 saddlebrown 8b4513 salmon fa8072 sandybrown f4a460
seagreen 2e8b57 seashell fff5ee sienna a0522d silver c0c0c0 skyblue 87ceeb slateblue 6a5acd
slategray 708090 slategrey 708090 snow fffafa springgreen 00ff7f steelblue 4682b4 tan d2b48c
teal 008080 thistle d8bfd8 tomato ff6347 turquoise 40e0d0 violet ee82ee wheat f5deb3 white ffffff
whitesmoke f5f5f5 yellow ffff00 yellowgreen 9acd32
""".split()  # noqa: SIM905
NAMED = dict(zip(_NAMED[::2], _NAMED[1::2], strict=True))


@lru_cache(maxsize=512)
def color_in(value: str) -> Rgba | None:
    """Return the first colour in a CSS value with its alpha 0 to 1, or None where none is plain.

    `background: #fff url(a.png)` has one; a variable, `currentcolor` and a gradient have none.
    """
    text = value.lower()[:_MOST_CHARACTERS]
    if "gradient(" in text or "var(" in text:
        return None
    function = _FUNCTION.search(text)
    if function:
        return _from_function(function[1], function[2])
    for word in re.split(r"[\s,/]+", text):
        if word == "transparent":
            return (0.0, 0.0, 0.0, 0.0)
        if _HEX.fullmatch(word):
            return _from_hex(word[1:])
        if word in NAMED:
            return _from_hex(NAMED[word])
    return None


def laid_over(color: Rgba, ground: Rgb) -> Rgb:
    """Return what is seen of a colour with alpha on an opaque ground."""
    red, green, blue, alpha = color
    return (
        ground[0] + (red - ground[0]) * alpha,
        ground[1] + (green - ground[1]) * alpha,
        ground[2] + (blue - ground[2]) * alpha,
    )


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def written(color: Rgb) -> str:
    """Return a colour as #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*(round(channel) for channel in color))


def _from_hex(digits: str) -> Rgba:
    if len(digits) <= 4:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue, alpha = (
        int((digits + "ff")[place : place + 2], 16) for place in (0, 2, 4, 6)
    )
    return float(red), float(green), float(blue), alpha / 255


def _from_function(name: str, inside: str) -> Rgba | None:
    numbers = [(float(number), unit) for number, unit in _NUMBER.findall(inside)][:4]
    if len(numbers) < 3:
        return None
    alpha = _share(*numbers[3], whole=1.0) if len(numbers) == 4 else 1.0
    if name == "rgb":
        red, green, blue = (255 * _share(*number, whole=255.0) for number in numbers[:3])
        return red, green, blue, alpha
    hue, saturation, lightness = (number for number, _ in numbers[:3])
    red, green, blue = colorsys.hls_to_rgb(
        hue % 360 / 360, min(max(lightness / 100, 0), 1), min(max(saturation / 100, 0), 1)
    )
    return 255 * red, 255 * green, 255 * blue, alpha


def _share(number: float, unit: str, *, whole: float) -> float:
    return min(max(number / (100.0 if unit == "%" else whole), 0.0), 1.0)


@lru_cache(maxsize=512)
def _luminance(color: Rgb) -> float:
    red, green, blue = (_linear(channel / 255) for channel in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
