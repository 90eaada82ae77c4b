//! Sends the letters that wait, one after the other.
//!
//! They stand in the database, so that they survive a restart and several hubs share them. A link's token is made here: from then on
//! the links that its person had before lead nowhere.

use chrono::TimeDelta;
use hub_repository::leases::Lease;
use hub_repository::notices::letters;
use hub_repository::{PersonId, StoreError, Timestamp, one_time_tokens, outbox};
use tokio_util::sync::CancellationToken;

use crate::access;
use crate::app::App;
use crate::mail::{Mailer, SendError};
use crate::publish::absolute;

/// How long a claim is good for: longer than a letter may take.
const LEASE: TimeDelta = TimeDelta::minutes(3);

/// Does it until `stop`; a letter under way ends by itself, as one that is cut off might come twice.
pub(super) async fn run(app: App, mailer: Mailer, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match send_next(&app, &mailer).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "cannot see which letters wait"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.letters.notified() => {}
        }
    }
}

/// Sends a letter that is due, those that let people in first; false when none is.
async fn send_next(app: &App, mailer: &Mailer) -> Result<bool, StoreError> {
    Ok(send_link(app, mailer).await? || send_notice(app, mailer).await?)
}

fn lease() -> Lease<'static> {
    let now = Timestamp::now();
    Lease {
        owner: "",
        now,
        until: now + LEASE,
    }
}

/// Sends the link that has been due for longest; false when none is due.
async fn send_link(app: &App, mailer: &Mailer) -> Result<bool, StoreError> {
    let claimed = app.db.run_writing(|conn| {
        conn.write(|conn| {
            let lease = lease();
            let Some(letter) = outbox::claim(conn, &lease)? else {
                return Ok(None);
            };
            let token = credentials::token();
            let hash = access::token_hash(&token);
            one_time_tokens::issue(conn, letter.person.id, letter.purpose, &hash, lease.now)?;
            Ok::<_, StoreError>(Some((letter, token)))
        })
    });
    let Some((letter, token)) = claimed.await? else {
        return Ok(false);
    };
    let link = absolute(&app.config.public_url, &access::invitation_path(&token));
    let sent = mailer.send_link(&letter, &link).await;
    let now = Timestamp::now();
    match sent {
        Ok(()) => {
            let (person, purpose) = (letter.person.id, letter.purpose);
            tracing::info!(%person, %purpose, "letter sent");
            app.db
                .run_writing(move |conn| outbox::sent(conn, &letter, now))
                .await?;
        }
        Err(error) => {
            let again = error.again(letter.attempts, letter.asked_at, now);
            report(letter.person.id, letter.attempts, &error, again);
            let cause = error.in_words();
            app.db
                .run_writing(move |conn| outbox::failed(conn, &letter, &cause, again))
                .await?;
        }
    }
    Ok(true)
}

/// Tells an administrator what the province decided, for the letter that has been due for longest; false when none is due.
async fn send_notice(app: &App, mailer: &Mailer) -> Result<bool, StoreError> {
    let claimed = app.db.run_writing(|conn| letters::claim(conn, &lease()));
    let Some(letter) = claimed.await? else {
        return Ok(false);
    };
    let agency = app.snapshot().agency(letter.notice.agency_id).cloned();
    let agency = agency.map_or_else(String::new, |agency| agency.name);
    let page = format!("/console/bai/{}", letter.notice.entry_id);
    let page = absolute(&app.config.public_url, &page);
    let sent = mailer.send_notice(&letter, &agency, &page).await;
    let now = Timestamp::now();
    match sent {
        Ok(()) => {
            let (person, notice) = (letter.person.id, letter.notice.id);
            tracing::info!(%person, %notice, "notice sent");
            app.db
                .run_writing(move |conn| letters::sent(conn, &letter, now))
                .await?;
        }
        Err(error) => {
            let again = error.again(letter.attempts, letter.notice.created_at, now);
            report(letter.person.id, letter.attempts, &error, again);
            let cause = error.in_words();
            app.db
                .run_writing(move |conn| letters::failed(conn, &letter, &cause, again))
                .await?;
        }
    }
    Ok(true)
}

fn report(person: PersonId, attempts: i32, error: &SendError, again: Option<Timestamp>) {
    if let Some(again) = again {
        tracing::warn!(%person, attempts, %again, %error, "letter not sent yet");
    } else {
        tracing::error!(%person, attempts, %error, "letter given up");
    }
}
