"""One project folder: where things are, its settings, its database, its locks and copies."""
