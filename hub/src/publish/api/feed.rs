//! How the agencies' feeds are: what anybody may know.

use chrono::{DateTime, Utc};
use hub_repository::feeds::Feed;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use super::AgencyName;
use crate::publish::Snapshot;

/// Names of parameters whose values may open doors.
const SECRETS: [&str; 7] = ["key", "token", "secret", "pass", "pwd", "sig", "auth"];

/// How a feed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FeedState {
    /// It has not been read yet.
    New,
    /// It was read the last time.
    Healthy,
    /// It could not be read the last time.
    Failing,
    /// It can be read, but looks defaced or exchanged: what stood before is kept until people have looked at it.
    Frozen,
    /// Its server says that it is gone for good.
    Closed,
    /// People do not want it harvested any more; what it has brought stays.
    Stopped,
}

/// How a feed that the hub harvests is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FeedHealth {
    /// Its number.
    #[schema(example = 12)]
    pub id: i64,
    /// Whose it is.
    pub agency: AgencyName,
    /// Where it is fetched; passwords and keys are left out.
    #[schema(example = "https://stp.example.vn/rss/tin-tuc.rss")]
    pub url: String,
    /// The title that it gives itself.
    pub title: Option<String>,
    /// How it is.
    pub state: FeedState,
    /// The same for people, in Vietnamese.
    #[schema(example = "Đang hoạt động: không có gì mới (304)")]
    pub state_text: String,
    /// When it was last looked at.
    pub last_run_at: Option<DateTime<Utc>>,
    /// When it was last looked at without a failure.
    pub last_success_at: Option<DateTime<Utc>>,
    /// Failures since then.
    #[schema(example = 0)]
    pub failures: i32,
    /// Half of its entries of the last 30 days were found within so many seconds of their publication; none where that cannot be told.
    #[schema(example = 140)]
    pub found_within_seconds: Option<i32>,
    /// How fresh it is, for people, in Vietnamese.
    #[schema(example = "Một nửa số bài được tìm thấy trong vòng 3 phút sau khi đăng")]
    pub freshness: String,
}

impl FeedHealth {
    /// The public view of a feed whose last harvest ended with `outcome`, in words, and of whose entries half were found within so
    /// many seconds.
    pub fn new(
        feed: &Feed,
        outcome: &str,
        found_within_seconds: Option<i32>,
        snapshot: &Snapshot,
    ) -> Self {
        let state = FeedState::of(feed);
        Self {
            id: feed.id.0,
            agency: AgencyName::of(feed.agency_id, snapshot),
            url: without_secrets(&feed.url),
            title: feed.title.clone(),
            state,
            state_text: state.in_words(outcome),
            last_run_at: feed.last_run_at.map(hub_repository::Timestamp::to_utc),
            last_success_at: feed.last_success_at.map(hub_repository::Timestamp::to_utc),
            failures: feed.failures,
            found_within_seconds,
            freshness: freshness(found_within_seconds),
        }
    }
}

impl FeedState {
    /// All of them, with their names for programs.
    pub const ALL: [(&str, Self); 6] = [
        ("new", Self::New),
        ("healthy", Self::Healthy),
        ("failing", Self::Failing),
        ("frozen", Self::Frozen),
        ("closed", Self::Closed),
        ("stopped", Self::Stopped),
    ];

    /// How a feed is.
    pub fn of(feed: &Feed) -> Self {
        if feed.stopped_at.is_some() {
            Self::Stopped
        } else if feed.closed_at.is_some() {
            Self::Closed
        } else if feed.frozen_at.is_some() {
            Self::Frozen
        } else {
            match feed.last_outcome {
                None => Self::New,
                Some(outcome) if outcome.is_failure() => Self::Failing,
                Some(_) => Self::Healthy,
            }
        }
    }

    fn in_words(self, outcome: &str) -> String {
        match self {
            Self::New => "Mới đăng ký, chưa được lấy lần nào".to_owned(),
            Self::Healthy => format!("Đang hoạt động: {outcome}"),
            Self::Failing => format!("Đang hỏng: {outcome}"),
            Self::Frozen => "Đóng băng: giữ nguyên nội dung trước đó, chờ kiểm tra".to_owned(),
            Self::Closed => "Máy chủ báo đã đóng".to_owned(),
            Self::Stopped => "Đã ngừng thu thập".to_owned(),
        }
    }
}

fn freshness(found_within_seconds: Option<i32>) -> String {
    let Some(seconds) = found_within_seconds else {
        return "Chưa đo được: không có bài mới ghi rõ giờ đăng trong 30 ngày qua".to_owned();
    };
    let span = match seconds {
        ..60 => "1 phút".to_owned(),
        60..3_600 => format!("{} phút", (seconds + 59) / 60),
        3_600..86_400 => format!("{} giờ", (seconds + 3_599) / 3_600),
        _ => format!("{} ngày", (seconds + 86_399) / 86_400),
    };
    format!("Một nửa số bài được tìm thấy trong vòng {span} sau khi đăng")
}

/// The address without user, password, and the values of parameters that look like keys.
fn without_secrets(address: &str) -> String {
    let Ok(mut url) = Url::parse(address) else {
        return String::new();
    };
    // Addresses that cannot have them have none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    let is_secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        SECRETS.iter().any(|secret| name.contains(secret))
    };
    if url.query_pairs().any(|(name, _)| is_secret(&name)) {
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| !is_secret(name))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        url.query_pairs_mut().clear().extend_pairs(kept);
        if url.query() == Some("") {
            url.set_query(None);
        }
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_say_nothing_secret() {
        for (address, shown) in [
            (
                "https://a.vn/rss?id=3&lang=vi",
                "https://a.vn/rss?id=3&lang=vi",
            ),
            ("https://u:p@a.vn/rss#x", "https://a.vn/rss"),
            ("https://a.vn/rss?API_Key=abc", "https://a.vn/rss"),
            (
                "https://a.vn/rss?id=3&accessToken=abc",
                "https://a.vn/rss?id=3",
            ),
            ("nothing", ""),
        ] {
            assert_eq!(without_secrets(address), shown);
        }
    }

    #[test]
    fn freshness_is_said_in_whole_units() {
        for (seconds, said) in [
            (3, "1 phút "),
            (61, "2 phút "),
            (3_600, "1 giờ "),
            (90_000, "2 ngày "),
        ] {
            let text = freshness(Some(seconds));
            assert!(text.contains(said), "{seconds}: {text}");
        }
    }
}
