//! A stand-in for the parts of wasm-bindgen, js-sys and web-sys that callbacks need, so that the demo needs no download.
//! It has their types and does nothing.

use std::marker::PhantomData;

#[derive(Clone, Debug, Default)]
pub struct JsValue;

impl JsValue {
    pub const NULL: JsValue = JsValue;
}

impl From<&str> for JsValue {
    fn from(_: &str) -> JsValue {
        JsValue
    }
}

impl From<String> for JsValue {
    fn from(_: String) -> JsValue {
        JsValue
    }
}

impl From<i32> for JsValue {
    fn from(_: i32) -> JsValue {
        JsValue
    }
}

pub trait JsCast {
    fn unchecked_ref<T: Default + 'static>(&self) -> &T;
}

impl JsCast for JsValue {
    fn unchecked_ref<T: Default + 'static>(&self) -> &T {
        Box::leak(Box::default())
    }
}

#[derive(Default)]
pub struct Function;

impl Function {
    pub fn call1(&self, _this: &JsValue, _arg: &JsValue) -> Result<JsValue, JsValue> {
        Ok(JsValue)
    }
}

/// A Rust closure that JavaScript can call; it must own all that it uses, for it outlives the function that makes it.
pub struct Closure<T: ?Sized> {
    js: JsValue,
    data: PhantomData<Box<T>>,
}

/// What `Closure::wrap` takes: closures that can be called more than once.
pub trait WasmClosure {}

impl WasmClosure for dyn Fn() {}
impl WasmClosure for dyn FnMut() {}
impl<A> WasmClosure for dyn Fn(A) {}
impl<A> WasmClosure for dyn FnMut(A) {}

impl<T: ?Sized> Closure<T> {
    pub fn wrap(_data: Box<T>) -> Closure<T>
    where
        T: WasmClosure,
    {
        Closure { js: JsValue, data: PhantomData }
    }

    pub fn forget(self) {
        std::mem::forget(self);
    }

    pub fn into_js_value(self) -> JsValue {
        self.js
    }
}

impl Closure<dyn FnMut()> {
    pub fn new<F: FnMut() + 'static>(f: F) -> Closure<dyn FnMut()> {
        Closure::wrap(Box::new(f))
    }

    pub fn once<F: FnOnce() + 'static>(f: F) -> Closure<dyn FnMut()> {
        let mut f = Some(f);
        Closure::wrap(Box::new(move || {
            if let Some(f) = f.take() {
                f()
            }
        }))
    }
}

impl<T: ?Sized> AsRef<JsValue> for Closure<T> {
    fn as_ref(&self) -> &JsValue {
        &self.js
    }
}

pub struct MouseEvent;

impl MouseEvent {
    pub fn client_x(&self) -> i32 {
        0
    }
}

pub struct HtmlElement;

impl HtmlElement {
    pub fn add_event_listener_with_callback(&self, _kind: &str, _f: &Function) -> Result<(), JsValue> {
        Ok(())
    }

    pub fn set_onclick(&self, _f: Option<&Function>) {}
}

pub struct Window;

impl Window {
    pub fn clear_timeout_with_handle(&self, _id: i32) {}

    pub fn set_timeout_with_callback_and_timeout_and_arguments_0(&self, _f: &Function, _ms: i32) -> Result<i32, JsValue> {
        Ok(0)
    }

    pub fn request_animation_frame(&self, _f: &Function) -> Result<i32, JsValue> {
        Ok(0)
    }
}

pub fn window() -> Option<Window> {
    Some(Window)
}

pub mod console {
    pub fn log_1(_value: &super::JsValue) {}
}
