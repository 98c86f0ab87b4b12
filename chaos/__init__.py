"""The fault campaign: real workers are killed, frozen and cut off; afterwards every slot is counted.

`python -m chaos --help` (or `make chaos`) starts it; docs/reliability.md says what it does and what
it found. It is a test tool beside the product: nothing in `autopilot` knows of it.
"""
