"""The Specifications page: what a newsletter is about, where it looks, how it speaks and looks."""
