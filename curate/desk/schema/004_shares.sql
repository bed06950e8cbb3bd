-- owner: shares/ledger.py. What a share shows beside its words, what it is about, and how long it is worth sending.
ALTER TABLE shares ADD COLUMN image TEXT NOT NULL DEFAULT '';       -- its path from the desk's folder
ALTER TABLE shares ADD COLUMN image_hash TEXT NOT NULL DEFAULT '';  -- of its bytes when it was planned
ALTER TABLE shares ADD COLUMN alt TEXT NOT NULL DEFAULT '';         -- the image in words
ALTER TABLE shares ADD COLUMN source TEXT NOT NULL DEFAULT '';      -- the site the post is about
ALTER TABLE shares ADD COLUMN topic TEXT NOT NULL DEFAULT '';
ALTER TABLE shares ADD COLUMN expires_at INTEGER;                   -- after that it is old news
ALTER TABLE attempts ADD COLUMN cost INTEGER NOT NULL DEFAULT 0;    -- what the network takes, in thousandths of a US dollar

-- owner: shares/ledger.py. What is worth saying again, in new words, as long as it holds.
CREATE TABLE evergreens (
  post     TEXT NOT NULL,                      -- slug
  account  TEXT NOT NULL,
  days     INTEGER NOT NULL CHECK (days >= 21), -- between two shares
  times    INTEGER NOT NULL CHECK (times >= 2), -- in all
  until    INTEGER,                            -- not after
  PRIMARY KEY (post, account)
) STRICT, WITHOUT ROWID;
