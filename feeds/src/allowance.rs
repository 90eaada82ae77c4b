//! How much more than its document a model may weigh: what keeps a small document from filling
//! the memory of whoever reads it.

/// What every document may add, in bytes: far beyond any feed that people write.
const FREE: usize = 4 * 1024 * 1024;

/// Bytes that the model may weigh beyond the text that is in the document.
///
/// The document's own text is not counted. Counted are the parts that stand around it (an entry
/// takes hundreds of bytes however little it says) and whatever making references absolute adds.
#[derive(Debug, Clone)]
pub(crate) struct Allowance {
    left: usize,
    is_exceeded: bool,
}

impl Allowance {
    /// The allowance of a document with so many bytes of text.
    pub(crate) fn of(text_length: usize) -> Self {
        Self::bytes(FREE + 2 * text_length)
    }

    pub(crate) fn bytes(left: usize) -> Self {
        Self {
            left,
            is_exceeded: false,
        }
    }

    /// Takes so many bytes; `false` where there are not so many left, and the part is left out.
    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        let left = self.left.checked_sub(bytes);
        self.is_exceeded |= left.is_none();
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }

    /// Takes what one more value of a list weighs.
    pub(crate) fn take_one<T>(&mut self) -> bool {
        self.take(size_of::<T>())
    }

    /// How many bytes may still be taken.
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// Says that a part was left out for want of room elsewhere.
    pub(crate) fn exceed(&mut self) {
        self.is_exceeded = true;
    }

    pub(crate) fn is_exceeded(&self) -> bool {
        self.is_exceeded
    }
}
