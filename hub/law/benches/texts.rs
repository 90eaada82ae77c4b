//! How long the pure work on one text takes, and how much it finds. `cargo bench -p law --bench texts`.
#![expect(clippy::print_stdout, reason = "a bench shows its figures")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use law::duplicates::{fingerprint, same_text};
use law::text::{Level, diff, normalise, repair};

fn main() {
    duplicates();
    repairs();
    differences();
}

/// Texts of 2 KB, as an article has.
fn duplicates() {
    let texts: Vec<String> = (0..2000).map(article).collect();
    let normal: Vec<String> = texts
        .iter()
        .map(|text| normalise(text, Level::Iy))
        .collect();
    per_second("fingerprints of 2 KB", texts.len(), || {
        normal.iter().map(|text| fingerprint(text).keys.len()).sum()
    });
    per_second("normal forms and fingerprints of 2 KB", texts.len(), || {
        texts
            .iter()
            .map(|text| fingerprint(&normalise(text, Level::Iy)).keys.len())
            .sum()
    });
    per_second("decisions on two texts of 2 KB", texts.len() - 1, || {
        texts
            .windows(2)
            .filter(|pair| same_text(&pair[0], &pair[1]).is_some())
            .count()
    });
    per_second(
        "decisions on a text of 2 KB and itself",
        texts.len(),
        || {
            texts
                .iter()
                .filter(|text| same_text(text, text).is_some())
                .count()
        },
    );
    let sketches: Vec<_> = normal.iter().map(|text| fingerprint(text).sketch).collect();
    per_second("estimates", sketches.len() - 1, || {
        sketches
            .windows(2)
            .filter(|pair| pair[0].containment(&pair[1]) > 0.35)
            .count()
    });
    let hostile = [
        noise(5, 200_000, 3, usize::MAX),
        noise(6, 200_000, 3, usize::MAX),
    ];
    let (time, _) = fastest(|| same_text(&hostile[0], &hostile[1]));
    println!("decision on 200 KB x 200 KB of few words: {time:?}");
}

fn repairs() {
    let texts: Vec<String> = (0..2000).map(article).collect();
    let legacy: Vec<String> = (0..2000)
        .map(|_| {
            "LuËt ®Êt ®ai vµ c¸c quy ®Þnh vÒ båi th\u{ad}êng, hç trî t¸i ®Þnh c\u{ad}. ".repeat(22)
        })
        .collect();
    for (name, texts) in [("in Unicode", &texts), ("in TCVN3", &legacy)] {
        per_second(&format!("repairs of 2 KB {name}"), texts.len(), || {
            texts
                .iter()
                .filter(|text| repair::repair(text).is_some())
                .count()
        });
    }
    let (time, _) = fastest(|| repair::repair(&"thÐ th ".repeat(130_000)));
    println!("repair of 1 MB made to cost: {time:?}");
}

/// 2 KB of Vietnamese syllables.
fn article(seed: u64) -> String {
    const SYLLABLES: [&str; 24] = [
        "người",
        "dân",
        "được",
        "quyền",
        "sử",
        "dụng",
        "đất",
        "theo",
        "quy",
        "định",
        "của",
        "pháp",
        "luật",
        "hoà",
        "giải",
        "ở",
        "cơ",
        "sở",
        "xã",
        "phường",
        "kỹ",
        "lý",
        "nghĩa",
        "vụ",
    ];
    let mut text = String::with_capacity(2100);
    for number in noise(seed + 1, 1200, 24, usize::MAX).split(' ') {
        let at = usize::from_str_radix(number, 16).unwrap_or(0);
        text.push_str(SYLLABLES[at % 24]);
        text.push(' ');
    }
    text
}

fn per_second(name: &str, count: usize, work: impl FnMut() -> usize) {
    let (time, answer) = fastest(work);
    let each = time / u32::try_from(count).unwrap_or(u32::MAX);
    let rate = 1.0 / each.as_secs_f64();
    println!("{name}: {each:?} each, {rate:.0} a second ({answer})");
}

/// The longest a diff takes: two texts of 200 KB, from a small change to nothing in common.
fn differences() {
    const LENGTH: usize = 200_000;
    let article = noise(1, LENGTH, 20_000, 40);
    let mut edited: Vec<&str> = article.split(' ').collect();
    for at in (0..edited.len()).step_by(50) {
        edited[at] = "sửa";
    }
    let edited = edited.join(" ");
    let texts = [
        ("one word in 50 changed", article.clone(), edited),
        ("other words", article.clone(), noise(2, LENGTH, 20_000, 40)),
        (
            "other order",
            article.clone(),
            noise(1, LENGTH + 10_000, 20_000, 30)[7_000..].to_owned(),
        ),
        (
            "few words, one line",
            noise(3, LENGTH, 3, usize::MAX),
            noise(4, LENGTH, 3, usize::MAX),
        ),
        (
            "few words, short lines",
            noise(3, LENGTH, 3, 2),
            noise(4, LENGTH, 3, 2),
        ),
        (
            "one word, other count",
            "a ".repeat(LENGTH / 2),
            "a b ".repeat(LENGTH / 4),
        ),
        (
            "signs only",
            ".,".repeat(LENGTH / 2),
            ",;.".repeat(LENGTH / 3),
        ),
    ];
    for (name, old, new) in &texts {
        let (time, spans) = fastest(|| diff::words(old, new).len());
        println!("diff 200 KB x 200 KB, {name}: {time:?}, {spans} spans");
    }
}

/// Words drawn from so many, with a line break after every `line` of them.
fn noise(mut state: u64, length: usize, words: u64, line: usize) -> String {
    let mut text = String::with_capacity(length + 16);
    let mut count = 0;
    while text.len() < length {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        count += 1;
        let end = if count % line == 0 { '\n' } else { ' ' };
        let _ = write!(text, "{:x}{end}", (state >> 33) % words);
    }
    text
}

/// The fastest of some runs: what else the machine does only makes it slower.
fn fastest<T>(mut work: impl FnMut() -> T) -> (Duration, T) {
    let mut best = Duration::MAX;
    loop {
        let start = Instant::now();
        let answer = black_box(work());
        let time = start.elapsed();
        if time >= best {
            return (best, answer);
        }
        best = time;
    }
}
