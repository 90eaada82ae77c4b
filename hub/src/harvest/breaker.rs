//! The circuit breaker: a feed that suddenly looks like a defaced or exchanged site is not taken
//! over, and what was stored before stays.
//!
//! [`judge`] compares two descriptions of a document, the feed's usual one and today's. Feeds are
//! windows: that entries are missing says nothing, and an empty feed is no reason. What counts is
//! what came in their place.

mod hold;
mod profile;
mod terms;

use std::fmt;

pub(super) use hold::watch;
pub use profile::Profile;

/// Entries that speak of gambling, or with scripts, are a reason from this part of a document on.
/// A month of police news about gambling rings stays well below.
const MOST_BAD: f64 = 0.4;

/// While a feed is frozen, what is left of it must be less for the feed to thaw.
const MOST_BAD_TO_THAW: f64 = 0.1;

/// Fewer entries than this are too few to speak of a part of them.
const FEW: u32 = 3;

/// Entries of the last window that must be known for their loss to mean anything.
const KNOWN: usize = 5;

/// Part of the last window that is still there when a feed merely went on.
const STILL_THERE: f64 = 0.1;

/// Part of the entries that lead to other sites; below [`FEW_STRANGERS`] the feed speaks for itself.
const MOST_STRANGERS: f64 = 0.6;
const FEW_STRANGERS: f64 = 0.2;

/// Letters that only Vietnamese has are about 15 % of Vietnamese text, and none of any other.
const VIETNAMESE: f64 = 0.06;
const NOT_VIETNAMESE: f64 = 0.01;

/// Part of the letters that are not Latin in a text of another script.
const OTHER_SCRIPT: f64 = 0.3;

/// Letters below which a document's language is not judged.
const ENOUGH_LETTERS: u32 = 200;

/// Why a document is not taken over. Shown in Vietnamese: people decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Advertising for gambling, or the mark of who broke in.
    Spam { entries: u32, of: u32 },
    /// Scripts or hidden passages in entries that had none.
    Scripts { entries: u32, of: u32 },
    /// The language changed.
    Language { from: Language, to: Language },
    /// All that was there is gone, and what came leads to other sites.
    Replaced { lost: usize, entries: u32 },
    /// Most of what was there is declared withdrawn.
    Withdrawn { entries: u32, of: usize },
}

/// What a document is written in, as far as letters tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Vietnamese,
    /// Another language in Latin letters, or Vietnamese without its marks.
    OtherLatin,
    OtherScript,
}

/// Whether `after` looks like the work of somebody else. `before` is what is usual for the feed,
/// none at first contact; `frozen` says that the feed is frozen already, which asks for more.
pub fn judge(before: Option<&Profile>, after: &Profile, frozen: bool) -> Option<Reason> {
    judge_content(before, after, frozen).or_else(|| judge_window(before?, after))
}

/// As [`judge`] for a push, which may hold nothing but what is new: what is missing says nothing,
/// and one entry in another language is no change of it.
pub fn judge_part(before: Option<&Profile>, after: &Profile) -> Option<Reason> {
    judge_content(before, after, false)
        .filter(|reason| !matches!(reason, Reason::Language { .. }) || after.entries >= FEW)
}

/// What the entries that are there look like.
fn judge_content(before: Option<&Profile>, after: &Profile, frozen: bool) -> Option<Reason> {
    let limit = if frozen { MOST_BAD_TO_THAW } else { MOST_BAD };
    let usual = |part: fn(&Profile) -> f64| before.map_or(0.0, part);
    // Twice what is usual: somebody has accepted that.
    let too_much = |now: f64, usual: f64| now >= limit && now > 2.0 * usual;
    let enough = after.entries >= FEW || after.suspicious == after.entries;
    if after.suspicious > 0
        && enough
        && too_much(after.suspicious_part(), usual(Profile::suspicious_part))
    {
        return Some(Reason::Spam {
            entries: after.suspicious,
            of: after.entries,
        });
    }
    // What follows is a change, and there is none at first contact.
    let before = before?;
    if after.scripted >= FEW && too_much(after.scripted_part(), before.scripted_part()) {
        return Some(Reason::Scripts {
            entries: after.scripted,
            of: after.entries,
        });
    }
    if let (Some(from), Some(to)) = (before.language(), after.language())
        && from != to
        && to != Language::Vietnamese
    {
        return Some(Reason::Language { from, to });
    }
    None
}

/// What became of the entries that were there.
fn judge_window(before: &Profile, after: &Profile) -> Option<Reason> {
    let known = before.known();
    if known < KNOWN {
        return None;
    }
    if after.withdrawn as usize > known / 2 {
        return Some(Reason::Withdrawn {
            entries: after.withdrawn,
            of: known,
        });
    }
    let kept = before.still_there(after);
    if after.entries > 0
        && share(kept, known) < STILL_THERE
        && after.strangers_part() >= MOST_STRANGERS
        && before.strangers_part() < FEW_STRANGERS
    {
        return Some(Reason::Replaced {
            lost: known - kept,
            entries: after.entries,
        });
    }
    None
}

impl Profile {
    /// What the document is written in, when there is enough of it to tell.
    fn language(&self) -> Option<Language> {
        if self.letters < ENOUGH_LETTERS {
            return None;
        }
        let of_letters = |part: u32| f64::from(part) / f64::from(self.letters);
        if of_letters(self.other_script) >= OTHER_SCRIPT {
            Some(Language::OtherScript)
        } else if of_letters(self.vietnamese) >= VIETNAMESE {
            Some(Language::Vietnamese)
        } else if of_letters(self.vietnamese) < NOT_VIETNAMESE {
            Some(Language::OtherLatin)
        } else {
            None
        }
    }

    fn suspicious_part(&self) -> f64 {
        self.part(self.suspicious)
    }

    fn scripted_part(&self) -> f64 {
        self.part(self.scripted)
    }

    fn strangers_part(&self) -> f64 {
        self.part(self.strangers)
    }

    fn part(&self, entries: u32) -> f64 {
        f64::from(entries) / f64::from(self.entries.max(1))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "entries of one document are few"
)]
fn share(part: usize, of: usize) -> f64 {
    part as f64 / of.max(1) as f64
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spam { entries, of } => write!(
                out,
                "{entries} trên {of} bài quảng cáo cờ bạc hoặc mang dấu vết bị chiếm quyền"
            ),
            Self::Scripts { entries, of } => write!(
                out,
                "{entries} trên {of} bài bỗng chứa mã chạy hoặc phần bị giấu"
            ),
            Self::Language { from, to } => {
                write!(out, "ngôn ngữ đổi từ {} sang {}", from.name(), to.name())
            }
            Self::Replaced { lost, entries } => write!(
                out,
                "cả {lost} bài trước đó biến mất, thay bằng {entries} bài dẫn sang trang khác"
            ),
            Self::Withdrawn { entries, of } => {
                write!(out, "{entries} trên {of} bài gần đây bị báo gỡ cùng lúc")
            }
        }
    }
}

impl Language {
    fn name(self) -> &'static str {
        match self {
            Self::Vietnamese => "tiếng Việt",
            Self::OtherLatin => "ngôn ngữ khác (hoặc tiếng Việt mất dấu)",
            Self::OtherScript => "chữ viết khác",
        }
    }
}

#[cfg(test)]
mod tests;
