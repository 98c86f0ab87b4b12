"""The pieces of the Generate page: what is asked for, how far it is, what came of it."""
