-- The sketches of the accusations that blame a party and of the denials in which it denies or is spoken for, beside one another
-- and in order of time: what one look into the log reads, in one stretch. Kept by triggers, one row for each name under which
-- a statement that has a sketch is found so.
CREATE TABLE claim (
    key          TEXT NOT NULL,                -- as in party
    act          TEXT NOT NULL CHECK (act IN ('accusation', 'denial')),
    latest       TEXT NOT NULL,                -- as in party
    statement_id INTEGER NOT NULL,
    article_id   INTEGER NOT NULL,             -- as in sketch
    earliest     TEXT NOT NULL,                -- as in sketch
    words        BLOB NOT NULL,                -- as in sketch
    PRIMARY KEY (key, act, latest, statement_id)
) WITHOUT ROWID;

CREATE TRIGGER party_claim_in AFTER INSERT ON party
WHEN (new.act = 'accusation' AND new.role = 'target') OR (new.act = 'denial' AND new.role IN ('speaker', 'behalf')) BEGIN
    INSERT OR IGNORE INTO claim (key, act, latest, statement_id, article_id, earliest, words)
    SELECT new.key, new.act, new.latest, new.statement_id, k.article_id, k.earliest, k.words
    FROM sketch k WHERE k.statement_id = new.statement_id;
END;
-- A statement's parties go all together, so no other role keeps the row.
CREATE TRIGGER party_claim_out AFTER DELETE ON party BEGIN
    DELETE FROM claim WHERE key = old.key AND act = old.act AND latest = old.latest AND statement_id = old.statement_id;
END;
CREATE TRIGGER sketch_claim_in AFTER INSERT ON sketch BEGIN
    DELETE FROM claim WHERE (key, act, latest, statement_id) IN
        (SELECT key, act, latest, statement_id FROM party WHERE statement_id = new.statement_id);
    INSERT OR IGNORE INTO claim (key, act, latest, statement_id, article_id, earliest, words)
    SELECT p.key, p.act, p.latest, p.statement_id, new.article_id, new.earliest, new.words
    FROM party p WHERE p.statement_id = new.statement_id
        AND ((p.act = 'accusation' AND p.role = 'target') OR (p.act = 'denial' AND p.role IN ('speaker', 'behalf')));
END;
CREATE TRIGGER sketch_claim_out AFTER DELETE ON sketch BEGIN
    DELETE FROM claim WHERE (key, act, latest, statement_id) IN
        (SELECT key, act, latest, statement_id FROM party WHERE statement_id = old.statement_id);
END;

INSERT OR IGNORE INTO claim (key, act, latest, statement_id, article_id, earliest, words)
SELECT p.key, p.act, p.latest, p.statement_id, k.article_id, k.earliest, k.words
FROM party p JOIN sketch k ON k.statement_id = p.statement_id
WHERE (p.act = 'accusation' AND p.role = 'target') OR (p.act = 'denial' AND p.role IN ('speaker', 'behalf'))
ORDER BY p.key, p.act, p.latest, p.statement_id;

-- Words are looked up by a number, which costs half of what their letters do. The rare two that share one count as one.
DROP TRIGGER statement_words_in;
DROP TRIGGER statement_words_out;
DROP TRIGGER statement_words_changed;
ALTER TABLE word RENAME TO lettered;
CREATE TABLE word (
    number     INTEGER PRIMARY KEY,            -- the stem's; see disputes::number
    word       TEXT NOT NULL,                  -- the stem
    statements INTEGER NOT NULL                -- in how many it stands
);
INSERT INTO word (number, word, statements)
SELECT gainsay_number(word), min(word), sum(statements) FROM lettered GROUP BY 1;
DROP TABLE lettered;
CREATE TRIGGER statement_words_in AFTER INSERT ON statement BEGIN
    INSERT INTO word (number, word, statements)
    SELECT gainsay_number(value), value, 1
    FROM json_each(gainsay_words(concat_ws(char(10), new.speaker, new.content, new.passage))) WHERE true
    ON CONFLICT (number) DO UPDATE SET statements = statements + 1;
END;
CREATE TRIGGER statement_words_out AFTER DELETE ON statement BEGIN
    UPDATE word SET statements = statements - 1 WHERE number IN
        (SELECT gainsay_number(value) FROM json_each(gainsay_words(concat_ws(char(10), old.speaker, old.content, old.passage))));
END;
CREATE TRIGGER statement_words_changed AFTER UPDATE OF speaker, content, passage ON statement
WHEN old.speaker IS NOT new.speaker OR old.content IS NOT new.content OR old.passage IS NOT new.passage BEGIN
    UPDATE word SET statements = statements - 1 WHERE number IN
        (SELECT gainsay_number(value) FROM json_each(gainsay_words(concat_ws(char(10), old.speaker, old.content, old.passage))));
    INSERT INTO word (number, word, statements)
    SELECT gainsay_number(value), value, 1
    FROM json_each(gainsay_words(concat_ws(char(10), new.speaker, new.content, new.passage))) WHERE true
    ON CONFLICT (number) DO UPDATE SET statements = statements + 1;
END;
