//! `/api/openapi.json`: the API's description, made from the handlers and the views.

use std::sync::LazyLock;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{
    AllOf, ArrayBuilder, Object, ObjectBuilder, Schema, SchemaType, Type,
};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, HeaderBuilder, OpenApi, Ref, RefOr, Response as Described,
    ResponseBuilder, Server,
};

use super::super::error::{ApiError, Error};
use super::super::render::kept;
use super::super::respond::{CachePolicy, OPEN, respond};
use super::{
    OPENAPI, agencies, changes, contract, entries, feeds, filters, instruments, own, search,
    service, statistics, suggestions, topics, versions,
};
use crate::app::App;
use crate::publish::{self, api};

/// What the items of an address are whose properties can be left out with `fields`.
const SPARSE: [(&str, &str); 8] = [
    ("/api/v1/agencies", "AgencySummary"),
    ("/api/v1/changes", "Entry"),
    ("/api/v1/entries", "EntrySummary"),
    ("/api/v1/entries/{id}", "Entry"),
    ("/api/v1/feeds", "FeedHealth"),
    ("/api/v1/instruments", "InstrumentSummary"),
    ("/api/v1/instruments/{key}/entries", "EntrySummary"),
    ("/api/v1/search", "Hit"),
];

/// The parameter that names properties.
const FIELDS: &str = "fields";

/// The name of the security scheme.
const TOKEN: &str = "token";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Loa API",
        version = "1",
        description = "What a province's agencies publish about the law, for programs. Public, without a key, readable from scripts of other sites; \
only what stands under `/api/v1/own` takes a token, which people make in the console. \
Times are UTC (RFC 3339), days are Vietnam's. All properties of an item are there, also where they are null, unless `fields` names fewer. \
Lists have an address `next` while there is more. Errors are problem details (RFC 9457) whose `detail` says what was expected. \
Answers carry an `ETag` to be sent back as `If-None-Match`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        service::show,
        entries::list,
        entries::show,
        entries::citations,
        versions::list,
        versions::show,
        search::search,
        suggestions::list,
        agencies::list,
        agencies::show,
        feeds::list,
        feeds::show,
        topics::fields,
        topics::audiences,
        topics::situations,
        instruments::list,
        instruments::show,
        instruments::entries,
        statistics::show,
        changes::list,
        own::show_token,
        own::list_entries,
        own::decide_field,
        own::harvest,
    ),
    components(schemas(api::Problem, filters::LevelName, search::FacetName)),
    tags(
        (name = "service", description = "Dịch vụ"),
        (name = "entries", description = "Bài viết"),
        (name = "search", description = "Tìm kiếm"),
        (name = "agencies", description = "Cơ quan, đơn vị"),
        (name = "feeds", description = "Nguồn tin"),
        (name = "topics", description = "Chủ đề"),
        (name = "instruments", description = "Văn bản pháp luật"),
        (name = "statistics", description = "Thống kê"),
        (name = "changes", description = "Sao chép toàn bộ kho"),
        (name = "own", description = "Việc của đơn vị, cần khóa API"),
    )
)]
struct Description;

static DOCUMENT: LazyLock<OpenApi> =
    LazyLock::new(|| finished(<Description as utoipa::OpenApi>::openapi()));

/// The description, without the server's address.
pub(in crate::web) fn document() -> &'static OpenApi {
    &DOCUMENT
}

/// The names of the properties of an address's items, in order; none where they cannot be left out.
pub(super) fn properties_of_items(route: &str) -> Vec<String> {
    let components = document().components.as_ref();
    components.map_or_else(Vec::new, |components| properties(components, route))
}

fn properties(components: &Components, route: &str) -> Vec<String> {
    let items = SPARSE.iter().find(|(known, _)| *known == route);
    match items.and_then(|(_, schema)| components.schemas.get(*schema)) {
        Some(RefOr::T(Schema::Object(object))) => object.properties.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

/// The parameters of an operation.
pub(super) fn parameters(operation: &Operation) -> impl Iterator<Item = &Parameter> {
    let all = operation.parameters.iter().flatten();
    all.filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    })
}

/// `GET /api/openapi.json`.
pub(super) async fn show_document(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let document = kept(&app, &app.snapshot(), OPENAPI, |app, _, _| {
        let mut document = document().clone();
        let address = app.config.public_url.as_str().trim_end_matches('/');
        document.servers = Some(vec![Server::new(address)]);
        let text = serde_json::to_vec(&document)?;
        let document = publish::Document::new("application/json", text);
        Ok::<_, Error>(document.showing(publish::Shows::only([])))
    })
    .await?;
    let mut response = respond(&document, &headers, CachePolicy::Minute);
    response.headers_mut().extend([OPEN]);
    Ok(response)
}

/// Adds what all operations have in common.
fn finished(mut document: OpenApi) -> OpenApi {
    if let Some(components) = &mut document.components {
        flatten(components);
        refer(components);
        for (_, name) in SPARSE {
            if let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(name) {
                object.required.clear();
            }
        }
    }
    for (path, item) in &mut document.paths.paths {
        if let Some(operation) = &mut item.get {
            let items = document.components.as_ref();
            let items = items.map(|components| properties(components, path));
            complete(path, operation, &items.unwrap_or_default());
        }
        let all = [&mut item.get, &mut item.post, &mut item.put];
        for operation in all.into_iter().flatten() {
            guard(operation);
        }
    }
    if let Some(components) = &mut document.components {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A token that a person has made in the console."));
        components.add_security_scheme(TOKEN, SecurityScheme::Http(bearer.build()));
    }
    document
}

/// A schema that takes in another becomes one with the properties of both.
fn flatten(components: &mut Components) {
    let known = components.schemas.clone();
    for schema in components.schemas.values_mut() {
        if let RefOr::T(Schema::AllOf(parts)) = schema {
            *schema = RefOr::T(Schema::Object(merged(parts, &known)));
        }
    }
}

/// A page has items of a schema that is described apart.
fn refer(components: &mut Components) {
    for (name, schema) in &mut components.schemas {
        let of = name.strip_prefix("Page_");
        if let (Some(of), RefOr::T(Schema::Object(page))) = (of, schema) {
            let items = ArrayBuilder::new()
                .items(Ref::from_schema_name(of))
                .description(Some("What is on this page."))
                .build();
            let items = RefOr::T(Schema::Array(items));
            page.properties.insert("items".to_owned(), items);
        }
    }
}

fn merged<'s, S>(parts: &AllOf, known: &'s S) -> Object
where
    &'s S: IntoIterator<Item = (&'s String, &'s RefOr<Schema>)>,
{
    let named = |name: &str| {
        let found = known.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, schema)| schema)
    };
    let mut all = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Object))
        .build();
    all.description.clone_from(&parts.description);
    for part in &parts.items {
        let part = match part {
            RefOr::Ref(Ref { ref_location, .. }) => ref_location.rsplit('/').next().and_then(named),
            part @ RefOr::T(_) => Some(part),
        };
        if let Some(RefOr::T(Schema::Object(part))) = part {
            for (name, property) in &part.properties {
                all.properties.insert(name.clone(), property.clone());
            }
            all.required.extend(part.required.iter().cloned());
        }
    }
    all
}

/// Says how an operation refuses who has no token for it.
fn guard(operation: &mut Operation) {
    if operation.security.is_none() {
        return;
    }
    let responses = &mut operation.responses.responses;
    responses.remove("304");
    for (status, description) in [
        ("400", "Something that was sent is not what was expected."),
        ("401", "There is no good token."),
        ("403", "The token, or its person, may not do that."),
        ("429", "Too many requests from this address."),
        ("503", "The hub is busy."),
    ] {
        responses
            .entry(status.to_owned())
            .or_insert_with(|| RefOr::T(problem(description)));
    }
}

fn complete(path: &str, operation: &mut Operation, items: &[String]) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter {
            if parameter.name == FIELDS {
                let name = ObjectBuilder::new()
                    .schema_type(SchemaType::Type(Type::String))
                    .enum_values(Some(items.iter().map(String::as_str)));
                let names = ArrayBuilder::new().items(name).build();
                parameter.schema = Some(RefOr::T(Schema::Array(names)));
            }
            separate_by_commas(parameter);
        }
    }
    let takes_parameters =
        parameters(operation).any(|parameter| parameter.parameter_in == ParameterIn::Query);
    let names_one = path.contains('{');
    if let Some(RefOr::T(found)) = operation.responses.responses.get_mut("200") {
        "What was asked for.".clone_into(&mut found.description);
    }
    let mut add = |status: &str, response: Described| {
        let responses = &mut operation.responses.responses;
        responses.insert(status.to_owned(), RefOr::T(response));
    };
    add(
        "304",
        ResponseBuilder::new()
            .description("Nothing has changed since the `ETag` that was sent.")
            .build(),
    );
    let refused = if takes_parameters {
        "A parameter is not known, given twice, or its value is not what was expected."
    } else {
        "A parameter was given; there are none."
    };
    add("400", problem(refused));
    if names_one {
        add("404", problem("There is nothing of this name or number."));
    }
    if path.starts_with("/api/v1/entries/") {
        add("410", problem("The entry is public no more."));
    }
    let mut limited = problem("Too many requests from this address.");
    let seconds = HeaderBuilder::new()
        .description(Some("Seconds to wait."))
        .schema(Some(
            ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer)),
        ))
        .build();
    limited
        .headers
        .insert("Retry-After".to_owned(), RefOr::T(seconds));
    add("429", limited);
    add("503", problem("The hub is busy."));
}

/// Several values stand in one parameter.
fn separate_by_commas(parameter: &mut Parameter) {
    if let Some(RefOr::T(Schema::Array(list))) = &mut parameter.schema {
        parameter.style = Some(ParameterStyle::Form);
        parameter.explode = Some(false);
        if contract::free_text(&RefOr::T(Schema::Array(list.clone()))).is_none() {
            list.min_items = Some(1);
        }
    }
}

fn problem(description: &str) -> Described {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content)
        .build()
}
