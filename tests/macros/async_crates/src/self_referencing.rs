use ouroboros::self_referencing;

#[self_referencing]
pub struct Lines {
    text: String,
    count: usize,
    #[borrows(text)]
    #[covariant]
    lines: Vec<&'this str>,
}

pub fn lines(text: String, limit: usize, mut seen: Vec<usize>) -> usize {
    let mut made = LinesBuilder {
        text,
        count: 0,
        lines_builder: |text| text.lines().take(limit).collect(),
    }
    .build();
    made.with_lines_mut(|lines| lines.retain(|line| line.len() > limit));
    made.with_mut(|fields| fields.lines.sort_by_key(|line| line.len() + limit));
    made.with(|fields| seen.push(fields.lines.len() + *fields.count));
    made.borrow_lines().iter().for_each(|line| seen.push(line.len()));
    made.with_text(|text| text.len())
}

#[self_referencing]
pub struct Holder<T: 'static> {
    all: Vec<T>,
    #[borrows(mut all)]
    #[covariant]
    first: Option<&'this mut T>,
}

pub fn holder<T: Clone>(all: Vec<T>, other: T) -> Result<Holder<T>, String> {
    let name = String::from("empty");
    let mut made = HolderTryBuilder {
        all,
        first_builder: |all: &mut Vec<T>| match all.first_mut() {
            Some(first) => Ok(Some(first)),
            None => Err(name),
        },
    }
    .try_build()?;
    made.with_first_mut(|first| {
        if let Some(first) = first {
            **first = other.clone();
        }
    });
    Ok(made)
}
