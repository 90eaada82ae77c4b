//! What all pages have in common.

use super::App;
use super::assets;
use super::sessions::SignedIn;

/// The frame around a page's own content.
pub(super) struct Frame {
    pub(super) name: String,
    pub(super) tagline: Option<String>,
    pub(super) contact: Option<String>,
    /// The hub's address without a slash at its end.
    pub(super) hub: Option<String>,
    pub(super) style: String,
    pub(super) icon: String,
    /// On editors' pages, who it is.
    pub(super) editor: Option<SignedIn>,
}

/// A place in a list that is longer than a page.
pub(super) struct Paging {
    pub(super) page: i64,
    pub(super) pages: i64,
}

impl Frame {
    pub(super) fn public(app: &App) -> Self {
        Self {
            name: app.config.name.clone(),
            tagline: app.config.tagline.clone(),
            contact: app.config.contact.clone(),
            hub: app.config.hub_address().map(ToOwned::to_owned),
            style: assets::style_path(),
            icon: assets::icon_path(),
            editor: None,
        }
    }

    pub(super) fn of_editor(app: &App, editor: SignedIn) -> Self {
        Self {
            editor: Some(editor),
            ..Self::public(app)
        }
    }
}

impl Paging {
    pub(super) fn new(page: i64, total: i64, on_a_page: i64) -> Self {
        Self {
            page,
            pages: ((total + on_a_page - 1) / on_a_page).max(1),
        }
    }

    pub(super) fn newer(&self) -> Option<i64> {
        (self.page > 1).then(|| self.page - 1)
    }

    pub(super) fn older(&self) -> Option<i64> {
        (self.page < self.pages).then(|| self.page + 1)
    }
}
