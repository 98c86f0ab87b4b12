"""English."""

from __future__ import annotations

from autopilot.pipeline.render.phrases import Phrases

ENGLISH = Phrases(
    in_this_issue="In this issue",
    stories_from="Stories from {window}",
    lead_story="Top story",
    excerpt="excerpt",
    update="Update to our issue of {date}",
    also_in="Also in",
    first_seen="first seen {date}",
    late="late arrival",
    read_at="Read the story at {source}",
    more_stories="More stories",
    left_for_text="{count} more are in the plain text version of this issue.",
    left_for_web="Read {count} more on the web",
    and_more="{count} more",
    stories_one="{count} story",
    stories_many="{count} stories",
    sources_one="{count} source",
    sources_many="{count} sources",
    sections_one="{count} section",
    sections_many="{count} sections",
    about="About this issue",
    made_one="Put together automatically from 1 source.",
    made_many="Put together automatically from {count} sources.",
    excerpts="What is marked as an excerpt is quoted from its source, word for word.",
    model="Summaries were written by {writer} from the sources’ texts.",
    usage_one="Writing took 1 call to {model} and {tokens} tokens ({price}).",
    usage_many="Writing took {calls} calls to {model} and {tokens} tokens ({price}).",
    price_unknown="price unknown",
    unreached_one="{failed} of {count} sources could not be reached: {names}.",
    unreached_many="{failed} of {count} sources could not be reached: {names}.",
    nothing_for="Nothing new this time for {names}.",
    shortened_one="1 summary is shortened here, so that mail programs show the whole issue.",
    shortened_many=(
        "{count} summaries are shortened here, so that mail programs show the whole issue."
    ),
    own_template="This issue has the standard look; its own template could not be used.",
    zone="Dates and times are those of {zone}.",
    traced="Every sentence is linked to its source text",
    on_the_web="Read this issue on the web",
    why="You get this because your address is on the list of {name}.",
    unsubscribe="Unsubscribe from {name}",
    origin_of="Where each sentence comes from",
    original="Original headline: {title}",
    only_headline="rests on the headline",
    why_here="Why it is here: {reason}",
    all_issues="All issues",
    subscribe="Subscribe",
)
