//! The token that asks for the rest of a list.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::request::{Format, Selected};

/// Bytes of the signature. It keeps mistakes out, and the curious; there is nothing to steal.
const SIGNATURE: usize = 8;

/// The rest of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) selected: Selected,
    /// The number of the last entry that was given.
    pub(super) after: i64,
    /// How many were given before.
    pub(super) cursor: i64,
    /// How many the list had when it began.
    pub(super) size: i64,
}

impl Token {
    /// As it is given out, signed with what only the repository knows.
    pub(super) fn write(&self, key: &str) -> String {
        let time =
            |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp().to_string()).unwrap_or_default();
        let Selected {
            format,
            set,
            from,
            before,
        } = &self.selected;
        let fields = [
            format.prefix().to_owned(),
            set.clone().unwrap_or_default(),
            time(*from),
            time(*before),
            self.after.to_string(),
            self.cursor.to_string(),
            self.size.to_string(),
        ];
        let fields = fields.join("!");
        format!("{fields}!{}", signature(&fields, key))
    }

    /// Reads what [`Token::write`] wrote with the same key.
    pub(super) fn read(text: &str, key: &str) -> Option<Self> {
        let (fields, signed) = text.rsplit_once('!')?;
        if signature(fields, key) != signed {
            return None;
        }
        let fields: Vec<&str> = fields.split('!').collect();
        let &[format, set, from, before, after, cursor, size] = fields.as_slice() else {
            return None;
        };
        let time = |text: &str| match text {
            "" => Some(None),
            text => Some(Some(DateTime::from_timestamp(text.parse().ok()?, 0)?)),
        };
        Some(Self {
            selected: Selected {
                format: Format::named(format).ok()?,
                set: (!set.is_empty()).then(|| set.to_owned()),
                from: time(from)?,
                before: time(before)?,
            },
            after: after.parse().ok()?,
            cursor: cursor.parse().ok()?,
            size: size.parse().ok()?,
        })
    }
}

fn signature(fields: &str, key: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        unreachable!("HMAC takes keys of every length")
    };
    mac.update(fields.as_bytes());
    hex::encode(&mac.finalize().into_bytes()[..SIGNATURE])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_whole_and_no_other_does() {
        for set in [None, Some("agency.so-tu-phap".to_owned())] {
            let token = Token {
                selected: Selected {
                    format: Format::Legal,
                    set,
                    from: DateTime::from_timestamp(1_700_000_000, 0),
                    before: None,
                },
                after: 17,
                cursor: 100,
                size: 250,
            };
            let written = token.write("key");
            assert_eq!(Token::read(&written, "key"), Some(token));
            assert_eq!(Token::read(&written, "other"), None);
            for (at, byte) in written.bytes().enumerate() {
                let mut forged = written.clone().into_bytes();
                forged[at] = if byte == b'1' { b'2' } else { b'1' };
                let forged = String::from_utf8(forged).unwrap();
                assert_eq!(Token::read(&forged, "key"), None, "{forged}");
            }
        }
        for nothing in ["", "!", "!!!!!!!", "oai_dc!!!!0!0!0"] {
            assert_eq!(Token::read(nothing, "key"), None, "{nothing}");
        }
    }
}
