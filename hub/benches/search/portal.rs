//! The hub's own search.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use hub::search::{Expressions, Facet, Filters, Index, Lexicon, Query, Writer};
use law::vocabulary::Vocabulary;

use crate::entries::Entries;
use crate::queries::{self, Queries};
use crate::{compare, forget_peak, megabytes, memory, show, text_bytes, times};

const FACETS: [Facet; 5] = [
    Facet::Field,
    Facet::Audience,
    Facet::Kind,
    Facet::Agency,
    Facet::Level,
];
/// Names a folder in which the index stays from one run to the next.
const KEPT: &str = "SEARCH_BENCH_INDEX";
const PAGE: usize = 20;
const NEWEST: usize = 100;
const SUGGESTIONS: usize = 8;

pub(crate) fn run(
    entries: &Entries,
    queries: &Queries,
    count: usize,
    vocabulary: &Vocabulary,
) -> anyhow::Result<()> {
    let temporary = tempfile::tempdir()?;
    let kept = std::env::var_os(KEPT).map(PathBuf::from);
    let folder = kept.as_deref().unwrap_or(temporary.path());
    let index = Index::open(folder)?;
    if index.revision() == 0 {
        build(&index, entries, count)?;
    }
    // What merging segments mapped does not belong to searching.
    drop(index);
    forget_peak()?;
    let index = Index::open(folder)?;
    index.use_lexicon(Lexicon::new(vocabulary));
    let text = text_bytes(entries, count);
    let size = megabytes(size(folder)?);
    compare("index, in parts of the text", size / text, Some(1.2));

    let two_words = times(&queries.two_words, |text| ask(&index, text))?;
    show("two words with facets", &two_words, Some(10.0));
    let filtered = times(&queries.two_words, |text| ask_filtered(&index, text))?;
    show("the same with a filter", &filtered, Some(10.0));
    let commonest = times(&queries.commonest, |text| ask(&index, text))?;
    show("the commonest words", &commonest, Some(25.0));
    let begun = Instant::now();
    ask(&index, "")?;
    let first = begun.elapsed().as_secs_f64() * 1e3;
    compare("newest list, first time, in ms", first, None);
    let newest = times(&vec![String::new(); NEWEST], |text| ask(&index, text))?;
    show("newest list, first page", &newest, Some(2.0));
    let expressions = Expressions::new(&[], vocabulary);
    let suggested = times(&queries.beginnings(), |text| {
        std::hint::black_box(index.suggest(text, &expressions, SUGGESTIONS)?);
        Ok(())
    })?;
    show("suggestions while typing", &suggested, Some(5.0));
    let odd = times(&queries::odd(), |text| ask(&index, text))?;
    show("the oddest queries", &odd, Some(50.0));
    let most = memory("VmHWM:")?;
    compare("memory at most, searching, in MB", most, Some(1_000.0));
    compare("memory of its own, in MB", memory("RssAnon:")?, None);
    Ok(())
}

fn build(index: &Index, entries: &Entries, count: usize) -> anyhow::Result<()> {
    let begun = Instant::now();
    let mut writer = Writer::open(index)?;
    let documents = (0..count).map(|number| Ok::<_, Infallible>(entries.entry(number)));
    writer.rebuild(documents, 1, |_| ControlFlow::Continue(()))?;
    compare("built, in seconds", begun.elapsed().as_secs_f64(), None);
    compare("memory at most meanwhile, in MB", memory("VmHWM:")?, None);
    Ok(())
}

fn ask(index: &Index, text: &str) -> anyhow::Result<()> {
    search(index, text, Filters::default())
}

fn ask_filtered(index: &Index, text: &str) -> anyhow::Result<()> {
    search(index, text, Filters::default().with(Facet::Kind, "qa"))
}

fn search(index: &Index, text: &str, filters: Filters) -> anyhow::Result<()> {
    let results = index.search(&Query {
        text: text.to_owned(),
        filters,
        limit: PAGE,
        facets: FACETS.to_vec(),
        collapse: true,
        ..Query::default()
    })?;
    std::hint::black_box(results);
    Ok(())
}

/// Bytes of all files in a folder.
fn size(folder: &Path) -> anyhow::Result<usize> {
    let mut bytes = 0;
    for entry in folder.read_dir()? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() {
            size(&entry.path())?
        } else {
            usize::try_from(entry.metadata()?.len())?
        };
    }
    Ok(bytes)
}
