//! The interface for library harvesters, as a harvester uses it.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::Request;
use hub_repository::entries::NewEntry;
use serde_json::json;

use super::{TestHub, entry};

/// What stands between tags of a name, in order.
fn texts<'x>(xml: &'x str, name: &str) -> Vec<&'x str> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let mut found = Vec::new();
    let mut rest = xml;
    while let Some(at) = rest.find(&open) {
        rest = &rest[at + open.len()..];
        let Some(begin) = rest.strip_prefix('>').or_else(|| {
            let (attributes, text) = rest.split_once('>')?;
            attributes.starts_with(' ').then_some(text)
        }) else {
            continue;
        };
        let end = begin
            .find(&close)
            .unwrap_or_else(|| panic!("{name} does not end: {xml}"));
        found.push(&begin[..end]);
        rest = &begin[end..];
    }
    found
}

/// The headers of a list by their identifiers.
type Headers = BTreeMap<String, String>;

impl TestHub {
    async fn oai(&self, query: &str) -> String {
        let answer = self.get(&format!("/oai?{query}")).await;
        assert_eq!(answer.status, 200, "{query}");
        assert_eq!(answer.header("content-type"), "text/xml; charset=utf-8");
        assert!(is_xml(&answer.body), "{query}: {}", answer.body);
        answer.body
    }

    /// Harvests a list to its end: headers, and the text of all pages.
    async fn list(&self, query: &str) -> (Headers, Vec<String>) {
        let verb = query.split('&').next().unwrap().to_owned();
        let mut headers = Headers::new();
        let (mut query, mut pages, mut size) = (query.to_owned(), Vec::new(), None);
        loop {
            let page = self.oai(&query).await;
            let again = self.oai(&query).await;
            assert_eq!(
                texts(&page, "header"),
                texts(&again, "header"),
                "who asks again gets the same"
            );
            for header in texts(&page, "header") {
                let id = texts(header, "identifier")[0].to_owned();
                assert_eq!(
                    headers.insert(id.clone(), header.to_owned()),
                    None,
                    "{id} twice"
                );
            }
            let Some(token) = texts(&page, "resumptionToken").pop() else {
                assert!(pages.is_empty());
                return (headers, vec![page]);
            };
            let of_list = page
                .split("completeListSize=\"")
                .nth(1)
                .unwrap()
                .split('"')
                .next();
            assert_eq!(
                *size.get_or_insert(of_list.unwrap().to_owned()),
                of_list.unwrap()
            );
            let token = token.to_owned();
            pages.push(page);
            if token.is_empty() {
                return (headers, pages);
            }
            query = format!("{verb}&resumptionToken={token}");
        }
    }

    async fn problem(&self, query: &str) -> String {
        let answer = self.oai(query).await;
        let code = answer
            .split("<error code=\"")
            .nth(1)
            .unwrap_or_else(|| panic!("{query}: {answer}"));
        code.split('"').next().unwrap().to_owned()
    }
}

/// Whether it is well-formed, and without the characters that XML does not allow.
fn is_xml(text: &str) -> bool {
    let mut reader = quick_xml::Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(quick_xml::events::Event::Eof) => {
                return feeds::write::clean(text) == text;
            }
            Ok(quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag))
                if tag.attributes().any(|attribute| attribute.is_err()) =>
            {
                return false;
            }
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

fn many(count: usize) -> Vec<NewEntry> {
    (0..count)
        .map(|n| {
            let mut one = entry(&format!("{n}"), &format!("Bài <{n}> & \u{1}khác"));
            if n % 2 == 0 {
                one.legal =
                    json!({ "basis": [{ "instrument": "31/2024/QH15", "article": "Điều 3" }] });
            }
            one
        })
        .collect()
}

#[tokio::test]
async fn a_harvester_gets_everything_once_and_withdrawals_too() {
    let hub = TestHub::new().await;
    assert_eq!(
        hub.problem("verb=ListRecords&metadataPrefix=oai_dc").await,
        "noRecordsMatch"
    );
    hub.harvest(many(230), &[]).await;
    hub.harvest(Vec::new(), &["7", "8"]).await;

    let (all, pages) = hub.list("verb=ListRecords&metadataPrefix=oai_dc").await;
    assert_eq!((all.len(), pages.len()), (230, 3));
    for other in [
        "verb=ListRecords&metadataPrefix=legal",
        "verb=ListIdentifiers&metadataPrefix=oai_dc",
    ] {
        assert_eq!(hub.list(other).await.0, all, "{other}");
    }
    let pages = pages.concat();
    assert_eq!(pages.matches("<header status=\"deleted\">").count(), 2);
    assert_eq!(texts(&pages, "metadata").len(), 228);
    assert!(pages.contains("<dc:title>Bài &#60;0&#62; &#38; khác</dc:title>"));

    // Each set has exactly those that say so, and they are all listed.
    let sets = hub.oai("verb=ListSets").await;
    let listed: BTreeSet<&str> = texts(&sets, "setSpec").into_iter().collect();
    let mut in_sets: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (id, header) in &all {
        for set in texts(header, "setSpec") {
            assert!(listed.contains(set), "{set}");
            in_sets.entry(set).or_default().insert(id);
        }
    }
    assert!(in_sets.len() >= 2, "{in_sets:?}");
    for (set, ids) in in_sets {
        let (of_set, _) = hub
            .list(&format!(
                "verb=ListIdentifiers&metadataPrefix=oai_dc&set={set}"
            ))
            .await;
        assert_eq!(
            of_set.keys().map(String::as_str).collect::<BTreeSet<_>>(),
            ids,
            "{set}"
        );
    }

    // Both ends of a time count.
    let stamps: BTreeSet<&str> = all
        .values()
        .map(|header| texts(header, "datestamp")[0])
        .collect();
    let (earliest, latest) = (stamps.first().unwrap(), stamps.last().unwrap());
    let range =
        format!("verb=ListIdentifiers&metadataPrefix=oai_dc&from={earliest}&until={latest}");
    assert_eq!(hub.list(&range).await.0, all);
    for stamp in &stamps {
        let range =
            format!("verb=ListIdentifiers&metadataPrefix=oai_dc&from={stamp}&until={stamp}");
        let of_second = all
            .values()
            .filter(|header| texts(header, "datestamp")[0] == *stamp)
            .count();
        assert_eq!(hub.list(&range).await.0.len(), of_second, "{stamp}");
    }
    let identify = hub.oai("verb=Identify").await;
    assert!(texts(&identify, "earliestDatestamp")[0] <= *earliest);
    assert_eq!(texts(&identify, "deletedRecord"), ["persistent"]);
    assert_eq!(
        texts(&identify, "baseURL"),
        ["https://phapluat.example/oai"]
    );

    for (id, header) in all.iter().take(20) {
        let record = hub
            .oai(&format!(
                "verb=GetRecord&metadataPrefix=legal&identifier={id}"
            ))
            .await;
        assert_eq!(texts(&record, "header"), [header.as_str()]);
    }
}

#[tokio::test]
async fn a_change_during_a_harvest_loses_and_doubles_nothing() {
    let hub = TestHub::new().await;
    hub.harvest(many(150), &[]).await;
    let first = hub.oai("verb=ListRecords&metadataPrefix=oai_dc").await;
    let mut changed = many(150);
    for n in [9, 120] {
        changed[n].title = "Khác".to_owned();
        changed[n].content_hash = "khác".to_owned();
    }
    changed.retain(|one| !["8", "140"].contains(&one.identity.as_str()));
    changed.push(entry("new", "Mới"));
    hub.harvest(changed, &["8", "140"]).await;
    let token = texts(&first, "resumptionToken")[0];
    let rest = hub
        .oai(&format!("verb=ListRecords&resumptionToken={token}"))
        .await;
    let ids = |page: &str| -> Vec<String> {
        texts(page, "identifier")
            .into_iter()
            .map(str::to_owned)
            .collect()
    };
    let together: Vec<String> = ids(&first).into_iter().chain(ids(&rest)).collect();
    let once: BTreeSet<&String> = together.iter().collect();
    assert_eq!((together.len(), once.len()), (151, 151));
    // What was still to come is given as it is now.
    assert_eq!(
        rest.matches("<dc:title>Khác</dc:title>").count(),
        1,
        "{rest}"
    );
    assert_eq!(rest.matches("status=\"deleted\"").count(), 1);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_stands_in_the_answer() {
    let hub = TestHub::new().await;
    hub.harvest(many(1), &[]).await;
    for (query, code) in [
        ("", "badVerb"),
        ("verb=x%FF%00", "badVerb"),
        ("verb=Identify&x=%3Cscript%3E", "badArgument"),
        (
            "verb=ListRecords&metadataPrefix=oai_dc&set=agency.nobody",
            "noRecordsMatch",
        ),
        (
            "verb=ListRecords&metadataPrefix=oai_dc&set=%00",
            "badArgument",
        ),
        (
            "verb=ListRecords&metadataPrefix=oai_dc&from=2999-01-01",
            "noRecordsMatch",
        ),
        (
            "verb=ListRecords&metadataPrefix=oai_dc&until=1999-01-01",
            "noRecordsMatch",
        ),
        (
            "verb=ListRecords&resumptionToken=oai_dc!!!!0!0!0!00",
            "badResumptionToken",
        ),
        (
            "verb=GetRecord&metadataPrefix=oai_dc&identifier=tag:phapluat.example,2026:bai/999",
            "idDoesNotExist",
        ),
        (
            "verb=GetRecord&metadataPrefix=oai_dc&identifier=tag:phapluat.example,2026:bai/01",
            "idDoesNotExist",
        ),
        (
            "verb=ListMetadataFormats&identifier=%3C%26%00",
            "idDoesNotExist",
        ),
    ] {
        assert_eq!(hub.problem(query).await, code, "{query}");
    }
    let refused = hub.oai("verb=Identify&x=y").await;
    assert!(
        refused.contains("<request>https://phapluat.example/oai</request>"),
        "{refused}"
    );
    let repeated = hub.oai("verb=ListMetadataFormats").await;
    assert!(
        repeated.contains("<request verb=\"ListMetadataFormats\">"),
        "{repeated}"
    );
    let form = Request::post("/oai")
        .body(Body::from("verb=Identify"))
        .unwrap();
    assert!(
        hub.send(form)
            .await
            .body
            .contains("<protocolVersion>2.0</protocolVersion>")
    );
    assert!(
        hub.get("/oai/legal.xsd")
            .await
            .body
            .contains("urn:loa:legal:1.0")
    );
}
