-- Words by which a person sorts runs.
CREATE TABLE tag (
    tag TEXT PRIMARY KEY CHECK (tag <> '')
) STRICT, WITHOUT ROWID;
