-- Events of one side are looked up across disputes, and restatements by what they restate.
CREATE INDEX alert_by_side ON alert(side, said_latest);
CREATE INDEX statement_by_repeated ON statement(repeats) WHERE repeats IS NOT NULL;
