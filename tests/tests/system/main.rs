//! What the whole system promises, on its real programs.

mod way;
