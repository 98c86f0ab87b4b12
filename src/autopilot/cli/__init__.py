"""The command line: each command reads what was typed, calls one verb, and shows what came of it."""
