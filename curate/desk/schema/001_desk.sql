-- owner: desk/db.py
CREATE TABLE desk (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

-- owner: feeds/health.py. Derived from feeds.opml by url; the rest is what fetching learned.
CREATE TABLE feeds (
  number        INTEGER PRIMARY KEY,
  url           TEXT NOT NULL UNIQUE,
  title         TEXT NOT NULL DEFAULT '',
  site_url      TEXT NOT NULL DEFAULT '',
  etag          TEXT NOT NULL DEFAULT '',
  last_modified TEXT NOT NULL DEFAULT '',
  body_hash     TEXT NOT NULL DEFAULT '',
  checked_at    INTEGER,                       -- last attempt
  succeeded_at  INTEGER,                       -- last 200 or 304
  failures      INTEGER NOT NULL DEFAULT 0,    -- in a row
  reason        TEXT NOT NULL DEFAULT '',      -- of the last failure, in words; '' when it succeeded
  due_at        INTEGER NOT NULL DEFAULT 0     -- not before
) STRICT;

-- owner: inbox/items.py. The feed owns guid … hash; the person owns state … via_url.
CREATE TABLE items (
  number        INTEGER PRIMARY KEY,
  id            TEXT NOT NULL UNIQUE,
  feed          INTEGER REFERENCES feeds (number) ON DELETE SET NULL,  -- NULL: a page the person added
  guid          TEXT NOT NULL,
  url           TEXT NOT NULL,
  canonical_url TEXT NOT NULL,
  title         TEXT NOT NULL,
  author        TEXT NOT NULL DEFAULT '',
  site          TEXT NOT NULL DEFAULT '',
  summary       TEXT NOT NULL DEFAULT '',      -- plain text
  words         INTEGER NOT NULL DEFAULT 0,
  lang          TEXT NOT NULL DEFAULT '',
  full_text     INTEGER NOT NULL DEFAULT 0,    -- 1 when the contents are the whole article
  published     INTEGER,                       -- as first said; NULL when nothing believable was said
  first_seen    INTEGER NOT NULL,
  dated         INTEGER NOT NULL GENERATED ALWAYS AS (coalesce(published, first_seen)) VIRTUAL,
  hash          TEXT NOT NULL DEFAULT '',      -- of what the feed said, to see an edit
  state         TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'kept', 'later', 'skipped', 'drafted', 'posted')),
  decided_at    INTEGER,
  later_until   INTEGER,
  via_name      TEXT NOT NULL DEFAULT '',
  via_url       TEXT NOT NULL DEFAULT '',
  UNIQUE (feed, guid)
) STRICT;
CREATE INDEX items_by_state ON items (state, dated, number);
CREATE INDEX items_by_date ON items (dated, number);
CREATE INDEX items_by_canonical_url ON items (canonical_url, feed);
CREATE INDEX items_by_feed ON items (feed, state);
-- Apart from items, so that a list reads and a decision writes small rows.
CREATE TABLE contents (
  item INTEGER PRIMARY KEY REFERENCES items (number),
  html TEXT NOT NULL,                          -- sanitised
  text TEXT NOT NULL
) STRICT;

-- owner: inbox/notes.py
CREATE TABLE notes (
  item INTEGER PRIMARY KEY REFERENCES items (number),
  text TEXT NOT NULL
) STRICT;
CREATE TABLE quotes (
  number INTEGER PRIMARY KEY,
  item   INTEGER NOT NULL REFERENCES items (number),
  text   TEXT NOT NULL,
  prefix TEXT NOT NULL DEFAULT '',
  suffix TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX quotes_by_item ON quotes (item);
CREATE TABLE tags (
  item INTEGER NOT NULL REFERENCES items (number),
  tag  TEXT NOT NULL,
  PRIMARY KEY (item, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_by_tag ON tags (tag COLLATE NOCASE);

-- owner: inbox/decide.py. One row for each item a step touched; a step is what one undo takes back.
CREATE TABLE journal (
  number    INTEGER PRIMARY KEY,
  step      INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  action    TEXT NOT NULL,                     -- keep, skip, later, note, quote, tag, draft, post …
  item      INTEGER NOT NULL REFERENCES items (number),
  before    TEXT NOT NULL,                     -- JSON: what the person's columns and rows were
  after     TEXT NOT NULL,
  undone_at INTEGER                            -- NULL while the step stands
) STRICT;
CREATE INDEX journal_by_step ON journal (step);
CREATE INDEX journal_standing ON journal (step) WHERE undone_at IS NULL;

-- owner: inbox/search.py. A cache: may be dropped and filled again.
CREATE VIRTUAL TABLE search USING fts5 (
  title, summary, body, author, site, tags, note,
  tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

-- owner: presence/publish.py. What was done to posts that the public may ask about.
CREATE TABLE publications (
  number INTEGER PRIMARY KEY,
  slug   TEXT NOT NULL,
  at     INTEGER NOT NULL,
  forced TEXT NOT NULL DEFAULT ''              -- the reason given with --force
) STRICT;

-- owner: shares/ledger.py. Never rebuilt: what the public saw, and how we know.
CREATE TABLE shares (
  number      INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  post        TEXT NOT NULL,                   -- slug
  link        TEXT NOT NULL,                   -- the page's URL
  title       TEXT NOT NULL DEFAULT '',        -- of the post when it was planned: the card's words
  summary     TEXT NOT NULL DEFAULT '',
  account     TEXT NOT NULL,
  network     TEXT NOT NULL,
  text        TEXT NOT NULL,                   -- as it goes out, link included
  state       TEXT NOT NULL CHECK (state IN ('draft', 'approved', 'sending', 'sent', 'rejected', 'retry', 'unknown',
                                             'held', 'missed', 'handed_over', 'cancelled')),
  due_at      INTEGER NOT NULL,                -- the instant
  wall        TEXT NOT NULL,                   -- the wall time meant: 2026-11-23T08:40
  zone        TEXT NOT NULL,                   -- its IANA zone
  created_at  INTEGER NOT NULL,
  approved_at INTEGER,
  seal        TEXT NOT NULL DEFAULT '',        -- hash of what was approved; '' while it is not
  not_before  INTEGER NOT NULL DEFAULT 0,      -- a retry waits until then
  sent_at     INTEGER,
  remote_id   TEXT NOT NULL DEFAULT '',
  remote_url  TEXT NOT NULL DEFAULT '',
  reason      TEXT NOT NULL DEFAULT ''         -- of the state, in words
) STRICT;
CREATE INDEX shares_by_state ON shares (state, due_at);
CREATE INDEX shares_by_account ON shares (account, due_at);
CREATE TABLE attempts (
  number     INTEGER PRIMARY KEY,
  share      INTEGER NOT NULL REFERENCES shares (number),
  via        TEXT NOT NULL,                    -- network, server and handle it goes to
  key        TEXT NOT NULL,                    -- idempotency key or record key, minted for this text
  minted_at  INTEGER NOT NULL,                 -- when an attempt first used the key
  seal       TEXT NOT NULL,                    -- the share's, then
  payload    TEXT NOT NULL,                    -- JSON: exactly what is sent, without secrets
  hash       TEXT NOT NULL,                    -- of the payload
  started_at INTEGER NOT NULL,
  ended_at   INTEGER,
  outcome    TEXT NOT NULL DEFAULT '',         -- '' while under way
  evidence   TEXT NOT NULL DEFAULT ''          -- what came back, without secrets
) STRICT;
CREATE INDEX attempts_by_share ON attempts (share);
CREATE UNIQUE INDEX attempts_one_under_way ON attempts (share) WHERE outcome = '';
