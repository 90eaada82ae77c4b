//! What the province tells an agency of its decisions, in words: in the console and by mail.

use chrono::{DateTime, Utc};
use hub_repository::decisions::Decision;
use hub_repository::notices::{Notice, NoticeKind};

use crate::publish::long_date;

/// What an agency may do after a takedown, one step each.
pub const NEXT_STEPS: [&str; 3] = [
    "Sửa hoặc gỡ bài trên trang của đơn vị. Đăng lại bài không làm bài hiện lại.",
    "Đề nghị tỉnh xem lại sau khi đã sửa, hoặc gửi ý kiến nếu không đồng ý.",
    "Chỉ tỉnh bỏ được lệnh gỡ. Khi đó bài hiện lại trên cổng với nội dung mới nhất của đơn vị.",
];

/// A takedown, or its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Whether it is a takedown; else its end.
    pub is_takedown: bool,
    /// The entry's title at that moment.
    pub title: String,
    /// When it was told.
    pub at: String,
    /// When the takedown was decided.
    pub decided_at: String,
    /// Who decided the takedown.
    pub by: String,
    /// Why.
    pub reason: String,
    /// The provision that it rests on; may be empty.
    pub basis: String,
}

impl Told {
    /// What a notice of the kinds tells that the province raises.
    pub fn of(notice: &Notice) -> Self {
        let text = |name: &str| notice.detail[name].as_str().unwrap_or_default();
        let told_at = notice.created_at.to_utc();
        let decided_at: Option<DateTime<Utc>> = text("decided_at").parse().ok();
        Self {
            is_takedown: notice.kind == NoticeKind::Takedown,
            title: one_line(text("title")),
            at: long_date(told_at),
            decided_at: long_date(decided_at.unwrap_or(told_at)),
            by: text("by").to_owned(),
            reason: text("reason").to_owned(),
            basis: text("basis").to_owned(),
        }
    }

    /// What a takedown of an entry of this title tells while it holds.
    pub fn of_takedown(title: &str, takedown: &Decision) -> Self {
        let at = long_date(takedown.decided_at.to_utc());
        Self {
            is_takedown: true,
            title: one_line(title),
            at: at.clone(),
            decided_at: at,
            by: takedown.decided_by.clone(),
            reason: takedown.reason.clone(),
            basis: takedown.basis.clone(),
        }
    }

    /// What has happened, in a sentence.
    pub fn sentence(&self) -> String {
        if self.is_takedown {
            format!("Tỉnh đã gỡ bài này lúc {}.", self.decided_at)
        } else {
            format!(
                "Tỉnh đã bỏ lệnh gỡ lúc {}; bài bị gỡ từ {}.",
                self.at, self.decided_at
            )
        }
    }
}

/// A text without the full stop at its end, for a sentence that goes on or gets its own.
pub fn without_end(text: &str) -> &str {
    text.trim_end_matches('.')
}

/// A text without line breaks, as a list or a letter's subject needs it.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
