use leptos::ev::{MouseEvent, SubmitEvent};
use leptos::context::Provider;
use leptos::html;
use leptos::prelude::*;

#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    pub id: usize,
    pub name: String,
    pub done: RwSignal<bool>,
}

#[component]
pub fn Button(
    #[prop(into)] label: String,
    #[prop(optional)] width: u32,
    #[prop(optional, into)] class: Option<String>,
    on_press: impl FnMut(MouseEvent) + 'static,
) -> impl IntoView {
    let shown = move || label.clone();
    let wide = move || width > 3;
    view! {
        <button on:click=on_press class=class.unwrap_or_default() class:wide=wide style:width=move || format!("{}px", width)>
            {shown}
        </button>
    }
}

#[component]
pub fn Card<F, V>(title: F, #[prop(default = 3)] level: usize, children: Children, #[prop(optional)] footer: Option<V>) -> impl IntoView
where
    F: Fn() -> String + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let heading = move || format!("{}{}", title(), level);
    view! {
        <section>
            <h2>{heading}</h2>
            {children()}
            {footer.map(|f| f.into_any())}
        </section>
    }
}

#[slot]
pub struct Tail {
    #[prop(into)]
    when: Signal<bool>,
    children: ChildrenFn,
}

#[component]
pub fn WithTail(tail: Tail, #[prop(optional)] tails: Vec<Tail>, children: ChildrenFn) -> impl IntoView {
    let when = tail.when;
    let count = tails.len();
    move || if when.get() && count > 0 { (tail.children)() } else { children() }
}

#[component]
pub fn Empty() -> impl IntoView {
    view! { <hr /> }
}

fn highlight(el: web_sys::Element, color: String) {
    let paint = || el.set_attribute("style", &color);
    let _ = paint();
}

#[component]
pub fn App(names: Vec<String>, start: usize) -> impl IntoView {
    let (count, set_count) = signal(start);
    let (entries, set_entries) = signal(Vec::<Entry>::new());
    let text = RwSignal::new(String::new());
    let input: NodeRef<html::Input> = NodeRef::new();
    let title = names.join(", ");
    let prefix = String::from("p");
    let suffix = prefix.clone();
    let mut clicks = 0;
    let doubled = Memo::new(move |_| count.get() * 2);
    Effect::new(move |_| {
        if count.get() > 10 {
            set_count.set(0);
        }
    });
    let add = move |ev: SubmitEvent| {
        ev.prevent_default();
        let name = input.get().map(|el| el.value()).unwrap_or_default();
        set_entries.update(|all| all.push(Entry { id: all.len(), name: name.clone(), done: RwSignal::new(false) }));
    };
    let is_long = move || names.len() > 3;
    let label = {
        let title = title.clone();
        move || title.len() + count.get()
    };
    let shared = title.clone();
    let other = title.clone();
    let owned = title.clone();
    let spread = {
        let title = title.clone();
        view! { <{..} class="spread" on:click=move |_| drop(title.len()) /> }
    };
    let render = {
        let owned = owned.clone();
        move || view! { <p title=owned.clone()>{count}</p> }
    };
    let lone = {
        let owned = owned.clone();
        || view! { <p title=owned>{1}</p> }
    };
    let in_children = {
        let a = owned.clone();
        let b = owned.clone();
        let make = || {
            view! {
                <Card title=|| String::new() footer=1>
                    <p>{a.len()}</p>
                </Card>
                <p>{b.len()}</p>
            }
        };
        make()
    };
    let text_only = |n: i32| view! { {n} };
    let made = lone();
    let keep = move || made;
    let kept = keep();
    let one = in_children;
    let two = || one;
    let any = (two().into_any(), text_only(2), spread, kept, render());
    view! {
        <form on:submit=add class:long=is_long class=("big", move || count.get() > 2) class=(["a"], move || shared.len() > 1)>
            <input
                node_ref=input
                type="text"
                bind:value=text
                prop:placeholder=move || format!("{}{}", suffix, count.get())
                on:input:target=move |ev| text.set(ev.target().value())
                on:keydown=|ev| ev.prevent_default()
                disabled={move || count.get() > 5}
                style:color=move || { if doubled.get() > 3 { "red" } else { "blue" } }
                style=("height", || "3px")
            />
            <button on:click:capture=move |_| { clicks += 1; set_count.update(|n| *n += clicks); }>"add"</button>
            <span use:highlight="red".to_string() data-total=move || label().to_string()>{move || doubled.get()}</span>
            <p inner_html=move || other.clone() />
        </form>
        <Button label="press" on_press=move |_| { set_count.set(clicks); } />
        <Button label="press" width=5 class="wide" on_press={let prefix = prefix.clone(); move |_| drop(prefix.len())} attr:title=move || owned.clone() class:x={move || count.get() > 1} on:mouseover=move |_| set_count.set(1) style:color=|| "red" prop:y=move || count.get() />
        <Show when=move || !entries.get().is_empty() fallback=move || view! { <p>{prefix.clone()}</p> }>
            <ul>
                <For each=move || entries.get() key=|entry| entry.id children=move |entry: Entry| {
                    let name = entry.name.clone();
                    view! { <li on:click=move |_| entry.done.update(|d| *d = !*d) class:done=entry.done>{name}</li> }
                } />
                <For each=move || entries.get() key=|entry| (entry.id, entry.name.clone()) let:entry>
                    <li on:click=move |_| set_entries.update(|all| all.retain(|e| e.id != entry.id))>{entry.name.clone()}{move || count.get()}</li>
                </For>
                <ForEnumerate each=move || 0..count.get() key=|n| *n let(index, n)>
                    <li>{move || index.get() + n}</li>
                </ForEnumerate>
                <For each={move || entries.get().into_iter().enumerate().collect::<Vec<_>>()} key=|(at, _)| *at let((at, entry))>
                    <li>{move || at + entry.name.len()}</li>
                </For>
            </ul>
        </Show>
        <Show when=move || count.get() == 1>"one"</Show>
        {any.0}{any.1}{any.4}
        <i {..any.2} />{any.3}
        {
            let title = title.clone();
            move || (count.get() > 1).then(|| view! { <b on:click={let title = title.clone(); move |_| drop(&title)}>{title.clone()}</b> })
        }
        <Card title={let title = title.clone(); move || title.clone()} level=2 footer=view! { <p>{move || count.get()}</p> }>
            <p>{move || count.get()}</p>
            {entries.get().into_iter().map(|entry| view! { <i>{move || entry.name.len() + count.get()}</i> }).collect_view()}
        </Card>
        {let clone = title.clone(); view! { <WithTail clone:title>
            <Tail slot when=Signal::derive(move || count.get() > 1) clone:clone><p>{let clone = clone.clone(); move || clone.len() + count.get()}</p></Tail>
            <Tail slot:tails when=false><Empty /></Tail>
            <p>{let title = title.clone(); move || title.len() + count.get()}</p>
        </WithTail> }}
        <Suspense fallback=|| view! { <p>"wait"</p> }>
            {move || Suspend::new(async move { let n = count.get(); view! { <p>{n}</p> } })}
        </Suspense>
        <Await future=async move { start } let:data>
            <p>{*data}{move || count.get()}</p>
        </Await>
        <Transition fallback=move || count.get()>
            <ErrorBoundary fallback=|errors| view! { <p>{move || errors.get().iter().count()}</p> }>
                <p>{move || text.get().parse::<i32>()}</p>
            </ErrorBoundary>
        </Transition>
        <Provider value=count>
            <Empty />
        </Provider>
        <Empty {..} class="x" on:click=move |_| set_count.set(2) />
    }
}

#[component]
pub fn Found() -> impl IntoView {
    let chosen = NodeRef::new();
    let picked = NodeRef::new();
    let (is_open, set_open) = signal(true);
    let is_shown = move || chosen.get().is_some();
    let close = move |_| set_open.set(is_shown());
    view! {
        <select>
            <option node_ref=picked on:click=move |_| set_open.set(picked.get().is_some())>"one"</option>
        </select>
        <Show when=move || is_open.get() fallback=move || view! { <h1 node_ref=chosen>"closed"</h1> }>
            <h1 node_ref=chosen on:click=close>"open"</h1>
        </Show>
    }
}
