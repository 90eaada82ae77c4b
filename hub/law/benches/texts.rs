//! How long the pure work on one text takes, and how much it finds. `cargo bench -p law --bench texts`.
#![expect(clippy::print_stdout, reason = "a bench shows its figures")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use law::text::diff;

fn main() {
    differences();
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
