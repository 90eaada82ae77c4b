//! Provisions: points, clauses, articles, alone, in lists and ranges, the highest rank first or last.

mod order;

use super::folded::{Folded, is_word_byte};
use super::gazetteer::{Gazetteer, Rank};

/// Most values of one chain. What is longer is a table of contents.
const MAX_VALUES: usize = 64;

/// A provision in a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Provision {
    /// None where the text says `Điều này`.
    pub(super) article: Option<String>,
    pub(super) clause: Option<String>,
    pub(super) point: Option<String>,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Provision {
    fn say(&mut self, rank: Rank, value: &str) {
        let place = match rank {
            Rank::Point => &mut self.point,
            Rank::Clause => &mut self.clause,
            Rank::Article => &mut self.article,
        };
        *place = Some(value.to_owned());
    }
}

/// Provisions that belong to one document.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) provisions: Vec<Provision>,
    /// Whether it is one article without anything else, in lower case: `điều 5 xe`.
    pub(super) weak: bool,
    pub(super) end: usize,
}

/// What stands between two units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Joint {
    Blank,
    Comma,
    And,
}

/// A rank's word with its values: `khoản 1, 2`.
#[derive(Debug)]
struct Unit {
    rank: Rank,
    /// What stands before it.
    joint: Joint,
    values: Vec<Value>,
}

#[derive(Debug)]
struct Value {
    text: String,
    /// Where the unit's word begins, of its first value; of the others where they do themselves.
    start: usize,
    end: usize,
}

/// Reads the provisions that begin with a rank's word at `start`; `None` when it is only a word.
/// Answers in `Err` how far was read in vain.
pub(super) fn chain(
    folded: &Folded<'_>,
    gazetteer: &Gazetteer,
    start: usize,
    rank: Rank,
) -> Result<Chain, usize> {
    let mut units = Vec::new();
    let mut at = start;
    let mut next = Some((rank, start, Joint::Blank));
    let mut values = 0;
    let mut this_article = None;
    while let Some((rank, word, joint)) = next {
        let behind = word + rank.word().len();
        if rank == Rank::Article
            && let Some(end) = folded.words(folded.skip_blank(behind), b"nay")
        {
            this_article = Some(end);
            break;
        }
        let Some((unit, end)) = unit(folded, gazetteer, rank, word, joint) else {
            break;
        };
        values += unit.values.len();
        units.push(unit);
        at = end;
        next = next_rank(folded, end).filter(|_| values < MAX_VALUES);
    }
    let Some(first) = units.first() else {
        return Err(start + rank.word().len());
    };
    let weak = units.len() == 1
        && first.rank == Rank::Article
        && first.values.len() == 1
        && !folded.is_upper(start);
    let mut provisions: Vec<Provision> = order::segments(&units).flat_map(order::read).collect();
    if let Some(end) = this_article {
        at = end;
        provisions.retain(|provision| provision.article.is_some() || provision.clause.is_some());
        if let Some(last) = provisions.last_mut().filter(|last| last.article.is_none()) {
            last.end = end;
        }
    } else {
        provisions.retain(|provision| provision.article.is_some());
    }
    if provisions.is_empty() {
        return Err(at);
    }
    Ok(Chain {
        provisions,
        weak,
        end: at,
    })
}

/// The rank's word behind `end`, over `, `, ` và các `, ` của `, ` tại ` and the like.
fn next_rank(folded: &Folded<'_>, end: usize) -> Option<(Rank, usize, Joint)> {
    let mut at = end;
    let mut joint = Joint::Blank;
    if matches!(folded.at(at), b',' | b';') {
        joint = if folded.at(at) == b',' {
            Joint::Comma
        } else {
            Joint::And
        };
        at += 1;
    }
    at = folded.skip_blank(at);
    for word in [&b"va"[..], b"hoac", b"hay", b"&"] {
        if let Some(end) = folded.words(at, word) {
            at = folded.skip_blank(end);
            joint = Joint::And;
        }
    }
    for word in [&b"cua"[..], b"tai", b"theo", b"cac"] {
        if let Some(end) = folded.words(at, word) {
            at = folded.skip_blank(end);
        }
    }
    if at == end {
        return None;
    }
    rank_at(folded, at).map(|rank| (rank, at, joint))
}

fn rank_at(folded: &Folded<'_>, at: usize) -> Option<Rank> {
    Rank::ALL
        .into_iter()
        .find(|rank| folded.words(at, rank.word()).is_some())
}

fn unit(
    folded: &Folded<'_>,
    gazetteer: &Gazetteer,
    rank: Rank,
    start: usize,
    joint: Joint,
) -> Option<(Unit, usize)> {
    let mut at = folded.skip_blank(start + rank.word().len());
    let from = folded.words(at, b"tu");
    at = from.map_or(at, |end| folded.skip_blank(end));
    let mut values = Vec::new();
    let (text, end) = ranged(folded, rank, at)?;
    if from.is_some() && !text.contains('-') {
        return None;
    }
    let mut last_end = end;
    values.push(Value { text, start, end });
    while values.len() < MAX_VALUES {
        let Some(at) = next_value(folded, last_end) else {
            break;
        };
        let Some((text, end)) = ranged(folded, rank, at) else {
            break;
        };
        // `Điều 5, 6 người` has one article.
        if !list_may_end(folded, gazetteer, end) {
            break;
        }
        last_end = end;
        values.push(Value {
            text,
            start: at,
            end,
        });
    }
    let unit = Unit {
        rank,
        joint,
        values,
    };
    Some((unit, last_end))
}

/// Index of the value behind a comma or `và`.
fn next_value(folded: &Folded<'_>, end: usize) -> Option<usize> {
    let mut at = end;
    if matches!(folded.at(at), b',' | b';') {
        at += 1;
    }
    at = folded.skip_blank(at);
    for word in [&b"va"[..], b"hoac", b"hay", b"&"] {
        if let Some(end) = folded.words(at, word) {
            at = folded.skip_blank(end);
            break;
        }
    }
    let only_blank = folded.at(end) == b' ' && at == end + 1;
    (at > end && !only_blank).then_some(at)
}

/// Whether a list of values may end here: the sentence does, goes on with a rank or a document.
fn list_may_end(folded: &Folded<'_>, gazetteer: &Gazetteer, end: usize) -> bool {
    let next = folded.skip_blank(end);
    if next == end {
        return true;
    }
    let rank = rank_at(folded, next).is_some();
    let word = [
        &b"va"[..],
        b"hoac",
        b"hay",
        b"den",
        b"cua",
        b"tai",
        b"theo",
        b"trong",
        b"thuoc",
        b"quy",
        b"nay",
        b"neu",
        b"duoc",
        b"ban",
    ]
    .iter()
    .any(|word| folded.words(next, word).is_some());
    let document = || {
        let named = gazetteer.types.iter().filter(|row| !row.name.is_empty());
        named
            .into_iter()
            .any(|row| folded.words(next, &row.name).is_some())
    };
    rank || word
        || !is_word_byte(folded.at(next))
        || folded.at(next).is_ascii_digit()
        || folded.is_upper(next)
        || document()
}

/// A value or a range of them: `5`, `1a`, `624 đến 648`, `3-6`, `a đến điểm d`.
fn ranged(folded: &Folded<'_>, rank: Rank, start: usize) -> Option<(String, usize)> {
    let (first, end) = value(folded, rank, start)?;
    let mut at = folded.skip_blank(end);
    if folded.at(at) == b'-' {
        at += 1;
    } else {
        let word = folded
            .words(at, b"den")
            .or_else(|| folded.words(at, b"toi"));
        match word {
            Some(end) => at = end,
            None => return Some((first, end)),
        }
    }
    at = folded.skip_blank(at);
    if folded.words(at, b"het").is_some() {
        at = folded.skip_blank(at + 3);
    }
    if let Some(end) = folded.words(at, rank.word()) {
        at = folded.skip_blank(end);
    }
    match value(folded, rank, at) {
        Some((last, last_end)) if is_behind(&first, &last) => {
            Some((format!("{first}-{last}"), last_end))
        }
        _ => Some((first, end)),
    }
}

/// Whether a range may go from one value to the other.
fn is_behind(first: &str, last: &str) -> bool {
    let figures = |value: &str| {
        let figures = value.trim_end_matches(char::is_alphabetic);
        figures.parse::<u32>().ok()
    };
    match (figures(first), figures(last)) {
        (Some(low), Some(high)) => low < high || (low == high && first < last),
        (None, None) => first != last,
        _ => false,
    }
}

fn value(folded: &Folded<'_>, rank: Rank, start: usize) -> Option<(String, usize)> {
    let (figures, letters) = match rank {
        Rank::Article => (4, 1),
        Rank::Clause => (3, 1),
        Rank::Point => (2, 0),
    };
    let figures_end = folded.digits(start, figures);
    let mut end = figures_end;
    if figures_end == start {
        if rank != Rank::Point || !is_point_letter(folded, start) {
            return None;
        }
        end = folded.digits(start + 1, 1);
    } else if folded.at(start) == b'0' && figures_end == start + 1 {
        return None;
    } else if letters > 0 && is_point_letter(folded, end) && !is_word_byte(folded.at(end + 1)) {
        end += 1;
    }
    // `2.000.000 đồng`, `1/2`, `5%` are figures of another kind.
    let goes_on =
        matches!(folded.at(end), b'.' | b'/' | b':') && folded.at(end + 1).is_ascii_digit();
    if is_word_byte(folded.at(end)) || goes_on || folded.at(end) == b'%' {
        return None;
    }
    let text = folded.surface(start, end).to_lowercase();
    let zeros = text.len() - text.trim_start_matches('0').len();
    Some((text[zeros..].to_owned(), end))
}

fn is_point_letter(folded: &Folded<'_>, at: usize) -> bool {
    folded.at(at).is_ascii_alphabetic() && folded.is_plain(at)
}
