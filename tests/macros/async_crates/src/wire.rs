//! Derives that implement `Drop`, `TryFrom` and `From`.
use zeroize::{Zeroize, ZeroizeOnDrop};

#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret {
    pub key: Vec<u8>,
    pub rounds: u32,
}

#[derive(Clone, Zeroize)]
pub struct Nonce {
    pub bytes: Vec<u8>,
    pub counter: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum State {
    New = 0,
    Tracked = 1,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Payload {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(int32, tag = "2")]
    Number(i32),
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Note {
    #[prost(enumeration = "State", tag = "1")]
    pub state: i32,
    #[prost(string, repeated, tag = "2")]
    pub words: Vec<String>,
}

pub fn keys(secret: Secret, nonce: Nonce) -> (impl Fn() -> usize, impl Fn() -> usize, impl Fn() -> u32) {
    let rounds = secret.clone();
    (move || secret.key.len(), move || nonce.bytes.len(), move || rounds.rounds)
}

pub fn state_of(note: &Note, rest: Payload) -> Result<(State, i32), i32> {
    let state = note.state.try_into().map_err(|prost::UnknownEnumValue(n)| n)?;
    match state {
        State::New => Err(note.words.iter().map(|word| word.len() as i32).sum()),
        State::Tracked => {
            let code = || i32::from(state);
            let size = move || rest.encoded_len() as i32;
            Ok((state, code() + size()))
        }
    }
}
