-- owner: presence/replies.py. A webmention answers a page of ours, not a share.
ALTER TABLE replies ADD COLUMN page TEXT NOT NULL DEFAULT '';
