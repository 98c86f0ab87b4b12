"""Moving house: a store copied to another database, checked row by row."""
