//! A line of text to tokens, after the conventions of the English Web Treebank.
//!
//! Clitics stand apart (*do n't*, *Kim 's*), abbreviations keep their full stop (*U.S.*, *Gen.*), compounds are
//! split at their hyphens (*six - month*) but for prefixes (*non-proliferation*), and an address or a handle is one
//! token. Every rule looks a bounded number of characters around itself, so the time is linear in the text.

use super::Span;

/// Abbreviations that keep their full stop, in lower case, besides initials and letters with full stops between them.
const ABBREVIATIONS: &[&str] = &[
    "adm", "al", "apr", "assn", "asst", "atty", "aug", "ave", "blvd", "brig", "bros", "capt", "cf", "cmdr", "co",
    "col", "corp", "cpl", "dec", "dept", "det", "dist", "dr", "eg", "esq", "est", "etc", "feb", "fig", "fri", "ft",
    "gen", "gov", "govt", "hon", "ie", "inc", "insp", "jan", "jr", "jul", "lt", "ltd", "maj", "messrs", "mlle", "mme",
    "mr", "mrs", "ms", "msgr", "mt", "nov", "oct", "ont", "pfc", "ph", "prof", "pvt", "rep", "reps", "rev", "sen",
    "sens", "sept", "sgt", "sr", "st", "ste", "supt", "tel", "tues", "thurs", "viz", "vol", "vs", "wed", "ala", "ariz",
    "ark", "calif", "colo", "conn", "del", "fla", "ga", "ill", "ind", "kan", "ky", "la", "md", "mich", "minn", "miss",
    "mo", "mont", "neb", "nev", "okla", "ore", "pa", "penn", "tenn", "tex", "va", "vt", "wash", "wis", "wyo", "spc",
    "gens", "govs", "drs", "profs", "pres", "amb", "approx", "no", "nos", "pp",
];

/// Abbreviations that are everyday words too: they keep the full stop only before a word that starts with a capital
/// or a digit, and only when they start with a capital themselves.
const WORDS_TOO: &[&str] = &[
    "no", "nos", "co", "ill", "ind", "la", "miss", "mo", "pa", "del", "wash", "mont", "ore", "est", "fig", "tex",
    "ark", "ms", "wed", "sen", "rep", "reps", "rev", "gen", "gov", "hon", "col", "dec", "det", "dist", "pres", "va",
    "md", "ga", "penn", "al", "pp", "ph", "conn",
];

/// Abbreviated titles and the like, after which a capital starts no sentence.
const TITLES: &[&str] = &[
    "adm", "amb", "asst", "atty", "brig", "capt", "cmdr", "col", "cpl", "det", "dr", "drs", "ft", "gen", "gens", "gov",
    "govs", "hon", "insp", "lt", "maj", "messrs", "mlle", "mme", "mr", "mrs", "ms", "msgr", "mt", "pfc", "pres",
    "prof", "profs", "pvt", "rep", "reps", "rev", "sen", "sens", "sgt", "spc", "st", "ste", "supt", "vs", "no", "nos",
    "fig", "cf", "eg", "ie", "approx", "vol",
];

/// Prefixes that stay with their word although a hyphen follows.
const PREFIXES: &[&str] = &[
    "anti", "co", "counter", "cross", "e", "ex", "inter", "mid", "mini", "multi", "neo", "non", "over", "pan", "post",
    "pre", "pro", "re", "semi", "socio", "sub", "super", "trans", "ultra", "un", "vice", "uh", "meh",
];

/// Words that a leading apostrophe abbreviates.
const ELISIONS: &[&str] = &["em", "til", "tis", "twas", "cause", "bout", "round", "n", "cos"];

/// Whether the token, which ends with a full stop, is a title: a name follows and no sentence.
pub(super) fn is_title(token: &str) -> bool {
    contains(TITLES, token.trim_end_matches('.'))
}

/// Whether the character is an apostrophe or a single closing mark.
pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’')
}

fn contains(words: &[&str], word: &str) -> bool {
    word.len() <= 8 && words.iter().any(|w| w.eq_ignore_ascii_case(word))
}

/// Appends the tokens of one line of the text.
pub(super) fn tokenize(text: &str, line: Span, tokens: &mut Vec<Span>) {
    let mut at = line.start;
    while at < line.end {
        let rest = &text[at..line.end];
        let Some(skip) = rest.find(|c: char| !is_blank(c)) else { break };
        let start = at + skip;
        let end = text[start..line.end].find(is_blank).map_or(line.end, |n| start + n);
        Chunk { text, line, tokens: &mut *tokens }.split(start, end);
        at = end;
    }
}

/// White space and characters without a width, which separate nothing but are no word either.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

/// The splitting of one stretch without white space.
struct Chunk<'t, 'v> {
    text: &'t str,
    line: Span,
    tokens: &'v mut Vec<Span>,
}

impl Chunk<'_, '_> {
    fn push(&mut self, start: usize, end: usize) {
        if start < end {
            self.tokens.push(Span::new(start, end));
        }
    }

    fn split(&mut self, start: usize, end: usize) {
        let chunk = &self.text[start..end];
        let core_start = start + (chunk.len() - chunk.trim_start_matches(is_opening).len());
        let core = self.text[core_start..end].trim_end_matches(is_trailing);
        if is_address(core) {
            self.punctuation(start, core_start);
            self.push(core_start, core_start + core.len());
            self.punctuation(core_start + core.len(), end);
            return;
        }
        let mut at = start;
        while at < end {
            at = self.next(at, end);
        }
    }

    /// Punctuation around an address.
    fn punctuation(&mut self, start: usize, end: usize) {
        let mut at = start;
        while at < end {
            let c = self.char_at(at);
            at = self.mark(c, at, end);
        }
    }

    fn char_at(&self, at: usize) -> char {
        self.text[at..].chars().next().unwrap_or('\0')
    }

    fn char_before(&self, at: usize) -> Option<char> {
        self.text[self.line.start..at].chars().next_back()
    }

    /// The token at `at`, within a stretch that ends at `end`; answers where it ended.
    fn next(&mut self, at: usize, end: usize) -> usize {
        let c = self.char_at(at);
        if is_word(c) {
            return self.word(at, end);
        }
        let after = at + c.len_utf8();
        if matches!(c, '#' | '@') && after < end && is_word(self.char_at(after)) {
            return self.word_from(at, after, end);
        }
        if is_apostrophe(c) && after < end {
            let word_end = after + word_run(&self.text[after..end]);
            let word = &self.text[after..word_end];
            let decade = word.len() >= 2
                && word.as_bytes()[0].is_ascii_digit()
                && word.as_bytes()[1].is_ascii_digit()
                && word.len() <= 3;
            let free = self.char_before(at).is_none_or(|b| !is_word(b));
            if free
                && (decade || contains(ELISIONS, word))
                && !(word_end < end && is_apostrophe(self.char_at(word_end)))
            {
                self.push(at, word_end);
                return word_end;
            }
            if !free && is_clitic(word) {
                self.push(at, word_end);
                return word_end;
            }
        }
        if (c == '.' || c == ',')
            && after < end
            && self.char_at(after).is_ascii_digit()
            && self.char_before(at).is_none_or(|b| !is_word(b))
        {
            return self.word_from(at, after, end); // .5
        }
        self.mark(c, at, end)
    }

    /// A token of punctuation or a symbol.
    fn mark(&mut self, c: char, at: usize, end: usize) -> usize {
        let rest = &self.text[at..end];
        let length = match c {
            '.' | '-' | '*' | '=' | '_' | '~' | '`' => rest.chars().take_while(|&d| d == c).count(),
            '\'' if rest.starts_with("''") && !rest.starts_with("'''") => 2,
            '!' | '?' => rest.chars().take_while(|d| matches!(d, '!' | '?')).count(),
            _ if joins_following(c, rest) => {
                let mut length = 0;
                let mut joined = true;
                for d in rest.chars() {
                    if is_joiner(d) {
                        joined = true;
                    } else if joined {
                        joined = false;
                    } else {
                        break;
                    }
                    length += d.len_utf8();
                }
                length
            }
            _ => c.len_utf8(),
        };
        self.push(at, at + length);
        at + length
    }

    fn word(&mut self, start: usize, end: usize) -> usize {
        self.word_from(start, start, end)
    }

    /// A word and what hangs on it, from `start`; `at` is past any sign that belongs to it.
    fn word_from(&mut self, start: usize, at: usize, end: usize) -> usize {
        let mut at = at;
        let mut segment = at; // where the last run of letters began
        while at < end {
            at += word_run(&self.text[at..end]);
            if at >= end {
                break;
            }
            let c = self.char_at(at);
            let after = at + c.len_utf8();
            let next = if after < end { Some(self.char_at(after)) } else { None };
            let run = &self.text[segment..at];
            let word = &self.text[start..at];
            let digits_around = run.ends_with(|d: char| d.is_ascii_digit()) && next.is_some_and(|d| d.is_ascii_digit());
            let joins = match c {
                '.' => {
                    if next.is_some_and(is_word) {
                        digits_around
                            || is_letters_with_stops(word) && run.chars().count() == 1
                            || is_domain(&self.text[after..end])
                    } else {
                        if self.keeps_full_stop(word, run, after, end) {
                            self.push(start, after);
                            return after;
                        }
                        false
                    }
                }
                ',' | ':' => digits_around,
                '/' => digits_around,
                '&' => run.len() <= 3 && run.chars().all(char::is_uppercase) && next.is_some_and(char::is_uppercase),
                '_' | '@' => next.is_some_and(is_word),
                '-' | '‐' | '‑' => next.is_some_and(is_word) && self.keeps_hyphen(word, after, end),
                c if is_apostrophe(c) => {
                    let tail = &self.text[after..after + word_run(&self.text[after..end])];
                    if tail.is_empty() {
                        // An apostrophe that ends the word: possessive or closing mark, a token of its own.
                        false
                    } else if is_clitic(tail) {
                        self.words(start, at, Some((at, after + tail.len())));
                        return after + tail.len();
                    } else if tail.eq_ignore_ascii_case("t") && run.ends_with(['n', 'N']) && run.len() > 1 {
                        let stem = at - 1;
                        self.push(start, stem);
                        self.push(stem, after + tail.len());
                        return after + tail.len();
                    } else {
                        // O'Brien, o'clock
                        run.chars().count() <= 3 || tail.chars().count() <= 1
                    }
                }
                _ => false,
            };
            if !joins {
                break;
            }
            at = after;
            segment = at;
        }
        self.words(start, at, None);
        at
    }

    /// Pushes a run, split where two words are written as one, and the clitic that follows it.
    fn words(&mut self, start: usize, end: usize, clitic: Option<(usize, usize)>) {
        let word = &self.text[start..end];
        let two = ["cannot", "gonna", "gotta", "wanna"].iter().any(|two| word.eq_ignore_ascii_case(two));
        let cut = if two { 3 } else { unit_of_number(word).unwrap_or(0) };
        self.push(start, start + cut);
        self.push(start + cut, end);
        if let Some((start, end)) = clitic {
            self.push(start, end);
        }
    }

    /// Whether the full stop before `after` belongs to the word.
    fn keeps_full_stop(&self, word: &str, run: &str, after: usize, end: usize) -> bool {
        if self.text[after..].starts_with('.') {
            return false;
        }
        let next = if after < end {
            None
        } else {
            self.text[after..self.line.end].trim_start_matches(is_blank).chars().next()
        };
        let at_capital = next.is_some_and(|c| c.is_uppercase() || c.is_ascii_digit());
        if is_letters_with_stops(word) && word.contains('.') {
            return true;
        }
        if word.chars().count() == 1 && word.chars().all(char::is_uppercase) {
            return word != "I" && (at_capital || after < end);
        }
        if word.len() != run.len() || !contains(ABBREVIATIONS, word) {
            return false;
        }
        if contains(WORDS_TOO, word) {
            return word.starts_with(char::is_uppercase) && (at_capital || next == Some(','));
        }
        true
    }

    /// Whether the hyphen before `after` binds: after a prefix, in a number of several parts, between single letters.
    fn keeps_hyphen(&self, word: &str, after: usize, end: usize) -> bool {
        let tail = &self.text[after..after + word_run(&self.text[after..end])];
        let head = word.rsplit(['-', '‐', '‑']).next().unwrap_or(word);
        let numbers = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if numbers(head) && numbers(tail) {
            let beyond = after + tail.len();
            return word.contains('-') || self.text[beyond..end].starts_with('-');
        }
        contains(PREFIXES, head) && !tail.starts_with(|c: char| c.is_ascii_digit())
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining(c)
}

/// Marks that combine with the letter before them.
fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}'
        | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}')
}

/// Length in bytes of the run of letters and digits at the start.
fn word_run(text: &str) -> usize {
    text.find(|c: char| !is_word(c)).unwrap_or(text.len())
}

fn is_opening(c: char) -> bool {
    matches!(c, '(' | '[' | '{' | '<' | '"' | '“' | '‘' | '\'' | '«' | '„' | '‚' | '‹')
}

fn is_trailing(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | ']' | '}' | '>' | '"' | '”' | '’' | '\'' | '»' | '›' | '…')
}

fn is_clitic(word: &str) -> bool {
    word.len() <= 2 && ["s", "re", "ve", "ll", "d", "m"].iter().any(|c| c.eq_ignore_ascii_case(word))
}

/// An address of the net, an e-mail address.
fn is_address(core: &str) -> bool {
    let lower = |prefix: &str| core.get(..prefix.len()).is_some_and(|p| p.eq_ignore_ascii_case(prefix));
    if lower("http://") || lower("https://") || lower("www.") || lower("ftp://") || lower("mailto:") {
        return true;
    }
    match core.split_once('@') {
        Some((user, host)) => {
            !user.is_empty()
                && host.contains('.')
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
        }
        None => false,
    }
}

/// Whether what follows a full stop is the end of a name of the net: *DailyMail.com*, *gov.uk*.
fn is_domain(tail: &str) -> bool {
    let label = &tail[..word_run(tail)];
    ["com", "org", "net", "gov", "edu", "uk", "co", "info", "tv", "io", "eu", "ru", "us", "ca", "au"].contains(&label)
}

/// Single letters with full stops between them: *U.S*, *a.m*, *Ph.D*.
fn is_letters_with_stops(word: &str) -> bool {
    word.len() <= 16
        && word.split('.').all(|part| {
            let count = part.chars().count();
            part.chars().all(char::is_alphabetic) && (count == 1 || count == 2 && part.starts_with(char::is_uppercase))
        })
        && word.split('.').next().is_some_and(|part| part.chars().count() == 1 || part == "Ph")
}

/// Where a number's unit starts: *10am*, *30million*, *5bn*, and after a currency's letters: *US* of *US5*.
fn unit_of_number(word: &str) -> Option<usize> {
    if word.len() > 24 {
        return None;
    }
    let digits = word.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',' || c == ':')).filter(|&n| n > 0)?;
    let unit = &word[digits..];
    const UNITS: &[&str] = &[
        "am", "pm", "bn", "million", "billion", "trillion", "thousand", "k", "m", "b", "km", "kg", "mph", "cm", "mm",
        "lb", "lbs", "ft", "kph", "tn",
    ];
    contains(UNITS, unit).then_some(digits)
}

/// Characters that join two pictures into one: variation selectors, joiners, skin tones.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}

/// Whether the picture `c` goes on in the characters behind it.
fn joins_following(c: char, rest: &str) -> bool {
    !c.is_ascii() && rest.chars().nth(1).is_some_and(is_joiner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<&str> {
        let mut spans = Vec::new();
        tokenize(text, Span::new(0, text.len()), &mut spans);
        spans.iter().map(|span| span.of(text)).collect()
    }

    #[track_caller]
    fn reads(text: &str, expected: &str) {
        assert_eq!(tokens(text).join(" | "), expected);
    }

    #[test]
    fn clitics_stand_apart() {
        reads("They don't, can't and won’t.", "They | do | n't | , | ca | n't | and | wo | n’t | .");
        reads(
            "Orland's envoys'd say it's the ministers' fault",
            "Orland | 's | envoys | 'd | say | it | 's | the | ministers | ' | fault",
        );
        reads("He cannot. O'Hara DIDN'T.", "He | can | not | . | O'Hara | DID | N'T | .");
    }

    #[test]
    fn abbreviations_keep_their_full_stop() {
        reads(
            "Gen. J. Ruskin of the U.S. met Sen. Vole on Sept. 3.",
            "Gen. | J. | Ruskin | of | the | U.S. | met | Sen. | Vole | on | Sept. | 3 | .",
        );
        reads("It rained at 5 p.m. in Vellany.", "It | rained | at | 5 | p.m. | in | Vellany | .");
        reads("Said no. Nor did I.", "Said | no | . | Nor | did | I | .");
    }

    #[test]
    fn compounds_split_at_hyphens_but_for_prefixes() {
        reads("a six-month-old non-proliferation pact", "a | six | - | month | - | old | non-proliferation | pact");
        reads("call 555-010-9999 in 1914-1918", "call | 555-010-9999 | in | 1914 | - | 1918");
    }

    #[test]
    fn marks_and_money_stand_apart() {
        reads(
            "\"It cost $5.3bn (or £1,200)...\" she said—twice",
            "\" | It | cost | $ | 5.3 | bn | ( | or | £ | 1,200 | ) | ... | \" | she | said | — | twice",
        );
        reads("70% of 'em, by 7:30pm!?", "70 | % | of | 'em | , | by | 7:30 | pm | !?");
        reads("'Never,' he said in the '90s", "' | Never | , | ' | he | said | in | the | '90s");
    }

    #[test]
    fn addresses_and_handles_are_one_token() {
        reads(
            "(see https://orland.example/a?b=c,d.) or write to x.y@orland.example.",
            "( | see | https://orland.example/a?b=c,d | . | ) | or | write | to | x.y@orland.example | .",
        );
        reads("@Envoy told #Vellany Gazette.com", "@Envoy | told | #Vellany | Gazette.com");
    }

    #[test]
    fn a_picture_of_several_characters_is_one_token() {
        reads("no 👩‍🚀!", "no | 👩‍🚀 | !");
    }
}
