//! Whether hostile feeds keep healthy ones waiting: `cargo bench -p hub --bench hostile`.
//!
//! The same healthy feeds are harvested alone and mixed with hostile ones, in turns, each time into a new repository, twice:
//! when nothing is known of any of them, and when the hostile ones have failed before. What is compared is how long after
//! the start of the pass the healthy ones were stored; in the second pass all their entries have changed.

#![expect(clippy::print_stdout, reason = "a bench shows its figures")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hub::app;
use hub::config::Settings;
use hub::harvest::pass::Which;
use hub_repository::agencies::{self, NewAgency};
use hub_repository::{Scope, StoreError, Timestamp, feeds};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const HEALTHY: usize = 250;
/// Departments have hosts of their own.
const HEALTHY_HOSTS: usize = 50;
/// More than there are turns in all, each on a host of its own.
const HOSTILE: usize = 100;
/// Of these, how many are there when nothing is known of any feed: then nobody can be told from the others, and as many
/// that hang as there are turns would keep all waiting.
const HOSTILE_AND_UNKNOWN: usize = 40;
const ENTRIES: usize = 50;
/// Of each kind; the machine's other work evens out.
const PASSES: usize = 3;
/// In per cent.
const TARGET: f64 = 10.0;

fn main() -> anyhow::Result<()> {
    hub::memory::give_back_large_blocks();
    let sites = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let edition = Arc::new(AtomicUsize::new(0));
    let urls = sites.block_on(start_sites(&edition))?;
    let hub = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    println!("{HEALTHY} healthy feeds, stored after (p95, median of {PASSES} passes):");
    for (hostile, known) in [(HOSTILE_AND_UNKNOWN, false), (HOSTILE, true)] {
        let (mut alone, mut mixed) = (Vec::new(), Vec::new());
        for _ in 0..PASSES {
            alone.push(hub.block_on(harvest(&urls[..HEALTHY], known, &edition))?);
            mixed.push(hub.block_on(harvest(&urls[..HEALTHY + hostile], known, &edition))?);
        }
        let (alone, mixed) = (median(alone), median(mixed));
        let change = (mixed / alone - 1.0) * 100.0;
        let known = if known {
            "have failed before"
        } else {
            "are new, as all are"
        };
        println!("  alone                   {:>7.0} ms", alone * 1000.0);
        println!(
            "  with {hostile:>3} hostile feeds  {:>7.0} ms, which {known}",
            mixed * 1000.0
        );
        println!("  change                  {change:>+7.1} %   target: {TARGET:+} % at most");
    }
    Ok(())
}

/// The seconds after which 95 of 100 healthy feeds were stored: the first time, or when all are `known` and every entry
/// has changed.
async fn harvest(urls: &[String], known: bool, edition: &AtomicUsize) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let settings = Settings {
        data_dir: Some(folder.path().to_owned()),
        outbound_allow: Some(vec!["127.0.1.0/24".to_owned(), "127.0.2.0/24".to_owned()]),
        ..Settings::default()
    };
    let config = settings.load()?.config;
    let db = app::open_repository(&config).await?;
    // Mixed as chance would.
    let (healthy, hostile) = urls.split_at(HEALTHY);
    let between = HEALTHY / hostile.len().max(1);
    let mut hostile = hostile.iter();
    let mut all = Vec::new();
    for (number, url) in healthy.iter().enumerate() {
        if number % between == 0 {
            all.extend(hostile.next().cloned());
        }
        all.push(url.clone());
    }
    db.run(move |conn| {
        conn.write(|conn| {
            let now = Timestamp::now();
            for (number, url) in all.iter().enumerate() {
                let slug = format!("a{number}");
                let new = NewAgency {
                    slug: &slug,
                    name: &slug,
                    parent_id: None,
                    valid_from: None,
                    valid_until: None,
                    homepage: None,
                };
                let agency = agencies::add(conn, &Scope::Province, &new)?.id;
                feeds::add(conn, &Scope::Province, agency, url, now)?;
            }
            Ok::<_, StoreError>(())
        })
    })
    .await?;
    let harvester = app::harvester(&config, db).await?;
    if known {
        harvester.pass(Which::All, |_| {}).await?;
        edition.fetch_add(1, Ordering::Relaxed);
    }
    let started = Instant::now();
    let mut stored = Vec::new();
    harvester
        .pass(Which::All, |end| {
            if end.url.starts_with("http://127.0.1.") {
                stored.push(started.elapsed().as_secs_f64());
            }
        })
        .await?;
    anyhow::ensure!(stored.len() == HEALTHY, "{} were harvested", stored.len());
    stored.sort_by(f64::total_cmp);
    Ok(stored[HEALTHY * 95 / 100])
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The addresses of the healthy feeds, then those of the hostile ones.
async fn start_sites(edition: &Arc<AtomicUsize>) -> anyhow::Result<Vec<String>> {
    let mut hosts = Vec::new();
    for host in 1..=HEALTHY_HOSTS {
        let (listener, url) = listen([127, 0, 1, u8::try_from(host)?]).await?;
        let edition = Arc::clone(edition);
        serve(listener, move |stream| {
            healthy(stream, Arc::clone(&edition))
        });
        hosts.push(url);
    }
    let mut urls: Vec<String> = (0..HEALTHY)
        .map(|number| format!("{}{number}", hosts[number % HEALTHY_HOSTS]))
        .collect();
    for host in 1..=HOSTILE {
        let (listener, url) = listen([127, 0, 2, u8::try_from(host)?]).await?;
        match host % 4 {
            0 => serve(listener, silent),
            1 => serve(listener, dripping),
            2 => serve(listener, endless),
            _ => serve(listener, broken),
        }
        urls.push(url);
    }
    Ok(urls)
}

async fn listen(ip: [u8; 4]) -> anyhow::Result<(TcpListener, String)> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::from(ip), 0))).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    Ok((listener, url))
}

fn serve<Answer>(listener: TcpListener, answer: impl Fn(TcpStream) -> Answer + Send + 'static)
where
    Answer: Future<Output = std::io::Result<()>> + Send + 'static,
{
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
}

async fn healthy(mut stream: TcpStream, edition: Arc<AtomicUsize>) -> std::io::Result<()> {
    let mut request = Vec::new();
    while stream.read_buf(&mut request).await? > 0 {
        if request.ends_with(b"\r\n\r\n") {
            request.clear();
            let feed = document(edition.load(Ordering::Relaxed));
            let length = feed.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: {length}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(feed.as_bytes()).await?;
        }
    }
    Ok(())
}

/// Accepts and never answers.
async fn silent(_stream: TcpStream) -> std::io::Result<()> {
    std::future::pending().await
}

/// Answers a byte at a time.
async fn dripping(mut stream: TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n<rss>").await?;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        stream.write_all(b" ").await?;
    }
}

/// Answers without end.
async fn endless(mut stream: TcpStream) -> std::io::Result<()> {
    stream
        .write_all(b"HTTP/1.1 200 OK\r\n\r\n<rss><channel><title>")
        .await?;
    let text = "A".repeat(65_536);
    loop {
        stream.write_all(text.as_bytes()).await?;
    }
}

/// Breaks off.
async fn broken(mut stream: TcpStream) -> std::io::Result<()> {
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<rss>")
        .await
}

fn document(edition: usize) -> String {
    let text =
        "Ủy ban nhân dân tỉnh ban hành quyết định về phổ biến, giáo dục pháp luật. ".repeat(20);
    let items: Vec<String> = (0..ENTRIES)
        .map(|n| {
            format!(
                "<item><title>Tin pháp luật số {n}</title><guid isPermaLink=\"false\">tin-{n}</guid>\
                 <link>https://so.example.vn/tin/{n}</link><description>{edition} {text}</description></item>"
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><rss version=\"2.0\"><channel><title>Sở</title>\
         <link>https://so.example.vn/</link><description>x</description>{}</channel></rss>",
        items.concat()
    )
}
