//! What the elements of every vocabulary mean.

use super::namespaces::Namespace;

/// The meaning of an element, whatever dialect it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    // Containers.
    Rss,
    Rdf,
    AtomFeed,
    Channel,
    Entry,
    Image,
    Author,
    Contributor,
    Source,
    MediaGroup,
    MediaContent,
    ItunesOwner,
    GeoWhere,
    GeoRing,
    Tombstone,
    TombstoneComment,
    License,
    /// RSS `skipHours` and `skipDays`.
    SkipTimes,
    // Leaves: their text counts.
    Title,
    Link,
    /// RSS `description`, which says too little about what it is.
    Description,
    Subtitle,
    Summary,
    Content,
    Id,
    Published,
    Updated,
    Person,
    Email,
    Url,
    Category,
    /// Several terms in one element.
    Keywords,
    Rights,
    Language,
    Generator,
    Icon,
    Logo,
    Ttl,
    /// Of `skipHours`.
    SkipHour,
    /// Of `skipDays`.
    SkipDay,
    UpdatePeriod,
    UpdateFrequency,
    Comments,
    CommentCount,
    CommentFeed,
    GeoPoint,
    GeoLine,
    GeoPolygon,
    GeoBox,
    Latitude,
    Longitude,
    LegalKind,
    LegalField,
    LegalAudience,
    LegalSituation,
    LegalHop,
    LegalBasis,
    LegalQuestion,
    EventStart,
    EventEnd,
    EventPlace,
    // Their attributes say everything.
    Enclosure,
    MediaThumbnail,
    ItunesImage,
    ItunesCategory,
    InReplyTo,
    Complete,
    Archive,
    GeneratorAgent,
    LegalDocument,
    LegalEvent,
    LegalOrigin,
}

/// How much an element's value counts beside others of the same meaning: the format's own elements
/// win over extensions, whichever came first.
pub(super) type Rank = u8;

/// The format's own.
pub(super) const OWN: Rank = 9;
const DUBLIN_CORE: Rank = 6;
const OTHER: Rank = 3;

/// The meaning and the rank of an element; `None` for what is not understood.
pub(super) fn meaning(namespace: Namespace, local: &str) -> Option<(Name, Rank)> {
    let local = local.as_bytes();
    let mut buffer = [0; 20];
    let lower = if local.iter().any(u8::is_ascii_uppercase) {
        let lower = buffer.get_mut(..local.len())?;
        lower.copy_from_slice(local);
        lower.make_ascii_lowercase();
        lower
    } else {
        local
    };
    match namespace {
        Namespace::Rss | Namespace::Atom => own(lower),
        Namespace::Rdf => (lower == b"rdf").then_some((Name::Rdf, OWN)),
        Namespace::DublinCore | Namespace::DublinCoreTerms => dublin_core(lower),
        Namespace::Content => match lower {
            b"encoded" => Some((Name::Content, OWN)),
            _ => None,
        },
        Namespace::Xhtml => match lower {
            b"body" | b"div" => Some((Name::Content, OTHER)),
            _ => None,
        },
        Namespace::Media => media(lower),
        Namespace::Itunes => itunes(lower),
        // Around `lat` and `long`; `GeoRSS` has one that holds both.
        Namespace::Geo if lower == b"point" => Some((Name::GeoWhere, OWN)),
        Namespace::GeoRss | Namespace::Geo => geo(lower),
        Namespace::Gml => gml(lower),
        Namespace::CreativeCommons => (lower == b"license").then_some((Name::License, OTHER)),
        Namespace::FeedHistory => match lower {
            b"complete" => Some((Name::Complete, OWN)),
            b"archive" => Some((Name::Archive, OWN)),
            _ => None,
        },
        Namespace::Tombstones => match lower {
            b"deleted-entry" => Some((Name::Tombstone, OWN)),
            b"comment" => Some((Name::TombstoneComment, OWN)),
            _ => None,
        },
        Namespace::Admin => (lower == b"generatoragent").then_some((Name::GeneratorAgent, OTHER)),
        Namespace::FeedBurner => (lower == b"origlink").then_some((Name::Link, OTHER)),
        Namespace::Slash => (lower == b"comments").then_some((Name::CommentCount, OWN)),
        Namespace::CommentApi => (lower == b"commentrss").then_some((Name::CommentFeed, OWN)),
        Namespace::Threading => match lower {
            b"total" => Some((Name::CommentCount, OWN)),
            b"in-reply-to" => Some((Name::InReplyTo, OWN)),
            _ => None,
        },
        Namespace::Syndication => match lower {
            b"updateperiod" => Some((Name::UpdatePeriod, OWN)),
            b"updatefrequency" => Some((Name::UpdateFrequency, OWN)),
            _ => None,
        },
        Namespace::Event => match lower {
            b"startdate" => Some((Name::EventStart, OWN)),
            b"enddate" => Some((Name::EventEnd, OWN)),
            b"location" => Some((Name::EventPlace, OWN)),
            _ => None,
        },
        Namespace::Legal => legal(lower),
        Namespace::Xml | Namespace::Other => None,
    }
}

fn own(local: &[u8]) -> Option<(Name, Rank)> {
    let name = match local {
        b"rss" => Name::Rss,
        b"rdf" => Name::Rdf,
        b"feed" => Name::AtomFeed,
        b"channel" => Name::Channel,
        b"item" | b"entry" => Name::Entry,
        b"title" => Name::Title,
        b"link" => Name::Link,
        b"description" => Name::Description,
        b"subtitle" | b"tagline" => return Some((Name::Subtitle, OWN - 1)),
        // Atom's; where RSS has one, `description` is the fuller text.
        b"summary" => return Some((Name::Summary, OWN - 1)),
        b"content" | b"fullitem" => Name::Content,
        b"id" | b"guid" => Name::Id,
        b"pubdate" | b"published" => Name::Published,
        b"issued" => return Some((Name::Published, OWN - 1)),
        b"created" => return Some((Name::Published, OTHER)),
        b"updated" | b"lastbuilddate" => Name::Updated,
        b"modified" => return Some((Name::Updated, OWN - 1)),
        b"author" | b"managingeditor" => Name::Author,
        b"webmaster" => return Some((Name::Author, OTHER)),
        b"contributor" => Name::Contributor,
        b"name" => Name::Person,
        b"email" => Name::Email,
        b"uri" | b"url" | b"homepage" => Name::Url,
        b"category" => Name::Category,
        b"copyright" | b"rights" => Name::Rights,
        b"language" => Name::Language,
        b"generator" => Name::Generator,
        b"icon" => Name::Icon,
        b"logo" => Name::Logo,
        b"image" => Name::Image,
        b"ttl" => Name::Ttl,
        b"skiphours" | b"skipdays" => Name::SkipTimes,
        b"hour" => Name::SkipHour,
        b"day" => Name::SkipDay,
        b"comments" => Name::Comments,
        b"enclosure" => Name::Enclosure,
        b"source" => Name::Source,
        _ => return None,
    };
    Some((name, OWN))
}

fn dublin_core(local: &[u8]) -> Option<(Name, Rank)> {
    let name = match local {
        b"title" => Name::Title,
        b"creator" | b"author" => Name::Author,
        b"contributor" => Name::Contributor,
        b"publisher" => return Some((Name::Author, OTHER)),
        b"subject" => Name::Category,
        b"date" | b"issued" => Name::Published,
        b"created" => return Some((Name::Published, OTHER)),
        b"modified" => Name::Updated,
        b"description" | b"abstract" => Name::Summary,
        b"rights" => Name::Rights,
        b"language" => Name::Language,
        b"identifier" => Name::Id,
        _ => return None,
    };
    Some((name, DUBLIN_CORE))
}

fn media(local: &[u8]) -> Option<(Name, Rank)> {
    let name = match local {
        b"group" => Name::MediaGroup,
        b"content" => Name::MediaContent,
        b"thumbnail" => Name::MediaThumbnail,
        b"title" => Name::Title,
        b"description" => Name::Summary,
        b"keywords" => Name::Keywords,
        b"category" => Name::Category,
        b"credit" => Name::Author,
        b"copyright" => Name::Rights,
        _ => return None,
    };
    Some((name, 1))
}

fn itunes(local: &[u8]) -> Option<(Name, Rank)> {
    let name = match local {
        b"title" => Name::Title,
        b"subtitle" => return Some((Name::Subtitle, 1)),
        b"summary" => Name::Summary,
        b"author" => Name::Author,
        b"owner" => Name::ItunesOwner,
        b"name" => Name::Person,
        b"email" => Name::Email,
        b"image" | b"link" => Name::ItunesImage,
        b"category" => Name::ItunesCategory,
        b"keywords" => Name::Keywords,
        _ => return None,
    };
    Some((name, 2))
}

fn geo(local: &[u8]) -> Option<(Name, Rank)> {
    let name = match local {
        b"where" => Name::GeoWhere,
        b"point" => Name::GeoPoint,
        b"line" => Name::GeoLine,
        b"polygon" => Name::GeoPolygon,
        b"box" => Name::GeoBox,
        b"lat" => Name::Latitude,
        b"long" | b"lon" => Name::Longitude,
        _ => return None,
    };
    Some((name, OWN))
}

fn gml(local: &[u8]) -> Option<(Name, Rank)> {
    let name = match local {
        b"point" | b"linestring" => Name::GeoWhere,
        b"polygon" | b"exterior" | b"linearring" => Name::GeoRing,
        b"pos" => Name::GeoPoint,
        b"poslist" => Name::GeoLine,
        _ => return None,
    };
    Some((name, OWN))
}

fn legal(local: &[u8]) -> Option<(Name, Rank)> {
    let name = match local {
        b"kind" => Name::LegalKind,
        b"field" => Name::LegalField,
        b"audience" => Name::LegalAudience,
        b"situation" => Name::LegalSituation,
        b"basis" => Name::LegalBasis,
        b"document" => Name::LegalDocument,
        b"event" => Name::LegalEvent,
        b"origin" => Name::LegalOrigin,
        b"hop" => Name::LegalHop,
        b"question" => Name::LegalQuestion,
        _ => return None,
    };
    Some((name, OWN))
}
