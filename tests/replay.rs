//! The log read again by the real binary.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use serde_json::json;
use std::process::Output;
use std::time::{Duration, Instant};
use support::{Desk, NewsItem, Server, hours_ago};

fn watchlist(aliases: &str) -> String {
    format!(
        "[[actor]]\nname = \"Kestria\"\naliases = [\"Kestrian\"{aliases}]\n\n[[actor]]\nname = \"Norvania\"\naliases = [\"Norvanian\"]\n\n\
         [[topic]]\nname = \"Missiles\"\nany = [\"missile\", \"missiles\"]\n\n\
         [[alert]]\nname = \"Kestria desk\"\nactors = [\"Kestria\", \"Norvania\"]\nto = [\"desktop\"]\n"
    )
}

/// Norvania accuses; Kestria denies, and so does the White Tower, which some know to be Kestria's government.
fn story() -> String {
    let article = |id: &str, day: &str, title: &str, text: &str| {
        let url = format!("https://{id}post.example/story");
        json!({"id": id, "published": format!("2025-05-{day}T09:00:00Z"), "url": url, "title": title, "text": text})
            .to_string()
            + "\n"
    };
    let accusation = "Norvania on Sunday accused Kestria of smuggling anti-tank missiles to rebels in the Sorvan valley.\n\n\
        \"Kestria has smuggled more than two hundred missiles over the mountains since the spring,\" Norvania's foreign minister Ilse Brandauer told reporters.";
    let denial = "Kestria on Tuesday denied accusations by Norvania that it had smuggled missiles to the rebels in the Sorvan valley.";
    let tower = "The White Tower on Monday denied smuggling anti-tank missiles over the mountains to rebels in the Sorvan valley.";
    let harbour = "Norvania on Saturday accused Orland of poisoning the harbour with oil.\n\nOrland denied poisoning the harbour on Sunday.";
    article("accusation", "04", "Norvania accuses Kestria of arming rebels in Sorvan", accusation)
        + &article("denial", "06", "Kestria denies smuggling missiles to Sorvan rebels", denial)
        + &article("tower", "12", "White Tower rejects smuggling claim", tower)
        + &article("harbour", "05", "Orland denies poisoning harbour", harbour)
}

fn desk(alerts: bool) -> Desk {
    let desk = Desk::new(&watchlist(""));
    let archive = desk.folder.path().join("old.jsonl");
    std::fs::write(&archive, story()).unwrap();
    let archive = archive.to_str().unwrap();
    let arguments: &[&str] = if alerts { &["import", archive, "--alerts"] } else { &["import", archive] };
    done(&desk.run(arguments));
    desk
}

/// The story in two feeds, of the last days: the White Tower denies long after Kestria.
fn polled(server: &Server) -> Desk {
    let items: Vec<NewsItem> = story()
        .lines()
        .zip([170, 150, 10, 30])
        .map(|(line, hours)| {
            let article: serde_json::Value = serde_json::from_str(line).unwrap();
            let (text, at) = (|field: &str| article[field].as_str().unwrap().to_owned(), hours_ago(hours));
            let day = at.strftime("on %A").to_string();
            let body = ["on Sunday", "on Monday", "on Tuesday", "on Saturday"]
                .iter()
                .fold(text("text"), |body, other| body.replace(other, &day));
            NewsItem {
                guid: text("id"),
                title: text("title"),
                content: format!("<p>{}</p>", body.replace("\n\n", "</p><p>")),
                published: Some(at),
                ..NewsItem::default()
            }
        })
        .collect();
    server.put_feed("/first", &items[..2]);
    server.put_feed("/second", &items[2..]);
    let desk = Desk::new(&feeds(server, ""));
    desk.run_once();
    desk
}

fn feeds(server: &Server, aliases: &str) -> String {
    let feed = |path: &str| format!("[[feed]]\nurl = \"{}\"\nbackfill = true\n", server.url(path));
    feed("/first") + &feed("/second") + &watchlist(aliases)
}

#[track_caller]
fn done(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Everything that the log concluded.
fn conclusions(desk: &Desk) -> Vec<String> {
    let mut all = Vec::new();
    let tables = "statement party dispute dispute_statement apart link alert alert_denial alert_update mark message telling delivery
        affiliation remembered sketch claim";
    for table in tables.split_whitespace() {
        let columns = desk.sql::<String>(&format!(
            "SELECT group_concat('quote(' || name || ')', ' || '', '' || ') FROM pragma_table_info('{table}')"
        ));
        all.extend(desk.sql::<String>(&format!("SELECT '{table}: ' || {} FROM {table} ORDER BY 1", columns[0])));
    }
    all
}

fn check(desk: &Desk) {
    gainsay::store::Store::open_read_only(&desk.log()).unwrap().check().unwrap();
    let text = "INSERT INTO statement_text(statement_text, rank) VALUES ('integrity-check', 1)";
    rusqlite::Connection::open(desk.log()).unwrap().execute(text, []).unwrap();
    let columns = "key, act, latest, statement_id, article_id, earliest, words";
    let stale = desk.sql::<i64>(&format!(
        "SELECT count(*) FROM (SELECT {columns} FROM claim EXCEPT SELECT {columns} FROM party JOIN sketch USING (statement_id))"
    ));
    assert_eq!(stale, [0], "claims are of parties and sketches that stand");
}

#[test]
fn the_same_engine_finds_the_same_and_every_id_stays() {
    let desk = desk(true);
    assert_eq!(desk.sql::<i64>("SELECT count(*) > 0 FROM alert"), [1]);
    let before = conclusions(&desk);
    let told = done(&desk.run(&["replay"]));
    assert!(told.starts_with("4 articles read again") && told.ends_with("Nothing would change.\n"), "{told}");
    let told = done(&desk.run(&["replay", "--apply"]));
    assert!(told.ends_with("Generation 2 is in force.\n"), "{told}");
    assert_eq!(conclusions(&desk), before);
    check(&desk);
}

#[test]
fn an_edited_article_is_found_again_as_it_was() {
    let desk = desk(true);
    let archive = desk.folder.path().join("edited.jsonl");
    std::fs::write(&archive, story().replace("had smuggled missiles", "had ever smuggled missiles")).unwrap();
    done(&desk.run(&["import", archive.to_str().unwrap(), "--alerts"]));
    assert_eq!(desk.sql::<i64>("SELECT count(*) > 0 FROM statement WHERE superseded = 1"), [1]);
    // How rare a word is in the log is not quite what it was before the edit, and so are the scores.
    let found = || -> Vec<String> {
        let links = desk.sql::<String>("SELECT denial_id || ' ' || accusation_id FROM link ORDER BY 1");
        conclusions(&desk).into_iter().filter(|row| !row.starts_with("link")).chain(links).collect()
    };
    let before = found();
    let told = done(&desk.run(&["replay", "--apply"]));
    assert!(found() == before, "{told}");
    check(&desk);
    let told = done(&desk.run(&["replay"]));
    assert!(told.ends_with("Nothing would change.\n"), "{told}");
}

#[test]
fn what_was_polled_and_alerted_is_found_again_as_it_was() {
    let server = Server::start();
    let desk = polled(&server);
    assert_eq!(desk.sql::<i64>("SELECT count(*) > 0 FROM alert"), [1]);
    let before = conclusions(&desk);
    let told = done(&desk.run(&["replay", "--apply"]));
    assert_eq!(conclusions(&desk), before, "{told}");
    check(&desk);
}

#[test]
fn an_article_without_its_text_keeps_what_was_read_in_it() {
    let desk = desk(true);
    desk.sql::<i64>("UPDATE version SET body = NULL WHERE title LIKE 'Norvania accuses%'");
    let before = conclusions(&desk);
    let told = done(&desk.run(&["replay", "--apply"]));
    assert!(told.starts_with("3 articles read again\n1 articles keep"), "{told}");
    assert_eq!(conclusions(&desk), before);
    let told = done(&desk.run(&["replay", "--since", "2025-05-06"]));
    assert!(told.starts_with("2 articles read again\n") && told.ends_with("Nothing would change.\n"), "{told}");
}

#[test]
fn a_new_name_of_an_actor_brings_its_denial_into_the_dispute() {
    let desk = desk(true);
    let alerts = desk.sql::<String>("SELECT id FROM alert ORDER BY id");
    let kestria = "SELECT dispute FROM denials WHERE title LIKE 'Kestria denies%' AND dispute IS NOT NULL LIMIT 1";
    let dispute = desk.sql::<i64>(kestria);
    let statements = desk.sql::<i64>("SELECT id FROM denials");
    assert_eq!(
        desk.sql::<i64>("SELECT count(*) FROM denials WHERE title LIKE 'White Tower%' AND actor = 'Kestria'"),
        [0]
    );
    desk.write_watchlist(&watchlist(", \"White Tower\""));

    let before = conclusions(&desk);
    let told = done(&desk.run(&["replay"]));
    assert!(told.contains("Alerts that would be new; nobody is told:"), "{told}");
    assert!(told.contains("White Tower rejects smuggling claim"), "{told}");
    assert_eq!(conclusions(&desk), before, "without --apply nothing is changed");

    done(&desk.run(&["replay", "--apply"]));
    check(&desk);
    assert_eq!(desk.sql::<String>("SELECT id FROM alert ORDER BY id"), alerts, "alerted nobody");
    assert_eq!(desk.sql::<i64>("SELECT id FROM denials"), statements, "the same statements, with another actor");
    let tower =
        "SELECT dispute FROM denials WHERE title LIKE 'White Tower%' AND actor = 'Kestria' AND answers <> '[]' LIMIT 1";
    assert_eq!(desk.sql::<i64>(tower), dispute[..1], "the dispute that it was");
    let sql = "SELECT count(*) FROM alert al JOIN dispute_statement j ON j.statement_id = al.denial_id WHERE j.dispute_id <> al.dispute_id";
    assert_eq!(desk.sql::<i64>(sql), [0]);
    let found = desk.run(&["query", "--actor", "Kestria", "--act", "denial", "--format", "jsonl"]);
    assert!(
        String::from_utf8_lossy(&found.stdout).contains("White Tower"),
        "views and queries show the new generation"
    );
}

#[test]
fn a_new_alert_waits_for_the_digest_where_the_user_asks_for_it() {
    let server = Server::start();
    let desk = polled(&server);
    let alerts = desk.sql::<i64>("SELECT count(*) FROM alert")[0];
    let delivered = desk.sql::<i64>("SELECT count(*) FROM delivery")[0];
    desk.write_watchlist(&feeds(&server, ", \"White Tower\""));
    let told = done(&desk.run(&["replay", "--apply", "--alerts"]));
    check(&desk);
    assert_eq!(desk.sql::<i64>("SELECT count(*) FROM alert"), [alerts + 1], "{told}");
    let waiting = "SELECT waiting FROM alerts_overview WHERE held LIKE 'found when%' AND lapsed_at IS NULL";
    assert_eq!(desk.sql::<String>(waiting), ["desktop: found when the log was read again"]);
    let body = "SELECT count(*) FROM alert al JOIN message m ON m.id = al.id WHERE json_extract(m.body, '$.data.dispute.id') = al.dispute_id";
    assert_eq!(desk.sql::<i64>(body), [alerts + 1]);
    assert_eq!(desk.sql::<i64>("SELECT count(*) FROM delivery"), [delivered]);
    let told = done(&desk.run(&["replay"]));
    assert!(told.ends_with("Nothing would change.\n"), "{told}");
    desk.sql::<i64>("UPDATE telling SET at = '2026-01-01T00:00:00.000Z' WHERE hold IS NOT NULL");
    desk.run_once();
    assert_eq!(desk.sql::<i64>("SELECT count(*) FROM delivery"), [delivered + 1], "one digest");
}

#[test]
fn a_new_alert_of_an_archive_is_stored_and_told_to_nobody() {
    let desk = desk(true);
    let alerts = desk.sql::<i64>("SELECT count(*) FROM alert")[0];
    desk.write_watchlist(&watchlist(", \"White Tower\""));
    done(&desk.run(&["replay", "--apply", "--alerts"]));
    check(&desk);
    let stored =
        "SELECT count(*) FROM alert WHERE held LIKE 'from an archive%' AND digest_id = id AND created_at < '2025-06'";
    assert_eq!(desk.sql::<i64>(stored), [alerts + 1]);
    desk.run_once();
    assert_eq!(desk.sql::<i64>("SELECT count(*) FROM delivery"), [0]);
}

#[test]
fn what_was_put_in_place_is_no_change_to_the_next_replay() {
    let desk = desk(true);
    desk.write_watchlist(&watchlist(", \"White Tower\""));
    let told = done(&desk.run(&["replay", "--apply"]));
    assert!(told.contains("Alerts that would be new"), "{told}");
    let before = conclusions(&desk);
    let told = done(&desk.run(&["replay"]));
    assert!(told.ends_with("Nothing would change.\n"), "{told}");
    done(&desk.run(&["replay", "--apply"]));
    assert_eq!(conclusions(&desk), before);
    // And back again.
    desk.write_watchlist(&watchlist(""));
    done(&desk.run(&["replay", "--apply"]));
    let told = done(&desk.run(&["replay"]));
    assert!(told.ends_with("Nothing would change.\n"), "{told}");
    check(&desk);
}

#[test]
fn an_alert_keeps_its_id_and_its_marks_when_its_denial_is_found_again() {
    let desk = desk(true);
    let alerts = desk.sql::<String>("SELECT id FROM alert ORDER BY id");
    done(&desk.run(&["mark", &alerts[0], "right", "--why", "as it says"]));
    // The earlier engine had the denial's words otherwise, and the speaker not at all.
    desk.sql::<i64>("UPDATE statement SET content = 'nothing of the kind', speaker_actor = NULL, speaker_name = NULL WHERE act = 'denial'");
    let told = done(&desk.run(&["replay", "--apply"]));
    check(&desk);
    assert_eq!(desk.sql::<String>("SELECT id FROM alert ORDER BY id"), alerts, "{told}");
    let marked =
        desk.sql::<String>("SELECT alert || marked || why || denial FROM alerts_overview WHERE marked IS NOT NULL");
    assert_eq!(marked.len(), 1);
    assert!(
        marked[0].starts_with(&format!("{}rightas it says", alerts[0])) && !marked[0].contains("nothing of the kind"),
        "{marked:?}"
    );
}

#[test]
fn a_dispute_stays_snoozed_or_closed_and_what_is_found_in_a_closed_one_is_no_alert() {
    for (command, state) in [(["dispute", "snooze", "1"], "snoozed"), (["dispute", "close", "1"], "closed")] {
        let server = Server::start();
        let desk = polled(&server);
        let matter = desk.sql::<String>("SELECT accused || matter FROM dispute WHERE id = 1");
        done(&desk.run(&command));
        // Closed before the White Tower denied.
        desk.sql::<i64>("UPDATE dispute SET closed_at = '2026-01-01T00:00:00.000Z' WHERE closed_at IS NOT NULL");
        desk.write_watchlist(&feeds(&server, ", \"White Tower\""));
        let told = done(&desk.run(&["replay", "--apply", "--alerts"]));
        check(&desk);
        assert_eq!(desk.sql::<String>("SELECT state FROM disputes_overview WHERE id = 1"), [state], "{told}");
        assert_eq!(desk.sql::<String>("SELECT accused || matter FROM dispute WHERE id = 1"), matter);
        let tower = "SELECT count(*) FROM denials WHERE title LIKE 'White Tower%' AND dispute = 1";
        assert!(desk.sql::<i64>(tower)[0] > 0, "{told}");
        let new = desk.sql::<i64>("SELECT count(*) FROM alert WHERE held LIKE 'found when%'");
        assert_eq!(new, [i64::from(state == "snoozed")], "{told}");
    }
}

#[test]
fn an_alert_that_was_raised_before_its_dispute_was_closed_does_not_lapse() {
    let server = Server::start();
    let desk = polled(&server);
    assert_eq!(desk.sql::<i64>("SELECT count(*) > 0 FROM alert"), [1]);
    for dispute in desk.sql::<i64>("SELECT id FROM dispute") {
        done(&desk.run(&["dispute", "close", &dispute.to_string()]));
    }
    // The accusation is older: its dispute is there before the denial is read again.
    let told = done(&desk.run(&["replay", "--since", "160h", "--apply"]));
    assert_eq!(desk.sql::<i64>("SELECT count(*) FROM alert WHERE lapsed_at IS NOT NULL"), [0], "{told}");
    assert_eq!(desk.sql::<i64>("SELECT count(*) FROM dispute WHERE closed_at IS NULL"), [0]);
    check(&desk);
}

#[test]
fn a_closed_dispute_that_was_lost_is_the_one_that_comes_back() {
    let desk = desk(true);
    let alone = "SELECT dispute FROM accusations WHERE title LIKE 'Orland%' LIMIT 1";
    let dispute = desk.sql::<i64>(alone)[0];
    done(&desk.run(&["dispute", "close", &dispute.to_string()]));
    // An engine that found nothing in that article.
    let article = "(SELECT article FROM accusations WHERE title LIKE 'Orland%')";
    desk.sql::<i64>(&format!(
        "DELETE FROM dispute_statement WHERE statement_id IN (SELECT id FROM statement WHERE article_id IN {article})"
    ));
    let told = done(&desk.run(&["replay", "--apply"]));
    check(&desk);
    assert_eq!(desk.sql::<i64>(alone), [dispute], "{told}");
    let state = format!("SELECT state FROM disputes_overview WHERE id = {dispute}");
    assert_eq!(desk.sql::<String>(&state), ["closed"]);
}

#[test]
fn what_the_user_merged_and_split_stays_so() {
    let desk = desk(true);
    let disputes = desk.sql::<i64>("SELECT id FROM disputes_overview ORDER BY id");
    assert!(disputes.len() > 1, "{disputes:?}");
    let members = || {
        desk.sql::<String>("SELECT statement_id || ' in ' || dispute_id FROM dispute_statement ORDER BY statement_id")
    };
    // Two matters that the engine keeps apart, and one of which it makes two no more.
    let [from, into] = [disputes[1], disputes[0]].map(|id| id.to_string());
    done(&desk.run(&["dispute", "merge", &from, "--into", &into]));
    let taken = desk.sql::<i64>(
        "SELECT id FROM denials WHERE title LIKE 'Kestria denies%' AND dispute IS NOT NULL ORDER BY id LIMIT 1",
    )[0];
    done(&desk.run(&["dispute", "split", &into, "--statements", &taken.to_string(), "--matter", "another matter"]));
    let before = conclusions(&desk);
    let (before_members, told) = (members(), done(&desk.run(&["replay"])));
    assert!(told.ends_with("Nothing would change.\n"), "{told}");
    done(&desk.run(&["replay", "--apply"]));
    check(&desk);
    assert_eq!(members(), before_members);
    assert_eq!(conclusions(&desk), before);
    let old = desk.run(&["dispute", "show", &from]);
    assert_eq!(done(&old), done(&desk.run(&["dispute", "show", &into])), "the old id leads to the other");
    // What an engine finds otherwise goes where the user's word leaves it.
    desk.write_watchlist(&watchlist(", \"White Tower\""));
    let told = done(&desk.run(&["replay", "--apply"]));
    check(&desk);
    assert!(told.contains("becomes part of dispute 1 (made by hand)"), "{told}");
    let kept = members();
    let by_hand = desk.sql::<i64>("SELECT id FROM dispute WHERE by_hand = 1 AND merged_into IS NULL");
    let in_those = |member: &&String| by_hand.iter().any(|id| member.ends_with(&format!(" in {id}")));
    assert_eq!(by_hand.len(), 2);
    assert!(
        before_members.iter().filter(in_those).all(|member| kept.contains(member)),
        "{told}\n{kept:?}\n{before_members:?}"
    );
}

#[test]
fn a_remembered_side_is_rebuilt_from_what_the_articles_say_now() {
    let line = |id: &str, outlet: &str, day: &str, title: &str, text: &str| {
        json!({"id": id, "outlet": outlet, "published": format!("2025-05-{day}T09:00:00Z"), "title": title, "text": text}).to_string() + "\n"
    };
    let said = "Kestrian foreign ministry spokesman Oru Tal said that the ferry would sail again on Friday.";
    let archive = line("one", "post.example", "01", "Ferry sails again", said)
        + &line("two", "courier.example", "02", "Ferry sails again", said)
        + &story()
        + &line(
            "tal",
            "lakegazette.example",
            "07",
            "No missiles for Sorvan, says Tal",
            "Oru Tal on Wednesday denied smuggling anti-tank missiles to rebels in the Sorvan valley.",
        );
    let desk = Desk::new(&watchlist(""));
    let file = desk.folder.path().join("old.jsonl");
    std::fs::write(&file, archive).unwrap();
    done(&desk.run(&["import", file.to_str().unwrap(), "--alerts"]));
    let sides = || {
        desk.sql::<String>(
            "SELECT 'said ' || key || ' ' || actor || ' ' || article_id || ' ' || statement_id FROM affiliation
             UNION ALL SELECT 'used ' || statement_id || ' ' || role || ' ' || actor || ' ' || evidence_id FROM remembered ORDER BY 1",
        )
    };
    let before = sides();
    assert!(before.iter().any(|side| side.starts_with("used") && side.contains("Kestria")), "{before:?}");
    desk.sql::<i64>("DELETE FROM remembered");
    desk.sql::<i64>("UPDATE affiliation SET actor = 'Norvania', statement_id = 1");
    let told = done(&desk.run(&["replay", "--apply"]));
    check(&desk);
    assert_eq!(sides(), before, "{told}");
    assert!(told.contains("1        0        0\n"), "a side that is remembered now is a change: {told}");
}

#[test]
fn an_alert_outlives_the_denial_that_is_found_no_longer() {
    let desk = desk(true);
    desk.write_watchlist(&watchlist(", \"White Tower\""));
    done(&desk.run(&["replay", "--apply", "--alerts"]));
    let alerts = desk.sql::<String>("SELECT id FROM alert ORDER BY id");
    let show = "SELECT alert || denial_passage || accusation_passage FROM alerts_overview ORDER BY 1";
    let shown = desk.sql::<String>(show);
    // As if the earlier engine had found what the one of now does not.
    let ids = desk.sql::<i64>("SELECT denial_id FROM alert ORDER BY id");
    for id in &ids {
        desk.sql::<i64>(&format!(
            "UPDATE statement SET spans = json_set(spans, '$.cue', json('[0, 1]')) WHERE id = {id}"
        ));
    }
    let told = done(&desk.run(&["replay", "--apply"]));
    check(&desk);
    assert_eq!(desk.sql::<String>("SELECT id FROM alert ORDER BY id"), alerts);
    assert_eq!(desk.sql::<i64>("SELECT denial_id FROM alert ORDER BY id"), ids, "{told}");
    let superseded = "SELECT min(s.superseded) FROM alert al JOIN statement s ON s.id = al.denial_id";
    assert_eq!(desk.sql::<i64>(superseded), [1], "kept as evidence");
    assert_eq!(desk.sql::<String>(show), shown);
}

#[test]
fn a_dispute_that_becomes_part_of_another_is_found_by_its_old_id() {
    let desk = desk(true);
    // A dispute that the engine of now would not have made of its own, and the user closed.
    desk.sql::<i64>(
        "INSERT INTO dispute (id, accused, accused_actor, accused_key, matter, since, last_at, opened_at, closed_at)
         SELECT 99, accused, accused_actor, accused_key, 'the same', since, last_at, opened_at, opened_at FROM dispute LIMIT 1",
    );
    desk.sql::<i64>(
        "UPDATE dispute_statement SET dispute_id = 99 WHERE statement_id = (SELECT max(denial_id) FROM alert)",
    );
    desk.sql::<i64>("UPDATE alert SET dispute_id = 99 WHERE denial_id = (SELECT max(denial_id) FROM alert)");
    desk.sql::<i64>(
        "INSERT INTO dispute (id, accused, accused_key, matter, last_at, opened_at, merged_into)
        SELECT 98, accused, accused_key, 'older still', last_at, opened_at, 99 FROM dispute WHERE id = 99",
    );
    let told = done(&desk.run(&["replay", "--apply"]));
    check(&desk);
    assert!(told.contains("dispute 99 (closed) becomes part of dispute"), "{told}");
    let goes_on = desk.sql::<i64>("SELECT merged_into FROM dispute WHERE id IN (98, 99) ORDER BY id");
    assert!(goes_on[0] == goes_on[1] && goes_on[0] < 98, "{goes_on:?}");
    assert_eq!(desk.sql::<i64>("SELECT count(*) FROM alert WHERE dispute_id = 99"), [0]);
    done(&desk.run(&["dispute", "show", "98"]));
}

#[test]
fn a_replay_that_is_killed_leaves_the_old_generation_or_the_new_and_never_a_mix() {
    let desk = desk(true);
    let archive = desk.folder.path().join("more.jsonl");
    let more: String = (0..12).map(|n| story().replace(".example/story", &format!(".example/story{n}"))).collect();
    std::fs::write(&archive, more).unwrap();
    done(&desk.run(&["import", archive.to_str().unwrap()]));
    desk.write_watchlist(&watchlist(", \"White Tower\""));
    let plain = || -> Vec<String> { conclusions(&desk).into_iter().filter(|row| !row.starts_with("alert:")).collect() };
    let old = plain();
    let kept = desk.folder.path().join("kept.db");
    desk.sql::<i64>(&format!("VACUUM INTO '{}'", kept.display()));
    let began = Instant::now();
    done(&desk.run(&["replay", "--apply"]));
    let whole = began.elapsed();
    let new = plain();
    assert_ne!(old, new);
    let mut left = [0, 0];
    for part in [30, 60, 75, 80, 84, 88, 90, 92, 94, 96, 98, 100, 103] {
        for name in ["gainsay.db", "gainsay.db-wal", "gainsay.db-shm"] {
            let _ = std::fs::remove_file(desk.log().with_file_name(name));
        }
        std::fs::copy(&kept, desk.log()).unwrap();
        let mut replay = desk.gainsay(&["replay", "--apply"]).spawn().unwrap();
        std::thread::sleep(whole * part / 100);
        replay.kill().unwrap();
        replay.wait().unwrap();
        let found = plain();
        assert!(found == old || found == new, "a mix after {part} hundredths");
        left[usize::from(found == new)] += 1;
        check(&desk);
    }
    println!("{} kept the old generation, {} had the new one", left[0], left[1]);
    let state: Vec<_> =
        std::fs::read_dir(desk.log().parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(state.len() < 8, "copies are left behind: {state:?}");
}

#[test]
fn a_running_daemon_s_log_is_compared_and_not_replaced() {
    let server = Server::start();
    server.put_feed("/feed", &[]);
    let desk = desk(false);
    desk.write_watchlist(&format!("[[feed]]\nurl = \"{}\"\n{}", server.url("/feed"), watchlist("")));
    let mut daemon = desk.start();
    desk.wait_for_log("polled", Duration::from_secs(20));
    let told = done(&desk.run(&["replay"]));
    assert!(told.ends_with("Nothing would change.\n"), "{told}");
    // What is filed meanwhile is in the log, and in the next replay.
    let items = [NewsItem {
        guid: "late".into(),
        title: "Kestria accuses Norvania of firing missiles".into(),
        content: "<p>Kestria on Monday accused Norvania of firing missiles at the harbour of Orm.</p>".into(),
        published: Some(hours_ago(2)),
        ..NewsItem::default()
    }];
    server.put_feed("/late", &items);
    let mut replay = desk.gainsay(&["replay"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let late = format!("[[feed]]\nurl = \"{}\"\n", server.url("/late"));
    desk.write_watchlist(&format!("[[feed]]\nurl = \"{}\"\n{late}{}", server.url("/feed"), watchlist("")));
    daemon.signal("HUP");
    let until = Instant::now() + Duration::from_secs(20);
    let filed = || desk.sql::<i64>("SELECT count(*) FROM accusations WHERE title LIKE 'Kestria accuses%'")[0];
    while filed() == 0 {
        assert!(Instant::now() < until, "{}", desk.daemon_log());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(replay.wait().unwrap().success());
    let late = filed();
    let refused = desk.run(&["replay", "--apply"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("stop it for --apply"), "{refused:?}");
    assert!(daemon.stop().success());
    let told = done(&desk.run(&["replay", "--apply"]));
    assert!(told.starts_with("5 articles read again"), "{told}");
    assert_eq!(filed(), late);
    check(&desk);
}
