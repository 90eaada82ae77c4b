//! Ports on loopback that nobody else takes.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range from which systems take ports for outgoing connections, so that a port that is
/// free now is free when a server binds it.
const RANGE: Range<u16> = 11_000..19_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port that is free and is given out once.
pub fn free_port() -> u16 {
    free_row(1)
}

/// The first of `count` free ports in a row.
pub fn free_row(count: u16) -> u16 {
    let size = RANGE.end - RANGE.start;
    // Test runs beside each other start at different places.
    let start = u16::try_from(std::process::id() % u32::from(size)).unwrap_or(0);
    for _ in 0..size {
        let taken = NEXT.fetch_add(count, Ordering::Relaxed);
        let first = RANGE.start + start.wrapping_add(taken) % size;
        if (first..first + count).all(is_free) {
            return first;
        }
    }
    panic!("no {count} free ports in a row between {RANGE:?}");
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
