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

-- owner: site/texts.py. What a source said when it was first looked at, which it is compared with from then on.
CREATE TABLE source_texts (
  url     TEXT PRIMARY KEY,
  kept_at INTEGER NOT NULL,
  hash    TEXT NOT NULL,                       -- SHA-256 of the text
  text    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- owner: site/strikes.py. How much of its kept text a source does not say any more, in percent; NULL: it is not changed.
ALTER TABLE links ADD COLUMN changed INTEGER;
