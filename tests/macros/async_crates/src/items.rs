use lazy_static::lazy_static;
use paste::paste;
use pin_project::pin_project;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

lazy_static! {
    static ref TABLE: HashMap<u32, String> = {
        let mut map = HashMap::new();
        let mut put = |k: u32| map.insert(k, k.to_string());
        put(1);
        map
    };
    pub static ref COUNT: Mutex<usize> = Mutex::new(0);
}

pub fn look_up(key: u32) -> usize {
    let get = || TABLE.get(&key).map(|text| text.len() + key as usize);
    let mut guard = COUNT.lock().unwrap();
    let mut bump = || *guard += 1;
    bump();
    get().unwrap_or_else(|| TABLE.len())
}

#[pin_project]
pub struct Timed<F, G> {
    #[pin]
    inner: F,
    done: Option<G>,
    polls: usize,
}

impl<F: Future, G: FnOnce(usize)> Future for Timed<F, G> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        *this.polls += 1;
        let mut step = || *this.polls += 2;
        step();
        let polls = *this.polls;
        let out = this.inner.poll(cx);
        let mut finish = move || this.done.take().map(|done| done(polls));
        if out.is_ready() {
            finish();
        }
        out
    }
}

#[pin_project(project = StateProj, project_ref = StateRef)]
pub enum State<F> {
    Idle { name: String },
    Running(#[pin] F, u32),
    Done,
}

impl<F: Future<Output = u32>> State<F> {
    pub fn advance(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Option<u32> {
        match self.as_mut().project() {
            StateProj::Idle { name } => {
                let mut push = || name.push('x');
                push();
                None
            }
            StateProj::Running(future, extra) => match future.poll(cx) {
                Poll::Ready(n) => Some(n).map(|n| n + *extra),
                Poll::Pending => None,
            },
            StateProj::Done => None,
        }
    }

    pub fn peek(self: Pin<&Self>) -> usize {
        let this = self.project_ref();
        let size = || match &this {
            StateRef::Idle { name } => name.len(),
            StateRef::Running(_, extra) => **extra as usize,
            StateRef::Done => 0,
        };
        size()
    }
}

pin_project_lite::pin_project! {
    pub struct Lite<F> {
        #[pin]
        inner: F,
        log: Vec<String>,
    }
}

impl<F: Future<Output = u32>> Future for Lite<F> {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        let this = self.project();
        let mut note = |text: &str| this.log.push(text.to_string());
        note("poll");
        this.inner.poll(cx).map(|n| n + 1)
    }
}

macro_rules! getters {
    ($($name:ident: $ty:ty),*) => {
        paste! {
            pub struct Bag { $($name: $ty,)* }
            impl Bag {
                $(
                    pub fn [<get_ $name>](&self) -> impl Fn() -> $ty + '_ {
                        move || self.$name.clone()
                    }
                    pub fn [<set_ $name>](&mut self, value: $ty) {
                        let mut set = || self.$name = value;
                        set();
                    }
                )*
            }
        }
    };
}

getters!(title: String, size: u64);

pub fn use_bag(bag: &mut Bag) -> usize {
    bag.set_size(3);
    let title = bag.get_title();
    let len = || title().len();
    len()
}
