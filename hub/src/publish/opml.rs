//! The list of the hub's feeds, one folder for the whole and one for each agency.

use feeds::opml::{Opml, Outline};
use url::Url;

use super::feed::absolute;
use super::view::agency_path;
use super::{Document, FeedFormat, Snapshot};

/// The aggregate's feeds as OPML 2.0: all entries, then agency by agency.
pub fn opml_document(title: &str, public_url: &Url, snapshot: &Snapshot) -> Document {
    let feed = |name: &str, path: String, page: String| {
        Outline::feed(
            name,
            &absolute(
                public_url,
                &format!("{path}.{}", FeedFormat::Atom.extension()),
            ),
            Some(&absolute(public_url, &page)),
        )
    };
    let agencies = snapshot
        .agencies()
        .iter()
        .filter(|agency| snapshot.entries_of(agency.id) > 0)
        .map(|agency| {
            feed(
                &agency.name,
                format!("/feeds/agency/{}", agency.slug),
                agency_path(&agency.slug),
            )
        })
        .collect();
    let opml = Opml {
        title: Some(title.to_owned()),
        outlines: vec![
            feed("Tất cả", "/feeds/all".to_owned(), "/".to_owned()),
            Outline::folder("Cơ quan, đơn vị", agencies),
        ],
        ..Opml::default()
    };
    Document::new("text/x-opml; charset=utf-8", feeds::opml::write(&opml))
}
