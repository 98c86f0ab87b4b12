"""The Autopilot page: its list, its form, one schedule's detail, and the history of its runs."""
