"""Collect: from the bytes a source answered to dated articles inside the issue's window.

`feeds` reads any feed format, `articles` dates and names what it read, `window` keeps what belongs
to the issue, and `collection` puts one run's sources together. Everything here is pure.
"""
