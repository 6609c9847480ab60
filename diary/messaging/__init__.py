"""Messages to people: their words, and the ways they take."""
