//! A JSON document of any size, one value at a time: first its head without the items, then each
//! item by itself, and never more of a value than a feed may hold.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::values::{Object, Value};
use crate::allowance::Allowance;
use crate::html;
use crate::survey::survey;

/// The key under which a JSON Feed has its entries.
pub(super) const ITEMS: &str = "items";

/// What the keys of the head, or of one item, may weigh; no list within them takes from it.
const KEY_BYTES: usize = 1024 * 1024;

/// Nothing that a feed holds nests deeper; what does is passed over.
const DEEPEST: usize = 8;

/// Everything in the document but its items.
#[derive(Debug, Default)]
pub(super) struct Head<'t> {
    pub object: Object<'t>,
    pub has_items: bool,
}

/// What the head, or one item, may weigh beside its texts, and what came of all of them.
#[derive(Debug)]
pub(super) struct Bounds {
    text_length: usize,
    keys: Allowance,
    values: Allowance,
    /// Something had no room.
    pub is_exceeded: bool,
    /// Control characters stood in texts, escaped, and were dropped.
    pub had_controls: bool,
}

impl Bounds {
    /// The bounds within a document with so many bytes of text.
    pub(super) fn of(text_length: usize) -> Self {
        Self {
            text_length,
            keys: Allowance::bytes(KEY_BYTES),
            values: Allowance::of(text_length),
            is_exceeded: false,
            had_controls: false,
        }
    }

    fn renew(&mut self) {
        self.keys = Allowance::bytes(KEY_BYTES);
        self.values = Allowance::of(self.text_length);
    }

    /// The text without control characters, which stand in it as escapes.
    fn cleaned(&mut self, text: &str) -> String {
        if !survey(text).has_controls {
            return text.to_owned();
        }
        self.had_controls = true;
        let allowed = text
            .chars()
            .filter(|&character| html::is_xml_character(character));
        allowed.map(html::windows_1252).collect()
    }
}

impl<'t> Head<'t> {
    /// Reads what stands there up to the end or the error.
    pub(super) fn read(text: &'t str, bounds: &mut Bounds) -> Result<Self, serde_json::Error> {
        let mut head = Self::default();
        let mut deserializer = serde_json::Deserializer::from_str(text);
        deserializer.deserialize_map(HeadVisitor(&mut head, bounds))?;
        deserializer.end()?;
        Ok(head)
    }
}

/// Hands over each item, up to the end or the error.
pub(super) fn read_items<'t>(
    text: &'t str,
    bounds: &mut Bounds,
    take: &mut impl FnMut(Value<'t>),
) -> Result<(), serde_json::Error> {
    serde_json::Deserializer::from_str(text).deserialize_map(DocumentVisitor(bounds, take))
}

struct HeadVisitor<'h, 't>(&'h mut Head<'t>, &'h mut Bounds);

impl<'t> Visitor<'t> for HeadVisitor<'_, 't> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'t>>(self, mut map: M) -> Result<(), M::Error> {
        let Self(head, bounds) = self;
        while let Some(key) = map.next_key_seed(Key)? {
            if key == ITEMS {
                let value = map.next_value_seed(Listed)?;
                head.has_items |= value;
                continue;
            }
            if !has_room(&head.object.0, &mut bounds.keys) {
                bounds.is_exceeded = true;
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = map.next_value_seed(Bounded(bounds, 1))?;
            head.object.0.push((key, value));
        }
        Ok(())
    }
}

/// Passes over a value, and says whether it is a list.
struct Listed;

impl<'t> DeserializeSeed<'t> for Listed {
    type Value = bool;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'t> Visitor<'t> for Listed {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_seq<S: SeqAccess<'t>>(self, mut list: S) -> Result<bool, S::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(true)
    }

    fn visit_map<M: MapAccess<'t>>(self, mut map: M) -> Result<bool, M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(false)
    }

    fn visit_bool<E>(self, _: bool) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_i64<E>(self, _: i64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_f64<E>(self, _: f64) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_str<E>(self, _: &str) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }
}

struct DocumentVisitor<'v, T>(&'v mut Bounds, &'v mut T);

impl<'t, T: FnMut(Value<'t>)> Visitor<'t> for DocumentVisitor<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'t>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            if key == ITEMS {
                map.next_value_seed(Items(self.0, self.1))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct Items<'v, T>(&'v mut Bounds, &'v mut T);

impl<'t, T: FnMut(Value<'t>)> DeserializeSeed<'t> for Items<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'t, T: FnMut(Value<'t>)> Visitor<'t> for Items<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'t>>(self, mut list: S) -> Result<(), S::Error> {
        self.0.renew();
        while let Some(item) = list.next_element_seed(Bounded(self.0, 0))? {
            (self.1)(item);
            self.0.renew();
        }
        Ok(())
    }
}

/// A key, borrowed where nothing is escaped in it.
struct Key;

impl<'t> DeserializeSeed<'t> for Key {
    type Value = Cow<'t, str>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Cow<'t, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'t> Visitor<'t> for Key {
    type Value = Cow<'t, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'t str) -> Result<Cow<'t, str>, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Cow<'t, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

/// A value of which no more is kept than the bounds let, and how deep it stands in its item.
struct Bounded<'b>(&'b mut Bounds, usize);

impl<'t> DeserializeSeed<'t> for Bounded<'_> {
    type Value = Value<'t>;

    fn deserialize<D: Deserializer<'t>>(self, deserializer: D) -> Result<Value<'t>, D::Error> {
        if self.1 == DEEPEST {
            deserializer.deserialize_ignored_any(IgnoredAny)?;
            return Ok(Value::Other);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'t> Visitor<'t> for Bounded<'_> {
    type Value = Value<'t>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_seq<S: SeqAccess<'t>>(self, mut list: S) -> Result<Value<'t>, S::Error> {
        let Self(bounds, depth) = self;
        let mut values = Vec::new();
        while has_room(&values, &mut bounds.values) {
            match list.next_element_seed(Bounded(bounds, depth + 1))? {
                Some(value) => values.push(value),
                None => return Ok(Value::List(values)),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            bounds.is_exceeded = true;
        }
        Ok(Value::List(values))
    }

    fn visit_map<M: MapAccess<'t>>(self, mut map: M) -> Result<Value<'t>, M::Error> {
        let Self(bounds, depth) = self;
        let mut members = Vec::new();
        loop {
            let allowance = match depth {
                0 => &mut bounds.keys,
                _ => &mut bounds.values,
            };
            if !has_room(&members, allowance) {
                break;
            }
            let Some(key) = map.next_key_seed(Key)? else {
                return Ok(Value::Object(Object(members)));
            };
            members.push((key, map.next_value_seed(Bounded(bounds, depth + 1))?));
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            bounds.is_exceeded = true;
        }
        Ok(Value::Object(Object(members)))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value<'t>, E> {
        Ok(Value::Other)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'t>, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'t>, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'t>, E> {
        Ok(serde_json::Number::from_f64(value).map_or(Value::Other, Value::Number))
    }

    fn visit_borrowed_str<E>(self, value: &'t str) -> Result<Value<'t>, E> {
        Ok(Value::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value<'t>, E> {
        Ok(Value::Text(Cow::Owned(self.0.cleaned(value))))
    }

    fn visit_unit<E>(self) -> Result<Value<'t>, E> {
        Ok(Value::Other)
    }
}

/// Whether one more value may be added. A list grows by doubling, and is paid for when it grows.
fn has_room<T>(values: &Vec<T>, allowance: &mut Allowance) -> bool {
    const FIRST_GROWTH: usize = 4;
    values.len() < values.capacity()
        || allowance.take(values.capacity().max(FIRST_GROWTH) * size_of::<T>())
}
