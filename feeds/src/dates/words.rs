//! The names of months and time zones.

/// The word in lower case without an allocation, where it is short and ASCII.
pub(super) fn lower_case<'a>(word: &str, buffer: &'a mut [u8; 16]) -> Option<&'a str> {
    if !word.is_ascii() {
        return None;
    }
    let target = buffer.get_mut(..word.len())?;
    target.copy_from_slice(word.as_bytes());
    target.make_ascii_lowercase();
    std::str::from_utf8(target).ok()
}

pub(super) fn month(word: &str) -> Option<u32> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    if word.len() < 3 {
        return None;
    }
    let index = NAMES
        .iter()
        .position(|name| name.starts_with(word) || (word == "sept" && *name == "september"))?;
    u32::try_from(index + 1).ok()
}

/// What stands behind `tháng` in words.
pub(super) fn month_number(word: &str) -> Option<u32> {
    Some(match word {
        "giêng" | "một" => 1,
        "hai" => 2,
        "ba" => 3,
        "tư" => 4,
        "năm" => 5,
        "sáu" => 6,
        "bảy" => 7,
        "tám" => 8,
        "chín" => 9,
        "mười" => 10,
        "chạp" => 12,
        _ => return None,
    })
}

/// The month of the three letters that RFC 822 has.
pub(super) fn short_month(name: [u8; 3]) -> Option<u32> {
    Some(match &name.map(|letter| letter.to_ascii_lowercase()) {
        b"jan" => 1,
        b"feb" => 2,
        b"mar" => 3,
        b"apr" => 4,
        b"may" => 5,
        b"jun" => 6,
        b"jul" => 7,
        b"aug" => 8,
        b"sep" => 9,
        b"oct" => 10,
        b"nov" => 11,
        b"dec" => 12,
        _ => return None,
    })
}

/// Minutes east of Greenwich of the zone names that feeds use (RFC 822 §5.1 and neighbours).
pub(super) fn zone(word: &str) -> Option<i32> {
    let hours = match word {
        "gmt" | "utc" | "ut" | "z" | "wet" => 0,
        "cet" | "bst" | "west" | "met" => 1,
        "cest" | "eet" | "mest" => 2,
        "eest" | "msk" => 3,
        "ict" => 7,
        "hkt" | "sgt" | "awst" => 8,
        "jst" | "kst" => 9,
        "aest" => 10,
        "aedt" => 11,
        "adt" => -3,
        "ast" | "edt" => -4,
        "est" | "cdt" => -5,
        "cst" | "mdt" => -6,
        "mst" | "pdt" => -7,
        "pst" | "akdt" => -8,
        "akst" => -9,
        "hst" => -10,
        _ => return None,
    };
    Some(hours * 60)
}
