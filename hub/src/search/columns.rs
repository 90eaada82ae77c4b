//! What is looked up of every entry that a query finds, in memory and in few bytes each: made once for a segment, which
//! never changes, and kept as long as searches meet it.

mod codes;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use foldhash::fast::RandomState;
use tantivy::index::SegmentId;
use tantivy::{DocId, Searcher, SegmentReader};

pub(super) use self::codes::Codes;
use super::facet::Facet;
use super::ranking::kind_weight;
use super::schema::{CLUSTER, ID, LISTED_AT};

/// Microseconds.
const DAY: i64 = 86_400_000_000;

/// The columns of an index.
#[derive(Default)]
pub(super) struct Columns {
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    segments: HashMap<SegmentId, Arc<Segment>>,
    /// Numbers of clusters, from 0.
    clusters: HashMap<i64, u32, RandomState>,
}

/// The columns of a segment.
pub(super) struct Segment {
    days: Vec<u16>,
    /// None where no entry belongs to a cluster.
    clusters: Option<Vec<Member>>,
    facets: [OnceLock<Codes>; Facet::ALL.len()],
}

/// An entry's cluster.
#[derive(Clone, Copy)]
pub(super) struct Member(u32);

impl Columns {
    /// The columns of each segment, and how many clusters there are.
    pub(super) fn of(&self, searcher: &Searcher) -> tantivy::Result<(Vec<Arc<Segment>>, usize)> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { segments, clusters } = &mut *known;
        let mut columns = Vec::new();
        for reader in searcher.segment_readers() {
            let id = reader.segment_id();
            let segment = match segments.get(&id) {
                Some(segment) => Arc::clone(segment),
                None => Arc::new(Segment::new(reader, clusters)?),
            };
            columns.push((id, segment));
        }
        *segments = columns.iter().cloned().collect();
        let count = clusters.len();
        Ok((columns.into_iter().map(|(_, it)| it).collect(), count))
    }
}

impl Segment {
    fn new(
        reader: &SegmentReader,
        numbers: &mut HashMap<i64, u32, RandomState>,
    ) -> tantivy::Result<Self> {
        let columns = reader.fast_fields();
        let listed_at = columns.column_first_or_default::<i64>(LISTED_AT)?;
        let id = columns.column_first_or_default::<i64>(ID)?;
        let clusters = columns.column_opt::<i64>(CLUSTER)?.map(|column| {
            let member = |doc| match column.first(doc) {
                None => Member::NONE,
                Some(cluster) => {
                    let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
                    let number = *numbers.entry(cluster).or_insert(next);
                    Member::new(number, id.get_val(doc) == cluster)
                }
            };
            (0..reader.max_doc()).map(member).collect()
        });
        Ok(Self {
            days: (0..reader.max_doc())
                .map(|doc| day(listed_at.get_val(doc)))
                .collect(),
            clusters,
            facets: Default::default(),
        })
    }

    /// The values of a facet.
    pub(super) fn facet(&self, facet: Facet, reader: &SegmentReader) -> tantivy::Result<&Codes> {
        let place = &self.facets[facet.place()];
        if let Some(codes) = place.get() {
            return Ok(codes);
        }
        let codes = Codes::read(reader, facet)?;
        Ok(place.get_or_init(|| codes))
    }

    /// The day of an entry, for [`Segment::latest`].
    pub(super) fn day(&self, doc: DocId) -> u16 {
        self.days.get(doc as usize).copied().unwrap_or(u16::MAX)
    }

    pub(super) fn cluster(&self, doc: DocId) -> Option<Member> {
        let member = self.clusters.as_ref()?.get(doc as usize)?;
        (member.0 != Member::NONE.0).then_some(*member)
    }
}

/// What each set of kinds counts.
pub(super) fn kind_weights(kinds: &Codes) -> Vec<f32> {
    let weigh = |names: Vec<&str>| names.first().map_or(1.0, |kind| kind_weight(kind));
    kinds.sets().map(weigh).collect()
}

/// Days since 1970; what is before counts as that year's first, what is far behind as the last that can be written.
pub(super) fn day(moment: i64) -> u16 {
    u16::try_from(moment.div_euclid(DAY).max(0)).unwrap_or(u16::MAX)
}

/// The first moment behind a day, in microseconds since 1970.
pub(super) fn behind(day: u16) -> i64 {
    if day == u16::MAX {
        i64::MAX
    } else {
        (i64::from(day) + 1) * DAY
    }
}

impl Member {
    const NONE: Self = Self(u32::MAX);
    const FIRST: u32 = 1 << 31;

    fn new(number: u32, is_first: bool) -> Self {
        Self(number & (Self::FIRST - 1) | if is_first { Self::FIRST } else { 0 })
    }

    /// The number of its cluster.
    pub(super) fn number(self) -> usize {
        (self.0 & (Self::FIRST - 1)) as usize
    }

    /// Whether it is the one after which the cluster is named.
    pub(super) fn is_first(self) -> bool {
        self.0 & Self::FIRST != 0
    }
}
