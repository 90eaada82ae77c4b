//! What the rows of the vocabulary say of how citations are spelt.

use std::collections::HashMap;

use super::Type;
use crate::citations::folded::fold;
use crate::text::{Level, may_mean, normalise};
use crate::vocabulary::{DocumentType, Vocabulary};

/// Most commas of a title that may be missing one by one; of a title with more, all or none.
const MAX_FREE_COMMAS: usize = 3;

/// A name's syllables without commas and `và`, in the form in which they are compared.
pub(in crate::citations) fn syllables(name: &str) -> Vec<String> {
    normalise(name, Level::Iy)
        .split(|letter: char| letter.is_whitespace() || letter == ',')
        .filter(|part| !matches!(*part, "" | "và" | "va" | "&"))
        .map(ToOwned::to_owned)
        .collect()
}

/// How many syllables cannot mean those of a name, having other marks; `None` where they are other
/// syllables.
pub(in crate::citations) fn misspelt(found: &[String], name: &[String]) -> Option<usize> {
    let pairs = found.iter().zip(name);
    let wrong = pairs.filter(|(found, expected)| found != expected && !may_mean(found, expected));
    (found.len() == name.len()).then(|| wrong.count())
}

/// The numbers that a row gives as examples.
pub(super) fn examples(row: &DocumentType) -> impl Iterator<Item = &str> {
    row.example
        .split([';', ' ', '('])
        .map(str::trim)
        .filter(|example| example.starts_with(|first: char| first.is_ascii_digit()))
}

/// `31/2024` of `31/2024/QH15`.
pub(super) fn beginning(number: &str) -> Option<(u32, u32)> {
    let mut parts = number.split('/');
    let ordinal = parts.next()?.parse().ok()?;
    let year = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    Some((ordinal, year))
}

/// The folded letters of `QH13` in `91/2015/QH13`.
pub(super) fn legislature_of(number: &str) -> Option<Vec<u8>> {
    beginning(number)?;
    let last = number.split('/').nth(2)?;
    let letters = last.trim_end_matches(|last: char| last.is_ascii_digit());
    let plain = !letters.is_empty() && letters.chars().all(char::is_alphabetic);
    (letters.len() < last.len() && plain).then(|| fold(letters))
}

/// `CV` of `Công văn`; nothing of one syllable.
pub(super) fn initials(label: &str) -> String {
    let syllables = label.split_whitespace();
    if syllables.clone().count() < 2 {
        return String::new();
    }
    syllables
        .filter_map(|syllable| syllable.chars().next())
        .flat_map(char::to_uppercase)
        .collect()
}

pub(super) fn issuers(vocabulary: &Vocabulary) -> HashMap<Vec<u8>, String> {
    let rows = vocabulary.issuers.iter().rev();
    rows.filter(|issuer| !issuer.abbr.trim().is_empty())
        .map(|issuer| (fold(&issuer.abbr), issuer.abbr.trim().to_owned()))
        .collect()
}

pub(super) fn issuer_names(vocabulary: &Vocabulary) -> Vec<(Vec<u8>, String)> {
    let mut names: Vec<(Vec<u8>, String)> = Vec::new();
    for issuer in &vocabulary.issuers {
        let label = issuer.label.split('(').next().unwrap_or_default();
        for name in label.split(" / ").chain([issuer.abbr.as_str()]) {
            names.push((fold(name), issuer.abbr.clone()));
        }
    }
    names.retain(|(name, _)| !name.is_empty());
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    names
}

pub(super) type Tokens = (HashMap<Vec<u8>, Vec<usize>>, HashMap<Vec<u8>, usize>);

/// A token names the type whose abbreviation it is, and the types whose examples use it.
pub(super) fn tokens(vocabulary: &Vocabulary, types: &[Type]) -> Tokens {
    let mut tokens: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
    let mut party = HashMap::new();
    let mut add = |token: Vec<u8>, index: usize| {
        let named = tokens.entry(token).or_default();
        if !named.contains(&index) {
            named.push(index);
        }
    };
    for (index, row) in vocabulary.document_types.iter().enumerate() {
        if !row.abbr.trim().is_empty() {
            add(fold(&row.abbr), index);
        }
    }
    for (index, document_type) in types.iter().enumerate() {
        if !document_type.short.is_empty() {
            add(document_type.short.clone(), index);
        }
    }
    for (index, row) in vocabulary.document_types.iter().enumerate() {
        for example in examples(row) {
            let example = fold(example);
            let figures = example.iter().take_while(|byte| byte.is_ascii_digit());
            let rest = &example[figures.count()..];
            if let [b'-', rest @ ..] = rest
                && let Some(end) = rest.iter().position(|&byte| byte == b'/')
            {
                add(rest[..end].to_vec(), index);
                party.insert(rest[..end].to_vec(), index);
            }
        }
    }
    (tokens, party)
}

/// A folded title with and without its commas, `và` also as `&` or left out.
pub(super) fn spellings(folded: &[u8]) -> Vec<Vec<u8>> {
    let parts: Vec<&[u8]> = folded.split(|&byte| byte == b',').collect();
    let commas = parts.len() - 1;
    let choices: Vec<u32> = if commas <= MAX_FREE_COMMAS {
        (0..1 << commas).collect()
    } else {
        vec![0, u32::MAX]
    };
    let mut spellings = Vec::new();
    for choice in choices {
        let mut spelling = parts[0].to_vec();
        for (index, part) in parts[1..].iter().enumerate() {
            if choice >> (index % 32) & 1 == 0 {
                spelling.push(b',');
            }
            spelling.extend_from_slice(part);
        }
        if let Ok(text) = std::str::from_utf8(&spelling)
            && text.contains(" va ")
        {
            spellings.push(text.replace(" va ", " & ").into_bytes());
            spellings.push(text.replace(" va ", " ").into_bytes());
        }
        spellings.push(spelling);
    }
    spellings
}
