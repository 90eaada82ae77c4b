//! The filters that lists, searches and statistics have in common.

use hub_repository::AgencyId;
use law::vocabulary::Vocabulary;
use utoipa::IntoParams;

use super::super::error::Error;
use super::super::extract::Parameters;
use super::super::portal::search::{expected, known};
use super::call::AGENCY_EXPECTED;
use crate::publish::Snapshot;
use crate::publish::api::{KindName, ValidityName};
use crate::search::{Facet, Filters, WITH_ATTACHMENT};

/// Values of one filter.
const MAX_VALUES: usize = 50;

/// A level of the administration.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "it describes what `read` reads")]
pub(super) enum LevelName {
    /// The province.
    Tinh,
    /// A commune or ward.
    Xa,
}

/// Which entries. Several values are separated by commas; an entry passes that has one of them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes what `read` reads")]
pub(super) struct FilterParameters {
    /// Slugs of agencies.
    #[param(required = false, example = json!(["so-tu-phap"]))]
    agency: Vec<String>,
    /// Whether agencies below those of `agency`, and those that they took over from, are looked at too.
    #[param(required = false)]
    related: bool,
    /// Kinds of entries.
    #[param(required = false)]
    kind: Vec<KindName>,
    /// Slugs of legal fields.
    #[param(required = false, example = json!(["dat-dai"]))]
    field: Vec<String>,
    /// Slugs of groups of people.
    #[param(required = false)]
    audience: Vec<String>,
    /// Slugs of life situations.
    #[param(required = false)]
    situation: Vec<String>,
    /// Keys or numbers of legal documents that are cited.
    #[param(required = false, example = json!(["31/2024/QH15"]))]
    instrument: Vec<String>,
    /// Validity of the legal document that the entry is.
    #[param(required = false)]
    validity: Vec<ValidityName>,
    /// Levels of the administration.
    #[param(required = false, example = json!(["xa"]))]
    level: Vec<LevelName>,
    /// Languages.
    #[param(required = false, example = "vi", pattern = "^[a-z]{2,3}$")]
    language: Vec<String>,
    /// Only entries to which files belong.
    #[param(required = false)]
    attachment: bool,
    /// First day in Vietnam's time.
    #[param(required = false, format = Date, example = "2026-01-01")]
    from: String,
    /// Last day in Vietnam's time.
    #[param(required = false, format = Date, example = "2026-12-31")]
    until: String,
}

/// Which entries are asked for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) filters: Filters,
    /// The agencies among them.
    pub(super) agencies: Vec<AgencyId>,
}

impl Asked {
    pub(super) fn read(
        parameters: &Parameters,
        snapshot: &Snapshot,
        vocabulary: &Vocabulary,
    ) -> Result<Self, Error> {
        let (from, until) = (parameters.day("from")?, parameters.day("until")?);
        if from.zip(until).is_some_and(|(from, until)| from > until) {
            return Err(Error::BadParameter {
                name: "until",
                expected: "a day that is not before `from`".to_owned(),
            });
        }
        let mut asked = Self {
            filters: Filters::between(from, until),
            agencies: Vec::new(),
        };
        let related = flag(parameters, "related")?;
        for facet in Facet::ALL {
            let name = facet.name();
            if facet == Facet::Attachment {
                if flag(parameters, name)? {
                    asked.filters.add(facet, WITH_ATTACHMENT);
                }
                continue;
            }
            for value in values(parameters, name)? {
                if facet == Facet::Agency {
                    asked.add_agency(value, related, snapshot)?;
                    continue;
                }
                let known = known(facet, value, vocabulary).ok_or_else(|| Error::BadParameter {
                    name,
                    expected: expected(facet, vocabulary),
                })?;
                asked.filters.add(facet, known);
            }
        }
        Ok(asked)
    }

    fn add_agency(&mut self, slug: &str, related: bool, snapshot: &Snapshot) -> Result<(), Error> {
        let agency = snapshot.agency_by_slug(slug);
        let agency = agency.ok_or_else(|| Error::BadParameter {
            name: "agency",
            expected: AGENCY_EXPECTED.to_owned(),
        })?;
        let all = if related {
            snapshot.with_related(agency.id)
        } else {
            vec![agency]
        };
        for agency in all {
            self.filters.add(Facet::Agency, &agency.slug);
            self.agencies.push(agency.id);
        }
        Ok(())
    }
}

/// Values that are separated by commas; none where the parameter is missing.
pub(super) fn values<'p>(
    parameters: &'p Parameters,
    name: &'static str,
) -> Result<Vec<&'p str>, Error> {
    let Some(value) = parameters.value(name) else {
        return Ok(Vec::new());
    };
    let values: Vec<&str> = value.split(',').map(str::trim).collect();
    if values.len() > MAX_VALUES {
        return Err(Error::BadParameter {
            name,
            expected: format!("at most {MAX_VALUES} values"),
        });
    }
    Ok(values)
}

/// A yes or a no; no where it is missing.
pub(super) fn flag(parameters: &Parameters, name: &'static str) -> Result<bool, Error> {
    parameters.choice(name, &[("false", false), ("true", true)])
}
