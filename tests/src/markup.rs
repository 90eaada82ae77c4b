//! What markup could do in a browser, told by a browser's way of reading it.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use url::Url;

/// Where markup stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A page of the hub, with the hub's own scripts and styles.
    Page,
    /// What an agency wrote, in a feed that others show.
    Content,
}

/// Elements that act, load or change their surroundings.
const ACTIVE: [&str; 11] = [
    "applet", "base", "embed", "frame", "frameset", "iframe", "math", "object", "slot", "style",
    "template",
];

/// Elements that only the hub itself may write.
const OWN: [&str; 8] = [
    "button", "form", "input", "link", "meta", "script", "select", "svg",
];

const ADDRESSES: [&str; 12] = [
    "action",
    "background",
    "cite",
    "data",
    "formaction",
    "href",
    "longdesc",
    "ping",
    "poster",
    "src",
    "srcset",
    "xlink:href",
];

/// Everything in `html` that could run, load or lead anywhere but to the web.
pub fn dangers(html: &str, place: Place) -> Vec<String> {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Tags::default(), TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let tags = tokenizer.sink.0.into_inner();
    tags.iter().flat_map(|tag| dangers_of(tag, place)).collect()
}

#[derive(Default)]
struct Tags(RefCell<Vec<Tag>>);

impl TokenSink for Tags {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(tag) = token
            && tag.kind == TagKind::StartTag
        {
            self.0.borrow_mut().push(tag);
        }
        TokenSinkResult::Continue
    }
}

fn dangers_of(tag: &Tag, place: Place) -> Vec<String> {
    let name: &str = &tag.name;
    let attributes: Vec<(&str, &str)> = tag
        .attrs
        .iter()
        .map(|attribute| (&*attribute.name.local, &*attribute.value))
        .collect();
    let mut dangers = Vec::new();
    if ACTIVE.contains(&name) || (place == Place::Content && OWN.contains(&name)) {
        dangers.push(format!("<{name}>"));
    }
    let has_source = attributes.iter().any(|(name, _)| *name == "src");
    // Our own pages carry data for machines, which no browser runs.
    let is_data = place == Place::Page && attributes.contains(&("type", "application/ld+json"));
    if name == "script" && !has_source && !is_data {
        dangers.push("an inline script".to_owned());
    }
    for (attribute, value) in &attributes {
        let acts =
            attribute.starts_with("on") || matches!(*attribute, "style" | "srcdoc" | "http-equiv");
        let leads_away = ADDRESSES.contains(attribute) && !is_of_the_web(value);
        if acts || leads_away {
            let value: String = value.chars().take(80).collect();
            dangers.push(format!("<{name} {attribute}={value:?}>"));
        }
    }
    dangers
}

fn is_of_the_web(address: &str) -> bool {
    let page: Url = "https://portal.example/a/b".parse().expect("an address");
    page.join(address)
        .is_ok_and(|url| matches!(url.scheme(), "http" | "https" | "mailto" | "tel"))
}
