//! What is typed about the end of agencies, and what it would come to.

use chrono::NaiveDate;
use hub_repository::agencies::Agency;
use hub_repository::agencies::endings::FeedsGo;
use law::text::{Level, normalise};

use super::super::super::super::extract::Parameters;
use super::super::written;
use crate::publish::{Snapshot, today};

/// Agencies that can be named beside each other.
pub(super) const NAMED: usize = 6;

/// What stands in the form.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub(super) deed: String,
    /// Names or slugs of those that end with it.
    pub(super) together: Vec<String>,
    /// Names or slugs of those that follow.
    pub(super) successors: Vec<String>,
    pub(super) last_day: String,
    pub(super) feeds: String,
}

/// What was typed, understood.
pub(super) struct Understood {
    /// Those that end, that of the page first.
    pub(super) agencies: Vec<Agency>,
    pub(super) successors: Vec<Agency>,
    pub(super) last_day: NaiveDate,
    pub(super) feeds: FeedsGo,
}

/// What is wrong with a field, by its name.
pub(super) type Problems = Vec<(&'static str, String)>;

/// What an agency is chosen by: its name, or its slug where others have the same name.
pub(super) fn called(agency: &Agency, known: &[Agency]) -> String {
    let namesakes = known.iter().filter(|other| other.name == agency.name);
    if namesakes.count() > 1 {
        agency.slug.clone()
    } else {
        agency.name.clone()
    }
}

/// The agencies that are named by name or slug.
fn named(texts: &[String], known: &[Agency]) -> Result<Vec<Agency>, String> {
    let mut found: Vec<Agency> = Vec::new();
    for text in texts.iter().filter(|text| !text.is_empty()) {
        let folded = |text: &str| normalise(text, Level::Tone);
        let wanted = folded(text);
        let by_slug = known.iter().filter(|agency| agency.slug == *text);
        let by_name = known.iter().filter(|agency| folded(&agency.name) == wanted);
        let mut matches: Vec<&Agency> = by_slug.collect();
        if matches.is_empty() {
            matches = by_name.collect();
        }
        match matches[..] {
            [agency] => {
                if found.iter().all(|it| it.id != agency.id) {
                    found.push(agency.clone());
                }
            }
            [] => {
                return Err(format!(
                    "Không có đơn vị “{text}”; hãy chọn trong danh sách gợi ý."
                ));
            }
            _ => return Err(format!("Có nhiều đơn vị tên “{text}”; hãy nhập mã.")),
        }
    }
    Ok(found)
}

impl Typed {
    pub(super) fn of_form(fields: &Parameters) -> Self {
        let all = |name: &str| -> Vec<String> {
            let of_name = fields.pairs().iter().filter(|(given, _)| given == name);
            let texts = of_name.map(|(_, text)| text.trim().to_owned());
            texts.filter(|text| !text.is_empty()).take(NAMED).collect()
        };
        Self {
            deed: fields.text("viec").to_owned(),
            together: all("cung"),
            successors: all("ke-thua"),
            last_day: fields.text("ngay-cuoi").to_owned(),
            feeds: fields.text("nguon-tin").to_owned(),
        }
    }

    pub(super) fn understand(
        &self,
        agency: &Agency,
        known: &[Agency],
    ) -> Result<Understood, Problems> {
        let mut problems = Problems::new();
        let mut all = |field, texts: &[String]| {
            named(texts, known).unwrap_or_else(|problem| {
                problems.push((field, problem));
                Vec::new()
            })
        };
        let mut together = all("cung", &self.together);
        let successors = all("ke-thua", &self.successors);
        if self.deed != "sap-nhap" {
            together.clear();
        }
        together.retain(|other| other.id != agency.id);
        let is_ending =
            |one: &Agency| one.id == agency.id || together.iter().any(|it| it.id == one.id);
        if successors.iter().any(is_ending) {
            problems.push((
                "ke-thua",
                "Một đơn vị không thể vừa kết thúc vừa kế thừa. Đơn vị ở lại thì chỉ ghi ở phần kế thừa."
                    .to_owned(),
            ));
        }
        let expected = match (&*self.deed, successors.len()) {
            ("sap-nhap", 1) | ("chia-tach", 2..) | ("giai-the", _) => None,
            ("sap-nhap", _) => Some(("ke-thua", "Sáp nhập cần đúng một đơn vị kế thừa.")),
            ("chia-tach", _) => Some(("ke-thua", "Chia tách cần ít nhất hai đơn vị kế thừa.")),
            _ => Some(("viec", "Hãy chọn việc cần làm.")),
        };
        let is_named = problems.iter().all(|(field, _)| *field != "ke-thua");
        problems.extend(
            expected
                .filter(|(field, _)| is_named || *field != "ke-thua")
                .map(|(field, problem)| (field, problem.to_owned())),
        );
        let last_day = self.last_day.parse::<NaiveDate>().ok();
        match last_day {
            None => problems.push((
                "ngay-cuoi",
                "Hãy nhập ngày cuối hoạt động, ví dụ 2025-06-30.".to_owned(),
            )),
            Some(last) => {
                let mut ending = std::iter::once(agency).chain(&together);
                if ending.any(|one| one.valid_from.is_some_and(|first| first > last)) {
                    problems.push((
                        "ngay-cuoi",
                        "Ngày cuối phải sau ngày đầu hoạt động.".to_owned(),
                    ));
                }
            }
        }
        let feeds = match (&*self.feeds, &successors[..]) {
            ("giu", _) => Some(FeedsGo::Stay),
            ("ngung", _) => Some(FeedsGo::Stop),
            ("chuyen", [one]) => Some(FeedsGo::Move(one.id)),
            _ => None,
        };
        if feeds.is_none() {
            problems.push((
                "nguon-tin",
                "Hãy chọn một cách; chuyển được khi có đúng một đơn vị kế thừa.".to_owned(),
            ));
        }
        // What is done to feeds is done now.
        if let (Some(last), Some(FeedsGo::Stop | FeedsGo::Move(_))) = (last_day, &feeds)
            && last > today()
        {
            problems.push((
                "nguon-tin",
                format!(
                    "Ngày cuối còn ở phía trước, mà nguồn tin được chuyển hoặc ngừng ngay khi xác nhận. Hãy chọn giữ nguyên; từ ngày {} mở lại trang này để chuyển hoặc ngừng.",
                    written(last)
                ),
            ));
        }
        let (Some(last_day), Some(feeds), true) = (last_day, feeds, problems.is_empty()) else {
            return Err(problems);
        };
        let mut agencies = vec![agency.clone()];
        agencies.extend(together);
        Ok(Understood {
            agencies,
            successors,
            last_day,
            feeds,
        })
    }
}

impl Understood {
    /// What will be, in sentences.
    pub(super) fn effects(&self, feeds: usize, snapshot: &Snapshot) -> Vec<String> {
        let listed = |agencies: &[Agency]| {
            let names: Vec<&str> = agencies.iter().map(|agency| &*agency.name).collect();
            names.join(", ")
        };
        let (ending, following) = (listed(&self.agencies), listed(&self.successors));
        let mut effects = vec![format!(
            "{ending} kết thúc hoạt động sau ngày {}.",
            written(self.last_day)
        )];
        effects.push(if following.is_empty() {
            "Không có đơn vị kế thừa.".to_owned()
        } else {
            format!("Đơn vị kế thừa: {following}.")
        });
        let entries: u64 = self
            .agencies
            .iter()
            .map(|agency| snapshot.entries_of(agency.id))
            .sum();
        effects.push(format!(
            "{entries} bài đã đăng giữ nguyên đơn vị đăng; trang của đơn vị vẫn mở được, ghi ngày kết thúc và dẫn đến đơn vị kế thừa."
        ));
        effects.push(match (feeds, self.feeds) {
            (0, _) => "Không có nguồn tin nào.".to_owned(),
            (some, FeedsGo::Stay) if self.last_day > today() => format!(
                "{some} nguồn tin giữ nguyên, cả sau ngày cuối; từ ngày {} mở lại trang này nếu muốn chuyển hoặc ngừng.",
                written(self.last_day)
            ),
            (some, FeedsGo::Stay) => format!("{some} nguồn tin giữ nguyên."),
            (some, FeedsGo::Stop) => format!("{some} nguồn tin ngừng thu thập; mở lại được."),
            (some, FeedsGo::Move(_)) => format!(
                "{some} nguồn tin chuyển sang {following}: bài mới là của đơn vị kế thừa, bài cũ vẫn của đơn vị đã đăng. Quy tắc kiểm duyệt riêng của nguồn tin đi theo; nguồn tin không có thì theo quy tắc của đơn vị kế thừa."
            ),
        });
        effects
    }
}
