//! Views of widgets, counted in memory until they are written down: which widget, in which form, how often. Nothing is known
//! of who asked, nor from which site.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use hub_repository::widgets::views::{Form, Viewed};

/// The views that were counted and not yet written down. There are never more of them than widgets have forms.
#[derive(Debug, Default)]
pub struct Counts(Mutex<HashMap<Viewed, i64>>);

impl Counts {
    /// Counts a view of the widget with this id, which there is, or of one without a configuration.
    pub fn add(&self, widget: Option<&str>, form: Form) {
        let viewed = Viewed {
            widget: widget.unwrap_or_default().to_owned(),
            form,
        };
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(viewed).or_default() += 1;
    }

    /// What was counted since the last time.
    pub fn take(&self) -> HashMap<Viewed, i64> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
