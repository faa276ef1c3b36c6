use web_sys::HtmlInputElement;
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct RowProps {
    pub name: AttrValue,
    pub selected: bool,
    pub on_select: Callback<String>,
    #[prop_or_default]
    pub children: Html,
}

#[function_component]
pub fn Row(props: &RowProps) -> Html {
    let RowProps { name, selected, on_select, children } = props;
    let label = name.to_string();
    let on_select = on_select.clone();
    let text = name.clone();
    html! {
        <li class={classes!("row", selected.then(|| "on"))} onclick={move |_| on_select.emit(label.clone())}>
            { text }
            { children.clone() }
        </li>
    }
}

#[derive(Properties, PartialEq)]
pub struct ListProps {
    pub names: Vec<String>,
}

#[function_component]
pub fn List(props: &ListProps) -> Html {
    let chosen = use_state(|| None::<String>);
    let count = use_state(|| 0usize);
    let input = use_node_ref();
    let names = props.names.clone();
    let total = names.len();
    let doubled = use_memo(total, |n| n * 2);
    {
        let chosen = chosen.clone();
        use_effect_with(total, move |n| {
            if *n == 0 {
                chosen.set(None);
            }
            || ()
        });
    }
    let choose = {
        let chosen = chosen.clone();
        Callback::from(move |name: String| chosen.set(Some(name)))
    };
    let bump = {
        let count = count.clone();
        move |_: MouseEvent| count.set(*count + 1)
    };
    let read = {
        let input = input.clone();
        let choose = choose.clone();
        Callback::from(move |_: MouseEvent| {
            if let Some(field) = input.cast::<HtmlInputElement>() {
                choose.emit(field.value());
            }
        })
    };
    let is_long = || total > 3;
    html! {
        <div id="list" data-total={total.to_string()}>
            <h1>{ format!("{} names, {}", total, *doubled) }</h1>
            <input ref={input.clone()} oninput={|e: InputEvent| e.prevent_default()} />
            <button onclick={bump} disabled={!is_long()}>{ "more" }</button>
            <button onclick={read}>{ "read" }</button>
            if let Some(name) = chosen.as_ref() {
                <p onclick={let name = name.clone(); move |_| web_sys_log(&name)}>{ name }</p>
            } else if is_long() {
                <p>{ "many" }</p>
            } else {
                { "none" }
            }
            <ul>
                { for names.iter().map(|name| {
                    let selected = chosen.as_ref().map(|c| c == name).unwrap_or_else(|| total == 1);
                    html! { <Row name={name.clone()} {selected} on_select={choose.clone()} /> }
                }) }
                { names.iter().filter(|name| name.len() > total).map(|name| html! { <li key={name.as_str()}>{ name }</li> }).collect::<Html>() }
            </ul>
            <Row name="last" selected=false on_select={move |text: String| { let _ = text.len() + total; }}>
                <b>{ count.to_string() }</b>
            </Row>
            <@{if total > 1 { "em" } else { "b" }}>{ "dynamic" }</@>
        </div>
    }
}

fn web_sys_log(text: &str) {
    let _ = text;
}

pub enum Msg {
    Add(usize),
    Clear,
}

pub struct Counter {
    values: Vec<usize>,
    link: Option<Callback<usize>>,
}

impl Component for Counter {
    type Message = Msg;
    type Properties = ListProps;

    fn create(_ctx: &Context<Self>) -> Self {
        Self { values: Vec::new(), link: None }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Add(n) => {
                let mut push = |v: usize| self.values.push(v);
                push(n);
                self.link = Some(ctx.link().callback(|n: usize| Msg::Add(n)));
            }
            Msg::Clear => self.values.retain(|v| *v > ctx.props().names.len()),
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let limit = self.values.len();
        let row = |(at, value): (usize, &usize)| {
            let value = *value;
            html! { <td onclick={ctx.link().callback(move |_| Msg::Add(value + at))}>{ value + limit }</td> }
        };
        html! {
            <>
                <tr>{ for self.values.iter().enumerate().map(row) }</tr>
                <button onclick={ctx.link().callback(|_| Msg::Clear)}>{ "clear" }</button>
                <button onclick={ctx.link().callback(move |_: MouseEvent| Msg::Add(limit))} />
            </>
        }
    }
}

#[derive(Clone, PartialEq)]
pub struct Shared {
    total: usize,
}

#[hook]
pub fn use_total(n: usize) -> Option<usize> {
    use_context::<Shared>().map(|shared| shared.total + n)
}

#[derive(Properties, PartialEq)]
pub struct PickProps<T: PartialEq> {
    pub items: Vec<T>,
    pub on_pick: Callback<usize, bool>,
}

#[function_component(Pick)]
fn pick_of<T: PartialEq + Clone + 'static>(props: &PickProps<T>) -> Html {
    let items = props.items.clone();
    let on_pick = props.on_pick.clone();
    html! { <p onclick={move |_| { on_pick.emit(items.len()); }} /> }
}

#[function_component]
pub fn Nothing() -> Html {
    html! {}
}

#[function_component]
pub fn Picks() -> Html {
    let texts = vec![String::from("one")];
    let total = texts.len();
    let kept = texts.clone();
    html! {
        <div>
            <Pick<String> items={texts} on_pick={move |at: usize| kept.get(at).is_some_and(|text| text.len() > total)} />
            <Nothing />
        </div>
    }
}
