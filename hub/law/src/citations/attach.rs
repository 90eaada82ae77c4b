//! Which provision belongs to which document.

use super::document::{Named, TypeWord};
use super::folded::Folded;
use super::provision::{Chain, Provision};
use super::{Citation, Cited, Gazetteer, Kind};

/// Longest text between a provision and the document that what it stands in came with: `Điều 5 Quy
/// chế … ban hành kèm theo Quyết định số …`.
const MAX_ENCLOSURE: usize = 160;

/// Words that point back to a document named before.
const POINTING: [&[u8]; 6] = [b"nay", b"noi tren", b"neu tren", b"vua neu", b"tren", b"do"];

/// What was read in a text.
#[derive(Debug)]
pub(super) enum Mention {
    Document(Box<Named>),
    Provisions(Chain),
    /// `Luật này`.
    Pointer {
        document_type: usize,
        start: usize,
        end: usize,
    },
}

impl Mention {
    fn start(&self) -> usize {
        match self {
            Self::Document(named) => named.start,
            Self::Provisions(chain) => chain.provisions[0].start,
            Self::Pointer { start, .. } => *start,
        }
    }

    pub(super) fn end(&self) -> usize {
        match self {
            Self::Document(named) => named.end,
            Self::Provisions(chain) => chain.end,
            Self::Pointer { end, .. } => *end,
        }
    }
}

/// `Luật này`, `Nghị định nêu trên`: a type's word that points back.
pub(super) fn pointer(folded: &Folded<'_>, word: TypeWord) -> Option<Mention> {
    let at = folded.skip_blank(word.end);
    let end = POINTING.iter().find_map(|words| folded.words(at, words))?;
    // `đó` points, `do` (by) does not.
    if folded.starts_with(at, b"do") && matches!(folded.letter(at), Some('d' | 'D')) {
        return None;
    }
    Some(Mention::Pointer {
        document_type: word.document_type,
        start: word.start,
        end,
    })
}

/// Joins provisions to documents and gives all their places in the original text.
pub(super) fn citations(
    folded: &Folded<'_>,
    gazetteer: &Gazetteer,
    mentions: Vec<Mention>,
) -> Vec<Citation> {
    let mut reader = Reader {
        folded,
        gazetteer,
        citations: Vec::new(),
        last_of_type: vec![None; gazetteer.types.len()],
        owner: None,
        open: None,
    };
    let mut mentions = mentions.into_iter().peekable();
    while let Some(mention) = mentions.next() {
        match mention {
            Mention::Document(named) => reader.document(*named),
            Mention::Provisions(chain) => {
                let next = mentions.next_if(|next| {
                    !matches!(next, Mention::Provisions(_))
                        && reader.leads_on(chain.end, next.start())
                });
                reader.provisions(&chain, next);
            }
            Mention::Pointer { .. } => reader.close(),
        }
    }
    reader.close();
    reader.citations
}

struct Reader<'a, 'text> {
    folded: &'a Folded<'text>,
    gazetteer: &'a Gazetteer,
    citations: Vec<Citation>,
    last_of_type: Vec<Option<Cited>>,
    /// The document that provisions right behind belong to, and where it ends.
    owner: Option<(Cited, usize)>,
    /// A document that no provision has been found of.
    open: Option<Named>,
}

impl Reader<'_, '_> {
    fn document(&mut self, named: Named) {
        self.close();
        self.last_of_type[named.document_type] = Some(named.cited.clone());
        self.owner = Some((named.cited.clone(), named.after));
        self.open = Some(named);
    }

    fn provisions(&mut self, chain: &Chain, next: Option<Mention>) {
        let mut provisions = chain.provisions.clone();
        match next {
            Some(Mention::Document(named)) => {
                let named = *named;
                self.close();
                if let Some(last) = provisions.last_mut() {
                    last.end = named.end;
                }
                self.last_of_type[named.document_type] = Some(named.cited.clone());
                self.push_all(&provisions, Some(&named.cited));
                self.owner = Some((named.cited, named.after));
            }
            Some(Mention::Pointer {
                document_type, end, ..
            }) => {
                self.close();
                if let Some(last) = provisions.last_mut() {
                    last.end = end;
                }
                let cited = self.last_of_type[document_type].clone();
                self.push_all(&provisions, cited.as_ref());
                self.owner = cited.map(|cited| (cited, end));
            }
            _ => self.alone(chain, &mut provisions),
        }
    }

    /// Provisions without a document behind them: perhaps it stands before.
    fn alone(&mut self, chain: &Chain, provisions: &mut [Provision]) {
        let start = provisions[0].start;
        let owner = self
            .owner
            .take()
            .filter(|(_, end)| self.follows(*end, start, self.open.is_none()));
        if let Some((cited, _)) = owner {
            if let Some(named) = self.open.take() {
                provisions[0].start = named.start;
            }
            self.push_all(provisions, Some(&cited));
            self.owner = Some((cited, chain.end));
            return;
        }
        self.close();
        if !chain.weak {
            self.push_all(provisions, None);
        }
    }

    fn close(&mut self) {
        self.owner = None;
        if let Some(named) = self.open.take() {
            self.push(named.start, named.end, named.cited);
        }
    }

    fn push_all(&mut self, provisions: &[Provision], document: Option<&Cited>) {
        for provision in provisions {
            let mut cited = document.cloned();
            let mut article = provision.article.clone();
            if article.is_none() {
                // `Điều này` is the article cited last, of its document.
                let cited_last = self.citations.iter().rev().map(|citation| &citation.cited);
                let Some(last) = cited_last.take(1).find(|cited| cited.article.is_some()) else {
                    continue;
                };
                article.clone_from(&last.article);
                cited = cited.or_else(|| Some(last.clone()));
            }
            let mut cited = cited.unwrap_or_else(|| Cited::new(Kind::Provision));
            cited.kind = Kind::Provision;
            cited.article = article;
            cited.clause.clone_from(&provision.clause);
            cited.point.clone_from(&provision.point);
            self.push(provision.start, provision.end, cited);
        }
    }

    fn push(&mut self, start: usize, end: usize, cited: Cited) {
        self.citations.push(Citation {
            start: self.folded.start(start),
            end: self.folded.end(end),
            cited,
        });
    }

    /// Whether what stands between a provision and a document behind it leads from one to the other.
    fn leads_on(&self, end: usize, start: usize) -> bool {
        let Some(between) = self.folded.bytes.get(end..start) else {
            return false;
        };
        if between.len() > MAX_ENCLOSURE {
            return false;
        }
        let words = stripped(between);
        let joined = [
            &b""[..],
            b"cua",
            b"tai",
            b"thuoc",
            b"trong",
            b"theo",
            b"cua cac",
            b"quy dinh tai",
            b"quy dinh trong",
            b"ban hanh kem theo",
            b"kem theo",
        ];
        joined.contains(&words) || self.is_enclosure(words)
    }

    /// `Quy chế … ban hành kèm theo`: what a decision encloses.
    fn is_enclosure(&self, words: &[u8]) -> bool {
        let unbroken = !words
            .iter()
            .any(|byte| matches!(byte, b'.' | b';' | b':' | b'\n'));
        let words = words.strip_prefix(b"cua ").unwrap_or(words);
        let mut types = self.gazetteer.types.iter();
        unbroken
            && words.ends_with(b" kem theo")
            && types.any(|row| !row.name.is_empty() && words.starts_with(&row.name))
    }

    /// Whether a provision behind a document belongs to it.
    fn follows(&self, end: usize, start: usize, owns_already: bool) -> bool {
        let Some(between) = self.folded.bytes.get(end..start) else {
            return false;
        };
        let words = stripped(between.strip_prefix(b":").unwrap_or(between));
        let joined = [
            &b""[..],
            b"tai",
            b"o",
            b"theo",
            b"quy dinh tai",
            b"co quy dinh tai",
            b"quy dinh ro tai",
            b"quy dinh cu the tai",
            b"neu tai",
            b"neu ro tai",
            b"cu the tai",
            b"cu the la",
            b"cu the",
            b"trong do",
            b"trong do co",
        ];
        let further = [&b"va"[..], b"va tai", b"hoac"];
        !between.is_empty()
            && (joined.contains(&words) || (owns_already && further.contains(&words)))
    }
}

/// Without blanks and the signs that stand between a provision and its document.
fn stripped(between: &[u8]) -> &[u8] {
    let is_sign = |byte: &u8| matches!(byte, b' ' | b',' | b'(' | b')');
    let first = between.iter().position(|byte| !is_sign(byte));
    let last = between.iter().rposition(|byte| !is_sign(byte));
    match (first, last) {
        (Some(first), Some(last)) => &between[first..=last],
        _ => b"",
    }
}
