"""Lets `python -m autopilot` do what the `autopilot` command does."""

from autopilot.cli.app import main

if __name__ == "__main__":
    main()
