//! Which rules of the watchlist watch a denial event.

use crate::disputes::{Side, fold};
use crate::watchlist::Rule;

/// The parties and the evidence of one denial event, as rules ask about them.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// Who is accused.
    pub accused: &'a [&'a Side],
    /// Who accuses.
    pub accusers: &'a [&'a Side],
    /// Who denies, and for whom.
    pub deniers: &'a [&'a Side],
    /// Whether the dispute touches the topic of that name.
    pub touches: &'a dyn Fn(&str) -> bool,
    /// How sure the alert is, 0 to 1.
    pub confidence: f64,
    /// Every accusation is only mentioned inside a denial.
    pub only_reported: bool,
}

/// Whether a rule watches the event: every filter that it has must hold. A rule without any filter watches nothing
/// unless it says `any = true`.
pub fn watches(rule: &Rule, scene: &Scene<'_>) -> bool {
    let among =
        |sides: &[&Side], actors: &[String]| actors.iter().any(|actor| sides.iter().any(|side| is(side, actor)));
    let filters = [&rule.actors, &rule.accused, &rule.accusers, &rule.deniers, &rule.topics];
    let filtered = filters.iter().any(|filter| !filter.is_empty());
    let parties = [scene.accused, scene.accusers, scene.deniers];
    (filtered || rule.any)
        && (rule.actors.is_empty() || parties.iter().any(|sides| among(sides, &rule.actors)))
        && (rule.accused.is_empty() || among(scene.accused, &rule.accused))
        && (rule.accusers.is_empty() || among(scene.accusers, &rule.accusers))
        && (rule.deniers.is_empty() || among(scene.deniers, &rule.deniers))
        && (rule.topics.is_empty() || rule.topics.iter().any(|topic| (scene.touches)(topic)))
        && scene.confidence >= rule.min_confidence
        && (rule.reported_accusations || !scene.only_reported)
}

/// Whether the side is the actor that the rule names.
fn is(side: &Side, actor: &str) -> bool {
    side.actor.as_deref().is_some_and(|own| fold(own) == fold(actor)) || fold(&side.name) == fold(actor)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::watchlist::Sink;
    use std::time::Duration;

    /// A rule without any filter, to the desktop.
    pub fn rule(name: &str) -> Rule {
        Rule {
            name: name.to_owned(),
            actors: vec![],
            accused: vec![],
            accusers: vec![],
            deniers: vec![],
            topics: vec![],
            any: false,
            to: vec![Sink::Desktop],
            min_confidence: 0.0,
            reported_accusations: true,
            max_age: Duration::from_secs(3 * 24 * 3600),
            updates: false,
            quiet: None,
            digest: None,
            rate: None,
        }
    }

    fn watched(rule: &Rule) -> bool {
        let kestria = Side::new("the Kestrian foreign ministry", Some("Kestria".into()));
        let marn = Side::new("Ilse Marn", Some("Veldania".into()));
        let scene = Scene {
            accused: &[&kestria],
            accusers: &[&marn],
            deniers: &[&kestria],
            touches: &|topic| topic == "Fishing",
            confidence: 0.8,
            only_reported: true,
        };
        watches(rule, &scene)
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_rule_without_filters_watches_nothing_unless_it_says_any() {
        assert!(!watched(&rule("empty")));
        assert!(watched(&Rule { any: true, ..rule("all") }));
    }

    #[test]
    fn an_actor_is_watched_in_any_role_and_by_role_only_in_its_own() {
        assert!(watched(&Rule { actors: names(&["veldania"]), ..rule("any role") }));
        assert!(watched(&Rule { accusers: names(&["Veldania"]), ..rule("accuser") }));
        assert!(!watched(&Rule { accused: names(&["Veldania"]), ..rule("accused") }));
        assert!(watched(&Rule { deniers: names(&["Oland", "Kestria"]), ..rule("either") }));
        assert!(watched(&Rule { actors: names(&["Ilse Marn"]), ..rule("a person of a state") }));
    }

    #[test]
    fn every_filter_must_hold() {
        let kestria = || names(&["Kestria"]);
        assert!(watched(&Rule { actors: kestria(), topics: names(&["Fishing"]), ..rule("both") }));
        assert!(!watched(&Rule { actors: kestria(), topics: names(&["Arms"]), ..rule("other topic") }));
        assert!(!watched(&Rule { any: true, min_confidence: 0.9, ..rule("surer") }));
        assert!(!watched(&Rule { any: true, reported_accusations: false, ..rule("real accusations") }));
    }
}
