//! The API as a program uses it.

use std::collections::{BTreeMap, BTreeSet};

use hub_repository::entries::{Kind, NewEntry};
use serde_json::{Value, json};

use super::{Answer, TestHub, entry};
use crate::ingest::{CategoryMappings, Readable};
use crate::web::api;

mod fuzz;

impl TestHub {
    async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert_eq!(answer.header("content-type"), "application/json", "{path}");
        answer.json()
    }

    /// Follows `next` to the end.
    async fn pages(&self, path: &str) -> Vec<Value> {
        let mut pages = vec![self.json(path).await];
        while let Some(next) = pages.last().unwrap()["next"].as_str() {
            let next = below(next).to_owned();
            assert!(pages.len() < 1_000, "no end: {next}");
            pages.push(self.json(&next).await);
        }
        pages
    }

    /// Entries of several kinds that cite laws, read as a harvest reads them.
    pub(super) async fn fill(&self, count: usize) {
        let reader = self.app.harvester.reader.get();
        let mut entries: Vec<NewEntry> = (0..count)
            .map(|number| NewEntry {
                kind: Kind::ALL[number % Kind::ALL.len()],
                body_html: format!(
                    "<p>Theo khoản {number} Điều 137 Luật Đất đai số 31/2024/QH15, sổ đỏ.</p>"
                ),
                ..entry(&format!("bai-{number}"), &format!("Luật Đất đai {number}"))
            })
            .collect();
        for entry in &mut entries {
            entry.reading = reader.read(Readable::from(&*entry), &CategoryMappings::default());
        }
        self.harvest(entries, &[]).await;
    }
}

/// The path of one of the hub's addresses.
fn below(address: &str) -> &str {
    address.strip_prefix("https://phapluat.example").unwrap()
}

fn is_problem(answer: &Answer, status: u16, part: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let problem = answer.json();
    assert_eq!(problem["status"], status);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(part), "{detail}");
}

fn description() -> Value {
    serde_json::to_value(api::document()).unwrap()
}

#[test]
fn every_route_is_described_and_nothing_else_is() {
    let document = description();
    assert_eq!(document["openapi"], "3.1.0");
    let described: BTreeSet<&str> = document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let routes = api::routes();
    let addresses: BTreeSet<&str> = routes.iter().map(|(path, _)| *path).collect();
    assert_eq!(described, addresses);
    let items = document["paths"].as_object().unwrap().iter();
    let operations = items.flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (path, method, operation))
    });
    for (path, method, operation) in operations {
        let takes_token = path.starts_with("/api/v1/own");
        assert!(takes_token || method == "get", "{method} {path}");
        assert_eq!(takes_token, operation["security"].is_array(), "{path}");
        for part in ["summary", "description", "operationId"] {
            let text = operation[part].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{path} has no {part}");
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let text = parameter["description"].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{path}: {parameter}");
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for (property, schema) in schema["properties"].as_object().into_iter().flatten() {
            let choices = schema["oneOf"].as_array().into_iter().flatten();
            let described = |schema: &Value| schema["description"].is_string();
            let described = described(schema) || choices.clone().any(described);
            assert!(described, "{name}.{property} is not described");
        }
    }
}

/// Compares a value with its schema: the properties of objects, the types of values.
fn conforms(value: &Value, schema: &Value, document: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        let schema = &document["components"]["schemas"][name];
        assert!(schema.is_object(), "{at}: no schema {name}");
        return conforms(value, schema, document, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        if value.is_null() {
            assert!(
                choices.iter().any(|choice| choice["type"] == "null"),
                "{at}"
            );
            return;
        }
        let mut choices = choices.iter().filter(|choice| choice["type"] != "null");
        return conforms(value, choices.next().unwrap(), document, at);
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    let is = |name: &str| types.contains(&json!(name));
    match value {
        Value::Null => assert!(is("null"), "{at} is null: {schema}"),
        Value::Bool(_) => assert!(is("boolean"), "{at}"),
        Value::Number(_) => assert!(is("integer"), "{at}"),
        Value::String(text) => {
            assert!(is("string"), "{at}: {schema}");
            if let Some(values) = schema["enum"].as_array() {
                assert!(values.contains(value), "{at}: {text}");
            }
        }
        Value::Array(items) => {
            assert!(is("array"), "{at}");
            for (number, item) in items.iter().enumerate() {
                conforms(item, &schema["items"], document, &format!("{at}[{number}]"));
            }
        }
        Value::Object(object) => {
            assert!(is("object"), "{at}: {schema}");
            let Some(properties) = schema["properties"].as_object() else {
                return;
            };
            let given: BTreeSet<&String> = object.keys().collect();
            let described: BTreeSet<&String> = properties.keys().collect();
            assert_eq!(given, described, "{at}");
            for (name, value) in object {
                conforms(value, &properties[name], document, &format!("{at}.{name}"));
            }
        }
    }
}

#[tokio::test]
async fn answers_have_exactly_the_properties_that_are_described() {
    let hub = TestHub::new().await;
    hub.fill(9).await;
    hub.harvest(vec![entry("bai-0", "Luật Đất đai sửa")], &["bai-3"])
        .await;
    let document = description();
    for path in [
        "/api/v1",
        "/api/v1/entries?limit=2",
        "/api/v1/entries/{id}=1",
        "/api/v1/entries/{id}/citations=2",
        "/api/v1/entries/{id}/versions=1",
        "/api/v1/entries/{id}/versions/{version}=1,1",
        "/api/v1/search?q=dat+dai&facets=kind,field,agency,instrument",
        "/api/v1/suggestions?q=luat+dat",
        "/api/v1/agencies",
        "/api/v1/agencies/{slug}=so-tu-phap",
        "/api/v1/feeds",
        "/api/v1/feeds/{id}=1",
        "/api/v1/fields",
        "/api/v1/audiences",
        "/api/v1/situations",
        "/api/v1/instruments?limit=1",
        "/api/v1/instruments/{key}=31-2024-qh15",
        "/api/v1/instruments/{key}/entries=31-2024-qh15",
        "/api/v1/statistics",
        "/api/v1/changes?limit=5",
    ] {
        let (route, address) = match path.split_once('}') {
            Some(_) => {
                let (route, values) = path.rsplit_once('=').unwrap();
                let mut address = route.to_owned();
                for value in values.split(',') {
                    let from = address.find('{').unwrap();
                    let to = address.find('}').unwrap();
                    address.replace_range(from..=to, value);
                }
                (route, address)
            }
            None => (path.split('?').next().unwrap(), path.to_owned()),
        };
        let responses = &document["paths"][route]["get"]["responses"];
        let schema = &responses["200"]["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{route}");
        let answer = hub.json(&address).await;
        conforms(&answer, schema, &document, &address);
        let items = answer.get("items").and_then(Value::as_array);
        assert!(
            items.is_none_or(|items| !items.is_empty()),
            "{address} shows nothing"
        );
    }
}

#[tokio::test]
async fn lists_go_on_to_their_end_and_filters_narrow_them() {
    let hub = TestHub::new().await;
    hub.fill(9).await;
    for path in [
        "/api/v1/entries?limit=2",
        "/api/v1/search?q=luat&limit=2",
        "/api/v1/search?q=luat&limit=4&sort=newest",
        "/api/v1/instruments/31%2F2024%2FQH15/entries?limit=2",
        "/api/v1/changes?limit=2",
    ] {
        let pages = hub.pages(path).await;
        let ids: Vec<i64> = pages
            .iter()
            .flat_map(|page| page["items"].as_array().unwrap())
            .map(|item| item["id"].as_i64().unwrap())
            .collect();
        let all: BTreeSet<i64> = ids.iter().copied().collect();
        assert_eq!(ids.len(), all.len(), "{path} gives something twice");
        // Of nearly the same texts of one agency none is left out.
        assert_eq!(all, (1..=9).collect(), "{path}");
    }
    for (query, total) in [
        ("kind=qa", 2),
        ("kind=qa,event", 3),
        ("agency=so-tu-phap&related=true", 9),
        ("field=dat-dai", 9),
        ("field=hon-nhan-gia-dinh", 0),
        ("instrument=31/2024/QH15", 9),
        ("instrument=1/1999/QH10", 0),
        ("from=2020-01-01&until=2020-12-31", 0),
        ("attachment=true", 0),
        ("level=tinh&language=vi", 9),
    ] {
        for path in ["entries", "search"] {
            let path = format!("/api/v1/{path}?{query}");
            assert_eq!(hub.json(&path).await["total"], total, "{path}");
        }
    }
    let statistics = hub.json("/api/v1/statistics?kind=qa,event").await;
    assert_eq!(statistics["total"], 3);
    assert_eq!(statistics["by_month"][0]["entries"], 3);
    assert_eq!(statistics["by_agency"][0]["label"], "Sở Tư pháp");
    let fields = hub.json("/api/v1/fields").await;
    let land = fields["items"].as_array().unwrap().iter();
    let land = land.clone().find(|field| field["slug"] == "dat-dai");
    assert_eq!(land.unwrap()["entries"], 9);
}

#[tokio::test]
async fn items_have_the_fields_that_are_named() {
    let hub = TestHub::new().await;
    hub.fill(1).await;
    let names =
        |item: &Value| -> Vec<String> { item.as_object().unwrap().keys().cloned().collect() };
    let list = hub.json("/api/v1/entries?fields=title,id").await;
    assert_eq!(names(&list["items"][0]), ["id", "title"]);
    let one = hub.json("/api/v1/entries/1?fields=content_html").await;
    assert_eq!(names(&one), ["content_html"]);
    let changes = hub.json("/api/v1/changes?fields=id").await;
    assert_eq!(names(&changes["items"][0]["entry"]), ["id"]);
    let answer = hub.get("/api/v1/entries?fields=id,content_html").await;
    is_problem(&answer, 400, "one or more of id, url, source_url, agency");
}

#[tokio::test]
async fn a_program_that_follows_the_changes_has_exactly_the_repository() {
    let hub = TestHub::new().await;
    hub.fill(7).await;
    let mut copy: BTreeMap<i64, Value> = BTreeMap::new();
    let mut next = "/api/v1/changes?since=0&limit=1".to_owned();
    let mut revision = 0;
    let mut pages = 0;
    loop {
        let page = hub.json(&next).await;
        pages += 1;
        assert!(page["items"].as_array().unwrap().len() <= 1);
        for change in page["items"].as_array().unwrap() {
            let (id, at) = (&change["id"], &change["revision"]);
            assert!(
                at.as_i64().unwrap() >= revision,
                "changes come in their order"
            );
            revision = at.as_i64().unwrap();
            let id = id.as_i64().unwrap();
            if change["deleted"] == true {
                assert_eq!(change["entry"], Value::Null);
                copy.remove(&id);
            } else {
                copy.insert(id, change["entry"].clone());
            }
        }
        // What was given changes, what was not given goes, new things come, something comes back.
        match pages {
            3 => {
                hub.harvest(vec![entry("bai-0", "Đã sửa")], &["bai-1", "bai-6"])
                    .await;
            }
            5 => hub.harvest(vec![entry("moi", "Bài mới")], &["bai-2"]).await,
            7 => hub.harvest(vec![entry("bai-1", "Đăng lại")], &[]).await,
            _ => {}
        }
        match page["next"].as_str() {
            Some(address) => next = below(address).to_owned(),
            None if pages < 9 => {
                next = format!("/api/v1/changes?since={}&limit=1", page["reached"]);
            }
            None => {
                assert_eq!(page["reached"], page["revision"]);
                break;
            }
        }
    }
    let mut repository = BTreeMap::new();
    for page in hub.pages("/api/v1/entries?limit=3").await {
        for item in page["items"].as_array().unwrap() {
            let id = item["id"].as_i64().unwrap();
            repository.insert(id, hub.json(&format!("/api/v1/entries/{id}")).await);
        }
    }
    assert_eq!(repository.len(), 6);
    assert_eq!(copy, repository);
    // Every page says from where a copy can go on that forgets the rest.
    let part = hub.json("/api/v1/changes?limit=2").await;
    let reached = part["reached"].as_i64().unwrap();
    let rest = hub
        .json(&format!("/api/v1/changes?since={reached}&limit=500"))
        .await;
    let given = part["items"].as_array().unwrap().iter();
    let given = given.chain(rest["items"].as_array().unwrap());
    let ids: BTreeSet<i64> = given.map(|change| change["id"].as_i64().unwrap()).collect();
    assert_eq!(ids.len(), 8);
}

#[tokio::test]
async fn what_was_withdrawn_is_gone_with_all_its_versions() {
    let hub = TestHub::new().await;
    hub.fill(1).await;
    hub.harvest(vec![entry("bai-0", "Đã sửa")], &[]).await;
    let versions = hub.json("/api/v1/entries/1/versions").await;
    assert_eq!(versions["items"][0]["title"], "Đã sửa");
    let first = hub.json("/api/v1/entries/1/versions/1").await;
    assert_eq!(first["title"], "Luật Đất đai 0");
    hub.harvest(vec![], &["bai-0"]).await;
    for path in ["", "/citations", "/versions", "/versions/1"] {
        let answer = hub.get(&format!("/api/v1/entries/1{path}")).await;
        is_problem(&answer, 410, "public no more");
    }
}

#[tokio::test]
async fn answers_are_conditional_open_and_the_same_for_head() {
    let hub = TestHub::new().await;
    hub.fill(2).await;
    for path in [
        "/api/v1/entries",
        "/api/v1/search?q=luat",
        "/api/v1/feeds",
        "/api/openapi.json",
    ] {
        let answer = hub.get(path).await;
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        let tag = answer.header("etag");
        assert!(tag.starts_with('"'), "{path}: {tag}");
        let again = hub.ask("GET", path, &[("if-none-match", tag)]).await;
        assert_eq!(
            (again.status.as_u16(), again.body.as_str()),
            (304, ""),
            "{path}"
        );
        let head = hub.ask("HEAD", path, &[]).await;
        assert_eq!(
            (head.status.as_u16(), head.body.as_str()),
            (200, ""),
            "{path}"
        );
        assert_eq!(head.header("etag"), tag);
    }
    let preflight = hub
        .ask(
            "OPTIONS",
            "/api/v1/entries",
            &[
                ("origin", "https://xa.example"),
                ("access-control-request-method", "GET"),
            ],
        )
        .await;
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-origin"), "*");
    assert_eq!(
        preflight.header("access-control-allow-methods"),
        "GET, HEAD, OPTIONS"
    );
}

#[tokio::test]
async fn what_is_wrong_is_answered_with_what_was_expected() {
    let hub = TestHub::new().await;
    hub.fill(1).await;
    for (method, path, status, part) in [
        (
            "GET",
            "/api/v1/nothing",
            404,
            "/api/openapi.json has them all",
        ),
        ("GET", "/api/v2", 404, "/api/openapi.json has them all"),
        ("POST", "/api/v1/entries", 405, "GET, HEAD, OPTIONS"),
        ("DELETE", "/api/v1/entries/1", 405, "GET, HEAD, OPTIONS"),
        ("GET", "/api/v1/own/feeds/1/harvest", 405, "POST, OPTIONS"),
        ("GET", "/api/v1/own", 401, "Authorization: Bearer"),
        ("GET", "/api/v1/entries/x", 404, "expected its number"),
        ("GET", "/api/v1/entries/99", 404, "no such entry"),
        ("GET", "/api/v1/entries/%FF", 404, "entry"),
        (
            "GET",
            "/api/v1/entries?limit=0",
            400,
            "'limit': expected 1–100",
        ),
        (
            "GET",
            "/api/v1/entries?limit=-1",
            400,
            "'limit': expected 1–100",
        ),
        (
            "GET",
            "/api/v1/entries?limit=101",
            400,
            "'limit': expected 1–100",
        ),
        ("GET", "/api/v1/entries?cursor=x", 400, "`next`, unchanged"),
        ("GET", "/api/v1/agencies?cursor=X", 400, "`next`, unchanged"),
        ("GET", "/api/v1/feeds?cursor=1.5", 400, "`next`, unchanged"),
        (
            "GET",
            "/api/v1/instruments?cursor=%2F",
            400,
            "`next`, unchanged",
        ),
        ("GET", "/api/v1/changes?cursor=1", 400, "`next`, unchanged"),
        (
            "GET",
            "/api/v1/changes?since=-1",
            400,
            "'since': expected 0–",
        ),
        (
            "GET",
            "/api/v1/changes?since=99999",
            400,
            "begin again with 0",
        ),
        ("GET", "/api/v1/entries?kind=tin", 400, "news, qa"),
        (
            "GET",
            "/api/v1/entries?agency=x",
            400,
            "/api/v1/agencies lists them",
        ),
        ("GET", "/api/v1/entries?from=1.1.2026", 400, "2026-11-23"),
        (
            "GET",
            "/api/v1/entries?from=2026-02-01&until=2026-01-01",
            400,
            "not before",
        ),
        (
            "GET",
            "/api/v1/entries?colour=red",
            400,
            "no parameter 'colour' here: expected agency",
        ),
        (
            "GET",
            "/api/v1/search?facets=size",
            400,
            "one or more of field",
        ),
        ("GET", "/api/v1/search?sort=best", 400, "relevance, newest"),
        ("GET", "/api/v1/feeds?state=ill", 400, "new, healthy"),
        ("GET", "/api/v1/instruments?type=x", 400, "one of"),
        (
            "GET",
            "/api/v1/instruments/nothing-9",
            404,
            "no such legal document",
        ),
    ] {
        let answer = hub.ask(method, path, &[]).await;
        is_problem(&answer, status, part);
    }
}

#[tokio::test]
async fn the_documentation_names_every_address_and_needs_no_script() {
    let hub = TestHub::new().await;
    let page = hub.get("/api").await;
    assert_eq!(page.status, 200);
    for (path, _) in api::routes() {
        assert!(page.body.contains(&format!(" {path}<")), "{path}");
    }
    assert!(!page.body.contains("<script>") && !page.body.contains("style="));
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    // Every reference on it leads somewhere.
    for part in page.body.split("href=\"#").skip(1) {
        let id = part.split('"').next().unwrap();
        assert!(page.body.contains(&format!("id=\"{id}\"")), "{id}");
    }
}
