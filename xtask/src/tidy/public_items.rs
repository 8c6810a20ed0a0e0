//! The names a file offers to others, with what is written about them.

use syn::{Attribute, Field, Fields, Ident, ImplItem, Item, TraitItem, Visibility};

/// A public name: an item, a field, a variant, a method.
#[derive(Debug)]
pub(super) struct PublicItem {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) is_fn: bool,
    /// All its documentation.
    pub(super) docs: Vec<String>,
}

/// Collects what `items` make public; hidden items, tests and private inline modules are left
/// out.
pub(super) fn public_items(items: &[Item]) -> Vec<PublicItem> {
    let mut found = Collector(Vec::new());
    found.items(items);
    found.0
}

/// The text of doc attributes; a `#[doc = include_str!(..)]` counts as documentation too.
pub(super) fn docs_of(attributes: &[Attribute]) -> Vec<String> {
    let docs = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"));
    docs.filter_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) => match &pair.value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => Some("included".into()),
        },
        _ => None,
    })
    .collect()
}

/// Whether the item is for tests only, or hidden from documentation.
pub(super) fn is_private_use(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else {
            return attribute.path().is_ident("test");
        };
        let tokens = list.tokens.to_string();
        match list.path.get_ident().map(Ident::to_string).as_deref() {
            Some("cfg") => tokens == "test",
            Some("doc") => tokens == "hidden",
            _ => false,
        }
    })
}

struct Collector(Vec<PublicItem>);

impl Collector {
    fn add(&mut self, name: &Ident, attributes: &[Attribute], is_fn: bool) {
        self.0.push(PublicItem {
            name: name.to_string(),
            line: name.span().start().line,
            is_fn,
            docs: docs_of(attributes),
        });
    }

    fn items(&mut self, items: &[Item]) {
        for item in items {
            self.item(item);
        }
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Const(i) => self.plain(&i.vis, &i.ident, &i.attrs),
            Item::Static(i) => self.plain(&i.vis, &i.ident, &i.attrs),
            Item::Type(i) => self.plain(&i.vis, &i.ident, &i.attrs),
            Item::TraitAlias(i) => self.plain(&i.vis, &i.ident, &i.attrs),
            Item::Fn(i) if is_public(&i.vis, &i.attrs) => self.add(&i.sig.ident, &i.attrs, true),
            Item::Struct(i) if is_public(&i.vis, &i.attrs) => {
                self.add(&i.ident, &i.attrs, false);
                self.fields(&i.fields, false);
            }
            Item::Union(i) if is_public(&i.vis, &i.attrs) => {
                self.add(&i.ident, &i.attrs, false);
                self.fields(&Fields::Named(i.fields.clone()), false);
            }
            Item::Enum(i) if is_public(&i.vis, &i.attrs) => {
                self.add(&i.ident, &i.attrs, false);
                for variant in i.variants.iter().filter(|v| !is_private_use(&v.attrs)) {
                    self.add(&variant.ident, &variant.attrs, false);
                    self.fields(&variant.fields, true);
                }
            }
            Item::Trait(i) if is_public(&i.vis, &i.attrs) => {
                self.add(&i.ident, &i.attrs, false);
                self.trait_items(&i.items);
            }
            Item::Impl(i) if i.trait_.is_none() && !is_private_use(&i.attrs) => {
                self.impl_items(&i.items);
            }
            Item::Macro(i) if i.attrs.iter().any(|a| a.path().is_ident("macro_export")) => {
                if let Some(name) = &i.ident {
                    self.add(name, &i.attrs, false);
                }
            }
            Item::Mod(i) if is_public(&i.vis, &i.attrs) => {
                if let Some((_, items)) = &i.content {
                    self.add(&i.ident, &i.attrs, false);
                    self.items(items);
                }
            }
            _ => {}
        }
    }

    fn plain(&mut self, visibility: &Visibility, name: &Ident, attributes: &[Attribute]) {
        if is_public(visibility, attributes) {
            self.add(name, attributes, false);
        }
    }

    fn fields(&mut self, fields: &Fields, all_public: bool) {
        let counts = |field: &&Field| {
            (all_public || matches!(field.vis, Visibility::Public(_)))
                && !is_private_use(&field.attrs)
        };
        for field in fields.iter().filter(counts) {
            if let Some(name) = &field.ident {
                self.add(name, &field.attrs, false);
            }
        }
    }

    fn trait_items(&mut self, items: &[TraitItem]) {
        for item in items {
            match item {
                TraitItem::Const(i) => self.add(&i.ident, &i.attrs, false),
                TraitItem::Type(i) => self.add(&i.ident, &i.attrs, false),
                TraitItem::Fn(i) if !is_private_use(&i.attrs) => {
                    self.add(&i.sig.ident, &i.attrs, true);
                }
                _ => {}
            }
        }
    }

    fn impl_items(&mut self, items: &[ImplItem]) {
        for item in items {
            match item {
                ImplItem::Const(i) => self.plain(&i.vis, &i.ident, &i.attrs),
                ImplItem::Fn(i) if is_public(&i.vis, &i.attrs) => {
                    self.add(&i.sig.ident, &i.attrs, true);
                }
                _ => {}
            }
        }
    }
}

fn is_public(visibility: &Visibility, attributes: &[Attribute]) -> bool {
    matches!(visibility, Visibility::Public(_)) && !is_private_use(attributes)
}
