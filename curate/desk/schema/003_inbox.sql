-- owner: inbox/learn.py. What ranking learned of an item, in doublings of the chance that it is wanted; 0: nothing.
ALTER TABLE items ADD COLUMN interest REAL NOT NULL DEFAULT 0;
-- owner: inbox/rules.py. What rules add to that, in the same measure.
ALTER TABLE items ADD COLUMN boost REAL NOT NULL DEFAULT 0;
-- The place in the list. Three days older is half as wanted, so no clock is needed to compare two.
ALTER TABLE items ADD COLUMN standing REAL NOT NULL
  GENERATED ALWAYS AS (interest + boost + coalesce(published, first_seen) / 259200.0) VIRTUAL;
CREATE INDEX items_by_standing ON items (state, standing, number);

-- owner: inbox/gathering.py. A cache: the number of the item that leads its story; NULL: no other feed has it.
ALTER TABLE items ADD COLUMN story INTEGER;
-- The person's: 1 when it was split off its story, and never joins one again.
ALTER TABLE items ADD COLUMN apart INTEGER NOT NULL DEFAULT 0 CHECK (apart IN (0, 1));
CREATE INDEX items_by_story ON items (story, number) WHERE story IS NOT NULL;
-- owner: inbox/gathering.py. A cache: by what the newest items are found to be the same story.
CREATE TABLE story_keys (
  key  INTEGER NOT NULL,                       -- hash of a word, of a few words in a row, or of an address linked to
  item INTEGER NOT NULL,
  PRIMARY KEY (key, item)
) STRICT, WITHOUT ROWID;

-- owner: inbox/learn.py. A cache: what ranking learned from decisions, to judge what comes next and to say why.
CREATE TABLE ranking (
  number   INTEGER PRIMARY KEY CHECK (number = 1),
  taught   TEXT NOT NULL,                      -- what tells whether something was decided since
  reached  INTEGER NOT NULL,                   -- the number of the last item that was judged
  lessons  INTEGER NOT NULL,
  wanted   REAL NOT NULL,
  unwanted REAL NOT NULL,
  counts   BLOB NOT NULL                       -- by hashed sign, compressed
) STRICT;

-- owner: inbox/rules.py
CREATE TABLE rules (
  number     INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,                    -- one word or two, shown on the items it touched
  query      TEXT NOT NULL,                    -- as typed
  action     TEXT NOT NULL CHECK (action IN ('skip', 'boost', 'tag', 'later')),
  value      TEXT NOT NULL DEFAULT '',         -- of a boost the number, of a tag the tag, of later the days
  created_at INTEGER NOT NULL
) STRICT;
-- What a rule did to an item. The rule may be gone since, or say something else: so it is told in full.
CREATE TABLE effects (
  item   INTEGER NOT NULL REFERENCES items (number),
  rule   TEXT NOT NULL,                        -- its id
  name   TEXT NOT NULL,
  action TEXT NOT NULL,
  value  TEXT NOT NULL,
  at     INTEGER NOT NULL,
  PRIMARY KEY (item, rule)
) STRICT, WITHOUT ROWID;
CREATE INDEX effects_by_rule ON effects (rule);

-- owner: inbox/decide.py. 1: an undone step that nothing can do again, because another was made after it.
ALTER TABLE journal ADD COLUMN abandoned INTEGER NOT NULL DEFAULT 0;
UPDATE journal SET abandoned = 1 WHERE undone_at IS NOT NULL;
CREATE INDEX journal_undone ON journal (step) WHERE undone_at IS NOT NULL AND abandoned = 0;
