//! Feed documents as departments publish them.

/// An RSS 2.0 feed with an item for each `(guid, title)`.
pub fn rss(items: &[(&str, &str)]) -> String {
    let items: Vec<_> = items
        .iter()
        .map(|(guid, title)| item(guid, title))
        .collect();
    channel(&items.concat())
}

/// An RSS 2.0 feed with `count` items whose guids and titles start with `prefix`.
pub fn long_rss(prefix: &str, count: usize) -> String {
    let items: Vec<_> = titles(prefix, count)
        .into_iter()
        .enumerate()
        .map(|(number, title)| (format!("{prefix}-{number}"), title))
        .collect();
    let items: Vec<_> = items
        .iter()
        .map(|(guid, title)| (guid.as_str(), title.as_str()))
        .collect();
    rss(&items)
}

/// The titles of [`long_rss`], sorted.
pub fn titles(prefix: &str, count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("Tin {prefix} số {number:04}"))
        .collect()
}

/// A well-formed RSS feed of more than `bytes` bytes.
pub fn huge_rss(bytes: usize) -> String {
    let item = format!(
        "<item><title>Tin dài</title><description>{}</description></item>\n",
        "pháp luật ".repeat(80_000)
    );
    channel(&item.repeat(bytes / item.len() + 1))
}

fn item(guid: &str, title: &str) -> String {
    format!(
        "<item><title>{title}</title><guid isPermaLink=\"false\">{guid}</guid>\
         <link>https://stp.example.vn/tin/{guid}</link>\
         <pubDate>Mon, 23 Nov 2026 08:30:00 +0700</pubDate>\
         <description>Nội dung của {title}.</description></item>\n"
    )
}

/// An RSS 2.0 feed around items that are written already.
pub fn channel(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\"><channel>\
         <title>Sở Tư pháp</title><link>https://stp.example.vn</link>\
         <description>Phổ biến pháp luật</description>\n{items}</channel></rss>\n"
    )
}
