//! What must not be read in a log.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
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
    fn read(setting: &'static str, path: &Path) -> Result<Self, ConfigError> {
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

/// Where a setting's secret stands: in itself, or in a file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Source {
    pub(crate) secret: Option<Secret>,
    pub(crate) file: Option<PathBuf>,
}

impl Source {
    /// What is said here, either way, and what is said there where nothing is: a file goes over another place's secret.
    pub(crate) fn over(self, there: Self) -> Self {
        if self.is_given() { self } else { there }
    }

    pub(crate) fn is_given(&self) -> bool {
        self.secret.is_some() || self.file.is_some()
    }

    /// The secret, if there is one; `setting` is the file's.
    pub(crate) fn read(self, setting: &'static str) -> Result<Option<Secret>, ConfigError> {
        match (self.secret, self.file) {
            (None, Some(file)) => Secret::read(setting, &file).map(Some),
            (secret, _) => Ok(secret),
        }
    }
}

/// Whether what is sent to this host stays on the machine, so that a secret may travel without TLS.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']);
    host == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
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
