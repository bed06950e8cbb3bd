"""What came in and what the person decided about it: items, decisions, notes, search."""
