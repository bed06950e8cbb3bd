"""What goes out, where, when: planned, approved, and sent at most once."""
