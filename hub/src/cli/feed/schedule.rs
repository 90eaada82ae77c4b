//! What the schedule knows of a feed, as `hub feed show` tells it.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use hub_repository::feeds::Feed;
use hub_repository::schedules::{self, Schedule};
use hub_repository::{DbConn, Scope, StoreError, Timestamp, freshness};
use serde_json::json;

use super::utc;
use crate::config::Config;
use crate::harvest::freshness::{Staleness, staleness};
use crate::harvest::schedule::{
    PUSHED_TARGET, duration_in_words, is_pushed, moment_in_words, moved_for_good, rhythm_of,
};

/// Staleness is measured over so long.
pub(super) const MEASURED: TimeDelta = TimeDelta::days(30);

/// Failing for so long is told as a story of its own.
const LONG: TimeDelta = TimeDelta::days(7);

/// What is known of a feed's schedule.
pub(super) struct Standing {
    schedule: Option<Schedule>,
    staleness: Option<Staleness>,
    feed: Feed,
}

pub(super) fn read(conn: &mut DbConn, scope: &Scope, feed: &Feed) -> Result<Standing, StoreError> {
    let since = Timestamp::now() + -MEASURED;
    let found = freshness::found_since(conn, scope, since, Some(feed.id))?;
    Ok(Standing {
        schedule: schedules::find(conn, scope, feed.id)?,
        staleness: staleness(found.iter()),
        feed: feed.clone(),
    })
}

impl Standing {
    pub(super) fn to_json(&self, config: &Config) -> serde_json::Value {
        let now = Utc::now();
        let rhythm = rhythm_of(self.schedule.as_ref(), now);
        let schedule = self.schedule.as_ref();
        json!({
            "rhythm": rhythm.in_words(now),
            "entries_a_week": rhythm.weekly(now),
            "target_seconds": self.target(config).as_secs(),
            "staleness": self.staleness,
            "moving_to": schedule.and_then(|schedule| schedule.moved_to.as_ref()),
            "moving_since": schedule.and_then(|schedule| schedule.moved_since).map(utc),
            "gap_at": schedule.and_then(|schedule| schedule.gap_at).map(utc),
            "pushed_at": schedule.and_then(|schedule| schedule.pushed_at).map(utc),
            "unconditional_until": schedule
                .and_then(|schedule| schedule.unconditional_until)
                .map(utc),
            "notices": self.notices(),
        })
    }

    /// One line a fact, in Vietnamese.
    pub(super) fn in_words(&self, config: &Config) -> Vec<String> {
        let now = Utc::now();
        let rhythm = rhythm_of(self.schedule.as_ref(), now);
        let achieved = match &self.staleness {
            Some(achieved) => in_words(achieved),
            None => "chưa đo được".to_owned(),
        };
        let target = duration_in_words(self.target(config));
        let mut lines = vec![
            format!("rhythm: {}", rhythm.in_words(now)),
            format!("staleness: {achieved}; mục tiêu {target}"),
        ];
        let notices = self.notices();
        lines.extend(notices.iter().map(|notice| format!("notice: {notice}")));
        lines
    }

    fn target(&self, config: &Config) -> Duration {
        let usual = if is_pushed(self.schedule.as_ref(), Timestamp::now()) {
            PUSHED_TARGET
        } else {
            config.schedule.target
        };
        self.feed
            .target_seconds
            .and_then(|seconds| u64::try_from(seconds).ok())
            .map_or(usual, Duration::from_secs)
    }

    /// What somebody should know or mend.
    fn notices(&self) -> Vec<String> {
        let moment = |at: Timestamp| moment_in_words(at.to_utc());
        let feed = &self.feed;
        let closed = feed.closed_at.map(|at| {
            format!(
                "máy chủ báo nguồn tin đã đóng (410) từ {}; hãy đăng ký địa chỉ mới hoặc xóa nguồn này",
                moment(at)
            )
        });
        let good = feed.last_success_at.unwrap_or(feed.created_at);
        let failing = (feed.failures > 0 && Timestamp::now() - good > LONG).then(|| {
            format!(
                "chưa đọc được từ {}; vẫn được thử lại mỗi ngày",
                moment(good)
            )
        });
        let moved = feed
            .registered_url
            .as_ref()
            .map(|url| format!("địa chỉ đã đổi theo chuyển hướng vĩnh viễn; lúc đăng ký là {url}"));
        let schedule = self.schedule.as_ref();
        let notices = [closed, failing, moved];
        let learned = schedule.map(of_schedule).unwrap_or_default();
        notices.into_iter().flatten().chain(learned).collect()
    }
}

fn of_schedule(schedule: &Schedule) -> Vec<String> {
    let moment = |at: Timestamp| moment_in_words(at.to_utc());
    let now = Timestamp::now();
    let gap = schedule.gap_at.map(|at| {
        format!(
            "lúc {} mọi tin trong nguồn đều mới: có thể đã sót tin",
            moment(at)
        )
    });
    let wrong = schedule
        .unconditional_until
        .filter(|until| *until > now)
        .map(|until| {
            let until = moment(until);
            format!(
                "máy chủ trả lời 304 (không đổi) dù đã có tin mới; đến {until} mỗi lần đều tải toàn bộ; \
                 hãy sửa ETag và Last-Modified của nguồn"
            )
        });
    let moving = schedule
        .moved_to
        .as_ref()
        .zip(schedule.moved_since)
        .map(|(url, since)| {
            let since = moment(since);
            let then = if moved_for_good(schedule, now).is_some() {
                "chưa đổi theo vì chưa biết trang ấy là của đơn vị: hub feed move nhận địa chỉ mới"
            } else {
                "địa chỉ sẽ được đổi theo nếu vẫn vậy sau một ngày và trang ấy là của đơn vị"
            };
            format!("máy chủ chuyển hướng vĩnh viễn sang {url} từ {since}; {then}")
        });
    [gap, wrong, moving].into_iter().flatten().collect()
}

/// In Vietnamese.
pub(super) fn in_words(staleness: &Staleness) -> String {
    let within =
        |seconds: i32| duration_in_words(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)));
    format!(
        "một nửa số tin được thấy trong {}, 95% trong {} ({} tin trong 30 ngày)",
        within(staleness.p50_seconds),
        within(staleness.p95_seconds),
        staleness.entries
    )
}
