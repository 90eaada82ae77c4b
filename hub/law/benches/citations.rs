//! How fast citations are read: `cargo bench -p law --bench citations`.
//!
//! Texts are the entries of `../shared/domain/corpus.jsonl` and the sentences of `citations.jsonl`, over and over, and
//! hostile ones made to take long. Each is read in two lengths: what is linear has one speed.

#![expect(clippy::print_stdout, reason = "a bench shows its figures")]
#![expect(clippy::unwrap_used, reason = "a bench may stop")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use law::citations::Gazetteer;
use law::vocabulary;

/// The best of so many counts; the machine's other work evens out.
const PASSES: usize = 5;
const SHORT: usize = 1 << 20;
const LONG: usize = 1 << 23;
/// Megabytes a second on one core.
const TARGET: f64 = 20.0;

fn main() {
    let start = Instant::now();
    let gazetteer = Gazetteer::new(&vocabulary::starting().unwrap()).unwrap();
    println!(
        "compiled the vocabulary in {:.1} ms",
        millis(start.elapsed())
    );
    println!("MB/s on one core, in texts of 1 and of 8 MiB; the target is {TARGET}");
    let entries = shared("corpus.jsonl", "body_html");
    let sentences = shared("citations.jsonl", "text");
    measure(&gazetteer, "entries of agencies", &entries);
    measure(&gazetteer, "citations only", &sentences);
    for hostile in [
        "1/",
        "1",
        "1/2024/",
        "1/2024/NĐ-CP",
        "Điều ",
        "Điều 1, ",
        "khoản 1 và ",
        "điểm a khoản 1 Điều 1; ",
        "Luật này ",
        "Điều 1 Luật này ",
        "Luật Đất đai ",
        "luật sửa đổi, bổ sung một số điều của luật bảo hiểm y tếx",
        "Công văn số ",
        "của Bộ Tư pháp ",
        "://",
        "a\u{301}",
        "\u{200b}",
        "Điều này ",
        "NĐ-CP/NĐ-CP",
        "1 / - ",
        "Nghị định 1 năm ",
        ", ",
        "ĐĐĐĐ/",
    ] {
        measure(&gazetteer, hostile, hostile);
    }
}

fn measure(gazetteer: &Gazetteer, name: &str, part: &str) {
    let [short, long] = [SHORT, LONG].map(|length| {
        let text = part.repeat(length / part.len() + 1);
        let mut found = 0;
        let best = (0..PASSES).map(|_| {
            let start = Instant::now();
            found = black_box(gazetteer.citations(black_box(&text))).len();
            start.elapsed()
        });
        let best = best.min().unwrap_or_default();
        (megabytes(text.len()) / best.as_secs_f64(), found)
    });
    let name = name.escape_debug();
    println!(
        "  {:>7.0} {:>7.0}  {name} ({} found in 1 MiB)",
        short.0, long.0, short.1
    );
}

/// A member of all lines of a shared file.
fn shared(name: &str, member: &str) -> String {
    let path = format!(
        "{}/../../../shared/domain/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    let lines = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("the domain's data must stand at {path}: {error}"));
    let mut text = String::new();
    for line in lines.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        text.push_str(line[member].as_str().unwrap_or_default());
        text.push('\n');
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "lengths are far below 2⁵³")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
