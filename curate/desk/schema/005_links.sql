-- owner: site/strikes.py. What was found of a source a post links to, each time the web was asked.
CREATE TABLE links (
  url        TEXT PRIMARY KEY,
  checked_at INTEGER NOT NULL,
  alive_at   INTEGER,                          -- when it last answered as one would like; NULL: never yet
  strikes    INTEGER NOT NULL DEFAULT 0,       -- days in a row, as it were, on which it was not as it should be
  struck_at  INTEGER,                          -- when the last one was counted; another counts 20 hours later
  since      INTEGER,                          -- when the first of them was
  reason     TEXT NOT NULL DEFAULT '',         -- what it answered last, in words; '' when it lives
  moved_to   TEXT NOT NULL DEFAULT ''          -- where it says it has moved for good; '' when it does not
) STRICT, WITHOUT ROWID;
