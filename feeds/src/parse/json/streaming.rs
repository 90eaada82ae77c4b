//! A JSON document of any size, one value at a time: first its head without the items, then each
//! item by itself, and never more of a value than a feed may hold.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::allowance::Allowance;

/// The key under which a JSON Feed has its entries.
const ITEMS: &str = "items";

/// What the values of the head, or of one item, may weigh beside their texts.
const VALUE_BYTES: usize = 1024 * 1024;

/// What an object takes as soon as something stands in it: a whole node of its tree.
const OBJECT_BYTES: usize = 640;

/// Everything in the document but its items.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub object: Map<String, Value>,
    pub has_items: bool,
}

impl Head {
    /// Reads what stands there up to the end or the error.
    pub(super) fn read(&mut self, text: &str) -> Result<(), serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        deserializer.deserialize_map(HeadVisitor(self))?;
        deserializer.end()
    }
}

/// Hands over each item that is whole, up to the end or the error.
pub(super) fn read_items(
    text: &str,
    take: &mut impl FnMut(Value),
) -> Result<(), serde_json::Error> {
    serde_json::Deserializer::from_str(text).deserialize_map(DocumentVisitor(take))
}

struct HeadVisitor<'h>(&'h mut Head);

impl<'de> Visitor<'de> for HeadVisitor<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let mut allowance = Allowance::bytes(VALUE_BYTES);
        while let Some(key) = map.next_key::<String>()? {
            if key == ITEMS {
                // Known before it is read, in case that it is cut off.
                let is_list = map.next_value_seed(IsList(&mut self.0.has_items));
                is_list?;
            } else if allowance.take_one::<(String, Value)>() {
                let value = map.next_value_seed(Bounded(&mut allowance))?;
                self.0.object.insert(key, value);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Passes over a value, and says whether it is a list.
struct IsList<'l>(&'l mut bool);

impl<'de> DeserializeSeed<'de> for IsList<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for IsList<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<(), S::Error> {
        *self.0 = true;
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

struct DocumentVisitor<'t, T>(&'t mut T);

impl<'de, T: FnMut(Value)> Visitor<'de> for DocumentVisitor<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == ITEMS {
                map.next_value_seed(Items(self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct Items<'t, T>(&'t mut T);

impl<'de, T: FnMut(Value)> DeserializeSeed<'de> for Items<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: FnMut(Value)> Visitor<'de> for Items<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<(), S::Error> {
        loop {
            let mut allowance = Allowance::bytes(VALUE_BYTES);
            match list.next_element_seed(Bounded(&mut allowance))? {
                Some(item) => (self.0)(item),
                None => return Ok(()),
            }
        }
    }
}

/// A value of which no more is kept than the allowance lets.
struct Bounded<'b>(&'b mut Allowance);

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Value, S::Error> {
        let mut values = Vec::new();
        while self.0.take_one::<Value>() {
            match list.next_element_seed(Bounded(self.0))? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Array(values))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Value, M::Error> {
        let mut object = Map::new();
        let mut has_room = self.0.take(OBJECT_BYTES);
        while has_room {
            let Some(key) = map.next_key::<String>()? else {
                return Ok(Value::Object(object));
            };
            object.insert(key, map.next_value_seed(Bounded(self.0))?);
            has_room = self.0.take_one::<(String, Value)>();
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Object(object))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}
