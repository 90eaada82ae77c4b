//! What was decided about an entry, in words, in the audit, and as a form says what it was made of.

use hub_repository::decisions::{Decision, Kind, Standing};
use serde_json::{Value, json};

use super::super::start::moment;
use crate::told::without_end;

pub(super) fn state(standing: &Standing) -> &'static str {
    if standing.of(Kind::Takedown).is_some() {
        "Bị tỉnh gỡ"
    } else if standing.of(Kind::Withdrawal).is_some() {
        "Đã rút"
    } else if standing.of(Kind::Hold).is_some() {
        "Đang giữ để xem xét"
    } else if standing.gone_at.is_some() {
        "Trang của đơn vị đã rút bài"
    } else if standing.of(Kind::Change).is_some() {
        "Đang công bố bản cũ, bản mới chờ duyệt"
    } else {
        "Đang công bố"
    }
}

pub(in super::super) fn kind_in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Hold => "giữ bài",
        Kind::Withdrawal => "rút bài",
        Kind::Takedown => "gỡ bài",
        Kind::Publication => "công bố bài",
        Kind::Change => "giữ bản mới để xem xét",
    }
}

/// What was decided of some kinds, in words, the newest first.
pub(super) fn told(standing: &Standing, of: impl Fn(Kind) -> bool) -> Vec<String> {
    let decided = standing.decisions.iter();
    let mut decided: Vec<&Decision> = decided.filter(|known| of(known.kind)).collect();
    decided.sort_by_key(|known| std::cmp::Reverse(known.decided_at));
    let gone = standing.gone_at;
    let gone = gone.map(|at| format!("Trang của đơn vị đã rút bài lúc {}.", moment(at)));
    decided.into_iter().map(told_of).chain(gone).collect()
}

/// A decision, in words.
fn told_of(known: &Decision) -> String {
    let words = match &*known.words.0 {
        [] => String::new(),
        words => format!(". Từ ngữ: {}", words.join(", ")),
    };
    format!("{}{words}", without_words(known))
}

/// The same without the words of a rule.
pub(in super::super) fn without_words(known: &Decision) -> String {
    let what = kind_in_words(known.kind);
    let who = match (&*known.decided_by, known.by_province) {
        ("", _) => "Quy tắc của tỉnh".to_owned(),
        (name, true) => format!("{name} (tỉnh)"),
        (name, false) => name.to_owned(),
    };
    let at = moment(known.decided_at);
    let reason = match &*known.reason {
        "" => String::new(),
        reason => format!(". Lý do: {}", without_end(reason)),
    };
    let basis = match &*known.basis {
        "" => String::new(),
        basis => format!(". Căn cứ: {}", without_end(basis)),
    };
    format!("{who} đã {what} lúc {at}{reason}{basis}")
}

/// What a form says it was made of: the entry in the version that it shows, and what was decided about it.
pub(in super::super) fn version(shown: i32, standing: &Standing) -> String {
    let decided = standing.decisions.iter();
    let decided = decided.map(|known| format!("{} {}", known.kind, known.decided_at));
    let parts = [shown.to_string()].into_iter().chain(decided);
    parts.collect::<Vec<_>>().join(";")
}

/// How an entry stands, for the audit.
pub(in super::super) fn noted(standing: &Standing) -> Value {
    let decided = standing.decisions.iter();
    let decided = decided.map(|known| {
        json!({
            "kind": known.kind,
            "by": known.decided_by,
            "by_province": known.by_province,
            "reason": known.reason,
            "basis": known.basis,
            "words": known.words.0,
        })
    });
    json!({ "decisions": decided.collect::<Vec<_>>(), "gone": standing.gone_at })
}
