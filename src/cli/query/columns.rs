//! What each kind of row shows.

use crate::cli::listing::{Column, Field, Listed, local, optional, or_empty};
use crate::statements::{Act, Party, Period};
use crate::store::query::{AlertFound, ArticleFound, DeliveryFound, DisputeFound};
use crate::store::statements::StatementRow;
use jiff::civil::Date;

fn joined<T: ToString>(values: &[T]) -> String {
    values.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

/// A range of days as people write it.
fn days(earliest: Option<Date>, latest: Option<Date>) -> String {
    match (earliest, latest) {
        (None, None) => String::new(),
        (Some(a), Some(b)) if a == b => a.to_string(),
        (Some(a), Some(b)) => format!("{a}..{b}"),
        (Some(a), None) => format!("{a}.."),
        (None, Some(b)) => format!("..{b}"),
    }
}

fn said(period: Period) -> String {
    days(period.earliest, period.latest)
}

/// The words of the article, after the actor behind them where they don't say it.
fn party(party: &Option<Party>) -> String {
    let Some(party) = party else { return String::new() };
    match &party.actor {
        Some(actor) if !party.text.contains(actor.as_str()) => format!("{actor}: {}", party.text),
        _ => party.text.clone(),
    }
}

fn text(party: &Option<Party>) -> String {
    party.as_ref().map(|party| party.text.clone()).unwrap_or_default()
}

fn name(party: &Option<Party>) -> String {
    party.as_ref().and_then(|party| party.name.clone()).unwrap_or_default()
}

fn actor(party: &Option<Party>) -> String {
    party.as_ref().and_then(|party| party.actor.clone()).unwrap_or_default()
}

/// Who speaks, after the side spoken for where that is another.
fn speaker(row: &StatementRow) -> String {
    match (&row.speaker, &row.on_behalf_of) {
        (Some(speaker), Some(side)) => format!("{}: {}", side.actor.as_ref().unwrap_or(&side.text), speaker.text),
        (None, side @ Some(_)) => party(side),
        (speaker, None) => party(speaker),
    }
}

impl Listed for StatementRow {
    const TABLE: &'static [Column<Self>] = &[
        Column::whole("ID", |row| row.id.to_string()),
        optional(Column::text("Said", 11, |row| match said(row.said_at) {
            unknown if unknown.is_empty() => format!("~{}", days(Some(row.earliest), Some(row.latest))),
            known => known,
        })),
        Column::text("Act", 10, |row| match (row.act, row.recalled) {
            (act, false) => act.name().to_owned(),
            (act, true) => format!("{} (recalled)", act.name()),
        }),
        Column::text("Who", 16, speaker),
        Column::text("What", 20, |row| row.content.clone()),
        optional(Column::text("Against", 12, |row| {
            party(if row.act == Act::Denial { &row.accuser } else { &row.target })
        })),
        optional(Column::text("Outlet", 12, |row| row.outlet.clone())),
        optional(Column::whole("Dispute", |row| or_empty(&row.dispute))),
    ];
    const FIELDS: &'static [Field<Self>] = &[
        ("id", |row| row.id.to_string()),
        ("act", |row| row.act.name().to_owned()),
        ("speaker", |row| text(&row.speaker)),
        ("speaker_name", |row| name(&row.speaker)),
        ("speaker_actor", |row| actor(&row.speaker)),
        ("on_behalf_of", |row| text(&row.on_behalf_of)),
        ("on_behalf_of_actor", |row| actor(&row.on_behalf_of)),
        ("target", |row| text(&row.target)),
        ("target_actor", |row| actor(&row.target)),
        ("accuser", |row| text(&row.accuser)),
        ("accuser_actor", |row| actor(&row.accuser)),
        ("quote", |row| row.content.clone()),
        ("passage", |row| row.passage.clone()),
        ("said_earliest", |row| or_empty(&row.said_at.earliest)),
        ("said_latest", |row| or_empty(&row.said_at.latest)),
        ("recalled", |row| row.recalled.to_string()),
        ("presupposed", |row| row.presupposed.to_string()),
        ("direct", |row| row.direct.to_string()),
        ("repeats", |row| or_empty(&row.repeats)),
        ("confidence", |row| format!("{:.2}", row.confidence)),
        ("dispute", |row| or_empty(&row.dispute)),
        ("outlet", |row| row.outlet.clone()),
        ("title", |row| or_empty(&row.title)),
        ("url", |row| or_empty(&row.url)),
        ("published", |row| or_empty(&row.published)),
        ("topics", |row| joined(&row.matched.topics)),
        ("fetched", |row| row.fetched_at.to_string()),
        ("sha256", |row| row.sha256.clone()),
        ("engine", |row| row.engine.clone()),
        ("remembered", |row| {
            row.remembered.iter().map(|(role, actor)| format!("{role}: {actor}")).collect::<Vec<_>>().join(", ")
        }),
    ];
}

impl Listed for DisputeFound {
    const TABLE: &'static [Column<Self>] = &[
        Column::whole("ID", |row| row.id.to_string()),
        optional(Column::whole("Since", |row| or_empty(&row.since))),
        Column::text("Accused", 12, |row| row.accused.clone()),
        Column::text("Matter", 20, |row| row.matter.clone()),
        optional(Column::text("Accusers", 12, |row| or_empty(&row.accusers))),
        Column::text("Accusations", 6, |row| row.accusations.to_string()),
        Column::text("Denials", 6, |row| row.denials.to_string()),
        optional(Column::whole("Outlets", |row| row.outlets.to_string())),
        optional(Column::whole("Alerts", |row| row.alerts.to_string())),
        Column::whole("State", |row| row.state.clone()),
        optional(Column::whole("Mirrors", |row| joined(&row.mirrors))),
        optional(Column::whole("Last news", |row| local(row.last_at))),
    ];
    const FIELDS: &'static [Field<Self>] = &[
        ("id", |row| row.id.to_string()),
        ("accused", |row| row.accused.clone()),
        ("matter", |row| row.matter.clone()),
        ("since", |row| or_empty(&row.since)),
        ("last", |row| row.last_at.to_string()),
        ("accusers", |row| or_empty(&row.accusers)),
        ("accusations", |row| row.accusations.to_string()),
        ("denials", |row| row.denials.to_string()),
        ("outlets", |row| row.outlets.to_string()),
        ("alerts", |row| row.alerts.to_string()),
        ("first_denied", |row| or_empty(&row.first_denied)),
        ("last_denied", |row| or_empty(&row.last_denied)),
        ("state", |row| row.state.clone()),
        ("snoozed_until", |row| or_empty(&row.snoozed_until)),
        ("mirrors", |row| joined(&row.mirrors)),
    ];
}

impl Listed for AlertFound {
    const TABLE: &'static [Column<Self>] = &[
        Column::whole("Alert", |row| row.alert.clone()),
        optional(Column::whole("Time", |row| local(row.time))),
        Column::text("Denies", 12, |row| or_empty(&row.denial_actor.clone().or_else(|| row.denial_speaker.clone()))),
        Column::text("Denial", 16, |row| row.denial.clone()),
        Column::text("Accused by", 12, |row| {
            or_empty(&row.accusation_actor.clone().or_else(|| row.accusation_speaker.clone()))
        }),
        optional(Column::text("Accusation", 16, |row| or_empty(&row.accusation))),
        optional(Column::whole("Outlets", |row| row.outlets.to_string())),
        optional(Column::text("Deliveries", 14, |row| match (&row.held, &row.deliveries) {
            (Some(held), None) => format!("held: {held}"),
            (_, deliveries) => or_empty(deliveries),
        })),
        optional(Column::whole("Marked", |row| or_empty(&row.marked))),
    ];
    const FIELDS: &'static [Field<Self>] = &[
        ("alert", |row| row.alert.clone()),
        ("time", |row| row.time.to_string()),
        ("rules", |row| or_empty(&row.rules)),
        ("confidence", |row| format!("{:.2}", row.confidence)),
        ("dispute", |row| row.dispute.to_string()),
        ("matter", |row| row.matter.clone()),
        ("accused", |row| row.accused.clone()),
        ("outlets", |row| row.outlets.to_string()),
        ("denial_speaker", |row| or_empty(&row.denial_speaker)),
        ("denial_actor", |row| or_empty(&row.denial_actor)),
        ("denial", |row| row.denial.clone()),
        ("denial_passage", |row| row.denial_passage.clone()),
        ("said_earliest", |row| or_empty(&row.said_earliest)),
        ("said_latest", |row| or_empty(&row.said_latest)),
        ("denial_title", |row| or_empty(&row.denial_title)),
        ("denial_url", |row| or_empty(&row.denial_url)),
        ("denial_outlet", |row| row.denial_outlet.clone()),
        ("accusation_speaker", |row| or_empty(&row.accusation_speaker)),
        ("accusation_actor", |row| or_empty(&row.accusation_actor)),
        ("accusation", |row| or_empty(&row.accusation)),
        ("accusation_passage", |row| or_empty(&row.accusation_passage)),
        ("accused_earliest", |row| or_empty(&row.accused_earliest)),
        ("accused_latest", |row| or_empty(&row.accused_latest)),
        ("accusation_title", |row| or_empty(&row.accusation_title)),
        ("accusation_url", |row| or_empty(&row.accusation_url)),
        ("accusation_outlet", |row| or_empty(&row.accusation_outlet)),
        ("score", |row| row.score.map(|score| format!("{score:.2}")).unwrap_or_default()),
        ("because", |row| or_empty(&row.because)),
        ("held", |row| or_empty(&row.held)),
        ("deliveries", |row| or_empty(&row.deliveries)),
        ("waiting", |row| or_empty(&row.waiting)),
        ("updates", |row| row.updates.to_string()),
        ("marked", |row| or_empty(&row.marked)),
        ("why", |row| or_empty(&row.why)),
        ("lapsed_at", |row| or_empty(&row.lapsed_at)),
    ];
}

impl Listed for DeliveryFound {
    const TABLE: &'static [Column<Self>] = &[
        Column::whole("Message", |row| row.message.clone()),
        optional(Column::whole("Time", |row| local(row.created_at))),
        Column::text("Type", 12, |row| row.kind.clone()),
        Column::text("Sink", 8, |row| row.sink.clone()),
        Column::whole("State", |row| row.state.name().to_owned()),
        Column::whole("Tries", |row| row.tries.to_string()),
        optional(Column::whole("Next try", |row| row.next_try_at.map(local).unwrap_or_default())),
        optional(Column::text("Last error", 16, |row| or_empty(&row.last_error))),
    ];
    const FIELDS: &'static [Field<Self>] = &[
        ("id", |row| row.id.to_string()),
        ("message", |row| row.message.clone()),
        ("type", |row| row.kind.clone()),
        ("sink", |row| row.sink.clone()),
        ("state", |row| row.state.name().to_owned()),
        ("tries", |row| row.tries.to_string()),
        ("created", |row| row.created_at.to_string()),
        ("next_try", |row| or_empty(&row.next_try_at)),
        ("delivered", |row| or_empty(&row.delivered_at)),
        ("last_status", |row| or_empty(&row.last_status)),
        ("last_error", |row| or_empty(&row.last_error)),
    ];
}

impl Listed for ArticleFound {
    const TABLE: &'static [Column<Self>] = &[
        Column::whole("ID", |row| row.id.to_string()),
        optional(Column::whole("Time", |row| local(row.time))),
        Column::text("Outlet", 12, |row| row.outlet.clone()),
        Column::text("Title", 24, |row| or_empty(&row.title)),
        Column::whole("Stage", |row| row.stage.name().to_owned()),
        optional(Column::whole("Text", |row| row.source.map(|source| source.as_str().to_owned()).unwrap_or_default())),
        optional(Column::whole("Accusations", |row| row.accusations.to_string())),
        optional(Column::whole("Denials", |row| row.denials.to_string())),
        optional(Column::text("Reason", 12, |row| or_empty(&row.reason))),
    ];
    const FIELDS: &'static [Field<Self>] = &[
        ("id", |row| row.id.to_string()),
        ("time", |row| row.time.to_string()),
        ("outlet", |row| row.outlet.clone()),
        ("title", |row| or_empty(&row.title)),
        ("url", |row| or_empty(&row.url)),
        ("stage", |row| row.stage.name().to_owned()),
        ("reason", |row| or_empty(&row.reason)),
        ("source", |row| row.source.map(|source| source.as_str().to_owned()).unwrap_or_default()),
        ("versions", |row| row.versions.to_string()),
        ("accusations", |row| row.accusations.to_string()),
        ("denials", |row| row.denials.to_string()),
    ];
}
