"""What I wrote and what I claim: plain Markdown files with a YAML header, owned by the person."""
