//! What pages say to machines: schema.org's vocabulary as JSON-LD, Open Graph, Dublin Core.

use hub_repository::agencies::Agency;
use hub_repository::entries::{Entry, Kind};
use hub_repository::instruments::{Instrument, Validity};
use serde_json::{Map, Value, json};
use url::Url;

use super::page::Link;
use crate::ingest::visible_text;
use crate::publish::{Card, absolute, agency_path, instrument_path, legal_module};

/// The answer of a question, and a description, in characters at most: search engines cut them there.
const MAX_TEXT: usize = 1_500;

/// What a page says of itself beside what people read.
#[derive(Debug, Clone)]
pub(crate) struct Metadata {
    /// Open Graph's type.
    pub(crate) kind: &'static str,
    /// Names and values of Open Graph's further properties.
    pub(crate) properties: Vec<(&'static str, String)>,
    /// Terms and values of Dublin Core.
    pub(crate) dublin_core: Vec<(&'static str, String)>,
    /// Things, in JSON-LD.
    pub(super) things: Vec<Value>,
}

impl Default for Metadata {
    fn default() -> Self {
        Self {
            kind: "website",
            properties: Vec::new(),
            dublin_core: Vec::new(),
            things: Vec::new(),
        }
    }
}

impl Metadata {
    /// A page about one thing.
    pub(super) fn of(thing: Value) -> Self {
        Self {
            things: vec![thing],
            ..Self::default()
        }
    }

    /// A page about an entry: what it is by its kind.
    pub(super) fn of_entry(entry: &Entry, card: &Card, public_url: &Url) -> Self {
        let page = absolute(public_url, &card.path);
        let publisher = json!({
            "@type": "GovernmentOrganization",
            "name": card.agency,
            "url": absolute(public_url, &card.agency_path),
        });
        let listed = entry.listed_at.to_utc().to_rfc3339();
        let changed = entry.changed_at.to_utc().to_rfc3339();
        let language = entry.language.as_deref().unwrap_or("vi");
        let mut thing = Map::from_iter([
            ("@type".to_owned(), json!("Article")),
            ("headline".to_owned(), json!(entry.title)),
            ("description".to_owned(), json!(entry.summary)),
            ("url".to_owned(), json!(page)),
            ("inLanguage".to_owned(), json!(language)),
            ("datePublished".to_owned(), json!(listed)),
            ("dateModified".to_owned(), json!(changed)),
            ("publisher".to_owned(), publisher.clone()),
        ]);
        if let Some(original) = &entry.url {
            thing.insert("isBasedOn".to_owned(), json!(original));
        }
        if let Some(author) = &entry.author {
            let author = json!({"@type": "Person", "name": author});
            thing.insert("author".to_owned(), author);
        }
        let legal = legal_module(entry);
        match entry.kind {
            Kind::Qa => {
                let question = legal.question.unwrap_or_else(|| entry.title.clone());
                let answer = shortened(&visible_text(&entry.body_html));
                thing.insert("@type".to_owned(), json!("QAPage"));
                thing.insert(
                    "mainEntity".to_owned(),
                    json!({
                        "@type": "Question",
                        "name": entry.title,
                        "text": question,
                        "answerCount": 1,
                        "datePublished": listed,
                        "acceptedAnswer": {
                            "@type": "Answer",
                            "text": answer,
                            "url": page,
                            "datePublished": listed,
                            "author": publisher,
                        },
                    }),
                );
            }
            Kind::Event => {
                let event = legal.event.unwrap_or_default();
                thing.insert("@type".to_owned(), json!("Event"));
                thing.insert("name".to_owned(), json!(entry.title));
                thing.insert("organizer".to_owned(), publisher);
                for (name, date) in [("startDate", event.starts), ("endDate", event.ends)] {
                    if let Some(date) = date {
                        thing.insert(name.to_owned(), json!(date.at.to_rfc3339()));
                    }
                }
                if let Some(place) = event.place {
                    let place = json!({"@type": "Place", "name": place, "address": place});
                    thing.insert("location".to_owned(), place);
                }
            }
            Kind::News => {
                thing.insert("@type".to_owned(), json!("NewsArticle"));
            }
            Kind::Document | Kind::Situation | Kind::Publication | Kind::Multimedia => {}
        }
        let mut dublin_core = vec![
            ("title", entry.title.clone()),
            ("publisher", card.agency.clone()),
            ("date", card.datetime.clone()),
            ("language", language.to_owned()),
            ("type", "Text".to_owned()),
            ("identifier", page),
        ];
        dublin_core.extend(
            entry
                .author
                .iter()
                .map(|author| ("creator", author.clone())),
        );
        dublin_core.extend(entry.url.iter().map(|source| ("source", source.clone())));
        let subjects = entry.categories.0.iter();
        dublin_core.extend(subjects.map(|subject| ("subject", subject.clone())));
        Self {
            kind: "article",
            properties: vec![
                ("article:published_time", listed),
                ("article:modified_time", changed),
            ],
            dublin_core,
            things: vec![Value::Object(thing)],
        }
    }

    /// A page about a legal document.
    pub(super) fn of_instrument(
        instrument: &Instrument,
        name: &str,
        issuer: Option<&str>,
        validity: Validity,
        public_url: &Url,
    ) -> Self {
        let mut thing = Map::from_iter([
            ("@type".to_owned(), json!("Legislation")),
            ("name".to_owned(), json!(name)),
            ("legislationIdentifier".to_owned(), json!(instrument.number)),
            ("legislationJurisdiction".to_owned(), json!("VN")),
            ("inLanguage".to_owned(), json!("vi")),
            (
                "url".to_owned(),
                json!(absolute(public_url, &instrument_path(&instrument.key))),
            ),
        ]);
        let force = match validity {
            Validity::InForce => Some("InForce"),
            Validity::Pending | Validity::Replaced => Some("NotInForce"),
            Validity::Unknown => None,
        };
        let said = [
            ("abstract", instrument.summary.clone()),
            (
                "legislationDate",
                instrument.issued_on.map(|day| day.to_string()),
            ),
            (
                "legislationDateOfApplicability",
                instrument.effective_on.map(|day| day.to_string()),
            ),
            (
                "legislationLegalForce",
                force.map(|force| format!("https://schema.org/{force}")),
            ),
        ];
        let said = said
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        thing.extend(said.map(|(name, value)| (name.to_owned(), json!(value))));
        if let Some(issuer) = issuer {
            let issuer = json!({"@type": "GovernmentOrganization", "name": issuer});
            thing.insert("legislationPassedBy".to_owned(), issuer);
        }
        Self::of(Value::Object(thing))
    }

    /// A page about an agency.
    pub(super) fn of_agency(agency: &Agency, parent: Option<&Agency>, public_url: &Url) -> Self {
        let path = |agency: &Agency| absolute(public_url, &agency_path(&agency.slug));
        let mut thing = Map::from_iter([
            ("@type".to_owned(), json!("GovernmentOrganization")),
            ("name".to_owned(), json!(agency.name)),
            (
                "url".to_owned(),
                json!(agency.homepage.clone().unwrap_or_else(|| path(agency))),
            ),
        ]);
        if let Some(parent) = parent {
            thing.insert(
                "parentOrganization".to_owned(),
                json!({"@type": "GovernmentOrganization", "name": parent.name, "url": path(parent)}),
            );
        }
        if let Some(day) = agency.valid_until {
            thing.insert("dissolutionDate".to_owned(), json!(day.to_string()));
        }
        Self::of(Value::Object(thing))
    }

    /// The front page: the portal, and how it is searched.
    pub(super) fn of_site(title: &str, public_url: &Url) -> Self {
        Self::of(json!({
            "@type": "WebSite",
            "name": title,
            "url": public_url.as_str(),
            "inLanguage": "vi",
            "potentialAction": {
                "@type": "SearchAction",
                "target": {
                    "@type": "EntryPoint",
                    "urlTemplate": absolute(public_url, "/tim-kiem?q={search_term_string}"),
                },
                "query-input": "required name=search_term_string",
            },
        }))
    }
}

/// The pages above one, as search engines show them. `root` is the portal's address without a slash at its end.
pub(super) fn breadcrumbs(above: &[Link], root: &str) -> Value {
    let items = above.iter().enumerate().map(|(at, link)| {
        json!({
            "@type": "ListItem",
            "position": at + 1,
            "name": link.label,
            "item": format!("{root}{}", link.path),
        })
    });
    json!({
        "@type": "BreadcrumbList",
        "itemListElement": items.collect::<Vec<_>>(),
    })
}

/// A thing as it stands within HTML: nothing in it ends the element.
pub(super) fn written(thing: &Value) -> String {
    let mut thing = thing.clone();
    if let Value::Object(thing) = &mut thing {
        thing.insert("@context".to_owned(), json!("https://schema.org"));
    }
    thing.to_string().replace('<', "\\u003c")
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_thing_says_ends_its_element() {
        let said = "</script><script>alert(1)</script><!--";
        let thing = written(&json!({"@type": "Article", "headline": said}));
        assert!(!thing.contains('<'), "{thing}");
        let read: Value = serde_json::from_str(&thing).unwrap();
        assert_eq!(read["headline"], said);
    }
}
