//! What makes two citations mean the same document, spelt so that it can stand in an address.

use serde::{Deserialize, Serialize};

use super::folded::{fold, is_word_byte};
use super::{Cited, Gazetteer};

/// Names a document in equality and in addresses (`/van-ban/28-2013-nd-cp`): letters, figures and
/// hyphens only. Leading zeros, marks and case make no difference. Numbers that begin anew each year
/// and do not say it carry the day of issue, else the year, where the citation knows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstrumentKey(String);

impl InstrumentKey {
    /// The key of a number: `07/2015/NĐ – CP` gives `7-2015-nd-cp`. `None` where nothing of it can
    /// stand in an address.
    pub fn of_number(number: &str) -> Option<Self> {
        Some(spelling(number))
            .filter(|key| !key.is_empty())
            .map(Self)
    }

    /// As it stands in addresses.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Gazetteer {
    /// Which document a citation means. `None` for a provision of a document that is not said, and
    /// for a law of a year that the vocabulary does not hold. A law without a year is the one that
    /// applies; one without a number, as the constitution, goes by its title and year.
    pub fn instrument(&self, cited: &Cited) -> Option<InstrumentKey> {
        if let Some(number) = &cited.number {
            let mut key = InstrumentKey::of_number(number)?;
            if !says_year(number) {
                let day = cited.date.clone();
                if let Some(issued) = day.or_else(|| cited.year.map(|year| year.to_string())) {
                    key.0.push('-');
                    key.0.push_str(&issued);
                }
            }
            return Some(key);
        }
        let title = cited.title.as_deref()?;
        match self.number_of(title, cited.year)? {
            (_, Some(number)) => InstrumentKey::of_number(number),
            (year, None) => InstrumentKey::of_number(&format!("{title} {year}")),
        }
    }
}

/// A number's letters and figures, folded, joined by hyphens, without leading zeros.
pub(super) fn spelling(number: &str) -> String {
    let folded = fold(number);
    let mut key = String::with_capacity(folded.len());
    for part in folded.split(|&byte| !is_word_byte(byte)) {
        let part = part.iter().filter(|byte| byte.is_ascii_alphanumeric());
        let mut part = part.map(|&byte| char::from(byte)).peekable();
        if part.peek().is_none() {
            continue;
        }
        if key.is_empty() {
            key.extend(part.skip_while(|&figure| figure == '0'));
        } else {
            key.push('-');
            key.extend(part);
        }
    }
    key
}

fn says_year(number: &str) -> bool {
    number
        .split('/')
        .nth(1)
        .is_some_and(|year| year.len() == 4 && year.bytes().all(|figure| figure.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_number_have_one_key() {
        for (number, key) in [
            ("28/2013/NĐ-CP", "28-2013-nd-cp"),
            ("0028/2013/nd – cp", "28-2013-nd-cp"),
            ("5436/BTP-PB&TG", "5436-btp-pb-tg"),
            ("01/2014/NQLT/CP-UBTƯMTTQVN", "1-2014-nqlt-cp-ubtumttqvn"),
            ("66-NQ/TW", "66-nq-tw"),
        ] {
            assert_eq!(spelling(number), key);
        }
        assert_eq!(InstrumentKey::of_number("/ –"), None);
    }
}
