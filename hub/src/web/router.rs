//! One visible list of every address, and the layers that all answers pass.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tower_http::limit::RequestBodyLimitLayer;

use super::{
    api, assets, console, data, embed, error, feeds, health, metrics, oai, oembed, opensearch,
    opml, passage, portal, sitemap, suggestions, websub, widget,
};
use crate::app::App;
use crate::publish;

/// A request's body is a form or nothing.
const MAX_BODY: usize = 64 * 1024;

/// The hub's addresses.
pub(crate) fn router(app: App) -> Router {
    let mut routes = routes();
    if app.config.metrics_listen.is_none() {
        routes = routes.route("/metrics", get(metrics::show_metrics));
    }
    guarded(app, routes)
}

/// What other hubs call: content as large as a feed may be.
fn callbacks() -> Router<App> {
    Router::new()
        .route(
            "/websub/callback/{token}",
            get(websub::show_intent).post(websub::take_push),
        )
        .layer(RequestBodyLimitLayer::new(websub::MAX_PUSH))
}

fn routes() -> Router<App> {
    Router::new()
        .route("/", get(portal::home::show_home))
        .route("/tim-kiem", get(portal::search::show_results))
        .route("/tim-kiem/goi-y", get(suggestions::list_suggestions))
        .route("/tinh-huong", get(portal::topics::list_situations))
        .route(
            "/tinh-huong/{situation}",
            get(portal::topics::show_situation),
        )
        .route("/linh-vuc", get(portal::topics::list_fields))
        .route("/linh-vuc/{field}", get(portal::topics::show_field))
        .route("/doi-tuong", get(portal::topics::list_audiences))
        .route("/doi-tuong/{audience}", get(portal::topics::show_audience))
        .route("/hoi-dap", get(portal::kinds::show_questions))
        .route("/tin-tuc", get(portal::kinds::show_news))
        .route("/an-pham", get(portal::kinds::show_publications))
        .route("/da-phuong-tien", get(portal::kinds::show_multimedia))
        .route("/su-kien", get(portal::events::show_events))
        .route("/van-ban", get(portal::kinds::show_documents))
        .route("/tro-giup-phap-ly", get(portal::legal_aid::show_legal_aid))
        .route("/thong-ke", get(portal::statistics::show_statistics))
        .route("/gioi-thieu", get(portal::about::show_about))
        .route("/huong-dan", get(portal::about::show_help))
        .route("/kha-nang-tiep-can", get(portal::about::show_accessibility))
        .route("/don-vi", get(portal::agencies::list_agencies))
        .route("/don-vi/{agency}", get(portal::agencies::show_agency))
        .route("/bai/{id}", get(portal::entries::show_entry))
        .route("/bai/{id}/ma-qr.svg", get(portal::qr::show_code))
        .route("/bai/{id}/lich-su", get(portal::history::show_history))
        .route("/bai/{id}/{slug}", get(portal::entries::show_entry))
        .route(
            "/van-ban/{*number}",
            get(portal::instruments::show_instrument),
        )
        .route("/nhung", get(portal::embedding::show_guide))
        .route("/feeds/{file}", get(feeds::show_all))
        .route("/feeds/agency/{file}", get(feeds::show_agency))
        .route("/feeds/kind/{file}", get(feeds::show_kind))
        .route("/feeds/{topic}/{file}", get(feeds::show_topic))
        .route("/opml.xml", get(opml::show_opml))
        .route("/opml/topics.xml", get(opml::show_topics))
        .route(
            publish::oai::OAI_PATH,
            get(oai::show_answer).post(oai::take_request),
        )
        .route(publish::oai::SCHEMA_PATH, get(oai::show_schema))
        .route("/widget.js", get(widget::show_element))
        .route("/widget/resize.js", get(widget::show_resizer))
        .route("/widget/{version}/{file}", get(widget::show_version))
        .route("/widget/entries.json", get(widget::list_entries))
        .route("/widget/entries.html", get(widget::show_fragment))
        .route(embed::PATH, get(embed::show_embed))
        .route("/embed/bai/{id}", get(embed::show_entry))
        .route(oembed::PATH, get(oembed::show_embedding))
        .route("/websub", post(websub::take_request))
        .route("/assets/{file}", get(assets::show_asset))
        .route("/opensearch.xml", get(opensearch::show_description))
        .route(sitemap::PATH, get(sitemap::show_index))
        .route("/sitemap/{file}", get(sitemap::show_list))
        .route("/robots.txt", get(assets::show_robots))
        .route("/healthz", get(health::show_alive))
        .route("/readyz", get(health::show_ready))
        .merge(api::router())
        .merge(console::router())
        .route("/data", get(data::show_beginning))
        .route("/data/{file}", get(data::show_newest))
        .route("/data/{dump}/{file}", get(data::show_file))
        .fallback(error::unknown_address)
}

/// `routes`, and the callbacks and uploads with their larger bodies, within what every request passes. An answer that a
/// layer gives in a handler's place gets its words and its headers as well.
pub(super) fn guarded(app: App, routes: Router<App>) -> Router {
    routes
        .layer(RequestBodyLimitLayer::new(MAX_BODY))
        .merge(callbacks())
        .merge(console::uploads())
        .layer(from_fn_with_state(app.clone(), passage::pass))
        .layer(from_fn(console::keep_nowhere))
        .with_state(app)
}
