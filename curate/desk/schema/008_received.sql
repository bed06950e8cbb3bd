-- owner: presence/replies.py. A webmention answers a page of ours, not a share.
ALTER TABLE replies ADD COLUMN page TEXT NOT NULL DEFAULT '';

-- owner: shares/attempts.py. What reading on a network cost, which counts in its budget as posting does.
CREATE TABLE readings (
  number  INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  at      INTEGER NOT NULL,
  cost    INTEGER NOT NULL                     -- in thousandths of a US dollar
) STRICT;
CREATE INDEX readings_lately ON readings (account, at);
