//! Python's pickle as data: what it builds is recorded, nothing is executed.
//!
//! A pickle is a program for a stack machine. This machine knows the
//! instructions that build plain values; a class or function is only a name,
//! and *calling* one either yields a tensor's description (a handful of PyTorch
//! rebuilders known by name) or an [`Object`](Value::Object) that remembers the
//! name and the state it was given. So a checkpoint that carries
//! `os.system("…")` is read like any other, and its caller is told.
//!
//! Everything lies in flat lists, so that no nesting, however deep, can
//! overflow the stack; work and memory are bounded by the pickle's length.
//!
//! Format: Python 3.12, `Lib/pickletools.py` (opcodes of protocols 0–5).

use std::collections::HashMap;

use crate::{Error, Result};

/// Most instructions; a checkpoint of 1000 tensors has about 50,000.
const MAX_STEPS: usize = 20_000_000;
/// Longest line (a class's name, a number in text), in bytes.
const MAX_LINE: usize = 1024;

/// A value; lists and the like are numbers into [`Heap`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// `None`, and integers of more than 64 bits.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Str(&'a str),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A tuple, list or set: [`Heap::sequences`].
    Sequence(usize),
    /// A dictionary: [`Heap::dicts`].
    Dict(usize),
    /// The name of a class or function, never the thing itself.
    Class(&'a str, &'a str),
    /// What an unknown class would have made: [`Heap::objects`].
    Object(usize),
    /// What a persistent id stands for: its tuple, in [`Heap::sequences`].
    Persistent(usize),
    /// A tensor: [`Heap::tensors`].
    Tensor(usize),
}

/// A tensor as a view of a storage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// The storage's persistent id, in [`Heap::sequences`].
    pub storage: usize,
    /// First element.
    pub offset: i64,
    /// Sequence with the length of each axis.
    pub shape: usize,
    /// Sequence with the step of each axis, in elements.
    pub strides: usize,
}

/// Everything that values refer to.
#[derive(Debug, Default)]
pub struct Heap<'a> {
    /// Tuples, lists and sets.
    pub sequences: Vec<Vec<Value<'a>>>,
    /// Dictionaries in the order of insertion.
    pub dicts: Vec<Vec<(Value<'a>, Value<'a>)>>,
    /// States given to objects of unknown classes.
    pub objects: Vec<Option<Value<'a>>>,
    /// Tensors.
    pub tensors: Vec<View>,
    /// Names of classes and functions that were passed over.
    pub ignored: Vec<String>,
}

fn wrong(reason: impl Into<String>) -> Error {
    Error::malformed("pickle", reason)
}

impl<'a> Heap<'a> {
    fn sequence(&mut self, items: Vec<Value<'a>>) -> usize {
        self.sequences.push(items);
        self.sequences.len() - 1
    }

    fn dict(&mut self) -> Value<'a> {
        self.dicts.push(Vec::new());
        Value::Dict(self.dicts.len() - 1)
    }

    /// The items of a tuple or list; none for anything else.
    pub fn items(&self, value: Value<'a>) -> &[Value<'a>] {
        match value {
            Value::Sequence(at) => self.sequences.get(at).map_or(&[], Vec::as_slice),
            _ => &[],
        }
    }

    /// The non-negative whole numbers of sequence `at`.
    pub fn sizes(&self, at: usize) -> Option<Vec<usize>> {
        let number = |value: &Value<'a>| match value {
            Value::Int(n) => usize::try_from(*n).ok(),
            _ => None,
        };
        self.sequences.get(at)?.iter().map(number).collect()
    }

    /// What calling `callee` with `arguments` stands for.
    fn call(&mut self, callee: Value<'a>, arguments: Value<'a>) -> Result<Value<'a>> {
        let Value::Class(module, name) = callee else {
            return Ok(self.object(None));
        };
        let given = self.items(arguments);
        Ok(match (module, name, given) {
            (
                "torch._utils",
                "_rebuild_tensor_v2" | "_rebuild_tensor",
                [
                    Value::Persistent(storage),
                    Value::Int(offset),
                    Value::Sequence(shape),
                    Value::Sequence(strides),
                    ..,
                ],
            ) => {
                let view =
                    View { storage: *storage, offset: *offset, shape: *shape, strides: *strides };
                self.tensors.push(view);
                Value::Tensor(self.tensors.len() - 1)
            }
            (
                "torch._utils",
                "_rebuild_parameter" | "_rebuild_parameter_with_state",
                [data @ Value::Tensor(_), ..],
            ) => *data,
            ("torch", "Size", [sizes @ Value::Sequence(_)]) => *sizes,
            ("collections", "OrderedDict", []) => self.dict(),
            ("collections", "OrderedDict", [pairs]) => {
                let pairs = self.items(*pairs).to_vec();
                let pair = |pair| match self.items(pair) {
                    [key, value] => Some((*key, *value)),
                    _ => None,
                };
                let pairs: Vec<_> = pairs.into_iter().filter_map(pair).collect();
                self.dicts.push(pairs);
                Value::Dict(self.dicts.len() - 1)
            }
            _ => self.object(Some((module, name))),
        })
    }

    fn object(&mut self, class: Option<(&str, &str)>) -> Value<'a> {
        if let Some((module, name)) = class {
            let full = format!("{module}.{name}");
            // Enough to tell what kind of file it is.
            if self.ignored.len() < 64 && !self.ignored.contains(&full) {
                self.ignored.push(full);
            }
        }
        self.objects.push(None);
        Value::Object(self.objects.len() - 1)
    }

    fn set(&mut self, target: Value<'a>, pairs: &[Value<'a>]) {
        // Items of an unknown mapping are passed over with it.
        let Value::Dict(at) = target else { return };
        let Some(dict) = self.dicts.get_mut(at) else { return };
        for pair in pairs.chunks_exact(2) {
            if let [key, value] = pair {
                dict.push((*key, *value));
            }
        }
    }

    fn extend(&mut self, target: Value<'a>, items: &[Value<'a>]) {
        if let Value::Sequence(at) = target
            && let Some(list) = self.sequences.get_mut(at)
        {
            list.extend_from_slice(items);
        }
    }
}

/// A pickle being read.
struct Machine<'a, 'h> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Value<'a>>,
    marks: Vec<usize>,
    memo: HashMap<u64, Value<'a>>,
    heap: &'h mut Heap<'a>,
}

/// Reads one pickle at the start of `bytes` into `heap`: its value, and how
/// many bytes it took.
///
/// # Errors
/// [`Error::Malformed`] for what is no pickle or uses an instruction that
/// plain data does not need; [`Error::Limit`].
pub fn read<'a>(bytes: &'a [u8], heap: &mut Heap<'a>) -> Result<(Value<'a>, usize)> {
    let (stack, marks) = (Vec::new(), Vec::new());
    let mut machine = Machine { bytes, at: 0, stack, marks, memo: HashMap::new(), heap };
    for _ in 0..MAX_STEPS {
        if machine.step()? {
            return Ok((machine.pop()?, machine.at));
        }
    }
    Err(Error::Limit { what: "the pickle's instructions".into(), limit: MAX_STEPS as u64 })
}

impl<'a> Machine<'a, '_> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| wrong(format!("it breaks off at byte {}", self.at)))?;
        let taken = self.bytes.get(self.at..end).unwrap_or_default();
        self.at = end;
        Ok(taken)
    }

    /// A little-endian number of `N` bytes.
    fn number(&mut self, size: usize) -> Result<u64> {
        Ok(self.take(size)?.iter().rev().fold(0, |sum, byte| (sum << 8) | u64::from(*byte)))
    }

    /// Bytes behind a length of `size` bytes.
    fn counted(&mut self, size: usize) -> Result<&'a [u8]> {
        let count = usize::try_from(self.number(size)?).map_err(|_| wrong("a length is absurd"))?;
        self.take(count)
    }

    fn text(&mut self, size: usize) -> Result<Value<'a>> {
        // Old strings have no encoding: what is not UTF-8 stays bytes.
        let bytes = self.counted(size)?;
        Ok(std::str::from_utf8(bytes).map_or(Value::Bytes(bytes), Value::Str))
    }

    fn line(&mut self) -> Result<&'a str> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let end = rest
            .iter()
            .take(MAX_LINE)
            .position(|byte| *byte == b'\n')
            .ok_or_else(|| wrong("no line"))?;
        let line = self.take(end)?;
        self.take(1)?;
        std::str::from_utf8(line).map_err(|_| wrong("a line is not UTF-8"))
    }

    fn pop(&mut self) -> Result<Value<'a>> {
        // What lies under a mark is not to be had.
        let floor = self.marks.last().copied().unwrap_or(0);
        let value = if self.stack.len() > floor { self.stack.pop() } else { None };
        value.ok_or_else(|| wrong(format!("the stack is empty at byte {}", self.at)))
    }

    fn top(&self) -> Result<Value<'a>> {
        self.stack.last().copied().ok_or_else(|| wrong("the stack is empty"))
    }

    fn to_mark(&mut self) -> Result<Vec<Value<'a>>> {
        let mark = self.marks.pop().filter(|mark| *mark <= self.stack.len());
        Ok(self.stack.split_off(mark.ok_or_else(|| wrong("there is no mark"))?))
    }

    fn tuple(&mut self, count: usize) -> Result<Value<'a>> {
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(self.pop()?);
        }
        items.reverse();
        Ok(Value::Sequence(self.heap.sequence(items)))
    }

    fn long(&mut self, size: usize) -> Result<Value<'a>> {
        let bytes = self.counted(size)?;
        if bytes.len() > 8 {
            return Ok(Value::None);
        }
        let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let start = if negative { -1i64 } else { 0 };
        Ok(Value::Int(bytes.iter().rev().fold(start, |sum, byte| (sum << 8) | i64::from(*byte))))
    }

    fn put(&mut self, key: u64) -> Result<()> {
        let top = self.top()?;
        self.memo.insert(key, top);
        Ok(())
    }

    fn get(&self, key: u64) -> Result<Value<'a>> {
        self.memo.get(&key).copied().ok_or_else(|| wrong(format!("nothing is kept under {key}")))
    }

    /// One instruction; whether it was the last.
    fn step(&mut self) -> Result<bool> {
        let code = self.number(1)? as u8;
        let value = match code {
            b'.' => return Ok(true),
            0x80 => return self.take(1).map(|_| false),
            0x95 => return self.take(8).map(|_| false),
            b'(' => {
                self.marks.push(self.stack.len());
                return Ok(false);
            }
            b'0' => return self.pop().map(|_| false),
            b'1' => return self.to_mark().map(|_| false),
            b'q' => return self.number(1).and_then(|key| self.put(key)).map(|()| false),
            b'r' => return self.number(4).and_then(|key| self.put(key)).map(|()| false),
            0x94 => return self.put(self.memo.len() as u64).map(|()| false),
            b'h' => self.number(1).and_then(|key| self.get(key))?,
            b'j' => self.number(4).and_then(|key| self.get(key))?,
            b'2' => self.top()?,
            b'N' => Value::None,
            0x88 => Value::Bool(true),
            0x89 => Value::Bool(false),
            b'J' => Value::Int(i64::from(self.number(4)? as u32 as i32)),
            b'K' => Value::Int(self.number(1)? as i64),
            b'M' => Value::Int(self.number(2)? as i64),
            b'I' => match self.line()? {
                "00" => Value::Bool(false),
                "01" => Value::Bool(true),
                digits => digits.parse().map_or(Value::None, Value::Int),
            },
            b'L' => self.line()?.trim_end_matches('L').parse().map_or(Value::None, Value::Int),
            0x8a => self.long(1)?,
            0x8b => self.long(4)?,
            b'F' => self.line()?.parse().map_or(Value::None, Value::Float),
            // The one number that is stored big end first.
            b'G' => Value::Float(f64::from_bits(self.number(8)?.swap_bytes())),
            b'U' | 0x8c => self.text(1)?,
            b'T' | b'X' => self.text(4)?,
            0x8d => self.text(8)?,
            b'C' => Value::Bytes(self.counted(1)?),
            b'B' => Value::Bytes(self.counted(4)?),
            0x8e | 0x96 => Value::Bytes(self.counted(8)?),
            b')' | b']' | 0x8f => Value::Sequence(self.heap.sequence(Vec::new())),
            0x85..=0x87 => self.tuple(usize::from(code - 0x84))?,
            b't' | b'l' | 0x91 => {
                let items = self.to_mark()?;
                Value::Sequence(self.heap.sequence(items))
            }
            b'}' => self.heap.dict(),
            b'd' => {
                let items = self.to_mark()?;
                let dict = self.heap.dict();
                self.heap.set(dict, &items);
                dict
            }
            b's' | b'u' | b'a' | b'e' | 0x90 => return self.fill(code).map(|()| false),
            b'c' => Value::Class(self.line()?, self.line()?),
            0x93 => match (self.pop()?, self.pop()?) {
                (Value::Str(name), Value::Str(module)) => Value::Class(module, name),
                _ => return Err(wrong("a class has no name")),
            },
            b'R' | 0x81 => {
                let (arguments, callee) = (self.pop()?, self.pop()?);
                self.heap.call(callee, arguments)?
            }
            0x92 => {
                let (_, arguments, callee) = (self.pop()?, self.pop()?, self.pop()?);
                self.heap.call(callee, arguments)?
            }
            b'b' => {
                let state = self.pop()?;
                if let Value::Object(at) = self.top()?
                    && let Some(slot) = self.heap.objects.get_mut(at)
                {
                    *slot = Some(state);
                }
                return Ok(false);
            }
            b'Q' => match self.pop()? {
                Value::Sequence(at) => Value::Persistent(at),
                _ => return Err(wrong("a persistent id is no tuple")),
            },
            other => {
                return Err(wrong(format!("instruction 0x{other:02x} at byte {}", self.at - 1)));
            }
        };
        self.stack.push(value);
        Ok(false)
    }

    /// The instructions that put items into the list or dictionary below them.
    fn fill(&mut self, code: u8) -> Result<()> {
        let items = match code {
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                vec![key, value]
            }
            b'a' => vec![self.pop()?],
            _ => self.to_mark()?,
        };
        let target = self.top()?;
        match code {
            b's' | b'u' => self.heap.set(target, &items),
            _ => self.heap.extend(target, &items),
        }
        Ok(())
    }
}
