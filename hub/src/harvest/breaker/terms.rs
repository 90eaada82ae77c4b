//! How advertising for gambling speaks, and who breaks into sites to place it.
//!
//! The words of the law (`đánh bạc`, `cờ bạc`, `cá độ`) are not among them: agencies write about
//! these. One of these words is no sign either, for agencies warn of them; two in one entry are.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// As they are written with their marks.
const WORDS: [&str; 26] = [
    "nhà cái",
    "cá cược",
    "tài xỉu",
    "nổ hũ",
    "xóc đĩa",
    "soi kèo",
    "kèo bóng",
    "game bài",
    "đổi thưởng",
    "bắn cá",
    "lô đề online",
    "đá gà trực tiếp",
    "cược thể thao",
    "nạp đầu",
    "hoàn trả cược",
    "tỷ lệ kèo",
    "quay hũ",
    "đăng ký nhận thưởng",
    "baccarat",
    "jackpot",
    "slot game",
    "slot gacor",
    "judi online",
    "situs slot",
    "togel",
    "sportsbook",
];

/// Names under which betting is offered to Vietnamese, and words as they are spelt in addresses.
const NAMES: [&str; 18] = [
    "w88",
    "hi88",
    "go88",
    "vn88",
    "bk8",
    "mu88",
    "i9bet",
    "bet88",
    "f8bet",
    "nohu90",
    "88vin",
    "789club",
    "nha-cai-uy-tin",
    "tai-xiu",
    "xoc-dia",
    "soi-keo",
    "game-bai",
    "ca-cuoc-bong-da",
];

/// Those that mean the same within longer words, as in `nhacai88.vip`.
const GLUED: [&str; 17] = [
    "nhacai", "taixiu", "xocdia", "soikeo", "gamebai", "casino", "kubet", "fun88", "sunwin",
    "789bet", "8xbet", "jun88", "new88", "shbet", "okvip", "rikvip", "hitclub",
];

/// Marks that whoever broke in leaves; one is enough.
const MARKS: [&str; 4] = ["hacked by", "defaced by", "h4cked by", "pwned by"];

/// How agencies write about gambling, and advertising does not: an entry with one of these reports.
const REPORTS: [&str; 12] = [
    "triệt phá",
    "khởi tố",
    "bắt giữ",
    "bắt tạm giam",
    "bị can",
    "bị cáo",
    "xử phạt",
    "tệ nạn",
    "đánh bạc",
    "vi phạm pháp luật",
    "phòng ngừa tội phạm",
    "bộ luật hình sự",
];

/// Different words that make an entry suspicious.
const ENOUGH: usize = 2;

/// Whether an entry speaks like advertising for gambling. `is_marked` says that it is written with
/// Vietnamese marks: without them `nha cai` may be `nhà cải`, and is looked for only where the whole
/// entry is written so.
pub(super) fn are_suspicious(title: &str, texts: &[&str], is_marked: bool) -> bool {
    let mut found = BTreeSet::new();
    for text in std::iter::once(&title).chain(texts) {
        for hit in MATCHER.find_iter(text) {
            let Some(term) = TERMS.get(hit.pattern().as_usize()) else {
                continue;
            };
            let is_word = term.kind == Kind::Glued || stands_alone(text, hit.start(), hit.end());
            if (is_marked && term.is_folded) || !is_word {
                continue;
            }
            match term.kind {
                Kind::Advertising => {
                    found.insert((term.word, false));
                }
                // No agency links to such a site, whatever it calls the link.
                Kind::Glued => found.extend([
                    (term.word, false),
                    (term.word, is_in_host(text, hit.start())),
                ]),
                Kind::Mark => return true,
                Kind::Report => return false,
            }
        }
    }
    found.len() >= ENOUGH
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Advertising,
    /// The same within a longer word.
    Glued,
    Mark,
    Report,
}

/// One spelling of a word.
struct Term {
    pattern: String,
    word: &'static str,
    kind: Kind,
    /// Spelt without its marks.
    is_folded: bool,
}

/// Each word in small and in capital letters: the matcher itself knows only those of ASCII.
static TERMS: LazyLock<Vec<Term>> = LazyLock::new(|| {
    let of_kind = |words: &'static [&str], kind| words.iter().map(move |word| (*word, kind));
    let all = of_kind(&WORDS, Kind::Advertising)
        .chain(of_kind(&NAMES, Kind::Advertising))
        .chain(of_kind(&GLUED, Kind::Glued))
        .chain(of_kind(&MARKS, Kind::Mark))
        .chain(of_kind(&REPORTS, Kind::Report));
    let mut terms: Vec<Term> = Vec::new();
    for (word, kind) in all {
        for (pattern, is_folded) in spellings(word) {
            let is_new = !terms
                .iter()
                .any(|known| known.pattern.eq_ignore_ascii_case(&pattern));
            if is_new {
                terms.push(Term {
                    pattern,
                    word,
                    kind,
                    is_folded,
                });
            }
        }
    }
    terms
});

fn spellings(word: &str) -> Vec<(String, bool)> {
    let mut rest = word.chars();
    let capital: String = rest
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    let folded = law::text::without_marks(word);
    let mut spellings = vec![
        (word.to_owned(), false),
        (word.to_uppercase(), false),
        (capital + rest.as_str(), false),
    ];
    if folded != word {
        spellings.push((folded, true));
    }
    spellings
}

#[expect(
    clippy::expect_used,
    reason = "the patterns are constants, and a test builds it"
)]
static MATCHER: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        // Every feed passes here: the fastest form, of a few hundred kilobytes.
        .kind(Some(AhoCorasickKind::DFA))
        .build(TERMS.iter().map(|term| &term.pattern))
        .expect("a few dozen short patterns")
});

/// Whether a match is a word of its own: `w88` is none in `bw88f`.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
}

/// Whether a place lies in the name of the host of an address.
fn is_in_host(text: &str, at: usize) -> bool {
    // Longer names of hosts are rare, and a text may be full of these words.
    let from = text.floor_char_boundary(at.saturating_sub(64));
    text[from..at].rsplit_once("//").is_some_and(|(_, host)| {
        host.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advertising_is_told_from_warnings() {
        for (text, is_marked, expected) in [
            ("Nhà cái uy tín, CÁ CƯỢC thể thao", true, true),
            ("NHÀ CÁI TÀI XỈU", true, true),
            ("<a href=\"https://x.vip/tai-xiu\">sunwin</a>", false, true),
            ("nha cai casino so 1", false, true),
            ("HACKED BY Anonymous", false, true),
            ("Cảnh báo lừa đảo qua nhà cái trên mạng", true, false),
            (
                "Nhà cải tạo, cả cuộc đời: nha cai tao, ca cuoc",
                true,
                false,
            ),
            (
                "Tội đánh bạc và tội tổ chức đánh bạc, cá độ bóng đá",
                true,
                false,
            ),
            ("Số 12w88x và abk8f", true, false),
            ("Triệt phá đường dây nhà cái, cá cược, tài xỉu", true, false),
            ("Nhà cái; <p>hacked by x</p>", true, true),
            ("Nhà cái uy tín, cá cược không lừa đảo", true, true),
            ("<a href='https://nhacai88.vip/'>Xem thêm</a>", true, true),
            ("<a href='//www.new88.org'>Xem thêm</a>", true, true),
            ("https://bao.vn/canh-bao-nhacai-lua-dao", true, false),
            (
                "<a href='https://thoxuan.gov.vn/soi-keo'>x</a>",
                true,
                false,
            ),
            ("", true, false),
        ] {
            assert_eq!(are_suspicious("", &[text], is_marked), expected, "{text}");
        }
        assert!(are_suspicious("Nhà cái", &["casino"], true));
    }
}
