//! What encodings cost and save.

use std::io::Write as _;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;

const TIMES: u32 = 20;
const GZIP: [u32; 3] = [1, 6, 9];
const BROTLI: [i32; 7] = [2, 3, 4, 5, 6, 9, 11];

/// Shows bytes and milliseconds of each, for one body.
pub(crate) fn show(name: &str, body: &[u8]) -> anyhow::Result<()> {
    println!("{name}: {} bytes", body.len());
    for level in GZIP {
        measure(&format!("gzip {level}"), || {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
            encoder.write_all(body)?;
            Ok(encoder.finish()?)
        })?;
    }
    for quality in BROTLI {
        let parameters = brotli::enc::BrotliEncoderParams {
            quality,
            size_hint: body.len(),
            ..Default::default()
        };
        measure(&format!("brotli {quality}"), || {
            let mut compressed = Vec::new();
            brotli::BrotliCompress(&mut &body[..], &mut compressed, &parameters)?;
            Ok(compressed)
        })?;
    }
    Ok(())
}

fn measure(name: &str, compress: impl Fn() -> anyhow::Result<Vec<u8>>) -> anyhow::Result<()> {
    let bytes = compress()?.len();
    let begun = Instant::now();
    for _ in 0..TIMES {
        std::hint::black_box(compress()?);
    }
    let time = begun.elapsed() / TIMES;
    println!(
        "  {name:<10} {bytes:>8} bytes   {:>8.2} ms",
        time.as_secs_f64() * 1e3
    );
    Ok(())
}
