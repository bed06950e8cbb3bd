-- owner: presence/metrics.py. What a network said of a share that is out, each time it was asked.
CREATE TABLE samples (
  share   INTEGER NOT NULL REFERENCES shares (number),
  at      INTEGER NOT NULL,
  likes   INTEGER,                             -- NULL: it does not say; all NULL: it does not know the share
  reposts INTEGER,
  replies INTEGER,
  views   INTEGER,
  origin  TEXT NOT NULL,                       -- network, or the kind of file it was imported from
  PRIMARY KEY (share, at)
) STRICT, WITHOUT ROWID;

-- owner: presence/experiments.py. What the person tries out, until when, and what they expect.
CREATE TABLE experiments (
  name       TEXT PRIMARY KEY,
  hypothesis TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  until      INTEGER NOT NULL CHECK (until > started_at)
) STRICT, WITHOUT ROWID;

-- owner: presence/replies.py. What others say to us. Answered by the person, never by a machine.
CREATE TABLE replies (
  number     INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  account    TEXT NOT NULL,                    -- ours, that it was said to
  network    TEXT NOT NULL,
  remote_id  TEXT NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('reply', 'mention', 'quote')),
  author     TEXT NOT NULL,                    -- the handle
  name       TEXT NOT NULL DEFAULT '',
  text       TEXT NOT NULL,                    -- plain text
  url        TEXT NOT NULL DEFAULT '',
  at         INTEGER NOT NULL,                 -- when it was said
  heard_at   INTEGER NOT NULL,
  share      INTEGER REFERENCES shares (number),  -- what it answers; NULL: none of ours
  private    INTEGER NOT NULL DEFAULT 0 CHECK (private IN (0, 1)),
  done_at    INTEGER,                          -- NULL while it waits
  UNIQUE (account, remote_id)
) STRICT;
CREATE INDEX replies_waiting ON replies (at, number) WHERE done_at IS NULL;

-- owner: presence/webmentions.py. Which cited page was told of which post of ours: once.
CREATE TABLE webmentions (
  source   TEXT NOT NULL,                      -- our page
  target   TEXT NOT NULL,                      -- what it cites
  state    TEXT NOT NULL CHECK (state IN ('sending', 'sent', 'none', 'refused', 'unknown', 'later')),
  tries    INTEGER NOT NULL DEFAULT 0,
  at       INTEGER NOT NULL,
  evidence TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (source, target)
) STRICT, WITHOUT ROWID;
