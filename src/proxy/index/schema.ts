/** The tables of the proxy's index. Another version is made anew from the files of the store. */

/** What `user_version` says of tables as below. */
export const indexVersion = 1;

export const indexTables = `
-- An origin stays in its shard: a node reads one acknowledgement to know of itself.
CREATE TABLE origins (origin TEXT PRIMARY KEY, shard INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE shards (shard INTEGER PRIMARY KEY, changed INTEGER NOT NULL);

CREATE TABLE incarnations (
  id INTEGER PRIMARY KEY,
  origin TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  chained INTEGER NOT NULL DEFAULT 0, -- archives up to this sequence have the right chain
  last_at TEXT NOT NULL, -- when the newest arrival came
  UNIQUE (origin, incarnation)
);

CREATE TABLE archives (
  of INTEGER NOT NULL REFERENCES incarnations,
  sequence INTEGER NOT NULL,
  class TEXT NOT NULL,
  digest BLOB NOT NULL,
  bytes INTEGER NOT NULL,
  created TEXT NOT NULL,
  received_at TEXT NOT NULL,
  how TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'readable', 'unreadable')),
  reason TEXT NOT NULL DEFAULT '',
  chain BLOB,
  PRIMARY KEY (of, sequence)
) WITHOUT ROWID;
CREATE INDEX archives_waiting ON archives (of, sequence) WHERE state = 'waiting';
CREATE INDEX archives_unreadable ON archives (of, sequence) WHERE state = 'unreadable';

-- Ranges that neither touch nor overlap: what is in the store and unpacked, and what origins have said to be lost.
CREATE TABLE held (of INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (of, first)) WITHOUT ROWID;
CREATE TABLE voids (of INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (of, first)) WITHOUT ROWID;

-- Of which archives the readable files are put together, and how many bytes are of each.
CREATE TABLE paths (id INTEGER PRIMARY KEY, of INTEGER NOT NULL, path TEXT NOT NULL, bytes INTEGER NOT NULL, UNIQUE (of, path));
CREATE TABLE segments (path INTEGER NOT NULL, sequence INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (path, sequence)) WITHOUT ROWID;
CREATE INDEX segments_of_archives ON segments (sequence, path);
-- A readable file that was written anew beside itself and has not taken its place yet.
CREATE TABLE swaps (path INTEGER PRIMARY KEY, part TEXT NOT NULL);

CREATE TABLE forks (
  of INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  digest BLOB NOT NULL,
  class TEXT NOT NULL,
  kept INTEGER NOT NULL,
  first_at TEXT NOT NULL,
  times INTEGER NOT NULL,
  PRIMARY KEY (of, sequence, digest)
) WITHOUT ROWID;

CREATE TABLE refused (code TEXT PRIMARY KEY, times INTEGER NOT NULL, last_at TEXT NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID;
`;
