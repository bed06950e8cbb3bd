"""The command line: the entry point, one file for each noun, and how answers look."""
