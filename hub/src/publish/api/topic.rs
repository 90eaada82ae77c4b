//! The vocabulary's fields, audiences and situations.

use serde::Serialize;
use utoipa::ToSchema;

/// Something that entries are about.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Topic {
    /// Its name in addresses.
    #[schema(example = "dat-dai")]
    pub slug: String,
    /// Its name for people.
    #[schema(example = "Đất đai")]
    pub label: String,
    /// Its English name, where there is one.
    #[schema(example = "Land")]
    pub english: Option<String>,
    /// The label of the group that it stands in; only situations stand in groups.
    pub group: Option<String>,
    /// How many published entries are about it.
    #[schema(example = 231)]
    pub entries: u64,
    /// The feed of these entries.
    pub feed_url: String,
    /// Address of these entries.
    pub entries_url: String,
}

/// All of a kind, in the vocabulary's order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TopicList {
    /// The version of the vocabulary.
    #[schema(example = 3)]
    pub vocabulary: i64,
    /// All of them.
    pub items: Vec<Topic>,
}
