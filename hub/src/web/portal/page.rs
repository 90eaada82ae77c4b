//! What every page has: its title, its address, the search box, the feeds that it announces, what it says to machines.

use askama::Template;
use hub_repository::entries::Attachment;
use hub_repository::instruments::Instrument;
use percent_encoding::percent_decode_str;
use url::Url;

use super::super::assets;
use super::super::error::Error;
use super::metadata::{self, Metadata};
use crate::app::App;
use crate::publish::{Document, absolute, instrument_label, instrument_path};

/// The frame around a page's content.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) site: String,
    pub(crate) title: String,
    /// The portal's address without a slash at its end.
    pub(crate) root: String,
    /// Its address in full; none for a page that stands for no content.
    pub(crate) address: Option<String>,
    /// The one true address of its content, for search engines: that of the original, where there is one.
    pub(crate) canonical: Option<String>,
    pub(crate) description: String,
    pub(crate) query: String,
    /// The feed of what the page lists, without extension.
    pub(crate) feed: Option<String>,
    /// What follows its extension.
    pub(crate) feed_query: String,
    /// The parts of the portal.
    pub(crate) parts: &'static [(&'static str, &'static str)],
    /// That in which it stands, by its path.
    pub(crate) part: &'static str,
    /// The pages above it.
    pub(crate) above: Vec<Link>,
    /// What machines read.
    pub(crate) metadata: Metadata,
    /// Address of the stylesheet, which names its content.
    pub(crate) style: &'static str,
    pub(crate) icon: &'static str,
    /// Address of the script that remembers how somebody likes to read.
    pub(crate) display: &'static str,
    /// Address of the script that offers continuations of a search.
    pub(crate) script: &'static str,
}

/// Something with a page of its own.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) label: String,
    pub(crate) path: String,
}

/// The same, with how many entries stand there.
#[derive(Debug, Clone)]
pub(crate) struct Counted {
    pub(crate) label: String,
    pub(crate) path: String,
    pub(crate) entries: u64,
}

/// The parts of the portal, in the order of the navigation.
const PARTS: [(&str, &str); 8] = [
    ("/tinh-huong", "Tình huống"),
    ("/hoi-dap", "Hỏi đáp"),
    ("/linh-vuc", "Lĩnh vực"),
    ("/van-ban", "Văn bản"),
    ("/tin-tuc", "Tin tức"),
    ("/su-kien", "Sự kiện"),
    ("/tro-giup-phap-ly", "Trợ giúp pháp lý"),
    ("/don-vi", "Cơ quan"),
];

impl Page {
    /// A page of the portal at `path`.
    pub(crate) fn new(app: &App, title: impl Into<String>, path: &str) -> Self {
        let address = absolute(&app.config.public_url, path);
        Self {
            site: app.config.title.clone(),
            title: title.into(),
            root: absolute(&app.config.public_url, ""),
            canonical: Some(address.clone()),
            address: Some(address),
            description: String::new(),
            query: String::new(),
            feed: Some("/feeds/all".to_owned()),
            feed_query: String::new(),
            parts: &PARTS,
            part: "",
            above: Vec::new(),
            metadata: Metadata::default(),
            style: assets::style_path(),
            icon: assets::icon_path(),
            display: assets::display_path(),
            script: assets::script_path(),
        }
    }

    /// A page that stands for no content.
    pub(crate) fn notice(app: &App) -> Self {
        Self {
            address: None,
            canonical: None,
            feed: None,
            ..Self::new(app, "Thông báo", "/")
        }
    }

    /// The same in a part of the portal, below other pages.
    pub(crate) fn within(mut self, part: &'static str, above: Vec<Link>) -> Self {
        self.part = part;
        self.above = above;
        self
    }

    /// What machines read of it as JSON-LD.
    pub(crate) fn json_ld(&self) -> Vec<String> {
        let breadcrumbs =
            (!self.above.is_empty()).then(|| metadata::breadcrumbs(&self.above, &self.root));
        let things = self.metadata.things.iter().chain(&breadcrumbs);
        things.map(metadata::written).collect()
    }
}

impl Link {
    pub(crate) fn new(label: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            path: path.into(),
        }
    }

    /// A file of an entry, by its title or the name of the file.
    pub(crate) fn of_file(file: &Attachment) -> Self {
        let name = file.title.clone().or_else(|| {
            let url = Url::parse(&file.url).ok()?;
            let name = url.path_segments()?.next_back()?;
            let name = percent_decode_str(name).decode_utf8().ok()?;
            (!name.is_empty()).then(|| name.into_owned())
        });
        Self::new(name.unwrap_or_else(|| file.url.clone()), &file.url)
    }

    /// The page of a legal document.
    pub(crate) fn of_instrument(instrument: &Instrument) -> Self {
        Self::new(
            instrument_label(instrument),
            instrument_path(&instrument.key),
        )
    }
}

/// A rendered page.
pub(crate) fn html(template: &impl Template) -> Result<Document, Error> {
    Ok(Document::new(
        "text/html; charset=utf-8",
        template.render()?,
    ))
}
