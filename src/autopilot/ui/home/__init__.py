"""The pieces of the Home page: what needs somebody, is it on, did it work, what comes next."""
