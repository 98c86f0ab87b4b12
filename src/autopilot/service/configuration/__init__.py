"""Configuration as a file: read it, show what would change, apply it, write it back."""
