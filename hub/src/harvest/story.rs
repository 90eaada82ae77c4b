//! A feed's runs told as a story: since when it works or fails, why, and when it came back.

use std::fmt::Write as _;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use hub_repository::Timestamp;
use hub_repository::harvests::{Outcome, Trigger};
use hub_repository::runs::Run;
use serde::Serialize;

/// Causes that an episode names.
const CAUSES: usize = 3;

/// How it was with a feed for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Healthy,
    Failing,
    Frozen,
}

/// Runs in a row in the same state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Episode {
    pub state: State,
    /// When its first run started.
    pub since: Timestamp,
    /// When the next episode began; none for the last.
    pub until: Option<Timestamp>,
    pub runs: u32,
    /// Of these, what the publisher's hub sent by itself.
    pub pushes: u32,
    pub new: i64,
    pub updated: i64,
    pub withdrawn: i64,
    /// How its runs ended, the most frequent first.
    pub outcomes: Vec<(Outcome, u32)>,
    /// The causes that were given, the most frequent first.
    pub causes: Vec<(String, u32)>,
}

/// The episodes of runs that are given the newest first, in the order of time.
pub fn episodes(runs: &[Run]) -> Vec<Episode> {
    let mut episodes: Vec<Episode> = Vec::new();
    for run in runs
        .iter()
        .rev()
        .filter(|run| run.trigger != Trigger::Replay)
    {
        let state = state(run.outcome);
        match episodes.last_mut() {
            Some(last) if last.state == state => {}
            last => {
                if let Some(last) = last {
                    last.until = Some(run.started_at);
                }
                episodes.push(Episode::begin(state, run.started_at));
            }
        }
        if let Some(last) = episodes.last_mut() {
            last.add(run);
        }
    }
    for episode in &mut episodes {
        episode
            .outcomes
            .sort_by_key(|(_, times)| std::cmp::Reverse(*times));
        episode
            .causes
            .sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    }
    episodes
}

impl Episode {
    fn begin(state: State, since: Timestamp) -> Self {
        Self {
            state,
            since,
            until: None,
            runs: 0,
            pushes: 0,
            new: 0,
            updated: 0,
            withdrawn: 0,
            outcomes: Vec::new(),
            causes: Vec::new(),
        }
    }

    fn add(&mut self, run: &Run) {
        self.runs += 1;
        self.pushes += u32::from(run.trigger == Trigger::Push);
        self.new += i64::from(run.new);
        self.updated += i64::from(run.updated);
        self.withdrawn += i64::from(run.withdrawn);
        count(&mut self.outcomes, run.outcome);
        if let Some(cause) = &run.cause {
            count(&mut self.causes, cause.clone());
        }
    }

    /// The episode in Vietnamese, a sentence or two.
    pub fn tell(&self, now: DateTime<Utc>) -> String {
        let end = self.until.map_or(now, Timestamp::to_utc);
        let lasted = span(end - self.since.to_utc());
        let mut text = format!("{}: ", local(self.since));
        let during = match self.until {
            Some(_) => format!("trong {lasted}"),
            None => format!("đã {lasted}, tới nay"),
        };
        // Writing to a string cannot fail.
        let _ = match self.state {
            State::Healthy => write!(
                text,
                "hoạt động tốt {during}; {}, {} bài mới, {} bài sửa, {} bài gỡ",
                self.visits(),
                self.new,
                self.updated,
                self.withdrawn
            ),
            State::Failing => {
                let kinds: Vec<String> = self
                    .outcomes
                    .iter()
                    .map(|(outcome, times)| format!("{} {times} lần", in_words(*outcome)))
                    .collect();
                write!(text, "hỏng {during}; {}", kinds.join(", "))
            }
            State::Frozen => write!(
                text,
                "đóng băng {during}, giữ nguyên nội dung trước đó; {}",
                self.visits()
            ),
        };
        for (cause, times) in self.causes.iter().take(CAUSES) {
            let what = match self.state {
                State::Healthy => "ghi chú",
                State::Failing | State::Frozen => "nguyên nhân",
            };
            let _ = write!(text, "\n    {what} ({times} lần): {cause}");
        }
        match (self.state, self.until) {
            (State::Healthy, _) | (_, None) => {}
            (State::Failing, Some(until)) => {
                let _ = write!(text, "\n    hết lỗi lúc {}", local(until));
            }
            (State::Frozen, Some(until)) => {
                let _ = write!(text, "\n    hết đóng băng lúc {}", local(until));
            }
        }
        text
    }
}

impl Episode {
    /// How often the feed was fetched, and how often its publisher's hub sent it.
    fn visits(&self) -> String {
        match (self.runs - self.pushes, self.pushes) {
            (fetched, 0) => format!("lấy {fetched} lần"),
            (0, pushed) => format!("nhận đẩy {pushed} lần"),
            (fetched, pushed) => format!("lấy {fetched} lần, nhận đẩy {pushed} lần"),
        }
    }
}

fn count<T: PartialEq>(counts: &mut Vec<(T, u32)>, value: T) {
    match counts.iter_mut().find(|(known, _)| *known == value) {
        Some((_, times)) => *times += 1,
        None => counts.push((value, 1)),
    }
}

fn state(outcome: Outcome) -> State {
    if outcome == Outcome::Frozen {
        State::Frozen
    } else if outcome.is_failure() {
        State::Failing
    } else {
        State::Healthy
    }
}

/// An outcome as people say it.
pub fn in_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Stored => "đã lấy và lưu",
        Outcome::NotModified => "không có gì mới (304)",
        Outcome::Unchanged => "không có gì mới",
        Outcome::Gone => "máy chủ báo đã đóng (410)",
        Outcome::Refused => "địa chỉ bị cấm",
        Outcome::Unreachable => "không liên lạc được",
        Outcome::HttpError => "máy chủ báo lỗi",
        Outcome::TooLarge => "quá lớn",
        Outcome::NotAFeed => "không phải nguồn tin",
        Outcome::Frozen => "đóng băng",
    }
}

/// As people in Vietnam read it; the country has one time zone and no summer time.
fn local(at: Timestamp) -> String {
    let at = at.to_utc();
    match FixedOffset::east_opt(7 * 3600) {
        Some(zone) => at.with_timezone(&zone).format("%d/%m/%Y %H:%M").to_string(),
        None => at.format("%d/%m/%Y %H:%M UTC").to_string(),
    }
}

/// The two largest units of a span.
fn span(span: TimeDelta) -> String {
    let minutes = span.num_minutes().max(0);
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes} phút"),
        (0, _) => format!("{hours} giờ {minutes} phút"),
        _ => format!("{days} ngày {hours} giờ"),
    }
}

#[cfg(test)]
mod tests {
    use hub_repository::{FeedId, RunId};

    use super::*;

    fn run(minutes: i64, outcome: Outcome, cause: Option<&str>, new: i32) -> Run {
        let start = "2026-11-23T01:00:00Z".parse::<DateTime<Utc>>().unwrap();
        let at = Timestamp::from(start + TimeDelta::minutes(minutes));
        Run {
            id: RunId(minutes),
            feed_id: FeedId(1),
            started_at: at,
            finished_at: at,
            trigger: Trigger::Schedule,
            outcome,
            status: None,
            cause: cause.map(str::to_owned),
            bytes: 0,
            new,
            updated: 0,
            unchanged: 0,
            withdrawn: 0,
            revision: None,
            waited_ms: None,
            fetch_ms: None,
            read_ms: None,
            gap_since: None,
            store_ms: None,
        }
    }

    #[test]
    fn runs_become_a_story() {
        let refused = Some("từ chối kết nối");
        let mut runs = vec![
            run(0, Outcome::Stored, None, 20),
            run(15, Outcome::NotModified, None, 0),
            run(30, Outcome::Unreachable, refused, 0),
            run(35, Outcome::HttpError, Some("503"), 0),
            run(45, Outcome::Unreachable, refused, 0),
            run(200, Outcome::Stored, None, 3),
            run(300, Outcome::Frozen, Some("cờ bạc"), 0),
        ];
        runs[1].trigger = Trigger::Push;
        runs.reverse();
        let told: Vec<String> = episodes(&runs)
            .iter()
            .map(|episode| episode.tell("2026-11-25T06:00:00Z".parse().unwrap()))
            .collect();
        assert_eq!(
            told,
            [
                "23/11/2026 08:00: hoạt động tốt trong 30 phút; lấy 1 lần, nhận đẩy 1 lần, 20 bài \
                 mới, 0 bài sửa, 0 bài gỡ",
                "23/11/2026 08:30: hỏng trong 2 giờ 50 phút; không liên lạc được 2 lần, máy chủ \
                 báo lỗi 1 lần\n    nguyên nhân (2 lần): từ chối kết nối\n    nguyên nhân (1 \
                 lần): 503\n    hết lỗi lúc 23/11/2026 11:20",
                "23/11/2026 11:20: hoạt động tốt trong 1 giờ 40 phút; lấy 1 lần, 3 bài mới, 0 bài \
                 sửa, 0 bài gỡ",
                "23/11/2026 13:00: đóng băng đã 2 ngày 0 giờ, tới nay, giữ nguyên nội dung trước \
                 đó; lấy 1 lần\n    nguyên nhân (1 lần): cờ bạc",
            ]
        );
        assert!(episodes(&[]).is_empty());
    }
}
