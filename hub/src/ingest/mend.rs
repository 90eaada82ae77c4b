//! Texts in an encoding of old, written anew in Unicode before anything else is made of them.

use std::borrow::Cow;

use feeds::{Entry, Text};
use hub_repository::Json;
use hub_repository::readings::Repair;
use law::text::repair::{Encoding, Repaired, repair};
use serde_json::json;

/// As much of a text as is looked at and kept.
const MAX: usize = 512 * 1024;

/// How sure it must be for an entry as a whole that its text is in an encoding of old.
const SURE: f64 = 0.9;

/// The entry in Unicode, and what stood there where that was not so. One part decides for the others: a title alone has
/// few words to tell by.
pub(super) fn mended(entry: &Entry) -> (Cow<'_, Entry>, Option<Repair>) {
    let parts = [&entry.title, &entry.summary, &entry.content];
    let found = parts.map(|part| {
        let text = part
            .as_ref()
            .map(raw)
            .filter(|text| !is_plainly_unicode(text));
        text.and_then(repair)
    });
    let best = found
        .iter()
        .flatten()
        .max_by(|a, b| a.confidence.total_cmp(&b.confidence))
        .filter(|best| best.confidence >= SURE);
    let Some(best) = best else {
        return (Cow::Borrowed(entry), None);
    };
    let mended = Repair {
        encoding: name(best.encoding).to_owned(),
        confidence: best.confidence,
        original: Json(json!({
            "title": entry.title.as_ref().map(raw),
            "summary": entry.summary.as_ref().map(raw),
            "body": entry.content.as_ref().map(raw),
        })),
    };
    let encoding = best.encoding;
    let [title, summary, content] = found;
    let mut entry = entry.clone();
    for (part, found) in [
        (&mut entry.title, title),
        (&mut entry.summary, summary),
        (&mut entry.content, content),
    ] {
        if let (Some(part), Some(found)) = (part, found.filter(|found| found.encoding == encoding))
        {
            write_anew(part, found);
        }
    }
    (Cow::Owned(entry), Some(mended))
}

/// Whether a text has letters that only Unicode has, and no sign that an encoding of old leaves. Nearly every text is so, and
/// to see that costs a thirtieth of judging its spelling.
fn is_plainly_unicode(text: &str) -> bool {
    let mut has_own_letters = false;
    for letter in text.chars() {
        match letter {
            // Latin-1's part of the Vietnamese alphabet, the blank that pages are full of, quotation marks and dashes.
            '\0'..='\x7f'
            | '\u{a0}'
            | '\u{2010}'..='\u{2026}'
            | 'À'..='Ã'
            | 'È'..='Ê'
            | 'Ì'
            | 'Í'
            | 'Ò'..='Õ'
            | 'Ù'
            | 'Ú'
            | 'Ý'
            | 'à'..='ã'
            | 'è'..='ê'
            | 'ì'
            | 'í'
            | 'ò'..='õ'
            | 'ù'
            | 'ú'
            | 'ý' => {}
            // Letters for which the encodings of old use these.
            'ạ'..='ỹ'
            | 'Ạ'
            | 'đ'
            | 'Đ'
            | 'ă'
            | 'Ă'
            | 'ĩ'
            | 'Ĩ'
            | 'ũ'
            | 'Ũ'
            | 'ơ'
            | 'Ơ'
            | 'ư'
            | 'Ư' => {
                has_own_letters = true;
            }
            _ => return false,
        }
    }
    has_own_letters
}

fn raw(text: &Text) -> &str {
    match text {
        Text::Plain(text) | Text::Html(text) => &text[..text.floor_char_boundary(MAX)],
    }
}

fn write_anew(text: &mut Text, found: Repaired) {
    match text {
        Text::Plain(text) | Text::Html(text) => *text = found.text,
    }
}

fn name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Tcvn3 => "tcvn3",
        Encoding::Vni => "vni",
        Encoding::Windows1258 => "windows-1258",
        Encoding::Utf8 => "utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_part_decides_for_the_others_and_what_stood_there_stays_known() {
        let title = "LuËt §Êt ®ai";
        let body = "<p>Nhµ n\u{ad}íc giao ®Êt, cho thuª ®Êt, c«ng nhËn quyÒn sö dông ®Êt cho ng\u{ad}êi d©n.</p>";
        let entry = Entry {
            title: Some(Text::Plain(title.to_owned())),
            content: Some(Text::Html(body.to_owned())),
            ..Entry::default()
        };
        let (mended, repair) = mended(&entry);
        assert_eq!(mended.title, Some(Text::Plain("Luật Đất đai".to_owned())));
        let content =
            "<p>Nhà nước giao đất, cho thuê đất, công nhận quyền sử dụng đất cho người dân.</p>";
        assert_eq!(mended.content, Some(Text::Html(content.to_owned())));
        let repair = repair.unwrap();
        assert_eq!(repair.encoding, "tcvn3");
        assert_eq!(repair.original.0["title"], title);
    }

    #[test]
    fn what_is_fine_is_not_copied() {
        for text in ["Luật Đất đai", "plain", "née à l'étranger", ""] {
            let entry = Entry {
                title: Some(Text::Plain(text.to_owned())),
                ..Entry::default()
            };
            let (same, repair) = mended(&entry);
            assert!(matches!(same, Cow::Borrowed(_)), "{text}");
            assert_eq!(repair, None);
        }
    }
}
