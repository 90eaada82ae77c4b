//! JSON values that borrow from their document, and what a feed reads of them.

use std::borrow::Cow;

use serde_json::Number;

/// A value of which a feed may make something.
#[derive(Debug)]
pub(super) enum Value<'t> {
    Text(Cow<'t, str>),
    Number(Number),
    List(Vec<Value<'t>>),
    Object(Object<'t>),
    /// `null`, `true`, `false`, and what stands deeper than anything that is looked for.
    Other,
}

/// The members of an object, as they stand; of two with one key the last counts.
#[derive(Debug, Default)]
pub(super) struct Object<'t>(pub Vec<(Cow<'t, str>, Value<'t>)>);

impl<'t> Object<'t> {
    pub(super) fn get(&self, key: &str) -> Option<&Value<'t>> {
        let mut members = self.0.iter().rev();
        members
            .find(|(found, _)| found == key)
            .map(|(_, value)| value)
    }

    pub(super) fn object(&self, key: &str) -> Option<&Object<'t>> {
        self.get(key).and_then(Value::as_object)
    }

    /// The values of an array; a single value counts as an array of one.
    pub(super) fn list(&self, key: &str) -> std::slice::Iter<'_, Value<'t>> {
        match self.get(key) {
            Some(Value::List(values)) => values.iter(),
            Some(Value::Other) | None => [].iter(),
            Some(value) => std::slice::from_ref(value).iter(),
        }
    }

    /// The objects of an array.
    pub(super) fn objects(&self, key: &str) -> impl Iterator<Item = &Object<'t>> {
        self.list(key).filter_map(Value::as_object)
    }

    /// Text of a value that should be text; a number is taken as text.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.get(key).and_then(Value::text)
    }

    /// A whole number, also one that is written as text.
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        match self.get(key)? {
            Value::Number(number) => number.as_u64(),
            Value::Text(digits) => digits.trim().parse().ok(),
            _ => None,
        }
    }
}

impl<'t> Value<'t> {
    pub(super) fn as_object(&self) -> Option<&Object<'t>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// As [`Object::text`].
    pub(super) fn text(&self) -> Option<String> {
        let text = match self {
            Self::Text(text) => Cow::Borrowed(text.trim()),
            Self::Number(number) => Cow::Owned(number.to_string()),
            _ => return None,
        };
        (!text.is_empty()).then(|| text.into_owned())
    }
}
