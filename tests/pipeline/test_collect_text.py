"""Text is readable and single-purpose: no tags, no scripts, no control characters."""

from __future__ import annotations

import html
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autopilot.pipeline.collect.plain_text import (
    MAX_TEXT,
    MAX_TITLE,
    first_words,
    one_line,
    plain_text,
    shortened,
)

TAG = re.compile(r"(?i)</?(?:script|style|p|b|a|div|img|svg|iframe)(?:[\s/][^<>]*)?>")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        pytest.param("a  b\n c\t d", "a b c d", id="whitespace"),
        pytest.param("<p>One.</p><p>Two.</p>", "One.\nTwo.", id="paragraphs"),
        pytest.param("One<br/>two<BR>three", "One\ntwo\nthree", id="line breaks"),
        pytest.param("<ul><li>a</li><li>b</li></ul>", "a\nb", id="lists"),
        pytest.param("w<b>or</b>d", "word", id="inline tags join"),
        pytest.param("a<script>alert('<p>')</script>b", "a b", id="script"),
        pytest.param("a<SCRIPT src=x>alert(1)</SCRIPT >b", "a b", id="capital script"),
        pytest.param("a<style>p{}</style><p>b", "a \nb".replace(" ", ""), id="style"),
        pytest.param("a<script>alert(1)", "a", id="unclosed script"),
        pytest.param("a<noscript><img src=x></noscript>b", "a b", id="noscript"),
        pytest.param("a<iframe src='x'/>b", "ab", id="unclosed iframe"),
        pytest.param("a<!-- <p>hidden</p> -->b", "ab", id="comment"),
        pytest.param("a<!-- hidden", "a", id="unclosed comment"),
        pytest.param('<a title="x > y" href="#">go</a>', "go", id="quoted bracket"),
        pytest.param('see <a href="htt', "see", id="cut tag"),
        pytest.param("1 < 2 and 3 > 2", "1 < 2 and 3 > 2", id="no tags"),
        pytest.param("&lt;b&gt;bold&lt;/b&gt;", "bold", id="escaped twice"),
        pytest.param("&amp;lt;script&amp;gt;x&amp;lt;/script&amp;gt;y", "y", id="escaped thrice"),
        pytest.param("&amp;amp; &#8217;&#x2019;&nbsp;&hellip;", "& ’’ …", id="entities"),
        pytest.param("Option&lt;T&gt; works", "Option<T> works", id="no html name"),
        pytest.param("<scr<b></b>ipt>alert(1)</scr<b></b>ipt>", "ipt>alert(1)ipt>", id="split tag"),
        pytest.param("<<b>script>x<<b>/script>y", "y", id="joined tag"),
        pytest.param("<xhtml:p>a</xhtml:p><xhtml:p>b</xhtml:p>", "a\nb", id="prefixed"),
        pytest.param("<![CDATA[a]]>b", "ab", id="cdata inside"),
        pytest.param("a\x00\x07\u200b\u202eb\ufeff\ud800", "ab", id="control characters"),
        pytest.param("don\x92t", "don’t", id="windows quotes"),
        pytest.param("fÃ¼r", "für", id="scrambled twice"),
        pytest.param("Ã la carte für alle", "Ã la carte für alle", id="not scrambled"),
        pytest.param("سلام <b>دنیا</b>", "سلام دنیا", id="right to left"),
    ],
)
def test_markup_becomes_text(markup: str, text: str) -> None:
    assert plain_text(markup) == text


def test_a_title_is_one_line_of_bounded_length() -> None:
    assert one_line(" A<br>title\r\nwith &#10; lines ") == "A title with lines"
    title = one_line("word " * 1_000)
    assert len(title) <= MAX_TITLE
    assert title.endswith("word…")


def test_a_title_that_is_not_html_keeps_its_brackets() -> None:
    assert one_line("Vec<T> in <b>Rust</b>") == "Vec<T> in Rust"


def test_long_text_is_cut_between_words() -> None:
    text = plain_text("<p>" + "word " * 20_000)
    assert MAX_TEXT - 100 < len(text) <= MAX_TEXT
    assert text.endswith("word…")
    assert shortened("x" * 50, 10) == "x" * 9 + "…"


def test_first_words_make_a_title() -> None:
    assert first_words("one two three four", words=2) == "one two…"
    assert first_words("one two", words=2) == "one two"


@given(st.text(alphabet=st.sampled_from("<>/!-&;\"' abpscriptltgm[]CDATA#x0123\n"), max_size=300))
def test_no_html_tag_survives(value: str) -> None:
    for text in (plain_text(value), one_line(value)):
        assert not TAG.search(text)
        assert html.unescape(html.escape(text)) == text


@given(st.text(max_size=200))
def test_text_is_always_clean(value: str) -> None:
    title = one_line(value)
    assert "\n" not in title
    assert title == " ".join(title.split())
    assert not {"Cc", "Cs", "Zl", "Zp"} & {unicodedata.category(letter) for letter in title}
    plain_text(value).encode("utf-8")


@pytest.mark.parametrize(
    "piece", ["<script", "<svg>", "<!--", '<a "', "<a b='\"", "<<b>", "&lt;", "&amp;", "<x:", "<i "]
)
def test_hostile_repetition_stays_quick(piece: str) -> None:
    assert len(plain_text(piece * 100_000)) <= MAX_TEXT
