//! Elements of a page, found as a user finds them: a button by its name.

use serde_json::{Value, json};
use thirtyfour::{By, TypingData, WebElement};

use super::{Page, wait_for};

/// An element of a page.
pub struct Element<'page> {
    page: &'page Page,
    element: WebElement,
}

impl Page {
    /// The one element of a role and a name, as the accessibility tree has them; waits until there is one. The
    /// beginning of the name will do where no whole name is equal, and a part of it where none begins so.
    #[track_caller]
    pub fn the(&self, role: &str, name: &str) -> Element<'_> {
        wait_for(&format!("one {role} {name:?}"), || {
            let mut found = self.all(role, name);
            (found.len() == 1).then(|| found.remove(0))
        })
    }

    /// All elements of a role and a name that there are now; any name if it is empty.
    #[track_caller]
    pub fn all(&self, role: &str, name: &str) -> Vec<Element<'_>> {
        let nodes = self.nodes(role, name).into_iter();
        nodes.filter_map(|node| self.element(node)).collect()
    }

    /// The first element of a CSS selector, where there is no role to find it by; waits until there is one.
    #[track_caller]
    pub fn css(&self, selector: &str) -> Element<'_> {
        let element = wait_for(selector, || {
            self.attempt(self.session.find(By::Css(selector)))
        });
        Element {
            page: self,
            element,
        }
    }

    /// Types to whatever has the focus.
    #[track_caller]
    pub fn keys(&self, keys: impl Into<TypingData>) -> &Self {
        let keys = self.session.action_chain().send_keys(keys.into());
        self.wait(keys.perform());
        self
    }

    /// What has the focus.
    #[track_caller]
    pub fn focused(&self) -> Element<'_> {
        let element = self.wait(self.session.active_element());
        Element {
            page: self,
            element,
        }
    }

    /// Numbers of the nodes in the browser's process.
    #[track_caller]
    fn nodes(&self, role: &str, name: &str) -> Vec<u64> {
        let document = json!({ "expression": "document" });
        let document = self.cdp("Runtime.evaluate", &document)["result"]["objectId"].clone();
        let query = json!({ "objectId": document, "role": role });
        let answer = self.cdp("Accessibility.queryAXTree", &query);
        let nodes = answer["nodes"].as_array().cloned().unwrap_or_default();
        let called = |wanted: &dyn Fn(&str) -> bool| -> Vec<u64> {
            let visible = nodes.iter().filter(|node| node["ignored"] != true);
            visible
                .filter(|node| wanted(node["name"]["value"].as_str().unwrap_or_default()))
                .filter_map(|node| node["backendDOMNodeId"].as_u64())
                .collect()
        };
        if name.is_empty() {
            return called(&|_| true);
        }
        let exact = called(&|it| it == name);
        let starting = called(&|it| it.starts_with(name));
        let containing = called(&|it| it.contains(name));
        let mut found = [exact, starting, containing].into_iter();
        found.find(|them| !them.is_empty()).unwrap_or_default()
    }

    /// The protocols' ways to name an element meet in the page. A node may be gone since it was found.
    fn element(&self, node: u64) -> Option<Element<'_>> {
        let cdp = self.session.cdp();
        let resolve = cdp.send_raw("DOM.resolveNode", json!({ "backendNodeId": node }));
        let object = self.attempt(resolve)?;
        let hand_over = json!({
            "objectId": object["object"]["objectId"],
            "functionDeclaration": "function () { globalThis.handedOver = this; }",
        });
        self.attempt(cdp.send_raw("Runtime.callFunctionOn", hand_over))?;
        let take = "const it = globalThis.handedOver; delete globalThis.handedOver; return it;";
        let element = self
            .attempt(self.session.execute(take, []))?
            .element()
            .ok()?;
        Some(Element {
            page: self,
            element,
        })
    }
}

impl Element<'_> {
    /// Scrolls it into the middle of the window and clicks in its middle; fails if something else is there.
    #[track_caller]
    pub fn click(&self) -> &Self {
        self.js::<()>("it.scrollIntoView({ block: 'center', behavior: 'instant' })");
        self.page.wait(self.element.click());
        self
    }

    #[track_caller]
    pub fn keys(&self, keys: impl Into<TypingData>) -> &Self {
        self.page.wait(self.element.send_keys(keys));
        self
    }

    /// Empties a field, as a user who marks and deletes all.
    #[track_caller]
    pub fn clear(&self) -> &Self {
        self.page.wait(self.element.clear());
        self
    }

    /// The text that is seen.
    #[track_caller]
    pub fn text(&self) -> String {
        self.page.wait(self.element.text())
    }

    #[track_caller]
    pub fn attribute(&self, name: &str) -> Option<String> {
        self.page.wait(self.element.attr(name))
    }

    #[track_caller]
    pub fn is_displayed(&self) -> bool {
        self.page.wait(self.element.is_displayed())
    }

    /// What a function's body returns: `return it.tagName`.
    #[track_caller]
    pub fn js<T: serde::de::DeserializeOwned>(&self, body: &str) -> T {
        self.page.js(
            &format!("const it = arguments[0]; {body}"),
            &[self.to_json()],
        )
    }

    pub fn to_json(&self) -> Value {
        self.element.to_json().expect("an element is JSON")
    }
}
