//! What must not be read in a log.

use std::path::Path;
use std::str::FromStr;

use serde::Deserialize;

use crate::config::ConfigError;

/// A password or the like. It is shown nowhere.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// What it is.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// What stands in the first line of a file.
    pub(crate) fn read(setting: &'static str, path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Value {
            setting,
            value: path.display().to_string(),
            reason: format!("the file cannot be read: {error}"),
        })?;
        let line = text.lines().next().unwrap_or_default();
        if line.is_empty() {
            return Err(ConfigError::Value {
                setting,
                value: path.display().to_string(),
                reason: "the file has nothing in its first line".to_owned(),
            });
        }
        Ok(Self(line.to_owned()))
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("…")
    }
}
