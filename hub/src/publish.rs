//! What goes out, independent of HTTP: views of entries, feed documents, the widget's data, and
//! the memory that keeps them until something changes that they show.

mod aggregate;
pub mod api;
mod cache;
mod document;
pub mod dump;
mod event;
mod feed;
mod markup;
pub mod oai;
mod opml;
mod origin;
mod shows;
mod snapshot;
mod view;
mod widget;

pub use aggregate::{Aggregate, touched_feeds};
pub use cache::Cache;
pub use document::Document;
pub use event::Occasion;
pub use feed::{
    Cursor, FeedAbout, FeedFormat, WEBSUB_PATH, absolute, entry_id, entry_of_id, feed_document,
};
pub use markup::{lines, with_linked_pictures, with_links};
pub use opml::{opml_document, topics_opml};
pub use origin::{is_allowed, site_origin};
pub use shows::{Part, Shows};
pub use snapshot::Snapshot;
pub use view::{
    Beside, Card, LEVELS, agency_path, audience_path, day_start, entry_path, field_path,
    history_path, instrument_label, instrument_path, kind_label, kind_names, kind_path,
    legal_module, level, level_of_name, local, long_date, search_document, short_date,
    situation_path, slug, today, validity_label,
};
pub use widget::{
    SearchForm, WidgetContent, WidgetDay, WidgetEntry, Words, kind_name, new_widget_id, upcoming,
    words as widget_words,
};
