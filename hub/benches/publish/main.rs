//! How quickly what is published is answered, beside nginx serving the same bytes as files, in turns on one machine:
//! `cargo bench -p hub --bench publish [-- [ratios] [encodings] [search] [--entries N] [--seconds N]]`.
//!
//! Needs `nginx` (with `ngx_http_gzip_static_module`) and `wrk`, both of which Debian has. Everything listens on loopback and
//! ends with the bench.

#![expect(clippy::print_stdout, reason = "a bench shows its figures")]

mod encodings;
#[path = "../search/entries.rs"]
mod entries;
mod nginx;
mod portal;
mod wrk;

use std::time::Duration;

use anyhow::bail;

use nginx::Nginx;
use portal::Portal;
use wrk::{Asked, per_second};

const CONNECTIONS: u32 = 64;
/// Of each kind, in turns; the machine's other work evens out.
const ROUNDS: usize = 5;
/// Of nginx's answers in a second.
const TARGET: f64 = 0.6;
/// For an uncached search page, at most.
const SEARCH_TARGET: Duration = Duration::from_millis(10);
/// For the ratios, in which how many there are plays no part.
const FEW: usize = 2_000;

const PAGES: [(&str, &str); 3] = [
    ("widget data", "/widget/entries.json"),
    ("home page", "/"),
    ("feed", "/feeds/all.rss"),
];

struct Wanted {
    parts: Vec<String>,
    entries: usize,
    seconds: u64,
}

fn main() -> anyhow::Result<()> {
    let wanted = wanted()?;
    let runs = |part: &str| wanted.parts.is_empty() || wanted.parts.iter().any(|it| it == part);
    if runs("ratios") {
        ratios(wanted.seconds)?;
    }
    if runs("encodings") {
        let portal = Portal::start(FEW)?;
        for (name, path) in PAGES {
            encodings::show(name, &portal.get(path, &[])?.body)?;
        }
    }
    if runs("search") {
        search(wanted.entries)?;
    }
    Ok(())
}

fn wanted() -> anyhow::Result<Wanted> {
    let mut wanted = Wanted {
        parts: Vec::new(),
        entries: 100_000,
        seconds: 3,
    };
    let mut arguments = std::env::args().skip(1).filter(|it| it != "--bench");
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().unwrap_or_default().parse();
        match argument.as_str() {
            "--entries" => wanted.entries = number()?,
            "--seconds" => wanted.seconds = u64::try_from(number()?)?,
            "ratios" | "encodings" | "search" => wanted.parts.push(argument),
            other => bail!(
                "{other} is not known; expected ratios, encodings, search, --entries, --seconds"
            ),
        }
    }
    Ok(wanted)
}

fn ratios(seconds: u64) -> anyhow::Result<()> {
    let portal = Portal::start(FEW)?;
    println!(
        "answers in a second at {CONNECTIONS} connections, gzip, median of {ROUNDS} turns of {seconds} s:"
    );
    for (name, path) in PAGES {
        let gzip = [("accept-encoding", "gzip")];
        let body = portal.get(path, &gzip)?;
        let nginx = Nginx::start(&portal.get(path, &[])?.body, &body.body)?;
        let theirs = nginx.get(&gzip)?;
        anyhow::ensure!(theirs.body == body.body, "nginx serves other bytes");
        let size = body.body.len();
        compare(
            &format!("{name}, {size} bytes"),
            seconds,
            &[
                Asked::new(&portal.url(path), &[]),
                Asked::new(&nginx.url(), &[]),
            ],
        )?;
        compare(
            &format!("{name}, 304"),
            seconds,
            &[
                Asked::new(&portal.url(path), &[("if-none-match", body.etag()?)]),
                Asked::new(&nginx.url(), &[("if-none-match", theirs.etag()?)]),
            ],
        )?;
    }
    Ok(())
}

/// The hub and nginx in turns.
fn compare(what: &str, seconds: u64, asked: &[Asked; 2]) -> anyhow::Result<()> {
    let [mut ours, mut theirs] = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        ours.push(per_second(&asked[0], CONNECTIONS, seconds)?);
        theirs.push(per_second(&asked[1], CONNECTIONS, seconds)?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let ratio = ours / theirs;
    let verdict = if ratio >= TARGET { "ok" } else { "UNDER" };
    println!(
        "  {what:<28} hub {ours:>8.0}   nginx {theirs:>8.0}   ratio {ratio:.2}   target {TARGET}   {verdict}"
    );
    Ok(())
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// Search pages, of which each is asked for the first time.
fn search(count: usize) -> anyhow::Result<()> {
    let portal = Portal::start(count)?;
    let mut times = Vec::new();
    for query in portal.queries() {
        let path = format!("/tim-kiem?{query}");
        let begun = std::time::Instant::now();
        let page = portal.get(&path, &[("accept-encoding", "gzip")])?;
        times.push(begun.elapsed());
        anyhow::ensure!(page.status == 200, "{path} answers {}", page.status);
    }
    times.sort_unstable();
    let at = |hundredths: usize| times[(times.len() - 1) * hundredths / 100];
    let (p50, p95) = (at(50), at(95));
    let verdict = if p95 <= SEARCH_TARGET { "ok" } else { "OVER" };
    println!(
        "uncached search pages of {count} entries, one after the other: median {:.2} ms   p95 {:.2} ms   target {:.0}   {verdict}",
        p50.as_secs_f64() * 1e3,
        p95.as_secs_f64() * 1e3,
        SEARCH_TARGET.as_secs_f64() * 1e3
    );
    Ok(())
}
