//! A small transformer encoder (Devlin et al. 2019, at the size of MiniLM: Wang et al. 2020) that turns word pieces into
//! vectors which know their context. Its weights are bytes: matrices are multiplied in integers, row by row of the input
//! scaled to its own range, so that one core reads some thousand words a second.

use super::pieces::Pieces;
use rten_gemm::{BiasVector, GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_simd::{Isa, SimdOp, SimdUnaryOp};
use rten_tensor::{Matrix, NdTensorView};
use rten_vecmath::{ApproxGelu, MinMax, Normalize, NormalizeOptions, Softmax, Sum, SumSquareSub};
use safetensors::{Dtype, SafeTensors};
use std::cell::RefCell;

/// The numbers of a vector.
pub const WIDTH: usize = 384;

const HEADS: usize = 12;
const HEAD: usize = WIDTH / HEADS;

/// The most pieces that can be read at once.
pub const LONGEST: usize = 512;

/// How many rows go through the maps of a layer at once: few enough that they stay in the processor's caches, and a
/// multiple of the six that the kernels multiply at once.
const BLOCK: usize = 66;

/// What stands before a text, and between its paragraphs.
const BEFORE: &str = "[CLS]";
const BETWEEN: &str = "[SEP]";

/// The encoder, over a model file that outlives it.
#[derive(Debug)]
pub struct Encoder<'m> {
    /// The pieces that it knows.
    pub pieces: Pieces,
    /// What stands before a text.
    pub before: u32,
    /// What stands between paragraphs and behind a text.
    pub between: u32,
    words: Embedding<'m>,
    positions: Vec<f32>,
    kinds: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
}

/// A table of vectors in bytes, each with its scale.
#[derive(Debug)]
struct Embedding<'m> {
    bytes: &'m [u8],
    scales: Vec<f32>,
}

#[derive(Debug)]
struct Layer {
    /// Queries, keys and values at once.
    attend: Dense,
    attended: Dense,
    norm: Norm,
    up: Dense,
    down: Dense,
    last: Norm,
}

/// A linear map with weights in bytes, those of an output sharing a scale.
pub struct Dense {
    packed: PackedBMatrix<i8>,
    inputs: usize,
    scales: Vec<f32>,
    /// For each output its weights' sum, scaled: what an input of ones gives.
    sums: Vec<f32>,
    bias: Vec<f32>,
}

#[derive(Debug)]
struct Norm {
    scale: Vec<f32>,
    bias: Vec<f32>,
}

/// The matrix kernels that fit the processor. Cheap to make, and not to be shared between threads.
pub struct Kernels {
    bytes: GemmExecutor<u8, i8, i32>,
    floats: GemmExecutor<f32, f32, f32>,
    room: RefCell<Room>,
}

/// Memory that one matrix after the other uses.
#[derive(Default)]
struct Room {
    bytes: Vec<u8>,
    ranges: Vec<Range>,
    products: Vec<i32>,
}

/// How a row of numbers became bytes: each is its byte times `scale`, and `least`.
#[derive(Clone, Copy)]
struct Range {
    scale: f32,
    least: f32,
}

/// Plain loops, compiled for the widest vectors that the processor has.
struct Wide<F>(F);

impl<R, F: FnOnce() -> R> SimdOp for Wide<F> {
    type Output = R;

    #[inline(always)]
    fn eval<I: Isa>(self, _: I) -> R {
        (self.0)()
    }
}

impl Default for Kernels {
    fn default() -> Self {
        Kernels { bytes: GemmExecutor::new(), floats: GemmExecutor::new(), room: RefCell::default() }
    }
}

impl std::fmt::Debug for Dense {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dense({} to {})", self.inputs, self.scales.len())
    }
}

impl<'m> Encoder<'m> {
    /// The encoder of a model file; none if the file is not whole.
    pub fn load(file: &SafeTensors<'m>, vocabulary: &str) -> Option<Encoder<'m>> {
        let pieces = Pieces::new(vocabulary.lines())?;
        let layers = (0..).map_while(|number| Layer::load(file, &format!("layers.{number}"))).collect::<Vec<_>>();
        let words = Embedding { bytes: file.tensor("word.weight").ok()?.data(), scales: floats(file, "word.scale")? };
        let encoder = Encoder {
            before: pieces.number(BEFORE)?,
            between: pieces.number(BETWEEN)?,
            pieces,
            words,
            positions: floats(file, "pos.weight")?,
            kinds: floats(file, "kind.weight")?,
            norm: Norm::load(file, "ln")?,
            layers,
        };
        let whole = encoder.words.bytes.len() == encoder.words.scales.len() * WIDTH
            && encoder.words.scales.len() == vocabulary.lines().count()
            && encoder.positions.len() == LONGEST * WIDTH
            && encoder.kinds.len() == 2 * WIDTH;
        whole.then_some(encoder)
    }

    /// The vectors of those pieces that are `wanted`, by their places, one after the other. `quoted` tells of each piece
    /// whether it stands inside quotation marks. At most [`LONGEST`] pieces are read; the last stands for those behind it.
    pub fn encode(&self, kernels: &Kernels, pieces: &[u32], quoted: &[bool], wanted: &[usize]) -> Vec<f32> {
        let pieces = &pieces[..pieces.len().min(LONGEST)];
        let mut vectors = vec![0.0; pieces.len() * WIDTH];
        for (at, (vector, piece)) in vectors.chunks_exact_mut(WIDTH).zip(pieces).enumerate() {
            let kind = WIDTH * usize::from(quoted.get(at) == Some(&true));
            let (bytes, scale) = self.words.row(*piece);
            let rest = self.positions[at * WIDTH..].iter().zip(&self.kinds[kind..]);
            for ((number, byte), (position, kind)) in vector.iter_mut().zip(bytes).zip(rest) {
                *number = f32::from(*byte as i8) * scale + position + kind;
            }
        }
        self.norm.apply(&mut vectors);
        let mut attend = Vec::new();
        if wanted.is_empty() || pieces.is_empty() {
            return Vec::new();
        }
        let (before, last) = self.layers.split_at(self.layers.len().saturating_sub(1));
        for layer in before {
            layer.attend.apply(kernels, &vectors, &mut attend);
            let attended = attention(kernels, &attend[..attend.len() + WIDTH - 3 * WIDTH], 3 * WIDTH, &attend);
            layer.apply(kernels, &attended, &mut vectors);
        }
        let chosen = |from: &[f32], row: usize| -> Vec<f32> {
            let rows = from.len() / row;
            wanted.iter().flat_map(|&at| &from[at.min(rows - 1) * row..][..WIDTH]).copied().collect()
        };
        // Of the last layer nobody reads what is not wanted.
        let mut wanted = chosen(&vectors, WIDTH);
        for layer in last {
            layer.attend.apply(kernels, &vectors, &mut attend);
            let attended = attention(kernels, &chosen(&attend, 3 * WIDTH), WIDTH, &attend);
            layer.apply(kernels, &attended, &mut wanted);
        }
        wanted
    }
}

impl<'m> Embedding<'m> {
    fn row(&self, number: u32) -> (&'m [u8], f32) {
        let at = (number as usize).min(self.scales.len() - 1);
        (&self.bytes[at * WIDTH..][..WIDTH], self.scales[at])
    }
}

impl Layer {
    fn load(file: &SafeTensors, name: &str) -> Option<Layer> {
        Some(Layer {
            attend: Dense::load(file, &format!("{name}.qkv"))?,
            attended: Dense::load(file, &format!("{name}.o"))?,
            norm: Norm::load(file, &format!("{name}.ln1"))?,
            up: Dense::load(file, &format!("{name}.up"))?,
            down: Dense::load(file, &format!("{name}.down"))?,
            last: Norm::load(file, &format!("{name}.ln2"))?,
        })
    }

    /// What comes behind the layer's attention.
    fn apply(&self, kernels: &Kernels, attended: &[f32], vectors: &mut [f32]) {
        let [mut inner, mut outer] = [Vec::new(), Vec::new()];
        for (vectors, attended) in vectors.chunks_mut(BLOCK * WIDTH).zip(attended.chunks(BLOCK * WIDTH)) {
            self.attended.apply(kernels, attended, &mut outer);
            add(vectors, &outer);
            self.norm.apply(vectors);
            self.up.apply(kernels, vectors, &mut inner);
            gelu(&mut inner);
            self.down.apply(kernels, &inner, &mut outer);
            add(vectors, &outer);
            self.last.apply(vectors);
        }
    }
}

fn add(to: &mut [f32], from: &[f32]) {
    Wide(
        #[inline(always)]
        || {
            for (to, from) in to.iter_mut().zip(from) {
                *to += from;
            }
        },
    )
    .dispatch();
}

/// One head's numbers of each row, from a place in it on.
fn part(of: &[f32], rows: usize, row: usize, from: usize) -> Matrix<'_, f32> {
    NdTensorView::from_data_with_strides([rows, HEAD], &of[from..(rows - 1) * row + from + HEAD], [row, 1])
        .expect("the strides stay within the rows")
}

/// For each of the queries, which stand at the start of every `row`, the mean of all values, weighted by how well it fits
/// their keys, head by head.
fn attention(kernels: &Kernels, queries: &[f32], row: usize, attend: &[f32]) -> Vec<f32> {
    const ROW: usize = 3 * WIDTH;
    let (asked, rows) = (queries.len().div_ceil(row), attend.len() / ROW);
    let mut attended = vec![0.0; asked * WIDTH];
    let mut fits = vec![0.0; asked * rows];
    let mut means = vec![0.0; asked * HEAD];
    for head in 0..HEADS {
        let at = head * HEAD;
        let queries = part(queries, asked, row, at);
        let [keys, values] = [1, 2].map(|which| part(attend, rows, ROW, which * WIDTH + at));
        let scaled = GemmOptions { alpha: (HEAD as f32).sqrt().recip(), ..GemmOptions::default() };
        let floats = &kernels.floats;
        floats
            .gemm(&mut fits, GemmInputA::Unpacked(queries), GemmInputB::Unpacked(keys.transposed()), scaled)
            .expect("the shapes fit");
        for row in fits.chunks_exact_mut(rows) {
            Softmax::new_mut(row).dispatch();
        }
        let fits = NdTensorView::from_data([asked, rows], fits.as_slice());
        floats
            .gemm(&mut means, GemmInputA::Unpacked(fits), GemmInputB::Unpacked(values), GemmOptions::default())
            .expect("the shapes fit");
        for (to, from) in attended.chunks_exact_mut(WIDTH).zip(means.chunks_exact(HEAD)) {
            to[at..][..HEAD].copy_from_slice(from);
        }
    }
    attended
}

/// Rows of numbers as bytes, each row within its own range.
struct Quantized<'a> {
    inputs: &'a [f32],
    width: usize,
    bytes: &'a mut Vec<u8>,
    ranges: &'a mut Vec<Range>,
}

impl SimdOp for Quantized<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        /// Added to a small number, it leaves the nearest integer in the lowest bits.
        const ROUND: f32 = 12_582_912.0;
        let Quantized { inputs, width, bytes, ranges } = self;
        bytes.resize(inputs.len(), 0);
        ranges.clear();
        for (row, bytes) in inputs.chunks_exact(width).zip(bytes.chunks_exact_mut(width)) {
            let (least, most) = MinMax::new(row).eval(isa);
            let scale = ((most - least) / 255.0).max(f32::MIN_POSITIVE);
            let steps = scale.recip();
            for (byte, number) in bytes.iter_mut().zip(row) {
                *byte = ((number - least) * steps + ROUND).to_bits() as u8;
            }
            ranges.push(Range { scale, least });
        }
    }
}

impl Dense {
    /// The map of this name in a model file.
    pub fn load(file: &SafeTensors, name: &str) -> Option<Dense> {
        let weights = file.tensor(&format!("{name}.weight")).ok().filter(|tensor| tensor.dtype() == Dtype::I8)?;
        let &[outputs, inputs] = weights.shape() else { return None };
        let bytes: Vec<i8> = weights.data().iter().map(|&byte| byte as i8).collect();
        let scales = floats(file, &format!("{name}.scale"))?;
        let bias = floats(file, &format!("{name}.bias")).unwrap_or_else(|| vec![0.0; outputs]);
        if scales.len() != outputs || bias.len() != outputs || outputs == 0 || inputs == 0 {
            return None;
        }
        let row = |row: &[i8]| row.iter().map(|&weight| f32::from(weight)).sum::<f32>();
        let sums = bytes.chunks_exact(inputs).zip(&scales).map(|(weights, scale)| row(weights) * scale).collect();
        let view = NdTensorView::from_data([outputs, inputs], bytes.as_slice());
        let packed = GemmExecutor::<u8, i8, i32>::new().prepack_b(view.transposed());
        Some(Dense { packed, inputs, scales, sums, bias })
    }

    /// Writes the outputs of rows of inputs to `out`.
    pub fn apply(&self, kernels: &Kernels, inputs: &[f32], out: &mut Vec<f32>) {
        let outputs = self.scales.len();
        let Room { bytes, ranges, products } = &mut *kernels.room.borrow_mut();
        // Every number is written below.
        out.resize(inputs.len() / self.inputs * outputs, 0.0);
        for (inputs, out) in inputs.chunks(BLOCK * self.inputs).zip(out.chunks_mut(BLOCK * outputs)) {
            let rows = inputs.len() / self.inputs;
            Quantized { inputs, width: self.inputs, bytes, ranges }.dispatch();
            products.resize(rows * outputs, 0);
            let view = NdTensorView::from_data([rows, self.inputs], bytes.as_slice());
            kernels
                .bytes
                .gemm(products, GemmInputA::Unpacked(view), GemmInputB::Packed(&self.packed), GemmOptions::default())
                .expect("the shapes fit");
            let rows = out.chunks_exact_mut(outputs).zip(products.chunks_exact(outputs)).zip(ranges.iter());
            Wide(
                #[inline(always)]
                || {
                    for ((out, products), &Range { scale, least }) in rows {
                        let columns = products.iter().zip(&self.scales).zip(self.sums.iter().zip(&self.bias));
                        for (out, ((&product, weight), (sum, bias))) in out.iter_mut().zip(columns) {
                            *out = product as f32 * (scale * weight) + (least * sum + bias);
                        }
                    }
                },
            )
            .dispatch();
        }
    }
}

impl Norm {
    fn load(file: &SafeTensors, name: &str) -> Option<Norm> {
        let norm =
            Norm { scale: floats(file, &format!("{name}.weight"))?, bias: floats(file, &format!("{name}.bias"))? };
        (norm.scale.len() == WIDTH && norm.bias.len() == WIDTH).then_some(norm)
    }

    /// Brings each vector to mean 0 and variance 1, then to the learned ones.
    fn apply(&self, vectors: &mut [f32]) {
        for vector in vectors.chunks_exact_mut(WIDTH) {
            let mean = Sum::new(vector).dispatch() / WIDTH as f32;
            let variance = SumSquareSub::new(vector, mean).dispatch() / WIDTH as f32;
            let options = NormalizeOptions {
                pre_scale_bias: mean,
                scale: (variance + 1e-12).sqrt().recip(),
                element_scale: Some(&self.scale),
                element_bias: Some(&self.bias),
                ..NormalizeOptions::default()
            };
            Normalize::new_mut(vector, options).dispatch();
        }
    }
}

/// The numbers of a tensor of 32-bit floats.
pub fn floats(file: &SafeTensors, name: &str) -> Option<Vec<f32>> {
    let tensor = file.tensor(name).ok().filter(|tensor| tensor.dtype() == Dtype::F32)?;
    Some(tensor.data().chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect())
}

/// A small linear map in 32-bit floats.
#[derive(Debug)]
pub struct Linear {
    /// Row by row, one for each output.
    weights: Vec<f32>,
    inputs: usize,
    bias: Vec<f32>,
}

impl Linear {
    /// The map of this name in a model file, of so many inputs; any number of them for 0.
    pub fn load(file: &SafeTensors, name: &str, inputs: usize) -> Option<Linear> {
        let name_of = |part: &str| format!("{name}.{part}");
        let weights = floats(file, &name_of("weight"))?;
        let &[outputs, found] = file.tensor(&name_of("weight")).ok()?.shape() else { return None };
        let bias = floats(file, &name_of("bias")).unwrap_or_else(|| vec![0.0; outputs]);
        let fits = (inputs == 0 || inputs == found) && found > 0 && outputs > 0 && bias.len() == outputs;
        fits.then_some(Linear { weights, inputs: found, bias })
    }

    /// The numbers of an input.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The numbers of an output.
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// The outputs of rows of inputs.
    pub fn apply(&self, kernels: &Kernels, inputs: &[f32]) -> Vec<f32> {
        let rows = inputs.len() / self.inputs;
        let mut out = vec![0.0; rows * self.outputs()];
        let view = NdTensorView::from_data([rows, self.inputs], inputs);
        let weights = NdTensorView::from_data([self.outputs(), self.inputs], self.weights.as_slice());
        let options = GemmOptions { bias: Some(BiasVector::Row(&self.bias)), ..GemmOptions::default() };
        kernels
            .floats
            .gemm(&mut out, GemmInputA::Unpacked(view), GemmInputB::Unpacked(weights.transposed()), options)
            .expect("the shapes fit");
        out
    }
}

/// Applies the activation (GELU) to every number.
pub fn gelu(numbers: &mut [f32]) {
    ApproxGelu {}.map_mut(numbers);
}
