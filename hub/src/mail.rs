//! Mail: the links that let people in, and what the province tells agencies. The repository says who is sent which;
//! [`crate::work`] sends it.

mod settings;

use std::time::Duration;

use askama::Template;
use chrono::TimeDelta;
use hub_repository::Timestamp;
use hub_repository::notices::letters::Letter as NoticeLetter;
use hub_repository::one_time_tokens::Purpose;
use hub_repository::outbox::Letter;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls as Wire, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use crate::told::{NEXT_STEPS, Told};

pub use settings::{Given, Settings, Tls};

/// How long the server may take for one command.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long sending one letter may take in all.
const LONGEST: Duration = Duration::from_mins(1);

/// The wait after the first try that failed; every wait is twice as long as the one before it …
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(1);

/// … up to this …
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(6);

/// … and after this long a letter is given up: longer than a weekend.
const GIVEN_UP: TimeDelta = TimeDelta::days(3);

/// Characters of a person's name in a letter.
const LONGEST_NAME: usize = 60;

/// Why a letter was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// There is no such server, it does not answer, or there is no secure way to it.
    #[error("the mail server cannot be reached: {0}; see smtp-host and smtp-tls")]
    Unreachable(String),
    /// The server does not know the hub.
    #[error("the mail server does not take the name and password: {0}; see smtp-user")]
    Login(String),
    /// The server takes it later, perhaps.
    #[error("the mail server does not take it now: {0}")]
    Later(String),
    /// The server never takes it.
    #[error("the mail server refuses it: {0}; see the address, and mail-from")]
    Refused(String),
    /// It cannot be written.
    #[error("the letter cannot be written: {0}")]
    Letter(String),
}

impl SendError {
    /// The cause, as people read it in the console.
    pub fn in_words(&self) -> String {
        match self {
            Self::Unreachable(cause) => format!("không kết nối được với máy chủ thư ({cause})"),
            Self::Login(cause) => format!("máy chủ thư không nhận tên và mật khẩu ({cause})"),
            Self::Later(cause) => format!("máy chủ thư tạm thời chưa nhận ({cause})"),
            Self::Refused(cause) => format!("máy chủ thư từ chối ({cause})"),
            Self::Letter(cause) => format!("không soạn được thư ({cause})"),
        }
    }

    /// When a letter of `asked_at` that failed so is tried again, after so many tries; none is never.
    pub fn again(&self, attempts: i32, asked_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
        if matches!(self, Self::Refused(_) | Self::Letter(_)) {
            return None;
        }
        let doublings = (attempts - 1).clamp(0, 16);
        let wait = (FIRST_WAIT * 2_i32.pow(doublings.unsigned_abs())).min(LONGEST_WAIT);
        let next = now + wait;
        (next < asked_at + GIVEN_UP).then_some(next)
    }
}

impl From<smtp::Error> for SendError {
    fn from(error: smtp::Error) -> Self {
        let cause = chain(&error);
        let code = error.status().map(u16::from);
        match code {
            // RFC 4954 §6.
            Some(530 | 534 | 535 | 538) => Self::Login(cause),
            Some(500..) => Self::Refused(cause),
            Some(_) => Self::Later(cause),
            None => Self::Unreachable(cause),
        }
    }
}

/// An error with its causes: the outermost alone says little.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text.chars().take(300).collect()
}

/// Sends letters through the province's mail server.
#[derive(Debug, Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    title: String,
}

#[derive(Template)]
#[template(path = "mail/invitation.txt")]
struct Invitation<'a> {
    name: &'a str,
    title: &'a str,
    link: &'a str,
}

#[derive(Template)]
#[template(path = "mail/password_reset.txt")]
struct PasswordReset<'a> {
    name: &'a str,
    title: &'a str,
    link: &'a str,
}

#[derive(Template)]
#[template(path = "mail/takedown.txt")]
struct NoticeText<'a> {
    name: &'a str,
    title: &'a str,
    agency: &'a str,
    page: &'a str,
    told: &'a Told,
}

#[derive(Template)]
#[template(path = "mail/test.txt")]
struct Test<'a> {
    title: &'a str,
}

impl Mailer {
    /// Connects when there is something to send. `title` is the portal's name.
    pub fn new(settings: &Settings, title: &str) -> Result<Self, SendError> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host);
        let parameters = || TlsParameters::new(settings.host.clone());
        let tls = match settings.tls {
            Tls::Starttls => Wire::Required(parameters()?),
            Tls::Implicit => Wire::Wrapper(parameters()?),
            Tls::None => Wire::None,
        };
        let mut builder = builder.port(settings.port).tls(tls).timeout(Some(PATIENCE));
        if let Some((user, password)) = &settings.login {
            let password = password.expose().to_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self {
            transport: builder.build(),
            from: settings.from.clone(),
            title: title.to_owned(),
        })
    }

    /// Sends a person the link that the letter is about.
    pub async fn send_link(&self, letter: &Letter, link: &str) -> Result<(), SendError> {
        let name = salutation(&letter.person.name);
        let title = &self.title;
        let (subject, text) = match letter.purpose {
            Purpose::Invitation => {
                let page = Invitation {
                    name: &name,
                    title,
                    link,
                };
                (
                    format!("Lời mời vào bảng điều khiển {title}"),
                    page.render(),
                )
            }
            Purpose::PasswordReset => {
                let page = PasswordReset {
                    name: &name,
                    title,
                    link,
                };
                (format!("Đặt lại mật khẩu – {title}"), page.render())
            }
        };
        let address = address(&letter.person.email)?;
        self.send(Mailbox::new(Some(name), address), subject, text)
            .await
    }

    /// Tells a person what the province has decided about an entry of the agency, with the address of its page.
    pub async fn send_notice(
        &self,
        letter: &NoticeLetter,
        agency: &str,
        page: &str,
    ) -> Result<(), SendError> {
        let told = Told::of(&letter.notice);
        let name = salutation(&letter.person.name);
        let subject = if told.is_takedown {
            format!("Tỉnh đã gỡ bài: {}", told.title)
        } else {
            format!("Tỉnh đã bỏ lệnh gỡ bài: {}", told.title)
        };
        let text = NoticeText {
            name: &name,
            title: &self.title,
            agency,
            page,
            told: &told,
        };
        let text = text.render();
        let address = address(&letter.person.email)?;
        self.send(Mailbox::new(Some(name), address), subject, text)
            .await
    }

    /// Sends a letter that says that mail arrives.
    pub async fn send_test(&self, email: &str) -> Result<(), SendError> {
        let text = Test { title: &self.title }.render();
        let subject = format!("Thư thử – {}", self.title);
        self.send(Mailbox::new(None, address(email)?), subject, text)
            .await
    }

    async fn send(
        &self,
        to: Mailbox,
        subject: String,
        text: askama::Result<String>,
    ) -> Result<(), SendError> {
        let text = text.map_err(|error| SendError::Letter(error.to_string()))?;
        let letter = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(subject)
            .message_id(None)
            .header(AutoSubmitted)
            .header(ContentType::TEXT_PLAIN)
            .body(text)
            .map_err(|error| SendError::Letter(error.to_string()))?;
        match tokio::time::timeout(LONGEST, self.transport.send(letter)).await {
            Ok(sent) => Ok(sent.map(|_| ())?),
            Err(late) => Err(SendError::Unreachable(late.to_string())),
        }
    }
}

/// A person's name as it stands in a letter. Who invites has typed it and the hub signs the letter, so there is nothing in it that a mail program takes
/// for a link, nor room for a message.
fn salutation(name: &str) -> String {
    let is_plain = |letter: char| {
        // Names that are not composed carry marks of their own.
        letter.is_alphanumeric()
            || ('\u{300}'..'\u{370}').contains(&letter)
            || "'’-,()".contains(letter)
    };
    let mut plain = String::new();
    for letter in name.chars() {
        match letter {
            '.' => plain.push_str(". "),
            letter if is_plain(letter) => plain.push(letter),
            _ => plain.push(' '),
        }
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ").chars().take(LONGEST_NAME).collect()
}

fn address(email: &str) -> Result<Address, SendError> {
    let address = email.parse();
    address.map_err(|error| SendError::Refused(format!("{email}: {error}")))
}

/// Nobody wrote it, so nobody's absence is to be answered with (RFC 3834 §5).
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_in_a_letter() {
        for (name, written) in [
            ("Trần Thị Lan", "Trần Thị Lan"),
            ("TS.Nguyễn Văn A (P.2)", "TS. Nguyễn Văn A (P. 2)"),
            ("O’Brien-Lê", "O’Brien-Lê"),
            ("Le\u{302} Lan", "Le\u{302} Lan"),
            ("Lan https://evil.vn/a?b=c", "Lan https evil. vn a b c"),
            ("www.evil.vn", "www. evil. vn"),
            ("lan@evil.vn\r\nBcc: x", "lan evil. vn Bcc x"),
            ("evil。vn", "evil vn"),
        ] {
            assert_eq!(salutation(name), written);
        }
        assert_eq!(salutation(&"dài ".repeat(99)).chars().count(), 60);
    }

    #[test]
    fn waits_grow_and_end_after_three_days() {
        let start = Timestamp::now();
        let busy = SendError::Later("451".to_owned());
        let (mut now, mut waits) = (start, Vec::new());
        for attempts in 1.. {
            let Some(next) = busy.again(attempts, start, now) else {
                break;
            };
            waits.push((next - now).num_minutes());
            now = next;
        }
        assert_eq!(waits[..5], [1, 2, 4, 8, 16]);
        assert_eq!(*waits.last().unwrap(), 6 * 60);
        assert!((2..4).contains(&(now - start).num_days()), "{waits:?}");
        let refused = SendError::Refused("550".to_owned());
        assert_eq!(refused.again(1, start, start), None);
    }
}
