//! What every page has: its title, its address, the search box, the feeds that it announces.

use askama::Template;

use super::super::assets;
use super::super::error::Error;
use crate::app::App;
use crate::publish::Document;

/// The frame around a page's content.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) site: String,
    pub(crate) title: String,
    /// The page's one true address, for search engines.
    pub(crate) canonical: Option<String>,
    pub(crate) description: String,
    pub(crate) query: String,
    /// The feed of what the page lists, without extension.
    pub(crate) feed: Option<String>,
    /// What follows its extension.
    pub(crate) feed_query: String,
    /// Address of the stylesheet, which names its content.
    pub(crate) style: &'static str,
    pub(crate) icon: &'static str,
    /// Address of the script that offers continuations of a search.
    pub(crate) script: &'static str,
}

impl Page {
    /// A page of the portal at `path`.
    pub(crate) fn new(app: &App, title: impl Into<String>, path: &str) -> Self {
        Self {
            site: app.config.title.clone(),
            title: title.into(),
            canonical: Some(crate::publish::absolute(&app.config.public_url, path)),
            description: String::new(),
            query: String::new(),
            feed: Some("/feeds/all".to_owned()),
            feed_query: String::new(),
            style: assets::style_path(),
            icon: assets::icon_path(),
            script: assets::script_path(),
        }
    }

    /// A page that stands for no content.
    pub(crate) fn notice(app: &App) -> Self {
        Self {
            canonical: None,
            feed: None,
            ..Self::new(app, "Thông báo", "/")
        }
    }
}

/// A rendered page.
pub(crate) fn html(template: &impl Template) -> Result<Document, Error> {
    Ok(Document::new(
        "text/html; charset=utf-8",
        template.render()?,
    ))
}
