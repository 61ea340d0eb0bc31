//! A small transformer encoder (Devlin et al. 2019, at the size of MiniLM: Wang et al. 2020) that turns word pieces into
//! vectors which know their context. Its weights are bytes: matrices are multiplied in integers, row by row of the input
//! scaled to its own range, so that one core reads some thousand words a second.

use super::pieces::Pieces;
use rten_gemm::{BiasVector, GemmExecutor, GemmInputA, GemmInputB, GemmOptions, PackedBMatrix};
use rten_simd::{SimdOp, SimdUnaryOp};
use rten_tensor::{Matrix, NdTensorView};
use rten_vecmath::{ApproxGelu, ExtendInit, MinMax, Normalize, NormalizeOptions, Quantize, Softmax, Sum, SumSquareSub};
use safetensors::{Dtype, SafeTensors};
use std::cell::RefCell;

/// The numbers of a vector.
pub const WIDTH: usize = 384;

const HEADS: usize = 12;
const HEAD: usize = WIDTH / HEADS;

/// The most pieces that can be read at once.
pub const LONGEST: usize = 512;

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
    products: Vec<i32>,
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

    /// The vectors of pieces, one after the other. `quoted` tells of each whether it stands inside quotation marks. At most
    /// [`LONGEST`] pieces are read.
    pub fn encode(&self, kernels: &Kernels, pieces: &[u32], quoted: &[bool]) -> Vec<f32> {
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
        let [mut inner, mut outer] = [Vec::new(), Vec::new()];
        for layer in &self.layers {
            layer.apply(kernels, &mut vectors, &mut inner, &mut outer);
        }
        vectors
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

    /// `inner` and `outer` are memory to work in.
    fn apply(&self, kernels: &Kernels, vectors: &mut [f32], inner: &mut Vec<f32>, outer: &mut Vec<f32>) {
        self.attend.apply(kernels, vectors, inner);
        let attended = attention(kernels, inner);
        self.attended.apply(kernels, &attended, outer);
        add(vectors, outer);
        self.norm.apply(vectors);
        self.up.apply(kernels, vectors, inner);
        gelu(inner);
        self.down.apply(kernels, inner, outer);
        add(vectors, outer);
        self.last.apply(vectors);
    }
}

fn add(to: &mut [f32], from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}

/// Each vector's mean of all values, weighted by how its queries fit their keys, head by head.
fn attention(kernels: &Kernels, attend: &[f32]) -> Vec<f32> {
    const ROW: usize = 3 * WIDTH;
    let rows = attend.len() / ROW;
    let mut attended = vec![0.0; rows * WIDTH];
    let mut fits = vec![0.0; rows * rows];
    let mut means = vec![0.0; rows * HEAD];
    let part = |from: usize| -> Matrix<f32> {
        NdTensorView::from_data_with_strides([rows, HEAD], &attend[from..attend.len() - ROW + from + HEAD], [ROW, 1])
            .expect("the strides stay within the rows")
    };
    for head in 0..HEADS {
        let [queries, keys, values] = [0, 1, 2].map(|which| part(which * WIDTH + head * HEAD));
        let scaled = GemmOptions { alpha: (HEAD as f32).sqrt().recip(), ..GemmOptions::default() };
        let floats = &kernels.floats;
        floats
            .gemm(&mut fits, GemmInputA::Unpacked(queries), GemmInputB::Unpacked(keys.transposed()), scaled)
            .expect("the shapes fit");
        for row in fits.chunks_exact_mut(rows) {
            Softmax::new_mut(row).dispatch();
        }
        let fits = NdTensorView::from_data([rows, rows], fits.as_slice());
        floats
            .gemm(&mut means, GemmInputA::Unpacked(fits), GemmInputB::Unpacked(values), GemmOptions::default())
            .expect("the shapes fit");
        for (to, from) in attended.chunks_exact_mut(WIDTH).zip(means.chunks_exact(HEAD)) {
            to[head * HEAD..][..HEAD].copy_from_slice(from);
        }
    }
    attended
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
        let rows = inputs.len() / self.inputs;
        let outputs = self.scales.len();
        let Room { bytes, products } = &mut *kernels.room.borrow_mut();
        bytes.clear();
        bytes.reserve(rows * self.inputs);
        let mut ranges = Vec::with_capacity(rows);
        let mut shifted = vec![0.0; self.inputs];
        for row in inputs.chunks_exact(self.inputs) {
            let (least, most) = MinMax::new(row).dispatch();
            let scale = ((most - least) / 255.0).max(f32::MIN_POSITIVE);
            for (shifted, number) in shifted.iter_mut().zip(row) {
                *shifted = number - least;
            }
            bytes.extend_init(|room| Quantize::new(&shifted, &mut room[..row.len()], scale.recip(), 0).dispatch());
            ranges.push((scale, least));
        }
        products.clear();
        products.resize(rows * outputs, 0);
        let view = NdTensorView::from_data([rows, self.inputs], bytes.as_slice());
        kernels
            .bytes
            .gemm(products, GemmInputA::Unpacked(view), GemmInputB::Packed(&self.packed), GemmOptions::default())
            .expect("the shapes fit");
        out.clear();
        out.resize(rows * outputs, 0.0);
        let rows = out.chunks_exact_mut(outputs).zip(products.chunks_exact(outputs)).zip(ranges);
        for ((out, products), (scale, least)) in rows {
            let columns = products.iter().zip(&self.scales).zip(self.sums.iter().zip(&self.bias));
            for (out, ((&product, weight), (sum, bias))) in out.iter_mut().zip(columns) {
                *out = product as f32 * (scale * weight) + (least * sum + bias);
            }
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
