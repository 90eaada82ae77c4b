//! How entries spread.

use serde::Serialize;
use utoipa::ToSchema;

/// How many entries have a value.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Count {
    /// The value, for programs.
    #[schema(example = "dat-dai")]
    pub value: String,
    /// The value, for people.
    #[schema(example = "Đất đai")]
    pub label: String,
    /// How many entries have it.
    #[schema(example = 231)]
    pub entries: u64,
}

/// How the published entries spread.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Statistics {
    /// The repository's revision that was counted at.
    #[schema(example = 1204)]
    pub revision: i64,
    /// How many entries were counted.
    #[schema(example = 15_320)]
    pub total: u64,
    /// By agency, the most first.
    pub by_agency: Vec<Count>,
    /// By kind, the most first.
    pub by_kind: Vec<Count>,
    /// By legal field, the most first; entries without one are missing.
    pub by_field: Vec<Count>,
    /// By month in Vietnam's time, the earliest first; months without entries are missing.
    pub by_month: Vec<Count>,
}
