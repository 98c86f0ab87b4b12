"""The calendar: what a user wrote becomes a rule, a rule becomes slots, and both become words.

Read in this order: `rules` (document -> rule), `slots` (rule -> instants), `civil_time` (wall
clock <-> UTC). A rule is a source of local times (`walls`: dates from `dates`, `cron` or `rrule`
times the wall times of a day, changed by `amended`) and what happens to times the clock leaves out
or repeats; or an `interval` of elapsed time.

What the language leaves open, decided here:

- A holiday rule heeds holidays only, not weekends. Slots move to the next or previous business day
  that is not excluded either; a business day is none of the country's weekend (Monday to Friday
  without a country) and no public holiday. Two slots on one instant are one, unmoved before moved.
- `business_days_only` leaves out weekends; holidays then follow `holidays.rule`, skip by default.
- Nothing fires before `start_date` or after `end_date`, moved or not. `include_dates` lie between
  them, are not excluded, and fire even on a holiday, at the rule's times: for `cron` all of its
  times, for `rrule` the time of DTSTART. `dates` and `interval` take none.
- `interval` has whole days (of 24 hours), hours and minutes, added up; its slots cannot move, so
  `holidays.rule` is skip there. The first slot is the anchor.
- `rrule` is evaluated as python-dateutil does on naive times: DTSTART counts only where the RRULE
  matches it, EXDATE is part of the rule and not a date passed over. TZID may name the schedule's
  own zone. Z is for schedules in UTC, and for UNTIL. EXRULE and FREQ=SECONDLY are refused. It is
  followed for at least 250 years from DTSTART.
- `floor` is measured on ordinary days: around a clock change two slots may be closer.
"""
