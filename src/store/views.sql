-- The documented way into the log (docs/log.md). Column names and meanings are stable across versions:
-- columns may be added at the end, none is renamed or dropped.

CREATE VIEW accusations AS
SELECT s.id,
       a.time, a.outlet, a.title, coalesce(s.final_url, a.url) AS url,
       s.speaker, s.speaker_name,
       coalesce(s.behalf_actor, s.speaker_actor,
           (SELECT r.actor FROM remembered r WHERE r.statement_id = s.id AND r.role IN ('behalf', 'speaker') ORDER BY r.role LIMIT 1)) AS actor,
       s.target, s.target_name, s.target_actor,
       s.content AS quote, s.passage,
       s.said_earliest, s.said_latest,
       s.direct, s.recalled, s.presupposed, s.repeats,
       s.confidence,
       (SELECT d.dispute_id FROM dispute_statement d WHERE d.statement_id = s.id) AS dispute,
       (SELECT json_group_array(l.denial_id) FROM link l JOIN statement o ON o.id = l.denial_id
        WHERE l.accusation_id = s.id AND l.lapsed_at IS NULL AND o.superseded = 0) AS answered_by,
       s.article_id AS article, s.fetched_at, s.sha256, s.engine,
       (SELECT group_concat(r.role || ': ' || r.actor, ', ') FROM remembered r WHERE r.statement_id = s.id) AS remembered
FROM statement s JOIN article a ON a.id = s.article_id
WHERE s.act = 'accusation' AND s.superseded = 0;

CREATE VIEW denials AS
SELECT s.id,
       a.time, a.outlet, a.title, coalesce(s.final_url, a.url) AS url,
       s.speaker, s.speaker_name,
       coalesce(s.behalf_actor, s.speaker_actor,
           (SELECT r.actor FROM remembered r WHERE r.statement_id = s.id AND r.role IN ('behalf', 'speaker') ORDER BY r.role LIMIT 1)) AS actor,
       s.behalf AS on_behalf_of, s.accuser, s.accuser_name, s.accuser_actor,
       s.content AS quote, s.passage,
       s.said_earliest, s.said_latest,
       s.direct, s.recalled, s.repeats,
       s.confidence,
       (SELECT d.dispute_id FROM dispute_statement d WHERE d.statement_id = s.id) AS dispute,
       (SELECT json_group_array(l.accusation_id) FROM link l JOIN statement o ON o.id = l.accusation_id
        WHERE l.denial_id = s.id AND l.lapsed_at IS NULL AND o.superseded = 0) AS answers,
       s.article_id AS article, s.fetched_at, s.sha256, s.engine,
       (SELECT group_concat(r.role || ': ' || r.actor, ', ') FROM remembered r WHERE r.statement_id = s.id) AS remembered
FROM statement s JOIN article a ON a.id = s.article_id
WHERE s.act = 'denial' AND s.superseded = 0;

-- In one article a party denies what it is accused of in `dispute`, and blames one who accuses it there: that is `mirror`.
CREATE VIEW dispute_mirror AS
SELECT own.dispute_id AS dispute, back.dispute_id AS mirror, denial.article_id AS article
FROM dispute_statement own JOIN statement denial ON denial.id = own.statement_id
JOIN statement blame ON blame.article_id = denial.article_id
JOIN dispute_statement back ON back.statement_id = blame.id
WHERE denial.act = 'denial' AND denial.superseded = 0 AND blame.act = 'accusation' AND blame.superseded = 0
  AND back.dispute_id <> own.dispute_id
  AND coalesce(blame.behalf_actor, blame.speaker_actor, blame.behalf_name, blame.speaker_name)
      = coalesce(denial.behalf_actor, denial.speaker_actor, denial.behalf_name, denial.speaker_name)
  AND coalesce(blame.target_actor, blame.target_name) IN (
      SELECT coalesce(denial.accuser_actor, denial.accuser_name)
      UNION ALL
      SELECT coalesce(a.behalf_actor, a.speaker_actor, a.behalf_name, a.speaker_name) FROM link l JOIN statement a ON a.id = l.accusation_id
      WHERE l.denial_id = denial.id AND l.lapsed_at IS NULL);

CREATE VIEW disputes_overview AS
SELECT d.id, d.accused, d.matter, d.since, d.last_at, d.opened_at,
       count(CASE WHEN s.act = 'accusation' THEN 1 END) AS accusations,
       count(CASE WHEN s.act = 'denial' THEN 1 END) AS denials,
       count(DISTINCT a.outlet) AS outlets,
       (SELECT group_concat(accuser, ', ') FROM
           (SELECT DISTINCT coalesce(o.behalf_actor, o.speaker_actor, o.speaker_name, o.speaker) AS accuser
            FROM dispute_statement x JOIN statement o ON o.id = x.statement_id
            WHERE x.dispute_id = d.id AND o.act = 'accusation' AND o.superseded = 0 ORDER BY o.earliest, o.id)) AS accusers,
       (SELECT count(*) FROM alert al WHERE al.dispute_id = d.id) AS alerts,
       min(CASE WHEN s.act = 'denial' THEN s.earliest END) AS first_denied,
       max(CASE WHEN s.act = 'denial' THEN s.latest END) AS last_denied,
       -- 90 days: disputes::WINDOW_DAYS
       CASE WHEN d.closed_at IS NOT NULL THEN 'closed'
            WHEN d.snoozed_until > strftime('%Y-%m-%dT%H:%M:%fZ', 'now') THEN 'snoozed'
            WHEN coalesce(max(s.latest), date(d.last_at)) < date('now', '-90 days') THEN 'silent'
            ELSE 'open' END AS state,
       d.snoozed_until,
       (SELECT json_group_array(m.id) FROM
           (SELECT mirror AS id FROM dispute_mirror WHERE dispute = d.id
            UNION SELECT dispute FROM dispute_mirror WHERE mirror = d.id) m) AS mirrors
FROM dispute d
LEFT JOIN dispute_statement j ON j.dispute_id = d.id
LEFT JOIN statement s ON s.id = j.statement_id AND s.superseded = 0
LEFT JOIN article a ON a.id = s.article_id
WHERE d.merged_into IS NULL
GROUP BY d.id;

CREATE VIEW alerts_overview AS
SELECT al.id AS alert, al.created_at AS time,
       (SELECT group_concat(value, ', ') FROM json_each(al.rules)) AS rules,
       al.confidence, al.dispute_id AS dispute, d.matter, d.accused,
       (SELECT count(DISTINCT n.outlet) FROM alert_denial n WHERE n.alert_id = al.id) AS outlets,
       ds.speaker AS denial_speaker, coalesce(ds.behalf_actor, ds.speaker_actor,
           (SELECT r.actor FROM remembered r WHERE r.statement_id = ds.id AND r.role IN ('behalf', 'speaker') ORDER BY r.role LIMIT 1)) AS denial_actor,
       ds.content AS denial, ds.passage AS denial_passage, ds.said_earliest, ds.said_latest,
       da.title AS denial_title, coalesce(ds.final_url, da.url) AS denial_url, da.outlet AS denial_outlet,
       s.speaker AS accusation_speaker, coalesce(s.behalf_actor, s.speaker_actor,
           (SELECT r.actor FROM remembered r WHERE r.statement_id = s.id AND r.role IN ('behalf', 'speaker') ORDER BY r.role LIMIT 1)) AS accusation_actor,
       s.content AS accusation, s.passage AS accusation_passage, s.said_earliest AS accused_earliest, s.said_latest AS accused_latest,
       a.title AS accusation_title, coalesce(s.final_url, a.url) AS accusation_url, a.outlet AS accusation_outlet,
       l.score,
       (SELECT group_concat(value, '; ') FROM json_each(l.reasons)) AS because,
       al.held,
       (SELECT group_concat(y.sink || ': ' || y.state, ', ') FROM delivery y
        WHERE y.message_id IN (SELECT al.id UNION SELECT al.digest_id
            UNION SELECT u.message_id FROM alert_update u JOIN message m ON m.id = u.message_id
                WHERE u.alert_id = al.id AND m.kind = 'denial.followed_accusation'
            UNION SELECT t.digest_id FROM telling t WHERE t.message_id IN
                (SELECT al.id UNION SELECT u.message_id FROM alert_update u WHERE u.alert_id = al.id))) AS deliveries,
       (SELECT group_concat(w.sink || ': ' || w.why, ', ') FROM
           (SELECT DISTINCT t.sink, t.why FROM telling t
            WHERE t.message_id IN (SELECT al.id UNION SELECT u.message_id FROM alert_update u WHERE u.alert_id = al.id)
                AND t.hold IS NOT NULL AND t.digest_id IS NULL) w) AS waiting,
       (SELECT count(*) FROM alert_update u JOIN message m ON m.id = u.message_id
        WHERE u.alert_id = al.id AND m.kind = 'denial.updated') AS updates,
       (SELECT k.verdict FROM mark k WHERE k.alert_id = al.id ORDER BY k.id DESC LIMIT 1) AS marked,
       (SELECT k.why FROM mark k WHERE k.alert_id = al.id ORDER BY k.id DESC LIMIT 1) AS why,
       al.lapsed_at
FROM alert al
JOIN dispute d ON d.id = al.dispute_id
JOIN statement ds ON ds.id = al.denial_id
JOIN article da ON da.id = ds.article_id
-- What the denial answers best, of two as good the accusation that was really made; else what another denial of the event
-- does; else what it once did. One that a later reading dropped is shown as it was told.
LEFT JOIN link l ON (l.denial_id, l.accusation_id) =
    (SELECT b.denial_id, b.accusation_id FROM alert e JOIN alert_denial n ON n.alert_id = e.id JOIN link b ON b.denial_id = n.statement_id
        JOIN statement c ON c.id = b.accusation_id
     WHERE e.id = al.id
     ORDER BY b.lapsed_at IS NOT NULL AND (b.denial_id <> e.denial_id OR ds.superseded = 0), b.denial_id <> e.denial_id,
        b.lapsed_at IS NOT NULL, b.score DESC, c.presupposed, b.accusation_id LIMIT 1)
LEFT JOIN statement s ON s.id = l.accusation_id
LEFT JOIN article a ON a.id = s.article_id;
