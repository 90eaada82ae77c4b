//! Whether hostile feeds keep healthy ones waiting: `cargo bench -p hub --bench hostile`.
//!
//! The same healthy feeds are harvested alone and mixed with hostile ones, in turns, each time into a new repository;
//! what is compared is how long after the start of the pass they were stored.

#![expect(clippy::print_stdout, reason = "a bench shows its figures")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
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
/// As many as one in six, each on a host of its own.
const HOSTILE: usize = 40;
const ENTRIES: usize = 50;
/// Of each kind; the machine's other work evens out.
const PASSES: usize = 3;
/// In per cent.
const TARGET: f64 = 10.0;

fn main() -> anyhow::Result<()> {
    let sites = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let urls = sites.block_on(start_sites())?;
    let hub = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let (mut alone, mut mixed) = (Vec::new(), Vec::new());
    for _ in 0..PASSES {
        alone.push(hub.block_on(harvest(&urls[..HEALTHY]))?);
        mixed.push(hub.block_on(harvest(&urls))?);
    }
    let (alone, mixed) = (median(alone), median(mixed));
    let change = (mixed / alone - 1.0) * 100.0;
    println!("{HEALTHY} healthy feeds, stored after (p95, median of {PASSES} passes):");
    println!("  alone                  {:>7.0} ms", alone * 1000.0);
    println!("  with {HOSTILE} hostile feeds  {:>7.0} ms", mixed * 1000.0);
    println!("  change                 {change:>+7.1} %   target: {TARGET:+} % at most");
    Ok(())
}

/// The seconds after which 95 of 100 healthy feeds were stored.
async fn harvest(urls: &[String]) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let settings = Settings {
        data_dir: Some(folder.path().to_owned()),
        outbound_allow: Some(vec!["127.0.1.0/24".to_owned(), "127.0.2.0/24".to_owned()]),
        ..Settings::default()
    };
    let config = settings.load()?.config;
    let db = app::open_repository(&config).await?;
    // Mixed as chance would: every seventh feed is hostile where there are any.
    let (healthy, hostile) = urls.split_at(HEALTHY);
    let mut hostile = hostile.iter();
    let mut all = Vec::new();
    for (number, url) in healthy.iter().enumerate() {
        if number % 6 == 0 {
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
    let started = Instant::now();
    let mut stored = Vec::new();
    let harvester = app::harvester(&config, db)?;
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
async fn start_sites() -> anyhow::Result<Vec<String>> {
    let feed: Arc<str> = document().into();
    let mut hosts = Vec::new();
    for host in 1..=HEALTHY_HOSTS {
        let (listener, url) = listen([127, 0, 1, u8::try_from(host)?]).await?;
        let feed = Arc::clone(&feed);
        serve(listener, move |stream| healthy(stream, Arc::clone(&feed)));
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

async fn healthy(mut stream: TcpStream, feed: Arc<str>) -> std::io::Result<()> {
    let mut request = Vec::new();
    while stream.read_buf(&mut request).await? > 0 {
        if request.ends_with(b"\r\n\r\n") {
            request.clear();
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

fn document() -> String {
    let text =
        "Ủy ban nhân dân tỉnh ban hành quyết định về phổ biến, giáo dục pháp luật. ".repeat(20);
    let items: Vec<String> = (0..ENTRIES)
        .map(|n| {
            format!(
                "<item><title>Tin pháp luật số {n}</title><guid isPermaLink=\"false\">tin-{n}</guid>\
                 <link>https://so.example.vn/tin/{n}</link><description>{text}</description></item>"
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><rss version=\"2.0\"><channel><title>Sở</title>\
         <link>https://so.example.vn/</link><description>x</description>{}</channel></rss>",
        items.concat()
    )
}
