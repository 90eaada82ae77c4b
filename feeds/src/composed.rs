//! Unicode's composed form (NFC), in which everything that people read is kept.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::survey::survey;

/// The text in composed form.
pub(crate) fn composed(text: String) -> String {
    if survey(&text).is_composed || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return text;
    }
    // What nobody writes, such as a thousand accents on one letter, is not kept in memory at once.
    text.stream_safe().nfc().collect()
}
