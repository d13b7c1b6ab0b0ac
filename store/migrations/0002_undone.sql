-- Steps that the run went back behind when it was resumed from a checkpoint. They are no part of it any more, but did happen;
-- part counts the times that it went back, from 1.
CREATE TABLE undone (
    part         INTEGER NOT NULL,
    step         INTEGER NOT NULL,
    tokens       INTEGER NOT NULL,
    stage        INTEGER NOT NULL,
    loss         REAL,
    lr           REAL,
    grad_norm    REAL,
    mask         REAL,
    tokens_per_s REAL,
    flops        REAL,
    seconds      REAL,
    PRIMARY KEY (part, step)
) STRICT, WITHOUT ROWID;
