//! Places of citations in a page, whose text is cut into nodes.

use std::ops::Range;

use super::Citation;

/// The part of a citation that lies in one text node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Which of the citations.
    pub citation: usize,
    /// Which of the nodes.
    pub node: usize,
    /// Byte offsets in the node's text.
    pub range: Range<usize>,
}

/// Cuts citations at the borders of a page's text nodes, so that each piece can be a link of its own.
/// `lengths` are the nodes' lengths in bytes; the citations are those of all their texts one behind
/// the other, with nothing between. Pieces come in the order of the text; none is empty.
pub fn pieces(citations: &[Citation], lengths: &[usize]) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(citations.len());
    let mut node = 0;
    let mut node_start = 0;
    for (index, citation) in citations.iter().enumerate() {
        while let Some(&length) = lengths.get(node) {
            let node_end = node_start + length;
            let start = citation.start.max(node_start);
            let end = citation.end.min(node_end);
            if start < end {
                pieces.push(Piece {
                    citation: index,
                    node,
                    range: start - node_start..end - node_start,
                });
            }
            if citation.end <= node_end {
                break;
            }
            node += 1;
            node_start = node_end;
        }
    }
    pieces
}
