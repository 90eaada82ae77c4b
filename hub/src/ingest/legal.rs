//! What of the legal module is taken over.

use feeds::Legal;

use super::federation::MAX_HOPS;
use super::lengths::{MAX_SHORT, cut, short, shorten};

/// Names of one kind: categories, audiences, situations.
pub(super) const MAX_NAMES: usize = 30;
const MAX_QUESTION: usize = 5_000;
const MAX_BASIS: usize = 50;
/// Bytes of a hub's address, and of the id that it gives.
const MAX_HUB: usize = 500;

/// The legal module with nothing in it longer than a page can show.
pub(super) fn bounded(mut legal: Legal) -> Legal {
    let shorten_one = |text: &mut Option<String>| *text = short(text.as_deref());
    shorten_one(&mut legal.kind);
    shorten_one(&mut legal.field);
    for list in [&mut legal.audiences, &mut legal.situations] {
        list.truncate(MAX_NAMES);
        for text in list.iter_mut() {
            *text = shorten(text, MAX_SHORT);
        }
    }
    legal.basis.truncate(MAX_BASIS);
    for basis in &mut legal.basis {
        basis.instrument = shorten(&basis.instrument, MAX_SHORT);
        shorten_one(&mut basis.article);
    }
    if let Some(document) = &mut legal.document {
        let texts = [
            &mut document.number,
            &mut document.document_type,
            &mut document.issuer,
        ];
        texts.into_iter().for_each(shorten_one);
    }
    if let Some(event) = &mut legal.event {
        shorten_one(&mut event.place);
    }
    if let Some(origin) = &mut legal.origin {
        origin.hub.truncate(cut(&origin.hub, MAX_HUB).len());
        origin.id.truncate(cut(&origin.id, MAX_HUB).len());
        shorten_one(&mut origin.agency);
    }
    legal.hops.truncate(MAX_HOPS);
    for hop in &mut legal.hops {
        hop.truncate(cut(hop, MAX_HUB).len());
    }
    legal.question = legal.question.map(|text| shorten(&text, MAX_QUESTION));
    legal
}
