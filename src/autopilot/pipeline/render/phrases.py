"""The fixed words of an issue: what each is for; the languages are in `translations`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """One language's fixed words; {braces} are filled by the page, _one and _many go by a count."""

    in_this_issue: str
    stories_from: str
    lead_story: str
    excerpt: str
    update: str
    also_in: str
    first_seen: str
    late: str
    read_at: str
    more_stories: str
    left_for_text: str
    left_for_web: str
    and_more: str
    stories_one: str
    stories_many: str
    sources_one: str
    sources_many: str
    sections_one: str
    sections_many: str
    about: str
    made_one: str
    made_many: str
    excerpts: str
    model: str
    usage_one: str
    usage_many: str
    price_unknown: str
    unreached_one: str
    unreached_many: str
    nothing_for: str
    shortened_one: str
    shortened_many: str
    own_template: str
    zone: str
    traced: str
    on_the_web: str
    why: str
    unsubscribe: str
    origin_of: str
    original: str
    only_headline: str
    why_here: str
    all_issues: str
    subscribe: str
