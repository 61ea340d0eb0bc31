-- "Foreign Ministry spokesman Oru Tal": whose side an article says a named speaker is on, one row for each article
-- that says so. Written anew whenever the article is read.
CREATE TABLE affiliation (
    key          TEXT NOT NULL,                -- the name, folded
    name         TEXT NOT NULL,                -- as the article has it in full
    actor        TEXT NOT NULL,                -- the side
    article_id   INTEGER NOT NULL REFERENCES article(id),
    statement_id INTEGER NOT NULL REFERENCES statement(id), -- the evidence
    outlet       TEXT NOT NULL,
    day          TEXT NOT NULL,                -- of the article: published, else first seen
    PRIMARY KEY (key, day, article_id, actor)
) WITHOUT ROWID;
CREATE INDEX affiliation_by_article ON affiliation(article_id);
CREATE INDEX affiliation_by_statement ON affiliation(statement_id);

-- A party whose article does not say its side, and the side that was remembered for it when the article was read.
CREATE TABLE remembered (
    statement_id INTEGER NOT NULL REFERENCES statement(id),
    role         TEXT NOT NULL CHECK (role IN ('speaker', 'behalf', 'target', 'accuser')),
    actor        TEXT NOT NULL,
    evidence_id  INTEGER NOT NULL REFERENCES statement(id), -- the newest statement whose article says so
    PRIMARY KEY (statement_id, role)
) WITHOUT ROWID;
CREATE INDEX remembered_by_evidence ON remembered(evidence_id);
