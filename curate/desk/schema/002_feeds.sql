-- owner: feeds/health.py. What politeness asks one to remember of a feed.
ALTER TABLE feeds ADD COLUMN validated_at INTEGER;                 -- when its validators came with a whole answer; NULL without any
ALTER TABLE feeds ADD COLUMN moved_to TEXT NOT NULL DEFAULT '';    -- where it says it has moved for good; '' when it does not
ALTER TABLE feeds ADD COLUMN moved_since INTEGER;                  -- since when it has said so, every time; NULL when nothing follows
ALTER TABLE feeds ADD COLUMN moved_from TEXT NOT NULL DEFAULT '';  -- the address before the move that was followed last
ALTER TABLE feeds ADD COLUMN gone_at INTEGER;                      -- when it said it is gone for good (410); NULL when it lives
ALTER TABLE feeds ADD COLUMN rhythm INTEGER NOT NULL DEFAULT 0;    -- seconds between two entries, as a rule; 0 when nothing is known
ALTER TABLE feeds ADD COLUMN newest_at INTEGER;                    -- the date of its newest entry, else when it last brought one

-- owner: inbox/decide.py. A step may be about the list of feeds: it has no item then.
CREATE TABLE journal_anew (
  number    INTEGER PRIMARY KEY,
  step      INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  action    TEXT NOT NULL,                     -- keep, skip, later, note, quote, tag, draft, post, move …
  item      INTEGER REFERENCES items (number), -- NULL: the list of feeds
  before    TEXT NOT NULL,                     -- JSON: what the person's columns and rows, or the list, were
  after     TEXT NOT NULL,
  undone_at INTEGER                            -- NULL while the step stands
) STRICT;
INSERT INTO journal_anew SELECT * FROM journal;
DROP TABLE journal;
ALTER TABLE journal_anew RENAME TO journal;
CREATE INDEX journal_by_step ON journal (step);
CREATE INDEX journal_standing ON journal (step) WHERE undone_at IS NULL;

-- owner: inbox/search.py. How far the index goes: all that is there.
INSERT INTO desk (key, value) SELECT 'indexed', CAST(max(number) AS TEXT) FROM items HAVING max(number) > 0;

-- owner: inbox/items.py. The date a feed gave that nobody can believe, as it gave it.
ALTER TABLE items ADD COLUMN claimed INTEGER;
-- Of all that the feed said, to leave unread what it says again; '' when nothing is known.
ALTER TABLE items ADD COLUMN digest TEXT NOT NULL DEFAULT '';
CREATE INDEX items_unread ON items (first_seen, decided_at) WHERE state = 'new';

-- owner: inbox/pages.py. The page behind an item as it was fetched: its full text is in contents.
CREATE TABLE pages (
  item       INTEGER PRIMARY KEY REFERENCES items (number),
  url        TEXT NOT NULL,                    -- where it came from at last
  fetched_at INTEGER NOT NULL,
  hash       TEXT NOT NULL,                    -- of its text, to see later whether it changed; '' when there is none
  reason     TEXT NOT NULL DEFAULT '',         -- why there is none, in words
  image      TEXT NOT NULL DEFAULT '',
  licence    TEXT NOT NULL DEFAULT ''
) STRICT;
