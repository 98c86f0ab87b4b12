"""Gives the picked stories their words: headline, summary, subject and preheader."""
