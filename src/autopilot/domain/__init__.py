"""The nouns of the trade, the calendar and the state machines: values and rules, no effects."""
