//! Elements of the geographic modules and of the legal one.

use std::borrow::Cow;

use super::elements::Name;
use super::leaves::trimmed;
use super::machine::Machine;
use super::scanner::Tag;
use super::state::{Context, Leaf, attribute};
use crate::legal;
use crate::model::{Basis, Discussion, Document, Geo, InReplyTo, Legal};

impl<'a> Machine<'a, '_> {
    pub(super) fn place_leaf(&mut self, leaf: &Leaf<'a>) -> bool {
        let is_ring = self
            .frames
            .last()
            .is_some_and(|frame| frame.context == Context::Ring);
        let points = || points(&leaf.text);
        let geo = match leaf.name {
            Name::GeoPoint => points().first().map(|point| Geo::Point(*point)),
            Name::GeoLine if !is_ring => Some(Geo::LineString(points())),
            Name::GeoLine | Name::GeoPolygon => Some(Geo::Polygon(points())),
            Name::GeoBox => match points().as_slice() {
                [[west, south], [east, north]] => Some(Geo::Polygon(vec![
                    [*west, *south],
                    [*east, *south],
                    [*east, *north],
                    [*west, *north],
                    [*west, *south],
                ])),
                _ => None,
            },
            Name::Latitude | Name::Longitude => {
                let number = leaf
                    .text
                    .trim()
                    .parse()
                    .ok()
                    .filter(|number: &f64| number.is_finite());
                if leaf.name == Name::Latitude {
                    self.draft.latitude = number;
                } else {
                    self.draft.longitude = number;
                }
                match (self.draft.longitude, self.draft.latitude) {
                    (Some(longitude), Some(latitude)) => Some(Geo::Point([longitude, latitude])),
                    _ => None,
                }
            }
            _ => return false,
        };
        if self.in_entry && geo.is_some() {
            self.draft.entry.geo = geo;
        }
        true
    }

    pub(super) fn discussion_leaf(&mut self, leaf: &Leaf<'a>) {
        match leaf.name {
            Name::CommentFeed => {
                if let Some(url) = self.address(leaf) {
                    self.discussion().feed_url = Some(url);
                }
            }
            _ => {
                if let Ok(count) = leaf.text.trim().parse() {
                    self.discussion().comments = Some(count);
                }
            }
        }
    }

    pub(super) fn in_reply_to(&mut self, tag: &Tag<'a>) {
        let id = attribute(tag.attributes, "ref").and_then(|id| trimmed(&id));
        if let Some(id) = id.filter(|_| self.in_entry)
            && self.allowance.take_one::<InReplyTo>()
        {
            let url = self.address_attribute(tag, "href");
            self.discussion().in_reply_to.push(InReplyTo { id, url });
        }
    }

    fn discussion(&mut self) -> &mut Discussion {
        self.draft.entry.discussion.get_or_insert_default()
    }

    pub(super) fn legal_leaf(&mut self, leaf: &Leaf<'a>) -> bool {
        let Some(text) = trimmed(&leaf.text) else {
            return false;
        };
        match leaf.name {
            Name::LegalKind => self.legal().kind = Some(text),
            Name::LegalField => self.legal().field = Some(text),
            Name::LegalAudience => self.legal().audiences.push(text),
            Name::LegalSituation => self.legal().situations.push(text),
            Name::LegalQuestion => {
                let text = self.normal(text);
                self.legal().question = Some(text);
            }
            Name::LegalBasis => {
                let article = attribute(leaf.attributes, crate::legal::ARTICLE)
                    .and_then(|article| trimmed(&article));
                let instrument = self.normal(text);
                self.legal().basis.push(Basis {
                    instrument,
                    article,
                });
            }
            _ => return false,
        }
        true
    }

    pub(super) fn legal_document(&mut self, tag: &Tag<'a>) {
        let field = |name| attribute(tag.attributes, name).map(Cow::into_owned);
        let date = |name| field(name).and_then(|text| text.trim().parse().ok());
        let document = Document {
            number: field(legal::NUMBER),
            document_type: field(legal::TYPE),
            issuer: field(legal::ISSUER),
            issued: date(legal::ISSUED),
            effective: date(legal::EFFECTIVE),
        };
        self.legal().document = Some(document);
    }

    pub(super) fn legal(&mut self) -> &mut Legal {
        self.draft.entry.legal.get_or_insert_default()
    }
}

/// Pairs of latitude and longitude, as `GeoRSS` has them, turned into longitude and latitude.
fn points(text: &str) -> Vec<[f64; 2]> {
    let numbers: Vec<f64> = text
        .split(|character: char| character.is_whitespace() || character == ',')
        .filter(|part| !part.is_empty())
        .map_while(|part| part.parse().ok())
        .filter(|number: &f64| number.is_finite())
        .collect();
    numbers
        .chunks_exact(2)
        .map(|pair| [pair[1], pair[0]])
        .collect()
}
