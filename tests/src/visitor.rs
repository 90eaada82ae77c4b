//! Somebody who visits pages and sends forms as a browser without scripts does, one step at a time.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, RequestBuilder, Response};
use url::Url;

use crate::http;

/// Keeps cookies, by origin, and the token of the forms that were seen last.
#[derive(Debug)]
pub struct Visitor {
    client: Client,
    cookies: BTreeMap<String, BTreeMap<String, String>>,
    token: Option<String>,
}

/// What a visitor was answered.
#[derive(Debug)]
pub struct Seen {
    pub url: Url,
    pub status: u16,
    /// Where it leads, if anywhere.
    pub location: Option<Url>,
    pub text: String,
}

impl Default for Visitor {
    fn default() -> Self {
        Self {
            client: http::client(),
            cookies: BTreeMap::new(),
            token: None,
        }
    }
}

impl Visitor {
    /// Opens a page; follows nothing.
    pub async fn get(&mut self, url: &str) -> Seen {
        self.send(url, self.client.get(url)).await
    }

    /// Sends a form, with the token of the page seen last, as a form of the same origin.
    pub async fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Seen {
        let origin = origin(&parse(url));
        let token = self.token.clone().unwrap_or_default();
        let fields = [&[("phieu", token.as_str())], fields].concat();
        let request = self.client.post(url).header(ORIGIN, origin).form(&fields);
        self.send(url, request).await
    }

    /// Opens where an answer leads, and where that leads, until a page stands there.
    pub async fn follow(&mut self, mut seen: Seen) -> Seen {
        for _ in 0..20 {
            let Some(location) = &seen.location else {
                return seen;
            };
            seen = self.get(location.clone().as_str()).await;
        }
        panic!("it leads in a circle: {}", seen.url);
    }

    /// The value of a cookie of that origin.
    pub fn cookie(&self, url: &str, name: &str) -> Option<&str> {
        let jar = self.cookies.get(&origin(&parse(url)))?;
        jar.get(name).map(String::as_str)
    }

    /// Loses every cookie.
    pub fn forget(&mut self) {
        self.cookies.clear();
    }

    async fn send(&mut self, url: &str, request: RequestBuilder) -> Seen {
        let url = parse(url);
        let jar = self.cookies.entry(origin(&url)).or_default();
        let cookies: Vec<_> = jar
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let response = request.header(COOKIE, cookies.join("; ")).send().await;
        let response = response.unwrap_or_else(|error| panic!("{url}: {error}"));
        keep(jar, &response);
        let status = response.status().as_u16();
        let location = response.headers().get(LOCATION);
        let location = location.map(|location| {
            let location = location.to_str().expect("an address");
            url.join(location).expect("an address")
        });
        let text = response.text().await.expect("a body");
        if let Some((_, after)) = text.split_once("name=\"phieu\" value=\"") {
            self.token = after.split('"').next().map(str::to_owned);
        }
        Seen {
            url,
            status,
            location,
            text,
        }
    }
}

fn keep(jar: &mut BTreeMap<String, String>, response: &Response) {
    for cookie in response.headers().get_all(SET_COOKIE) {
        let cookie = cookie.to_str().expect("a cookie");
        let pair = cookie.split(';').next().unwrap_or_default();
        let (name, value) = pair.split_once('=').expect("a name and a value");
        if value.is_empty() || cookie.contains("Max-Age=0") {
            jar.remove(name);
        } else {
            jar.insert(name.to_owned(), value.to_owned());
        }
    }
}

fn parse(url: &str) -> Url {
    Url::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"))
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
