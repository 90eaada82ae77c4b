//! Signing in with the province's identity provider: `OpenID` Connect Core 1.0, the authorization code flow with PKCE (RFC 7636).
//!
//! All that a sign-in under way needs (state, nonce, verifier) is derived from one random token that the browser keeps in a
//! cookie: nothing is stored of it, and what another browser began is worth nothing here.

mod known;
mod settings;

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreIdTokenClaims, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::http;
use openidconnect::{
    AccessToken, AsyncHttpClient, AuthorizationCode, ClaimsVerificationError, ClientId,
    ClientSecret, CsrfToken, HttpRequest, HttpResponse, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    SignatureVerificationError, TokenResponse as _,
};
use url::Url;

use crate::harvest::guard::{ClientSetupError, Guard, GuardedClients};

use known::Known;
pub use settings::{Given, Settings};

/// The path that the provider leads back to; it is told so when the hub is registered there.
pub const RETURN_PATH: &str = "/console/dang-nhap/tinh/ve";

/// One request to the provider.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What is read of an answer.
const MAX_ANSWER: usize = 256 * 1024;

/// How far the provider's clock may be from the hub's.
const SKEW: TimeDelta = TimeDelta::minutes(1);

/// How old a token may be that the provider has just given.
const OLDEST: TimeDelta = TimeDelta::minutes(10);

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// The provider is not there, or not set up as the hub is.
    #[error("the identity provider: {0}")]
    Provider(String),
    /// What came is not what was asked for, was used before, or is none of the provider's.
    #[error("the sign-in is refused: {0}")]
    Refused(String),
}

/// Who somebody is, as the provider says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Who says so.
    pub issuer: String,
    /// What the issuer calls the person, always the same.
    pub subject: String,
    /// The person's mail address, where the issuer says that it is theirs.
    pub email: Option<String>,
}

/// The province's identity provider.
#[derive(Debug)]
pub struct Provider {
    settings: Settings,
    return_url: RedirectUrl,
    http: Http,
    known: Known,
}

/// The request to the provider failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Silence(String);

impl Provider {
    /// Asks the provider for nothing yet.
    pub fn new(
        settings: Settings,
        public_url: &Url,
        guard: Guard,
    ) -> Result<Self, ClientSetupError> {
        let clients = clients(guard)?;
        let mut return_url = public_url.clone();
        return_url.set_path(RETURN_PATH);
        Ok(Self {
            settings,
            return_url: RedirectUrl::from_url(return_url),
            http: Http(Arc::new(clients)),
            known: Known::default(),
        })
    }

    /// What people call their account there.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Its name, as its tokens say it.
    pub fn issuer(&self) -> &str {
        let issuer = self.settings.issuer.as_str();
        // A path's last slash belongs to the issuer as it is given; a bare host has none.
        match self.settings.issuer.path() {
            "/" => issuer.trim_end_matches('/'),
            _ => issuer,
        }
    }

    /// Where a browser that keeps `token` is sent to sign in.
    pub async fn begin(&self, token: &str) -> Result<Url, OidcError> {
        let metadata = self.metadata().await?;
        let client = CoreClient::from_provider_metadata(
            metadata,
            ClientId::new(self.settings.client_id.clone()),
            Some(self.secret()),
        )
        .set_redirect_uri(self.return_url.clone());
        let (state, nonce) = (CsrfToken::new(state(token)), nonce(token));
        let (url, ..) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || state,
                move || nonce,
            )
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier(
                token,
            )))
            .url();
        Ok(url)
    }

    /// Who the browser that keeps `token` has proven to be, by what it came back with.
    pub async fn finish(
        &self,
        token: &str,
        came_back: &str,
        code: &str,
    ) -> Result<Proof, OidcError> {
        if !credentials::same(came_back, &state(token)) {
            return Err(OidcError::Refused(
                "the state is another browser's".to_owned(),
            ));
        }
        let metadata = self.metadata().await?;
        let client = CoreClient::from_provider_metadata(
            metadata.clone(),
            ClientId::new(self.settings.client_id.clone()),
            Some(self.secret()),
        )
        .set_redirect_uri(self.return_url.clone());
        let answer = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| OidcError::Provider(error.to_string()))?
            .set_pkce_verifier(verifier(token))
            .request_async(&self.http)
            .await
            .map_err(|error| match error {
                RequestTokenError::Request(silence) => OidcError::Provider(silence.to_string()),
                error => OidcError::Refused(format!("the code is not taken: {}", chain(&error))),
            })?;
        let id_token = answer.id_token();
        let id_token =
            id_token.ok_or_else(|| OidcError::Refused("there is no ID token".to_owned()))?;
        let claims = self
            .claims(metadata.clone(), id_token, &nonce(token))
            .await?;
        let mut email = verified(
            claims.email().map(|email| email.as_str()),
            claims.email_verified(),
        );
        if email.is_none() {
            email = self
                .asked_email(metadata, answer.access_token(), &claims)
                .await;
        }
        Ok(Proof {
            issuer: claims.issuer().to_string(),
            subject: claims.subject().to_string(),
            email,
        })
    }

    /// What an ID token says, once everything about it is right. Keys that the provider has taken up since are fetched.
    async fn claims(
        &self,
        metadata: CoreProviderMetadata,
        id_token: &CoreIdToken,
        nonce: &Nonce,
    ) -> Result<CoreIdTokenClaims, OidcError> {
        match self.verify(metadata, id_token, nonce) {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey,
            )) => {
                let now = Instant::now();
                let metadata = self.known.with_new_keys(&self.http, now).await?;
                self.verify(metadata, id_token, nonce)
            }
            verified => verified,
        }
        .map_err(|error| OidcError::Refused(chain(&error)))
    }

    fn verify(
        &self,
        metadata: CoreProviderMetadata,
        id_token: &CoreIdToken,
        nonce: &Nonce,
    ) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
        let client = CoreClient::from_provider_metadata(
            metadata,
            ClientId::new(self.settings.client_id.clone()),
            Some(self.secret()),
        );
        let verifier = client
            .id_token_verifier()
            // With keys that only the provider has; never with the secret that it shares.
            .set_allowed_algs([
                CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
                CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
                CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
                CoreJwsSigningAlgorithm::RsaSsaPssSha256,
                CoreJwsSigningAlgorithm::EcdsaP256Sha256,
                CoreJwsSigningAlgorithm::EcdsaP384Sha384,
                CoreJwsSigningAlgorithm::EdDsa,
            ])
            .set_time_fn(|| Utc::now() - SKEW)
            .set_issue_time_verifier_fn(|issued| {
                let age = Utc::now() - issued;
                if age < -SKEW || age > OLDEST {
                    return Err(format!("issued at {issued}"));
                }
                Ok(())
            });
        id_token.claims(&verifier, nonce).cloned()
    }

    /// The address that the provider names beside the token, where it names it at all.
    async fn asked_email(
        &self,
        metadata: CoreProviderMetadata,
        access: &AccessToken,
        claims: &CoreIdTokenClaims,
    ) -> Option<String> {
        let client = CoreClient::from_provider_metadata(
            metadata,
            ClientId::new(self.settings.client_id.clone()),
            Some(self.secret()),
        );
        let asked = client
            .user_info(access.clone(), Some(claims.subject().clone()))
            .ok()?
            .request_async(&self.http);
        let info: CoreUserInfoClaims = asked
            .await
            .inspect_err(|error| {
                tracing::warn!(error = chain(error), "the provider says no address");
            })
            .ok()?;
        verified(
            info.email().map(|email| email.as_str()),
            info.email_verified(),
        )
    }

    async fn metadata(&self) -> Result<CoreProviderMetadata, OidcError> {
        let now = Instant::now();
        self.known.metadata(self.issuer(), &self.http, now).await
    }

    fn secret(&self) -> ClientSecret {
        ClientSecret::new(self.settings.client_secret.expose().to_owned())
    }
}

fn clients(guard: Guard) -> Result<GuardedClients, ClientSetupError> {
    GuardedClients::new(guard, || {
        reqwest::Client::builder()
            .user_agent(concat!("Loa/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(TIMEOUT)
            .timeout(TIMEOUT)
            .referer(false)
    })
}

/// Asks the provider, through the outbound guard; no redirect is followed, and everything is limited.
#[derive(Debug)]
struct Http(Arc<GuardedClients>);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Silence;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Silence>> + Send>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(send(Arc::clone(&self.0), request))
    }
}

async fn send(clients: Arc<GuardedClients>, request: HttpRequest) -> Result<HttpResponse, Silence> {
    let (parts, body) = request.into_parts();
    let url: Url = parts.uri.to_string().parse().map_err(silence)?;
    let request = clients.request(parts.method, url).map_err(silence)?;
    let sent = request.headers(parts.headers).body(body).send().await;
    let mut answer = sent.map_err(silence)?;
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(silence)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            let text = format!("the answer is longer than {MAX_ANSWER} bytes");
            return Err(Silence(text));
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = http::Response::new(body);
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    Ok(response)
}

fn silence(error: impl std::error::Error) -> Silence {
    Silence(chain(&error))
}

/// Binds what comes back to the browser that was sent.
fn state(token: &str) -> String {
    credentials::derive("oidc state", token)
}

/// Binds the ID token to it.
fn nonce(token: &str) -> Nonce {
    Nonce::new(credentials::derive("oidc nonce", token))
}

/// Binds the code to it.
fn verifier(token: &str) -> PkceCodeVerifier {
    PkceCodeVerifier::new(credentials::derive("oidc verifier", token))
}

fn verified(email: Option<&str>, is_verified: Option<bool>) -> Option<String> {
    email
        .filter(|_| is_verified == Some(true))
        .map(str::to_owned)
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text.chars().take(500).collect()
}
