//! Closures that JavaScript calls.

use std::cell::RefCell;
use std::rc::Rc;

use crate::wasm::{console, window, Closure, Function, HtmlElement, JsCast, JsValue, MouseEvent, Window};

pub fn wrap(element: &HtmlElement) -> Result<(), JsValue> {
    let cb = Closure::wrap(Box::new(|event: MouseEvent| {
        let x = event.client_x();
    }) as Box<dyn FnMut(MouseEvent)>);
    element.add_event_listener_with_callback("click", cb.as_ref().unchecked_ref())?;
    cb.forget();
    Ok(())
}

pub fn once() {
    let cb = Closure::once(move || {
        console::log_1(&"Loaded!".into());
    });
    cb.forget();
}

pub fn once_with_what_it_consumes(message: String) {
    let cb = Closure::once(move || {
        console::log_1(&message.into());
    });
    cb.forget();
}

pub fn new_counts() {
    let mut count = 0;
    let cb = Closure::new(move || {
        count += 1;
        console::log_1(&count.into());
    });
    cb.forget();
}

/// The closure owns the string, so it may outlive the function. As `into` consumes it, `wrap` refuses the closure.
pub fn owns_what_it_uses() {
    let local_string = String::from("hello");
    let good = Closure::once(move || {
        console::log_1(&local_string.into());
    });
    good.forget();
}

/// What does not consume the string can be wrapped: `move` alone does not make a closure FnOnce.
pub fn owns_what_it_reads() {
    let local_string = String::from("hello");
    let good = Closure::wrap(Box::new(move || {
        console::log_1(&local_string.as_str().into());
    }) as Box<dyn Fn()>);
    good.forget();
}

pub fn leaked(element: &HtmlElement) {
    let cb = Closure::wrap(Box::new(|| { /* ... */ }) as Box<dyn Fn()>);
    element.set_onclick(Some(cb.as_ref().unchecked_ref()));
    cb.forget();
}

pub fn collected() -> JsValue {
    let cb = Closure::wrap(Box::new(|| { /* ... */ }) as Box<dyn Fn()>);
    cb.into_js_value()
}

/// The best way: the closure lives as long as the struct.
pub struct App {
    click_handler: Option<Closure<dyn FnMut(MouseEvent)>>,
}

impl App {
    pub fn new() -> App {
        App { click_handler: None }
    }

    pub fn setup_click(&mut self, element: &HtmlElement) {
        let cb = Closure::wrap(Box::new(|e: MouseEvent| {
            // handle click
        }) as Box<dyn FnMut(MouseEvent)>);

        element.set_onclick(Some(cb.as_ref().unchecked_ref()));
        self.click_handler = Some(cb);
    }
}

pub fn call_js_function(f: &Function) {
    let this = JsValue::NULL;
    let arg = JsValue::from(42);
    f.call1(&this, &arg).unwrap();
}

pub fn debounced(window: Window, actual_handler: Closure<dyn FnMut()>) -> Closure<dyn FnMut()> {
    let timeout_id = Rc::new(RefCell::new(None));
    let tid = timeout_id.clone();

    Closure::wrap(Box::new(move || {
        if let Some(id) = tid.borrow_mut().take() {
            window.clear_timeout_with_handle(id);
        }
        let new_id = window
            .set_timeout_with_callback_and_timeout_and_arguments_0(actual_handler.as_ref().unchecked_ref(), 300)
            .unwrap();
        *tid.borrow_mut() = Some(new_id);
    }) as Box<dyn FnMut()>)
}

fn request_animation_frame(f: &Closure<dyn FnMut()>) {
    window()
        .unwrap()
        .request_animation_frame(f.as_ref().unchecked_ref())
        .expect("should register `requestAnimationFrame`");
}

pub fn animation_loop() {
    let f = Rc::new(RefCell::new(None));
    let g = f.clone();

    *g.borrow_mut() = Some(Closure::wrap(Box::new(move || {
        request_animation_frame(f.borrow().as_ref().unwrap());
    }) as Box<dyn FnMut()>));

    request_animation_frame(g.borrow().as_ref().unwrap());
}
