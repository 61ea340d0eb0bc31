//! What becomes of a dispute over days and outlets: invented stories imported with their alerts, by the real binary.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use serde_json::{Value, json};
use support::Desk;

const WATCHLIST: &str = r#"
[[actor]]
name = "Kestria"
aliases = ["Kestrian", "Varsk"]

[[actor]]
name = "Norvania"
aliases = ["Norvanian"]

[[alert]]
name = "everything"
any = true
to = ["desktop"]
"#;

fn article(outlet: &str, at: &str, title: &str, text: &str) -> Value {
    let url = format!("https://{outlet}/{at}");
    json!({"id": url, "url": url, "title": title, "published": at, "outlet": outlet, "text": text})
}

/// Norvania accuses Kestria of smuggling missiles, on Sunday 4 May 2025.
fn accusation() -> Value {
    article(
        "norvanherald.example",
        "2025-05-04T15:00:00Z",
        "Norvania accuses Kestria of arming rebels in Sorvan",
        "Norvania on Sunday accused Kestria of smuggling anti-tank missiles to rebels in the Sorvan valley.\n\n\
         \"Kestria has smuggled more than two hundred missiles over the mountains since the spring,\" Norvania's foreign minister \
         Ilse Brandauer told reporters in the capital.\n\nThe valley has been closed to journalists since March.",
    )
}

/// Kestria's denial of it, two days later.
fn denial() -> Value {
    article(
        "lakegazette.example",
        "2025-05-06T11:00:00Z",
        "Kestria denies smuggling missiles to Sorvan rebels",
        "Kestria on Tuesday denied accusations by Norvania that it had smuggled anti-tank missiles to rebels in the Sorvan \
         valley.\n\n\"We have never given a single missile to anyone in Sorvan,\" said Tomas Ardel, a spokesman for the Kestrian \
         defence ministry.",
    )
}

/// The articles as they were polled, one after another.
fn polled(articles: &[Value]) -> Desk {
    let desk = Desk::new(WATCHLIST);
    for article in articles {
        poll(&desk, article);
    }
    desk
}

fn poll(desk: &Desk, article: &Value) {
    std::fs::write(desk.folder.path().join("one.jsonl"), format!("{article}\n")).unwrap();
    let mut import = desk.gainsay(&["import", "--alerts", "one.jsonl"]);
    let output = import.current_dir(desk.folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

fn lines(desk: &Desk, arguments: &[&str]) -> Vec<Value> {
    let output = desk.run(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn alerts(desk: &Desk) -> Vec<Value> {
    lines(desk, &["query", "alerts", "--format", "jsonl"])
}

/// What the log knows, for the message of a test that fails.
fn known(desk: &Desk) -> String {
    let said =
        "SELECT dispute || ' ' || url || ': ' || quote FROM (SELECT dispute, url, quote FROM accusations UNION ALL
        SELECT dispute, url, quote FROM denials)";
    format!("{:#?}\n{:#?}", alerts(desk), desk.sql::<Option<String>>(said))
}

#[test]
fn thirty_outlets_that_carry_one_denial_raise_one_alert() {
    let told = [
        "Kestria on Tuesday denied accusations by Norvania that it had smuggled anti-tank missiles to rebels in the Sorvan valley.",
        "\"We have never given a single missile to the rebels in Sorvan,\" Kestrian defence ministry spokesman Tomas Ardel said on \
         Tuesday.",
        "The Kestrian government has rejected Norvania's claim that it smuggles missiles to the rebels of Sorvan as baseless, its \
         spokesman said on Tuesday.",
        "Kestria denied on Tuesday that missiles of its army had reached the rebels in the Sorvan valley.",
        "Kestria's defence ministry said on Tuesday that Norvania's allegations of missile smuggling to Sorvan were a lie.",
    ];
    let ends = [
        "The valley has been closed to journalists since March.",
        "Talks in the lake city broke off in April.",
        "Both states share a border of four hundred kilometres.",
        "Snow still blocks the upper pass.",
        "The rebels hold seven villages.",
        "A truce of last autumn held for nine days.",
    ];
    let mut articles = vec![accusation()];
    for (number, end) in ends.iter().enumerate() {
        for (telling, text) in told.iter().enumerate() {
            let outlet = format!("outlet-{number}-{telling}.example");
            let at = format!("2025-05-06T{:02}:{:02}:00Z", 9 + number, 10 * telling);
            articles.push(article(
                &outlet,
                &at,
                &format!("Sorvan, {}", end.to_lowercase()),
                &format!("{text}\n\n{end}"),
            ));
        }
    }
    let desk = polled(&articles);
    let alerts = alerts(&desk);
    assert_eq!(alerts.len(), 1, "{}", known(&desk));
    let outlets = alerts[0]["outlets"].as_u64().unwrap();
    assert!(outlets >= 24, "{outlets} of 30 outlets are counted: {}", known(&desk));
}

#[test]
fn a_denial_whose_accusation_is_polled_after_it_alerts_then() {
    // The denial does not say what it answers.
    let denial = article(
        "lakegazette.example",
        "2025-05-06T11:00:00Z",
        "No missiles for Sorvan, says Varsk",
        "\"We have never given a single missile to the rebels in the Sorvan valley,\" Kestrian defence ministry spokesman Tomas Ardel \
         said on Tuesday.",
    );
    let desk = polled(&[denial]);
    assert_eq!(alerts(&desk).len(), 0, "{}", known(&desk));
    poll(&desk, &accusation());
    let alerts = alerts(&desk);
    assert_eq!(alerts.len(), 1, "{}", known(&desk));
    assert_eq!(alerts[0]["accusation_actor"], "Norvania");
}

#[test]
fn a_matter_in_other_words_is_the_same_dispute() {
    let reworded = article(
        "eastwire.example",
        "2025-05-05T10:00:00Z",
        "Rockets reach Sorvan insurgents",
        "Kestria is supplying the insurgents of Sorvan with rockets, Norvania's interior minister Pauline Ostry said on Monday.",
    );
    let desk = polled(&[accusation(), reworded, denial()]);
    let disputes = lines(&desk, &["query", "disputes", "--format", "jsonl"]);
    let of_kestria: Vec<_> = disputes.iter().filter(|dispute| dispute["accused"] == "Kestria").collect();
    assert_eq!(of_kestria.len(), 1, "{}", known(&desk));
    assert_eq!(alerts(&desk).len(), 1, "{}", known(&desk));
}

#[test]
fn two_matters_between_two_parties_in_one_week_are_two_disputes() {
    let spying = article(
        "norvanherald.example",
        "2025-05-05T16:00:00Z",
        "Norvania: Kestria bugged our embassy",
        "Norvania on Monday accused Kestria of bugging its embassy in Varsk.\n\nTechnicians had found microphones in the walls of the \
         ambassador's office, Norvania's foreign minister Ilse Brandauer told parliament.",
    );
    let no_spying = article(
        "lakegazette.example",
        "2025-05-07T10:00:00Z",
        "Kestria denies bugging embassy",
        "Kestria on Wednesday denied that it had bugged the Norvanian embassy in Varsk.\n\n\"There are no microphones of ours in the \
         ambassador's office,\" Kestria's interior minister Lena Orsk said.",
    );
    let desk = polled(&[accusation(), spying, denial(), no_spying]);
    let alerts = alerts(&desk);
    assert_eq!(alerts.len(), 2, "{}", known(&desk));
    assert_ne!(alerts[0]["dispute"], alerts[1]["dispute"], "{}", known(&desk));
}

#[test]
fn a_denial_that_a_later_article_only_remembers_alerts_nobody() {
    let background = article(
        "eastwire.example",
        "2025-06-20T10:00:00Z",
        "Sorvan road opens again",
        "The road to the Sorvan valley was opened to lorries on Friday.\n\nNorvania has accused Kestria of smuggling missiles to the \
         rebels there. In May Kestria denied that it had smuggled missiles to the rebels in Sorvan.",
    );
    let desk = polled(&[accusation(), background]);
    assert_eq!(alerts(&desk).len(), 0, "{}", known(&desk));
    let recalled: Vec<bool> = desk.sql("SELECT recalled FROM denials");
    assert_eq!(recalled, [true], "{}", known(&desk));
}

#[test]
fn a_side_that_is_named_only_by_its_capital_denies() {
    let denial = article(
        "lakegazette.example",
        "2025-05-06T11:00:00Z",
        "No missiles went to Sorvan, says spokesman",
        "Varsk has never smuggled missiles to the rebels in the Sorvan valley, its spokesman Tomas Ardel said on Tuesday. He \
         denied that Varsk had sent any weapons over the mountains.",
    );
    let desk = polled(&[accusation(), denial]);
    let alerts = alerts(&desk);
    assert_eq!(alerts.len(), 1, "{}", known(&desk));
    assert_eq!(alerts[0]["denial_actor"], "Kestria");
}

#[test]
fn who_rejects_a_denial_denies_nothing() {
    let rejected = article(
        "norvanherald.example",
        "2025-05-07T12:00:00Z",
        "Norvania rejects Kestria's denial",
        "Norvania on Wednesday rejected Kestria's denial that it had smuggled missiles to rebels in the Sorvan valley.\n\n\"We have \
         seen the crates,\" Norvania's foreign minister Ilse Brandauer said.",
    );
    let desk = polled(&[accusation(), denial(), rejected]);
    let alerts = alerts(&desk);
    assert_eq!(alerts.len(), 1, "{}", known(&desk));
    assert_eq!(alerts[0]["denial_actor"], "Kestria");
}

#[test]
fn a_denial_that_accuses_back_opens_a_dispute_that_mirrors_its_own() {
    let back = article(
        "lakegazette.example",
        "2025-05-06T11:00:00Z",
        "Kestria denies smuggling missiles, accuses Norvania of shelling",
        "Kestria on Tuesday denied accusations by Norvania that it had smuggled anti-tank missiles to rebels in the Sorvan \
         valley, and accused Norvania of shelling a hospital in the border town of Hask.\n\n\"We have never given a single missile to \
         anyone in Sorvan,\" said Tomas Ardel, a spokesman for the Kestrian defence ministry.",
    );
    let answer = article(
        "norvanherald.example",
        "2025-05-07T12:00:00Z",
        "Norvania: no shell fell on Hask",
        "Norvania on Wednesday denied that it had shelled a hospital in Hask.",
    );
    let desk = polled(&[accusation(), back, answer]);
    let disputes = lines(&desk, &["query", "disputes", "--format", "jsonl"]);
    let of = |accused: &str| -> &Value {
        let mut own = disputes.iter().filter(|dispute| dispute["accused"] == accused);
        let (Some(only), None) = (own.next(), own.next()) else { panic!("{accused}: {}", known(&desk)) };
        only
    };
    assert_eq!(of("Kestria")["mirrors"], json!([of("Norvania")["id"]]), "{disputes:#?}");
    assert_eq!(of("Norvania")["mirrors"], json!([of("Kestria")["id"]]), "{disputes:#?}");
    let denied: Vec<Value> = alerts(&desk).iter().map(|alert| alert["denial_actor"].clone()).collect();
    assert_eq!(denied.len(), 2, "{}", known(&desk));
    assert!(denied.contains(&json!("Kestria")) && denied.contains(&json!("Norvania")), "{denied:?}");
}

/// How many denials answer what the first article says.
fn answers_to_the_first(desk: &Desk) -> i64 {
    let answers = "SELECT count(*) FROM link l JOIN statement a ON a.id = l.accusation_id WHERE a.article_id = 1";
    desk.sql(answers)[0]
}

#[test]
fn a_shared_name_is_enough_where_a_party_is_accused_of_one_thing_only() {
    let accusation = article(
        "norvanherald.example",
        "2025-05-04T15:00:00Z",
        "Norvania: Kestria drains the Isse",
        "Norvania on Sunday accused Kestria of illegally diverting the Isse into its own reservoirs.",
    );
    let denial = article(
        "lakegazette.example",
        "2025-05-06T11:00:00Z",
        "Not a drop, says Varsk",
        "\"We have never touched the Isse,\" Kestrian government spokesman Tomas Ardel said on Tuesday.",
    );
    let desk = polled(&[accusation, denial]);
    assert!(answers_to_the_first(&desk) > 0, "{}", known(&desk));
}

#[test]
fn who_rejects_another_claim_of_the_same_accuser_does_not_answer_this_one() {
    let another = article(
        "lakegazette.example",
        "2025-05-06T11:00:00Z",
        "Kestria rejects claim about wells",
        "Kestria on Tuesday rejected Norvania's claim that it had poisoned wells.",
    );
    let desk = polled(&[accusation(), another]);
    assert_eq!(answers_to_the_first(&desk), 0, "{}", known(&desk));
}
