use dioxus_core::{Element, EventHandler};
use dioxus_core_macro::{component, rsx, Props};
use dioxus_hooks::{use_effect, use_memo, use_signal};
use dioxus_html as dioxus_elements;
use dioxus_signals::{Signal, WritableExt};

#[derive(Clone, PartialEq, Props)]
pub struct ItemProps {
    pub name: String,
    #[props(default)]
    pub on_pick: EventHandler<String>,
}

#[allow(non_snake_case)]
pub fn Item(props: ItemProps) -> Element {
    let name = props.name.clone();
    let size = || props.name.len();
    let width = size();
    rsx! {
        li {
            class: "item",
            "data-width": "{width}",
            onclick: {move |_| props.on_pick.call(name.clone())},
            "{props.name}"
        }
    }
}

#[component]
pub fn Board(names: Vec<String>, limit: usize) -> Element {
    let mut count = use_signal(|| 0usize);
    let mut picked: Signal<Option<String>> = use_signal(|| None);
    let total = names.len();
    let double = use_memo(move || count() * 2 + total);
    use_effect(move || {
        if count() > limit {
            count.set(0);
        }
    });
    let mut clicks = 0;
    let label = format!("{total} names");
    let is_full = || total > limit;
    let shown: Vec<String> = names.iter().filter(|name| name.len() < limit).cloned().collect();
    rsx! {
        div { id: "board",
            h1 { class: if is_full() { "full" } else { "free" }, "{label}: {double}" }
            button {
                onclick: {
                    move |event| {
                        event.stop_propagation();
                        clicks += 1;
                        count += clicks;
                    }
                },
                "more"
            }
            input { value: "{count}", oninput: {let mut picked = picked; move |event| picked.set(Some(event.value()))} }
            if let Some(name) = picked() {
                p { onclick: move |_| picked.set(None), "{name}" }
            } else if is_full() {
                p { "many" }
            }
            ul {
                for name in shown {
                    Item { name: name.clone(), on_pick: move |text: String| picked.set(Some(text + &name)) }
                }
                {names.iter().map(|name| {
                    let text = name.to_uppercase();
                    rsx! { li { key: "{name}", onclick: {move |_| drop(text.len() + total)}, "{name}" } }
                })}
            }
        }
    }
}
