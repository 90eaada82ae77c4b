//! `/console/he-thong`: how the hub itself does, in words.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::super::extract::Parameters;
use super::super::metrics;
use super::error::ConsoleError;
use super::export::{Format, Sheet, file};
use super::frame::{Frame, page};
use super::session::Signed;
use crate::access::Action;
use crate::app::App;
use crate::metrics::Gauges;

/// Feeds that are due wait for a moment only; longer than this the hub does not keep up.
const LONG_SECONDS: u64 = 300;

/// What waits for a worker in a healthy hub, at most for a while.
const MANY: i64 = 1_000;

const BYTES_PER_MEGABYTE: u64 = 1024 * 1024;

/// Something that was looked at.
struct Row {
    name: &'static str,
    /// Names the look: `good`, `bad` or `waiting`.
    tone: &'static str,
    /// How it is.
    state: String,
    /// What to do about it.
    advice: &'static str,
}

#[derive(Template)]
#[template(path = "console/system.html")]
struct SystemPage {
    frame: Frame,
    rows: Vec<Row>,
    version: &'static str,
    database: &'static str,
    csv: String,
    xlsx: String,
}

/// `GET /console/he-thong`
pub(super) async fn show_system(
    State(app): State<App>,
    signed: Signed,
    query: Parameters,
) -> Result<Response, ConsoleError> {
    signed.require(Action::SeeSystem, None)?;
    let gauges = metrics::read(&app).await?;
    let rows = rows(&gauges);
    if let Some(format) = Format::asked(&query)? {
        let sheet = Sheet {
            name: "he-thong",
            columns: vec!["Mục", "Tình trạng", "Việc cần làm"],
            rows: rows
                .into_iter()
                .map(|row| vec![row.name.into(), row.state.into(), row.advice.into()])
                .collect(),
        };
        return Ok(file(format, &sheet)?);
    }
    let address = |format| format!("/console/he-thong?{}={format}", Format::PARAMETER);
    page(&SystemPage {
        frame: Frame::of(&app, &signed, "Hệ thống", "/console/he-thong", &query),
        rows,
        version: env!("CARGO_PKG_VERSION"),
        database: if app.config.database_url.starts_with("sqlite") {
            "SQLite"
        } else {
            "PostgreSQL"
        },
        csv: address("csv"),
        xlsx: address("xlsx"),
    })
}

fn rows(gauges: &Gauges) -> Vec<Row> {
    let mut rows = vec![lateness(gauges)];
    rows.extend(feeds(gauges));
    rows.extend(queues(gauges));
    if let Some(bytes) = gauges.process.memory_bytes {
        rows.push(Row {
            name: "Bộ nhớ đang dùng",
            tone: "waiting",
            state: format!("{} MB", bytes / BYTES_PER_MEGABYTE),
            advice: "",
        });
    }
    rows
}

fn lateness(gauges: &Gauges) -> Row {
    let late = gauges.due_lag.as_secs();
    let keeps_up = late < LONG_SECONDS;
    Row {
        name: "Thu thập đúng giờ",
        tone: if keeps_up { "good" } else { "bad" },
        state: if late == 0 {
            "không nguồn tin nào phải chờ".to_owned()
        } else {
            let due = gauges.feeds.due;
            format!("nguồn tin chờ lâu nhất đã quá giờ {late} giây; {due} đến lượt")
        },
        advice: if keeps_up {
            ""
        } else {
            "Hub không theo kịp: xem máy chủ có quá tải không, hoặc chạy thêm một hub trên cùng cơ sở dữ liệu PostgreSQL."
        },
    }
}

/// Feeds that somebody has to look after.
fn feeds(gauges: &Gauges) -> impl Iterator<Item = Row> {
    let feeds = &gauges.feeds;
    let total = feeds.total;
    let faults = [
        (
            "Nguồn tin có lỗi",
            feeds.failing,
            "Mở Tổng quan, lọc nguồn tin đang có lỗi: mỗi nguồn nói rõ webmaster cần sửa gì.",
        ),
        (
            "Nguồn tin đóng băng",
            feeds.frozen,
            "Nội dung đổi bất thường nên chưa nhận: mở Tổng quan, lọc nguồn tin đang có lỗi, xem rồi nhận ở trang của từng nguồn tin.",
        ),
        (
            "Nguồn tin đã đóng",
            feeds.closed,
            "Máy chủ của đơn vị báo đã bỏ hẳn: hỏi đơn vị địa chỉ mới.",
        ),
    ];
    faults.into_iter().map(move |(name, many, advice)| {
        if many == 0 {
            let state = "không có".to_owned();
            return Row {
                name,
                tone: "good",
                state,
                advice: "",
            };
        }
        let state = format!("{many} trong {total}");
        Row {
            name,
            tone: "bad",
            state,
            advice,
        }
    })
}

/// What waits for a worker.
fn queues(gauges: &Gauges) -> impl Iterator<Item = Row> {
    let queues = &gauges.queues;
    let waiting = [
        (
            "Chỉ mục tìm kiếm chậm hơn kho",
            gauges.index_lag,
            "Nếu không giảm sau vài phút: dừng hub và chạy hub index rebuild.",
        ),
        (
            "Bài chờ phân loại lại",
            queues.readings,
            "Thường do bộ từ vựng mới; sẽ tự xong.",
        ),
        (
            "Thay đổi chờ so trùng",
            queues.duplicates,
            "Sẽ tự xong; nếu không giảm, xem nhật ký của máy chủ.",
        ),
        (
            "Thư chờ gửi",
            queues.letters,
            "Máy chủ thư có nhận không? Xem trang của từng người dùng.",
        ),
        (
            "Đăng ký WebSub chờ gia hạn",
            queues.renewals,
            "Hub khác không trả lời; tin vẫn về theo lịch.",
        ),
        (
            "Bên nhận tin WebSub chờ gửi",
            queues.deliveries,
            "Bên nhận không trả lời; sẽ tự thử lại.",
        ),
        (
            "Bên nhận tin WebSub chờ xác nhận",
            queues.verifications,
            "Sẽ tự thử lại.",
        ),
        (
            "Nguồn tin đang đọc trang cũ",
            queues.histories,
            "Sẽ tự xong.",
        ),
    ];
    waiting.into_iter().map(|(name, waiting, advice)| {
        let (tone, advice) = match waiting {
            ..=0 => ("good", ""),
            few if few < MANY => ("waiting", ""),
            _ => ("bad", advice),
        };
        let state = if waiting > 0 {
            format!("{waiting} đang chờ")
        } else {
            "không có gì chờ".to_owned()
        };
        Row {
            name,
            tone,
            state,
            advice,
        }
    })
}
