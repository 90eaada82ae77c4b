//! Who may do what: the one place that decides. `docs/access.md` says the same for people.

use hub_repository::api_tokens::{ApiToken, TokenScope};
use hub_repository::people::{Membership, Role};
use hub_repository::{
    AgencyId, DbConn, PersonId, Scope, StoreError, Timestamp, Walls, one_time_tokens, outbox,
};

use Role::{AgencyAdmin, AgencyEditor, Auditor, ProvinceAdmin, ProvinceEditor};

/// Everything that needs a right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// See the tree of agencies.
    SeeAgencies,
    /// Add agencies, change them, let them merge, split and end.
    ManageAgencies,
    /// See an agency's feeds, how they do, and their runs.
    SeeFeeds,
    /// Have a feed fetched now.
    Harvest,
    /// Add feeds of an agency, stop them, and say what their categories stand for.
    ManageFeeds,
    /// See an agency's entries as an editor does.
    SeeEntries,
    /// Decide what an entry is about.
    Classify,
    /// Hold entries back, publish and withdraw them; what the province decided is the province's.
    Decide,
    /// Say which of an agency's entries are held back for review.
    SetPolicies,
    /// Take an agency's entries down, and take that back.
    TakeDown,
    /// See an agency's widgets, and how often they are shown.
    SeeWidgets,
    /// Set widgets up, and take them away.
    ManageWidgets,
    /// See what an agency publishes, in figures; for the province, all agencies compared.
    SeeStatistics,
    /// See what somebody should look at.
    SeeNotices,
    /// Say that somebody has looked.
    TickNotices,
    /// Say that the agency has seen what the province told it.
    TickTold,
    /// See who has which part.
    SeePeople,
    /// Invite people, change their parts, take them away.
    ManagePeople,
    /// Keep people from signing in at all, and let them again.
    DisablePeople,
    /// Take away the second factor of who has lost it.
    RemoveSecondFactor,
    /// See what stands in front of all others.
    SeePins,
    /// Put entries there, and take them back.
    Pin,
    /// See the words that texts are read with, and their versions.
    SeeVocabulary,
    /// Change them.
    EditVocabulary,
    /// See what people changed.
    SeeAudit,
    /// See how the hub itself does.
    SeeSystem,
}

/// The roles that have the right: in the province for everything, in an agency for what is its own.
fn roles(action: Action) -> &'static [Role] {
    match action {
        Action::SeeFeeds
        | Action::SeeEntries
        | Action::SeeWidgets
        | Action::SeeStatistics
        | Action::SeeNotices => Role::ALL,
        Action::Harvest
        | Action::ManageFeeds
        | Action::ManageWidgets
        | Action::Classify
        | Action::Decide
        | Action::TickNotices => &[ProvinceAdmin, ProvinceEditor, AgencyAdmin, AgencyEditor],
        Action::TickTold => &[AgencyAdmin, AgencyEditor],
        Action::SeePeople => &[ProvinceAdmin, Auditor, AgencyAdmin],
        Action::ManagePeople => &[ProvinceAdmin, AgencyAdmin],
        Action::DisablePeople | Action::RemoveSecondFactor | Action::ManageAgencies => {
            &[ProvinceAdmin]
        }
        Action::SeePins | Action::SeeAgencies | Action::SeeVocabulary => {
            &[ProvinceAdmin, ProvinceEditor, Auditor]
        }
        Action::Pin | Action::TakeDown | Action::SetPolicies | Action::EditVocabulary => {
            &[ProvinceAdmin, ProvinceEditor]
        }
        Action::SeeAudit | Action::SeeSystem => &[ProvinceAdmin, Auditor],
    }
}

/// The scope in which somebody with these parts may do that to what belongs to an agency, or to the province where there
/// is none; none when it is not theirs to do.
pub fn scope(parts: &[Membership], action: Action, agency: Option<AgencyId>) -> Option<Scope> {
    let has = |part: &&Membership| roles(action).contains(&part.role);
    let mut granted = parts.iter().filter(has);
    if granted.clone().any(|part| part.agency_id.is_none()) {
        return Some(Scope::Province);
    }
    let agency = agency?;
    granted
        .any(|part| part.agency_id == Some(agency))
        .then_some(Scope::Agency(agency))
}

/// Whether somebody with these parts may do that to what belongs to an agency, or to the province where there is none.
pub fn may(parts: &[Membership], action: Action, agency: Option<AgencyId>) -> bool {
    scope(parts, action, agency).is_some()
}

/// Every scope in which somebody with these parts may do that, the widest first.
pub fn scopes(parts: &[Membership], action: Action) -> Vec<Scope> {
    if may(parts, action, None) {
        return vec![Scope::Province];
    }
    let agencies = parts.iter().filter_map(|part| part.agency_id);
    agencies
        .filter_map(|agency| scope(parts, action, Some(agency)))
        .collect()
}

/// What there is in the database for somebody with these parts, whatever a query forgets: everything for who has a part in the province, else
/// what belongs to the own agencies.
pub fn walls(parts: &[Membership]) -> Walls {
    let places = parts.iter().map(|part| part.agency_id);
    places
        .collect::<Option<Vec<AgencyId>>>()
        .map_or(Walls::Open, Walls::Around)
}

/// What a program with a token of this scope may do, where its person may do so too.
fn actions(scope: TokenScope) -> &'static [Action] {
    match scope {
        TokenScope::Read => &[Action::SeeFeeds, Action::SeeEntries],
        TokenScope::Harvest => &[Action::SeeFeeds, Action::Harvest],
        TokenScope::Classify => &[Action::SeeEntries, Action::Classify],
    }
}

/// The scopes in which a program may do that with its token, its person having these parts now; the widest first.
pub fn token_scopes(token: &ApiToken, parts: &[Membership], action: Action) -> Vec<Scope> {
    let mut granted = TokenScope::ALL.iter().filter(|scope| token.allows(**scope));
    if !granted.any(|scope| actions(*scope).contains(&action)) {
        return Vec::new();
    }
    match token.agency_id {
        None => scopes(parts, action),
        // Who has a part in the province can make a token for one agency.
        Some(agency) => {
            let there = may(parts, action, None) || may(parts, action, Some(agency));
            there.then_some(Scope::Agency(agency)).into_iter().collect()
        }
    }
}

/// What is stored of an API token.
pub fn api_token_hash(token: &str) -> String {
    credentials::derive("api token", token)
}

/// How a person gets the link to set a password with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// It is sent; the worker makes its token.
    Mail,
    /// Somebody hands it over: its token.
    Link(String),
}

/// The audit says which way it was, and not the token.
impl serde::Serialize for Way {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Mail => "mail",
            Self::Link(_) => "link",
        })
    }
}

/// Gives a person of the scope a link to come with, for the first time or without the password, in place of all before. `NotFound`
/// when the scope has no such person, or one who may not sign in.
pub fn invite(
    conn: &mut DbConn,
    scope: &Scope,
    person: PersonId,
    by_mail: bool,
    now: Timestamp,
) -> Result<Way, StoreError> {
    let purpose = outbox::invite(conn, scope, person, now)?;
    if by_mail {
        return Ok(Way::Mail);
    }
    outbox::cancel(conn, person)?;
    let token = credentials::token();
    one_time_tokens::issue(conn, person, purpose, &token_hash(&token), now)?;
    Ok(Way::Link(token))
}

/// What is stored of the token that lets an invited person set a password.
pub fn token_hash(token: &str) -> String {
    credentials::derive("one-time token", token)
}

/// The path of the page where an invited person sets a password.
pub fn invitation_path(token: &str) -> String {
    format!("/console/moi/{token}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_in_one_agency_is_none_in_another() {
        let (own, other) = (AgencyId(1), AgencyId(2));
        let part = |agency_id, role| Membership { agency_id, role };
        let editor = [part(Some(own), AgencyEditor)];
        let auditor_and_admin = [part(None, Auditor), part(Some(own), AgencyAdmin)];
        for (parts, action, agency, expected) in [
            (
                &editor[..],
                Action::Harvest,
                Some(own),
                Some(Scope::Agency(own)),
            ),
            (&editor, Action::Harvest, Some(other), None),
            (&editor, Action::Harvest, None, None),
            (&editor, Action::SeePeople, Some(own), None),
            (
                &auditor_and_admin,
                Action::SeeFeeds,
                Some(other),
                Some(Scope::Province),
            ),
            (
                &auditor_and_admin,
                Action::Harvest,
                Some(own),
                Some(Scope::Agency(own)),
            ),
            (&auditor_and_admin, Action::Harvest, Some(other), None),
            (&[], Action::SeeFeeds, Some(own), None),
        ] {
            assert_eq!(
                scope(parts, action, agency),
                expected,
                "{action:?} {agency:?}"
            );
        }
        assert_eq!(scopes(&editor, Action::SeeFeeds), [Scope::Agency(own)]);
        assert_eq!(
            scopes(&auditor_and_admin, Action::SeeFeeds),
            [Scope::Province]
        );
    }
}
