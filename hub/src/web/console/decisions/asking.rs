//! What is asked before a step is done, and what was given.

use hub_repository::decisions::{MAX_BASIS, MAX_REASON};

use super::super::super::extract::Parameters;
use super::step::Step;

/// A step that asks for a reason before it is done.
pub(in super::super) struct Asking {
    pub(in super::super) step: Step,
    /// What the button says.
    pub(in super::super) label: &'static str,
    /// What comes of it, and how it is undone.
    pub(in super::super) hint: &'static str,
    pub(in super::super) is_reason_needed: bool,
    /// Whether the provision is asked for that the step rests on.
    pub(in super::super) has_basis: bool,
    /// What was typed before.
    pub(in super::super) grounds: Grounds,
    /// What is wrong with that.
    pub(in super::super) problem: Option<Problem>,
}

/// What somebody gives for a step.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Grounds {
    pub(in super::super) reason: String,
    /// The provision that a takedown rests on.
    pub(in super::super) basis: String,
}

/// What is wrong with grounds, in words.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Problem {
    Reason(&'static str),
    Basis(&'static str),
}

impl Asking {
    pub(super) fn for_step(step: Step) -> Self {
        Self {
            step,
            label: step.label(),
            hint: match step {
                Step::TakeDown => {
                    "Bài biến mất khỏi cổng, nguồn tin, tìm kiếm và tiện ích, kể cả khi đơn vị đăng lại. Đơn vị đọc được lý do và không tự bỏ lệnh gỡ; tỉnh bỏ được bất cứ lúc nào."
                }
                Step::Withdraw => {
                    "Bài biến mất khỏi cổng, kể cả khi trang của đơn vị còn đăng. Có thể công bố lại bất cứ lúc nào."
                }
                _ => "Bài không hiện với công chúng cho đến khi có người công bố.",
            },
            is_reason_needed: step == Step::TakeDown,
            has_basis: step == Step::TakeDown,
            grounds: Grounds::default(),
            problem: None,
        }
    }

    /// Whether the form is shown opened.
    pub(in super::super) fn is_open(&self) -> bool {
        self.problem.is_some() || !self.grounds.reason.is_empty()
    }

    /// What is wrong with the reason.
    pub(in super::super) fn reason_problem(&self) -> Option<&'static str> {
        match self.problem {
            Some(Problem::Reason(told)) => Some(told),
            _ => None,
        }
    }

    /// What is wrong with the provision.
    pub(in super::super) fn basis_problem(&self) -> Option<&'static str> {
        match self.problem {
            Some(Problem::Basis(told)) => Some(told),
            _ => None,
        }
    }
}

impl Grounds {
    pub(super) fn read(fields: &Parameters) -> Self {
        let typed = |name| fields.raw(name).trim().to_owned();
        Self {
            reason: typed("ly-do"),
            basis: typed("can-cu"),
        }
    }

    /// What is wrong with them for a step.
    pub(super) fn problem(&self, step: Step) -> Option<Problem> {
        if step == Step::TakeDown && self.reason.is_empty() {
            return Some(Problem::Reason("Hãy ghi lý do: đơn vị sẽ đọc."));
        }
        if self.reason.chars().count() > MAX_REASON {
            let told = "Lý do dài quá 1000 ký tự; hãy viết ngắn lại.";
            return Some(Problem::Reason(told));
        }
        if self.basis.chars().count() > MAX_BASIS {
            let told = "Căn cứ dài quá 300 ký tự; hãy viết ngắn lại.";
            return Some(Problem::Basis(told));
        }
        if self.reason.contains('\0') {
            return Some(Problem::Reason("Lý do có ký tự không hợp lệ."));
        }
        let is_broken = self.basis.contains('\0');
        is_broken.then_some(Problem::Basis("Căn cứ có ký tự không hợp lệ."))
    }
}
