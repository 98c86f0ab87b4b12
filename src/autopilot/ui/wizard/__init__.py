"""The pieces of the first steps: topic, first issue, how it leaves, on autopilot."""
