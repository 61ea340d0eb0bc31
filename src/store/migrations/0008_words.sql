-- In how many statements each word stands: counted when they are stored, so that weighing a word is one look-up however
-- large the log is.
CREATE TABLE word (
    word       TEXT PRIMARY KEY,               -- its stem
    statements INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER statement_words_in AFTER INSERT ON statement BEGIN
    INSERT INTO word (word, statements)
    SELECT value, 1 FROM json_each(gainsay_words(concat_ws(char(10), new.speaker, new.content, new.passage))) WHERE true
    ON CONFLICT (word) DO UPDATE SET statements = statements + 1;
END;
CREATE TRIGGER statement_words_out AFTER DELETE ON statement BEGIN
    UPDATE word SET statements = statements - 1 WHERE word IN
        (SELECT value FROM json_each(gainsay_words(concat_ws(char(10), old.speaker, old.content, old.passage))));
END;
CREATE TRIGGER statement_words_changed AFTER UPDATE OF speaker, content, passage ON statement
WHEN old.speaker IS NOT new.speaker OR old.content IS NOT new.content OR old.passage IS NOT new.passage BEGIN
    UPDATE word SET statements = statements - 1 WHERE word IN
        (SELECT value FROM json_each(gainsay_words(concat_ws(char(10), old.speaker, old.content, old.passage))));
    INSERT INTO word (word, statements)
    SELECT value, 1 FROM json_each(gainsay_words(concat_ws(char(10), new.speaker, new.content, new.passage))) WHERE true
    ON CONFLICT (word) DO UPDATE SET statements = statements + 1;
END;

-- What each current accusation and denial says, with its restatements and the words around it, in brief: by this, those
-- of a party that has thousands are ranked before any of them is read. A row for each that linking may find.
CREATE TABLE sketch (
    statement_id INTEGER PRIMARY KEY REFERENCES statement(id),
    article_id   INTEGER NOT NULL,             -- the statement's
    earliest     TEXT NOT NULL,                -- the statement's
    words        BLOB NOT NULL                 -- two bytes a word; see disputes::sketch
);
CREATE TRIGGER statement_sketch_in AFTER INSERT ON statement WHEN new.act <> 'other' BEGIN
    INSERT OR REPLACE INTO sketch (statement_id, article_id, earliest, words)
    SELECT s.id, s.article_id, s.earliest, gainsay_sketch(concat_ws(char(10), s.content, s.passage, a.title,
            (SELECT group_concat(r.content, char(10)) FROM statement r WHERE r.repeats = s.id AND r.superseded = 0)))
    FROM statement s JOIN article a ON a.id = s.article_id
    WHERE s.id = coalesce(new.repeats, new.id) AND s.act <> 'other' AND s.superseded = 0 AND s.repeats IS NULL;
END;
CREATE TRIGGER statement_sketch_out AFTER DELETE ON statement BEGIN
    DELETE FROM sketch WHERE statement_id = old.id;
END;
CREATE TRIGGER statement_sketch_changed
AFTER UPDATE OF article_id, act, superseded, repeats, content, passage, earliest ON statement BEGIN
    DELETE FROM sketch WHERE statement_id = new.id;
    INSERT OR REPLACE INTO sketch (statement_id, article_id, earliest, words)
    SELECT s.id, s.article_id, s.earliest, gainsay_sketch(concat_ws(char(10), s.content, s.passage, a.title,
            (SELECT group_concat(r.content, char(10)) FROM statement r WHERE r.repeats = s.id AND r.superseded = 0)))
    FROM statement s JOIN article a ON a.id = s.article_id
    WHERE s.id IN (new.id, new.repeats, old.repeats) AND s.act <> 'other' AND s.superseded = 0 AND s.repeats IS NULL;
END;

INSERT INTO word (word, statements)
SELECT w.value, count(*) FROM statement s, json_each(gainsay_words(concat_ws(char(10), s.speaker, s.content, s.passage))) w
GROUP BY w.value;
INSERT INTO sketch (statement_id, article_id, earliest, words)
SELECT s.id, s.article_id, s.earliest, gainsay_sketch(concat_ws(char(10), s.content, s.passage, a.title,
            (SELECT group_concat(r.content, char(10)) FROM statement r WHERE r.repeats = s.id AND r.superseded = 0)))
FROM statement s JOIN article a ON a.id = s.article_id
WHERE s.act <> 'other' AND s.superseded = 0 AND s.repeats IS NULL;

-- Merging looks up what was merged into a dispute, and what was set apart from it.
CREATE INDEX dispute_by_heir ON dispute(merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX apart_by_other ON apart(other);
-- There is one like it.
DROP INDEX statement_by_repeated;

-- A statement that goes takes no walk through all updates.
CREATE INDEX update_by_denial ON alert_update(denial_id);
