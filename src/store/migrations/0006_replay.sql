-- A statement that a replay reads otherwise is changed in place: the full text follows.
CREATE TRIGGER statement_text_changed AFTER UPDATE OF speaker, content, passage ON statement
WHEN old.speaker IS NOT new.speaker OR old.content IS NOT new.content OR old.passage IS NOT new.passage BEGIN
    INSERT INTO statement_text(statement_text, rowid, speaker, content, passage)
    VALUES ('delete', old.id, old.speaker, old.content, old.passage);
    INSERT INTO statement_text(rowid, speaker, content, passage) VALUES (new.id, new.speaker, new.content, new.passage);
END;

-- The user merged it with another or split it: a replay leaves its statements in it.
ALTER TABLE dispute ADD COLUMN by_hand INTEGER NOT NULL DEFAULT 0;
UPDATE dispute SET by_hand = 1 WHERE id IN (SELECT one FROM apart UNION SELECT other FROM apart);

ALTER TABLE alert ADD COLUMN lapsed_at TEXT; -- since then a replay would not raise it any more; null: it would
ALTER TABLE link ADD COLUMN lapsed_at TEXT;  -- since then it is kept as an alert's evidence alone

-- The statement behind which the article was filed, where its own first one came with a replay.
ALTER TABLE article ADD COLUMN filed_after INTEGER;
