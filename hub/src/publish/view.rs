//! How an entry looks to people: its path, its labels, its dates in Vietnam's time.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc};
use hub_repository::EntryId;
use hub_repository::agencies::{Agency, Level};
use hub_repository::entries::{Entry, Kind};
use hub_repository::instruments::{Instrument, Validity};
use serde::Deserialize as _;

use super::Snapshot;
use crate::ingest::visible_text;
use crate::search;

/// An entry in a list.
#[derive(Debug, Clone)]
pub struct Card {
    pub title: String,
    pub path: String,
    pub kind: &'static str,
    pub agency: String,
    pub agency_path: String,
    /// For people: `23/11/2026`.
    pub date: String,
    /// For machines: RFC 3339.
    pub datetime: String,
    pub summary: String,
}

impl Card {
    /// The entry as lists show it, by what the search index keeps of it.
    pub fn of_hit(hit: &search::Hit, snapshot: &Snapshot) -> Self {
        let agency = snapshot.agency_by_slug(&hit.agency);
        Self {
            title: hit.title.text(),
            path: hit.path.clone(),
            kind: Kind::parse(&hit.kind).map_or("", kind_label),
            agency: agency.map(|agency| agency.name.clone()).unwrap_or_default(),
            agency_path: agency_path(&hit.agency),
            date: short_date(hit.listed_at),
            datetime: hit.listed_at.to_rfc3339(),
            summary: hit.snippet.text(),
        }
    }

    /// The entry as lists show it.
    pub fn new(entry: &Entry, snapshot: &Snapshot) -> Self {
        let agency = snapshot.agency(entry.agency_id);
        let at = entry.listed_at.to_utc();
        Self {
            title: entry.title.clone(),
            path: entry_path(entry.id, &entry.title),
            kind: kind_label(entry.kind),
            agency: agency.map(|agency| agency.name.clone()).unwrap_or_default(),
            agency_path: agency
                .map(|agency| agency_path(&agency.slug))
                .unwrap_or_default(),
            date: short_date(at),
            datetime: at.to_rfc3339(),
            summary: entry.summary.clone(),
        }
    }
}

/// What people call a kind of entry.
pub fn kind_label(kind: Kind) -> &'static str {
    match kind {
        Kind::News => "Tin tức",
        Kind::Qa => "Hỏi đáp",
        Kind::Situation => "Tình huống",
        Kind::Document => "Văn bản",
        Kind::Publication => "Ấn phẩm",
        Kind::Multimedia => "Đa phương tiện",
        Kind::Event => "Sự kiện",
    }
}

/// The kinds' names in addresses and feeds, for a message that says what was expected.
pub fn kind_names() -> String {
    Kind::ALL
        .iter()
        .map(|kind| kind.as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

/// The portal's path of an entry. The id alone decides; the words are for people.
pub fn entry_path(id: EntryId, title: &str) -> String {
    match &*slug(title) {
        "" => format!("/bai/{id}/bai-viet"),
        words => format!("/bai/{id}/{words}"),
    }
}

/// The portal's path of all entries of a kind.
pub fn kind_path(kind: Kind) -> &'static str {
    match kind {
        Kind::News => "/tin-tuc",
        Kind::Qa => "/hoi-dap",
        Kind::Situation => "/tinh-huong",
        Kind::Document => "/van-ban",
        Kind::Publication => "/an-pham",
        Kind::Multimedia => "/da-phuong-tien",
        Kind::Event => "/su-kien",
    }
}

/// The portal's path of a legal field.
pub fn field_path(slug: &str) -> String {
    format!("/linh-vuc/{slug}")
}

/// The portal's path of a group of people.
pub fn audience_path(slug: &str) -> String {
    format!("/doi-tuong/{slug}")
}

/// The portal's path of a life situation.
pub fn situation_path(slug: &str) -> String {
    format!("/tinh-huong/{slug}")
}

/// What people call a legal document.
pub fn instrument_label(instrument: &Instrument) -> String {
    match &instrument.title {
        Some(title) if *title != instrument.number => format!("{title} ({})", instrument.number),
        _ => instrument.number.clone(),
    }
}

/// The state's words for whether a legal document applies, and a name for the style.
pub fn validity_label(validity: Validity) -> (&'static str, &'static str) {
    match validity {
        Validity::Pending => ("Chưa có hiệu lực", "pending"),
        Validity::InForce => ("Còn hiệu lực", "in-force"),
        Validity::Replaced => ("Hết hiệu lực", "replaced"),
        Validity::Unknown => ("Chưa rõ hiệu lực", "unknown"),
    }
}

/// The portal's path of what was changed in an entry.
pub fn history_path(id: EntryId) -> String {
    format!("/bai/{id}/lich-su")
}

/// The portal's path of a legal document, by its key.
pub fn instrument_path(key: &str) -> String {
    format!("/van-ban/{key}")
}

/// The portal's path of an agency.
pub fn agency_path(slug: &str) -> String {
    format!("/don-vi/{slug}")
}

/// `23/11/2026`, in Vietnam's time.
pub fn short_date(at: DateTime<Utc>) -> String {
    local(at).format("%d/%m/%Y").to_string()
}

/// `08:30 ngày 23/11/2026`, in Vietnam's time.
pub fn long_date(at: DateTime<Utc>) -> String {
    local(at).format("%H:%M ngày %d/%m/%Y").to_string()
}

/// What stands about an entry beside it.
#[derive(Debug, Default)]
pub struct Beside {
    /// Keys of the legal documents that it cites.
    pub cites: Vec<String>,
    /// Whether the legal document that it is applies.
    pub validity: Option<Validity>,
}

/// What the search index keeps of an entry.
pub fn search_document(entry: &Entry, beside: Beside, snapshot: &Snapshot) -> search::Document {
    let legal = legal_module(entry);
    let agency = snapshot.agency(entry.agency_id);
    search::Document {
        id: entry.id.0,
        agency: agency.map(|agency| agency.slug.clone()).unwrap_or_default(),
        kind: entry.kind.as_str().to_owned(),
        field: entry.field.clone(),
        title: entry.title.clone(),
        summary: entry.summary.clone(),
        body_text: visible_text(&entry.body_html),
        categories: entry.categories.0.clone(),
        number: legal.document.and_then(|document| document.number),
        basis: legal
            .basis
            .into_iter()
            .map(|basis| basis.instrument)
            .collect(),
        instruments: beside.cites,
        audiences: entry.audiences.0.clone(),
        situations: entry.situations.0.clone(),
        level: agency.map(|agency| level(agency).to_owned()),
        language: entry_language(entry.language.as_deref()),
        has_attachment: !entry.attachments.0.is_empty(),
        validity: beside.validity.map(|validity| validity.name().to_owned()),
        cluster: entry.cluster_id.map(|cluster| cluster.0),
        path: entry_path(entry.id, &entry.title),
        listed_at: entry.listed_at.to_utc(),
    }
}

/// The levels of the administration since July 2025, as addresses name them and as people do.
pub const LEVELS: [(&str, &str); 2] = [("tinh", "Cấp tỉnh"), ("xa", "Cấp xã")];

/// The level of an agency, as people have set it or as its name says.
pub fn level(agency: &Agency) -> &'static str {
    agency
        .level
        .map_or_else(|| level_of_name(&agency.name), Level::as_str)
}

/// The level that a name says: departments and communes alike stand below the province's committee.
pub fn level_of_name(name: &str) -> &'static str {
    const COMMUNES: [&str; 4] = ["xã", "phường", "thị trấn", "đặc khu"];
    let name = law::text::normalise(name, law::text::Level::Tone);
    let of_commune = COMMUNES.iter().any(|commune| {
        ["ủy ban nhân dân ", "ubnd ", "hội đồng nhân dân ", ""]
            .iter()
            .any(|body| {
                name.starts_with(&law::text::normalise(
                    &format!("{body}{commune} "),
                    law::text::Level::Tone,
                ))
            })
    });
    if of_commune { "xa" } else { "tinh" }
}

/// The language without its region; Vietnamese where nothing is said.
pub(super) fn entry_language(tag: Option<&str>) -> String {
    let primary = tag.and_then(|tag| tag.split(['-', '_']).next());
    let primary = primary.filter(|primary| (2..=3).contains(&primary.len()));
    primary.map_or_else(|| "vi".to_owned(), str::to_ascii_lowercase)
}

/// What the agency said in the legal module; nothing where it said nothing that can be read.
pub fn legal_module(entry: &Entry) -> feeds::Legal {
    feeds::Legal::deserialize(&entry.legal.0).unwrap_or_default()
}

/// The day that it is in Vietnam.
pub fn today() -> NaiveDate {
    local_day(Utc::now())
}

/// The day that it was in Vietnam.
pub(super) fn local_day(at: DateTime<Utc>) -> NaiveDate {
    local(at).date_naive()
}

/// The first moment of a day in Vietnam; none of a day so far away that it has none.
pub fn day_start(day: NaiveDate) -> Option<DateTime<Utc>> {
    let midnight = day.and_time(NaiveTime::MIN);
    Some(midnight.checked_sub_signed(TimeDelta::hours(7))?.and_utc())
}

/// The moment in Vietnam's time.
pub fn local(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    // Vietnam has kept UTC+7 without daylight saving since 1975.
    const OFFSET: FixedOffset = match FixedOffset::east_opt(7 * 3600) {
        Some(offset) => offset,
        None => unreachable!(),
    };
    at.with_timezone(&OFFSET)
}

/// Words without accents, for an address: at most 80 letters, digits and hyphens; empty where there are no words.
pub fn slug(words: &str) -> String {
    let mut slug = String::new();
    for character in law::text::without_marks(words).chars() {
        if slug.len() >= 80 {
            break;
        }
        if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_readable_without_accents() {
        assert_eq!(
            entry_path(EntryId(7), "Luật Đất đai (sửa đổi)"),
            "/bai/7/luat-dat-dai-sua-doi"
        );
        assert_eq!(
            entry_path(EntryId(7), "Quy định về LY HÔN"),
            "/bai/7/quy-dinh-ve-ly-hon"
        );
        assert_eq!(entry_path(EntryId(7), "???"), "/bai/7/bai-viet");
    }

    #[test]
    fn dates_are_vietnams() {
        let at = DateTime::parse_from_rfc3339("2026-11-22T18:30:00Z")
            .unwrap()
            .to_utc();
        assert_eq!(short_date(at), "23/11/2026");
        assert_eq!(long_date(at), "01:30 ngày 23/11/2026");
    }
}
