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

-- owner: inbox/items.py. The feed owns title … lang; the person owns state, later_until and via.
CREATE TABLE items (
  number        INTEGER PRIMARY KEY,
  id            TEXT NOT NULL UNIQUE,
  feed          INTEGER REFERENCES feeds (number) ON DELETE SET NULL,
  guid          TEXT NOT NULL,
  url           TEXT NOT NULL,
  canonical_url TEXT NOT NULL,
  title         TEXT NOT NULL,
  author        TEXT NOT NULL DEFAULT '',
  site          TEXT NOT NULL DEFAULT '',
  summary       TEXT NOT NULL DEFAULT '',      -- plain text
  content_html  TEXT NOT NULL DEFAULT '',      -- sanitised
  content_text  TEXT NOT NULL DEFAULT '',
  words         INTEGER NOT NULL DEFAULT 0,
  lang          TEXT NOT NULL DEFAULT '',
  full_text     INTEGER NOT NULL DEFAULT 0,    -- 1 when content_text is the whole article
  published     INTEGER,                       -- as the feed says; NULL when it says nothing believable
  first_seen    INTEGER NOT NULL,
  hash          TEXT NOT NULL DEFAULT '',      -- of what the feed said, to see an edit
  state         TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'kept', 'later', 'skipped', 'drafted', 'posted')),
  decided_at    INTEGER,
  later_until   INTEGER,
  via_name      TEXT NOT NULL DEFAULT '',
  via_url       TEXT NOT NULL DEFAULT '',
  UNIQUE (feed, guid)
) STRICT;
CREATE INDEX items_by_state ON items (state, published DESC, number DESC);
CREATE INDEX items_by_canonical_url ON items (canonical_url, feed);

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

-- owner: inbox/decide.py. One row for each item a step touched; a step is what one undo takes back.
CREATE TABLE journal (
  number INTEGER PRIMARY KEY,
  step   INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  action TEXT NOT NULL,                        -- keep, skip, later, note, quote, tag, draft, post …
  item   INTEGER NOT NULL REFERENCES items (number),
  before TEXT NOT NULL,                        -- JSON: what the person's columns and rows were
  after  TEXT NOT NULL,
  undone INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX journal_by_step ON journal (step);

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

-- owner: shares/ledger.py
CREATE TABLE shares (
  number      INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  post        TEXT NOT NULL,                   -- slug
  link        TEXT NOT NULL,                   -- the page's URL
  account     TEXT NOT NULL,
  network     TEXT NOT NULL,
  text        TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('draft', 'approved', 'sending', 'sent', 'rejected', 'retry', 'unknown',
                                             'held', 'missed', 'handed_over', 'cancelled')),
  due_at      INTEGER NOT NULL,                -- the instant
  wall        TEXT NOT NULL,                   -- the wall time meant: 2026-11-23T08:40
  zone        TEXT NOT NULL,                   -- its IANA zone
  created_at  INTEGER NOT NULL,
  approved_at INTEGER,
  not_before  INTEGER NOT NULL DEFAULT 0,      -- a retry waits until then
  sent_at     INTEGER,
  remote_id   TEXT NOT NULL DEFAULT '',
  remote_url  TEXT NOT NULL DEFAULT '',
  reason      TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX shares_by_state ON shares (state, due_at);
CREATE TABLE attempts (
  number     INTEGER PRIMARY KEY,
  share      INTEGER NOT NULL REFERENCES shares (number),
  key        TEXT NOT NULL,                    -- idempotency key or record key, minted for this text
  payload    TEXT NOT NULL,                    -- JSON: exactly what is sent, without secrets
  started_at INTEGER NOT NULL,
  ended_at   INTEGER,
  outcome    TEXT NOT NULL DEFAULT '',         -- '' while under way
  evidence   TEXT NOT NULL DEFAULT ''          -- what came back, without secrets
) STRICT;
CREATE UNIQUE INDEX attempts_one_under_way ON attempts (share) WHERE outcome = '';
