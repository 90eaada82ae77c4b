//! Taking in many agencies at once: from a list to agencies, feeds and invitations, all of it or nothing.

mod apply;
mod list;
mod plan;

pub use apply::{Applied, apply};
pub use list::{COLUMNS, List, ListError, MAX_FILE, Row, read, template};
pub use plan::{AgencyPlan, PersonPlan, Plan, RowPlan, plan};
