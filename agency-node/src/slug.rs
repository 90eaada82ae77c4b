//! Vietnamese titles as pieces of addresses.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Lower-case ASCII words joined by `-`: `Sổ đỏ là gì?` gives `so-do-la-gi`. At most 80 bytes,
/// cut between words; `bai` when no letter is left.
pub(crate) fn of(title: &str) -> String {
    const LONGEST: usize = 80;
    let plain: String = title
        .nfd()
        .filter(|letter| !is_combining_mark(*letter))
        .map(|letter| match letter {
            'đ' | 'Đ' | 'ð' | 'Ð' => 'd',
            _ => letter.to_ascii_lowercase(),
        })
        .collect();
    let mut slug = String::new();
    for word in plain.split(|letter: char| !letter.is_ascii_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        if slug.len() + 1 + word.len() > LONGEST {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(word);
    }
    if slug.is_empty() {
        "bai".to_owned()
    } else {
        slug
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn slugs_are_plain() {
        for (title, slug) in [
            ("Sổ đỏ là gì?", "so-do-la-gi"),
            ("Nghị định 28/2013/NĐ-CP", "nghi-dinh-28-2013-nd-cp"),
            ("  — ", "bai"),
        ] {
            assert_eq!(super::of(title), slug);
        }
    }
}
