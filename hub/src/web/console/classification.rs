//! What an entry is about, whom it is for and where it helps, as people decide it.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hub_repository::audit::Change;
use hub_repository::corrections::{self, Correction, NewCorrection};
use hub_repository::{StoreError, Timestamp};
use law::vocabulary::Vocabulary;
use serde_json::json;

use super::super::extract::{Parameters, Segment};
use super::entry::{EntryPage, Seen, number};
use super::error::ConsoleError;
use super::form::Submitted;
use super::session::Signed;
use super::start::moment;
use crate::access::Action;
use crate::app::App;

/// Something to choose.
pub(super) struct Choice {
    pub(super) slug: String,
    pub(super) label: String,
    pub(super) is_chosen: bool,
}

/// Several of a kind to choose, or to leave to the rules.
pub(super) struct Several {
    /// What they are: `Đối tượng`.
    pub(super) legend: &'static str,
    /// The parameter.
    pub(super) name: &'static str,
    /// What stands in the entry now.
    pub(super) now: String,
    pub(super) is_decided: bool,
    pub(super) choices: Vec<Choice>,
}

/// The part of an entry's page that is about its classification.
pub(super) struct Classification {
    pub(super) may_decide: bool,
    pub(super) field: String,
    /// Who decided what, and when.
    pub(super) decided: Option<String>,
    pub(super) fields: Vec<Choice>,
    pub(super) several: [Several; 2],
    /// What the form says it was made of.
    pub(super) version: String,
    /// What somebody else has decided meanwhile.
    pub(super) conflict: Option<String>,
    pub(super) problem: Option<&'static str>,
}

/// What a form asks for; none is left to the rules.
#[derive(Clone, Default)]
struct Wanted {
    field: Option<String>,
    audiences: Option<Vec<String>>,
    situations: Option<Vec<String>>,
}

impl Wanted {
    fn read(fields: &Parameters) -> Self {
        let several = |name: &str| {
            let is_decided = fields.value(&format!("{name}-theo")).is_some();
            let all = fields.pairs().iter();
            let chosen = all.filter(|(given, value)| given == name && !value.is_empty());
            let chosen: BTreeSet<String> = chosen.map(|(_, value)| value.clone()).collect();
            is_decided.then(|| chosen.into_iter().collect())
        };
        Self {
            field: fields.value("linh-vuc").map(str::to_owned),
            audiences: several("doi-tuong"),
            situations: several("tinh-huong"),
        }
    }

    fn decided(correction: Option<&Correction>) -> Self {
        correction.map_or_else(Self::default, |known| Self {
            field: known.field.clone(),
            audiences: known.audiences.clone().map(|slugs| slugs.0),
            situations: known.situations.clone().map(|slugs| slugs.0),
        })
    }

    /// Whether the vocabulary has all of it.
    fn is_known(&self, vocabulary: &Vocabulary) -> bool {
        let fields = vocabulary.fields.iter();
        let fields: Vec<&str> = fields.map(|field| field.slug.as_str()).collect();
        let audiences = names(&audiences(vocabulary));
        let situations = names(&situations(vocabulary));
        let all = |slugs: &Option<Vec<String>>, known: &BTreeSet<String>| {
            slugs.iter().flatten().all(|slug| known.contains(slug))
        };
        self.field
            .as_deref()
            .is_none_or(|slug| fields.contains(&slug))
            && all(&self.audiences, &audiences)
            && all(&self.situations, &situations)
    }

    fn is_nothing(&self) -> bool {
        self.field.is_none() && self.audiences.is_none() && self.situations.is_none()
    }

    /// What it says, in words.
    fn told(&self, vocabulary: &Vocabulary) -> String {
        let field = self.field.as_ref().map(|slug| {
            let found = vocabulary.fields.iter().find(|field| field.slug == *slug);
            format!("“{}”", found.map_or(slug.as_str(), |field| &field.label))
        });
        let listed = |what: &str, slugs: &Option<Vec<String>>, known: &[(String, String)]| {
            let slugs = slugs.as_ref()?;
            Some(format!("{what}: {}", labels(slugs, known)))
        };
        let parts = [
            field,
            listed("đối tượng", &self.audiences, &audiences(vocabulary)),
            listed("tình huống", &self.situations, &situations(vocabulary)),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() {
            "để hệ thống phân loại".to_owned()
        } else {
            parts.join("; ")
        }
    }
}

/// Slugs and labels.
fn audiences(vocabulary: &Vocabulary) -> Vec<(String, String)> {
    let all = vocabulary.audiences.iter();
    all.map(|one| (one.slug.clone(), one.label.clone()))
        .collect()
}

fn situations(vocabulary: &Vocabulary) -> Vec<(String, String)> {
    let all = vocabulary.situations.iter().flat_map(|group| &group.items);
    all.map(|one| (one.slug.clone(), one.label.clone()))
        .collect()
}

fn names(known: &[(String, String)]) -> BTreeSet<String> {
    known.iter().map(|(slug, _)| slug.clone()).collect()
}

fn labels(slugs: &[String], known: &[(String, String)]) -> String {
    let label = |slug: &String| {
        let found = known.iter().find(|(own, _)| own == slug);
        found.map_or_else(|| slug.clone(), |(_, label)| label.clone())
    };
    if slugs.is_empty() {
        return "không có".to_owned();
    }
    slugs.iter().map(label).collect::<Vec<_>>().join(", ")
}

impl Classification {
    pub(super) fn of(app: &App, signed: &Signed, seen: &Seen) -> Self {
        let reader = app.harvester.reader.get();
        let vocabulary = reader.vocabulary();
        let correction = seen.correction.as_ref();
        let entry = &seen.entry;
        let field = vocabulary.fields.iter();
        let field = field
            .clone()
            .find(|field| Some(&field.slug) == entry.field.as_ref());
        let mut shown = Self {
            may_decide: signed.may(Action::Classify, Some(entry.agency_id)),
            field: field.map_or_else(|| "chưa rõ".to_owned(), |field| field.label.clone()),
            decided: correction.map(|known| {
                format!(
                    "{} đã quyết định {} lúc {}",
                    known.corrected_by,
                    Wanted::decided(correction).told(vocabulary),
                    moment(known.corrected_at)
                )
            }),
            fields: Vec::new(),
            several: [
                several(
                    "Đối tượng",
                    "doi-tuong",
                    &entry.audiences.0,
                    audiences(vocabulary),
                ),
                several(
                    "Tình huống",
                    "tinh-huong",
                    &entry.situations.0,
                    situations(vocabulary),
                ),
            ],
            version: version(correction),
            conflict: None,
            problem: None,
        };
        let fields = vocabulary.fields.iter().map(|field| Choice {
            slug: field.slug.clone(),
            label: field.label.clone(),
            is_chosen: false,
        });
        shown.fields = fields.collect();
        shown.choose(&Wanted::decided(correction));
        shown
    }

    /// Fills the form in.
    fn choose(&mut self, wanted: &Wanted) {
        for choice in &mut self.fields {
            choice.is_chosen = Some(&choice.slug) == wanted.field.as_ref();
        }
        let wanted = [&wanted.audiences, &wanted.situations];
        for (several, wanted) in self.several.iter_mut().zip(wanted) {
            several.is_decided = wanted.is_some();
            // What the rules say is what somebody who decides begins with.
            if let Some(slugs) = wanted {
                for choice in &mut several.choices {
                    choice.is_chosen = slugs.contains(&choice.slug);
                }
            }
        }
    }
}

fn several(
    legend: &'static str,
    name: &'static str,
    now: &[String],
    known: Vec<(String, String)>,
) -> Several {
    Several {
        legend,
        name,
        now: labels(now, &known),
        is_decided: false,
        choices: known
            .into_iter()
            .map(|(slug, label)| Choice {
                is_chosen: now.contains(&slug),
                slug,
                label,
            })
            .collect(),
    }
}

/// What a form says it was made of.
fn version(correction: Option<&Correction>) -> String {
    correction.map_or_else(String::new, |known| known.corrected_at.to_string())
}

/// How a classification went.
enum Classified {
    Done,
    /// Somebody else has decided since the form was made.
    Stale(Box<Seen>),
    /// The vocabulary does not have what was chosen.
    Unknown(Box<Seen>),
}

/// `POST /console/bai/{entry}/phan-loai`
pub(super) async fn classify(
    State(app): State<App>,
    Segment(entry): Segment,
    form: Submitted,
) -> Result<Response, ConsoleError> {
    let id = number(&entry)?;
    let signed = form.signed.clone();
    let wanted = Wanted::read(&form.fields);
    let reader = app.harvester.reader.get();
    let is_known = wanted.is_known(reader.vocabulary());
    let asked = wanted.clone();
    let classified = form
        .signed
        .db(&app)
        .run_writing(move |conn| {
            let signed = &form.signed;
            let seen = signed.find(Action::SeeEntries, |scope| Seen::find(conn, scope, id))?;
            let agency = seen.entry.agency_id;
            let scope = signed.require(Action::Classify, Some(agency))?;
            if !is_known {
                return Ok::<_, ConsoleError>(Classified::Unknown(Box::new(seen)));
            }
            let mut stale = None;
            let changed = form.change::<StoreError>(conn, |conn| {
                corrections::lock(conn, &scope, id)?;
                let before = corrections::find(conn, &scope, id)?;
                if form.fields.raw("phien-ban") != version(before.as_ref()) {
                    stale = Some(before);
                    return Err(StoreError::Stale);
                }
                let new = NewCorrection {
                    field: asked.field.as_deref(),
                    audiences: asked.audiences.clone(),
                    situations: asked.situations.clone(),
                    by: &signed.person.name,
                };
                corrections::replace(conn, &scope, id, &new, Timestamp::now())?;
                let before = Wanted::decided(before.as_ref());
                Ok(Change {
                    action: "entry.classify",
                    agency: Some(agency),
                    target: format!("entry {id}"),
                    before: Some(json!({
                        "field": seen.entry.field,
                        "decided": before.field,
                        "audiences": before.audiences,
                        "situations": before.situations,
                    })),
                    after: Some(json!({
                        "field": asked.field,
                        "audiences": asked.audiences,
                        "situations": asked.situations,
                    })),
                })
            });
            match (changed, stale) {
                (Err(StoreError::Stale), Some(correction)) => {
                    Ok(Classified::Stale(Box::new(Seen { correction, ..seen })))
                }
                (changed, _) => Ok(changed.map(|()| Classified::Done)?),
            }
        })
        .await?;
    let query = Parameters::of(&[]);
    match classified {
        Classified::Done => {
            app.stored.notify_one();
            let done = if wanted.is_nothing() {
                "bo-phan-loai"
            } else {
                "phan-loai"
            };
            Ok(Redirect::to(&format!("/console/bai/{id}?xong={done}")).into_response())
        }
        Classified::Unknown(now) => {
            let mut page = EntryPage::new(&app, &signed, &query, &now);
            let shown = &mut page.classification;
            shown.problem = Some("Hãy chọn trong danh sách; bộ từ vựng có thể vừa được sửa.");
            shown.choose(&wanted);
            page.answer(StatusCode::BAD_REQUEST)
        }
        Classified::Stale(now) => {
            let mut page = EntryPage::new(&app, &signed, &query, &now);
            let shown = &mut page.classification;
            shown.conflict = Some(format!(
                "Trong lúc bạn xem, {}. Bạn chọn: {}. Lựa chọn của bạn còn trong biểu mẫu; gửi lại nếu vẫn muốn đổi.",
                shown
                    .decided
                    .as_deref()
                    .unwrap_or("người khác đã bỏ quyết định trước đó"),
                wanted.told(reader.vocabulary()),
            ));
            shown.choose(&wanted);
            page.answer(StatusCode::CONFLICT)
        }
    }
}
