//! What a harvester gets.

use askama::Template;
use chrono::{DateTime, Utc};
use feeds::write::clean;
use hub_repository::entries::{self, Entry, Kind, Selection};
use hub_repository::{DbConn, EntryId, Scope, StoreError, Timestamp, revision};
use law::vocabulary::Vocabulary;
use url::Url;

use super::super::view::kind_label;
use super::super::{Snapshot, absolute};
use super::problem::{Code, Problem};
use super::record::{Record, second};
use super::request::{Format, List, Request, Selected, read};
use super::token::Token;
use super::{OAI_PATH, SCHEMA_PATH};
use crate::publish::entry_of_id;

/// Records of an answer.
const PAGE: i64 = 100;

/// Entries that are held at once while an answer is made.
const AT_ONCE: usize = 10;

/// When the texts of an answer come to so many bytes, it ends: the rest is for the next one.
const MAX_TEXT: usize = 2 << 20;

/// Who answers.
#[derive(Clone, Copy)]
pub struct Provider<'a> {
    /// The portal's name.
    pub title: &'a str,
    /// The portal's address.
    pub public_url: &'a Url,
    /// Whom the administrator has named to be asked.
    pub contact: Option<&'a Url>,
    /// The agencies.
    pub snapshot: &'a Snapshot,
    /// The legal fields.
    pub vocabulary: &'a Vocabulary,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Problem(#[from] Problem),
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Template)]
#[template(path = "oai.xml")]
struct Answer {
    base_url: String,
    response_date: String,
    /// The arguments, where they were understood.
    arguments: Vec<(String, String)>,
    content: Content,
}

enum Content {
    Error(&'static str, String),
    Identify {
        title: String,
        email: String,
        earliest: String,
    },
    Formats {
        schema: String,
    },
    Sets(Vec<(String, String)>),
    Records {
        verb: &'static str,
        records: Vec<Record>,
        /// Whether each stands as a record or as its header only.
        headers_only: bool,
        format: Format,
        token: Option<Paging>,
    },
}

/// Where a page stands in its list.
struct Paging {
    /// Empty on the last page.
    token: String,
    size: i64,
    cursor: i64,
}

/// The sets: agencies, legal fields, kinds.
pub(super) struct Sets<'a> {
    snapshot: &'a Snapshot,
    vocabulary: &'a Vocabulary,
}

impl Sets<'_> {
    /// Each with its name.
    fn all(&self) -> Vec<(String, String)> {
        let agencies = self.snapshot.agencies().iter();
        let fields = self.vocabulary.fields.iter();
        agencies
            .map(|it| (format!("agency.{}", it.slug), clean(&it.name).into_owned()))
            .chain(fields.map(|it| (format!("field.{}", it.slug), clean(&it.label).into_owned())))
            .chain(
                Kind::ALL
                    .iter()
                    .copied()
                    .map(|it| (format!("kind.{it}"), kind_label(it).to_owned())),
            )
            .collect()
    }

    /// Those that an entry is in.
    pub(super) fn of(&self, entry: &Entry) -> Vec<String> {
        let agency = self.snapshot.agency(entry.agency_id);
        let agency = agency.map(|it| format!("agency.{}", it.slug));
        let field = entry.field.as_deref();
        let field = field.filter(|slug| self.field_label(slug).is_some());
        let field = field.map(|slug| format!("field.{slug}"));
        let kind = format!("kind.{}", entry.kind);
        agency.into_iter().chain(field).chain([kind]).collect()
    }

    /// What a field of the vocabulary is called.
    pub(super) fn field_label(&self, slug: &str) -> Option<String> {
        let field = self.vocabulary.fields.iter().find(|it| it.slug == slug)?;
        Some(clean(&field.label).into_owned())
    }

    /// What of the repository a list is to hold; none for a set that does not exist.
    fn selection(&self, selected: &Selected) -> Option<Selection> {
        let mut selection = Selection {
            from: selected.from.map(Timestamp::from),
            before: selected.before.map(Timestamp::from),
            ..Selection::default()
        };
        match selected.set.as_deref().map(|set| set.split_once('.')) {
            None => {}
            Some(Some(("agency", slug))) => {
                selection.agency = Some(self.snapshot.agency_by_slug(slug)?.id);
            }
            Some(Some(("field", slug))) => {
                self.field_label(slug)?;
                selection.field = Some(slug.to_owned());
            }
            Some(Some(("kind", name))) => selection.kind = Some(Kind::parse(name)?),
            Some(_) => return None,
        }
        Some(selection)
    }
}

/// Answers a request; what is wrong with it stands in the answer.
pub fn answer(
    provider: &Provider<'_>,
    arguments: &[(String, String)],
    conn: &mut DbConn,
    now: DateTime<Utc>,
) -> Result<String, AnswerError> {
    let key = revision::repository_name(conn)?;
    let request = read(arguments, |token| Token::read(token, &key));
    let content = request
        .map_err(Failure::from)
        .and_then(|request| provider.content(request, &key, conn));
    let content = match content {
        Ok(content) => content,
        Err(Failure::Problem(problem)) => {
            Content::Error(problem.code.name(), clean(&problem.message).into_owned())
        }
        Err(Failure::Store(error)) => return Err(error.into()),
    };
    // §3.2: what was not understood is not repeated.
    let is_understood = !matches!(content, Content::Error("badVerb" | "badArgument", _));
    let repeated = arguments.iter().filter(|_| is_understood);
    let answer = Answer {
        base_url: absolute(provider.public_url, OAI_PATH),
        response_date: second(now),
        arguments: repeated
            .map(|(name, value)| (name.clone(), clean(value).into_owned()))
            .collect(),
        content,
    };
    Ok(answer.render()?)
}

/// Why a request could not be answered at all.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The answer could not be written.
    #[error(transparent)]
    Template(#[from] askama::Error),
}

impl Provider<'_> {
    fn content(&self, request: Request, key: &str, conn: &mut DbConn) -> Result<Content, Failure> {
        match request {
            Request::Identify => Ok(Content::Identify {
                title: clean(self.title).into_owned(),
                email: self.email(),
                earliest: second(match entries::earliest(conn)? {
                    Some(at) => at.to_utc(),
                    None => Utc::now(),
                }),
            }),
            Request::ListMetadataFormats { identifier } => {
                if let Some(identifier) = identifier {
                    self.entry(&identifier, conn)?;
                }
                let schema = absolute(self.public_url, SCHEMA_PATH);
                Ok(Content::Formats { schema })
            }
            Request::ListSets => Ok(Content::Sets(self.sets().all())),
            Request::GetRecord { identifier, format } => {
                let (entry, changed) = self.entry(&identifier, conn)?;
                Ok(Content::Records {
                    verb: "GetRecord",
                    records: vec![self.record(&entry, changed, Some(format))],
                    headers_only: false,
                    format,
                    token: None,
                })
            }
            Request::List { headers_only, list } => self.list(headers_only, list, key, conn),
        }
    }

    fn list(
        &self,
        headers_only: bool,
        list: List,
        key: &str,
        conn: &mut DbConn,
    ) -> Result<Content, Failure> {
        let nothing = || Failure::Problem(Code::NoRecordsMatch.with("the list is empty"));
        let from = match list {
            List::Rest(token) => token,
            List::First(selected) => {
                let selection = self.sets().selection(&selected).ok_or_else(nothing)?;
                Token {
                    size: entries::count(conn, &Scope::Province, &selection)?,
                    selected,
                    after: 0,
                    cursor: 0,
                }
            }
        };
        let selection = self.sets().selection(&from.selected).ok_or_else(nothing)?;
        let after = EntryId(from.after);
        // One more than is given tells whether there is a rest.
        let ids = entries::next_ids(conn, &Scope::Province, &selection, after, PAGE + 1)?;
        let most = usize::try_from(PAGE).unwrap_or(usize::MAX).min(ids.len());
        let with_metadata = (!headers_only).then_some(from.selected.format);
        let mut records = Vec::new();
        let (mut given, mut text) = (0, 0);
        for some in ids[..most].chunks(AT_ONCE) {
            for (entry, changed) in entries::dated(conn, &Scope::Province, some)? {
                text += entry.body_html.len();
                records.push(self.record(&entry, changed, with_metadata));
            }
            given += some.len();
            if text > MAX_TEXT && !headers_only {
                break;
            }
        }
        if records.is_empty() {
            return Err(nothing());
        }
        let rest = ids[..given]
            .last()
            .filter(|_| given < ids.len())
            .map(|last| {
                let given = i64::try_from(given).unwrap_or(PAGE);
                let rest = Token {
                    after: last.0,
                    cursor: from.cursor + given,
                    ..from.clone()
                };
                rest.write(key)
            });
        let is_whole = from.cursor == 0 && rest.is_none();
        Ok(Content::Records {
            verb: if headers_only {
                "ListIdentifiers"
            } else {
                "ListRecords"
            },
            records,
            headers_only,
            format: from.selected.format,
            token: (!is_whole).then(|| Paging {
                token: rest.unwrap_or_default(),
                size: from.size,
                cursor: from.cursor,
            }),
        })
    }

    fn entry(&self, identifier: &str, conn: &mut DbConn) -> Result<(Entry, Timestamp), Failure> {
        let id = entry_of_id(identifier, self.public_url);
        let found = entries::dated(conn, &Scope::Province, id.as_slice())?.pop();
        let unknown = || Code::IdDoesNotExist.with("no record has this identifier");
        Ok(found.ok_or_else(unknown)?)
    }

    fn record(&self, entry: &Entry, changed: Timestamp, format: Option<Format>) -> Record {
        let sets = self.sets();
        Record::new(
            entry,
            changed,
            &sets,
            self.snapshot,
            self.public_url,
            format,
        )
    }

    fn sets(&self) -> Sets<'_> {
        Sets {
            snapshot: self.snapshot,
            vocabulary: self.vocabulary,
        }
    }

    /// The protocol demands an address. Where none is set it is the one that every site has (RFC 2142 §4).
    fn email(&self) -> String {
        let set = self.contact.filter(|contact| contact.scheme() == "mailto");
        let host = self.public_url.host_str().filter(|host| host.contains('.'));
        set.map_or_else(
            || format!("webmaster@{}", host.unwrap_or("localhost.localdomain")),
            |contact| contact.path().to_owned(),
        )
    }
}
