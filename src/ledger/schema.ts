/**
 * The oldest version that can still work with a ledger that this one has migrated; kept in the file (`PRAGMA
 * application_id`). Migrations that only add leave it as it is, so that a node can go back to the version before.
 */
export const readableSince = 1;

/**
 * The ledger's tables. Each entry brings a file from one version to the next (`PRAGMA user_version`); entries are never
 * changed once released, only added.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE updates (
    id INTEGER PRIMARY KEY,          -- order of arrival
    digest TEXT NOT NULL UNIQUE,     -- BLAKE2b-512 of S, 128 hex digits
    sequence INTEGER,                -- NULL when the manifest could not be read
    title TEXT NOT NULL,
    terms TEXT,                      -- the manifest without its files, JSON
    signers TEXT NOT NULL,           -- key ids, JSON list
    channel TEXT NOT NULL,           -- the channel that brought it first
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    deferrals INTEGER NOT NULL DEFAULT 0,
    exit_status INTEGER,
    signal TEXT,
    retry_boot_id TEXT,              -- a deferred update waits until this uptime of this boot
    retry_uptime_seconds REAL,
    received_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT
  ) STRICT;
  CREATE INDEX updates_by_sequence ON updates (sequence);
  CREATE INDEX updates_by_state ON updates (state);

  CREATE TABLE supersedes (
    digest TEXT NOT NULL REFERENCES updates (digest),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX supersedes_by_last ON supersedes (last, first);

  CREATE TABLE transitions (
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL REFERENCES updates (digest),
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX transitions_by_digest ON transitions (digest);

  CREATE TABLE runs (
    digest TEXT NOT NULL REFERENCES updates (digest),
    run INTEGER NOT NULL,            -- 1, 2, … for every start of this update
    attempt INTEGER NOT NULL,        -- counts like run, deferred ones left out
    nonce TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('starting', 'running', 'ended')),
    runner TEXT,                     -- boot id, pid and start time, JSON
    outcome TEXT,
    exit_status INTEGER,
    signal TEXT,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    logs_kept INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (digest, run)
  ) STRICT;
  CREATE UNIQUE INDEX one_run_at_a_time ON runs ((1)) WHERE state <> 'ended';
  CREATE INDEX runs_without_logs ON runs (logs_kept) WHERE state = 'ended' AND logs_kept = 0;

  CREATE TABLE refusals (
    file_hash TEXT PRIMARY KEY,      -- of the whole file: a refusal never stops another copy
    id INTEGER NOT NULL,             -- order of arrival
    channel TEXT NOT NULL,
    name TEXT NOT NULL,              -- of the file in the channel's folder; '' when it was handed in
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    times INTEGER NOT NULL,
    at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX refusals_by_id ON refusals (id);

  CREATE TABLE evidence (
    digest TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL,
    signatures TEXT NOT NULL,        -- the signature blocks as they stand in the parcel
    manifest TEXT NOT NULL,          -- what manifest.json says, without its files
    at TEXT NOT NULL
  ) STRICT;

  CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    sink TEXT NOT NULL,
    digest TEXT NOT NULL,
    sequence INTEGER,
    state TEXT NOT NULL,             -- that the text tells
    text TEXT NOT NULL,              -- at most 160 GSM-7 characters
    tries INTEGER NOT NULL DEFAULT 0,
    problem TEXT,
    created_at TEXT NOT NULL,
    delivered_at TEXT
  ) STRICT;
  CREATE INDEX outbox_waiting ON outbox (id) WHERE delivered_at IS NULL;

  CREATE TABLE facts (
    name TEXT PRIMARY KEY,           -- time-floor, refusals, reboot-wanted, …
    value TEXT NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE sinks (               -- those that failed when they were last tried
    name TEXT PRIMARY KEY,
    failures INTEGER NOT NULL,       -- in a row
    problem TEXT NOT NULL,
    retry_boot_id TEXT NOT NULL,     -- it is left alone until this uptime of this boot
    retry_uptime_seconds REAL NOT NULL
  ) STRICT;
  DROP INDEX outbox_waiting;
  CREATE INDEX outbox_waiting ON outbox (sink, id) WHERE delivered_at IS NULL;
  CREATE INDEX outbox_by_digest ON outbox (digest);

  CREATE TABLE days (                -- on which the machine was switched on, counted from 0
    day INTEGER PRIMARY KEY,
    newest_transition INTEGER NOT NULL -- when the day began; 0: none
  ) STRICT;
  `,
  `
  CREATE TABLE proofs (
    digest TEXT PRIMARY KEY REFERENCES updates (digest),
    signatures TEXT NOT NULL         -- the signature blocks as they stood in the parcel
  ) STRICT;
  `,
  `
  CREATE TABLE state_counts (        -- how many updates are in each state: counted as they change, for \`status\`
    state TEXT PRIMARY KEY,
    count INTEGER NOT NULL
  ) STRICT;
  INSERT INTO state_counts SELECT state, count(*) FROM updates GROUP BY state;
  CREATE TRIGGER count_added AFTER INSERT ON updates BEGIN
    INSERT INTO state_counts VALUES (new.state, 1) ON CONFLICT (state) DO UPDATE SET count = count + 1;
  END;
  CREATE TRIGGER count_changed AFTER UPDATE OF state ON updates WHEN old.state <> new.state BEGIN
    UPDATE state_counts SET count = count - 1 WHERE state = old.state;
    INSERT INTO state_counts VALUES (new.state, 1) ON CONFLICT (state) DO UPDATE SET count = count + 1;
  END;
  CREATE TRIGGER count_removed AFTER DELETE ON updates BEGIN
    UPDATE state_counts SET count = count - 1 WHERE state = old.state;
  END;
  `,
  `
  CREATE TABLE usb_visits (          -- insertions of USB keys, from the first look at the key until it is dealt with
    id INTEGER PRIMARY KEY,          -- order of insertion
    insertion TEXT NOT NULL,         -- differs between two insertions within one boot
    device TEXT NOT NULL,
    serial TEXT,                     -- of the USB device
    volume TEXT,                     -- UUID of the file system; NULL until it was read
    label TEXT,
    file_system TEXT,
    technician TEXT,                 -- both from a pass that was verified
    pass_digest TEXT,
    state TEXT NOT NULL,
    code TEXT,
    reason TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT
  ) STRICT;
  CREATE INDEX usb_visits_by_volume ON usb_visits (volume);
  CREATE INDEX usb_visits_open ON usb_visits (id) WHERE ended_at IS NULL;

  CREATE TABLE usb_files (           -- what was found on the keys
    id INTEGER PRIMARY KEY,
    visit INTEGER NOT NULL REFERENCES usb_visits (id) ON DELETE CASCADE,
    name TEXT NOT NULL,              -- on the key
    file_hash TEXT,                  -- of the whole file, NULL when it was not read to its end
    digest TEXT,                     -- of the parcel, NULL when it is none
    code TEXT,                       -- why it was not taken; NULL when it was
    reason TEXT NOT NULL,
    UNIQUE (visit, name)
  ) STRICT;

  CREATE TABLE usb_uses (            -- visits that count against a pass; never forgotten, which would give them back
    pass_digest TEXT NOT NULL,
    visit INTEGER NOT NULL,          -- may be forgotten itself
    at TEXT NOT NULL,
    PRIMARY KEY (pass_digest, visit)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE usb_visits ADD COLUMN pass_uses INTEGER; -- visits that its pass grants to this node; NULL: any number
  `,
  `
  CREATE TABLE neighbours (
    node TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    serial INTEGER NOT NULL,           -- of its enrolment; 0: not known
    address TEXT NOT NULL,             -- by which it was last heard or met
    heard_at TEXT,
    met_at TEXT,
    contacts INTEGER NOT NULL DEFAULT 0,
    bytes_in INTEGER NOT NULL DEFAULT 0,
    bytes_out INTEGER NOT NULL DEFAULT 0,
    parcels_in INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT ''    -- why the last contact stopped
  ) STRICT;
  CREATE TABLE pings (                 -- the newest that was believed of each incarnation, against replay
    node TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    counter INTEGER NOT NULL,
    PRIMARY KEY (node, incarnation)
  ) STRICT;
  CREATE TABLE refused_pings (why TEXT PRIMARY KEY, times INTEGER NOT NULL) STRICT;
  CREATE TABLE contacts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    peer TEXT NOT NULL,
    role TEXT NOT NULL,
    seconds REAL NOT NULL,
    bytes_in INTEGER NOT NULL,
    bytes_out INTEGER NOT NULL,
    parcels_in INTEGER NOT NULL,
    reason TEXT NOT NULL
  ) STRICT;
  CREATE TABLE cover (                 -- the union of all acknowledgements ever seen; never forgotten
    origin TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    sequences TEXT NOT NULL,           -- \`1-40,42\`
    PRIMARY KEY (origin, incarnation)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE acks (                  -- the newest of each proxy and shard
    proxy TEXT NOT NULL,
    shard INTEGER NOT NULL,
    serial INTEGER NOT NULL,           -- of the enrolment in it
    epoch TEXT NOT NULL,
    number INTEGER NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (proxy, shard)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE pool_notes (            -- what became of parcels of neighbours that are not here
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    digest TEXT,
    what TEXT NOT NULL,
    reason TEXT NOT NULL,
    peer TEXT NOT NULL,
    at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX pool_notes_by_name ON pool_notes (name);
  `,
  `
  CREATE TABLE log_archives (        -- own archives of logs; never forgotten: acks are held against the chain of their digests
    sequence INTEGER PRIMARY KEY,    -- within the one incarnation of this ledger
    class TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'built', 'stored', 'delivered', 'void')),
    digest TEXT,                     -- NULL until it is built
    bytes INTEGER,
    progress TEXT,                   -- what holds as soon as it stands in the pool, JSON; only while it is built
    is_there INTEGER NOT NULL DEFAULT 0, -- its file may be in the pool
    reason TEXT NOT NULL,            -- of a void
    at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX log_archives_by_state ON log_archives (state) WHERE state <> 'delivered';
  CREATE INDEX log_archives_there ON log_archives (sequence) WHERE is_there = 1;

  CREATE TABLE log_streams (         -- how much of what stands in each log file went into archives
    stream INTEGER PRIMARY KEY,
    path TEXT NOT NULL,              -- below var/log, where it was seen last
    device TEXT NOT NULL,
    inode TEXT NOT NULL,
    is_unpacked INTEGER NOT NULL,    -- 1: offset and hashes are of what is compressed in the file
    offset INTEGER NOT NULL,
    head_bytes INTEGER NOT NULL,     -- the first ones of the stream, and their hash
    head_hash TEXT NOT NULL,
    tail_hash TEXT NOT NULL,         -- of the last ones before the offset
    size INTEGER NOT NULL,           -- of the file, as it was then
    mtime TEXT NOT NULL,             -- nanoseconds
    seen INTEGER NOT NULL            -- sequence of the archive that was made when it was seen last
  ) STRICT;
  CREATE INDEX log_streams_by_seen ON log_streams (seen);
  `,
  `
  CREATE TABLE notices (               -- rosters, acknowledgements and enrolments that came in: the last 1,000
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,               -- \`roster 7\`
    is_taken INTEGER NOT NULL,         -- 0: it could not be taken into use
    outcome TEXT NOT NULL,
    at TEXT NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE sms_texts (             -- outcomes that were told by SMS: the last 2,000
    counter INTEGER PRIMARY KEY AUTOINCREMENT, -- stands in the text
    message INTEGER NOT NULL,          -- of the outbox; its number may be used again when the row is gone
    digest TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (message, digest, created_at)
  ) STRICT;
  CREATE TABLE sms_costs (             -- of each text, for each phone number
    counter INTEGER NOT NULL,
    phone TEXT NOT NULL,
    day INTEGER NOT NULL,              -- on which the machine was switched on, as in days
    state TEXT NOT NULL CHECK (state IN ('owed', 'handed', 'dropped')),
    PRIMARY KEY (counter, phone)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sms_costs_by_day ON sms_costs (day);
  `,
];
