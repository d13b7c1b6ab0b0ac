-- Schema 1 of a run file. store/schema.md explains every column.

CREATE TABLE run (
    id          TEXT PRIMARY KEY CHECK (id <> ''),
    name        TEXT    NOT NULL,
    recipe_name TEXT    NOT NULL,
    recipe      TEXT    NOT NULL,
    seed        INTEGER NOT NULL,
    data_name   TEXT    NOT NULL,
    data_hash   TEXT    NOT NULL,
    data_path   TEXT    NOT NULL,
    version     TEXT    NOT NULL,
    device      TEXT    NOT NULL,
    threads     INTEGER NOT NULL,
    options     TEXT    NOT NULL,
    parent      TEXT    NOT NULL,
    created_ms  INTEGER NOT NULL,
    state       TEXT    NOT NULL,
    error       TEXT    NOT NULL DEFAULT '',
    ended_ms    INTEGER
) STRICT;

CREATE TABLE stage (
    stage       INTEGER PRIMARY KEY,
    shape       TEXT    NOT NULL,
    layers      INTEGER NOT NULL,
    hidden      INTEGER NOT NULL,
    heads       INTEGER NOT NULL,
    ffn         INTEGER NOT NULL,
    params      INTEGER NOT NULL,
    from_tokens INTEGER NOT NULL,
    tokens      INTEGER NOT NULL,
    from_step   INTEGER NOT NULL,
    steps       INTEGER NOT NULL,
    ramp_tokens INTEGER NOT NULL,
    operator    TEXT    NOT NULL,
    took_tokens  INTEGER,
    took_flops   REAL,
    took_seconds REAL
) STRICT;

-- Measured numbers may be NULL: SQLite has no NaN.
CREATE TABLE step (
    step         INTEGER PRIMARY KEY,
    tokens       INTEGER NOT NULL,
    stage        INTEGER NOT NULL,
    loss         REAL,
    lr           REAL,
    grad_norm    REAL,
    mask         REAL,
    tokens_per_s REAL,
    flops        REAL,
    seconds      REAL
) STRICT;

-- AUTOINCREMENT: an id is never used twice, so a reader that asks for "after id" misses nothing after a resume.
CREATE TABLE event (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    time_ms INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    step    INTEGER NOT NULL,
    tokens  INTEGER,
    json    TEXT    NOT NULL
) STRICT;

CREATE INDEX event_step ON event (step);

CREATE TABLE eval (
    event         INTEGER PRIMARY KEY REFERENCES event (id) ON DELETE CASCADE,
    step          INTEGER NOT NULL,
    tokens        INTEGER NOT NULL,
    stage         INTEGER NOT NULL,
    loss          REAL,
    bits_per_byte REAL,
    eval_tokens   INTEGER NOT NULL,
    final         INTEGER NOT NULL
) STRICT;

CREATE TABLE sample (
    event       INTEGER PRIMARY KEY REFERENCES event (id) ON DELETE CASCADE,
    step        INTEGER NOT NULL,
    tokens      INTEGER NOT NULL,
    stage       INTEGER NOT NULL,
    prompt      TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    temperature REAL
) STRICT;

CREATE TABLE checkpoint (
    id       INTEGER PRIMARY KEY,
    time_ms  INTEGER NOT NULL,
    step     INTEGER NOT NULL,
    tokens   INTEGER NOT NULL,
    stage    INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    pinned   INTEGER NOT NULL,
    position INTEGER NOT NULL,
    meta     BLOB    NOT NULL,
    chunks   INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    sum      INTEGER NOT NULL
) STRICT;

-- No foreign key: chunks come before the row of their checkpoint, and chunks without one are unfinished or out of date.
CREATE TABLE tensor_chunk (
    checkpoint INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    start      INTEGER NOT NULL,
    total      INTEGER NOT NULL,
    sum        INTEGER NOT NULL,
    data       BLOB    NOT NULL,
    PRIMARY KEY (checkpoint, seq)
) STRICT;
