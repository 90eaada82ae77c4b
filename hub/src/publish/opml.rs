//! The lists of the hub's feeds: one folder for the whole and one for the agencies, and a list by topics.

use feeds::opml::{Opml, Outline};
use hub_repository::entries::Kind;
use law::vocabulary::Vocabulary;
use url::Url;

use super::feed::absolute;
use super::view::{agency_path, audience_path, field_path, kind_label, kind_path, situation_path};
use super::{Document, FeedFormat, Shows, Snapshot};

/// The aggregate's feeds as OPML 2.0: all entries, then agency by agency.
pub fn opml_document(title: &str, public_url: &Url, snapshot: &Snapshot) -> Document {
    let agencies = snapshot
        .agencies()
        .iter()
        .filter(|agency| snapshot.entries_of(agency.id) > 0)
        .map(|agency| {
            let path = format!("/feeds/agency/{}", agency.slug);
            feed(public_url, &agency.name, &path, &agency_path(&agency.slug))
        })
        .collect();
    let all = feed(public_url, "Tất cả", "/feeds/all", "/");
    document(title, vec![all, folder("Cơ quan, đơn vị", agencies)]).showing(Shows::Entries)
}

/// The feeds by topic as OPML 2.0: legal fields, audiences, situations group by group, kinds.
pub fn topics_opml(title: &str, public_url: &Url, vocabulary: &Vocabulary) -> Document {
    let topic = |folder: &str, slug: &str, label: &str, page: &str| {
        feed(public_url, label, &format!("/feeds/{folder}/{slug}"), page)
    };
    let fields = vocabulary.fields.iter();
    let fields = fields.map(|it| topic("field", &it.slug, &it.label, &field_path(&it.slug)));
    let audiences = vocabulary.audiences.iter();
    let audiences =
        audiences.map(|it| topic("audience", &it.slug, &it.label, &audience_path(&it.slug)));
    let situations = vocabulary.situations.iter().map(|group| {
        let items = group.items.iter();
        let items =
            items.map(|it| topic("situation", &it.slug, &it.label, &situation_path(&it.slug)));
        folder(&group.label, items.collect())
    });
    let kinds = Kind::ALL.iter();
    let kinds = kinds.map(|kind| topic("kind", kind.as_str(), kind_label(*kind), kind_path(*kind)));
    let folders = vec![
        folder("Lĩnh vực", fields.collect()),
        folder("Đối tượng", audiences.collect()),
        folder("Tình huống", situations.collect()),
        folder("Loại bài", kinds.collect()),
    ];
    document(title, folders).showing(Shows::only([]))
}

fn document(title: &str, outlines: Vec<Outline>) -> Document {
    let opml = Opml {
        title: Some(title.to_owned()),
        outlines,
    };
    Document::new("text/x-opml; charset=utf-8", feeds::opml::write(&opml))
}

fn folder(name: &str, children: Vec<Outline>) -> Outline {
    Outline {
        text: name.to_owned(),
        children,
        ..Outline::default()
    }
}

/// A feed at a path without its extension, and the page that shows the same.
fn feed(public_url: &Url, name: &str, path: &str, page: &str) -> Outline {
    let file = format!("{path}.{}", FeedFormat::Atom.extension());
    Outline {
        text: name.to_owned(),
        xml_url: Some(absolute(public_url, &file)),
        html_url: Some(absolute(public_url, page)),
        kind: Some("atom".to_owned()),
        ..Outline::default()
    }
}
