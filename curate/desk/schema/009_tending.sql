-- owner: presence/tending.py. By the time: on which days the person decided something; a feed's move is not theirs.
CREATE INDEX journal_persons ON journal (at) WHERE action <> 'move';
