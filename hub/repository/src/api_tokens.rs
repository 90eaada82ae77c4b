//! What lets a program act for a person. Only hashes of tokens are stored.

use chrono::TimeDelta;
use diesel::prelude::*;

use crate::conn::{DbConn, MultiBackend};
use crate::error::StoreError;
use crate::harvests::no_nul;
use crate::ids::{AgencyId, PersonId, TokenId};
use crate::people::Person;
use crate::schema::{api_tokens as table, people};
use crate::text_enum::text_enum;
use crate::types::{Json, Timestamp};

/// The longest that a token is good for.
pub const LONGEST: TimeDelta = TimeDelta::days(366);

/// Tokens of a person that are good at the same time.
const MOST: i64 = 50;

/// Characters of a token's name.
const MAX_NAME: usize = 100;

text_enum! {
    /// What a token may be used for, where its person may do so too.
    pub enum TokenScope {
        /// See entries and feeds as their editors do.
        Read = "read",
        /// Have feeds fetched now.
        Harvest = "harvest",
        /// Decide what entries are about.
        Classify = "classify",
    }
}

/// A token, as its person sees it.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = table, check_for_backend(MultiBackend))]
pub struct ApiToken {
    /// Its number.
    pub id: TokenId,
    /// Whom it acts for.
    pub person_id: PersonId,
    /// Where it counts; none is wherever the person has a part.
    pub agency_id: Option<AgencyId>,
    /// What the person calls it.
    pub name: String,
    /// The words of its scopes; one that this hub does not know gives no right.
    pub scopes: Json<Vec<String>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// From where it was used last.
    pub last_address: String,
    /// When somebody ended it.
    pub revoked_at: Option<Timestamp>,
}

impl ApiToken {
    /// Whether it may be used for that.
    pub fn allows(&self, scope: TokenScope) -> bool {
        self.scopes.iter().any(|word| word == scope.as_str())
    }

    /// Whether it still counts.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }
}

/// A token to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewToken<'a> {
    /// Whom it acts for.
    pub person: PersonId,
    /// Where it counts; none is wherever the person has a part.
    pub agency: Option<AgencyId>,
    /// What the person calls it.
    pub name: &'a str,
    /// What it may be used for.
    pub scopes: &'a [TokenScope],
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// The hash of the token.
    pub token_hash: &'a str,
}

/// Makes a token. `Invalid` when its name, its scopes or its end are not right, or the person has very many.
pub fn issue(conn: &mut DbConn, new: &NewToken<'_>, now: Timestamp) -> Result<TokenId, StoreError> {
    let name = new.name.trim();
    no_nul(name)?;
    if name.is_empty() || name.chars().count() > MAX_NAME {
        return Err(StoreError::invalid(
            "the name is not right: expected 1 to 100 characters",
        ));
    }
    if new.scopes.is_empty() {
        return Err(StoreError::invalid(
            "a token without a scope is good for nothing: give it one at least",
        ));
    }
    if new.expires_at <= now || new.expires_at > now + LONGEST {
        return Err(StoreError::invalid(
            "the end is not right: expected a moment within a year from now",
        ));
    }
    conn.write(|conn| {
        let good: i64 = table::table
            .filter(table::person_id.eq(new.person))
            .filter(table::revoked_at.is_null())
            .filter(table::expires_at.gt(now))
            .count()
            .get_result(conn)?;
        if good >= MOST {
            return Err(StoreError::invalid(
                "there are 50 tokens already: revoke some that nobody needs",
            ));
        }
        let scopes: Vec<&str> = new.scopes.iter().map(|scope| scope.as_str()).collect();
        Ok(diesel::insert_into(table::table)
            .values((
                table::token_hash.eq(new.token_hash),
                table::person_id.eq(new.person),
                table::agency_id.eq(new.agency),
                table::name.eq(name),
                table::scopes.eq(Json(scopes)),
                table::created_at.eq(now),
                table::expires_at.eq(new.expires_at),
            ))
            .returning(table::id)
            .get_result(conn)?)
    })
}

/// The tokens of a person, the newest first: those before one.
pub fn list(
    conn: &mut DbConn,
    person: PersonId,
    before: Option<TokenId>,
    limit: i64,
) -> Result<Vec<ApiToken>, StoreError> {
    Ok(table::table
        .filter(table::person_id.eq(person))
        .filter(table::id.lt(before.unwrap_or(TokenId(i64::MAX))))
        .order(table::id.desc())
        .limit(limit)
        .select(ApiToken::as_select())
        .load(conn)?)
}

/// The good token of this hash, and whom it acts for; notes that it was used.
pub fn resume(
    conn: &mut DbConn,
    token_hash: &str,
    address: &str,
    now: Timestamp,
) -> Result<Option<(ApiToken, Person)>, StoreError> {
    let found: Option<(ApiToken, Person)> = table::table
        .inner_join(people::table)
        .filter(table::token_hash.eq(token_hash))
        .filter(table::revoked_at.is_null())
        .filter(table::expires_at.gt(now))
        .filter(people::disabled_at.is_null())
        .select((ApiToken::as_select(), Person::as_select()))
        .first(conn)
        .optional()?;
    let Some((token, person)) = found else {
        return Ok(None);
    };
    // Once a minute is exact enough, and reading stays a read.
    let minute_ago = now + TimeDelta::minutes(-1);
    if token.last_used_at.is_none_or(|used| used < minute_ago) {
        diesel::update(table::table.find(token.id))
            .set((table::last_used_at.eq(now), table::last_address.eq(address)))
            .execute(conn)?;
    }
    Ok(Some((token, person)))
}

/// Ends a token of the person. `NotFound` when the person has no such token, or it was ended before.
pub fn revoke(
    conn: &mut DbConn,
    person: PersonId,
    id: TokenId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let own = table::table
        .find(id)
        .filter(table::person_id.eq(person))
        .filter(table::revoked_at.is_null());
    let ended = diesel::update(own).set(table::revoked_at.eq(now));
    if ended.execute(conn)? == 0 {
        return Err(StoreError::NotFound);
    }
    Ok(())
}

/// Ends all tokens of a person; how many.
pub fn revoke_all(
    conn: &mut DbConn,
    person: PersonId,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let own = table::table
        .filter(table::person_id.eq(person))
        .filter(table::revoked_at.is_null());
    Ok(diesel::update(own)
        .set(table::revoked_at.eq(now))
        .execute(conn)?)
}
