//! The invented story: three outlets, four days, two states that exist nowhere else.

use jiff::Timestamp;
use jiff::civil::Date;

/// Who publishes, and in which dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outlet {
    /// RSS 2.0; the text stands on the linked page.
    HaldenCourier,
    /// Atom, with the full text in the feed.
    KestriaToday,
    /// JSON Feed, with the full text in the feed.
    MeridianWire,
}

impl Outlet {
    pub(super) const ALL: [Outlet; 3] = [Outlet::HaldenCourier, Outlet::KestriaToday, Outlet::MeridianWire];

    pub(super) fn name(self) -> &'static str {
        match self {
            Outlet::HaldenCourier => "The Halden Courier",
            Outlet::KestriaToday => "Kestria Today",
            Outlet::MeridianWire => "Meridian Wire",
        }
    }

    /// The first part of its paths, and the domain it would have.
    pub(super) fn slug(self) -> &'static str {
        match self {
            Outlet::HaldenCourier => "halden-courier",
            Outlet::KestriaToday => "kestria-today",
            Outlet::MeridianWire => "meridian-wire",
        }
    }
}

/// One article of the story.
#[derive(Debug, Clone)]
pub(super) struct Article {
    pub outlet: Outlet,
    pub slug: &'static str,
    pub title: String,
    pub paragraphs: Vec<String>,
    pub published: Timestamp,
}

/// What one day brings, with what the audience should see.
#[derive(Debug, Clone)]
pub(super) struct Day {
    pub heading: &'static str,
    pub articles: Vec<Article>,
}

/// The story, its days counted back from `now`.
pub(super) fn days(now: Timestamp) -> Vec<Day> {
    let hours = |n: i64| now - jiff::SignedDuration::from_hours(n);
    let weekday = |at: Timestamp| weekday(at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date());
    let (accused, denied) = (hours(30), hours(5));
    vec![
        Day {
            heading: "The daemon meets its feeds: a first poll is the baseline and alerts nobody",
            articles: vec![article(
                Outlet::HaldenCourier,
                "ferry",
                "Night ferry to Sorvan resumes after two years",
                &["The night ferry between Halden and the Sorvan valley sailed again on its old timetable this week. \
                   Passengers waved from the upper deck as it left the quay."],
                hours(80),
            )],
        },
        Day {
            heading: "An outlet reports an accusation",
            articles: vec![article(
                Outlet::HaldenCourier,
                "missiles",
                "Norvania accuses Kestria of arming rebels in Sorvan",
                &[
                    &format!(
                        "Norvania on {} accused Kestria of smuggling anti-tank missiles to rebels in the Sorvan valley.",
                        weekday(accused)
                    ),
                    "“Kestria has smuggled more than two hundred missiles over the mountains since the spring,” Norvania's \
                     foreign minister, Ilse Brandauer, told reporters in the capital.",
                    "The fighting in the valley is in its third month. Markets in the region were calm.",
                ],
                accused,
            )],
        },
        Day {
            heading: "A day later another outlet reports a denial: this is what you want to be told",
            articles: vec![article(
                Outlet::KestriaToday,
                "denial",
                "Kestria denies smuggling missiles to Sorvan rebels",
                &[
                    &format!(
                        "Kestria on {} denied accusations by Norvania that it had smuggled missiles to the rebels in the \
                         Sorvan valley.",
                        weekday(denied)
                    ),
                    "“We have never given a single missile to anyone in Sorvan,” said Tomas Ardel, a spokesman for \
                     Kestria's defence ministry.",
                ],
                denied,
            )],
        },
        Day {
            heading: "A third outlet repeats the denial, and an article remembers an old one: no second alert",
            articles: vec![
                article(
                    Outlet::MeridianWire,
                    "rejects",
                    "Kestria rejects Norvania's missile claim",
                    &[&format!(
                        "Kestria denied on {} that it had smuggled anti-tank missiles to rebels in Sorvan, as Norvania \
                         had claimed a day earlier.",
                        weekday(denied)
                    )],
                    hours(3),
                ),
                article(
                    Outlet::HaldenCourier,
                    "talks",
                    "Sorvan talks to open under a shadow",
                    &[
                        "Mediators hope that talks about the Sorvan valley can open before the snow comes.",
                        "Two years ago Kestria denied claims by Norvania that it had sent missiles to the valley.",
                    ],
                    hours(2),
                ),
            ],
        },
    ]
}

fn article(outlet: Outlet, slug: &'static str, title: &str, paragraphs: &[&str], published: Timestamp) -> Article {
    let paragraphs = paragraphs.iter().map(|p| p.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    Article { outlet, slug, title: title.to_owned(), paragraphs, published }
}

fn weekday(date: Date) -> &'static str {
    use jiff::civil::Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
    match date.weekday() {
        Monday => "Monday",
        Tuesday => "Tuesday",
        Wednesday => "Wednesday",
        Thursday => "Thursday",
        Friday => "Friday",
        Saturday => "Saturday",
        Sunday => "Sunday",
    }
}
