//! Which server takes the hub's mail, and who the mail is from.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use lettre::message::Mailbox;
use serde::Deserialize;

use crate::config::ConfigError;
use crate::secret::{Secret, Source, is_loopback};

/// How the way to the server is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// TLS after a greeting in the open (RFC 3207), and no mail without it.
    #[default]
    Starttls,
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// None: for a server on the same machine.
    None,
}

impl Tls {
    fn usual_port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Implicit => 465,
            Self::None => 25,
        }
    }
}

/// What flags, environment and the settings file's part `[mail]` say.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[group(skip)]
pub struct Given {
    /// Mail server that takes invitations and links for new passwords: HOST or HOST:PORT [default: none; links are shown]
    #[arg(
        id = "smtp-host",
        long = "smtp-host",
        global = true,
        env = "HUB_SMTP_HOST",
        value_name = "HOST",
        hide_short_help = true
    )]
    host: Option<String>,
    /// TLS to the mail server: starttls (port 587), implicit (465) or none (25) [default: starttls]
    #[arg(
        id = "smtp-tls",
        long = "smtp-tls",
        global = true,
        env = "HUB_SMTP_TLS",
        value_name = "MODE",
        hide_short_help = true
    )]
    tls: Option<Tls>,
    /// Name that the mail server knows the hub by [default: none]
    #[arg(
        id = "smtp-user",
        long = "smtp-user",
        global = true,
        env = "HUB_SMTP_USER",
        value_name = "NAME",
        hide_short_help = true
    )]
    user: Option<String>,
    /// Password for the mail server; others on the machine can read a flag, so set the environment or name a file
    #[arg(
        id = "smtp-password",
        long = "smtp-password",
        global = true,
        env = "HUB_SMTP_PASSWORD",
        hide_env_values = true,
        hide = true
    )]
    password: Option<Secret>,
    /// File whose first line is that password (or set `HUB_SMTP_PASSWORD`)
    #[arg(
        id = "smtp-password-file",
        long = "smtp-password-file",
        global = true,
        env = "HUB_SMTP_PASSWORD_FILE",
        value_name = "FILE",
        hide_short_help = true
    )]
    password_file: Option<PathBuf>,
    /// Who mail is from: ADDRESS or `NAME <ADDRESS>` [default name: the portal's]
    #[arg(
        id = "mail-from",
        long = "mail-from",
        global = true,
        env = "HUB_MAIL_FROM",
        value_name = "ADDRESS",
        hide_short_help = true
    )]
    from: Option<String>,
}

/// How mail is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The server's name or address.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// How the way to it is kept secret.
    pub tls: Tls,
    /// The name and password that the server knows the hub by.
    pub login: Option<(String, Secret)>,
    /// Who mail is from.
    pub from: Mailbox,
}

impl Given {
    /// What is given here, and what is given there where it is not.
    pub(crate) fn over(self, file: Self) -> Self {
        let password = Source {
            secret: self.password,
            file: self.password_file,
        };
        let password = password.over(Source {
            secret: file.password,
            file: file.password_file,
        });
        Self {
            host: self.host.or(file.host),
            tls: self.tls.or(file.tls),
            user: self.user.or(file.user),
            password: password.secret,
            password_file: password.file,
            from: self.from.or(file.from),
        }
    }

    /// How mail is sent from a portal of this name; none where nothing is said of it.
    pub(crate) fn settings(self, title: &str) -> Result<Option<Settings>, ConfigError> {
        let password = Source {
            secret: self.password,
            file: self.password_file,
        };
        let Some(host) = self.host else {
            if self.user.is_some() || self.from.is_some() || password.is_given() {
                return Err(wrong(
                    "smtp-host",
                    "",
                    "other settings of mail are given: expected the mail server too",
                ));
            }
            return Ok(None);
        };
        let tls = self.tls.unwrap_or_default();
        let (host, port) = parse_host(&host, tls)?;
        let password = password.read("smtp-password-file")?;
        let login = match (self.user, password) {
            (Some(user), Some(password)) => Some((user, password)),
            (None, None) => None,
            (Some(user), None) => {
                let reason = "expected smtp-password-file or HUB_SMTP_PASSWORD with it";
                return Err(wrong("smtp-user", &user, reason));
            }
            (None, Some(_)) => {
                let reason = "there is a password for the mail server: expected a name with it";
                return Err(wrong("smtp-user", "", reason));
            }
        };
        if tls == Tls::None && login.is_some() && !is_loopback(&host) {
            return Err(wrong(
                "smtp-tls",
                "none",
                "the password would travel in the open: expected starttls or implicit",
            ));
        }
        Ok(Some(Settings {
            host,
            port,
            tls,
            login,
            from: parse_from(self.from.as_deref().unwrap_or_default(), title)?,
        }))
    }
}

fn parse_host(text: &str, tls: Tls) -> Result<(String, u16), ConfigError> {
    let wrong = || {
        wrong(
            "smtp-host",
            text,
            "expected a server such as mail.tinh.example.vn or mail.tinh.example.vn:587",
        )
    };
    let text = text.trim();
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().map_err(|_| wrong())?),
        None => (text, tls.usual_port()),
    };
    let is_host = !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    if is_host && port > 0 {
        Ok((host.to_owned(), port))
    } else {
        Err(wrong())
    }
}

fn parse_from(text: &str, title: &str) -> Result<Mailbox, ConfigError> {
    let mut from: Mailbox = text.trim().parse().map_err(|_| {
        wrong(
            "mail-from",
            text,
            "expected an address such as khong-tra-loi@tinh.example.vn",
        )
    })?;
    from.name.get_or_insert_with(|| title.to_owned());
    Ok(from)
}

fn wrong(setting: &'static str, value: &str, reason: &str) -> ConfigError {
    ConfigError::Value {
        setting,
        value: value.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_port_follows_from_its_tls_and_its_password_is_not_shown() {
        for (tls, host, port) in [
            (None, "mail.vn", 587),
            (Some(Tls::Implicit), "mail.vn", 465),
            (Some(Tls::None), "127.0.0.1", 25),
            (None, " mail.vn:2525 ", 2525),
        ] {
            let given = Given {
                host: Some(host.to_owned()),
                tls,
                user: Some("loa".to_owned()),
                password: "mật khẩu".parse().ok(),
                from: Some("a@b.vn".to_owned()),
                ..Given::default()
            };
            let settings = given.settings("Pháp luật").unwrap().unwrap();
            assert_eq!(settings.port, port);
            assert_eq!(settings.from.name.as_deref(), Some("Pháp luật"));
            assert!(!format!("{settings:?}").contains("mật khẩu"));
        }
        assert_eq!(Given::default().settings("").unwrap(), None);
    }

    #[test]
    fn a_password_stands_in_a_files_first_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let given = Given {
            host: Some("mail.vn".to_owned()),
            user: Some("loa".to_owned()),
            password_file: Some(path.clone()),
            from: Some("Loa <a@b.vn>".to_owned()),
            ..Given::default()
        };
        let missing = given.clone().settings("").unwrap_err().to_string();
        assert!(missing.contains("cannot be read"), "{missing}");
        std::fs::write(&path, "bí mật\n").unwrap();
        let settings = given.settings("").unwrap().unwrap();
        assert_eq!(settings.from.name.as_deref(), Some("Loa"));
        assert_eq!(settings.login.unwrap().1.expose(), "bí mật");
    }
}
