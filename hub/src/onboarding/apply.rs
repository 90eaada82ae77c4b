//! Carries a list out.

use std::collections::HashMap;

use hub_repository::agencies::{self, NewAgency};
use hub_repository::audit::Change;
use hub_repository::people::{self, NewMember, Role};
use hub_repository::{AgencyId, DbConn, PersonId, Scope, StoreError, Timestamp, feeds};
use serde_json::json;

use super::plan::{AgencyPlan, Parent, PersonPlan, Plan};

/// What came of a list.
#[derive(Debug, Clone, Default)]
pub struct Applied {
    /// The agencies that it named, in the order of its rows.
    pub agencies: Vec<AgencyId>,
    /// Those who got a part, each once.
    pub invited: Vec<PersonId>,
    added: Vec<String>,
    registered: Vec<String>,
    enrolled: Vec<String>,
}

impl Applied {
    /// What the audit notes.
    pub fn change(&self, target: String) -> Change {
        Change {
            action: "agency.import",
            target,
            after: Some(json!({
                "agencies": self.added,
                "feeds": self.registered,
                "people": self.enrolled,
            })),
            ..Change::default()
        }
    }
}

/// Adds what a sound plan says, in the caller's transaction: a conflict with what somebody else has done meanwhile undoes all of it.
pub fn apply(
    conn: &mut DbConn,
    scope: &Scope,
    plan: &Plan,
    now: Timestamp,
) -> Result<Applied, StoreError> {
    if !plan.is_sound() {
        return Err(StoreError::Conflict("row".to_owned()));
    }
    let mut applied = Applied::default();
    let mut ids: HashMap<usize, AgencyId> = HashMap::new();
    for &at in &plan.order {
        let row = &plan.rows[at];
        let id = match row.agency {
            AgencyPlan::Known(id) => id,
            AgencyPlan::New => {
                let new = NewAgency {
                    slug: &row.slug,
                    name: &row.row.name,
                    parent_id: match row.parent {
                        Parent::None => None,
                        Parent::Known(id) => Some(id),
                        Parent::Row(parent) => ids.get(&parent).copied(),
                    },
                    valid_from: None,
                    valid_until: None,
                    homepage: row.homepage.as_deref(),
                };
                applied.added.push(row.slug.clone());
                agencies::add(conn, scope, &new)?.id
            }
        };
        ids.insert(at, id);
        for (url, _) in row.feeds.iter().filter(|(_, is_new)| *is_new) {
            feeds::add(conn, scope, id, url, now)?;
            applied.registered.push(url.clone());
        }
        if let Some(PersonPlan::New | PersonPlan::Joins) = row.person {
            let new = NewMember {
                email: &row.row.email,
                name: &row.row.person,
                agency: Some(id),
                role: Role::AgencyAdmin,
            };
            let person = people::enrol(conn, scope, &new, now)?;
            if !applied.invited.contains(&person.id) {
                applied.invited.push(person.id);
            }
            applied.enrolled.push(person.email);
        }
    }
    let rows = 0..plan.rows.len();
    applied.agencies = rows.filter_map(|at| ids.get(&at).copied()).collect();
    Ok(applied)
}
