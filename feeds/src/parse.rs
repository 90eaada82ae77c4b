//! Bytes to [`Parsed`]: finds the encoding and the format, then reads in one pass.

mod addresses;
mod capture;
mod dates;
mod elements;
mod finish;
mod json;
mod leaves;
mod links;
mod machine;
mod modules;
mod namespaces;
mod people;
mod root;
mod scanner;
mod starts;
mod state;
mod texts;
mod unclosed;

use std::borrow::Cow;

use crate::addresses as address;
use crate::allowance::Allowance;
use crate::detect::{self, Format, NotAFeed};
use crate::encoding;
use crate::html;
use crate::model::Feed;
use crate::problem::{Problem, ProblemCode, Problems};
use crate::survey::survey;

/// What is known of a document besides its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints<'a> {
    /// The Content-Type header as received.
    pub content_type: Option<&'a str>,
    /// The address that the document came from: what relative references count from in the end.
    pub base: Option<&'a str>,
}

/// A feed that was read, and what had to be repaired on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// What was read.
    pub feed: Feed,
    /// The dialect that the document says it is in, or looks like.
    pub format: Format,
    /// The encoding that the bytes were read in.
    pub encoding: &'static str,
    /// What was repaired, the first of each kind.
    pub problems: Vec<Problem>,
}

/// Reads a feed of any dialect. Whatever can be repaired is repaired and reported.
pub fn parse(bytes: &[u8], hints: &Hints<'_>) -> Result<Parsed, NotAFeed> {
    let mut problems = Problems::default();
    let (decoded, encoding) = encoding::decode(bytes, hints.content_type, &mut problems);
    let survey = survey(&decoded);
    let text = if survey.has_controls {
        Cow::Owned(without_controls(&decoded, &mut problems))
    } else {
        Cow::Borrowed(decoded.as_ref())
    };
    let start = text
        .trim_start_matches(|character: char| character.is_whitespace() || character == '\u{feff}');
    if start.is_empty() {
        return Err(NotAFeed::Empty);
    }
    let mut hints = *hints;
    hints.base = hints.base.filter(|base| address::is_base(base));
    let hints = &hints;
    let mut allowance = Allowance::of(text.len());
    let (mut feed, format) = if begins_json(start) {
        json::read(
            start,
            text.len() - start.len(),
            hints,
            &mut allowance,
            &mut problems,
        )?
    } else {
        machine::read(&text, survey, hints, &mut allowance, &mut problems)
            .map_err(|refusal| detect::binary(&decoded).unwrap_or(refusal))?
    };
    report_content_type(hints.content_type, format, &mut problems);
    finish::finish(&mut feed, hints, &mut allowance, &mut problems);
    if allowance.is_exceeded() {
        problems.add(ProblemCode::TooLarge, None);
    }
    Ok(Parsed {
        feed,
        format,
        encoding,
        problems: problems.into_vec(),
    })
}

/// Whether the text is JSON, and not a program's `[notice]` before XML.
fn begins_json(text: &str) -> bool {
    match text.as_bytes() {
        [b'{', ..] => true,
        [b'[', rest @ ..] => {
            let first = rest.trim_ascii_start().first();
            first.is_none_or(|first| b"{[\"]".contains(first))
        }
        _ => false,
    }
}

/// XML 1.0 §2.2 allows no control characters, not even as references.
pub(crate) fn without_controls(text: &str, problems: &mut Problems) -> String {
    let is_low = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    problems.add(
        ProblemCode::ControlCharacters,
        text.bytes().position(is_low),
    );
    let kept = text
        .chars()
        .filter(|character| html::is_xml_character(*character));
    // The rest is allowed, but what is meant is Windows-1252.
    kept.map(html::windows_1252).collect()
}

fn report_content_type(content_type: Option<&str>, format: Format, problems: &mut Problems) {
    let Some(content_type) = content_type else {
        return;
    };
    let media_type = content_type
        .split(';')
        .next()
        .unwrap_or("")
        .trim()
        .to_ascii_lowercase();
    let fits = if format.is_json() {
        media_type.contains("json")
    } else {
        media_type.contains("xml") || media_type.contains("rss")
    };
    if !fits && !media_type.is_empty() {
        problems.add_found(
            ProblemCode::ContentTypeMismatch,
            None,
            detect::prefix(&media_type, 60),
        );
    }
}
