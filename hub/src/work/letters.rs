//! Sends the letters that wait, one after the other.
//!
//! They stand in the database, so that they survive a restart and several hubs share them. A letter's token is made here: from then on
//! the links that its person had before lead nowhere.

use chrono::TimeDelta;
use hub_repository::leases::Lease;
use hub_repository::outbox::{self, Letter};
use hub_repository::{StoreError, Timestamp, one_time_tokens};
use tokio_util::sync::CancellationToken;

use crate::access;
use crate::app::App;
use crate::mail::Mailer;
use crate::publish::absolute;

/// How long a claim is good for: longer than a letter may take.
const LEASE: TimeDelta = TimeDelta::minutes(3);

/// Does it until `stop`; a letter under way ends by itself, as one that is cut off might come twice.
pub(super) async fn run(app: App, mailer: Mailer, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match step(&app, &mailer).await {
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

/// Sends the letter that has been due for longest; false when none is due.
async fn step(app: &App, mailer: &Mailer) -> Result<bool, StoreError> {
    let claimed = app.db.run_writing(|conn| {
        conn.write(|conn| {
            let now = Timestamp::now();
            let lease = Lease {
                owner: "",
                now,
                until: now + LEASE,
            };
            let Some(letter) = outbox::claim(conn, &lease)? else {
                return Ok(None);
            };
            let token = credentials::token();
            let hash = access::token_hash(&token);
            one_time_tokens::issue(conn, letter.person.id, letter.purpose, &hash, now)?;
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
            let again = error.again(&letter, now);
            report(&letter, &error, again);
            let cause = error.in_words();
            app.db
                .run_writing(move |conn| outbox::failed(conn, &letter, &cause, again))
                .await?;
        }
    }
    Ok(true)
}

fn report(letter: &Letter, error: &crate::mail::SendError, again: Option<Timestamp>) {
    let (person, attempts) = (letter.person.id, letter.attempts);
    if let Some(again) = again {
        tracing::warn!(%person, attempts, %again, %error, "letter not sent yet");
    } else {
        tracing::error!(%person, attempts, %error, "letter given up");
    }
}
