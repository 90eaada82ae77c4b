//! What a harvester asks for: the arguments, checked (OAI-PMH §4).

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, TimeDelta, Utc};

use super::problem::{Code, Problem};
use super::token::Token;

/// A correct request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Request {
    Identify,
    ListMetadataFormats { identifier: Option<String> },
    ListSets,
    GetRecord { identifier: String, format: Format },
    List { headers_only: bool, list: List },
}

/// The beginning of a list, or its rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum List {
    First(Selected),
    Rest(Token),
}

/// What a list shall hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selected {
    pub(super) format: Format,
    pub(super) set: Option<String>,
    pub(super) from: Option<DateTime<Utc>>,
    /// Not this moment any more.
    pub(super) before: Option<DateTime<Utc>>,
}

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    DublinCore,
    Legal,
}

impl Format {
    pub(super) const ALL: [Self; 2] = [Self::DublinCore, Self::Legal];

    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::DublinCore => "oai_dc",
            Self::Legal => "legal",
        }
    }

    pub(super) fn named(prefix: &str) -> Result<Self, Problem> {
        let known = Self::ALL.into_iter().find(|it| it.prefix() == prefix);
        known.ok_or_else(|| {
            Code::CannotDisseminateFormat
                .with("metadataPrefix: expected oai_dc or legal; see ListMetadataFormats")
        })
    }
}

/// The arguments that verbs take.
const ARGUMENTS: [&str; 6] = [
    "identifier",
    "metadataPrefix",
    "from",
    "until",
    "set",
    "resumptionToken",
];

/// Whether prefixes and sets can be called so (the patterns of OAI-PMH.xsd).
fn is_name(value: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'():".contains(&byte);
    !value.is_empty() && value.bytes().all(allowed)
}

/// The arguments of a request, each once.
struct Arguments<'a> {
    values: Vec<(&'a str, &'a str)>,
}

impl<'a> Arguments<'a> {
    /// Those after the verb, of which only some are allowed.
    fn new(pairs: &'a [(String, String)], allowed: &[&str]) -> Result<Self, Problem> {
        let mut values: Vec<(&str, &str)> = Vec::new();
        for (name, value) in pairs.iter().filter(|(name, _)| name != "verb") {
            if !allowed.contains(&name.as_str()) {
                let expected = if allowed.is_empty() {
                    "no argument".to_owned()
                } else {
                    allowed.join(", ")
                };
                return Err(Code::BadArgument.with(format!(
                    "{name:?} is no argument of this verb: expected {expected}"
                )));
            }
            if values.iter().any(|(known, _)| known == name) {
                return Err(Code::BadArgument.with(format!("{name} stands there twice")));
            }
            if matches!(name.as_str(), "metadataPrefix" | "set") && !is_name(value) {
                return Err(Code::BadArgument.with(format!("{name} is no name")));
            }
            values.push((name, value));
        }
        Ok(Self { values })
    }

    fn value(&self, name: &str) -> Option<&'a str> {
        let found = self.values.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value)
    }

    fn required(&self, name: &str) -> Result<&'a str, Problem> {
        self.value(name)
            .ok_or_else(|| Code::BadArgument.with(format!("{name} is missing")))
    }
}

/// Reads a request. `read_token` knows the tokens that this repository has given out.
pub(super) fn read(
    pairs: &[(String, String)],
    read_token: impl Fn(&str) -> Option<Token>,
) -> Result<Request, Problem> {
    let mut verbs = pairs.iter().filter(|(name, _)| name == "verb");
    let verb = verbs
        .next()
        .ok_or_else(|| Code::BadVerb.with("the argument verb is missing"))?;
    if verbs.next().is_some() {
        return Err(Code::BadVerb.with("the argument verb stands there twice"));
    }
    let [identifier, prefix, from, until, set, token] = ARGUMENTS;
    match verb.1.as_str() {
        "Identify" => {
            Arguments::new(pairs, &[])?;
            Ok(Request::Identify)
        }
        "ListMetadataFormats" => {
            let arguments = Arguments::new(pairs, &[identifier])?;
            let identifier = arguments.value(identifier).map(str::to_owned);
            Ok(Request::ListMetadataFormats { identifier })
        }
        "ListSets" => {
            let arguments = Arguments::new(pairs, &[token])?;
            match arguments.value(token) {
                None => Ok(Request::ListSets),
                // They are listed in one piece.
                Some(_) => Err(unknown_token()),
            }
        }
        "GetRecord" => {
            let arguments = Arguments::new(pairs, &[identifier, prefix])?;
            Ok(Request::GetRecord {
                identifier: arguments.required(identifier)?.to_owned(),
                format: Format::named(arguments.required(prefix)?)?,
            })
        }
        verb @ ("ListRecords" | "ListIdentifiers") => {
            let arguments = Arguments::new(pairs, &[prefix, from, until, set, token])?;
            let list = match arguments.value(token) {
                Some(_) if arguments.values.len() > 1 => {
                    return Err(Code::BadArgument.with("resumptionToken stands alone"));
                }
                Some(given) => List::Rest(read_token(given).ok_or_else(unknown_token)?),
                None => {
                    let format = Format::named(arguments.required(prefix)?)?;
                    let (from, before) = times(arguments.value(from), arguments.value(until))?;
                    List::First(Selected {
                        format,
                        set: arguments.value(set).map(str::to_owned),
                        from,
                        before,
                    })
                }
            };
            let headers_only = verb == "ListIdentifiers";
            Ok(Request::List { headers_only, list })
        }
        other => Err(Code::BadVerb.with(format!(
            "{other:?} is no verb: expected Identify, ListMetadataFormats, ListSets, ListIdentifiers, ListRecords or GetRecord"
        ))),
    }
}

fn unknown_token() -> Problem {
    Code::BadResumptionToken
        .with("this repository has not given out this token; begin the list anew")
}

/// Seconds, as the protocol writes them.
const SECONDS: &str = "%Y-%m-%dT%H:%M:%SZ";

/// A moment or a day.
#[derive(Clone, Copy, PartialEq)]
enum Moment {
    Day(NaiveDate),
    Second(DateTime<Utc>),
}

impl Moment {
    /// Only the two forms of the protocol, to the letter (§3.3).
    fn read(text: &str) -> Option<Self> {
        if text.len() == "2026-01-31".len() {
            let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
            return (day.to_string() == text).then_some(Self::Day(day));
        }
        let at = NaiveDateTime::parse_from_str(text, SECONDS).ok()?.and_utc();
        // A leap second is written back the same, and is none that the protocol knows.
        let is_plain = at.timestamp_subsec_nanos() == 0;
        (is_plain && at.format(SECONDS).to_string() == text).then_some(Self::Second(at))
    }

    fn begins(self) -> DateTime<Utc> {
        match self {
            Self::Day(day) => day.and_time(chrono::NaiveTime::MIN).and_utc(),
            Self::Second(at) => at,
        }
    }

    /// When it is over; both ends of a range count.
    fn ends(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Day(day) => Some(Self::Day(day.checked_add_days(Days::new(1))?).begins()),
            Self::Second(at) => at.checked_add_signed(TimeDelta::seconds(1)),
        }
    }
}

type Range = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

fn times(from: Option<&str>, until: Option<&str>) -> Result<Range, Problem> {
    let read = |name: &str, text: Option<&str>| {
        text.map(|text| {
            Moment::read(text).ok_or_else(|| {
                Code::BadArgument.with(format!(
                    "{name}: expected a day as 2026-01-31 or a second as 2026-01-31T00:00:00Z"
                ))
            })
        })
        .transpose()
    };
    let (from, until) = (read("from", from)?, read("until", until)?);
    if let (Some(from), Some(until)) = (from, until) {
        if matches!(from, Moment::Day(_)) != matches!(until, Moment::Day(_)) {
            return Err(Code::BadArgument.with("from and until differ in granularity"));
        }
        if from.begins() > until.begins() {
            return Err(Code::BadArgument.with("from is later than until"));
        }
    }
    Ok((from.map(Moment::begins), until.and_then(Moment::ends)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Result<Request, &'static str> {
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        read(&pairs, |_| None).map_err(|problem| problem.code.name())
    }

    #[test]
    fn wrong_requests_have_the_protocols_codes() {
        for (query, code) in [
            ("", "badVerb"),
            ("verb=nastyVerb", "badVerb"),
            ("verb=identify", "badVerb"),
            ("verb=Identify&verb=Identify", "badVerb"),
            ("verb=Identify&set=x", "badArgument"),
            ("verb=ListSets&x=y", "badArgument"),
            ("verb=ListSets&resumptionToken=x", "badResumptionToken"),
            ("verb=ListRecords", "badArgument"),
            ("verb=ListIdentifiers&from=2026-01-01", "badArgument"),
            (
                "verb=ListRecords&metadataPrefix=marc",
                "cannotDisseminateFormat",
            ),
            ("verb=ListRecords&metadataPrefix=", "badArgument"),
            (
                "verb=ListRecords&metadataPrefix=oai_dc&set=a%20b",
                "badArgument",
            ),
            ("verb=GetRecord&metadataPrefix=oai_dc", "badArgument"),
            ("verb=GetRecord&identifier=x", "badArgument"),
            ("verb=ListRecords&resumptionToken=x", "badResumptionToken"),
            (
                "verb=ListRecords&resumptionToken=x&metadataPrefix=oai_dc",
                "badArgument",
            ),
            (
                "verb=ListRecords&metadataPrefix=oai_dc&set=a&set=b",
                "badArgument",
            ),
        ] {
            assert_eq!(asked(query), Err(code), "{query}");
        }
        for times in [
            "from=2026-01-02&until=2026-01-01",
            "from=2026-01-01&until=2026-01-01T00:00:00Z",
            "from=abc",
            "from=",
            "from=2026-02-30",
            "from=2026-13-01",
            "from=2026-1-1",
            "from=2026-01-01T00:00:00",
            "from=2026-01-01T00:00:00%2B00:00",
            "from=2026-01-01T25:00:00Z",
            "from=2026-01-01T23:59:60Z",
            "from=20260101",
            "until=%2B026-01-01",
        ] {
            let query = format!("verb=ListRecords&metadataPrefix=oai_dc&{times}");
            assert_eq!(asked(&query), Err("badArgument"), "{query}");
        }
    }

    #[test]
    fn both_ends_of_a_range_count() {
        let range = |times: &str| {
            let query = format!("verb=ListRecords&metadataPrefix=oai_dc&{times}");
            let Ok(Request::List {
                list: List::First(selected),
                ..
            }) = asked(&query)
            else {
                panic!("{query}");
            };
            [selected.from, selected.before].map(|at| at.map(|at| at.to_rfc3339()))
        };
        let day = range("from=2026-01-31&until=2026-01-31");
        assert_eq!(day[0].as_deref(), Some("2026-01-31T00:00:00+00:00"));
        assert_eq!(day[1].as_deref(), Some("2026-02-01T00:00:00+00:00"));
        let second = range("until=2026-01-31T23:59:59Z");
        assert_eq!(second, [None, Some("2026-02-01T00:00:00+00:00".to_owned())]);
        let last = range("until=9999-12-31");
        assert_eq!(last[1].as_deref(), Some("+10000-01-01T00:00:00+00:00"));
    }
}
