-- owner: shares/ledger.py. A share that corrects what an earlier one said follows it at once, and is no repetition.
ALTER TABLE shares ADD COLUMN corrects INTEGER NOT NULL DEFAULT 0 CHECK (corrects IN (0, 1));
