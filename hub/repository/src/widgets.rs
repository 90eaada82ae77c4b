//! Widgets that agencies have set up: what they show, how, and on which sites.

pub mod scripts;
pub mod views;

use diesel::prelude::*;

use crate::conn::{DbConn, MultiBackend};
use crate::error::StoreError;
use crate::ids::{AgencyId, EntryId};
use crate::revision::{self, Reach};
use crate::schema::widgets as table;
use crate::scope::Scope;
use crate::text_enum::text_enum;
use crate::types::{Json, Timestamp};

/// Entries that a widget shows at most.
pub const MAX_ENTRIES: i32 = 50;

/// Values of one property, and sites, that a widget can name.
pub const MAX_VALUES: usize = 20;

/// Characters of a title.
pub const MAX_TITLE: usize = 200;

text_enum! {
    /// How a widget shows its entries.
    pub enum View {
        /// Titles below each other.
        List = "list",
        /// Titles with summaries, side by side where there is room.
        Cards = "cards",
        /// One headline at a time.
        Ticker = "ticker",
        /// Questions whose answers unfold.
        Qa = "qa",
        /// A search box of the portal.
        Search = "search",
        /// Events by day.
        Calendar = "calendar",
        /// One entry.
        Entry = "entry",
    }
}

text_enum! {
    /// The language of what a widget says itself.
    pub enum Language {
        /// Vietnamese.
        Vietnamese = "vi",
        /// English.
        English = "en",
    }
}

text_enum! {
    /// The colours of a widget.
    pub enum Theme {
        /// Those of the page around it.
        Auto = "auto",
        /// Dark on light.
        Light = "light",
        /// Light on dark.
        Dark = "dark",
    }
}

/// Which entries a widget shows: those that have one of the values of each property that has any.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Filters {
    /// Slugs of agencies.
    pub agency: Vec<String>,
    /// Kinds of entries.
    pub kind: Vec<String>,
    /// Slugs of legal fields.
    pub field: Vec<String>,
    /// Slugs of those whom it is for.
    pub audience: Vec<String>,
    /// Slugs of life situations.
    pub situation: Vec<String>,
}

/// A widget.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct Widget {
    /// What pages name it by; not to be guessed.
    pub id: String,
    /// Whose it is.
    pub agency_id: AgencyId,
    /// What it is called; empty for what its filters say.
    pub title: String,
    /// How it shows its entries.
    pub view: View,
    /// Which entries it shows.
    pub filters: Json<Filters>,
    /// The one entry that it shows, where [`View::Entry`] does.
    pub entry_id: Option<EntryId>,
    /// How many entries it shows at most.
    pub entries: i32,
    /// The language of what it says itself.
    pub language: Language,
    /// Its colours.
    pub theme: Theme,
    /// Origins of the sites that may show it, such as `https://stp.example.vn` and `https://*.example.vn`; empty for all.
    pub allowed_origins: Json<Vec<String>>,
    /// Since when it is there.
    pub created_at: Timestamp,
}

/// A widget to add.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = table)]
pub struct NewWidget<'a> {
    /// What pages name it by: random letters and digits, at most 32.
    pub id: &'a str,
    /// Whose it is.
    pub agency_id: AgencyId,
    /// At most [`MAX_TITLE`] characters.
    pub title: &'a str,
    /// How it shows its entries.
    pub view: View,
    /// At most [`MAX_VALUES`] of each property.
    pub filters: Json<Filters>,
    /// The one entry of [`View::Entry`].
    pub entry_id: Option<EntryId>,
    /// 1 to [`MAX_ENTRIES`].
    pub entries: i32,
    /// The language of what it says itself.
    pub language: Language,
    /// Its colours.
    pub theme: Theme,
    /// At most [`MAX_VALUES`].
    pub allowed_origins: Json<Vec<String>>,
    /// Since when it is there.
    pub created_at: Timestamp,
}

/// Adds a widget of an agency of the scope and raises the revision. `Conflict` when the id is taken.
pub fn add(conn: &mut DbConn, scope: &Scope, new: &NewWidget<'_>) -> Result<Widget, StoreError> {
    if !scope.covers(new.agency_id) {
        return Err(StoreError::NotFound);
    }
    check(new)?;
    conn.write(|conn| {
        revision::lock(conn)?;
        let widget = diesel::insert_into(table::table)
            .values(new.clone())
            .returning(<Widget as Selectable<MultiBackend>>::construct_selection())
            .get_result(conn)?;
        revision::next(conn, Reach::Everything)?;
        Ok(widget)
    })
}

/// Sets a widget of the scope up anew, as its id says, and raises the revision; it stays as old as it is. `NotFound` when
/// the scope has no such widget.
pub fn change(conn: &mut DbConn, scope: &Scope, new: &NewWidget<'_>) -> Result<(), StoreError> {
    if !scope.covers(new.agency_id) {
        return Err(StoreError::NotFound);
    }
    check(new)?;
    conn.write(|conn| {
        revision::lock(conn)?;
        let own = table::table
            .find(new.id)
            .filter(scope.covers_column(table::agency_id));
        let changed = diesel::update(own)
            .set((
                table::agency_id.eq(new.agency_id),
                table::title.eq(new.title),
                table::view.eq(new.view),
                table::filters.eq(&new.filters),
                table::entry_id.eq(new.entry_id),
                table::entries.eq(new.entries),
                table::language.eq(new.language),
                table::theme.eq(new.theme),
                table::allowed_origins.eq(&new.allowed_origins),
            ))
            .execute(conn)?;
        if changed == 0 {
            return Err(StoreError::NotFound);
        }
        revision::next(conn, Reach::Everything)?;
        Ok(())
    })
}

/// The widgets of the scope, the oldest first.
pub fn list(conn: &mut DbConn, scope: &Scope) -> Result<Vec<Widget>, StoreError> {
    Ok(table::table
        .filter(scope.covers_column(table::agency_id))
        .order((table::created_at, table::id))
        .select(Widget::as_select())
        .load(conn)?)
}

/// The widget with this id.
pub fn find(conn: &mut DbConn, scope: &Scope, id: &str) -> Result<Option<Widget>, StoreError> {
    Ok(table::table
        .find(id)
        .filter(scope.covers_column(table::agency_id))
        .select(Widget::as_select())
        .first(conn)
        .optional()?)
}

/// The widget with this id, which nobody else changes until the transaction ends: who changes one holds the revision.
pub fn lock(conn: &mut DbConn, scope: &Scope, id: &str) -> Result<Option<Widget>, StoreError> {
    revision::lock(conn)?;
    find(conn, scope, id)
}

/// Removes a widget and raises the revision; pages that name it show their own content from then on. How often it was
/// shown stays known. `NotFound` when the scope has no such widget.
pub fn remove(conn: &mut DbConn, scope: &Scope, id: &str) -> Result<(), StoreError> {
    conn.write(|conn| {
        revision::lock(conn)?;
        let own = table::table
            .find(id)
            .filter(scope.covers_column(table::agency_id));
        if diesel::delete(own).execute(conn)? == 0 {
            return Err(StoreError::NotFound);
        }
        revision::next(conn, Reach::Everything)?;
        Ok(())
    })
}

fn check(new: &NewWidget<'_>) -> Result<(), StoreError> {
    if !(1..=32).contains(&new.id.len()) || !new.id.bytes().all(|it| it.is_ascii_alphanumeric()) {
        return Err(StoreError::invalid(
            "a widget's id must be 1 to 32 letters and digits",
        ));
    }
    if new.title.chars().count() > MAX_TITLE {
        return Err(StoreError::invalid(format!(
            "the title is longer than {MAX_TITLE} characters: shorten it"
        )));
    }
    if !(1..=MAX_ENTRIES).contains(&new.entries) {
        return Err(StoreError::invalid(format!(
            "a widget shows 1 to {MAX_ENTRIES} entries"
        )));
    }
    if (new.view == View::Entry) != new.entry_id.is_some() {
        return Err(StoreError::invalid(
            "the view 'entry' needs an entry, and the others take none",
        ));
    }
    let filters = &new.filters.0;
    let lists = [
        &filters.agency,
        &filters.kind,
        &filters.field,
        &filters.audience,
        &filters.situation,
        &new.allowed_origins.0,
    ];
    if lists.iter().any(|values| values.len() > MAX_VALUES) {
        return Err(StoreError::invalid(format!(
            "a widget names at most {MAX_VALUES} values of each property"
        )));
    }
    Ok(())
}

/// Makes the widgets that name an agency by its slug name it by another.
pub(crate) fn rename_agency(
    conn: &mut DbConn,
    before: &str,
    after: &str,
) -> Result<(), StoreError> {
    let known: Vec<(String, Json<Filters>)> = table::table
        .select((table::id, table::filters))
        .load(conn)?;
    for (id, Json(mut filters)) in known {
        let mut named = filters.agency.iter_mut();
        if let Some(slug) = named.find(|slug| *slug == before) {
            after.clone_into(slug);
            diesel::update(table::table.find(id))
                .set(table::filters.eq(Json(filters)))
                .execute(conn)?;
        }
    }
    Ok(())
}
