"""The public web process: plain pages for readers, reviewers and relays. No script, no cookie."""
