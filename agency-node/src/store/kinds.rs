//! The kinds of entries, a vocabulary that never grows without a release.

use std::str::FromStr;

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Text;

use super::types::{UnknownWord, stored_as_text};

/// What sort of thing an entry is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub(crate) enum Kind {
    #[default]
    News,
    Qa,
    Situation,
    Document,
    Publication,
    Multimedia,
    Event,
}

impl Kind {
    pub(crate) const ALL: [Self; 7] = [
        Self::News,
        Self::Qa,
        Self::Situation,
        Self::Document,
        Self::Publication,
        Self::Multimedia,
        Self::Event,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::News => "news",
            Self::Qa => "qa",
            Self::Situation => "situation",
            Self::Document => "document",
            Self::Publication => "publication",
            Self::Multimedia => "multimedia",
            Self::Event => "event",
        }
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::News => "Tin, bài",
            Self::Qa => "Hỏi đáp pháp luật",
            Self::Situation => "Tình huống pháp luật",
            Self::Document => "Văn bản",
            Self::Publication => "Tài liệu, ấn phẩm",
            Self::Multimedia => "Phim, ảnh, âm thanh",
            Self::Event => "Sự kiện",
        }
    }
}

impl FromStr for Kind {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| UnknownWord(word.to_owned()))
    }
}

stored_as_text!(Kind);
