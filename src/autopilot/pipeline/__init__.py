"""The thinking: each step of an issue, a pure function from frozen values to frozen values."""
