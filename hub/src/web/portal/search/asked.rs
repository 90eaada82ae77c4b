//! What a search page is asked for, read from its address and written into others.

use hub_repository::entries::Kind;
use hub_repository::instruments::Validity;
use law::citations::InstrumentKey;
use law::vocabulary::Vocabulary;
use url::form_urlencoded;

use super::super::super::error::Error;
use super::super::super::extract::Parameters;
use super::names::Names;
use crate::publish::{LEVELS, Snapshot, kind_names};
use crate::search::{Facet, Filters, Sort, WITH_ATTACHMENT};

/// Later pages are for nobody: who gets so far narrows the search.
pub(super) const MAX_PAGE: usize = 100;

/// The value of a parameter that is a mere yes.
const YES: &str = "1";

/// The parameter of each facet and what people call it.
pub(super) const PARAMETERS: [(Facet, &str, &str); 10] = [
    (Facet::Kind, "loai", "Loại"),
    (Facet::Field, "linh-vuc", "Lĩnh vực"),
    (Facet::Audience, "doi-tuong", "Dành cho"),
    (Facet::Situation, "tinh-huong", "Tình huống"),
    (Facet::Agency, "don-vi", "Cơ quan"),
    (Facet::Level, "cap", "Cấp"),
    (Facet::Instrument, "van-ban", "Có dẫn văn bản"),
    (Facet::Validity, "hieu-luc", "Hiệu lực của văn bản"),
    (Facet::Language, "ngon-ngu", "Ngôn ngữ"),
    (Facet::Attachment, "tep", "Tệp đính kèm"),
];

/// The parameter with which an agency's children and predecessors are asked for as well.
pub(super) const RELATED: &str = "don-vi-lien-quan";

/// A search as its address says it.
pub(in crate::web) struct Asked {
    pub(in crate::web) text: String,
    pub(in crate::web) filters: Filters,
    pub(in crate::web) sort: Sort,
    /// From 1.
    pub(super) page: usize,
    /// No other spelling is tried.
    pub(in crate::web) as_typed: bool,
    /// The agency's children and predecessors are looked at too.
    pub(super) related: bool,
    /// What each filter was asked with; `address` repeats it.
    chosen: Vec<(&'static str, String)>,
}

impl Asked {
    pub(in crate::web) fn read(
        parameters: &Parameters,
        snapshot: &Snapshot,
        names: &Names<'_>,
    ) -> Result<Self, Error> {
        let mut asked = Self {
            text: parameters.text("q").to_owned(),
            filters: Filters::between(parameters.day("tu")?, parameters.day("den")?),
            sort: parameters.choice(
                "sap-xep",
                &[("phu-hop", Sort::Relevance), ("moi-nhat", Sort::Newest)],
            )?,
            page: parameters.number("trang", 1..=MAX_PAGE, 1)?,
            as_typed: parameters.value("nguyen-van") == Some(YES),
            related: parameters.value(RELATED) == Some(YES),
            chosen: Vec::new(),
        };
        for (facet, name, _) in PARAMETERS {
            let Some(value) = parameters.value(name) else {
                continue;
            };
            match facet {
                Facet::Agency if asked.related => {
                    if let Some(agency) = parameters.agency(name, snapshot)? {
                        for related in snapshot.with_related(agency.id) {
                            asked.filters.add(facet, &related.slug);
                        }
                    }
                    asked.chosen.push((RELATED, YES.to_owned()));
                }
                Facet::Agency => {
                    parameters.agency(name, snapshot)?;
                    asked.filters.add(facet, value);
                }
                _ => {
                    let value = known(facet, value, names.vocabulary).ok_or_else(|| {
                        Error::BadParameter {
                            name,
                            expected: expected(facet, names.vocabulary),
                        }
                    })?;
                    asked.filters.add(facet, value);
                }
            }
            asked.chosen.push((name, value.to_owned()));
        }
        for (name, day) in [("tu", asked.filters.from), ("den", asked.filters.until)] {
            if let Some(day) = day {
                asked.chosen.push((name, day.to_string()));
            }
        }
        Ok(asked)
    }

    /// What people call what is found.
    pub(in crate::web) fn title(&self, names: &Names<'_>) -> String {
        let filters = PARAMETERS.iter().filter_map(|(facet, parameter, _)| {
            let value = self.chosen(parameter)?;
            Some(names.of(*facet, value))
        });
        let mut parts: Vec<String> = filters.collect();
        if !self.text.is_empty() {
            parts.insert(0, format!("“{}”", self.text));
        }
        if parts.is_empty() {
            return "Tất cả bài viết".to_owned();
        }
        parts.join(", ")
    }

    /// The first page of the same search, and its query alone, with the question mark.
    pub(in crate::web) fn list_address(&self) -> (String, String) {
        let address = self.address(&self.text, &[], self.as_typed_pair());
        let query = address.find('?').map_or("", |at| &address[at..]).to_owned();
        (address, query)
    }

    /// What a filter was asked with.
    pub(super) fn chosen(&self, name: &str) -> Option<&str> {
        let (_, value) = self.chosen.iter().find(|(known, _)| *known == name)?;
        Some(value)
    }

    /// The first page of the same search for another text.
    pub(super) fn address_for(&self, text: &str) -> String {
        self.address(text, &[], None)
    }

    /// The first page of the same search, with nothing but what was typed.
    pub(super) fn address_as_typed(&self) -> String {
        self.address(&self.text, &[], Some(("nguyen-van", YES.to_owned())))
    }

    /// The first page without some of the filters.
    pub(super) fn address_without(&self, names: &[&str]) -> String {
        self.address(&self.text, names, self.as_typed_pair())
    }

    /// Another page of the same search.
    pub(super) fn address_of_page(&self, page: usize) -> String {
        let mut address = self.address(&self.text, &[], self.as_typed_pair());
        if page > 1 {
            address = format!("{address}&trang={page}");
        }
        address
    }

    fn as_typed_pair(&self) -> Option<(&'static str, String)> {
        self.as_typed.then(|| ("nguyen-van", YES.to_owned()))
    }

    fn address(
        &self,
        text: &str,
        without: &[&str],
        further: Option<(&'static str, String)>,
    ) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("q", text);
        let kept = self.chosen.iter();
        for (name, value) in kept.filter(|(name, _)| !without.contains(name)) {
            query.append_pair(name, value);
        }
        if self.sort == Sort::Newest {
            query.append_pair("sap-xep", "moi-nhat");
        }
        if let Some((name, value)) = further {
            query.append_pair(name, &value);
        }
        format!("/tim-kiem?{}", query.finish())
    }
}

/// The value as the index knows it; none where there is no such value.
pub(in crate::web) fn known(facet: Facet, value: &str, vocabulary: &Vocabulary) -> Option<String> {
    let there_is = match facet {
        Facet::Kind => Kind::parse(value).is_some(),
        Facet::Field => vocabulary.fields.iter().any(|field| field.slug == value),
        Facet::Audience => vocabulary.audiences.iter().any(|it| it.slug == value),
        Facet::Situation => {
            let mut all = vocabulary.situations.iter().flat_map(|group| &group.items);
            all.any(|situation| situation.slug == value)
        }
        Facet::Level => LEVELS.iter().any(|(level, _)| *level == value),
        Facet::Validity => Validity::ALL.iter().any(|known| known.name() == value),
        Facet::Language => {
            matches!(value.len(), 2..=3) && value.bytes().all(|byte| byte.is_ascii_lowercase())
        }
        Facet::Instrument => {
            return InstrumentKey::of_number(value).map(|key| key.as_str().to_owned());
        }
        Facet::Attachment => return (value == "co").then(|| WITH_ATTACHMENT.to_owned()),
        Facet::Agency => false,
    };
    there_is.then(|| value.to_owned())
}

/// What a facet's parameter takes.
pub(in crate::web) fn expected(facet: Facet, vocabulary: &Vocabulary) -> String {
    const EXAMPLES: usize = 3;
    fn some<'v>(slugs: impl Iterator<Item = &'v String>) -> String {
        let slugs: Vec<&str> = slugs.take(EXAMPLES).map(String::as_str).collect();
        format!("{}, …", slugs.join(", "))
    }
    match facet {
        Facet::Kind => kind_names(),
        Facet::Field => some(vocabulary.fields.iter().map(|field| &field.slug)),
        Facet::Audience => some(vocabulary.audiences.iter().map(|audience| &audience.slug)),
        Facet::Situation => {
            let all = vocabulary.situations.iter().flat_map(|group| &group.items);
            some(all.map(|situation| &situation.slug))
        }
        Facet::Level => LEVELS.map(|(level, _)| level).join(", "),
        Facet::Validity => Validity::ALL.map(Validity::name).join(", "),
        Facet::Language => "vi, en".to_owned(),
        Facet::Instrument => "28/2013/NĐ-CP".to_owned(),
        Facet::Attachment => "co".to_owned(),
        Facet::Agency => "so-tu-phap".to_owned(),
    }
}
