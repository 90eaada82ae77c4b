#![expect(clippy::print_stdout, reason = "a bench shows its figures")]
fn main() { println!("to be written"); }
