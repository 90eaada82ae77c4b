//! `agency-node import FILE.jsonl`

use std::fs::File;
use std::io::{BufReader, IsTerminal as _};
use std::path::PathBuf;

use agency_node::Config;
use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

pub(super) const EXAMPLE: &str = "Each line is a JSON object. Needed: id, kind (news, qa, \
    situation, document, publication, multimedia, event), title, published, body_html. Welcome: \
    summary, field, audience, legal_basis, tags, question, doc_number, doc_type, doc_issuer, \
    doc_issued, doc_effective, event_starts, event_place; others are skipped. Entries whose id is known stay as they are.\n\n\
    {\"id\":\"so-do-1\",\"kind\":\"qa\",\"title\":\"Sổ đỏ là gì?\",\
    \"published\":\"2026-06-25T08:23:00+07:00\",\"body_html\":\"<p>…</p>\",\
    \"legal_basis\":[\"31/2024/QH15\"]}";

#[derive(Args)]
pub(super) struct Import {
    /// File of JSON lines
    file: PathBuf,
}

impl Import {
    #[expect(
        clippy::print_stdout,
        reason = "the result of the command is for whoever runs it"
    )]
    pub(super) fn run(self, config: &Config) -> anyhow::Result<()> {
        let shown = self.file.display();
        let file = File::open(&self.file).with_context(|| format!("cannot open {shown}"))?;
        let length = file
            .metadata()
            .with_context(|| format!("cannot read {shown}"))?
            .len();
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::new(length)
                .with_style(ProgressStyle::with_template("{bar:40} {percent} %  {msg}")?)
                .with_message("reading")
        } else {
            ProgressBar::hidden()
        };
        let imported = agency_node::import(config, BufReader::new(file), |read| {
            bar.set_position(read);
            if read >= length {
                bar.set_message("storing");
            }
        });
        bar.finish_and_clear();
        let imported = imported.with_context(|| shown.to_string())?;
        println!(
            "{shown}: {} entries published, {} were here already and stay as they are",
            imported.added, imported.kept
        );
        Ok(())
    }
}
