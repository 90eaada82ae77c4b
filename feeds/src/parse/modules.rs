//! Elements of the geographic modules and of the legal one.

use std::borrow::Cow;

use super::elements::Name;
use super::leaves::trimmed;
use super::machine::Machine;
use super::scanner::Tag;
use super::state::{Context, Leaf, attribute};
use crate::legal;
use crate::model::{Basis, Discussion, Document, Event, Geo, InReplyTo, Legal, Origin};
use crate::problem::ProblemCode;

impl<'a> Machine<'a, '_> {
    pub(super) fn place_leaf(&mut self, leaf: &Leaf<'a>) -> bool {
        let is_ring = self
            .frames
            .last()
            .is_some_and(|frame| frame.context == Context::Ring);
        let geo = match leaf.name {
            Name::GeoPoint => self.points(leaf, 1).map(|points| Geo::Point(points[0])),
            Name::GeoLine if !is_ring => self.points(leaf, 2).map(Geo::LineString),
            Name::GeoLine | Name::GeoPolygon => self.points(leaf, 3).map(Geo::Polygon),
            Name::GeoBox => match self.points(leaf, 2).as_deref() {
                Some([[west, south], [east, north]]) => Some(Geo::Polygon(vec![
                    [*west, *south],
                    [*east, *south],
                    [*east, *north],
                    [*west, *north],
                    [*west, *south],
                ])),
                _ => None,
            },
            Name::Latitude | Name::Longitude => {
                let most = if leaf.name == Name::Latitude {
                    90.0
                } else {
                    180.0
                };
                let number = leaf.text.trim().parse().ok();
                let number = number.filter(|number: &f64| number.abs() <= most);
                if number.is_none() {
                    self.odd_value(leaf);
                }
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

    /// Pairs of latitude and longitude, as `GeoRSS` has them, turned into longitude and latitude;
    /// nothing where they are fewer than make a shape, or stand nowhere on Earth.
    fn points(&mut self, leaf: &Leaf<'a>, fewest: usize) -> Option<Vec<[f64; 2]>> {
        let mut numbers = leaf
            .text
            .split(|character: char| character.is_whitespace() || character == ',')
            .filter(|part| !part.is_empty())
            .map_while(|part| part.parse().ok());
        let mut points = Vec::new();
        let mut is_on_earth = true;
        while let (Some(latitude), Some(longitude)) = (numbers.next(), numbers.next()) {
            let (latitude, longitude): (f64, f64) = (latitude, longitude);
            is_on_earth &= latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
            if !self.allowance.take_one::<[f64; 2]>() {
                break;
            }
            points.push([longitude, latitude]);
        }
        if !is_on_earth || points.len() < fewest {
            self.odd_value(leaf);
            return None;
        }
        Some(points)
    }

    /// Reports that the text of an element is not of the kind that it asks for; none says nothing.
    pub(super) fn odd_value(&mut self, leaf: &Leaf<'a>) {
        let text = leaf.text.trim();
        if !text.is_empty() {
            self.problems
                .add_found(ProblemCode::OddValue, leaf.at, text);
        }
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

    pub(super) fn discussion(&mut self) -> &mut Discussion {
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
            Name::LegalHop => self.legal().hops.push(text),
            Name::LegalQuestion => {
                let text = self.normal(text);
                self.legal().question = Some(text);
            }
            Name::EventStart | Name::EventEnd => {
                let date = self.day_or_moment(&text, leaf.at);
                let event = self.event();
                if leaf.name == Name::EventStart {
                    event.starts = date;
                } else {
                    event.ends = date;
                }
            }
            Name::EventPlace => {
                let text = self.normal(text);
                self.event().place = Some(text);
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

    /// Without a hub and an id it says nothing.
    pub(super) fn legal_origin(&mut self, tag: &Tag<'a>) {
        let field = |name| attribute(tag.attributes, name).and_then(|text| trimmed(&text));
        if let (Some(hub), Some(id)) = (field(crate::legal::HUB), field(crate::legal::ID)) {
            self.legal().origin = Some(Origin {
                hub,
                id,
                agency: field(crate::legal::AGENCY),
                url: field(crate::legal::URL),
            });
        }
    }

    pub(super) fn legal_event(&mut self, tag: &Tag<'a>) {
        let date = |machine: &mut Self, name| {
            let text = attribute(tag.attributes, name)?;
            machine.day_or_moment(&text, tag.at)
        };
        let event = Event {
            starts: date(self, legal::STARTS),
            ends: date(self, legal::ENDS),
            place: attribute(tag.attributes, legal::PLACE).map(Cow::into_owned),
        };
        self.legal().event = Some(event);
    }

    fn event(&mut self) -> &mut Event {
        self.legal().event.get_or_insert_default()
    }

    pub(super) fn legal(&mut self) -> &mut Legal {
        self.draft.entry.legal.get_or_insert_default()
    }
}
