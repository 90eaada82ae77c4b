//! OPML 2.0: lists of feeds, with folders and every attribute kept.
//!
//! ```
//! use feeds::opml;
//! let document = r#"<opml version="2.0"><body><outline text="Các sở">
//!     <outline text="Sở Tư pháp" xmlUrl="https://stp.example.vn/rss" ghi-chu="cũ"/></outline></body></opml>"#;
//! let list = opml::read(document.as_bytes())?;
//! let (folders, feed) = &list.feeds()[0];
//! assert_eq!((folders.as_slice(), feed.xml_url.as_deref()), (&["Các sở"][..], Some("https://stp.example.vn/rss")));
//! assert_eq!(opml::read(opml::write(&list).as_bytes())?, list);
//! # Ok::<(), opml::NotOpml>(())
//! ```

use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};
use thiserror::Error;

use crate::html;
use crate::problem::Problems;
use crate::write::clean;

/// Folders nest no deeper; what is deeper is taken up to that level.
const DEEPEST: usize = 32;

/// What an outline keeps beside the attributes that OPML names; more is nobody's list of feeds.
const MOST_OTHERS: usize = 64;

/// A list of feeds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opml {
    /// `title`.
    pub title: Option<String>,
    /// What stands at the top, in document order.
    pub outlines: Vec<Outline>,
}

/// A feed, or a folder of outlines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// `text`: what is shown.
    pub text: String,
    /// `title`.
    pub title: Option<String>,
    /// The feed's address; a folder has none.
    pub xml_url: Option<String>,
    /// `htmlUrl`: the site that the feed belongs to.
    pub html_url: Option<String>,
    /// `rss` for feeds of every dialect.
    pub kind: Option<String>,
    /// Whatever else was written, in its order; the first 64.
    pub others: Vec<(String, String)>,
    /// What stands in the folder.
    pub children: Vec<Outline>,
}

/// Why a document is no list of feeds.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotOpml {
    /// Nothing, or white space.
    #[error("the file is empty; expected an OPML document with <outline xmlUrl=\"…\"> elements")]
    Empty,
    /// A document without an `opml` element.
    #[error("this is no OPML document; expected <opml> with <outline xmlUrl=\"…\"> elements")]
    OtherDocument,
    /// XML that cannot be read on.
    #[error("the OPML document cannot be read near byte {position}: {cause}")]
    Malformed {
        /// The byte near which reading ended.
        position: u64,
        /// Why, in words.
        cause: String,
    },
}

impl Opml {
    /// Every feed with the names of the folders that it stands in, outermost first.
    pub fn feeds(&self) -> Vec<(Vec<&str>, &Outline)> {
        let mut found = Vec::new();
        let mut open: Vec<(Vec<&str>, &Outline)> = self
            .outlines
            .iter()
            .rev()
            .map(|outline| (Vec::new(), outline))
            .collect();
        while let Some((folders, outline)) = open.pop() {
            if outline.xml_url.is_some() {
                found.push((folders.clone(), outline));
            }
            for child in outline.children.iter().rev() {
                let mut folders = folders.clone();
                folders.push(&outline.text);
                open.push((folders, child));
            }
        }
        found
    }
}

/// Reads an OPML document of any version.
pub fn read(bytes: &[u8]) -> Result<Opml, NotOpml> {
    let (text, _) = crate::encoding::decode(bytes, None, &mut Problems::default());
    let text = text.trim_start();
    if text.is_empty() {
        return Err(NotOpml::Empty);
    }
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_dangling_amp = true;
    config.allow_unmatched_ends = true;
    let mut opml = Opml::default();
    let mut folders: Vec<Outline> = Vec::new();
    // Outlines beyond the depth limit that are open.
    let mut beyond = 0_usize;
    let (mut is_opml, mut in_title) = (false, false);
    loop {
        let event = reader.read_event().map_err(|error| NotOpml::Malformed {
            position: reader.error_position(),
            cause: error.to_string(),
        })?;
        match event {
            Event::Start(tag) if is(tag.name().as_ref(), "outline") => {
                if folders.len() < DEEPEST {
                    folders.push(outline(&tag));
                } else {
                    beyond += 1;
                    add(&mut opml, &mut folders, outline(&tag));
                }
            }
            Event::Empty(tag) if is(tag.name().as_ref(), "outline") => {
                add(&mut opml, &mut folders, outline(&tag));
            }
            Event::End(tag) if is(tag.name().as_ref(), "outline") => {
                if beyond > 0 {
                    beyond -= 1;
                } else if let Some(done) = folders.pop() {
                    add(&mut opml, &mut folders, done);
                }
            }
            Event::Start(tag) if is(tag.name().as_ref(), "opml") => is_opml = true,
            Event::Start(tag) => in_title = is(tag.name().as_ref(), "title"),
            Event::End(_) => in_title = false,
            Event::Text(piece) if in_title => {
                let piece = String::from_utf8_lossy(&piece);
                opml.title.get_or_insert_default().push_str(&piece);
            }
            Event::CData(piece) if in_title => {
                let piece = String::from_utf8_lossy(&piece);
                opml.title.get_or_insert_default().push_str(&piece);
            }
            Event::GeneralRef(reference) if in_title => {
                let name = String::from_utf8_lossy(&reference);
                let title = opml.title.get_or_insert_default();
                match html::reference(&name) {
                    Some(referenced) => referenced.push_to(title),
                    None => title.extend(["&", &*name, ";"]),
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    while let Some(done) = folders.pop() {
        add(&mut opml, &mut folders, done);
    }
    if !is_opml && opml.outlines.is_empty() {
        return Err(NotOpml::OtherDocument);
    }
    opml.title = opml
        .title
        .map(|title| clean(&title).trim().to_owned())
        .filter(|title| !title.is_empty());
    Ok(opml)
}

/// Writes OPML 2.0.
pub fn write(opml: &Opml) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let mut put = |event: Event<'_>| {
        // Writing to memory does not fail.
        let _ = writer.write_event(event);
    };
    put(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
    put(Event::Start(
        BytesStart::new("opml").with_attributes([("version", "2.0")]),
    ));
    put(Event::Start(BytesStart::new("head")));
    if let Some(title) = &opml.title {
        put(Event::Start(BytesStart::new("title")));
        put(Event::Text(BytesText::new(&clean(title))));
        put(Event::End(BytesEnd::new("title")));
    }
    put(Event::End(BytesEnd::new("head")));
    put(Event::Start(BytesStart::new("body")));
    // What is still to be written, last first; `None` ends a folder.
    let mut open: Vec<Option<&Outline>> = opml.outlines.iter().rev().map(Some).collect();
    while let Some(next) = open.pop() {
        let Some(outline) = next else {
            put(Event::End(BytesEnd::new("outline")));
            continue;
        };
        let tag = tag(outline);
        if outline.children.is_empty() {
            put(Event::Empty(tag));
        } else {
            put(Event::Start(tag));
            open.push(None);
            open.extend(outline.children.iter().rev().map(Some));
        }
    }
    put(Event::End(BytesEnd::new("body")));
    put(Event::End(BytesEnd::new("opml")));
    String::from_utf8(writer.into_inner()).unwrap_or_default()
}

fn is(name: &[u8], expected: &str) -> bool {
    name.eq_ignore_ascii_case(expected.as_bytes())
}

fn add(opml: &mut Opml, folders: &mut [Outline], outline: Outline) {
    match folders.last_mut() {
        Some(folder) => folder.children.push(outline),
        None => opml.outlines.push(outline),
    }
}

fn outline(tag: &BytesStart<'_>) -> Outline {
    let mut outline = Outline::default();
    let text = String::from_utf8_lossy(tag.attributes_raw());
    for (name, value) in html::attributes(&text) {
        let value = clean(&html::decode_entities(value)).trim().to_owned();
        match name {
            "text" => outline.text = value,
            "title" => outline.title = Some(value),
            "xmlUrl" | "xmlurl" | "xmlURL" => {
                outline.xml_url = Some(value).filter(|url| !url.is_empty());
            }
            "htmlUrl" | "htmlurl" | "htmlURL" => {
                outline.html_url = Some(value).filter(|url| !url.is_empty());
            }
            "type" => outline.kind = Some(value),
            _ if outline.others.len() < MOST_OTHERS
                && is_name(name)
                && outline.others.iter().all(|(known, _)| known != name) =>
            {
                outline.others.push((name.to_owned(), value));
            }
            _ => {}
        }
    }
    if outline.text.is_empty() {
        outline.text = outline.title.clone().unwrap_or_default();
    }
    outline
}

/// Whether the attribute's name can be written again; the reader is more lenient than XML is.
fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte))
        && !name.starts_with("xmlns")
}

fn tag(outline: &Outline) -> BytesStart<'static> {
    let known = [
        ("text", Some(&outline.text)),
        ("title", outline.title.as_ref()),
        ("type", outline.kind.as_ref()),
        ("xmlUrl", outline.xml_url.as_ref()),
        ("htmlUrl", outline.html_url.as_ref()),
    ];
    let known = known
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?.as_str())));
    let others = outline
        .others
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let mut tag = BytesStart::new("outline");
    for (name, value) in known.chain(others) {
        tag.push_attribute((name, clean(value).as_ref()));
    }
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_attributes_are_kept() {
        let document = r#"<?xml version="1.0"?><opml version="1.1"><head><title>Sở &amp; ngành</title></head><body>
            <outline text="so-tu-phap" title="Sở Tư pháp"><outline text="Tin" type="rss" xmlUrl="https://a.vn/rss?a=1&amp;b=2" htmlUrl="https://a.vn" category="/luat"/></outline>
            <outline text="Rời" xmlUrl="https://b.vn/atom"/></body></opml>"#;
        let opml = read(document.as_bytes()).unwrap();
        assert_eq!(opml.title.as_deref(), Some("Sở & ngành"));
        let feeds = opml.feeds();
        assert_eq!(feeds.len(), 2);
        assert_eq!(feeds[0].0, ["so-tu-phap"]);
        assert_eq!(
            feeds[0].1.xml_url.as_deref(),
            Some("https://a.vn/rss?a=1&b=2")
        );
        assert_eq!(
            feeds[0].1.others,
            [("category".to_owned(), "/luat".to_owned())]
        );
        assert_eq!(read(write(&opml).as_bytes()), Ok(opml));
    }

    #[test]
    fn what_xml_does_not_allow_is_dropped() {
        let list = read(b"<opml><head><title>a&#1;</title></head><body><outline text='b\x01&#x1;'/></body></opml>").unwrap();
        assert_eq!(list.title.as_deref(), Some("a"));
        assert_eq!(list.outlines[0].text, "b");
        assert_eq!(read(write(&list).as_bytes()), Ok(list));
    }

    #[test]
    fn other_documents_are_refused() {
        assert_eq!(read(b" "), Err(NotOpml::Empty));
        assert_eq!(read(b"<rss><channel/></rss>"), Err(NotOpml::OtherDocument));
        assert!(matches!(
            read(b"<opml><body><outline text='"),
            Err(NotOpml::Malformed { .. })
        ));
    }
}
