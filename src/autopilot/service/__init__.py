"""The verbs: tick, plan, execute, generate, apply, schedules. Read `tick` first, then `execute`."""
