//! An agency's feeds as a list.

use hub_repository::FeedId;

use super::super::super::extract::Parameters;
use super::super::error::ConsoleError;
use super::super::export::Cell;
use super::super::list::{self, List, Page};
use super::health::FeedRow;

/// Feeds on a page.
const PAGE: usize = 50;

/// What the list answers; only feeds with faults where `loi` is set.
pub(super) async fn shown(
    list: &List,
    query: &Parameters,
    mut all: Vec<FeedRow>,
) -> Result<Page<FeedRow>, ConsoleError> {
    if query.value("loi").is_some() {
        all.retain(|row| row.health.tone == "bad");
    }
    let after = query.value("sau").and_then(|id| id.parse().ok());
    let shown = list.shown_of(&all, after, PAGE, FeedRow::cells)?;
    let columns = &[
        "Số",
        "Tên",
        "Địa chỉ",
        "Tình trạng",
        "Từ",
        "Việc cần sửa",
        "Lần cuối",
        "Lần tới",
    ];
    shown.or_file("nguon-tin", columns).await
}

impl list::Row for FeedRow {
    type Place = FeedId;

    fn place(&self) -> FeedId {
        self.id
    }

    fn texts(&self) -> Vec<&str> {
        vec![&self.title, &self.url, &self.health.state]
    }
}

impl FeedRow {
    fn cells(self) -> Vec<Cell> {
        vec![
            self.id.0.into(),
            self.title.into(),
            self.url.into(),
            self.health.state.into(),
            self.health.since.into(),
            self.health.advice.into(),
            self.last.into(),
            self.next.into(),
        ]
    }
}
