//! A sparse linear classifier: what the trained model is at run time.
//!
//! Each feature is a 32-bit hash; it holds a short list of (class, weight) cells with weights of one byte. The score
//! of a class is the sum of its weights over the features that are on.

/// The weights of one classifier.
#[derive(Debug, Clone, Default)]
pub struct Weights {
    /// Features sorted by hash, each with where its cells start; a last one closes the list.
    features: Vec<(u32, u32)>,
    /// Where the features start whose highest bits are the index.
    buckets: Vec<u32>,
    shift: u32,
    /// Class and weight of every cell.
    cells: Vec<(u8, i8)>,
}

impl Weights {
    /// The classifier with these features, sorted by hash and each with its cells.
    pub fn new(sorted: impl Iterator<Item = (u32, Vec<(u8, i8)>)>) -> Weights {
        let mut weights = Weights::default();
        for (hash, cells) in sorted {
            weights.features.push((hash, weights.cells.len() as u32));
            weights.cells.extend(cells);
        }
        weights.index();
        weights
    }

    fn index(&mut self) {
        let bits = (self.features.len().max(2) as u32).ilog2() + 1;
        self.shift = 32 - bits;
        self.buckets = vec![0; (1 << bits) + 1];
        for (hash, _) in &self.features {
            self.buckets[(hash >> self.shift) as usize + 1] += 1;
        }
        for i in 1..self.buckets.len() {
            self.buckets[i] += self.buckets[i - 1];
        }
        self.features.push((u32::MAX, self.cells.len() as u32));
    }

    /// Adds the feature's weights to the scores of their classes.
    #[inline]
    pub fn add(&self, feature: u32, scores: &mut [i32; 256]) {
        let bucket = (feature >> self.shift) as usize;
        let (first, last) = (self.buckets[bucket] as usize, self.buckets[bucket + 1] as usize);
        for at in first..last {
            let (hash, start) = self.features[at];
            if hash == feature {
                let end = self.features[at + 1].1;
                for &(class, weight) in &self.cells[start as usize..end as usize] {
                    scores[class as usize] += i32::from(weight);
                }
                return;
            }
        }
    }

    /// How many features and cells there are.
    pub fn size(&self) -> (usize, usize) {
        (self.features.len().saturating_sub(1), self.cells.len())
    }

    /// Appends the classifier to a model file: counts, then hashes as differences, cell counts, classes, weights.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let (features, cells) = self.size();
        out.extend((features as u32).to_le_bytes());
        out.extend((cells as u32).to_le_bytes());
        let mut before = 0;
        for (hash, _) in &self.features[..features] {
            let mut difference = hash - before;
            before = *hash;
            while difference >= 0x80 {
                out.push(difference as u8 | 0x80);
                difference >>= 7;
            }
            out.push(difference as u8);
        }
        out.extend(self.features.windows(2).map(|pair| (pair[1].1 - pair[0].1) as u8));
        out.extend(self.cells.iter().map(|&(class, _)| class));
        out.extend(self.cells.iter().map(|&(_, weight)| weight as u8));
    }

    /// Reads a classifier off the start of `bytes`; none if they end too early.
    pub fn decode(bytes: &mut &[u8]) -> Option<Weights> {
        let features = take_u32(bytes)? as usize;
        let cells = take_u32(bytes)? as usize;
        if bytes.len() < features * 2 + cells * 2 {
            return None;
        }
        let mut weights = Weights {
            features: Vec::with_capacity(features + 1),
            cells: Vec::with_capacity(cells),
            ..Weights::default()
        };
        let mut hash = 0u32;
        for _ in 0..features {
            let mut difference = 0u32;
            let mut bits = 0;
            loop {
                let byte = *bytes.split_off_first()?;
                difference |= u32::from(byte & 0x7f).checked_shl(bits)?;
                bits += 7;
                if byte < 0x80 {
                    break;
                }
            }
            hash = hash.checked_add(difference)?;
            weights.features.push((hash, 0));
        }
        let mut start = 0;
        for (feature, &count) in weights.features.iter_mut().zip(bytes.split_off(..features)?) {
            feature.1 = start;
            start += u32::from(count);
        }
        let classes = bytes.split_off(..cells)?;
        let values = bytes.split_off(..cells)?;
        weights.cells.extend(classes.iter().zip(values).map(|(&class, &value)| (class, value as i8)));
        if start as usize != cells {
            return None;
        }
        weights.index();
        Some(weights)
    }
}

/// Takes a number of four bytes off the start.
pub(super) fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.split_off(..4)?.try_into().ok()?))
}

/// The hash of a feature: its template's number and its values.
#[inline]
pub fn feature(template: u32, values: [u32; 3]) -> u32 {
    let mut hash = u64::from(template).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for value in values {
        hash = (hash.rotate_left(23) ^ u64::from(value)).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
    (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9).wrapping_shr(32) as u32
}

/// The hash of a string's bytes.
#[inline]
pub fn hash_bytes(bytes: impl Iterator<Item = u8>) -> u32 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for byte in bytes {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    (hash ^ (hash >> 32)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_classifier_survives_its_file() {
        let weights =
            Weights::new([(7, vec![(0, 3), (2, -4)]), (1 << 20, vec![(1, 1)]), (u32::MAX, vec![(2, 5)])].into_iter());
        let mut file = Vec::new();
        weights.encode(&mut file);
        let read = Weights::decode(&mut file.as_slice()).expect("a whole file");
        let mut scores = [0; 256];
        for feature in [7, 8, 1 << 20, u32::MAX] {
            read.add(feature, &mut scores);
        }
        assert_eq!(scores[..3], [3, 1, 1]);
        assert!((0..file.len()).all(|cut| Weights::decode(&mut &file[..cut]).is_none()));
    }
}
