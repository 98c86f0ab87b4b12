"""The calendar: what a user wrote becomes a rule, a rule becomes slots, and both become words.

Read in this order: `rules` (document -> rule), `slots` (rule -> instants), `civil_time` (wall
clock <-> UTC). A rule is a producer of local dates (`dates`) times the wall times of a day, plus
what happens to times the clock leaves out or repeats.
"""
