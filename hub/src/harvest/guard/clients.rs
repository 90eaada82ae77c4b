//! HTTP clients that cannot connect past the guard.
//!
//! A resolver of reqwest learns the name but not the port, and the port that the URL names replaces whatever the
//! resolver answers. So there is one client for each port that has rules of its own, whose resolver knows that port, and
//! one for all others, which no port rule concerns. Connections are pooled by scheme, host and port in any case, so
//! nothing is lost. Addresses written out never reach a resolver: [`GuardedClients::request`], the only way to a
//! connection, judges those.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder, Method, RequestBuilder, redirect};
use url::Url;

use super::resolver::Resolver;
use super::{Guard, Refusal};

/// Stands for every port without a rule of its own: no URL can be served on port 0 and no rule can name it.
const ANY_OTHER_PORT: u16 = 0;

/// One HTTP client for each port that has rules of its own.
#[derive(Debug)]
pub struct GuardedClients {
    guard: Guard,
    resolver: Resolver,
    by_port: BTreeMap<u16, Client>,
    other: Client,
}

/// The HTTP client could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum ClientSetupError {
    #[error("are the system's certificates installed (package ca-certificates)? {0}")]
    Client(#[from] reqwest::Error),
    #[error("the name server cannot be used: {0}; see HUB_DNS_SERVER")]
    NameServer(String),
}

impl GuardedClients {
    /// Builds the clients; `configure` gives time limits, headers and the like. What could lead past the guard
    /// (redirects that are followed unseen, proxies, another resolver) is set here, after it.
    pub fn new(
        guard: Guard,
        configure: impl Fn() -> ClientBuilder,
    ) -> Result<GuardedClients, ClientSetupError> {
        // Without a provider building a client panics; an error only says that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let resolver = Resolver::new(guard.name_server)?;
        let client = |port| {
            configure()
                .redirect(redirect::Policy::none())
                .no_proxy()
                .dns_resolver(Arc::new(GuardedResolver {
                    guard: guard.clone(),
                    resolver: resolver.clone(),
                    port,
                }))
                .build()
        };
        let by_port = guard
            .ports_with_rules()
            .into_iter()
            .map(|port| Ok((port, client(port)?)))
            .collect::<Result<_, reqwest::Error>>()?;
        let other = client(ANY_OTHER_PORT)?;
        Ok(GuardedClients {
            guard,
            resolver,
            by_port,
            other,
        })
    }

    /// The TXT records of a name; the text of the error says why they are not known.
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        let found = self.resolver.texts(name).await;
        found.map_err(|error| error.to_string())
    }

    /// Judges what the URL shows, as [`Guard::check_url`] does.
    pub fn check(&self, url: &Url) -> Result<(), Refusal> {
        self.guard.check_url(url)
    }

    /// A request that connects only to addresses which the guard permits for the URL's host and port.
    pub fn request(&self, method: Method, url: Url) -> Result<RequestBuilder, Refusal> {
        self.guard.check_url(&url)?;
        let port = url.port_or_known_default().unwrap_or(ANY_OTHER_PORT);
        let client = self.by_port.get(&port).unwrap_or(&self.other);
        Ok(client.request(method, url))
    }
}

/// Resolves names and keeps the addresses that the guard permits on `port`.
#[derive(Debug)]
struct GuardedResolver {
    guard: Guard,
    resolver: Resolver,
    port: u16,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, resolver, port) = (self.guard.clone(), self.resolver.clone(), self.port);
        Box::pin(async move {
            let host = name.as_str();
            let found = resolver.addresses(host).await?;
            let permitted = guard.permitted(host, port, found)?;
            // Port 0 lets the client put in the port of the URL, which is the one that was judged.
            let addresses = permitted.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
