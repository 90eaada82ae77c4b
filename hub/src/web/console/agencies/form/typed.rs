//! What is typed about an agency.

use chrono::NaiveDate;
use hub_repository::AgencyId;
use hub_repository::agencies::edits::Edit;
use hub_repository::agencies::{self, Agency, Level, NewAgency};

use super::super::super::super::extract::Parameters;
use super::super::written;
use crate::publish::LEVELS;
use crate::web_address::web_address;

/// Characters of a name, bytes of a slug and of an address.
const MAX_NAME: usize = 300;
const MAX_SLUG: usize = 80;
const MAX_HOMEPAGE: usize = 2048;

/// What stands in the form: as it is stored, or as somebody has typed it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) level: String,
    /// The slug of the agency above it.
    pub(super) parent: String,
    pub(super) homepage: String,
    pub(super) from: String,
    pub(super) until: String,
}

/// What was typed, understood.
pub(super) struct Understood {
    pub(super) name: String,
    pub(super) slug: String,
    pub(super) level: Option<Level>,
    pub(super) parent: Option<AgencyId>,
    pub(super) homepage: Option<String>,
    pub(super) from: Option<NaiveDate>,
    pub(super) until: Option<NaiveDate>,
}

/// What is wrong with a field, by its name.
pub(super) type Problems = Vec<(&'static str, String)>;

impl Typed {
    pub(super) fn of_form(fields: &Parameters) -> Self {
        let typed = |name| fields.raw(name).trim().to_owned();
        Self {
            name: typed("ten")
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
            slug: typed("ma"),
            level: typed("cap"),
            parent: typed("truc-thuoc"),
            homepage: typed("trang-chu"),
            from: typed("tu-ngay"),
            until: typed("den-ngay"),
        }
    }

    pub(super) fn of(agency: &Agency, known: &[Agency]) -> Self {
        let parent = known.iter().find(|it| Some(it.id) == agency.parent_id);
        let day = |day: Option<NaiveDate>| day.map_or_else(String::new, |day| day.to_string());
        Self {
            name: agency.name.clone(),
            slug: agency.slug.clone(),
            level: agency.level.map_or("", Level::as_str).to_owned(),
            parent: parent.map_or_else(String::new, |parent| parent.slug.clone()),
            homepage: agency.homepage.clone().unwrap_or_default(),
            from: day(agency.valid_from),
            until: day(agency.valid_until),
        }
    }

    /// The fields in which another has something else: label, here, there.
    pub(super) fn differences(&self, other: &Self) -> Vec<(&'static str, String, String)> {
        let day = |typed: &str| typed.parse().map_or_else(|_| typed.to_owned(), written);
        let level = |typed: &str| {
            let known = LEVELS.iter().find(|(word, _)| *word == typed);
            known.map_or("theo tên", |(_, label)| label).to_owned()
        };
        let fields = [
            ("Tên", self.name.clone(), other.name.clone()),
            ("Mã", self.slug.clone(), other.slug.clone()),
            ("Cấp", level(&self.level), level(&other.level)),
            ("Trực thuộc", self.parent.clone(), other.parent.clone()),
            (
                "Trang của đơn vị",
                self.homepage.clone(),
                other.homepage.clone(),
            ),
            ("Ngày đầu", day(&self.from), day(&other.from)),
            ("Ngày cuối", day(&self.until), day(&other.until)),
        ];
        let differ = fields.into_iter().filter(|(_, here, there)| here != there);
        differ.collect()
    }

    pub(super) fn understand(&self, known: &[Agency]) -> Result<Understood, Problems> {
        let mut problems = Problems::new();
        if self.name.is_empty() || self.name.chars().count() > MAX_NAME || self.name.contains('\0')
        {
            problems.push((
                "ten",
                format!("Hãy nhập tên đầy đủ, dài nhất {MAX_NAME} ký tự."),
            ));
        }
        if self.slug.len() > MAX_SLUG
            || self.slug.starts_with('-')
            || self.slug.ends_with('-')
            || agencies::check_slug(&self.slug).is_err()
        {
            problems.push((
                "ma",
                format!(
                    "Mã gồm chữ thường không dấu, chữ số và gạch nối, dài nhất {MAX_SLUG} ký tự, ví dụ so-tu-phap."
                ),
            ));
        }
        let level = Level::parse(&self.level);
        if level.is_none() && !self.level.is_empty() {
            problems.push(("cap", "Hãy chọn một cấp trong danh sách.".to_owned()));
        }
        let parent = known.iter().find(|agency| agency.slug == self.parent);
        if parent.is_none() && !self.parent.is_empty() {
            problems.push((
                "truc-thuoc",
                "Không còn đơn vị này; hãy chọn lại.".to_owned(),
            ));
        }
        let homepage = Some(&*self.homepage).filter(|typed| !typed.is_empty());
        let homepage = homepage.map(web_address).transpose();
        if homepage.is_err() || self.homepage.len() > MAX_HOMEPAGE {
            problems.push((
                "trang-chu",
                "Địa chỉ chưa đúng, ví dụ https://sotuphap.example.gov.vn.".to_owned(),
            ));
        }
        let mut day = |field, typed: &str| match typed.parse::<NaiveDate>() {
            Ok(day) => Some(day),
            Err(_) if typed.is_empty() => None,
            Err(_) => {
                problems.push((field, "Ngày chưa đúng, ví dụ 2025-07-01.".to_owned()));
                None
            }
        };
        let (from, until) = (day("tu-ngay", &self.from), day("den-ngay", &self.until));
        if let (Some(from), Some(until)) = (from, until)
            && from > until
        {
            problems.push(("den-ngay", "Ngày cuối phải sau ngày đầu.".to_owned()));
        }
        match homepage {
            Ok(homepage) if problems.is_empty() => Ok(Understood {
                name: self.name.clone(),
                slug: self.slug.clone(),
                level,
                parent: parent.map(|parent| parent.id),
                homepage,
                from,
                until,
            }),
            _ => Err(problems),
        }
    }
}

impl Understood {
    pub(super) fn new_agency(&self) -> NewAgency<'_> {
        NewAgency {
            slug: &self.slug,
            name: &self.name,
            parent_id: self.parent,
            valid_from: self.from,
            valid_until: self.until,
            homepage: self.homepage.as_deref(),
        }
    }

    pub(super) fn edit(&self) -> Edit<'_> {
        Edit {
            slug: &self.slug,
            name: &self.name,
            level: self.level,
            parent_id: self.parent,
            valid_from: self.from,
            valid_until: self.until,
            homepage: self.homepage.as_deref(),
        }
    }
}
