//! What the provider has said of itself: asked for anew each hour, and kept while it does not answer.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use openidconnect::IssuerUrl;
use openidconnect::core::{CoreJsonWebKeySet, CoreProviderMetadata};
use tokio::sync::Mutex;

use super::{Http, OidcError, chain};

/// After this long the provider is asked for its configuration anew …
const CONFIGURATION: Duration = Duration::from_hours(1);

/// … and this long the old one is gone on with while it does not answer.
const KEPT: Duration = Duration::from_hours(24);

/// A provider that has not answered is left alone for this long: not everybody who signs in waits for the time-out.
const ASKED_AGAIN: Duration = Duration::from_secs(20);

/// Keys are fetched anew for a token that none of them signed, and not again within this time, whoever makes up tokens.
const KEYS_AGAIN: Duration = Duration::from_mins(1);

/// What is known of the provider.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Held by who asks the provider: one at a time.
    asking: Mutex<()>,
    held: RwLock<Held>,
}

#[derive(Debug, Default)]
struct Held {
    metadata: Option<CoreProviderMetadata>,
    /// When it was asked for.
    since: Option<Instant>,
    /// When the provider did not answer last, and why.
    failed: Option<(Instant, String)>,
    /// When its keys were fetched anew for a token that none of them signed.
    keys_again: Option<Instant>,
}

impl Held {
    /// The configuration, unless it is older than that.
    fn younger_than(&self, age: Duration, now: Instant) -> Option<&CoreProviderMetadata> {
        let is_young = self
            .since
            .is_some_and(|since| now.saturating_duration_since(since) < age);
        self.metadata.as_ref().filter(|_| is_young)
    }

    /// What there is to say without asking the provider.
    fn answer(&self, now: Instant) -> Option<Result<CoreProviderMetadata, OidcError>> {
        if let Some(metadata) = self.younger_than(CONFIGURATION, now) {
            return Some(Ok(metadata.clone()));
        }
        let (failed_at, cause) = self.failed.as_ref()?;
        if now.saturating_duration_since(*failed_at) >= ASKED_AGAIN {
            return None;
        }
        let kept = self.younger_than(KEPT, now).cloned();
        Some(kept.ok_or_else(|| OidcError::Provider(cause.clone())))
    }
}

impl Known {
    /// The provider's configuration with its keys, asked for where nothing fresh is known.
    pub(super) async fn metadata(
        &self,
        issuer: &str,
        http: &Http,
        now: Instant,
    ) -> Result<CoreProviderMetadata, OidcError> {
        if let Some(answer) = self.read().answer(now) {
            return answer;
        }
        let kept = self.read().younger_than(KEPT, now).cloned();
        let _asking = match (self.asking.try_lock(), kept) {
            (Ok(asking), _) => asking,
            // Somebody is asking; who has something to go on with does not wait.
            (Err(_), Some(kept)) => return Ok(kept),
            (Err(_), None) => self.asking.lock().await,
        };
        if let Some(answer) = self.read().answer(now) {
            return answer;
        }
        let begun = Instant::now();
        let discovered = discover(issuer, http).await;
        let then = now + begun.elapsed();
        let mut held = self.write();
        match discovered {
            Ok(metadata) => {
                *held = Held {
                    metadata: Some(metadata.clone()),
                    since: Some(then),
                    ..Held::default()
                };
                Ok(metadata)
            }
            Err(cause) => {
                tracing::warn!(cause, "the identity provider does not answer");
                held.failed = Some((then, cause.clone()));
                let kept = held.younger_than(KEPT, now).cloned();
                kept.ok_or(OidcError::Provider(cause))
            }
        }
    }

    /// The configuration with the keys that the provider has now, unless they were fetched just before.
    pub(super) async fn with_new_keys(
        &self,
        http: &Http,
        now: Instant,
    ) -> Result<CoreProviderMetadata, OidcError> {
        let _asking = self.asking.lock().await;
        let metadata = {
            let mut held = self.write();
            let Some(metadata) = held.metadata.clone() else {
                return Err(OidcError::Provider("its keys are not known".to_owned()));
            };
            let last = held.keys_again;
            if last.is_some_and(|last| now.saturating_duration_since(last) < KEYS_AGAIN) {
                return Ok(metadata);
            }
            held.keys_again = Some(now);
            metadata
        };
        let keys = CoreJsonWebKeySet::fetch_async(metadata.jwks_uri(), http).await;
        let keys = keys.map_err(|error| OidcError::Provider(chain(&error)))?;
        let metadata = metadata.set_jwks(keys);
        self.write().metadata = Some(metadata.clone());
        Ok(metadata)
    }

    fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn discover(issuer: &str, http: &Http) -> Result<CoreProviderMetadata, String> {
    let issuer = IssuerUrl::new(issuer.to_owned()).map_err(|error| error.to_string())?;
    let metadata = CoreProviderMetadata::discover_async(issuer, http).await;
    metadata.map_err(|error| chain(&error))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use axum::http::StatusCode;
    use axum::routing::get;
    use axum::{Json, Router};
    use serde_json::json;
    use tokio::net::TcpListener;

    use super::super::clients;
    use super::*;
    use crate::harvest::guard::Guard;

    /// A provider that answers or not, and counts how often it is asked.
    struct Provider {
        issuer: String,
        asked: Arc<AtomicUsize>,
        is_down: Arc<AtomicBool>,
    }

    impl Provider {
        async fn start() -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let issuer = format!("http://{}", listener.local_addr().unwrap());
            let (asked, is_down) = (Arc::new(AtomicUsize::new(0)), Arc::<AtomicBool>::default());
            let configuration = json!({
                "issuer": issuer,
                "authorization_endpoint": format!("{issuer}/auth"),
                "jwks_uri": format!("{issuer}/keys"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            });
            let (counting, down) = (Arc::clone(&asked), Arc::clone(&is_down));
            let configure = move || {
                counting.fetch_add(1, Ordering::SeqCst);
                let answer = Json(configuration.clone());
                let answer = (!down.load(Ordering::SeqCst)).then_some(answer);
                std::future::ready(answer.ok_or(StatusCode::SERVICE_UNAVAILABLE))
            };
            let router = Router::new()
                .route("/.well-known/openid-configuration", get(configure))
                .route("/keys", get(async || Json(json!({ "keys": [] }))));
            tokio::spawn(async move { axum::serve(listener, router).await });
            Self {
                issuer,
                asked,
                is_down,
            }
        }

        fn asked(&self) -> usize {
            self.asked.load(Ordering::SeqCst)
        }
    }

    #[tokio::test]
    async fn a_provider_that_is_down_is_asked_seldom_and_what_it_said_is_kept() {
        let provider = Provider::start().await;
        let guard = Guard::new(vec!["127.0.0.1/32".parse().unwrap()]);
        let http = Http(Arc::new(clients(guard).unwrap()));
        let (known, start) = (Known::default(), Instant::now());
        let ask = async |known: &Known, after: Duration| {
            let answer = known.metadata(&provider.issuer, &http, start + after);
            answer.await.is_ok()
        };
        let (minute, hour) = (Duration::from_mins(1), Duration::from_hours(1));
        assert!(ask(&known, Duration::ZERO).await);
        assert!(ask(&known, 30 * minute).await);
        assert_eq!(provider.asked(), 1);
        provider.is_down.store(true, Ordering::SeqCst);
        for (after, asked) in [
            (2 * hour, 2),
            (2 * hour + minute / 12, 2),
            (2 * hour + minute, 3),
        ] {
            assert!(ask(&known, after).await, "what was known is gone on with");
            assert_eq!(provider.asked(), asked);
        }
        assert!(!ask(&known, 48 * hour).await, "but not for ever");
        let strange = Known::default();
        for _ in 0..5 {
            assert!(!ask(&strange, Duration::ZERO).await);
        }
        assert_eq!(provider.asked(), 5, "once for each of the two");
        provider.is_down.store(false, Ordering::SeqCst);
        assert!(ask(&known, 49 * hour).await);
    }
}
