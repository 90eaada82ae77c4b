//! `/api`: the API's documentation for people, written from its description.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;

use super::super::error::{Error, PageError};
use super::super::portal::page::{Page, html};
use super::super::render::kept;
use super::super::respond::{CachePolicy, respond};
use super::{DOCUMENTATION, OPENAPI, openapi};
use crate::app::App;
use crate::publish::{Document, Shows};

/// What every operation can answer, said once.
const COMMON: [&str; 4] = ["304", "400", "429", "503"];

/// Where schemas stand in the description.
const SCHEMAS: &str = "#/components/schemas/";

#[derive(Template)]
#[template(path = "api.html")]
struct DocumentationPage {
    page: Page,
    openapi: &'static str,
    origin: String,
    common: Vec<ResponseView>,
    groups: Vec<Group>,
    schemas: Vec<SchemaView>,
}

/// A text, in pieces that are code or not.
type Prose = Vec<(String, bool)>;

/// Operations on one noun.
struct Group {
    name: String,
    heading: String,
    operations: Vec<OperationView>,
}

struct OperationView {
    id: String,
    method: String,
    path: String,
    summary: String,
    description: Prose,
    /// An address to try, below the portal's; none where it takes a token.
    example: Option<String>,
    parameters: Vec<Row>,
    responses: Vec<ResponseView>,
}

struct ResponseView {
    status: String,
    description: Prose,
    schema: Option<Named>,
}

struct SchemaView {
    name: String,
    description: Prose,
    /// The values of an enumeration.
    values: Vec<String>,
    properties: Vec<Row>,
}

/// A parameter or a property.
struct Row {
    name: String,
    kind: Kind,
    description: Prose,
    example: String,
}

/// What values are like.
#[derive(Default)]
struct Kind {
    text: String,
    schema: Option<Named>,
}

/// A schema with a place on the page.
struct Named {
    name: String,
}

/// `GET /api`.
pub(super) async fn show_page(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let document = kept(&app, &app.snapshot(), DOCUMENTATION, |app, _, _| {
        Ok::<_, Error>(render(app)?.showing(Shows::only([])))
    })
    .await?;
    Ok(respond(&document, &headers, CachePolicy::Minute))
}

fn render(app: &App) -> Result<Document, Error> {
    let document = serde_json::to_value(openapi::document())?;
    let mut page = Page::new(app, "API cho lập trình viên", DOCUMENTATION);
    page.description.push_str("Tài liệu API mở của kho tin pháp luật: bài viết, tìm kiếm, cơ quan, văn bản, thống kê, sao chép toàn bộ kho.");
    html(&DocumentationPage {
        page,
        common: responses(&document["paths"]["/api/v1/entries"]["get"])
            .filter(|response| COMMON.contains(&response.status.as_str()))
            .collect(),
        openapi: OPENAPI,
        origin: app
            .config
            .public_url
            .as_str()
            .trim_end_matches('/')
            .to_owned(),
        groups: groups(&document),
        schemas: schemas(&document),
    })
}

fn groups(document: &Value) -> Vec<Group> {
    let operations: Vec<(&str, OperationView)> = members(&document["paths"])
        .flat_map(|(path, item)| members(item).map(move |operation| (path, operation)))
        .map(|(path, (method, operation))| {
            let tag = operation["tags"][0].as_str().unwrap_or_default();
            (tag, operation_view(path, method, operation))
        })
        .collect();
    let mut groups: Vec<Group> = items(&document["tags"])
        .map(|tag| Group {
            name: text(tag, "name"),
            heading: text(tag, "description"),
            operations: Vec::new(),
        })
        .collect();
    for (tag, operation) in operations {
        if let Some(group) = groups.iter_mut().find(|group| group.name == tag) {
            group.operations.push(operation);
        }
    }
    groups
}

fn operation_view(path: &str, method: &str, operation: &Value) -> OperationView {
    let parameters = items(&operation["parameters"]).map(|parameter| {
        let schema = &parameter["schema"];
        let mut example = shown(&parameter["example"]);
        if example.is_empty() {
            example = shown(&schema["example"]);
        }
        Row {
            name: text(parameter, "name"),
            kind: kind(schema),
            description: prose(&text(parameter, "description")),
            example,
        }
    });
    let parameters: Vec<Row> = parameters.collect();
    let example = parameters.iter().fold(path.to_owned(), |path, parameter| {
        path.replace(&format!("{{{}}}", parameter.name), &parameter.example)
    });
    OperationView {
        id: path.trim_start_matches('/').replace(['/', '{', '}'], "-"),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(operation, "summary"),
        description: prose(&text(operation, "description")),
        example: operation["security"].is_null().then_some(example),
        parameters,
        responses: responses(operation)
            .filter(|response| !COMMON.contains(&response.status.as_str()))
            .collect(),
    }
}

fn schemas(document: &Value) -> Vec<SchemaView> {
    members(&document["components"]["schemas"])
        .map(|(name, schema)| {
            let properties = members(&schema["properties"]).map(|(name, property)| Row {
                name: name.to_owned(),
                kind: kind(property),
                description: prose(&description(property)),
                example: shown(&property["example"]),
            });
            SchemaView {
                name: name.to_owned(),
                description: prose(&text(schema, "description")),
                values: items(&schema["enum"]).map(shown).collect(),
                properties: properties.collect(),
            }
        })
        .collect()
}

/// What values a schema takes, in Vietnamese.
fn kind(schema: &Value) -> Kind {
    if let Some(named) = named(schema) {
        return Kind {
            text: String::new(),
            schema: Some(named),
        };
    }
    // A schema or null.
    let mut choices = items(&schema["oneOf"]).filter(|choice| choice["type"] != "null");
    if let Some(choice) = choices.next() {
        return Kind {
            text: "có thể trống".to_owned(),
            ..kind(choice)
        };
    }
    if schema["type"] == "array" {
        let of = kind(&schema["items"]);
        return Kind {
            text: format!("danh sách {}", of.text).trim_end().to_owned(),
            schema: of.schema,
        };
    }
    let values: Vec<String> = items(&schema["enum"]).map(shown).collect();
    if !values.is_empty() {
        return Kind {
            text: values.join(", "),
            schema: None,
        };
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        several => items(several).filter_map(Value::as_str).collect(),
    };
    let nullable = types.contains(&"null");
    let word = match types.iter().find(|name| **name != "null").copied() {
        Some("integer" | "number") => "số",
        Some("boolean") => "true hoặc false",
        Some("object") => "đối tượng",
        Some("string") => match schema["format"].as_str() {
            Some("date") => "ngày",
            Some("date-time") => "thời điểm",
            _ => "chữ",
        },
        _ => "bất kỳ",
    };
    let mut text = word.to_owned();
    if let (Some(least), Some(most)) = (schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
        text = format!("{text} từ {least} đến {most}");
    }
    if !schema["default"].is_null() {
        text = format!("{text}, mặc định {}", shown(&schema["default"]));
    }
    if nullable {
        text.push_str(", có thể trống");
    }
    Kind { text, schema: None }
}

fn responses(operation: &Value) -> impl Iterator<Item = ResponseView> {
    members(&operation["responses"]).map(|(status, response)| ResponseView {
        status: status.to_owned(),
        description: prose(&text(response, "description")),
        schema: members(&response["content"])
            .next()
            .and_then(|(_, content)| named(&content["schema"])),
    })
}

/// What stands between grave accents is code.
fn prose(text: &str) -> Prose {
    let pieces = text.split('`').enumerate();
    let pieces = pieces.map(|(at, piece)| (piece.to_owned(), at % 2 == 1));
    pieces.collect()
}

fn named(schema: &Value) -> Option<Named> {
    let name = schema["$ref"].as_str()?.strip_prefix(SCHEMAS)?;
    Some(Named {
        name: name.to_owned(),
    })
}

fn members(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let members = object.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.as_str(), value))
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text(object: &Value, name: &str) -> String {
    object[name].as_str().unwrap_or_default().to_owned()
}

/// What a schema is about; of one or nothing it stands with the one.
fn description(schema: &Value) -> String {
    let own = text(schema, "description");
    let choices = items(&schema["oneOf"]).map(|choice| text(choice, "description"));
    std::iter::once(own)
        .chain(choices)
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

/// A value as people read it.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(shown).collect();
            values.join(",")
        }
        other => other.to_string(),
    }
}
