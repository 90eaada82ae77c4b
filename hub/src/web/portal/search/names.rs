//! What people call the values of the facets.

use hub_repository::entries::Kind;
use law::citations::InstrumentKey;
use law::vocabulary::Vocabulary;

use crate::publish::{LEVELS, Snapshot, kind_label};
use crate::search::Facet;

/// Where the names come from.
pub(in crate::web) struct Names<'a> {
    pub(in crate::web) vocabulary: &'a Vocabulary,
    pub(in crate::web) snapshot: &'a Snapshot,
}

impl Names<'_> {
    /// The name of a facet's value; a value without one stands for itself.
    pub(in crate::web) fn of(&self, facet: Facet, value: &str) -> String {
        self.find(facet, value).unwrap_or_else(|| value.to_owned())
    }

    fn find(&self, facet: Facet, value: &str) -> Option<String> {
        let vocabulary = self.vocabulary;
        match facet {
            Facet::Kind => Kind::parse(value).map(|kind| kind_label(kind).to_owned()),
            Facet::Field => {
                let found = vocabulary.fields.iter().find(|it| it.slug == value);
                found.map(|field| field.label.clone())
            }
            Facet::Audience => {
                let found = vocabulary.audiences.iter().find(|it| it.slug == value);
                found.map(|audience| audience.label.clone())
            }
            Facet::Situation => {
                let mut all = vocabulary.situations.iter().flat_map(|group| &group.items);
                let found = all.find(|situation| situation.slug == value);
                found.map(|situation| situation.label.clone())
            }
            Facet::Agency => {
                let found = self.snapshot.agency_by_slug(value);
                found.map(|agency| agency.name.clone())
            }
            Facet::Level => {
                let found = LEVELS.iter().find(|(level, _)| *level == value);
                found.map(|(_, label)| (*label).to_owned())
            }
            Facet::Instrument => {
                let found = vocabulary.laws.iter().find(|law| {
                    let number = law.number.as_deref();
                    let key = number.and_then(InstrumentKey::of_number);
                    key.is_some_and(|key| key.as_str() == value)
                });
                found.map(|law| format!("{} {}", law.title, law.year))
            }
            Facet::Validity => match value {
                "pending" => Some("Chưa có hiệu lực".to_owned()),
                "in-force" => Some("Còn hiệu lực".to_owned()),
                "replaced" => Some("Hết hiệu lực".to_owned()),
                _ => Some("Chưa rõ hiệu lực".to_owned()),
            },
            Facet::Language => match value {
                "vi" => Some("Tiếng Việt".to_owned()),
                "en" => Some("Tiếng Anh".to_owned()),
                _ => None,
            },
            Facet::Attachment => Some("Có tệp đính kèm".to_owned()),
        }
    }
}
