//! Closures in and around sycamore's `view!`.
use sycamore::prelude::*;

#[derive(Clone, PartialEq)]
pub struct Entry {
    pub id: u32,
    pub text: String,
}

#[component]
pub fn Counter() -> View {
    let mut count = create_signal(0);
    let doubled = create_memo(move || count.get() * 2);
    let step = String::from("step");
    let increment = move |_| count += 1;
    view! {
        div(class="counter", data-doubled=doubled.get().to_string()) {
            p { "Value: " (count) " " (doubled.get()) }
            button(on:click=increment) { (step.clone()) }
            button(on:click=move |_| count.set(0), disabled=count.get() == 0) { "Reset" }
        }
    }
}

#[component(inline_props)]
pub fn Greeting(name: String, loud: bool) -> View {
    let shown = create_selector(move || name.to_uppercase());
    view! {
        (if loud { shown.get_clone() } else { String::new() })
    }
}

#[component]
pub fn Entries() -> View {
    let entries = create_signal(Vec::<Entry>::new());
    let filter = create_signal(String::new());
    let visible = create_memo(move || {
        let word = filter.get_clone();
        entries.get_clone().into_iter().filter(|entry| entry.text.contains(&word)).collect::<Vec<_>>()
    });
    let remove = move |id: u32| entries.update(|all| all.retain(|entry| entry.id != id));
    let title = String::from("Entries");
    view! {
        input(bind:value=filter, prop:value=filter.get_clone())
        ul(id=title.clone()) {
            Keyed(
                list=visible,
                view=move |entry: Entry| {
                    let id = entry.id;
                    view! {
                        li(on:click=move |_| remove(id)) { (entry.text) }
                    }
                },
                key=|entry| entry.id,
            )
        }
        if visible.with(|all| all.is_empty()) {
            p { "nothing in it" }
        } else {
            Greeting(name="you".to_string(), loud=true)
        }
        match entries.with(Vec::len) {
            0 => "none",
            n if n > 9 => { b { "many" } i { (n) } },
            n => (n),
        }
    }
}

pub fn greeting_of(name: String) -> View {
    let names = vec![name];
    let nodes = names.iter().map(|name| {
        let name = name.clone();
        view! { li { (name) } }
    });
    let nodes = nodes.collect::<Vec<_>>();
    create_effect_of(&names);
    view! { ul { (nodes) } my-list(data-size=names.len().to_string()) }
}

fn create_effect_of(names: &[String]) {
    let size = names.len();
    create_effect(move || console_log(size));
}

fn console_log(_: usize) {}

#[derive(Props)]
pub struct RowProps<F>
where
    F: FnMut(u32) + 'static,
{
    on_pick: F,
    #[prop(setter(into))]
    weight: MaybeDyn<u32>,
    #[prop(default, setter(strip_option))]
    on_drop: Option<Box<dyn FnOnce()>>,
    #[prop(default)]
    width: u32,
    children: Children,
}

#[component]
pub fn Row<F: FnMut(u32) + 'static>(mut props: RowProps<F>) -> View {
    (props.on_pick)(props.width);
    if let Some(on_drop) = props.on_drop {
        on_drop();
    }
    let children = props.children.call();
    view! {
        li { (props.weight.get()) (children) }
    }
}

pub fn rows(names: Vec<String>) -> View {
    let count = create_signal(0);
    let title = String::from("row");
    let mut picked = 0;
    let entries = create_signal(names);
    view! {
        Row(
            on_pick=move |n| { picked += n; count.set(picked) },
            weight=move || title.len() as u32,
            on_drop=Box::new(move || count.set(0)),
        ) {
            (count.get())
        }
        Indexed(
            list=entries,
            view=move |name| {
                let len = name.len();
                view! { p(on:click=move |_| drop(name.len() + len)) { (count.get()) } }
            },
        )
    }
}
