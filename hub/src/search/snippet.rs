//! Marks the matched words of a text and cuts out the part that shows best why it matched.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use law::text::{TokenKind, tokens};

use super::wording::Wording;

/// About three lines of a result page.
const SNIPPET_BYTES: usize = 320;
/// How far before the first match a snippet may begin.
const LEAD_BYTES: usize = 96;

/// A text with its matched words marked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marked {
    /// The text in pieces, in order.
    pub fragments: Vec<Fragment>,
}

/// A piece of a text, matched or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The original text, not escaped.
    pub text: String,
    /// Whether it matches the query.
    pub highlighted: bool,
}

/// A matched word: where it stands and which word of the query it answers.
struct Match {
    range: Range<usize>,
    unit: usize,
}

impl Marked {
    /// The text without marks.
    pub fn text(&self) -> String {
        self.fragments
            .iter()
            .map(|fragment| fragment.text.as_str())
            .collect()
    }

    /// HTML: escaped, matches in `<mark>`.
    pub fn html(&self) -> String {
        let mut html = String::new();
        for fragment in &self.fragments {
            let text = escape(&fragment.text);
            if fragment.highlighted {
                html.extend(["<mark>", &text, "</mark>"]);
            } else {
                html.push_str(&text);
            }
        }
        html
    }
}

/// Marks texts for one query. The same few thousand syllables make up all texts, so what each one
/// answers is remembered from text to text.
pub(super) struct Marker<'query> {
    wording: &'query Wording,
    known: HashMap<String, Option<usize>>,
}

impl<'query> Marker<'query> {
    pub(super) fn new(wording: &'query Wording) -> Self {
        Self {
            wording,
            known: HashMap::new(),
        }
    }

    /// The whole text, marked.
    pub(super) fn mark(&mut self, text: &str) -> Marked {
        cut(text, 0..text.len(), &self.matches(text))
    }

    /// The best part of the summary or, when it answers more of the query, of the body.
    pub(super) fn excerpt(&mut self, summary: &str, body: &str) -> Marked {
        let in_summary = self.matches(summary);
        let in_body = self.matches(body);
        let best_in_summary = best_window(&in_summary);
        let best_in_body = best_window(&in_body);
        if summary.trim().is_empty() || best_in_body.answered > best_in_summary.answered {
            cut(body, extent(body, best_in_body.start), &in_body)
        } else {
            cut(summary, extent(summary, best_in_summary.start), &in_summary)
        }
    }

    fn matches(&mut self, text: &str) -> Vec<Match> {
        if self.wording.units.is_empty() {
            return Vec::new();
        }
        let mut matches: Vec<Match> = Vec::new();
        for token in tokens(text) {
            let part_of_match = token.kind == TokenKind::NumberPart
                && matches
                    .last()
                    .is_some_and(|whole| whole.range.end >= token.range().end);
            if part_of_match {
                continue;
            }
            let unit = if let Some(&known) = self.known.get(token.text) {
                known
            } else {
                let unit = self.wording.answered_by(&token);
                self.known.insert(token.text.to_owned(), unit);
                unit
            };
            if let Some(unit) = unit {
                matches.push(Match {
                    range: token.range(),
                    unit,
                });
            }
        }
        matches
    }
}

#[derive(Default)]
struct Window {
    /// Byte offset of its first match.
    start: usize,
    /// How many different words of the query it answers.
    answered: u32,
    /// Neighbouring matches, which are likely the expression that was meant.
    neighbours: usize,
}

/// The earliest of the best windows that begin at a match.
fn best_window(matches: &[Match]) -> Window {
    let mut best = Window::default();
    for (first, start) in matches.iter().enumerate() {
        let inside = matches[first..]
            .iter()
            .take_while(|found| found.range.end <= start.range.start + SNIPPET_BYTES - LEAD_BYTES);
        let mut units = 0_u64;
        let mut neighbours = 0;
        let mut previous: Option<&Match> = None;
        for found in inside {
            units |= 1 << found.unit.min(63);
            if let Some(previous) = previous
                && previous.unit + 1 == found.unit
                && previous.range.end + 1 == found.range.start
            {
                neighbours += 1;
            }
            previous = Some(found);
        }
        let answered = units.count_ones();
        if (answered, neighbours) > (best.answered, best.neighbours) {
            best = Window {
                start: start.range.start,
                answered,
                neighbours,
            };
        }
    }
    best
}

/// Widens a window to the beginning of its sentence, if near, and to whole words.
fn extent(text: &str, first_match: usize) -> Range<usize> {
    let earliest = text.floor_char_boundary(first_match.saturating_sub(LEAD_BYTES));
    let lead = &text[earliest..first_match];
    let start = if earliest == 0 {
        0
    } else if let Some(sentence) = lead.rfind(". ").or_else(|| lead.rfind('\n')) {
        first_match - lead[sentence..].trim_start_matches(['.', ' ', '\n']).len()
    } else if let Some(word) = lead.find(char::is_whitespace) {
        first_match - lead[word..].trim_start().len()
    } else {
        first_match
    };
    let latest = text.floor_char_boundary(start + SNIPPET_BYTES);
    let end = if latest == text.len() {
        latest
    } else {
        // A text without blanks is cut where it must be.
        text[start..latest]
            .rfind(char::is_whitespace)
            .map_or(latest, |word| start + word)
    };
    start..end.max(start)
}

/// The text in `range`, in fragments. Matches with only a blank between them become one.
fn cut(text: &str, range: Range<usize>, matches: &[Match]) -> Marked {
    let mut fragments: Vec<Fragment> = Vec::new();
    let mut push = |text: &str, highlighted: bool| {
        if text.is_empty() {
            return;
        }
        match fragments.last_mut() {
            Some(last) if last.highlighted == highlighted => last.text.push_str(text),
            _ => fragments.push(Fragment {
                text: text.to_owned(),
                highlighted,
            }),
        }
    };
    if range.start > 0 {
        push("… ", false);
    }
    let mut written = range.start;
    for found in matches {
        if found.range.start < range.start || found.range.end > range.end {
            continue;
        }
        let gap = &text[written..found.range.start];
        let follows_match = written > range.start && !gap.is_empty() && gap.trim().is_empty();
        push(gap, follows_match);
        push(&text[found.range.clone()], true);
        written = found.range.end;
    }
    push(&text[written..range.end], false);
    if range.end < text.trim_end().len() {
        push(" …", false);
    }
    Marked { fragments }
}

fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::lexicon::Lexicon;
    use super::super::wording::understand;
    use super::*;

    proptest! {
        #[test]
        fn marking_keeps_the_text(
            text in "(\\PC|đất |dat |[0-9]/2024/NĐ-CP|\u{301}|\n|\\. ){0,80}",
            query in "(đất|dat|đat|2024/NĐ|[0-9]/2024/nd-cp|\"| |\\PC){0,12}",
        ) {
            let wording = understand(&query, &Lexicon::default());
            let mut marker = Marker::new(&wording);
            prop_assert_eq!(marker.mark(&text).text(), text.clone());
            let snippet = marker.excerpt("", &text).text();
            prop_assert!(text.contains(snippet.trim_start_matches("… ").trim_end_matches(" …")));
            prop_assert!(snippet.len() <= SNIPPET_BYTES + 16);
        }
    }
}
