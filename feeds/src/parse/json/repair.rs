//! Malformed JSON made well-formed, in one pass and without a tree.
//!
//! Only documents that cannot be read as they are come here. What is meant is mostly plain: a line
//! break within a text, half an emoji, a comma too many, a document that is cut off.

use std::ops::Range;

use serde_json::Value;

use super::streaming::ITEMS;
use crate::problem::{ProblemCode, Problems};

/// A document after repair.
#[derive(Debug)]
pub(super) struct Repaired {
    /// Well-formed JSON.
    pub text: String,
    /// The last of the items is not whole: the document ends within it.
    pub is_item_cut: bool,
}

/// Makes a document that begins with `{` well-formed. Positions count from `start`.
pub(super) fn repaired(text: &str, start: usize, problems: &mut Problems) -> Repaired {
    let mut repair = Repair {
        text,
        at: 0,
        start,
        problems,
        out: String::with_capacity(text.len()),
        open: Vec::new(),
        open_lists: 0,
        awaited: Awaited::Value,
        is_in_items: false,
    };
    repair.run();
    let is_item_cut = repair.close();
    Repaired {
        text: repair.out,
        is_item_cut,
    }
}

/// What may come next in the innermost container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaited {
    Key,
    Colon,
    Value,
    Comma,
}

#[derive(Debug, Clone, Copy)]
struct Container {
    is_list: bool,
    is_empty: bool,
}

struct Repair<'t, 'p> {
    text: &'t str,
    at: usize,
    start: usize,
    problems: &'p mut Problems,
    out: String,
    open: Vec<Container>,
    open_lists: usize,
    awaited: Awaited,
    /// What is read now stands under the key of the items.
    is_in_items: bool,
}

impl Repair<'_, '_> {
    fn run(&mut self) {
        while let Some(byte) = self.text.as_bytes().get(self.at).copied() {
            let before = self.at;
            self.at += 1;
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                b'{' | b'[' => self.begin(byte == b'[', before),
                b'}' | b']' => {
                    self.end(byte == b']', before);
                    if self.open.is_empty() {
                        return;
                    }
                }
                b':' if self.awaited == Awaited::Colon => {
                    self.out.push(':');
                    self.awaited = Awaited::Value;
                }
                b',' if self.awaited == Awaited::Comma => self.expect_next(),
                b',' => {
                    self.report(before);
                    if self.complete_member() {
                        self.expect_next();
                    }
                }
                b':' => self.report(before),
                b'"' => self.string(before),
                _ => self.word(before),
            }
        }
    }

    /// Ends what is open; whether that cuts an item.
    fn close(&mut self) -> bool {
        if self.open.is_empty() {
            let rest = &self.text[self.at..];
            let blank = rest.len() - rest.trim_start().len();
            if blank < rest.len() {
                self.problems
                    .add(ProblemCode::JunkAfterRoot, self.start + self.at + blank);
            }
            return false;
        }
        self.problems
            .add(ProblemCode::Truncated, self.start + self.text.len());
        let is_item_cut =
            self.is_in_items && self.open.get(2).is_some_and(|container| !container.is_list);
        while !self.open.is_empty() {
            self.pop();
        }
        is_item_cut
    }

    fn begin(&mut self, is_list: bool, at: usize) {
        self.before_value(at);
        self.out.push(if is_list { '[' } else { '{' });
        self.open_lists += usize::from(is_list);
        self.open.push(Container {
            is_list,
            is_empty: true,
        });
        self.expect_next();
    }

    fn end(&mut self, is_list: bool, at: usize) {
        let is_list_last = self.open.last().is_some_and(|last| last.is_list);
        if is_list_last != is_list {
            self.report(at);
            if is_list && self.open_lists == 0 {
                return;
            }
        }
        let is_after_comma = match self.awaited {
            Awaited::Key => true,
            Awaited::Value => is_list_last,
            Awaited::Colon | Awaited::Comma => false,
        };
        if is_after_comma && self.open.last().is_some_and(|last| !last.is_empty) {
            self.report(at);
        }
        while self.pop() != Some(is_list) && !self.open.is_empty() {}
    }

    /// Ends the innermost container; whether it was a list.
    fn pop(&mut self) -> Option<bool> {
        self.complete_member();
        let container = self.open.pop()?;
        self.out.push(if container.is_list { ']' } else { '}' });
        self.open_lists -= usize::from(container.is_list);
        self.awaited = Awaited::Comma;
        Some(container.is_list)
    }

    fn string(&mut self, quote: usize) {
        let Some(end) = end_of_string(self.text, self.at) else {
            // Half a text is none.
            self.at = self.text.len();
            return;
        };
        let inside = self.at..end;
        self.at = end + 1;
        if self.is_key_next(quote) {
            if self.open.len() == 1 {
                self.is_in_items = self.text[inside.clone()] == *ITEMS;
            }
            self.before_key();
        } else {
            self.before_value(quote);
        }
        self.put_string(inside);
    }

    /// A number, a literal, or what is none.
    fn word(&mut self, at: usize) {
        let rest = &self.text[at..];
        let is_end = |character: char| character.is_whitespace() || ",:{}[]\"".contains(character);
        let length = rest.find(is_end).unwrap_or(rest.len());
        if length == 0 {
            // White space to Unicode, but not to JSON.
            self.at = at + rest.chars().next().map_or(1, char::len_utf8);
            return;
        }
        self.at = at + length;
        if self.at == self.text.len() {
            return;
        }
        let word = &rest[..length];
        if self.is_key_next(at) {
            self.report(at);
            self.before_key();
            self.out.push_str(&Value::from(word).to_string());
            return;
        }
        self.before_value(at);
        if serde_json::from_str::<Value>(word).is_ok() {
            self.out.push_str(word);
        } else {
            self.report(at);
            self.out.push_str("null");
        }
    }

    /// Whether what comes is a key; a comma before it may be missing.
    fn is_key_next(&mut self, at: usize) -> bool {
        if self.awaited == Awaited::Comma {
            self.report(at);
            self.expect_next();
        }
        self.awaited == Awaited::Key
    }

    /// Everything that may be missing before a value.
    fn before_value(&mut self, at: usize) {
        if self.is_key_next(at) {
            self.report(at);
            self.before_key();
            self.out.push_str("\"\"");
        }
        if self.awaited == Awaited::Colon {
            self.report(at);
            self.out.push(':');
        }
        if self.open.last().is_some_and(|last| last.is_list) {
            self.separate();
        }
        self.awaited = Awaited::Comma;
    }

    fn before_key(&mut self) {
        self.separate();
        self.awaited = Awaited::Colon;
    }

    fn separate(&mut self) {
        if let Some(container) = self.open.last_mut() {
            if !container.is_empty {
                self.out.push(',');
            }
            container.is_empty = false;
        }
    }

    /// After a comma, or at the start of a container.
    fn expect_next(&mut self) {
        let is_list = self.open.last().is_some_and(|last| last.is_list);
        self.awaited = if is_list {
            Awaited::Value
        } else {
            Awaited::Key
        };
    }

    /// Gives a key that has no value one; whether there was such a key.
    fn complete_member(&mut self) -> bool {
        let is_in_object = self.open.last().is_some_and(|last| !last.is_list);
        match self.awaited {
            Awaited::Colon => self.out.push_str(":null"),
            Awaited::Value if is_in_object => self.out.push_str("null"),
            _ => return false,
        }
        self.awaited = Awaited::Comma;
        true
    }

    fn put_string(&mut self, inside: Range<usize>) {
        let text = &self.text[inside.clone()];
        self.out.push('"');
        let mut rest = text;
        while let Some(found) =
            rest.find(|character: char| matches!(character, '\\' | '"') || character < ' ')
        {
            self.out.push_str(&rest[..found]);
            let position = inside.end - rest.len() + found;
            rest = &rest[found..];
            let (written, length) = escape(rest);
            if *written != rest[..length] {
                self.report(position);
            }
            self.out.push_str(written);
            rest = &rest[length..];
        }
        self.out.push_str(rest);
        self.out.push('"');
    }

    fn report(&mut self, at: usize) {
        self.problems
            .add(ProblemCode::MalformedJson, self.start + at);
    }
}

/// Where the text ends that begins at `start`: at a quote with something of JSON's behind it, for
/// quotes within texts are often not escaped.
fn end_of_string(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = start;
    loop {
        let found = at + memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[found] == b'\\' {
            at = found + 2;
            continue;
        }
        at = found + 1;
        let next = bytes[at..].iter().find(|byte| !byte.is_ascii_whitespace());
        if next.is_none_or(|next| b",:}]".contains(next)) {
            return Some(found);
        }
    }
}

/// A control character, or an escape, at the start of the text: what to write instead, and how many
/// bytes that replaces.
fn escape(text: &str) -> (&str, usize) {
    const REPLACEMENT: &str = "\\ufffd";
    match text.as_bytes() {
        [b'"', ..] => ("\\\"", 1),
        [b'\n', ..] => ("\\n", 1),
        [b'\r', ..] => ("\\r", 1),
        [b'\t', ..] => ("\\t", 1),
        [
            b'\\',
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
            ..,
        ] => (&text[..2], 2),
        [b'\\', b'u', ..] => match (unit(text), text.get(6..).and_then(unit)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => (&text[..12], 12),
            (Some(0xd800..0xe000), _) => (REPLACEMENT, 6),
            (Some(_), _) => (&text[..6], 6),
            (None, _) => ("", 1),
        },
        // As JavaScript has it, the character behind means itself.
        _ => ("", 1),
    }
}

/// The UTF-16 unit that is escaped at the start of the text.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16)
        .ok()
        .filter(|_| is_hexadecimal)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_meant_is_written() {
        let table = [
            (r#"{"a":1}"#, r#"{"a":1}"#),
            (r#"{"a":[1,],}"#, r#"{"a":[1]}"#),
            ("{\"a\":\"b\n\tc\"}", r#"{"a":"b\n\tc"}"#),
            (
                r#"{"a":"\ud83d\ude00 \ud83d \ude00"}"#,
                r#"{"a":"\ud83d\ude00 \ufffd \ufffd"}"#,
            ),
            (r#"{"a":"\'\u12"}"#, r#"{"a":"'u12"}"#),
            (
                r#"{"a":"Sở "Tư pháp" họp","b":2}"#,
                "{\"a\":\"Sở \\\"Tư pháp\\\" họp\",\"b\":2}",
            ),
            (
                r#"{"a":1e999,"b":NaN,"c":01}"#,
                r#"{"a":null,"b":null,"c":null}"#,
            ),
            (r#"{a:1 "b":2 3 [4 5]}"#, r#"{"a":1,"b":2,"3":[4,5]}"#),
            (r#"{"a",,"b":}"#, r#"{"a":null,"b":null}"#),
            (r#"{"a":[{"b":1]}"#, r#"{"a":[{"b":1}]}"#),
            (r#"{"a":1]}"#, r#"{"a":1}"#),
            (r#"{"a":1}<!-- b -->"#, r#"{"a":1}"#),
            (r#"{"a":[{"b":"c","d":"e"#, r#"{"a":[{"b":"c","d":null}]}"#),
            (r#"{"a":[1,2"#, r#"{"a":[1]}"#),
            (r#"{"a"#, "{}"),
            (r#"{{"a":1}}"#, r#"{"":{"a":1}}"#),
        ];
        for (text, expected) in table {
            let mut problems = Problems::default();
            let repaired = repaired(text, 0, &mut problems);
            assert_eq!(repaired.text, expected, "{text}");
            let is_reported = !problems.into_vec().is_empty();
            assert_eq!(is_reported, text != expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_becomes_json(
            pieces in proptest::collection::vec(
                prop_oneof![
                    proptest::sample::select(vec![
                        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "d83d", "\n", "1", "true", "x", " ", "\u{a0}", "đ",
                    ]).prop_map(str::to_owned),
                    any::<char>().prop_map(|character| character.to_string()),
                ],
                0..40,
            ),
        ) {
            let text = format!("{{{}", pieces.concat());
            let repaired = repaired(&text, 0, &mut Problems::default());
            let read = serde_json::from_str::<Value>(&repaired.text);
            prop_assert!(read.is_ok(), "{read:?}\n{text}\n{}", repaired.text);
        }
    }
}
