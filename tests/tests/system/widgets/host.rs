//! A site that embeds the hub's widgets, on an origin of its own.

use system_tests::database::Database;
use system_tests::department::{Department, Page};
use system_tests::documents::channel;
use system_tests::http;
use system_tests::hub::Hub;
use system_tests::process::Process;

pub(super) const VIEWS: [&str; 7] = [
    "list", "cards", "ticker", "qa", "calendar", "search", "entry",
];

/// Of news, a question and an event, in the order of their entries.
pub(super) const TITLES: [&str; 3] = [
    "Thủ tục cấp sổ đỏ lần đầu cho hộ gia đình, cá nhân đang sử dụng đất ổn định",
    "Bị người khác bôi nhọ trên mạng xã hội thì phải làm gì?",
    "Phiên tòa giả định về bảo vệ dữ liệu cá nhân",
];

/// The site, and the hub that harvests it.
pub(super) struct Host {
    pub(super) site: Department,
    pub(super) hub: Hub,
    script: String,
    server: Option<Process>,
}

impl Host {
    pub(super) async fn start() -> Self {
        let site = Department::start().await;
        site.serve("/rss", Page::rss(feed()));
        let mut hub = Hub::new(Database::Sqlite).await;
        hub.allow(&site.authority);
        hub.add_agency("so-tu-phap", "Sở Tư pháp").await;
        hub.add_feed("so-tu-phap", &site.url("/rss")).await;
        hub.harvest().await;
        let server = Some(hub.serve().await);
        hub.until_indexed().await;
        for (path, text) in [
            (
                "/host.css",
                "body { margin: 1rem; font: 16px/1.5 sans-serif; color: #222; background: #fff }",
            ),
            (
                "/foreign.css",
                "* { all: unset !important; color: #333 !important } a, p, ul, li, div, section, span { display: none !important }",
            ),
        ] {
            site.serve(path, Page::of_type("text/css", text));
        }
        for (path, text) in [
            (
                "/keep.js",
                "document.cookie = 'secret=1; path=/'; localStorage.setItem('secret', '1');",
            ),
            (
                "/clock.js",
                "window.ticks = []; window.setInterval = tick => ticks.push(tick);",
            ),
            (
                "/still.js",
                "window.matchMedia = () => ({ matches: true });",
            ),
            ("/polluted.js", POLLUTED),
        ] {
            site.serve(path, Page::of_type("text/javascript", text));
        }
        let script = script_of_the_guide(&http::text(&hub.url("/nhung")).await);
        Self {
            site,
            hub,
            script,
            server,
        }
    }

    /// The policy that the guide asks for, and what the page itself needs.
    pub(super) fn policy(&self) -> String {
        let hub = self.hub.url("");
        format!(
            "default-src 'none'; script-src 'self' {hub}; connect-src {hub}; form-action {hub}; \
             frame-src {hub}; style-src 'self'"
        )
    }

    /// The element that loads the widget's script, as the guide prints it.
    pub(super) fn script(&self) -> String {
        self.script.clone()
    }

    /// A widget with some attributes and a link of the page's own.
    pub(super) fn widget(&self, attributes: &str) -> String {
        let hub = self.hub.url("");
        format!("<loa-feed src=\"{hub}\" {attributes}><a href=\"/rss\">Tin</a></loa-feed>")
    }

    /// Serves a page at `path`.
    pub(super) fn serve(&self, path: &str, policy: &str, head: &str, body: &str) {
        let page = page("utf-8", head, body);
        let page = Page::of_type("text/html; charset=utf-8", page).under(policy);
        self.site.serve(path, page);
    }

    /// Serves a page in windows-1252 at `path`.
    pub(super) fn serve_latin(&self, path: &str, policy: &str, head: &str, body: &str) {
        let page = page("windows-1252", head, &format!("<p>caf\u{fffd}</p>{body}"));
        let bytes: Vec<u8> = page
            .chars()
            .map(|it| u8::try_from(it).unwrap_or(0xe9))
            .collect();
        let page = Page::of_type("text/html; charset=windows-1252", bytes).under(policy);
        self.site.serve(path, page);
    }

    pub(super) fn serve_style(&self, path: &str, css: &str) {
        self.site
            .serve(path, Page::of_type("text/css", css.to_owned()));
    }

    /// Kills the hub.
    pub(super) fn stop_hub(&mut self) {
        self.server = None;
    }

    /// Ends the hub in order.
    pub(super) async fn end_hub(&mut self) {
        let server = self.server.take().unwrap();
        assert!(server.terminate().await.success());
    }
}

fn page(charset: &str, head: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"vi\"><head><meta charset=\"{charset}\"><title>Trang</title>\
         <link rel=\"stylesheet\" href=\"/host.css\">\
         <script src=\"/keep.js\"></script>{head}</head><body><main><h1>Trang</h1>{body}</main></body></html>"
    )
}

/// The first snippet of the guide, unescaped.
fn script_of_the_guide(guide: &str) -> String {
    let start = guide.find("&lt;script").unwrap();
    let end = guide[start..].find("&lt;/script&gt;").unwrap();
    let script = guide[start..start + end]
        .replace("&lt;", "<")
        .replace("&gt;", ">");
    format!("{script}</script>").replace("&#43;", "+")
}

fn feed() -> String {
    let kinds = ["news", "qa", "event"];
    let items = TITLES.iter().zip(kinds).enumerate().map(|(number, (title, kind))| {
        format!(
            "<item xmlns:legal=\"urn:loa:legal:1.0\"><title>{title}</title><guid isPermaLink=\"false\">{number}</guid>\
             <link>https://stp.example.vn/tin/{number}</link><legal:kind>{kind}</legal:kind>\
             <pubDate>Mon, 23 Nov 2026 08:{:02}:00 +0700</pubDate>\
             <description>Nội dung của {title}, ngày 30/11/2026. Phần này đủ dài để chiếm vài dòng trên điện thoại, như tóm tắt thường thấy.</description></item>",
            50 - number,
        )
    });
    channel(&items.collect::<String>())
}

/// What careless libraries have done to prototypes, and worse.
const POLLUTED: &str = "
    for (const name of ['method', 'body', 'headers', 'mode', 'cache', 'redirect', 'integrity', 'question', 'note', 'extra', 'bubbles', 'once', 'capture'])
        Object.defineProperty(Object.prototype, name, { value: 'polluted', writable: true, configurable: true, enumerable: true });
    Array.prototype.extra = () => 'polluted';
    Array.prototype.toJSON = () => 'polluted';
    String.prototype.extra = () => 'polluted';
    Element.prototype.extra = 'polluted';
";
