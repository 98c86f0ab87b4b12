"""The gate: every rule that the given parts of an issue allow to be checked.

What needs a sent mail (E1, E2, E4 and most of E5) is checked where mail is made; a new rule is one
function in one of the groups, its line here and its line in `rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from autopilot.domain.gate import Report
from autopilot.pipeline.check import content, links, reading, size, structure, subject, truth
from autopilot.pipeline.check.checked import Checked
from autopilot.pipeline.check.found import Found, report_of
from autopilot.pipeline.check.page import Page, read_page
from autopilot.pipeline.check.rules import RULE_IDS

OF_PAGES: tuple[Callable[[Page], Iterator[Found]], ...] = (
    structure.styles,
    structure.banned,
    structure.tables,
    structure.body,
    structure.head,
    reading.contrasts,
    reading.sizes,
    reading.link_texts,
    reading.dark_mode,
)
OF_ISSUES: tuple[Callable[[Checked], Iterator[Found]], ...] = (
    subject.headers,
    subject.subject,
    subject.names_a_fact,
    size.text_part,
    links.answers,
    links.repeats,
    truth.faithful,
)
OF_BOTH: tuple[Callable[[Checked, Page], Iterator[Found]], ...] = (
    subject.preheader,
    size.html_size,
    reading.images,
    links.addresses,
    links.sanitised,
    truth.facts,
    content.sender,
    content.not_empty,
    content.sections,
    content.left_over,
    content.language,
)


def inspect(issue: Checked) -> tuple[Found, ...]:
    """Return every breach with what would mend it."""
    page = read_page(issue.html)
    return (
        *(found for check in OF_PAGES for found in check(page)),
        *(found for check in OF_ISSUES for found in check(issue)),
        *(found for check in OF_BOTH for found in check(issue, page)),
    )


def check(issue: Checked) -> Report:
    """Return the gate's report on an issue."""
    return report_of(rules_run(issue), inspect(issue))


def check_html(html: str) -> Report:
    """Return the report on any page: the rules that need nothing but its HTML."""
    return check(Checked(html=html))


def check_bytes(content: bytes) -> Report:
    """Return the report on a page as it lies in a file; one that is not UTF-8 breaks E7."""
    html, is_utf8 = _decoded(content)
    issue = Checked(html=html)
    found = list(inspect(issue))
    if not is_utf8:
        told = "the page is not UTF-8"
        found.append(Found(rule="E7", message=told, advice="save it in UTF-8"))
    ran = {*rules_run(issue), "E7"}
    return report_of([rule for rule in RULE_IDS if rule in ran], found)


def _decoded(content: bytes) -> tuple[str, bool]:
    try:
        return content.decode("utf-8-sig"), True
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace"), False


def rules_run(issue: Checked) -> tuple[str, ...]:
    """Return the ids of the rules that what is known of an issue allows to check."""
    left_out = {
        "E3": not issue.sender and issue.unsubscribe_url is None,
        "E5": issue.subject is None and issue.preheader is None,
        "E6": issue.subject is None or issue.draft is None,
        "E7": issue.text is None,
        "E18": issue.draft is None,
        "E19": issue.draft is None,
        "W1": issue.subject is None,
    }
    return tuple(rule for rule in RULE_IDS if not left_out.get(rule))
