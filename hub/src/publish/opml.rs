//! The list of the hub's feeds, one folder for the whole and one for each agency.

use feeds::opml::{Opml, Outline};
use url::Url;

use super::feed::absolute;
use super::view::agency_path;
use super::{Document, FeedFormat, Snapshot};

/// The aggregate's feeds as OPML 2.0: all entries, then agency by agency.
pub fn opml_document(title: &str, public_url: &Url, snapshot: &Snapshot) -> Document {
    let feed = |name: &str, path: &str, page: &str| Outline {
        text: name.to_owned(),
        xml_url: Some(absolute(
            public_url,
            &format!("{path}.{}", FeedFormat::Atom.extension()),
        )),
        html_url: Some(absolute(public_url, page)),
        kind: Some("atom".to_owned()),
        ..Outline::default()
    };
    let agencies = snapshot
        .agencies()
        .iter()
        .filter(|agency| snapshot.entries_of(agency.id) > 0)
        .map(|agency| {
            let path = format!("/feeds/agency/{}", agency.slug);
            feed(&agency.name, &path, &agency_path(&agency.slug))
        })
        .collect();
    let folder = Outline {
        text: "Cơ quan, đơn vị".to_owned(),
        children: agencies,
        ..Outline::default()
    };
    let opml = Opml {
        title: Some(title.to_owned()),
        outlines: vec![feed("Tất cả", "/feeds/all", "/"), folder],
    };
    Document::new("text/x-opml; charset=utf-8", feeds::opml::write(&opml))
}
