"""The API, /api/v1: the same verbs as the web app and the command line, for programs with a token."""
