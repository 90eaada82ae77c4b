//! What the source doctor says that a webmaster should mend.

use crate::harvest::doctor::{Evidence, Finding, Severity};

/// Something that the webmaster should mend.
pub(super) struct FindingRow {
    pub(super) tone: &'static str,
    pub(super) severity: &'static str,
    pub(super) advice: &'static str,
    pub(super) evidence: Vec<String>,
}

impl FindingRow {
    pub(super) fn new(finding: &Finding) -> Self {
        let (tone, severity) = match finding.severity {
            Severity::Serious => ("bad", "Nghiêm trọng"),
            Severity::Warning => ("waiting", "Nên sửa"),
            Severity::Hint => ("hint", "Gợi ý"),
        };
        Self {
            tone,
            severity,
            advice: finding.advice_vi,
            evidence: finding.evidence.iter().filter_map(in_words).collect(),
        }
    }
}

fn in_words(evidence: &Evidence) -> Option<String> {
    let place = match (evidence.line, evidence.column) {
        (Some(line), Some(column)) => Some(format!("dòng {line}, cột {column}")),
        _ => None,
    };
    let found = evidence.found_vi.clone().or_else(|| evidence.found.clone());
    let parts: Vec<String> = [place, found, evidence.excerpt.clone()]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| parts.join(": "))
}
