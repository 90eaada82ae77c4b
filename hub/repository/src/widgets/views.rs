//! How often widgets were asked for, by day: nothing of who asked, and nothing of where.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::upsert::excluded;

use crate::conn::{DbConn, MultiBackend, Render};
use crate::error::StoreError;
use crate::schema::{widget_views as table, widgets};
use crate::scope::Scope;
use crate::text_enum::text_enum;

text_enum! {
    /// In which form a widget was asked for.
    pub enum Form {
        /// The data of the element on a page.
        Element = "element",
        /// A frame.
        Frame = "frame",
        /// The fragment that a site's server puts into its pages.
        Fragment = "fragment",
    }
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Viewed {
    /// The widget's id; empty for all that have no configuration.
    pub widget: String,
    /// In which form.
    pub form: Form,
}

/// How often on a day.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, serde::Serialize)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct Views {
    /// The day in Vietnam.
    pub day: NaiveDate,
    /// The widget's id; empty for all that have no configuration.
    pub widget: String,
    /// In which form.
    pub form: Form,
    /// How often.
    pub count: i64,
}

/// Counts views of a day.
pub fn record(
    conn: &mut DbConn,
    day: NaiveDate,
    counts: &[(Viewed, i64)],
) -> Result<(), StoreError> {
    let mut counts: Vec<_> = counts.iter().collect();
    // Two hubs that hold rows of each other's would never end.
    counts.sort_unstable();
    conn.write(|conn| {
        for (viewed, count) in counts {
            diesel::insert_into(table::table)
                .values((
                    table::day.eq(day),
                    table::widget.eq(&viewed.widget),
                    table::form.eq(viewed.form),
                    table::count.eq(count),
                ))
                .on_conflict((table::day, table::widget, table::form))
                .do_update()
                .set(table::count.eq(table::count + excluded(table::count)))
                .on_both()
                .execute(conn)?;
        }
        Ok(())
    })
}

/// Views since `day` of the widgets of the scope, the latest day first. The province also sees those of removed widgets and
/// of pages without a configuration.
pub fn since(conn: &mut DbConn, scope: &Scope, day: NaiveDate) -> Result<Vec<Views>, StoreError> {
    let mut query = table::table
        .filter(table::day.ge(day))
        .order((table::day.desc(), table::widget, table::form))
        .select(Views::as_select())
        .into_boxed();
    if let Scope::Agency(agency) = scope {
        let own = widgets::table
            .filter(widgets::agency_id.eq(*agency))
            .select(widgets::id);
        query = query.filter(table::widget.eq_any(own));
    }
    Ok(query.load(conn)?)
}

/// Drops what is older than `day`; how many rows went.
pub fn trim(conn: &mut DbConn, day: NaiveDate) -> Result<usize, StoreError> {
    Ok(diesel::delete(table::table.filter(table::day.lt(day))).execute(conn)?)
}
